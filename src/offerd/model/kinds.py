"""The kinds of object that a catalogue holds, and what each refers to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import msgspec

from offerd.model.activity import Activity, ActivitySelection, InlineCollection, Rank, Ranking, Selection
from offerd.model.base import Object
from offerd.model.codec import pointer
from offerd.model.condition import Audience, Condition, Rule, Table
from offerd.model.offer import Cap, Collection, Component, Content, Fallback, Offer, Tag
from offerd.model.place import Placement, Property

#: Every kind, by the plural that paths and catalogue files use, in the order in which they may refer to others.
KINDS: dict[str, type[Object]] = {
    "properties": Property,
    "placements": Placement,
    "tables": Table,
    "rules": Rule,
    "audiences": Audience,
    "contents": Content,
    "tags": Tag,
    "offers": Offer,
    "fallbacks": Fallback,
    "collections": Collection,
    "rankings": Ranking,
    "selections": Selection,
    "activities": Activity,
}

#: The plural of each Struct.
PLURAL: dict[type[Object], str] = {struct: plural for plural, struct in KINDS.items()}


class Reference(msgspec.Struct, frozen=True):
    """That one object names another.

    Attributes:
        pointer: where, as a JSON pointer.
        kind: the plural of the kind that is named.
        id: its id.
    """

    pointer: str
    kind: str
    id: str


def _names() -> dict[type[msgspec.Struct], tuple[tuple[str, str], ...]]:
    selection = (("offers", "offers"), ("placements", "placements"))
    return {
        Activity: (("properties", "properties"), ("fallback", "fallbacks")),
        ActivitySelection: (*selection, ("strategy", "selections")),
        Selection: selection,
        Collection: (("offers", "offers"),),
        InlineCollection: (("offers", "offers"), ("ref", "collections")),
        Rank: (("ranking", "rankings"),),
    }


_NAMES = _names()


def references(thing: Object) -> Iterator[Reference]:
    """Every object that `thing` names, with the JSON pointer of the name.

    Tags are labels and need not exist; they are not among them.
    """
    yield from _of(thing, "")


def _of(thing: object, at: str) -> Iterator[Reference]:
    if isinstance(thing, Condition):
        yield from _condition(thing, at)
    elif isinstance(thing, Component) and thing.ref is not None:
        yield Reference(f"{at}/ref", "contents", thing.ref)
    if isinstance(thing, (Offer, Fallback)):
        for place in thing.content:
            yield Reference(pointer(f"{at}/content", place), "placements", place)
    if isinstance(thing, Cap) and isinstance(thing.placements, list):
        yield from _named(thing.placements, "placements", f"{at}/placements")
    if isinstance(thing, Activity):
        yield from _activity(thing, at)
    if isinstance(thing, msgspec.Struct):
        for name, kind in _NAMES.get(type(thing), ()):
            yield from _named(getattr(thing, name), kind, f"{at}/{name}")
        for name, encoded in _inner(type(thing)):
            yield from _children(getattr(thing, name), f"{at}/{encoded}")


@cache
def _inner(struct: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    """The members that may name objects further in, with their names in documents; worked out once a type."""
    own = {"extensions", "unknown", "attributes", "body", "rows", "data"}
    return tuple((f.name, f.encode_name) for f in msgspec.structs.fields(struct) if f.name not in own)


def _children(value: object, at: str) -> Iterator[Reference]:
    if isinstance(value, msgspec.Struct):
        yield from _of(value, at)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _children(item, f"{at}/{index}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _children(item, pointer(at, key))


def _named(value: str | list[str] | None, kind: str, at: str) -> Iterator[Reference]:
    if isinstance(value, str):
        yield Reference(at, kind, value)
    for index, item in enumerate(value if isinstance(value, list) else ()):
        yield Reference(f"{at}/{index}", kind, item)


def _condition(thing: Condition, at: str) -> Iterator[Reference]:
    yield from _named(thing.rule, "rules", f"{at}/rule")
    yield from _named(thing.all_rules, "rules", f"{at}/all_rules")
    yield from _named(thing.audience, "audiences", f"{at}/audience")
    yield from _named(thing.any_audiences, "audiences", f"{at}/any_audiences")
    yield from _named(thing.all_audiences, "audiences", f"{at}/all_audiences")


def _activity(thing: Activity, at: str) -> Iterator[Reference]:
    for place in thing.placements:
        yield Reference(pointer(f"{at}/placements", place), "placements", place)
    for index, goal in enumerate(thing.goals):
        if goal.at is not None:
            yield Reference(f"{at}/goals/{index}/at", "placements", goal.at)
