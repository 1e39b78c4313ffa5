"""Drill rules, one module each: a `Rule` that tells of it, and a function that looks.

The table here is all that knows which rules there are: lists, explanations, the merging of findings
and the documentation's test go by it.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.verify.ignoring import IGNORED
from harness.verify.look import DrillRule
from harness.verify.rule import Rule
from harness.verify.rules import (
    cancelled,
    doubtful_target,
    input_in_script,
    no_environment,
    no_invalidation,
    no_permissions,
    no_reason,
    no_shared_group,
    no_timeout,
    other_trigger,
    unhandled_option,
    unpinned_download,
)
from harness.verify.syntax import RULES as SYNTAX

DRILL_RULES: tuple[DrillRule, ...] = tuple(
    module.DRILL_RULE
    for module in (
        unhandled_option,
        input_in_script,
        no_reason,
        no_invalidation,
        doubtful_target,
        no_shared_group,
        no_permissions,
        no_environment,
        unpinned_download,
        cancelled,
        other_trigger,
        no_timeout,
    )
)
#: Every rule of ours, by its id.
RULES: Mapping[str, Rule] = {
    rule.id: rule for rule in (*SYNTAX, *(one.rule for one in DRILL_RULES), IGNORED)
}
CAUSES: Mapping[str, str] = {name: rule.cause for name, rule in RULES.items() if rule.cause}

__all__ = ["CAUSES", "DRILL_RULES", "RULES"]
