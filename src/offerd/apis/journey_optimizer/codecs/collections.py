"""Collections: listed offers, or whatever offers have some tags."""

from __future__ import annotations

from typing import Any

from offerd.apis.journey_optimizer.codecs.codec import Codec, described
from offerd.apis.journey_optimizer.codecs.context import Context
from offerd.apis.journey_optimizer.codecs.reading import Reader
from offerd.apis.journey_optimizer.codecs.words import read_title, title
from offerd.apis.journey_optimizer.names import COLLECTION
from offerd.apis.journey_optimizer.shapes import shape
from offerd.model.offer import Collection

#: The model's member for each word of either dialect.
_TYPES = {
    "offers": "offers",
    "anyTags": "any_tags",
    "any-tags": "any_tags",
    "allTags": "all_tags",
    "all-tags": "all_tags",
}
_WORDS = {"offers": ("offers", "offers"), "any_tags": ("anyTags", "any-tags"), "all_tags": ("allTags", "all-tags")}


def _member(thing: Collection) -> str | None:
    return next((name for name in _WORDS if getattr(thing, name) is not None), None)


def _type(thing: Collection, context: Context) -> str | None:
    name = _member(thing)
    return _WORDS[name][context.plain] if name else None


def _ids(thing: Collection, context: Context) -> list[str] | None:
    name = _member(thing)
    if name is None:
        return None
    kind = "offers" if name == "offers" else "tags"
    return [context.uri(kind, id_) for id_ in getattr(thing, name)]


def _decode(reader: Reader, old: Collection | None) -> Collection:
    before = _member(old) if old else None
    name = read_title(reader, old)
    by_rule = old is not None and old.where is not None and not reader.has("filterType")
    common: dict[str, Any] = {"name": name, "description": old.description if old else ""}
    if by_rule and old is not None:
        found: dict[str, Any] = {"where": old.where}
    else:
        if not reader.has("filterType"):
            reader.context.fault(reader.here("filterType"), "is required")
        member = reader.choice("filterType", _TYPES, default=before or "offers")
        kind = "offers" if member == "offers" else "tags"
        found = {member: reader.names("ids", kind, label=kind == "tags")}
        reader.drop("ids")
    return Collection(**common, **found, extensions=reader.extensions(old), **described(old))


CODEC = Codec(
    resource=COLLECTION,
    shape=shape("name", "filterType", "ids", labels=None),
    members={"name": title, "filterType": _type, "ids": _ids},
    decode=_decode,
    rules={"/offers": "/ids", "/any_tags": "/ids", "/all_tags": "/ids"},
)
