"""The snapshot: a catalogue at one revision, compiled; it never changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import msgspec

from offerd.engine.activities import CompiledActivity, CompiledRank, CompiledSelection
from offerd.engine.offers import CompiledFallback, CompiledOffer
from offerd.engine.pools import Pool, PoolKey
from offerd.engine.views import NONE, Views
from offerd.model.catalogue import Catalogue
from offerd.model.offer import Content
from offerd.model.place import Placement, Workspace
from offerd.pql import Program

if TYPE_CHECKING:
    from offerd.engine.sight import Sight


class CompiledAudience(msgspec.Struct, frozen=True):
    """An audience that is ready to be asked.

    Attributes:
        program: its rule; None for an imported list.
        archived: whether it has no members any more.
    """

    program: Program | None
    archived: bool


class CompiledPlacement(msgspec.Struct, frozen=True, kw_only=True):
    """A placement that is ready.

    Attributes:
        id: the placement's.
        placement: as it was written.
        types: the component types it takes; none means that any offer fits.
        lasts: microseconds that a proposition stays open here.
    """

    id: str
    placement: Placement
    types: frozenset[str]
    lasts: int | None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of a catalogue that decisions need, compiled.

    Objects refer to each other by id and meet when a decision asks, so that a change compiles only what changed.

    Attributes:
        catalogue: what it was compiled from.
        zone: the workspace's time zone.
        steps: how many steps one evaluation of a rule may take.
        offers: by id.
        fallbacks: by id.
        placements: by id.
        properties: ids by id and by token.
        rules: programs of named rules.
        audiences: by id.
        tables: rows by table.
        collections: what each named collection gathers by.
        pools: the offers that every collection in use holds.
        rankings: named ones.
        selections: named ones.
        activities: by id.
        at: ids of activities by placement, in the order in which they answer.
        views: what rules see of offers and people beside the model's own.
    """

    catalogue: Catalogue
    zone: ZoneInfo
    steps: int
    offers: Mapping[str, CompiledOffer]
    fallbacks: Mapping[str, CompiledFallback]
    placements: Mapping[str, CompiledPlacement]
    properties: Mapping[str, str]
    rules: Mapping[str, Program]
    audiences: Mapping[str, CompiledAudience]
    tables: Mapping[str, Mapping[str, Any]]
    collections: Mapping[str, PoolKey]
    pools: Mapping[PoolKey, Pool]
    rankings: Mapping[str, CompiledRank]
    selections: Mapping[str, CompiledSelection]
    activities: Mapping[str, CompiledActivity]
    at: Mapping[str, tuple[str, ...]]
    views: Views = NONE

    @property
    def workspace(self) -> Workspace:
        """Whose catalogue it is."""
        return self.catalogue.workspace

    @property
    def revision(self) -> int:
        """The catalogue's revision."""
        return self.catalogue.revision

    @property
    def contents(self) -> Mapping[str, Content]:
        """Named contents by id."""
        return cast("Mapping[str, Content]", self.catalogue.of("contents"))

    def offer(self, name: str, activity: str | None = None) -> CompiledOffer | None:
        """An offer by id, or as `activity#id`; with an activity's id, one written in that activity first."""
        if activity is None and name not in self.offers and "#" in name:
            activity, _, name = name.partition("#")
        owner = self.activities.get(activity or "")
        if owner is not None:
            for selection in self.selections_at(owner, None):
                for written in selection.inline:
                    if written.offer.id == name:
                        return written
        return self.offers.get(name)

    def resolved(self, selection: CompiledSelection) -> CompiledSelection | None:
        """The selection that is meant where one names another; None where there is none of that name.

        Placements and group are the naming one's, where it says them, else the named one's.
        """
        if selection.strategy is None:
            return selection
        named = self.selections.get(selection.strategy)
        if named is None:
            return None
        return msgspec.structs.replace(
            named,
            placements=selection.placements or named.placements,
            group=selection.group or named.group,
        )

    def ranked(self, rank: CompiledRank) -> CompiledRank:
        """The ranking that is meant where one names another; by priority where there is none of that name."""
        if rank.by != "ranking":
            return rank
        named = self.rankings.get(rank.ranking or "")
        return BY_PRIORITY if named is None or named.by == "ranking" else named

    def pool(self, selection: CompiledSelection) -> Pool | None:
        """The offers of the collection that a selection gathers; None where it gathers none."""
        key = selection.pool
        if key is None and selection.collection is not None:
            key = self.collections.get(selection.collection)
        return None if key is None else self.pools.get(key)

    def selections_at(self, activity: CompiledActivity, placement: str | None) -> Iterator[CompiledSelection]:
        """The selections of an activity that are used at a placement; at any where it is None."""
        for each in activity.selections:
            selection = self.resolved(each)
            if selection is None:
                continue
            if placement is None or not selection.placements or placement in selection.placements:
                yield selection

    def candidates(self, selection: CompiledSelection, sight: Sight) -> Iterator[CompiledOffer]:
        """The offers of a selection that are in the catalogue: those written in it, then those it gathers."""
        yield from selection.inline
        pool = self.pool(selection)
        if pool is None:
            return
        offers, where = self.offers, None if pool.fixed else pool.where
        for offer_id in pool.members:
            offer = offers.get(offer_id)
            if offer is None:
                continue
            if where is not None:
                sight.look(offer.view)
                if not sight.truth(where):
                    continue
            yield offer

    def candidate(self, selection: CompiledSelection, offer_id: str, sight: Sight) -> CompiledOffer | None:
        """One offer of a selection; None where it holds none of this id."""
        for written in selection.inline:
            if written.offer.id == offer_id:
                return written
        pool, offer = self.pool(selection), self.offers.get(offer_id)
        if pool is None or offer is None or not pool.has(offer_id):
            return None
        if pool.fixed or pool.where is None:
            return offer
        sight.look(offer.view)
        return offer if sight.truth(pool.where) else None


#: What ranks where nothing else can.
BY_PRIORITY = CompiledRank("priority", None, None, None, None, None)
