"""Placements, in both generations."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from offerd.apis.journey_optimizer.codecs.codec import Codec, described
from offerd.apis.journey_optimizer.codecs.context import Context
from offerd.apis.journey_optimizer.codecs.reading import Reader, own
from offerd.apis.journey_optimizer.codecs.words import (
    channel,
    channel_name,
    component_name,
    component_type,
    description,
    read_title,
    title,
)
from offerd.apis.journey_optimizer.names import PLACEMENT, SURFACE
from offerd.apis.journey_optimizer.shapes import Member, shape
from offerd.model.place import Placement


def _count(thing: Placement, _context: Context) -> Any:
    return thing.count if thing.count != "all" else None


def _type(thing: Placement, context: Context) -> str | None:
    return component_type(thing.content[0], context) if thing.content else None


def _decode(reader: Reader, old: Placement | None) -> Placement:
    base = old or Placement()
    kind = reader.text("componentType", required=old is None or bool(base.content))
    count = base.count
    if reader.says("itemCount") and (reader.peek("itemCount") is not None or count != "all"):
        count = reader.whole("itemCount", least=1, old=1) or 1
    place = reader.text("channel", required=old is None or bool(base.channel))
    name = component_name(kind) if kind else ""
    content = base.content if name and base.content[:1] == [name] else [name] if name else []
    return replace(
        base,
        name=read_title(reader, old),
        description=reader.text("description"),
        channel=channel_name(place),
        content=content,
        count=count,
        duplicates=reader.flag("allowDuplicatePlacements", old=base.duplicates if not reader.context.plain else False),
        extensions=reader.extensions(old),
        **described(old),
    )


CODEC = Codec(
    resource=PLACEMENT,
    shape=shape(
        "name",
        "description",
        "channel",
        "componentType",
        contentTypes=Member("xdm:contentTypes", plain=False),
        itemCount=None,
        allowDuplicatePlacements=None,
        returnContent=None,
        returnMetaData=None,
    ),
    members={
        "name": title,
        "description": description,
        "channel": lambda thing, context: channel(thing.channel, context),
        "componentType": _type,
        "itemCount": _count,
        "allowDuplicatePlacements": lambda thing, _context: thing.duplicates,
    },
    decode=_decode,
    rules={"/content": "/componentType"},
)


_SHELF = "~~surface"


def _decode_surface(reader: Reader, old: Placement | None) -> Placement:
    place = reader.text("channel")
    if place and channel_name(place) != place:
        reader.put("~channel", place)
    return replace(
        old or Placement(),
        name=read_title(reader, old),
        description=reader.text("description"),
        channel=channel_name(place),
        extensions=reader.extensions(old, _SHELF),
        **described(old),
    )


def _surface_channel(thing: Placement, _context: Context) -> str | None:
    written = own(thing, _SHELF).get("~channel", "")
    return (written if channel_name(written) == thing.channel else thing.channel) or None


#: Placements of the newer generation, which name a position of a channel's configuration.
SURFACE_CODEC = Codec(
    resource=SURFACE,
    shape=shape("name", "description", "channel", "channelConfiguration", "tags", "status"),
    members={"name": title, "description": description, "channel": _surface_channel},
    decode=_decode_surface,
    shelf=_SHELF,
)
