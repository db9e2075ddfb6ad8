"""Comparisons: null makes them false, the second value is read as the type of the first, lists mean membership."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date
from typing import Any

from offerd.pql.scope import Scope
from offerd.pql.times import instant
from offerd.pql.values import alike, elements, identity, is_list, is_map, is_number, number, text

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_EQUALITY = frozenset({"=", "!="})


def compare(op: str, left: Any, right: Any, scope: Scope) -> bool:
    """Compare two values.

    Args:
        op: `=`, `!=`, `>`, `>=`, `<` or `<=`.
        left: the value whose type decides.
        right: the value that is read as that type.
        scope: says the zone of dates, and pays for lists.

    Returns:
        False when either side is null, or the second cannot be read as the type of the first. A list holds
        when one of its elements does, and is `!=` when none is equal. Two lists, or two maps, are equal
        when all in them is.
    """
    if left is None or right is None:
        return False
    many_left, many_right = is_list(left), is_list(right)
    if (many_left and many_right) or (is_map(left) and is_map(right)):
        same = op in _EQUALITY and identity(left, scope) == identity(right, scope)
        return not same if op == "!=" else same
    if many_left or many_right:
        asked = "=" if op == "!=" else op
        found = _any(asked, left, right, scope)
        return not found if op == "!=" else found
    return _single(op, left, right, scope)


def _any(op: str, left: Any, right: Any, scope: Scope) -> bool:
    for one in elements(left):
        for other in elements(right):
            scope.spend(1)
            if _single(op, one, other, scope):
                return True
    return False


def _single(op: str, left: Any, right: Any, scope: Scope) -> bool:
    pair = _coerced(op, left, right, scope)
    return pair is not None and OPERATORS[op](*pair)


def _coerced(op: str, left: Any, right: Any, scope: Scope) -> tuple[Any, Any] | None:
    if isinstance(left, bool):
        return _booleans(left, right) if op in _EQUALITY else None
    if isinstance(left, str):
        return _texts(op, left, right, scope)
    if isinstance(left, date) or isinstance(right, date):
        return _times(left, right, scope)
    if is_number(left):
        other = number(right)
        return None if other is None else alike(left, other)
    return None


def _booleans(left: bool, right: Any) -> tuple[Any, Any] | None:
    if isinstance(right, bool):
        return left, right
    return (left, right == "true") if right in ("true", "false") else None


def _texts(op: str, left: str, right: Any, scope: Scope) -> tuple[Any, Any] | None:
    if isinstance(right, str):
        return left, right
    if isinstance(right, date):
        return _times(left, right, scope)
    if op in _EQUALITY:
        written = text(right)
        return None if written is None else (left, written)
    # Text order would put 10 before 9, so an order between text and a number is the numbers'.
    first, second = number(left), number(right)
    return None if first is None or second is None else alike(first, second)


def _times(left: Any, right: Any, scope: Scope) -> tuple[Any, Any] | None:
    first, second = instant(left, scope.zone), instant(right, scope.zone)
    return None if first is None or second is None else (first, second)


def member(value: Any, values: Any, scope: Scope) -> bool:
    """Tell whether a value, or one of a list of values, is among others; null never is."""
    return _any("=", value, values, scope)


def excluded(value: Any, values: Any, scope: Scope) -> bool:
    """Tell whether a value is not among others; false for null on either side, so not the negation of `in`."""
    return value is not None and values is not None and not _any("=", value, values, scope)
