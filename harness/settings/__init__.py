"""What sitedrill has to know of a site: `sitedrill.toml`, with every key typed.

[site]
repository = "harbourlight/website"
content = "src"

[workflows]
deploy = "run.yml"
emergency = "emergency.yml"

[environments.staging]
alias = "staging.harbourlight.example"
bucket = "harbourlight-staging"

docs/bring-your-own-site.md tells of every key.
"""

from __future__ import annotations

from harness.settings.environments import EnvironmentSection
from harness.settings.reading import FILE_NAME, load_settings, read_settings
from harness.settings.sections import SiteSection, SiteSettings
from harness.settings.tags import TagPattern
from harness.settings.workflows import DeployWorkflow, EmergencyWorkflow

__all__ = [
    "FILE_NAME",
    "DeployWorkflow",
    "EmergencyWorkflow",
    "EnvironmentSection",
    "SiteSection",
    "SiteSettings",
    "TagPattern",
    "load_settings",
    "read_settings",
]
