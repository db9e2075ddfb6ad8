"""Values compared as JavaScript's `==`, `<` and `<=` compare them: texts become numbers beside numbers.

JSON's values only: null, true and false, numbers, text, lists and objects.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

_NAN = math.nan
_OBJECT = "[object Object]"
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)")
_RADIX = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_INFINITE = {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}
_BLANK = "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f"
_BLANKS = _BLANK + "\u205f\u3000\ufeff"
#: From here on JavaScript writes numbers with an exponent, and below the other one too.
_LARGE, _SMALL = 1e21, 1e-6


def true(value: Any) -> bool:
    """Whether JsonLogic takes a value for true: all but false, null, 0, NaN, the empty text and the empty list."""
    if isinstance(value, float):
        return value != 0 and value == value  # noqa: PLR0124 - NaN is not itself
    return True if isinstance(value, dict) else bool(value)


def equal(a: Any, b: Any) -> bool:
    """`a == b`; lists and objects equal nothing but themselves, and what their text equals."""
    if isinstance(a, str) and isinstance(b, str):
        return a == b
    if a is None or b is None:
        return a is b
    if isinstance(a, (list, dict)):
        return a is b if isinstance(b, (list, dict)) else equal(text(a), b)
    if isinstance(b, (list, dict)):
        return equal(a, text(b))
    return number(a) == number(b)


def same(a: Any, b: Any) -> bool:
    """`a === b`: equal and of one type; lists and objects equal nothing but themselves."""
    if isinstance(a, (list, dict)) or isinstance(b, (list, dict)):
        return a is b
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return a is b
    return isinstance(a, str) == isinstance(b, str) and bool(a == b)


def less(a: Any, b: Any) -> bool:
    """`a < b`; false where either is no number, unless both are texts."""
    a, b = _primitive(a), _primitive(b)
    if isinstance(a, str) and isinstance(b, str):
        return _units(a) < _units(b)
    return number(a) < number(b)


def at_most(a: Any, b: Any) -> bool:
    """`a <= b`; false where either is no number, unless both are texts."""
    a, b = _primitive(a), _primitive(b)
    if isinstance(a, str) and isinstance(b, str):
        return _units(a) <= _units(b)
    return number(a) <= number(b)


def within(part: Any, whole: Any) -> bool:
    """Whether a text has another in it, or a list an element; nothing is in an empty text."""
    if isinstance(whole, str):
        return whole != "" and text(part) in whole
    return isinstance(whole, list) and any(same(part, each) for each in whole)


def number(value: Any) -> int | float:
    """A primitive value as a number: null and blank text are 0, what is none is NaN."""
    if isinstance(value, (int, float)):
        return value
    if value is None:
        return 0
    return _read(value.strip(_BLANKS)) if isinstance(value, str) else _read(text(value).strip(_BLANKS))


def text(value: Any) -> str:
    """A value as text: a list's elements with commas between them, an object as what it is."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join("" if each is None else text(each) for each in value)
    return _OBJECT if isinstance(value, dict) else _written(value)


def _primitive(value: Any) -> Any:
    return text(value) if isinstance(value, (list, dict)) else value


def _read(stripped: str) -> int | float:
    if _DECIMAL.fullmatch(stripped):
        return float(stripped)
    if _RADIX.fullmatch(stripped):
        return int(stripped, 0)
    return _INFINITE.get(stripped, _NAN) if stripped else 0


def _units(value: str) -> bytes:
    """What texts are ordered by: their UTF-16 code units."""
    return value.encode("utf-16-be", "surrogatepass")


def _written(value: int | float) -> str:
    """A number as JavaScript writes it: the fewest digits that mean it, with an exponent beyond 21 places or 6."""
    try:
        value = float(value) + 0.0  # there is no -0 in writing
    except OverflowError:
        value = math.inf if value > 0 else -math.inf
    if math.isnan(value) or math.isinf(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value == 0 or _SMALL <= abs(value) < _LARGE:
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    mantissa, _, exponent = repr(value).partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent):+d}"
