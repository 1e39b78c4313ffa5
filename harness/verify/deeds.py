"""What scripts do to the site, as far as their text tells.

Commands of the AWS CLI (https://docs.aws.amazon.com/cli/latest/reference/s3/), in a shell or as the
arguments of a program that is started; Terraform and its kin; git and gh.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from harness.verify.jobs import Step
from harness.verify.scripts import Script, scripts_of

_S3 = re.compile(
    r"\bs3[\"'`]?(?:\s+|\s*[,(]\s*)[\"'`]?(?P<verb>sync|cp|mv|rm)\b(?P<rest>[^\n]*(?:\\\n[^\n]*)*)"
)
_PUT = re.compile(r"\bs3api[\"'`]?[\s,(]+[\"'`]?(?:put-object|copy-object|delete-objects?)\b[^\n]*")
_SDK = re.compile(
    r"\b(?:PutObject|CopyObject|DeleteObjects?)Command\b|\.(?:upload_file|put_object)\("
)
_REMOTE = re.compile(r"(?:\b|\$)([A-Za-z_]\w*)\s*=\s*[\"'`]?s3://")
_ARGUMENT = re.compile(r"(?:\\\n|\s|,|\[|\()+(\"[^\"]*\"|'[^']*'|`[^`]*`|[^\s,;|&)\]]+)")
#: Objects that are kept of deployments, and read by no viewer.
_RECORDS = re.compile(
    r"record|deploy(?:ment)?s?/|audit|histor|releases?\b|\blog|state|backup|snapshot|manifest", re.I
)
_INVALIDATES = re.compile(r"create[-_]?invalidation", re.I)
_INFRASTRUCTURE = re.compile(
    r"\b(?:terraform|tofu)\b[^\n]*\b(?:apply|destroy)\b|\bcdk[\"'`\s,]+deploy\b"
    r"|\bcloudformation[\"'`\s,]+(?:deploy|(?:create|update|delete)-stack)\b"
    r"|\bcloudfront[\"'`\s,(]+[\"'`]?(?:create|update|delete)-(?!invalidation)"
    r"|\bs3api[\"'`\s,(]+[\"'`]?(?:put-bucket|create-bucket|delete-bucket)"
)
_TAGS = re.compile(
    r"\bgit\b[^\n|;&]*(?:\\\n[^\n|;&]*)*\btag\s+(?:-a\b|-m\b|-s\b|-f\b|--annotate|--message|--force|[\"']?\$|[\"']?v0)"
    r"|\bgit push\b[^\n]*(?:refs/tags|--tags|--follow-tags)|\bgh release create\b|\bcreateRef\b"
)
_STARTS = re.compile(
    r"\bgh workflow run\b|\bgh api\b[^\n]*/dispatches|/dispatches\b|createWorkflowDispatch"
)


def content_changes(script: Script) -> Iterator[re.Match[str]]:
    """Commands that change what the bucket with the pages holds."""
    remote = set(_REMOTE.findall(script.text))
    for match in _S3.finditer(script.text):
        words = [word.strip("\"'`") for word in _ARGUMENT.findall(match["rest"])]
        places = [word for word in words if not word.startswith("-")][:2]
        whole = match["verb"] == "sync" or "--recursive" in words
        if places and match["verb"] != "rm" and _is_remote(places[0], remote):
            source_only = len(places) < 2 or not _is_remote(places[1], remote)
            if source_only:
                continue  # a download
        if whole or (not script.file and not _RECORDS.search(match[0])):
            yield match
    if not script.file:
        for pattern in (_PUT, _SDK):
            yield from (m for m in pattern.finditer(script.text) if not _RECORDS.search(m[0]))


def _is_remote(word: str, remote: set[str]) -> bool:
    name = re.match(r"\$?\{?([A-Za-z_]\w*)", word)
    return word.startswith("s3://") or (name is not None and name[1] in remote)


class Deeds:
    """What each step does; a step's scripts are read once."""

    def __init__(self, files: Mapping[str, str]) -> None:
        """`files` are the site's, by their path."""
        self._files = files
        self._scripts: dict[int, tuple[Script, ...]] = {}
        self._kept: list[Step] = []

    def scripts(self, step: Step) -> tuple[Script, ...]:
        """What the step runs."""
        key = id(step.spot.node)
        if key not in self._scripts:
            self._scripts[key] = scripts_of(step, self._files)
            self._kept.append(step)  # so that no other gets its identity
        return self._scripts[key]

    def text(self, step: Step) -> str:
        """All that the step runs, in one text."""
        script = step.spot.get("with", "script").text
        return "\n".join([*(one.text for one in self.scripts(step)), script])

    def changes_content(self, step: Step) -> bool:
        """Whether it changes what viewers read."""
        return any(True for one in self.scripts(step) for _ in content_changes(one))

    def changes_infrastructure(self, step: Step) -> bool:
        """Whether it changes what the site runs on."""
        return any(_INFRASTRUCTURE.search(one.text) for one in self.scripts(step))

    def changes_site(self, step: Step) -> bool:
        """Whether it changes either."""
        return self.changes_content(step) or self.changes_infrastructure(step)

    def invalidates(self, step: Step) -> bool:
        """Whether it empties CloudFront's caches."""
        said = " ".join((self.text(step), step.uses))
        return bool(_INVALIDATES.search(said) or re.search(r"invalidat\w*-cloudfront", said, re.I))

    def tags(self, step: Step) -> bool:
        """Whether it makes or pushes a tag."""
        return bool(_TAGS.search(self.text(step)))

    def starts_workflow(self, step: Step) -> bool:
        """Whether it starts another workflow."""
        return bool(_STARTS.search(self.text(step)))

    def acts(self, step: Step) -> bool:
        """Whether anything is different after it."""
        return self.changes_site(step) or self.tags(step) or self.starts_workflow(step)
