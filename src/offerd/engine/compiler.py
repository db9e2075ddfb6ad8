"""The compiler: from a catalogue to a snapshot, whole or only what changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from offerd.engine.activities import (
    CompiledActivity,
    CompiledSelection,
    compile_activity,
    compile_rank,
    compile_selection,
)
from offerd.engine.conditions import Programs
from offerd.engine.offers import CompiledOffer, compile_fallback, compile_offer
from offerd.engine.periods import seconds
from offerd.engine.pools import Pool, PoolKey, make_pool, pool_key
from offerd.engine.snapshot import CompiledAudience, CompiledPlacement, Snapshot
from offerd.engine.views import NONE, Views
from offerd.model.catalogue import Catalogue
from offerd.model.condition import Audience
from offerd.model.kinds import KINDS
from offerd.model.place import Placement

T = TypeVar("T")

#: A kind and an id.
Change = tuple[str, str]

_MICROS = 1_000_000
_STEPS = 100_000
#: Kinds whose change may bring a collection into use, or out of it.
_GATHERING = frozenset(("collections", "selections", "activities"))


def compile_catalogue(
    catalogue: Catalogue,
    program: Programs,
    previous: Snapshot | None = None,
    changed: Iterable[Change] = (),
    *,
    steps: int = _STEPS,
    views: Views = NONE,
) -> Snapshot:
    """Makes a snapshot of a catalogue.

    Args:
        catalogue: what to compile.
        program: gives the compiled program of a rule's text; it was parsed when it was saved.
        previous: a snapshot of an earlier revision: then only what `changed` is compiled, the rest is shared.
        changed: the kind and id of every object that was created, replaced or deleted since.
        steps: how many steps one evaluation of a rule may take.
        views: what rules see of offers and people beside the model's own.

    Returns:
        The same as a compilation of the whole would, whether or not there was a `previous`.
    """
    if (
        previous is None
        or previous.workspace != catalogue.workspace
        or previous.steps != steps
        or previous.views != views
    ):
        previous = None
        changed = [(kind, each) for kind in KINDS for each in catalogue.of(kind)]
    return _Compilation(catalogue, program, previous, changed, steps=steps, views=views).snapshot()


class _Compilation:
    """One run of the compiler."""

    def __init__(
        self,
        catalogue: Catalogue,
        program: Programs,
        previous: Snapshot | None,
        changed: Iterable[Change],
        *,
        steps: int,
        views: Views,
    ) -> None:
        self.catalogue = catalogue
        self.program = program
        self.previous = previous
        self.steps = steps
        self.views = views
        self.zone = ZoneInfo(catalogue.workspace.zone)
        self.changed: dict[str, list[str]] = defaultdict(list)
        for kind, each in changed:
            self.changed[kind].append(each)

    def snapshot(self) -> Snapshot:
        offers = self._table("offers", lambda offer: compile_offer(offer, self.program, self.zone, views=self.views))
        collections = self._table("collections", pool_key)
        selections = self._table(
            "selections", lambda each: compile_selection(each, self.program, self.zone, views=self.views)
        )
        activities = self._table("activities", lambda each: compile_activity(each, self.program, self.zone, self.views))
        return Snapshot(
            catalogue=self.catalogue,
            zone=self.zone,
            steps=self.steps,
            views=self.views,
            offers=offers,
            fallbacks=self._table("fallbacks", lambda each: compile_fallback(each, self.program)),
            placements=self._table("placements", _placement),
            properties=self._properties(),
            rules=self._table("rules", lambda each: self.program(each.when)),
            audiences=self._table("audiences", self._audience),
            tables=self._table("tables", lambda each: each.rows),
            collections=collections,
            pools=self._pools(offers, collections, selections, activities),
            rankings=self._table("rankings", lambda each: compile_rank(each.rank, self.program)),
            selections=selections,
            activities=activities,
            at=self._at(activities),
        )

    def _table(self, kind: str, make: Callable[[Any], T]) -> Mapping[str, T]:
        """The compiled objects of a kind: the previous ones but for what changed."""
        before: Mapping[str, T] = {} if self.previous is None else getattr(self.previous, kind)
        changes = self.changed.get(kind)
        if not changes:
            return before
        objects, made = self.catalogue.of(kind), dict(before)
        for each in changes:
            if each in objects:
                made[each] = make(objects[each])
            else:
                made.pop(each, None)
        return made

    def _audience(self, audience: Audience) -> CompiledAudience:
        rule = None if audience.rule is None or audience.imported else self.program(audience.rule)
        return CompiledAudience(rule, audience.status == "archived")

    def _properties(self) -> Mapping[str, str]:
        if self.previous is not None and "properties" not in self.changed:
            return self.previous.properties
        properties = self.catalogue.of("properties")
        tokens = {getattr(each, "token", "") or name: name for name, each in sorted(properties.items())}
        return {**tokens, **{name: name for name in properties}}

    def _pools(
        self,
        offers: Mapping[str, CompiledOffer],
        collections: Mapping[str, PoolKey],
        selections: Mapping[str, CompiledSelection],
        activities: Mapping[str, CompiledActivity],
    ) -> Mapping[PoolKey, Pool]:
        """The pools in use: the previous ones after what changed of the offers, and new ones."""
        before: Mapping[PoolKey, Pool] = {} if self.previous is None else self.previous.pools
        keys: Iterable[PoolKey] = before
        if self.previous is None or not _GATHERING.isdisjoint(self.changed):
            keys = dict.fromkeys(_gathered(collections, selections, activities))
        elif "offers" not in self.changed:
            return before
        ids = set(self.changed.get("offers", ()))
        return {
            key: before[key].changed(offers, ids, self.zone)
            if key in before
            else make_pool(key, offers, self.program, self.zone)
            for key in keys
        }

    def _at(self, activities: Mapping[str, CompiledActivity]) -> Mapping[str, tuple[str, ...]]:
        """The activities of each placement in order; only the placements of changed ones are put in order anew."""
        before: Mapping[str, tuple[str, ...]] = {} if self.previous is None else self.previous.at
        changes = set(self.changed.get("activities", ()))
        if not changes:
            return before
        was: Mapping[str, CompiledActivity] = {} if self.previous is None else self.previous.activities
        members: dict[str, set[str]] = {}
        for each in changes:
            for placement in was[each].placements if each in was else ():
                members.setdefault(placement, set(before[placement])).discard(each)
        for each in changes:
            for placement in activities[each].placements if each in activities else ():
                members.setdefault(placement, set(before.get(placement, ()))).add(each)
        ordered = {name: tuple(sorted(ids, key=lambda each: activities[each].order)) for name, ids in members.items()}
        return {name: ids for name, ids in {**before, **ordered}.items() if ids}


def _placement(placement: Placement) -> CompiledPlacement:
    lasts = None if placement.lasts is None else seconds(placement.lasts) * _MICROS
    return CompiledPlacement(id=placement.id, placement=placement, types=frozenset(placement.content), lasts=lasts)


def _gathered(
    collections: Mapping[str, PoolKey],
    selections: Mapping[str, CompiledSelection],
    activities: Mapping[str, CompiledActivity],
) -> Iterator[PoolKey]:
    """What the catalogue's collections and selections gather by."""
    yield from collections.values()
    for selection in selections.values():
        if selection.pool is not None:
            yield selection.pool
    for activity in activities.values():
        for selection in activity.selections:
            if selection.pool is not None:
                yield selection.pool
