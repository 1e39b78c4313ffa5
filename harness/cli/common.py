"""What the commands share: exit codes, options that more than one has, a session's folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import codes
from harness.clock import SystemClock
from harness.cloud.clouds import CLOUDS
from harness.resources import features_dir, reference_site
from harness.runner.choice import RUNNERS
from harness.session import close_session, new_directory
from harness.settings import FILE_NAME, load_settings

MET, UNMET, MISUSED, INTERRUPTED = codes.MET, codes.UNMET, codes.MISUSED, codes.INTERRUPTED

Site = Annotated[
    Path | None,
    typer.Option(help="Folder of the site; by default the one we are in, else the reference site."),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings", help="The site's settings, when its own sitedrill.toml is not to be used."
    ),
]
Cloud = Annotated[
    str,
    typer.Option(
        help=f"Which emulated AWS, one of {', '.join(CLOUDS)}; the second of two answers CloudFront.",
        autocompletion=lambda: list(CLOUDS),
    ),
]
Endpoint = Annotated[
    str,
    typer.Option(
        help="URL of a LocalStack that runs already, and is empty; auto: where LocalStack's own "
        "clients look. Drills then run one at a time."
    ),
]
Runner = Annotated[
    str,
    typer.Option(
        help=f"How act runs, one of {', '.join(RUNNERS)}: auto is container where a Docker engine "
        "answers, else host.",
        autocompletion=lambda: list(RUNNERS),
    ),
]
NoSandbox = Annotated[
    bool,
    typer.Option(
        "--no-sandbox",
        help="With --runner host: let the site's workflows run as you, with your files and network.",
    ),
]
Actions = Annotated[
    str,
    typer.Option(
        help="What the workflows' actions are: doubles, or real ones where they can be fetched."
    ),
]
Features = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Features, or folders of them; by default the site's own, else ours that fit it."
    ),
]
Expression = Annotated[
    str, typer.Option("-k", help="Only drills whose name matches, as pytest's -k.")
]
Tags = Annotated[str, typer.Option("-m", help="Only drills with these tags, as pytest's -m: seed.")]
SummaryFile = Annotated[
    Path | None,
    typer.Option(
        "--summary",
        envvar="GITHUB_STEP_SUMMARY",
        help="Append the results to this file, as Markdown.",
    ),
]
HistoryPlace = Annotated[
    str,
    typer.Option(
        "--history",
        metavar="DIR|s3://BUCKET/PREFIX",
        help="Keep the results there, among those of past runs, and say what is new.",
    ),
]


def chosen_site(site: Path | None) -> Path | None:
    """The site that is meant: the one named, else the one we are in; None for the reference site."""
    if site is None and (Path.cwd() / FILE_NAME).is_file():
        return Path.cwd()
    return site


def chosen_features(
    features: list[Path] | None, site: Path | None, settings: Path | None
) -> tuple[Path, ...]:
    """The features that are meant: those named, else the site's own, else those that ship.

    Raises:
        ConfigError: the site's settings are wrong.
    """
    if features:
        return tuple(features)
    if site is not None or settings is not None:
        folder = site or reference_site()
        own = load_settings(folder, settings).features.folder
        if own is not None:
            return (folder / own,)
    return (features_dir(),)


@contextmanager
def session_directory() -> Iterator[Path]:
    """A session's folder, and the end of all that began in it."""
    directory = new_directory()
    try:
        yield directory
    finally:
        close_session(directory, SystemClock())
