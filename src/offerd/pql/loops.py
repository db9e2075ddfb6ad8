"""What goes through lists: filters, quantifiers, `select` and aggregations; each turn is paid for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from offerd.pql.ast import Node, walk
from offerd.pql.lists import ordered
from offerd.pql.paths import flatten
from offerd.pql.scope import Scope
from offerd.pql.values import elements, number, text, truthy

Run = Callable[[Scope], Any]
Reduce = Callable[[Scope, list[Any]], Any]


class Loop(msgspec.Struct, frozen=True):
    """One variable going through one list.

    Attributes:
        source: gives the list.
        slot: where the element is put.
        body: what is asked of each element, a condition or a value; None asks nothing.
        weight: the steps that a turn costs.
    """

    source: Run
    slot: int
    body: Run | None
    weight: int

    def holds(self, scope: Scope) -> bool:
        """Tell whether the condition holds for the element in the slot."""
        return self.body is None or truthy(self.body(scope))

    def value(self, scope: Scope) -> Any:
        """Give the value for the element in the slot."""
        return None if self.body is None else self.body(scope)

    def through(self, scope: Scope) -> Any:
        """Give the elements one by one, each in its slot and paid for."""
        for each in elements(self.source(scope)):
            scope.spend(self.weight)
            scope.frame[self.slot] = each
            yield each


def weight(body: Node | None) -> int:
    """Count the nodes that a turn visits, and the turn."""
    return 1 if body is None else 1 + sum(1 for _ in walk(body))


def some(value: Any, scope: Scope, holds: Callable[[str], bool]) -> bool:
    """Ask something of a text, or of the texts in a list."""
    for each in elements(value):
        scope.spend(1)
        if isinstance(each, str) and holds(each):
            return True
    return False


def filtered(loop: Loop) -> Run:
    """`A[c]` and `A.filter(c)`."""
    return lambda scope: [each for each in loop.through(scope) if loop.holds(scope)]


def mapped(loop: Loop) -> Run:
    """`A.map(e)`; nulls are left out."""

    def run(scope: Scope) -> list[Any]:
        found = [loop.value(scope) for _ in loop.through(scope)]
        return [each for each in found if each is not None]

    return run


def grouped(loop: Loop) -> Run:
    """`A.groupBy(e)`: a map from each value, as text, to the elements that have it."""

    def run(scope: Scope) -> dict[str, list[Any]]:
        groups: dict[str, list[Any]] = {}
        for each in loop.through(scope):
            key = text(loop.value(scope))
            if key is not None:
                groups.setdefault(key, []).append(each)
        return groups

    return run


def ranked(loop: Loop, many: Run, largest: bool) -> Run:
    """`A.topN(e, n)` and `A.bottomN(e, n)`."""

    def run(scope: Scope) -> list[Any]:
        found: list[Any] = []
        by: list[Any] = []
        for each in loop.through(scope):
            found.append(each)
            by.append(loop.value(scope))
        wanted = number(many(scope))
        return [] if wanted is None or wanted < 0 else ordered(scope, found, by, largest)[: int(wanted)]

    return run


def collected(loop: Loop, reduce: Reduce) -> Run:
    """`A.sum(e)` and its kin."""

    def run(scope: Scope) -> Any:
        out: list[Any] = []
        for _ in loop.through(scope):
            flatten(loop.value(scope), scope, out)
        return reduce(scope, out)

    return run


def flattened(source: Run, reduce: Reduce) -> Run:
    """`A.sum()` and its kin, over the elements themselves."""

    def run(scope: Scope) -> Any:
        out: list[Any] = []
        flatten(source(scope), scope, out)
        return reduce(scope, out)

    return run


def exists(loops: list[Loop], then: Callable[[Scope], bool]) -> Callable[[Scope], bool]:
    """Go through all combinations until `then` is content with one."""
    if not loops:
        return then
    loop, inner = loops[0], exists(loops[1:], then)

    def run(scope: Scope) -> bool:
        return any(loop.holds(scope) and inner(scope) for _ in loop.through(scope))

    return run


def every(loops: list[Loop]) -> Callable[[Scope], bool]:
    """Tell whether all conditions hold for all combinations."""
    if not loops:
        return lambda scope: True
    loop, inner = loops[0], every(loops[1:])

    def run(scope: Scope) -> bool:
        return all(loop.holds(scope) and inner(scope) for _ in loop.through(scope))

    return run


def quantified(quantifier: str, loops: list[Loop], counter: int) -> Run:
    """`exists` or `some`, `forall` or `all`, `none`, `one`.

    Args:
        quantifier: the word.
        loops: the variables, outermost first.
        counter: a place in the frame, where `one` counts the combinations.
    """
    if quantifier in ("forall", "all"):
        return every(loops)
    if quantifier == "one":
        return _one(loops, counter)
    found = exists(loops, lambda scope: True)
    if quantifier == "none":
        return lambda scope: not found(scope)
    return found


def _one(loops: list[Loop], counter: int) -> Run:
    def second(scope: Scope) -> bool:
        scope.frame[counter] += 1
        return bool(scope.frame[counter] > 1)

    found = exists(loops, second)

    def run(scope: Scope) -> bool:
        scope.frame[counter] = 0
        return not found(scope) and scope.frame[counter] == 1

    return run


def select(first: Loop, others: list[Loop]) -> Run:
    """`select X from A where c, Y from X.b where d`: the first variable's elements."""
    completed = exists(others, lambda scope: True)
    return lambda scope: [each for each in first.through(scope) if first.holds(scope) and completed(scope)]


def aggregate(loops: list[Loop], value: Run, reduce: Reduce, out: int) -> Run:
    """`sum e over X from A where c`.

    Args:
        loops: the variables, outermost first.
        value: what is collected for each combination.
        reduce: what becomes of the values.
        out: a place in the frame, for the values.
    """

    def collect(scope: Scope) -> bool:
        flatten(value(scope), scope, scope.frame[out])
        return False

    through = exists(loops, collect)

    def run(scope: Scope) -> Any:
        scope.frame[out] = []
        through(scope)
        return reduce(scope, scope.frame[out])

    return run
