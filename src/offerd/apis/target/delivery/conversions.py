"""What came of what was shown: displays and clicks that tokens name, and conversions that a place stands for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from offerd.apis.target import ids
from offerd.apis.target.delivery.visitors import Visitor
from offerd.apis.target.delivery.words import Delivery, Details, Kind, Notification
from offerd.apis.target.places import Places
from offerd.apis.target.problems import Rejected
from offerd.apis.target.runtime import runtime
from offerd.apis.target.tokens import Event, Tokens
from offerd.model.activity import Activity, Goal, named_goals
from offerd.model.catalogue import Catalogue
from offerd.model.interaction import Interaction
from offerd.model.person import Profile
from offerd.services.clock import instant
from offerd.services.displays import impression_key
from offerd.services.house import House

#: The type of a goal that is reached when a place is shown, or an order is told.
CONVERSION = "conversion"
CLICK = "click"

#: The most tokens of one request: anybody may send one, and each token is an interaction to record.
MOST_TOKENS = 1_000

#: How many displays are looked through for the experience that a visitor last saw.
_LATEST = 200


class _Told(NamedTuple):
    """That something happened at a place.

    Attributes:
        kind: what: `conversion` or `click`.
        place: the placement's id.
        said: what is said of it.
        name: the client's, of this one happening.
        at: when, in microseconds.
    """

    kind: str
    place: str | None
    said: Details
    name: str = ""
    at: int | None = None


class Events:
    """The interactions that a request tells of.

    Args:
        house: the services.
        workspace: the workspace's id.
        said: what the request says.

    Raises:
        Rejected: a token in it is not one of this server's, or it has too many.
    """

    def __init__(self, house: House, workspace: str, said: Delivery) -> None:
        self._house = house
        self._workspace = workspace
        self._said = said
        self._catalogue: Catalogue = house.catalogue.catalogue(workspace)
        self._waiting = runtime(house).goals(workspace, self._catalogue)
        self._places = Places(house, workspace)
        self._now = house.clock.now()
        if sum(len(each.tokens) for each in said.notifications) > MOST_TOKENS:
            raise Rejected(f"notifications.tokens: size must be between 0 and {MOST_TOKENS}, all together")
        tokens = Tokens(house, workspace)
        self._told = [(each, _events(tokens, each)) for each in said.notifications]

    def notified(self, visitor: Visitor) -> list[Interaction]:
        """What notifications tell, each thing once."""
        return [
            made
            for each, events in self._told
            for event in dict.fromkeys(events)
            if (made := self._of_token(visitor, each, event)) is not None
        ]

    def converted(self, visitor: Visitor, profile: Profile | None) -> list[Interaction]:
        """What it means, for the activities that a visitor is in, that places were shown or clicked, or orders told."""
        if profile is None or not self._waiting:
            return []
        made: dict[str, Interaction] = {}
        entered = _Entered(self._house, self._workspace, profile)
        for asked in self._said.asked:
            if not asked.prefetch:
                shown = _Told(CONVERSION, self._placement(asked.kind, asked.name), asked.details)
                for each in self._reached(visitor, entered, shown):
                    made.setdefault(each.key or each.id, each)
        for notification, events in self._told:
            kind = CLICK if notification.type == "click" else CONVERSION
            if events and kind == CLICK:
                continue  # the tokens say what was clicked
            place = self._placement(notification.kind, notification.name)
            told = _Told(kind, place, notification.details, notification.id, notification.at)
            for each in self._reached(visitor, entered, told):
                made.setdefault(each.key or each.id, each)
        return list(made.values())

    def _of_token(self, visitor: Visitor, told: Notification, event: Event) -> Interaction | None:
        activity = self._catalogue.of("activities").get(event.activity)
        if not isinstance(activity, Activity):
            return None  # it was deleted since
        known = ids.experience(self._catalogue, activity, event.experience) is not None
        goal = dict(named_goals(activity.goals)).get(event.goal or "")
        return Interaction(
            type=told.type,
            offer=event.experience if known else None,
            activity=activity.id,
            placement=event.placement,
            identities=visitor.identities,
            selector=goal.selector if goal is not None else None,
            session=self._said.session,
            value=told.details.order.total if told.details.order is not None else None,
            data=self._data(told.details, told.impression),
            at=self._at(told.at),
            key=self._key(visitor, told, event),
        )

    def _key(self, visitor: Visitor, told: Notification, event: Event) -> str:
        impression = told.impression or self._said.impression
        if told.type == "display" and impression is not None:
            about = (event.experience, event.activity, event.placement)
            return impression_key(impression, told.type, visitor.unit, *about)
        return _hashed("told", visitor.unit, told.id, told.type, str(told.at), *map(str, _parts(event)))

    def _reached(self, visitor: Visitor, entered: _Entered, told: _Told) -> Iterator[Interaction]:
        """The interactions by which activities that the visitor is in reach a goal here."""
        kind, place, said, name, at = told
        for activity in self._waiting:
            if not any(_stands_for(goal, kind, place, said) for goal in activity.goals):
                continue
            offer = entered.experience(activity)
            if offer is None:
                continue
            order = said.order
            unique = (order.id,) if order is not None and order.id is not None else (self._said.request, name)
            yield Interaction(
                type=kind,
                offer=offer if ids.experience(self._catalogue, activity, offer) is not None else None,
                activity=activity.id,
                placement=place,
                identities=visitor.identities,
                session=self._said.session,
                value=order.total if order is not None else None,
                data=self._data(said, None),
                at=self._at(at),
                key=_hashed(kind, visitor.unit, activity.id, place or "", *unique),
            )

    def _placement(self, kind: Kind | None, name: str) -> str | None:
        if kind is None:
            return None
        if kind == "page":
            found = self._places.page()
        else:
            found = self._places.view(name) if kind == "view" else self._places.mbox(name)
        return found.id if found is not None else None

    def _at(self, at: int | None) -> datetime | None:
        return None if at is None else instant(min(at, self._now))

    def _data(self, said: Details, impression: str | None) -> dict[str, Any]:
        """What is kept beside an interaction: whose visit it was, and what was said of the place."""
        made: dict[str, Any] = {"session": self._said.session}
        if impression or self._said.impression:
            made["impression"] = impression or self._said.impression
        if said.parameters:
            made["parameters"] = dict(said.parameters)
        if said.order is not None:
            made["order"] = {"id": said.order.id, "products": said.order.products}
        return made


class _Entered:
    """The activities that a visitor is in, and with which experience."""

    def __init__(self, house: House, workspace: str, profile: Profile) -> None:
        self._house = house
        self._workspace = workspace
        self._profile = profile.id
        kept = house.profiles.assignments(workspace, profile.id)
        self._assigned = {each.activity: each for each in kept}
        self._seen: Mapping[str, str] | None = None

    def experience(self, activity: Activity) -> str | None:
        """The experience that the visitor is in; None where it is in none."""
        if activity.keep == "profile":
            found = self._assigned.get(activity.id)
            return found.offer if found is not None and found.state == "assigned" else None
        if self._seen is None:
            page = self._house.interactions.find(
                self._workspace, profile=self._profile, type="display", limit=_LATEST
            )
            shown = ((each.activity, each.offer) for each in reversed(page.interactions))
            self._seen = {name: offer for name, offer in shown if name is not None and offer is not None}
        return self._seen.get(activity.id)


def _events(tokens: Tokens, told: Notification) -> list[Event]:
    made = []
    for token in told.tokens:
        event = tokens.read_event(token)
        if event is None:
            raise Rejected("notifications.tokens: a token is not one that this server issued")
        made.append(event)
    return made


def _stands_for(goal: Goal, kind: str, place: str | None, said: Details) -> bool:
    """Whether a goal is about this place; one that names none is about orders, wherever they are told."""
    if goal.on != kind or goal.selector is not None:
        return False
    return goal.at == place if goal.at is not None else kind == CONVERSION and said.order is not None


def _parts(event: Event) -> Iterable[Any]:
    return (event.activity, event.experience, event.placement, event.component, event.goal)


def _hashed(use: str, *parts: str) -> str:
    return f"{use}:{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()}"
