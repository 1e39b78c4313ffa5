"""CloudFront's data plane for drills: what a viewer would be answered, and from where.

No free emulator of CloudFront caches, and one that does not cache cannot show a forgotten
invalidation. So this room serves the site itself: it reads distributions, policies and
invalidations through the CloudFront API like anyone else, and objects through S3 as far as the
bucket policy admits CloudFront.

    edge = Edge(clients, clock, listeners={40001: "staging.example.test"})   # an ASGI app
    await edge.refresh()                       # after something changed in the CloudFront or S3 API

A listener is the alias of a distribution or, without CloudFront, the website endpoint of a bucket:
`{40002: WebsiteBucket("staging-site")}`.

One idea a module, in the order a request meets them: `edge` (the app) and `requests`,
`configuration` (what the API says), `viewers`, `distribution`, `behaviours`, `policies` and
`response_headers`, `cache` and `freshness`, `retrieval`, `origin_requests`, `origin` and
`bucket_policy`, `website` and `website_endpoint`, `responses`. docs/edge.md says what is imitated,
whose page says so, what is left out.
"""

from __future__ import annotations

from harness.edge.edge import BUCKET_CHANGES, Edge, WebsiteBucket

__all__ = ["BUCKET_CHANGES", "Edge", "WebsiteBucket"]
