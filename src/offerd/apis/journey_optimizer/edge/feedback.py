"""What people did with what they were given: events that tell of propositions, and events that caps count."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from offerd import pql
from offerd.apis.journey_optimizer import ids
from offerd.apis.journey_optimizer.edge.reading import Event, mapping
from offerd.apis.journey_optimizer.runtime.lookup import Library
from offerd.apis.journey_optimizer.runtime.reading import member
from offerd.model.interaction import Interaction
from offerd.model.offer import Fallback, Offer
from offerd.model.person import Identity

_DECISIONING = "https://ns.adobe.com/experience/decisioning/"
_EVENT = "decisioning.proposition"

#: The model's type of interaction for what an event says happened.
_TYPES = {
    "display": "display",
    "interact": "click",
    "dismiss": "dismiss",
    "trigger": "trigger",
    "suppressDisplay": "suppressDisplay",
}

_CUSTOM = "custom"
_LONGEST_KEY = 255


def interactions(library: Library, event: Event, who: list[Identity], now: datetime) -> list[Interaction]:
    """What an event tells: of propositions, by what it says happened; of offers whose caps count it, as `custom`."""
    at = None if event.at is None or event.at > now else event.at
    if event.kind.startswith(_EVENT):
        return [
            replace(Interaction(type=type_, at=at, key=_key(event, type_, target)), **target)
            for type_ in _types(event)
            for target in _targets(library, event.xdm)
        ]
    return [
        Interaction(
            type=_CUSTOM, offer=offer, identities=who, data=dict(event.xdm), at=at,
            key=_key(event, _CUSTOM, {"offer": offer}),
        )
        for offer in (_counting(library, event.xdm) if event.kind and not event.kind.startswith("decisioning.") else ())
    ]  # fmt: skip


def _types(event: Event) -> list[str]:
    said = _decisioning(event.xdm, "propositionEventType")
    if isinstance(said, dict):
        return [_TYPES[name] for name, count in said.items() if name in _TYPES and type(count) is int and count > 0]
    name = event.kind.removeprefix(_EVENT)
    name = name[:1].lower() + name[1:]
    return [_TYPES[name]] if name in _TYPES else []


def _decisioning(xdm: Mapping[str, Any], name: str) -> Any:
    """A member of the decisioning fields, nested or under its full name."""
    nested = mapping(mapping(xdm, "_experience"), "decisioning").get(name)
    return xdm.get(_DECISIONING + name) if nested is None else nested


def _targets(library: Library, xdm: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """What an event is about: the tokens that it names, else items, else whole propositions."""
    action = _decisioning(xdm, "propositionAction")
    tokens = action.get("tokens") if isinstance(action, dict) else None
    named = [{"token": token} for token in tokens if isinstance(token, str)] if isinstance(tokens, list) else []
    if named:
        yield from named
        return
    for proposition in _objects(_decisioning(xdm, "propositions")):
        name = member(proposition, "id")
        if not isinstance(name, str):
            continue
        items = [one for one in (member(each, "id") for each in _objects(member(proposition, "items"))) if one]
        if not items:
            yield {"proposition": name}
        for item in items:
            if ids.is_uuid(str(item)):
                yield {"item": str(item)}
            else:
                yield {"proposition": name, "offer": _offer(library, item)}


def _offer(library: Library, wire: Any) -> str:
    """The model's id of an offer that an event names; the event's own word where there is none."""
    name = str(wire)
    found = library.find(Offer, name) or library.find(Fallback, name)
    return name if found is None else found.id


def _objects(listed: Any) -> Iterator[dict[str, Any]]:
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict):
            yield each


def _counting(library: Library, xdm: Mapping[str, Any]) -> Iterable[str]:
    """The offers whose caps count an event of the client's own."""
    scope = pql.Scope(profile=xdm, event={**xdm, "data": xdm, "type": _CUSTOM}, now=library.house.clock.now())
    for name, thing in library.objects.of("offers").items():
        if isinstance(thing, Offer) and any(
            cap.counts.type == _CUSTOM and (cap.counts.when is None or _program(cap.counts.when).truth(scope))
            for cap in thing.caps
        ):
            yield name


@lru_cache(maxsize=1_024)
def _program(rule: str) -> pql.Program:
    return pql.compile(pql.parse(rule))


def _key(event: Event, type_: str, target: Mapping[str, str]) -> str | None:
    """What makes a repeat of the event count once, where the client names its events."""
    name = event.xdm.get("_id", event.xdm.get("@id"))
    if not isinstance(name, str) or not name:
        return None
    words = "/".join((name, type_, *target.values()))
    return words if len(words) <= _LONGEST_KEY else hashlib.sha256(words.encode()).hexdigest()
