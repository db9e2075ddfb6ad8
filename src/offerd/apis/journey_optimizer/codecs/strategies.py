"""Selection strategies: a collection, who it is for, and how its items are ranked."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from offerd.apis.journey_optimizer.codecs import constraints, orders
from offerd.apis.journey_optimizer.codecs.codec import Codec, described
from offerd.apis.journey_optimizer.codecs.context import Context
from offerd.apis.journey_optimizer.codecs.decisions import OPTIONS, options, read_options
from offerd.apis.journey_optimizer.codecs.reading import Reader
from offerd.apis.journey_optimizer.codecs.words import description, read_title, title
from offerd.apis.journey_optimizer.names import ITEM_COLLECTION, STRATEGY
from offerd.apis.journey_optimizer.shapes import shape
from offerd.model.activity import Selection


def _options(thing: Selection, context: Context) -> dict[str, Any] | None:
    collection = thing.collection
    if collection is not None and collection.ref is not None:
        named = context.catalogue.of("collections")[collection.ref]
        return {"filter": context.id_of(named, ITEM_COLLECTION)}
    return options(collection, thing.offers, context)


def _decode(reader: Reader, old: Selection | None) -> Selection:
    base = old or Selection()
    collection, listed = read_options(reader, base.collection, base.offers)
    who = reader.inner("profileConstraint")
    when = constraints.decoded(who, base.when)
    rank, group = orders.decoded(reader, "rank", base.rank, base.group)
    return replace(
        base,
        name=read_title(reader, old),
        description=reader.text("description"),
        collection=collection,
        offers=listed,
        when=when,
        rank=rank,
        group=group,
        extensions=reader.extensions(old),
        **described(old),
    )


CODEC = Codec(
    resource=STRATEGY,
    shape=shape(
        "name",
        "description",
        rank=orders.RANK,
        profileConstraint=constraints.CONSTRAINT,
        optionSelection=OPTIONS,
    ),
    members={
        "name": title,
        "description": description,
        "rank": lambda thing, context: orders.encoded(thing.rank, thing.group, context),
        "profileConstraint": lambda thing, context: constraints.encoded(thing.when, context) or None,
        "optionSelection": _options,
    },
    decode=_decode,
    rules={"/collection": "/optionSelection/filter", "/when": "/profileConstraint"},
    shows=lambda thing: thing.inline is None,
)
