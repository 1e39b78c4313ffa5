"""What the tests of GitHub's side are given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from github_world import DEPLOY, SOMEBODY, Site, close_all, commit, control_of

from harness.github.actors import Cast
from harness.github.control import ControlPlane
from harness.github.history import build_history
from harness.github.origin import Origin
from harness.resources import reference_site


@pytest.fixture(scope="session")
def site_template(tmp_path_factory: pytest.TempPathFactory) -> Site:
    origin = Origin.create(tmp_path_factory.mktemp("site") / "origin.git")
    first, second = build_history(
        reference_site(), origin, content="src", cast=Cast(7), author=SOMEBODY
    )
    return Site(origin, first, second)


@pytest.fixture
def site(site_template: Site, tmp_path: Path) -> Site:
    origin = site_template.origin.copy_to(tmp_path / "site.git")
    return Site(origin, site_template.first, site_template.second)


@pytest.fixture(scope="session")
def empty_template(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    return Origin.create(tmp_path_factory.mktemp("empty") / "origin.git")


@pytest.fixture(scope="session")
def control_template(empty_template: Origin, tmp_path_factory: pytest.TempPathFactory) -> Origin:
    origin = empty_template.copy_to(tmp_path_factory.mktemp("control") / "origin.git")
    commit(origin, {".github/workflows/deploy.yml": DEPLOY, "README.md": "a site"})
    return origin


@pytest.fixture
def origin(empty_template: Origin, tmp_path: Path) -> Origin:
    return empty_template.copy_to(tmp_path / "origin.git")


@pytest.fixture
def control(control_template: Origin, tmp_path: Path) -> ControlPlane:
    return control_of(control_template.copy_to(tmp_path / "control.git"))


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    close_all()
