"""What lists ask of objects: members, what these must be, words that must be there, and an order."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from offerd.model.base import Object

_WORD = re.compile(r"\w+")


class Path(NamedTuple):
    """A member of objects, as somebody calls it.

    Attributes:
        key: tells it from every other one.
        read: its value in an object: a text, a number, a boolean, a tuple of several of these, or None.
        given: what `read` looks at beside the object; the column is made anew when this is another.
    """

    key: Hashable
    read: Callable[[Object], Any]
    given: object = None


class Key(NamedTuple):
    """One of the members that an order goes by.

    Attributes:
        path: the member; of several values the first counts, and objects without one come last.
        descending: whether the greatest comes first.
    """

    path: Path
    descending: bool = False


class Predicate(NamedTuple):
    """What a member must be.

    Attributes:
        key: tells it from every other test of the member.
        path: the member.
        holds: whether a value will do; of several values one must.
        negated: whether it must not be so.
        absent: what the test is of objects without the member.
        text: whether it is for texts alone; no other value will do.
    """

    key: Hashable
    path: Path
    holds: Callable[[Any], Any]
    negated: bool = False
    absent: bool = False
    text: bool = False


class Phrase(NamedTuple):
    """Words that must stand beside each other.

    Attributes:
        words: in lower case.
    """

    words: tuple[str, ...]


class Search(NamedTuple):
    """Words that a text must hold.

    Attributes:
        text: the text; of several values each is a text of its own.
        phrases: what is looked for.
        all: whether every phrase must be there, or one.
    """

    text: Path
    phrases: tuple[Phrase, ...]
    all: bool


class Slice(NamedTuple):
    """Some of the objects, in order.

    Attributes:
        objects: those of the page.
        total: how many there are on all pages.
        before: how many there are on the pages before.
        more: the first object of the next page; None at the end.
    """

    objects: list[Object]
    total: int
    before: int
    more: Object | None


def words(text: str) -> tuple[str, ...]:
    """The words of a text, in lower case."""
    return tuple(_WORD.findall(text.lower()))
