"""What viewers see of the site during a drill: through the edge only, never past it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import httpx

from harness.baseline import Baseline, Baselines
from harness.checks.prober import Prober
from harness.checks.recovery import check_recovery
from harness.checks.release import ExpectedRelease, known_hashes
from harness.checks.symptom import page_meant, why_not_visible
from harness.clock import Clock
from harness.errors import PollTimeoutError
from harness.github.history import Release
from harness.incidents import Incident, Symptom
from harness.journal import Journal
from harness.places import Environment
from harness.polling import poll
from harness.world import World

#: Seconds that a fault may take to show.
SHOWS_WITHIN = 5.0


class Viewer:
    """Looks at one environment of one world."""

    def __init__(
        self,
        world: World,
        environment: Environment,
        baseline: Baseline,
        *,
        baselines: Baselines,
        http: httpx.Client,
        clock: Clock,
        new_id: Callable[[], int],
    ) -> None:
        """Nothing is looked at yet.

        Args:
            world: whose edge serves.
            environment: which of its sites.
            baseline: what the world began as: its releases are good ones.
            baselines: knows what each release should look like.
            http: to ask with.
            clock: whose time counts.
            new_id: makes up addresses that nobody has asked for before.
        """
        self._world = world
        self._environment = environment
        self._baseline = baseline
        self._baselines = baselines
        self._http = http
        self._clock = clock
        self._new_id = new_id

    def expected(self, release: Release) -> ExpectedRelease:
        """What viewers should get of a release."""
        return self._baselines.expected(self._world.origin, release.tag, release.commit)

    def findings(self, release: Release, *, known: Iterable[Release]) -> list[str]:
        """What differs from a release, everywhere; `known` releases are told by name."""
        releases = {*self._baseline.releases, *known}
        recovery = check_recovery(
            self._environment.url,
            self.expected(release),
            http=self._http,
            known=known_hashes([self.expected(other) for other in releases]),
            hosts=[self._environment.alias],
            missing_path=f"/no-such-page-{self._new_id()}.html",
        )
        return [*recovery.findings, *self._not_steady()]

    def shows(self, incident: Incident) -> bool:
        """Whether all of an incident's symptoms are there."""
        return not self._why_not(incident)

    def wait_until_it_shows(self, incident: Incident) -> str:
        """Why an incident's symptoms did not show in time; empty when they did."""
        try:
            poll(
                lambda: True if self.shows(incident) else None,
                within=SHOWS_WITHIN,
                waiting_for="the symptom",
                clock=self._clock,
            )
        except PollTimeoutError:
            return self._why_not(incident)
        return ""

    def page_of(self, incident: Incident) -> str:
        """The page on which a person would see an incident best: the front page, if none is named."""
        for declared in incident.symptom:
            symptom = self._here(declared)
            if symptom is not None and _is_page(symptom.path):
                return symptom.path
        return "/"

    def prober(self, *, journal: Journal, interval: float) -> Prober:
        """Watches a few addresses; healthy is what any good release would serve there.

        Args:
            journal: told each sample.
            interval: seconds between two.
        """
        releases = [self.expected(release) for release in self._baseline.releases]
        watched = {}
        for path in self._world.settings.site.watch:
            name = f"{path}index.html" if path.endswith("/") else path
            files = [release.file(name) for release in releases]
            watched[path] = frozenset(file.sha256 for file in files if file is not None)
        return Prober(
            self._environment.url,
            watched,
            self._world.settings.headers,
            journal=journal,
            clock=self._clock,
            interval=interval,
        )

    def _not_steady(self) -> list[str]:
        """What the site's own steady-state checks do not find."""
        checks = self._world.settings.steady
        reasons = (why_not_visible(check, self._environment.url, self._http) for check in checks)
        return [f"steady state: {reason}" for reason in reasons if reason]

    def _here(self, symptom: Symptom) -> Symptom | None:
        """A symptom at a page of this site."""
        path = page_meant(symptom.path, self.expected(self._baseline.live))
        return symptom.model_copy(update={"path": path}) if path else None

    def _why_not(self, incident: Incident) -> str:
        reasons = (
            why_not_visible(symptom, self._environment.url, self._http)
            for declared in incident.symptom
            if (symptom := self._here(declared)) is not None
        )
        return next(filter(None, reasons), "")


def _is_page(path: str) -> bool:
    """Whether a browser shows a page there: not for a style sheet, a script or an image."""
    name = path.rpartition("/")[2]
    return "." not in name or name.endswith((".html", ".htm"))
