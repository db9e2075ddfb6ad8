"""Reading what clients of the Edge send: one event or several, each with what it asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from offerd.apis.journey_optimizer.runtime.reading import Malformed
from offerd.services.errors import Unprocessable

#: The most decision scopes, and the most surfaces, of one event.
MOST = 30

#: The most events of one request.
_EVENTS = 100

_EMPTY: Mapping[str, Any] = {}


class Event(msgspec.Struct, frozen=True):
    """One event.

    Attributes:
        xdm: what happened, as XDM; what rules see as `xEvent`.
        scopes: the decision scopes that are asked.
        surfaces: the surfaces that are asked.
        dry_run: whether nothing is counted.
        duplicates: whether one decision item may be given at several surfaces.
    """

    xdm: Mapping[str, Any]
    scopes: list[str]
    surfaces: list[str]
    dry_run: bool
    duplicates: bool

    @property
    def kind(self) -> str:
        """The event's type; empty where it has none."""
        found = self.xdm.get("eventType", self.xdm.get("xdm:eventType"))
        return found if isinstance(found, str) else ""

    @property
    def at(self) -> datetime | None:
        """When it happened; None where it does not say, or not as a moment."""
        text = self.xdm.get("timestamp", self.xdm.get("xdm:timestamp"))
        try:
            at = msgspec.convert(text, datetime)
        except msgspec.ValidationError:
            return None
        return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def events(body: Any) -> list[Event]:
    """The events of a request: `events`, one `event`, or a list of objects with one `event` each.

    What is asked stands with the event, with the whole request, or with both.

    Raises:
        Malformed: it is not what it must be.
        Unprocessable: it asks for more than this wire allows.
    """
    whole = body if isinstance(body, dict) else _EMPTY
    listed = _listed(body)
    if not listed or len(listed) > _EVENTS:
        raise Malformed(f"expected 1 to {_EVENTS} events")
    return [_event(each, whole) for each in listed]


def entries(body: Any) -> list[Mapping[str, Any]]:
    """The entries of the client's state, such as the cookies that it was given."""
    whole = body if isinstance(body, dict) else _EMPTY
    listed = mapping(mapping(whole, "meta"), "state").get("entries")
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def mapping(tree: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A member that is an object; an empty one where it is anything else."""
    found = tree.get(name)
    return found if isinstance(found, dict) else _EMPTY


def _listed(body: Any) -> list[Any]:
    if isinstance(body, list):
        return [each.get("event", each) if isinstance(each, dict) else each for each in body]
    if not isinstance(body, dict):
        raise Malformed("the request is not an object")
    if "event" in body:
        return [body["event"]]
    found = body.get("events")
    if not isinstance(found, list):
        raise Malformed("events is not a list")
    return found


def _event(tree: Any, whole: Mapping[str, Any]) -> Event:
    if not isinstance(tree, dict):
        raise Malformed("an event is not an object")
    xdm = tree.get("xdm", _EMPTY)
    if not isinstance(xdm, dict):
        raise Malformed("an event's xdm is not an object")
    asked = [mapping(mapping(each, "query"), "personalization") for each in (whole, tree)]
    flags = mapping(mapping(mapping(tree, "data"), "__adobe"), "ajo")
    return Event(
        xdm=xdm,
        scopes=_texts(asked, "decisionScopes"),
        surfaces=_texts(asked, "surfaces"),
        dry_run=flags.get("dryRun") is True,
        duplicates=flags.get("allowDuplicateDecisionItems") is not False,
    )


def _texts(asked: Iterable[Mapping[str, Any]], name: str) -> list[str]:
    found: dict[str, None] = {}
    for each in asked:
        listed = each.get(name, [])
        if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
            raise Malformed(f"query.personalization.{name} is not a list of texts")
        found.update(dict.fromkeys(listed))
    if len(found) > MOST:
        raise Unprocessable(f"An event asks for at most {MOST} {name}", f"/query/personalization/{name}")
    return list(found)
