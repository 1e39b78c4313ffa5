"""The people of a drill, and what they say: made up from the drill's seed, always the same."""

from __future__ import annotations

import re
from dataclasses import dataclass

from faker import Faker

_HANDLE = re.compile(r"[^a-z0-9-]+")


@dataclass(frozen=True)
class Actor:
    """A person on GitHub: the handle (1 to 39 of a-z, 0-9 and -) is what counts."""

    handle: str

    @property
    def email(self) -> str:
        """The address GitHub gives to those who hide theirs."""
        return f"{self.handle}@users.noreply.github.com"


class Cast:
    """Makes up people, reasons and commit messages for one drill."""

    def __init__(self, seed: int) -> None:
        """The same seed gives the same cast."""
        self._fake = Faker("en_US", use_weighting=False)
        self._fake.seed_instance(seed)

    def actor(self) -> Actor:
        """Somebody new."""
        return Actor(_HANDLE.sub("-", self._fake.unique.user_name().lower()).strip("-")[:39])

    def reason(self, trouble: str) -> str:
        """Why somebody starts an emergency operation: the trouble, in an engineer's words."""
        return f"{trouble}: {self._fake.bs()} (ticket {self._fake.bothify('OPS-####')})"

    def commit_message(self) -> str:
        """What a developer writes about a change that seemed harmless."""
        return self._fake.sentence(nb_words=6).rstrip(".")

    def news(self) -> str:
        """One line of a site's news."""
        return self._fake.sentence(nb_words=9)

    def run_id(self) -> int:
        """The id of a workflow run, of GitHub's size."""
        return self._fake.random_int(10_000_000_000, 99_999_999_999)
