"""The closed list of functions: names and arities, as the parser checks them and the compiler finds them."""

from __future__ import annotations

import difflib

import msgspec


class Signature(msgspec.Struct, frozen=True):
    """What a function takes.

    Attributes:
        least: the fewest arguments, not counting the value before the dot.
        most: the most arguments.
        each: its first argument is evaluated for each element of the list before the dot.
        flag: its last argument may be `caseSensitive`.
    """

    least: int
    most: int
    each: bool = False
    flag: bool = False


_text = Signature(1, 2, flag=True)

METHODS: dict[str, Signature] = {
    "isNull": Signature(0, 0),
    "isNotNull": Signature(0, 0),
    "equals": _text,
    "notEqualTo": _text,
    "startsWith": _text,
    "doesNotStartWith": _text,
    "endsWith": _text,
    "doesNotEndWith": _text,
    "contains": _text,
    "doesNotContain": _text,
    "matches": Signature(1, 1),
    "regexGroup": Signature(2, 2),
    "includes": Signature(1, 1),
    "intersects": Signature(1, 1),
    "intersection": Signature(1, 1),
    "subsetOf": Signature(1, 1),
    "supersetOf": Signature(1, 1),
    "distinct": Signature(0, 0),
    "head": Signature(0, 0),
    "filter": Signature(1, 1, each=True),
    "map": Signature(1, 1, each=True),
    "groupBy": Signature(1, 1, each=True),
    "topN": Signature(2, 2, each=True),
    "bottomN": Signature(2, 2, each=True),
    "count": Signature(0, 0),
    "sum": Signature(0, 1, each=True),
    "average": Signature(0, 1, each=True),
    "min": Signature(0, 1, each=True),
    "max": Signature(0, 1, each=True),
    "get": Signature(1, 1),
    "keys": Signature(0, 0),
    "values": Signature(0, 0),
    "getMonth": Signature(0, 0),
    "getYear": Signature(0, 0),
    "getDayOfMonth": Signature(0, 0),
}

FUNCTIONS: dict[str, Signature] = {
    "if": Signature(3, 3),
    "date": Signature(3, 3),
    "currentMonth": Signature(0, 0),
    "currentYear": Signature(0, 0),
    "currentDayOfMonth": Signature(0, 0),
    "inSegment": Signature(1, 1),
}

AGGREGATES: frozenset[str] = frozenset({"sum", "count", "average", "min", "max"})


def suggestion(name: str, known: dict[str, Signature]) -> tuple[str, ...]:
    """Name the function that was probably meant, or nothing."""
    folded = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower(), folded, n=1)
    return tuple(f"`{folded[each]}`" for each in near)
