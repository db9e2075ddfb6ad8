"""The functions of lists and maps. Null is the empty list; any other single value is a list of itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from offerd.pql.arithmetic import reckon
from offerd.pql.compare import member
from offerd.pql.paths import lookup
from offerd.pql.scope import Scope
from offerd.pql.times import instant
from offerd.pql.values import elements, identity, is_map, number, text


def includes(scope: Scope, value: Any, wanted: Any) -> bool:
    """`A.includes(x)`: whether x is among the elements."""
    return member(wanted, value, scope)


def intersects(scope: Scope, value: Any, other: Any) -> bool:
    """`A.intersects(B)`: whether the two have an element in common."""
    return member(value, other, scope)


def intersection(scope: Scope, value: Any, other: Any) -> list[Any]:
    """`A.intersection(B)`: the elements of A that are also in B."""
    return [each for each in elements(value) if member(each, other, scope)]


def subset_of(scope: Scope, value: Any, other: Any) -> bool:
    """`A.subsetOf(B)`: whether every element of A is in B; false when either is null."""
    if value is None or other is None:
        return False
    return all(member(each, other, scope) for each in elements(value))


def superset_of(scope: Scope, value: Any, other: Any) -> bool:
    """`A.supersetOf(B)`: whether every element of B is in A; false when either is null."""
    return subset_of(scope, other, value)


def distinct(scope: Scope, value: Any) -> list[Any]:
    """`A.distinct()`: each element once, where it first came."""
    found: dict[Any, Any] = {}
    for each in elements(value):
        found.setdefault(identity(each, scope), each)
    return list(found.values())


def head(scope: Scope, value: Any) -> Any:
    """`A.head()`: the first element, or null."""
    return next(iter(elements(value)), None)


def count(scope: Scope, value: Any) -> int:
    """`A.count()`: how many elements there are; 0 for null."""
    return len(elements(value))


def get(scope: Scope, value: Any, key: Any) -> Any:
    """`M.get(k)`: the member under that name, which may be computed."""
    name = text(key)
    return None if name is None else lookup(value, name, scope)


def keys(scope: Scope, value: Any) -> list[Any]:
    """`M.keys()`: the names in a map; none for anything else."""
    if not is_map(value):
        return []
    scope.spend(len(value))
    return list(value)


def values(scope: Scope, value: Any) -> list[Any]:
    """`M.values()`: the members of a map; none for anything else."""
    if not is_map(value):
        return []
    scope.spend(len(value))
    return list(value.values())


def rank(value: Any, scope: Scope) -> tuple[int, Any] | None:
    """Give what a value sorts by: numbers, then text, then times; null for what has no order."""
    read = number(value)
    if read is not None:
        return 0, read
    if isinstance(value, str):
        return 1, str(value)
    moment = instant(value, scope.zone) if isinstance(value, date) else None
    return None if moment is None else (2, moment)


def total(scope: Scope, found: list[Any]) -> Any:
    """Add up the numbers; anything else is left out. Nothing adds up to 0."""
    result: Any = 0
    for each in found:
        if number(each) is not None:
            result = reckon("+", result, each)
    return result


def average(scope: Scope, found: list[Any]) -> Any:
    """Give the mean of the numbers; null when there are none."""
    numbers = [each for each in found if number(each) is not None]
    return reckon("/", total(scope, numbers), len(numbers))


def least(scope: Scope, found: list[Any]) -> Any:
    """Give the smallest value; null when there is none."""
    return next(iter(ordered(scope, found, found, descending=False)), None)


def greatest(scope: Scope, found: list[Any]) -> Any:
    """Give the largest value; null when there is none."""
    return next(iter(ordered(scope, found, found, descending=True)), None)


def ordered(scope: Scope, found: list[Any], by: list[Any], descending: bool) -> list[Any]:
    """Sort values by others; those that have no order are left out, equal ones stay as they were."""
    ranked = [(rank(key, scope), each) for key, each in zip(by, found, strict=True)]
    kept = [(key, each) for key, each in ranked if key is not None]
    kept.sort(key=lambda pair: pair[0], reverse=descending)
    return [each for _, each in kept]


AGGREGATES: dict[str, Callable[[Scope, list[Any]], Any]] = {
    "sum": total,
    "average": average,
    "min": least,
    "max": greatest,
    "count": count,
}
