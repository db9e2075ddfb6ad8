"""Arithmetic that never raises: what cannot be reckoned is null."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offerd.pql.values import Number, alike, is_number, number


def _divide(left: Any, right: Any) -> Any:
    # Whole numbers stay whole where they divide, so that large ones lose nothing.
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return left // right
    return left / right


def _remainder(left: Any, right: Any) -> Any:
    # The sign is the dividend's, as it is where PQL comes from.
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divide,
    "%": _remainder,
}


def reckon(op: str, left: Any, right: Any) -> Number | None:
    """Apply one of `+ - * / %` to two values.

    Returns:
        Null when either is not a number, the second is 0 under `/` or `%`, or the result is too large.
        Whole numbers stay exact; a remainder has the sign of the first number.
    """
    first, second = number(left), number(right)
    if first is None or second is None:
        return None
    try:
        result = _OPERATIONS[op](*alike(first, second))
    except ArithmeticError:
        return None
    return result if is_number(result) else None


def negate(value: Any) -> Number | None:
    """Give a number the other sign; null for anything else."""
    read = number(value)
    return None if read is None else -read
