"""`occurs` in its four forms: a time against a period, a side, a distance or a span."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any

from offerd.pql import ast, times
from offerd.pql.ast import Node
from offerd.pql.scope import Scope
from offerd.pql.values import elements

Run = Callable[[Scope], Any]
Test = Callable[[datetime], bool]
_Prepare = Callable[[Scope], Test | None]

_SIDES: dict[str, Callable[[datetime, datetime], bool]] = {
    "before": operator.lt,
    "after": operator.gt,
    "from": operator.ge,
}
_AFTER: dict[str, Callable[[datetime, datetime], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
# Going back, a greater distance is an earlier time.
_BEFORE: dict[str, Callable[[datetime, datetime], bool]] = {
    "<": operator.gt, "<=": operator.ge, ">": operator.lt, ">=": operator.le,
}  # fmt: skip


def occurs(node: Node, run: Callable[[Node], Run]) -> Run:
    """Compile one of the four forms.

    Args:
        node: an `OccursOn`, `OccursBeside`, `OccursWithin` or `OccursBetween`.
        run: compiles its parts.

    Returns:
        What tells whether the subject, or one of a list of them, is such a time. False when anything in it
        is not a time, or lies beyond the calendar.
    """
    match node:
        case ast.OccursOn(subject, moment):
            prepare = _on(moment, _moment(moment, run))
        case ast.OccursBeside(subject, direction, moment):
            prepare = _beside(_SIDES[direction], _moment(moment, run))
        case ast.OccursWithin(subject, _, _, _, _, moment):
            prepare = _within(node, _moment(moment, run))
        case ast.OccursBetween(subject, first, last):
            prepare = _between(_moment(first, run), _moment(last, run))
        case _:
            raise TypeError(node)
    return _asked(run(subject), prepare)


def _asked(subject: Run, prepare: _Prepare) -> Run:
    def asked(scope: Scope) -> bool:
        found = elements(subject(scope))
        try:
            test = prepare(scope) if found else None
        except (OverflowError, ValueError):
            return False
        if test is None:
            return False
        for each in found:
            scope.spend(1)
            read = times.instant(each, scope.zone)
            if read is not None and test(read):
                return True
        return False

    return asked


def _moment(node: Node, run: Callable[[Node], Run]) -> Callable[[Scope], datetime | None]:
    match node:
        case ast.Period(which, unit):
            return lambda scope: times.period(which, unit, scope.moment(), scope.zone)
        case _:
            value = run(node)
            return lambda scope: times.instant(value(scope), scope.zone)


def _on(node: Node, moment: Callable[[Scope], datetime | None]) -> _Prepare:
    unit: ast.Unit = node.unit if isinstance(node, ast.Period) else "day"

    def prepare(scope: Scope) -> Test | None:
        given = moment(scope)
        if given is None:
            return None
        first = times.start(given, unit, scope.zone)
        after = times.shift(first, 1, unit, scope.zone)
        return lambda each: first <= each < after

    return prepare


def _beside(side: Callable[[datetime, datetime], bool], moment: Callable[[Scope], datetime | None]) -> _Prepare:
    def prepare(scope: Scope) -> Test | None:
        given = moment(scope)
        return None if given is None else lambda each: side(each, given)

    return prepare


def _between(first: Callable[[Scope], datetime | None], last: Callable[[Scope], datetime | None]) -> _Prepare:
    def prepare(scope: Scope) -> Test | None:
        low, high = first(scope), last(scope)
        return None if low is None or high is None else lambda each: low <= each <= high

    return prepare


def _within(node: ast.OccursWithin, moment: Callable[[Scope], datetime | None]) -> _Prepare:
    back = node.direction == "before"
    count, unit = -node.count if back else node.count, node.unit

    def prepare(scope: Scope) -> Test | None:
        given = moment(scope)
        if given is None:
            return None
        reached = times.shift(given, count, unit, scope.zone)
        if node.op in ("=", "!="):
            after = times.shift(reached, 1, unit, scope.zone)
            wanted = node.op == "="
            return lambda each: (reached <= each < after) is wanted
        if back:
            ordered = _BEFORE[node.op]
            return lambda each: each <= given and ordered(each, reached)
        ordered = _AFTER[node.op]
        return lambda each: each >= given and ordered(each, reached)

    return prepare
