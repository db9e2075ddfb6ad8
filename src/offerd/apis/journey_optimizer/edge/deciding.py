"""What an event asks, decided: scopes in one decision, surfaces in another."""

from __future__ import annotations

from typing import Any

from offerd.apis.journey_optimizer.edge.reading import Event
from offerd.apis.journey_optimizer.edge.scoped import proposition
from offerd.apis.journey_optimizer.edge.surfaces import Surfaces
from offerd.apis.journey_optimizer.runtime import scopes as codec
from offerd.apis.journey_optimizer.runtime.decision_request import SCOPE_ITEMS
from offerd.apis.journey_optimizer.runtime.decisions import default_count
from offerd.apis.journey_optimizer.runtime.lookup import Library
from offerd.apis.journey_optimizer.runtime.scopes import Scope
from offerd.model.person import Identity
from offerd.model.place import Placement
from offerd.model.request import Ask, Context, Duplicates, Request
from offerd.services.clock import instant
from offerd.services.errors import Unprocessable


async def decided(
    library: Library, organisation: str, event: Event, who: list[Identity]
) -> tuple[list[dict[str, Any]], list[str]]:
    """The propositions that an event is answered with, and what was odd about what it asks.

    A scope that cannot be decoded, and a surface that nobody knows, are somebody else's, and are left out.
    """
    warnings: list[str] = []
    scoped = await _scoped(library, event, who, warnings)
    return [*scoped, *await _surfaces(library, organisation, event, who)], warnings


async def _scoped(library: Library, event: Event, who: list[Identity], warnings: list[str]) -> list[dict[str, Any]]:
    now = instant(library.house.clock.now())
    asks: list[Ask] = []
    asked: list[Scope] = []
    for text in event.scopes:
        scope = codec.decode(text)
        if scope is None or scope.placement is None:
            continue
        try:
            activity = library.activity(scope.activity, now)
            place = library.placement(scope.placement, activity)
        except Unprocessable as wrong:
            warnings.append(wrong.message)
            continue
        count = min(scope.count, SCOPE_ITEMS) if scope.count and scope.count > 0 else default_count(place)
        asks.append(Ask(id=text, activity=activity.id, placement=place.id, count=count))
        asked.append(scope)
    if not asks:
        return []
    decision = await library.house.decisioning.decide(library.workspace, _request(event, who, asks))
    warnings += decision.warnings
    return [proposition(library, made, asked[made.ask]) for made in decision.propositions if made.items]


async def _surfaces(library: Library, organisation: str, event: Event, who: list[Identity]) -> list[dict[str, Any]]:
    snapshot = library.house.catalogue.snapshot(library.workspace)
    places = [(surface, _surface(library, surface)) for surface in event.surfaces]
    asks = [
        Ask(id=surface, placement=place.id, count=default_count(place))
        for surface, place in places
        if place is not None and snapshot.at.get(place.id)
    ]
    if not asks:
        return []
    allowed = Duplicates(across_activities=event.duplicates, across_placements=event.duplicates)
    decision = await library.house.decisioning.decide(library.workspace, _request(event, who, asks, allowed))
    shown = Surfaces(library, organisation, decision.profile or "")
    return [shown.proposition(made, rank) for rank, made in enumerate(decision.propositions, 1)]


def _surface(library: Library, surface: str) -> Placement | None:
    """The placement of a surface: by its id, or by the alias `surface`."""
    found = library.get(Placement, surface)
    if found is not None:
        return found
    named = library.house.catalogue.find_foreign(library.workspace, "surface", surface, "placements")
    return library.get(Placement, named[1].id) if named is not None else None


def _request(event: Event, who: list[Identity], asks: list[Ask], allowed: Duplicates | None = None) -> Request:
    context = Context(event=dict(event.xdm))
    return Request(asks=asks, identities=who, context=context, duplicates=allowed, dry_run=event.dry_run)
