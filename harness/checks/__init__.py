"""Is the site healthy, did it recover, what changed on the way, and can anybody tell afterwards?

The room that judges. It looks at the world only from where a viewer or an operator stands: over
HTTP through the edge (`recovery`, `prober`), through the AWS API (`layers`), and in the journal
(`changes`, `audit`). It never touches the edge's or the emulator's own objects, and it decides
nothing about what *should* have recovered: expectations come with the incident.

    release     what a release looks like to a viewer: every file's hash, content type and headers
    page        one HTML page, parsed: is it whole, what does it refer to
    recovery    the whole site, once, against an expected release
    prober      a few paths, all the time: availability and the moment of recovery
    layers      content and infrastructure as AWS has them, and what differs between two moments
    changes     the calls a run made that change something, from the journal
    audit       who, what, when and why of an emergency operation, and where each was found
"""
