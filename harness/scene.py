"""Where a drill happens: a world of its own, the environment in it, and those who watch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx

from harness.baseline import Baseline, Baselines
from harness.checks.layers import LayerState, capture
from harness.checks.prober import Prober
from harness.clock import Clock
from harness.github.history import Release
from harness.incidents import Incident
from harness.journal import Journal
from harness.places import Environment
from harness.promises import Layers, Target
from harness.viewer import Viewer
from harness.world import World

#: Seconds that a mended site may take to be seen healthy by the prober.
HEALTHY_WITHIN = 2.0


@dataclass(frozen=True)
class Scene:
    """A world in which the site is live, watched."""

    world: World
    environment: Environment
    baseline: Baseline
    viewer: Viewer
    prober: Prober

    def capture(self) -> LayerState:
        """Both layers as AWS has them now."""
        here = self.environment
        return capture(
            self.world.clients("checks"), here.bucket, self.world.find_distribution(here)
        )

    def look(self, target: Target, *, live: Release, incident: Incident) -> list[str]:
        """What viewers find wrong once a response has had its chance; journaled.

        Args:
            target: what the response should have left behind.
            live: the release that was live before it.
            incident: whose symptom must be gone, too.
        """
        findings = self.viewer.findings(target.content, known=[live])
        if not findings and self.viewer.shows(incident):
            # A fault that leaves every page whole and every link alive is known by nothing else.
            findings = [f"the symptom of {incident.id} still shows"]
        if not findings:
            self.prober.wait_for(healthy=True, within=HEALTHY_WITHIN)
        infrastructure = target.infrastructure or target.content
        self.world.journal.write(
            "recovery",
            recovered=not findings,
            release={"content": target.content.tag, "infrastructure": infrastructure.tag},
            findings=findings,
            files=len(self.viewer.expected(target.content).files),
        )
        return findings

    def layers(self, target: Target, *, before: LayerState) -> Layers:
        """Both layers: before a response, now, and as they should be."""
        return Layers(
            bucket=self.environment.bucket,
            target=target,
            content=self.viewer.expected(target.content),
            states=self.baseline.states,
            before=before,
            after=self.capture(),
            records=self.world.settings.audit.records,
            buckets=frozenset(each.bucket for each in self.world.environments.values()),
        )


def open_scene(
    environment: str,
    *,
    baselines: Baselines,
    stack: ExitStack,
    directory: Path,
    journal: Journal,
    clock: Clock,
    new_id: Callable[[], int],
    http: httpx.Client,
    interval: float,
    run_timeout: float,
    first: bool = False,
) -> Scene:
    """Clone a world in which the site is live, and watch it from now on.

    Args:
        environment: where the site is live.
        baselines: the worlds to begin from.
        stack: closes everything again.
        directory: the world's own.
        journal: told everything.
        clock: whose time counts.
        new_id: makes up run ids, and addresses that nobody has asked for before.
        http: viewers ask with it.
        interval: seconds between two probes.
        run_timeout: seconds after which a workflow run is ended.
        first: what is live is the first release that ever was.
    """
    baseline = baselines.get(environment, first=first)
    begun = journal.elapsed()
    world = stack.enter_context(
        baselines.clone(
            baseline,
            directory=directory,
            journal=journal,
            new_id=new_id,
            run_timeout=run_timeout,
        )
    )
    here = world.environment(environment)
    journal.write(
        "world.ready",
        seconds=round(journal.elapsed() - begun, 4),
        cloned=True,
        endpoint=world.endpoint,
        site_url=here.url,
    )
    viewer = Viewer(
        world, here, baseline, baselines=baselines, http=http, clock=clock, new_id=new_id
    )
    prober = stack.enter_context(viewer.prober(journal=journal, interval=interval))
    return Scene(world, here, baseline, viewer, prober)
