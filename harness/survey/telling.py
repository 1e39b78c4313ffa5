"""What was found, said in a line each; and what could not be told."""

from __future__ import annotations

from harness.survey.found import Found


def tell(found: Found, *, is_repository: bool, has_index: bool) -> None:
    """Fill in `told` and `unknown`.

    Args:
        found: all else of it is there.
        is_repository: whether the folder is the root of a git repository.
        has_index: whether the content's folder has a first page.
    """
    told, unknown = found.told, found.unknown
    if not is_repository:
        unknown.append("the repository: this is not the root of a git repository")
    elif not found.repository:
        unknown.append("the repository's name on GitHub: there is no remote `origin` that tells it")
    else:
        told.append(f"repository: {found.repository}")
    if found.emergency:
        words = ", ".join(
            f"{ours} = {their}" for ours, their in found.emergency_form.inputs.items()
        )
        told.append(f"its inputs: {words or 'none that we know'}")
    _tell_places(found)
    if found.content:
        how = f", built by {' && '.join(found.build)}" if found.build else ""
        told.append(f"content: {found.content}{how}")
        if found.build and not found.output:
            unknown.append("the folder that the build fills")
        if not found.build and not has_index:
            unknown.append(
                "how the pages are built: there is no index.html (site.build, site.output)"
            )
    else:
        unknown.append("where the content lies: no folder has an index.html")
    count = (
        f"{found.releases} in the repository" if found.releases else "none yet: they are made up"
    )
    told.append(f"releases: {found.tags}, {count}")
    if found.infrastructure:
        told.append(f"infrastructure: {found.infrastructure}")
    else:
        unknown.append("what makes the infrastructure")
    if found.state:
        told.append(
            f"state of the infrastructure: s3://{found.state}, made before the first release"
        )
    told.append(f"owners: {found.owners}" if found.owners else "owners: no CODEOWNERS")
    if "tag" in found.audit and not found.audit_tags_known:
        unknown.append("what the tags of emergency operations are called")
    unknown.extend(f"a double for {action}" for action in found.actions)
    unknown.extend(f"a double for the download {address}" for address in found.downloads)


def _tell_places(found: Found) -> None:
    told, unknown = found.told, found.unknown
    for place in found.places:
        known = [part for part in (place.alias, place.bucket) if part]
        told.append(f"environment {place.name}" + (f": {', '.join(known)}" if known else ""))
        if not place.alias and found.cloudfront:
            unknown.append(f"the host name of {place.name}")
        if not place.bucket:
            unknown.append(f"the bucket of {place.name}")
