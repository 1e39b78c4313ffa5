"""What a game day is held on: the plan, the team's AWS and GitHub, and what viewers should get."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from harness.checks.recovery import check_recovery
from harness.checks.release import ExpectedRelease
from harness.checks.symptom import page_meant, why_not_visible
from harness.gameday.aws import Account
from harness.gameday.github import GitHub
from harness.gameday.plan import Plan, PlannedIncident
from harness.gameday.undo import Watched
from harness.incidents import Catalogue, Incident
from harness.live import Change, changes_of
from harness.settings import SiteSettings


@dataclass(frozen=True)
class Stage:
    """Everything that stands before the day begins.

    Attributes:
        plan: of the day.
        settings: the site's.
        catalogue: the incidents that the site has.
        aws: the account.
        github: the repository; None where nobody can be asked.
        http: viewers ask with it.
        expected: the release that viewers should get.
        url: what viewers type, without a path.
        rehearsal: whether all of this is an emulated world.
        new_id: makes up addresses that nobody has asked for before.
        known: SHA-256 -> releases, to say what is served instead.
        folder: the site's repository on this machine.
        tree: a checkout of the expected release.
    """

    plan: Plan
    settings: SiteSettings
    catalogue: Catalogue
    aws: Account
    github: GitHub | None
    http: httpx.Client
    expected: ExpectedRelease
    url: str
    rehearsal: bool = False
    new_id: Callable[[], str] = field(default=lambda: "")
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    folder: Path | None = None
    tree: Path | None = None

    def incident(self, planned: PlannedIncident) -> Incident:
        """The incident that is planned."""
        return self.catalogue.get(planned.incident)

    def changes(self, planned: PlannedIncident) -> list[Change]:
        """What it will change, read now."""
        return changes_of(
            self.incident(planned),
            self.aws,
            bucket=self.plan.aws.bucket,
            distribution=self.plan.aws.distribution or None,
        )

    def watched(self, planned: PlannedIncident) -> list[Watched]:
        """What is captured besides what the incident changes."""
        found = [Watched("policy", self.plan.aws.bucket)]
        if self.plan.aws.distribution and not self.incident(planned).fault.distribution:
            found.append(Watched("distribution", self.plan.aws.distribution))
        return found

    def why_not_shown(self, incident: Incident) -> str:
        """Why an incident's symptoms do not show to viewers; empty when all of them do."""
        for symptom in incident.symptom:
            path = page_meant(symptom.path, self.expected)
            if path is None:
                continue
            here = symptom.model_copy(update={"path": path})
            if why := why_not_visible(here, self.url, self.http):
                return why
        return ""

    def findings(self) -> list[str]:
        """What viewers do not get as they should, everywhere; and what is not steady."""
        recovery = check_recovery(
            self.url,
            self.expected,
            http=self.http,
            known=self.known,
            hosts=[urlsplit(self.plan.url).netloc],
            missing_path=f"/no-such-page-{self.new_id()}.html",
        )
        reasons = (why_not_visible(check, self.url, self.http) for check in self.settings.steady)
        return [*recovery.findings, *(f"steady state: {why}" for why in reasons if why)]
