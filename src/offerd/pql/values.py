"""What data can be: null, booleans, numbers, text, times, lists and maps; how one is read as another."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias, TypeGuard

from offerd.pql.scope import Scope

Number: TypeAlias = int | float | Decimal

_NUMERIC = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?", re.ASCII)
_LONGEST_NUMERAL = 400
# Beyond what a double can hold, whole numbers are no use to a score and would only grow.
_MOST_BITS = 1024
_MOST_DIGITS = 400
# Up to here every whole double is written without an exponent.
_WHOLE = 1e16


def is_list(value: Any) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    """Tell whether a value is a list."""
    return isinstance(value, list | tuple)


def is_map(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Tell whether a value is a map, so has names in it."""
    return type(value) is dict or isinstance(value, Mapping)


def elements(value: Any) -> list[Any] | tuple[Any, ...]:
    """Read a value as a list: null is the empty one, and any other value is a list of itself."""
    if value is None:
        return ()
    return value if is_list(value) else (value,)


def truthy(value: Any) -> bool:
    """Tell what a value counts as where a condition is asked.

    Null is false, a boolean is itself, a list is true when it has elements; anything else is there, so true.
    """
    if value is None or value is False:
        return False
    if value is True:
        return True
    if is_list(value):
        return len(value) > 0
    return not (isinstance(value, float) and math.isnan(value))


def is_number(value: Any) -> TypeGuard[Number]:
    """Tell whether a value is a number that can be reckoned with: no boolean, finite, of a sane size."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return value.bit_length() <= _MOST_BITS
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= _MOST_DIGITS


def number(value: Any) -> Number | None:
    """Read a value as a number: numbers, and text that is one. Anything else is null."""
    if isinstance(value, str):
        return _numeral(value)
    return value if is_number(value) else None


def _numeral(text: str) -> Number | None:
    if len(text) > _LONGEST_NUMERAL:
        return None
    found = _NUMERIC.fullmatch(text)
    if found is None:
        return None
    value = float(text) if found[1] or found[2] else int(text)
    return value if is_number(value) else None


def numeral(value: Number) -> str:
    """Write a number as text: whole ones without a fraction, others as short as they can be."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _WHOLE else float.__repr__(value)
    return int.__repr__(value)


def text(value: Any) -> str | None:
    """Read a value as text: text, numbers and booleans. Anything else is null."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return numeral(value) if is_number(value) else None


def alike(left: Number, right: Number) -> tuple[Number, Number]:
    """Bring two numbers to types that can be compared and reckoned with."""
    if isinstance(left, Decimal) and isinstance(right, float):
        return float(left), right
    if isinstance(left, float) and isinstance(right, Decimal):
        return left, float(right)
    return left, right


def identity(value: Any, scope: Scope) -> Any:
    """Give a key that two values share when they are the same, without any coercion."""
    scope.spend(1)
    if isinstance(value, bool) or value is None:
        return ("bool", value)
    if isinstance(value, str):
        return ("text", str(value))
    if is_number(value):
        return ("number", float(value) if isinstance(value, Decimal) else value)
    if is_list(value):
        return ("list", tuple(identity(each, scope) for each in value))
    if is_map(value):
        return ("map", frozenset((str(key), identity(each, scope)) for key, each in value.items()))
    return ("time", value) if isinstance(value, date) else ("other", id(value))
