"""Personalized offers and fallback offers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from offerd.apis.journey_optimizer.codecs import caps, components, constraints
from offerd.apis.journey_optimizer.codecs.codec import Codec, described
from offerd.apis.journey_optimizer.codecs.context import Context
from offerd.apis.journey_optimizer.codecs.reading import Reader
from offerd.apis.journey_optimizer.codecs.words import as_text, description, read_status, read_title, status, title
from offerd.apis.journey_optimizer.names import FALLBACK, OFFER
from offerd.apis.journey_optimizer.shapes import shape
from offerd.model.base import Window
from offerd.model.offer import Fallback, Offer
from offerd.services.ids import uuid

#: The model's status for each word of clients.
STATUSES = {"draft": "draft", "approved": "approved", "archived": "archived", "pending": "draft", "rejected": "draft"}

_SELECTION = shape("startDate", "endDate", *constraints.MEMBERS)

SHAPE = shape(
    "name",
    "status",
    "tags",
    "characteristics",
    description=None,
    representations=components.REPRESENTATION,
    selectionConstraint=_SELECTION,
    rank=shape("priority"),
    cappingConstraint=caps.CAPPING,
    frequencyCappingConstraints=caps.FREQUENCY,
    fCapConstraintsLastIndex=None,
    labels=None,
)


def selection(thing: Offer, context: Context) -> dict[str, Any] | None:
    """An offer's dates and who may get it."""
    made = {
        "startDate": None if thing.window.from_ is None else context.instant(thing.window.from_),
        "endDate": None if thing.window.until is None else context.instant(thing.window.until),
        **constraints.encoded(thing.eligible, context),
    }
    return {name: value for name, value in made.items() if value is not None} or None


def window(reader: Reader, old: Window, context: Context) -> Window:
    """The window that two dates say; a date that is printed shorter than it is stays as it is."""
    ends: list[datetime | None] = []
    for name, before in (("startDate", old.from_), ("endDate", old.until)):
        if before is not None and reader.peek(name) == context.instant(before):
            reader.drop(name)
            ends.append(before)
        else:
            ends.append(reader.instant(name))
    if ends[0] is not None and ends[1] is not None and ends[0] >= ends[1]:
        context.fault(reader.here("endDate"), "is not after startDate")
    return replace(old, from_=ends[0], until=ends[1])


def characteristics(thing: Offer | Fallback, context: Context) -> dict[str, str] | None:
    """An offer's attributes as texts; what belongs to a tenant's schema is not among them."""
    del context
    return {name: as_text(value) for name, value in thing.attributes.items() if not name.startswith("_")} or None


def attributes(reader: Reader, old: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that characteristics say; one whose text is unchanged stays what it was."""
    given = reader.take("characteristics")
    if given is not None and not isinstance(given, Mapping):
        reader.context.fault(reader.here("characteristics"), "expected an object of texts")
        given = None
    made = {name: value for name, value in old.items() if name.startswith("_")}
    for name, value in (given or {}).items():
        same = name in old and isinstance(value, str) and as_text(old[name]) == value
        made[name] = old[name] if same else value
    return made


def _tags(thing: Offer | Fallback, context: Context) -> list[str] | None:
    return [context.uri("tags", tag) for tag in thing.tags] or None


def _frequency(thing: Offer, context: Context) -> list[dict[str, Any]] | None:
    return caps.trees(thing, context)


def _needs_content(reader: Reader, chosen: str, content: Mapping[str, Any]) -> None:
    if chosen == "approved" and not content:
        reader.context.fault(reader.here("representations"), "an approved offer has at least one representation")


def _decode(reader: Reader, old: Offer | None) -> Offer:
    context, base = reader.context, old or Offer(id=uuid())
    chosen = read_status(reader, "status", STATUSES, default="draft")
    content = components.decoded(reader, old)
    if old is None or content != old.content or chosen != old.status:
        _needs_content(reader, chosen, content)
    who = reader.inner("selectionConstraint")
    dates = window(who, base.window, context)
    eligible = constraints.decoded(who, base.eligible)
    first = caps.decode_capping(reader, base.caps)
    rest, off = caps.decode_rules(reader, base)
    made = replace(
        base,
        name=read_title(reader, old),
        description=reader.text("description", old=base.description),
        status=chosen,
        tags=reader.names("tags", "tags", label=True),
        attributes=attributes(reader, base.attributes),
        content=content,
        window=dates,
        eligible=eligible,
        priority=reader.inner("rank").whole("priority", least=min(0, base.priority), old=0),
        caps=caps.arranged(base.caps, [*first, *rest]),
        extensions=reader.extensions(old),
    )
    return caps.with_off(made, off)


def _decode_fallback(reader: Reader, old: Fallback | None) -> Fallback:
    base = old or Fallback()
    chosen = read_status(reader, "status", STATUSES, default="draft")
    content = components.decoded(reader, old)
    if old is None or content != old.content or chosen != old.status:
        _needs_content(reader, chosen, content)
    return replace(
        base,
        name=read_title(reader, old),
        description=reader.text("description", old=base.description),
        status=chosen,
        tags=reader.names("tags", "tags", label=True),
        attributes=attributes(reader, base.attributes),
        content=content,
        extensions=reader.extensions(old),
        **described(old),
    )


def _characteristic(thing: Offer | Fallback, name: str) -> str | None:
    value = None if name.startswith("_") else thing.attributes.get(name)
    return None if value is None else as_text(value)


_DIRECT: dict[str, Callable[..., Any]] = {
    "name": lambda thing: thing.name or thing.id,
    "status": lambda thing: status(thing, STATUSES),
    "characteristics.": _characteristic,
}


def text(thing: Offer | Fallback) -> tuple[str, ...]:
    """What a search without fields looks in."""
    return (thing.name or thing.id, thing.description, *characteristics_text(thing))


def characteristics_text(thing: Offer | Fallback) -> list[str]:
    """An offer's attributes, for a search."""
    return [value for value in thing.attributes.values() if isinstance(value, str)]


CODEC = Codec(
    resource=OFFER,
    shape=SHAPE,
    members={
        "name": title,
        "description": description,
        "status": lambda thing, _context: status(thing, STATUSES),
        "tags": _tags,
        "characteristics": characteristics,
        "representations": components.encoded,
        "selectionConstraint": selection,
        "rank": lambda thing, _context: {"priority": thing.priority},
        "cappingConstraint": lambda thing, _context: caps.capping(thing.caps),
        "frequencyCappingConstraints": _frequency,
    },
    decode=_decode,
    instants={
        "selectionConstraint.startDate": lambda thing: thing.window.from_,
        "selectionConstraint.endDate": lambda thing: thing.window.until,
    },
    direct={**_DIRECT, "rank.priority": lambda thing: thing.priority},
    rules={
        "/window/from": "/selectionConstraint/startDate",
        "/window/until": "/selectionConstraint/endDate",
        "/eligible": "/selectionConstraint",
        "/caps": "/frequencyCappingConstraints",
        "/priority": "/rank/priority",
        "/attributes": "/characteristics",
    },
    text=text,
)

FALLBACK_CODEC = Codec(
    resource=FALLBACK,
    shape=SHAPE,
    members={
        "name": title,
        "description": description,
        "status": lambda thing, _context: status(thing, STATUSES),
        "tags": _tags,
        "characteristics": characteristics,
        "representations": components.encoded,
    },
    decode=_decode_fallback,
    direct=_DIRECT,
    rules={"/attributes": "/characteristics"},
    text=text,
)
