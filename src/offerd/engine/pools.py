"""Pools: the offers that a collection holds, kept current by what changes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Literal, NamedTuple

import msgspec

from offerd.engine.conditions import Programs
from offerd.engine.offers import CompiledOffer
from offerd.model.activity import InlineCollection
from offerd.model.offer import Collection
from offerd.pql import Program, Scope, ast


class PoolKey(NamedTuple):
    """What a pool gathers by; collections that say the same share one.

    Attributes:
        by: which member of the collection says it.
        values: the tags or offers, or the rule alone.
    """

    by: Literal["any_tags", "all_tags", "offers", "where"]
    values: tuple[str, ...]


class Pool(msgspec.Struct, frozen=True):
    """The offers of a collection.

    Attributes:
        key: what it gathers by.
        where: its rule, where it gathers by one.
        fixed: whether `members` is the whole truth; a rule that looks at more than the offer is asked anew each
            time, and then the members are all offers.
        members: ids: as listed, or in the order of the ids.
    """

    key: PoolKey
    where: Program | None
    fixed: bool
    members: tuple[str, ...]

    def has(self, offer: str) -> bool:
        """Whether an offer is among the members."""
        if self.key.by == "offers":
            return offer in self.members
        at = bisect_left(self.members, offer)
        return at < len(self.members) and self.members[at] == offer

    def changed(self, offers: Mapping[str, CompiledOffer], ids: Iterable[str], zone: tzinfo) -> Pool:
        """The pool after some offers changed; only those are looked at."""
        if self.key.by == "offers":
            return self
        gained = [each for each in ids if each in offers and self._takes(offers[each], zone)]
        kept = set(gained)
        lost = [each for each in ids if each not in kept and self.has(each)]
        gained = [each for each in gained if not self.has(each)]
        if not gained and not lost:
            return self
        gone = set(lost)
        return msgspec.structs.replace(
            self, members=tuple(sorted([each for each in self.members if each not in gone] + gained))
        )

    def _takes(self, offer: CompiledOffer, zone: tzinfo) -> bool:
        if self.key.by == "any_tags":
            return not set(self.key.values).isdisjoint(offer.offer.tags)
        if self.key.by == "all_tags":
            return set(self.key.values).issubset(offer.offer.tags)
        return not self.fixed or self.where is None or self.where.truth(Scope(offer=offer.view, zone=zone))


def pool_key(collection: Collection | InlineCollection) -> PoolKey:
    """What a collection gathers by; an empty one gathers nothing."""
    if collection.any_tags is not None:
        return PoolKey("any_tags", tuple(sorted(set(collection.any_tags))))
    if collection.all_tags is not None:
        return PoolKey("all_tags", tuple(sorted(set(collection.all_tags))))
    if collection.where is not None:
        return PoolKey("where", (collection.where,))
    return PoolKey("offers", tuple(dict.fromkeys(collection.offers or ())))


def make_pool(key: PoolKey, offers: Mapping[str, CompiledOffer], programs: Programs, zone: tzinfo) -> Pool:
    """The pool of everything that a key gathers."""
    if key.by == "offers":
        return Pool(key, None, True, key.values)
    where = programs(key.values[0]) if key.by == "where" else None
    return Pool(key, where, where is None or only_offer(where), ()).changed(offers, offers, zone)


def only_offer(program: Program) -> bool:
    """Whether a rule looks at nothing but the offer, so that its answer holds until the offer changes."""
    asks = any(isinstance(node, ast.Function) and node.name == "inSegment" for node in ast.walk(program.node))
    return not asks and not program.reads_time and all(path[0] == "offer" for path in program.paths)
