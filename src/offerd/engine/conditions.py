"""Compiled conditions: PQL, named rules and audiences, each of which holds or says what failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from offerd.engine.reasons import Failing
from offerd.engine.sight import Sight
from offerd.model.condition import Condition
from offerd.pql import Program

#: Gives the compiled program of a rule's text.
Programs = Callable[[str], Program]


class Test(Protocol):
    """A condition that is ready to be asked."""

    def holds(self, sight: Sight) -> bool:
        """Whether it is true of what is being looked at."""
        ...

    def failing(self, sight: Sight) -> Failing:
        """What failed first; only to be asked where it does not hold."""
        ...


class Written(msgspec.Struct, frozen=True):
    """A rule in PQL that stands where it is used.

    Attributes:
        program: the rule.
    """

    program: Program

    def holds(self, sight: Sight) -> bool:
        """Whether the rule is true."""
        return sight.truth(self.program)

    def failing(self, sight: Sight) -> Failing:
        """The rule's first clause that failed."""
        return sight.why(self.program)


class Named(msgspec.Struct, frozen=True):
    """One or several named rules, all of which must hold; looked up by name when they are asked.

    Attributes:
        rules: their ids.
    """

    rules: tuple[str, ...]

    def holds(self, sight: Sight) -> bool:
        """Whether all of them are known and true."""
        return all(self._one(sight, rule) for rule in self.rules)

    def failing(self, sight: Sight) -> Failing:
        """The first clause that failed of the first rule that did."""
        rule = next(rule for rule in self.rules if not self._one(sight, rule))
        program = sight.snapshot.rules.get(rule)
        if program is None:
            return Failing(f"rules.{rule}", f"rules.{rule}", True, None, "rule-unknown")
        return sight.why(program)

    @staticmethod
    def _one(sight: Sight, rule: str) -> bool:
        program = sight.snapshot.rules.get(rule)
        return program is not None and sight.truth(program)


class Within(msgspec.Struct, frozen=True):
    """One or several audiences, in all or any of which the person must be.

    Attributes:
        audiences: their ids.
        needs_all: whether one is not enough.
    """

    audiences: tuple[str, ...]
    needs_all: bool

    def holds(self, sight: Sight) -> bool:
        """Whether the person is in all of them, or any."""
        return (all if self.needs_all else any)(sight.in_audience(audience) for audience in self.audiences)

    def failing(self, sight: Sight) -> Failing:
        """The first audience that the person is not in."""
        missing = next((audience for audience in self.audiences if not sight.in_audience(audience)), None)
        if missing is None:  # any of none
            return Failing("any_audiences", None, None, None)
        return Failing(f'inSegment("{missing}")', f"audiences.{missing}", True, False)


def compile_condition(condition: Condition | None, programs: Programs) -> Test | None:
    """The test of a condition; None where there is nothing to ask."""
    if condition is None:
        return None
    if condition.pql is not None:
        return Written(programs(condition.pql))
    rules = condition.all_rules if condition.rule is None else [condition.rule]
    if rules is not None:
        return Named(tuple(rules))
    if condition.any_audiences is not None:
        return Within(tuple(condition.any_audiences), needs_all=False)
    audiences = condition.all_audiences if condition.audience is None else [condition.audience]
    return None if audiences is None else Within(tuple(audiences), needs_all=True)
