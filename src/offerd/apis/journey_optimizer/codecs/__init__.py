"""The codecs of the library's objects: one module a kind, both dialects of one definition."""

from offerd.apis.journey_optimizer.codecs import (
    collections,
    decisions,
    formulas,
    item_collections,
    items,
    offers,
    placements,
    rules,
    strategies,
    tags,
)
from offerd.apis.journey_optimizer.codecs.codec import Codec

#: Every codec by the name of its resource.
CODECS: dict[str, Codec] = {
    codec.resource.name: codec
    for codec in (
        placements.CODEC,
        placements.SURFACE_CODEC,
        tags.CODEC,
        collections.CODEC,
        rules.CODEC,
        offers.CODEC,
        offers.FALLBACK_CODEC,
        decisions.CODEC,
        formulas.CODEC,
        items.CODEC,
        item_collections.CODEC,
        strategies.CODEC,
    )
}

__all__ = ["CODECS", "Codec"]
