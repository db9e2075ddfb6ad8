"""One request as an artifact is asked for it: who it is for, what conditions see, where the visitor falls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from offerd.apis.target.delivery import reading
from offerd.apis.target.delivery.values import mapping, objects, text
from offerd.apis.target.on_device.evaluator_facts import Facts, Situation
from offerd.apis.target.on_device.evaluator_trace import Trace, Tracer
from offerd.services.ids import uuid
from offerd.services.traffic import FIRST, position

#: Facts of the place on earth that may be response tokens, and the tokens' names.
GEO_TOKENS = {
    "geo.city": "city",
    "geo.country": "country",
    "geo.state": "region",
    "geo.latitude": "latitude",
    "geo.longitude": "longitude",
}


class Device(Protocol):
    """What a request needs to know of what decides."""

    artifact: Mapping[str, Any]
    client: str
    geo: Mapping[str, str]


class Asked:
    """The names of what a request asks for.

    Args:
        execute: what is to be shown at once.
        prefetch: what is kept for later.

    Attributes:
        mboxes: names.
        views: names.
        unnamed: whether views are asked for, and none by its name.
    """

    def __init__(self, execute: Mapping[str, Any], prefetch: Mapping[str, Any]) -> None:
        both = [*objects(execute, "mboxes", reading.MOST), *objects(prefetch, "mboxes", reading.MOST)]
        views = objects(prefetch, "views", reading.MOST)
        self.mboxes = [each["name"] for each in both if isinstance(each.get("name"), str)]
        self.views = [each["name"] for each in views if isinstance(each.get("name"), str) and each["name"]]
        self.unnamed = bool(views) and not self.views


class Run:
    """One request: who and what it is for, found once.

    Args:
        device: what decides.
        request: the body.
        session: the visit.
        now: microseconds since 1970.

    Attributes:
        echo: the visitor's ids, as they are answered.
        property: the part of the workspace that asks, by its token.
        allocations: where the visitor falls in the traffic of the activities that were asked so far.

    Raises:
        Rejected: it is no delivery request.
    """

    def __init__(self, device: Device, request: Mapping[str, Any], *, session: str, now: int) -> None:
        visitor = reading.visitor(mapping(request, "id"))
        unit = visitor.ecid or visitor.tnt or visitor.third_party
        self.echo: dict[str, Any] = dict(visitor.echo)
        if unit is None:
            unit = self.echo["tntId"] = unique()
        self.property = text(mapping(request, "property"), "token", reading.ID, "property.")
        self._situation = Situation(mapping(request, "context"), now)
        self._head, self._tail = f"{device.client}.", f".{unit}.{FIRST}"
        self.allocations: dict[str, float] = {}
        self._geo = device.geo
        self._tracer = None
        if request.get("trace") is not None:
            self._tracer = Tracer(device.artifact, device.client, session, self.echo)

    def facts(self, asked: Mapping[str, Any]) -> Facts:
        """What conditions see at a place."""
        return Facts(self._situation, asked)

    def allocation(self, activity: str) -> float:
        """Where the visitor falls in an activity's traffic, 0.0 to 99.99."""
        known = self.allocations.get(activity)
        if known is None:
            known = self.allocations[activity] = position(f"{self._head}{activity}{self._tail}") / 100
        return known

    def trace(self) -> Trace | None:
        """What writes down what is decided; None where nobody asked."""
        return None if self._tracer is None else Trace(self._tracer)

    def tokens(self, facts: Facts) -> dict[str, Any] | None:
        """Response tokens of the place on earth; None where there are none."""
        if not self._geo:
            return None
        geo = facts["geo"]
        return {token: geo[name] for token, name in self._geo.items() if geo[name]} or None


def unique() -> str:
    """A new id of a request or a visitor."""
    return uuid().replace("-", "")
