"""Decision answers of the hub: from what was decided to the body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offerd.apis.journey_optimizer.names import Dialect
from offerd.apis.journey_optimizer.runtime import showing
from offerd.apis.journey_optimizer.runtime.decision_request import METADATA, HubRequest, Metadata
from offerd.apis.journey_optimizer.runtime.lookup import Library, dialect_of, wire_id
from offerd.model.activity import Activity
from offerd.model.decision import Decision, Item, Proposition
from offerd.model.offer import Fallback, Offer
from offerd.model.place import Placement
from offerd.services.clock import micros

#: What a placement's `returnMetaData` calls the metadata that `includeMetadata` names.
_SWITCHES: tuple[tuple[str, str, str], ...] = (
    ("decisionName", "activity", "name"),
    ("offerName", "option", "name"),
    ("offerAttributes", "option", "characteristics"),
    ("offerPriority", "option", "priority"),
    ("placementName", "placement", "name"),
    ("channelType", "placement", "channel"),
    ("contentType", "placement", "componentType"),
)

#: Ways to rank in which a score was computed.
SCORED = frozenset(("formula", "model"))

_NOTHING: Metadata = {about: frozenset() for about in METADATA}


class Shown:
    """How one placement's propositions are shown: what the request says, else what the placement does.

    Attributes:
        content: whether content is shown.
        metadata: what else is.
    """

    def __init__(self, placement: Placement | None, content: bool | None, metadata: Metadata | None) -> None:
        kept = {} if placement is None else placement.extensions.get("journey_optimizer", {})
        returned = kept.get("returnContent", True)
        self.content: bool = (returned is not False) if content is None else content
        self.metadata: Metadata = switched(kept.get("returnMetaData")) if metadata is None else metadata


def switched(switches: Mapping[str, Any] | None) -> Metadata:
    """The metadata that a placement's switches turn on; none where it has no switches."""
    if not isinstance(switches, Mapping):
        return _NOTHING
    on = [(about, name) for switch, about, name in _SWITCHES if switches.get(switch) is True]
    return {about: frozenset(name for one, name in on if one == about) for about in METADATA}


def answer(library: Library, hub: HubRequest, decision: Decision, default: Dialect) -> dict[str, Any]:
    """The body of an answer.

    Args:
        library: the catalogue.
        hub: what was asked.
        decision: what was decided, an ask a scope.
        default: the dialect of ids where the client used the model's own.
    """
    body: dict[str, Any] = {"xdm:propositionId": decision.id}
    if hub.request_id is not None:
        body["xdm:decisionRequestId"] = hub.request_id
    body["xdm:propositions"] = [_proposition(library, hub, each, default) for each in decision.propositions]
    body["ode:createDate"] = micros(decision.at) // 1000
    if decision.warnings:
        body["ode:warnings"] = decision.warnings
    return body


def _proposition(library: Library, hub: HubRequest, made: Proposition, default: Dialect) -> dict[str, Any]:
    scope = hub.scopes[made.ask]
    dialect = dialect_of(scope.activity, default)
    placement = library.get(Placement, made.placement or "")
    shown = Shown(placement, hub.content, hub.metadata)
    body: dict[str, Any] = {"xdm:activity": _activity(library, made, dialect, shown)}
    if placement is not None:
        told = showing.placement_metadata(placement, shown.metadata["placement"])
        body["xdm:placement"] = {
            "xdm:id": wire_id(dialect, placement), "repo:etag": str(made.placement_version), **told
        }  # fmt: skip
    options = [option(library, item, dialect, shown) for item in made.items]
    if made.items and made.items[0].fallback:
        body["xdm:fallback"] = options[0]
    else:
        body["xdm:options"] = options
    return body


def _activity(library: Library, made: Proposition, dialect: Dialect, shown: Shown) -> dict[str, Any]:
    activity = library.get(Activity, made.activity or "")
    if activity is None:  # it was deleted while the request was answered
        return {"xdm:id": made.activity, "repo:etag": str(made.activity_version)}
    body = {"xdm:id": wire_id(dialect, activity), "repo:etag": str(made.activity_version)}
    if "name" in shown.metadata["activity"]:
        body["xdm:name"] = activity.name or activity.id
    return body


def option(library: Library, item: Item, dialect: Dialect, shown: Shown) -> dict[str, Any]:
    """An offer or a fallback that was given, with its content inlined."""
    offer = given(library, item)
    name = item.offer if offer is None else wire_id(dialect, offer)
    body: dict[str, Any] = {"xdm:id": name, "repo:etag": str(item.version)}
    if offer is not None:
        body.update(showing.option_metadata(offer, shown.metadata["option"]))
    if shown.content and item.components:
        body.update(showing.content(item.components[0]))
    if item.score is not None and item.rank in SCORED:
        body["xdm:score"] = item.score
    return body


def given(library: Library, item: Item) -> Offer | Fallback | None:
    """The object of an item; None for one that is written within a decision, or gone."""
    return library.get(Fallback, item.offer) if item.fallback else library.get(Offer, item.offer)
