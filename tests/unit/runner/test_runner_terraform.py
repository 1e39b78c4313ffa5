"""Terraform's programs and providers are found as the person has them, and nothing else is taken."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from harness.errors import ToolMissingError
from harness.runner.hcl import attribute, blocks
from harness.runner.providers import Package, mirrors, packages, requirements
from harness.runner.terraform import Terraform, find_programs, find_terraform
from harness.runner.tools import Tool

pytestmark = pytest.mark.unit

ON = "linux_amd64"
HOST = "registry.terraform.io"
SECRET = "not-for-runs"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def site(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    (site / "infra").mkdir(parents=True)
    (site / "infra" / "versions.tf").write_text(
        'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" } # "a/b"\n  }\n}\n'
    )
    workflows = site / ".github" / "workflows"
    workflows.mkdir(parents=True)
    (workflows / "run.yml").write_text("steps:\n  - run: terraform -chdir=infra init\n")
    return site


def program(folder: Path, name: str, version: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho Version v{version}\n")
    (folder / name).chmod(0o755)


def mirror(folder: Path, *, host: str = HOST, version: str = "5.1.0") -> Path:
    place = folder / host / "hashicorp" / "aws" / version / ON
    place.mkdir(parents=True)
    (place / "terraform-provider-aws").write_text("program")
    return folder


def terraform(*found: Package) -> Terraform:
    tool = Tool("terraform", Path("/usr/bin/terraform"), "1.11.4", "", optional=True)
    return Terraform((tool,), found, ON)


def test_blocks_end_where_they_end_whatever_texts_and_comments_hold() -> None:
    text = 'a {\n  x = "}" # }\n  b { y = "{" }\n}\n/* a { z = 1 } */\na { x = "2" }'
    assert [attribute(body, "x") for body in blocks(text, "a")] == ["}", "2"]
    assert len(blocks(text, "b")) == 1
    assert attribute('# x = "1"\nx = "2"', "x") == "2"


def test_mirrors_and_caches_are_those_of_the_configuration(home: Path, tmp_path: Path) -> None:
    named, cache = tmp_path / "named", home / "cache"
    named.mkdir()
    cache.mkdir()
    (home / ".terraformrc").write_text(
        f'credentials "app.example" {{ token = "{SECRET}" }}\n'
        'plugin_cache_dir = "$HOME/cache"\n'
        "provider_installation {\n"
        f'  filesystem_mirror {{\n    path = "{named}"\n  }}\n'
        "  direct {}\n}\n"
    )
    assert mirrors({}, home)[:2] == (named, cache)
    assert named not in mirrors({"TF_CLI_CONFIG_FILE": "/nowhere"}, home)


def test_the_mirrors_that_terraform_implies_count_without_a_configuration(home: Path) -> None:
    implied = home / ".terraform.d" / "plugins"
    implied.mkdir(parents=True)
    assert implied in mirrors({}, home)


def test_packages_are_those_of_this_platform(tmp_path: Path) -> None:
    folder = mirror(tmp_path)
    other = tmp_path / HOST / "hashicorp" / "aws" / "5.2.0" / "darwin_arm64"
    other.mkdir(parents=True)
    archive = tmp_path / HOST / "hashicorp" / "aws" / f"terraform-provider-aws_5.3.0_{ON}.zip"
    archive.touch()
    found = packages([folder], ON)
    assert [(package.version, package.packed) for package in found] == [
        ("5.1.0", False),
        ("5.3.0", True),
    ]


def test_what_is_packed_is_unpacked_once(site: Path, tmp_path: Path) -> None:
    archive = tmp_path / f"terraform-provider-aws_5.3.0_{ON}.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("terraform-provider-aws_v5.3.0_x5", "program")
    cache = tmp_path / "cache"
    found = terraform(Package(HOST, "hashicorp/aws", "5.3.0", archive))
    [first] = found.serving(site, cache).providers
    [made] = first.path.iterdir()
    assert made.stat().st_mode & 0o100
    made.write_text("kept")
    [again] = found.serving(site, cache).providers
    assert (again.path, made.read_text()) == (first.path, "kept")


def test_a_run_gets_a_mirror_for_both_registries_and_no_credentials(
    home: Path, site: Path, tmp_path: Path
) -> None:
    bin_ = tmp_path / "bin"
    program(bin_, "terraform", "1.11.4")
    folder = mirror(tmp_path / "mirror")
    (home / ".terraformrc").write_text(
        f'credentials "app.example" {{ token = "{SECRET}" }}\n'
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{folder}"\n  }}\n}}\n'
    )
    found = find_terraform(environ={}, home=home, search=str(bin_))
    found = Terraform(found.programs, packages([folder], ON), ON).serving(site, tmp_path)
    run = tmp_path / "run"
    run.mkdir()
    offered = found.offer(run)
    config = Path(offered["TF_CLI_CONFIG_FILE"]).read_text()
    assert SECRET not in config
    assert '"registry.opentofu.org/hashicorp/aws", "registry.terraform.io/hashicorp/aws"' in config
    for host in ("registry.terraform.io", "registry.opentofu.org"):
        place = run / "providers" / host / "hashicorp" / "aws" / "5.1.0" / ON
        assert (place / "terraform-provider-aws").read_text() == "program"
    assert folder / HOST / "hashicorp" / "aws" / "5.1.0" / ON in found.readable


@pytest.mark.parametrize(("here", "missing"), [("terraform", "tofu"), ("tofu", "terraform")])
def test_each_stands_in_for_the_other(here: str, missing: str, tmp_path: Path) -> None:
    program(tmp_path, here, "1.10.2")
    tools = {tool.name: tool for tool in find_programs(search=str(tmp_path))}
    assert tools[here].version == "1.10.2"
    assert tools[missing].version == f"1.10.2 ({here})"
    assert tools[missing].path == tools[here].path == tmp_path / here


def test_without_either_only_sites_that_call_them_are_refused(
    home: Path, site: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    nothing = find_terraform(environ={}, home=home, search=str(tmp_path / "empty"))
    assert not nothing.here
    assert all(tool.optional for tool in nothing.programs)
    assert nothing.offer(tmp_path) == {}
    with pytest.raises(ToolMissingError, match=r"^\.github/workflows/run\.yml calls terraform"):
        nothing.serving(site, tmp_path)
    (site / ".github" / "workflows" / "run.yml").write_text("steps:\n  - run: ls terraform.d\n")
    assert nothing.serving(site, tmp_path) == nothing


def test_a_provider_that_cannot_be_had_is_told(site: Path, tmp_path: Path) -> None:
    other = Package(HOST, "hashicorp/random", "3.0.0", tmp_path)
    with pytest.raises(
        ToolMissingError, match=r"^infra/versions\.tf needs .* hashicorp/aws"
    ) as told:
        terraform(other).serving(site, tmp_path)
    assert "providers mirror" in (told.value.hint or "")


def test_only_the_site_s_own_files_ask_for_providers(site: Path) -> None:
    theirs = site / "infra" / ".terraform" / "modules"
    theirs.mkdir(parents=True)
    (theirs / "versions.tf").write_text('required_providers { x = { source = "a/x" } }')
    assert [(found.name, found.file) for found in requirements(site)] == [
        ("hashicorp/aws", "infra/versions.tf")
    ]
