"""The words of the features. Thin: each step is one call on the drill.

Given staging serves the newest release
And the site is in its steady state
When the next release ships with "html-truncated"
And viewers see it
And the engineer on call rolls back by content_only
Then the site recovers
And the audit trail tells who, what, when and why
"""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from harness.drill import Drill
from harness.others import BRANCH


@given(parsers.parse("{environment} serves release {release}"))
def _serves(drill: Drill, environment: str, release: str) -> None:
    drill.open(environment, release=release)


@given(parsers.parse("{environment} serves the newest release"))
def _serves_newest(drill: Drill, environment: str) -> None:
    drill.open(environment)


@given(parsers.parse("{environment} serves its first release"))
def _serves_first(drill: Drill, environment: str) -> None:
    drill.open(environment, first=True)


@given("another owner is there to approve")
def _approves(drill: Drill) -> None:
    drill.others.approve()


@given("nobody is there to approve but who asks")
def _is_alone(drill: Drill) -> None:
    drill.others.leave_alone()


@given("whoever is asked to approve rejects it")
def _rejects(drill: Drill) -> None:
    drill.others.reject()


@given("the site is in its steady state")
def _steady(drill: Drill) -> None:
    drill.check_steady_state()


@when(parsers.parse('release {release} ships with "{incident}"'))
def _ships(drill: Drill, release: str, incident: str) -> None:
    drill.ship(incident, release=release)


@when(parsers.parse('the next release ships with "{incident}"'))
def _ships_next(drill: Drill, incident: str) -> None:
    drill.ship(incident)


@when(parsers.parse('the live environment drifts into "{incident}"'))
def _drifts(drill: Drill, incident: str) -> None:
    drill.drift(incident)


@when("viewers see it")
def _seen(drill: Drill) -> None:
    drill.see_symptom()


@when(parsers.re(r"the engineer on call rolls back by (?P<method>\w+)"))
def _rolls_back(drill: Drill, method: str) -> None:
    drill.roll_back(method)


@when(parsers.re(r'the engineer on call rolls back by (?P<method>\w+), because "(?P<reason>.*)"'))
def _rolls_back_because(drill: Drill, method: str, reason: str) -> None:
    drill.roll_back(method, reason=reason)


@when(parsers.parse("somebody who owns nothing rolls back by {method}"))
def _stranger_rolls_back(drill: Drill, method: str) -> None:
    drill.roll_back(method, actor=drill.stranger())


@when(parsers.parse("somebody called {handle} rolls back by {method}"))
def _named_rolls_back(drill: Drill, handle: str, method: str) -> None:
    drill.roll_back(method, actor=drill.others.called(handle))


@when(parsers.parse("somebody who may only read rolls back by {method}"))
def _reader_rolls_back(drill: Drill, method: str) -> None:
    drill.roll_back(method, actor=drill.others.reader())


@when(parsers.parse("a stranger rolls back by {method}"))
def _outsider_rolls_back(drill: Drill, method: str) -> None:
    drill.roll_back(method, actor=drill.others.outsider())


@when(parsers.re(r'the engineer on call rolls back by (?P<method>\w+), to "(?P<target>.*)"'))
def _rolls_back_to(drill: Drill, method: str, target: str) -> None:
    drill.roll_back(method, target_commit=target)


@when("the engineer on call deploys a hotfix at once")
def _hotfix(drill: Drill) -> None:
    drill.hot_fix()


@when("the engineer on call hands a hotfix to the standard pipeline")
def _hotfix_by_pipeline(drill: Drill) -> None:
    drill.hot_fix(immediate=False)


@then(parsers.re(r"the site (?P<expected>recovers|does not recover)"))
def _outcome(drill: Drill, expected: str) -> None:
    drill.conclude(expected)


@when("a colleague pushes a harmless change to main")
def _pushes(drill: Drill) -> None:
    drill.others.push("main")


@when("a colleague pushes a change to main that cannot be built")
def _pushes_half(drill: Drill) -> None:
    drill.others.push("main", whole=False)


@when("a colleague pushes unmerged work to a branch")
def _pushes_branch(drill: Drill) -> None:
    drill.others.push(BRANCH)


@when(parsers.parse('a colleague pushes the tag "{tag}"'))
def _pushes_tag(drill: Drill, tag: str) -> None:
    drill.others.push_tag(tag)


@when("every schedule comes round")
def _schedules(drill: Drill) -> None:
    drill.others.let_schedules_come_round()


@when(parsers.parse('another system sends the event "{event}"'))
def _sends(drill: Drill, event: str) -> None:
    drill.others.send(event)


@when("a run of the standard pipeline asks for one with its token")
def _token_asks(drill: Drill) -> None:
    drill.others.ask_with_token_of_a_run()


@when("a colleague has begun to deploy the live release once more")
def _deploys(drill: Drill) -> None:
    drill.others.deploy()


@when(parsers.re(r"a colleague has begun a rollback by (?P<method>\w+)"))
def _begins(drill: Drill, method: str) -> None:
    drill.others.start_rollback(method)


@when(parsers.re(r"another colleague's rollback by (?P<method>\w+) waits behind it"))
def _queues(drill: Drill, method: str) -> None:
    drill.others.queue_rollback(method)


@when(parsers.re(r"a colleague has rolled back by (?P<method>\w+)"))
def _has_rolled_back(drill: Drill, method: str) -> None:
    drill.others.roll_back(method, fails=False)


@when(
    parsers.re(
        r"a colleague's rollback by (?P<method>\w+), "
        r'to "(?P<target>.*)", has (?P<how>failed|succeeded)'
    )
)
def _colleague_rolls_back_to(drill: Drill, method: str, target: str, how: str) -> None:
    drill.others.roll_back(method, target_commit=target, fails=how == "failed")


@then("no emergency operation begins")
def _nothing_begins(drill: Drill) -> None:
    drill.conclude_untouched()


@then(parsers.re(r'the request is refused, saying "(?P<saying>.*)"'))
def _refused_saying(drill: Drill, saying: str) -> None:
    drill.conclude_refused(saying)


@then("the request is refused")
def _refused(drill: Drill) -> None:
    drill.conclude_refused()


@then("the audit trail tells who, what, when and why")
def _audited(drill: Drill) -> None:
    drill.require_audit()


@then("the drill meets its expectation")
def _met(drill: Drill) -> None:
    drill.require_met()
