"""One walk through an object: every rule's text and every extension in it, with its JSON pointer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import msgspec

from offerd.model.activity import Goal, InlineCollection, Rank
from offerd.model.base import Object, Part
from offerd.model.codec import pointer
from offerd.model.condition import Audience, Condition, Rule
from offerd.model.offer import Cap, Collection, Counting, Requirement

#: The members that hold the text of a rule or formula; a cap's limit only where it is text.
_TEXTS: dict[type[msgspec.Struct], str] = {
    Audience: "rule",
    Cap: "limit",
    Collection: "where",
    Condition: "pql",
    Counting: "when",
    Goal: "when",
    InlineCollection: "where",
    Rank: "formula",
    Rule: "when",
}

#: Members whose values are the author's own JSON.
_FREE = frozenset(("extensions", "unknown", "attributes", "body", "rows", "settings", "facts", "ids"))


class Text(NamedTuple):
    """The text of a rule or formula.

    Attributes:
        pointer: where it stands.
        pql: the text.
    """

    pointer: str
    pql: str


def parts(thing: Object) -> Iterator[tuple[str, Part]]:
    """The object and every Part within it, each with its pointer, outer ones first."""
    yield from _parts(thing, "")


def texts(thing: Object) -> Iterator[Text]:
    """Every rule and formula that is written in an object."""
    for at, part in parts(thing):
        name = _TEXTS.get(type(part))
        if name is not None and isinstance(value := getattr(part, name), str):
            yield Text(pointer(at, name), value)


def saved(thing: Object) -> set[str]:
    """Every text of an object whose syntax tree is stored, if it has one.

    These are its rules and formulas, and texts among the facts of requirements, which are PQL where they read as such.
    """
    found = {text.pql for text in texts(thing)}
    for _, part in parts(thing):
        if isinstance(part, Requirement):
            found.update(fact for fact in part.facts.values() if isinstance(fact, str) and "." in fact)
    return found


def _parts(value: object, at: str) -> Iterator[tuple[str, Part]]:
    if isinstance(value, Part):
        yield at, value
        for name, encoded in _members(type(value)):
            inner = getattr(value, name)
            if inner:
                yield from _parts(inner, pointer(at, encoded))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _parts(item, f"{at}/{index}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _parts(item, pointer(at, key))


@cache
def _members(struct: type[Part]) -> tuple[tuple[str, str], ...]:
    """The members that may hold Parts: those that are neither plain nor the author's own."""
    fields = msgspec.structs.fields(struct)
    return tuple((f.name, f.encode_name) for f in fields if f.name not in _FREE and not _is_plain(f.type))


def _is_plain(kind: object) -> bool:
    return kind in {str, int, bool, str | None}
