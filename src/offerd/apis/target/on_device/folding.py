"""Text without regard to case: where the server's way and the devices' way come to the same.

The server folds (`ß` is `ss`), devices write in lower case (`ß` stays). They differ in some letters that are not ASCII,
which matters for a text only where such a letter's folded form can be a part of it.
"""

from __future__ import annotations

from functools import cache

_ASCII = 128
_LAST = 0x110000


def same_whole(text: str) -> bool:
    """Whether any other text equals this one by folding just when it does in lower case."""
    folded = text.casefold()
    return folded.isascii() and not any(each in folded for each in _odd())


def same_within(text: str) -> bool:
    """Whether any other text has this one in it by folding just when it does in lower case."""
    folded = text.casefold()
    return same_whole(text) and not any(_overlaps(each, folded) for each in _odd())


def _overlaps(odd: str, text: str) -> bool:
    """Whether the odd letter can reach over an end of the text."""
    return any(text.startswith(odd[at:]) or text.endswith(odd[:at]) for at in range(1, len(odd)))


@cache
def _odd() -> frozenset[str]:
    """What letters fold to that do not become that in lower case."""
    letters = map(chr, range(_ASCII, _LAST))
    return frozenset(each.casefold() for each in letters if each.casefold() != each.lower())
