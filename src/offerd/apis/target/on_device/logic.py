"""JsonLogic of truth alone: every piece gives true or false, in whichever language a device reads it.

A piece is `True`, `False`, or an object with one operator. What a variable may hold is asked before it is compared:
JavaScript takes null for 0 and for no text, Python for the text `None`, and both look into what is no text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Logic = Any

#: The variable that says where a visitor falls between 0.00 and 99.99.
ALLOCATION = "allocation"


def variable(name: str) -> Logic:
    """The value of a variable; null where there is none."""
    return {"var": name}


def every(pieces: Iterable[Logic]) -> Logic:
    """True where all are."""
    kept: list[Logic] = []
    for piece in pieces:
        if piece is False:
            return False
        if piece is not True:
            kept += piece["and"] if set(piece) == {"and"} else [piece]
    return _joined("and", kept, True)


def some(pieces: Iterable[Logic]) -> Logic:
    """True where one is."""
    kept: list[Logic] = []
    for piece in pieces:
        if piece is True:
            return True
        if piece is not False:
            kept += piece["or"] if set(piece) == {"or"} else [piece]
    return _joined("or", kept, False)


def negated(piece: Logic) -> Logic:
    """True where the piece is not."""
    if isinstance(piece, bool):
        return not piece
    return piece["!"][0] if set(piece) == {"!"} else {"!": [piece]}


def equal(value: Any, name: str) -> Logic:
    """Whether a variable is a value."""
    return {"==": [value, variable(name)]}


def holds(part: str, name: str) -> Logic:
    """Whether a variable's text has another in it."""
    return {"in": [part, variable(name)]}


def is_text(name: str) -> Logic:
    """Whether a variable is text; null, numbers and objects are none."""
    return some((holds("", name), equal("", name)))


def is_there(name: str) -> Logic:
    """Whether a variable is not null. Python takes the text `None` for null, so text is asked for first."""
    return some((holds("", name), negated(equal(None, name))))


def names(piece: Logic) -> set[str]:
    """The variables that a piece reads."""
    found: set[str] = set()
    waiting = [piece]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            named = each.get("var")
            if isinstance(named, str):
                found.add(named)
            waiting += each.values()
    return found


def _joined(operator: str, kept: list[Logic], otherwise: bool) -> Logic:
    distinct = [piece for index, piece in enumerate(kept) if piece not in kept[:index]] if len(kept) < 50 else kept  # noqa: PLR2004 - more would cost more than they say
    if not distinct:
        return otherwise
    return distinct[0] if len(distinct) == 1 else {operator: distinct}
