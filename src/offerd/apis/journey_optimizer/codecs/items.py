"""Decision items: offers of the newer generation, with attributes under the tenant's own members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from offerd.apis.journey_optimizer.codecs import caps, constraints
from offerd.apis.journey_optimizer.codecs.codec import Codec
from offerd.apis.journey_optimizer.codecs.context import Context
from offerd.apis.journey_optimizer.codecs.offers import window
from offerd.apis.journey_optimizer.codecs.reading import Reader
from offerd.apis.journey_optimizer.codecs.words import as_text, read_status, read_title, status
from offerd.apis.journey_optimizer.names import ITEM
from offerd.apis.journey_optimizer.shapes import shape
from offerd.model.offer import Offer
from offerd.services.ids import uuid

#: The model's status for each word of clients.
STATUSES = {"draft": "draft", "approved": "approved", "archived": "archived", "deleted": "archived"}

_ITEM = shape(
    "itemID",
    "itemName",
    "itemDescription",
    "itemPriority",
    "itemCatalogID",
    "itemTags",
    "itemLabels",
    itemCalendarConstraints=shape("startDate", "endDate"),
    itemConstraints=constraints.CONSTRAINT,
)
_OFFER = shape(
    "lifecycleStatus",
    "fCapConstraintsLastIndex",
    "contentReferencesMap",
    frequencyCappingConstraints=caps.FREQUENCY,
)

_SHELF = "~~item"

#: Members of an item that are not its author's attributes.
_RESERVED = frozenset(("_experience", "_links"))


def _experience(thing: Offer, context: Context) -> dict[str, Any]:
    dates = {
        "startDate": None if thing.window.from_ is None else context.instant(thing.window.from_),
        "endDate": None if thing.window.until is None else context.instant(thing.window.until),
    }
    item: dict[str, Any] = {
        "itemID": context.id_of(thing, ITEM) if "time" in thing.ids else None,
        "itemName": thing.name or thing.id,
        "itemDescription": thing.description or None,
        "itemPriority": thing.priority,
        "itemCalendarConstraints": {name: value for name, value in dates.items() if value is not None} or None,
        "itemConstraints": constraints.encoded(thing.eligible, context) or None,
        "itemTags": [context.uri("tags", tag) for tag in thing.tags] or None,
    }
    offer = {
        "lifecycleStatus": status(thing, STATUSES, _SHELF),
        "frequencyCappingConstraints": caps.trees(thing, context),
    }
    return {
        "decisioning": {
            "offeritem": {name: value for name, value in offer.items() if value is not None},
            "decisionitem": {name: value for name, value in item.items() if value is not None},
        }
    }


def _decode(reader: Reader, old: Offer | None) -> Offer:
    context, base = reader.context, old or Offer(id=uuid())
    decisioning = reader.inner("_experience").inner("decisioning")
    offer, item = decisioning.inner("offeritem"), decisioning.inner("decisionitem")
    item.drop("itemID")
    chosen = read_status(offer, "lifecycleStatus", STATUSES, default="draft")
    written = offer.peek("~status")
    offer.drop("~status")
    if written:
        reader.put("~status", written)
    rest, off = caps.decode_rules(offer, base, least=0)
    made = replace(
        base,
        name=read_title(item, old, "itemName"),
        description=item.text("itemDescription"),
        status=chosen,
        priority=item.whole("itemPriority", least=min(0, base.priority), old=0),
        window=window(item.inner("itemCalendarConstraints"), base.window, context),
        eligible=constraints.decoded(item.inner("itemConstraints"), base.eligible),
        tags=item.names("itemTags", "tags", label=True),
        caps=caps.arranged(
            base.caps,
            [
                *(cap for cap in base.caps if cap.id in {caps.GLOBAL, caps.PROFILE}),
                *rest,
            ],
        ),
        attributes=_attributes(reader, base.attributes),
    )
    return caps.with_off(replace(made, extensions=reader.extensions(old, _SHELF)), off)


def _attributes(reader: Reader, old: Mapping[str, Any]) -> dict[str, Any]:
    """Every member of the item that is not the format's own."""
    made = {}
    for name in reader.given():
        if name in _RESERVED or name.startswith(("~", "@")) or ":" in name:
            continue
        value = reader.peek(name)
        reader.drop(name)
        made[name] = old[name] if name in old and isinstance(value, str) and as_text(old[name]) == value else value
    return made


CODEC = Codec(
    resource=ITEM,
    shape=shape(_experience=shape(decisioning=shape(offeritem=_OFFER, decisionitem=_ITEM))),
    members={"_experience": _experience},
    shelf=_SHELF,
    decode=_decode,
    instants={
        "_experience.decisioning.decisionitem.itemCalendarConstraints.startDate": lambda thing: thing.window.from_,
        "_experience.decisioning.decisionitem.itemCalendarConstraints.endDate": lambda thing: thing.window.until,
    },
    rules={
        "/name": "/_experience/decisioning/decisionitem/itemName",
        "/window/from": "/_experience/decisioning/decisionitem/itemCalendarConstraints/startDate",
        "/window/until": "/_experience/decisioning/decisionitem/itemCalendarConstraints/endDate",
        "/eligible": "/_experience/decisioning/decisionitem/itemConstraints",
        "/caps": "/_experience/decisioning/offeritem/frequencyCappingConstraints",
        "/attributes": "",
    },
    more=lambda thing: {name: value for name, value in thing.attributes.items() if name not in _RESERVED},
)
