"""Propositions of decision scopes, as the Edge shows them."""

from __future__ import annotations

from typing import Any

from offerd.apis.journey_optimizer.names import Dialect
from offerd.apis.journey_optimizer.runtime import showing
from offerd.apis.journey_optimizer.runtime.decision_answer import Shown, given
from offerd.apis.journey_optimizer.runtime.decision_request import METADATA
from offerd.apis.journey_optimizer.runtime.lookup import Library, dialect_of, wire_id
from offerd.apis.journey_optimizer.runtime.scopes import Scope
from offerd.model.activity import Activity
from offerd.model.decision import Item, Proposition
from offerd.model.offer import Offer
from offerd.model.place import Placement

_EVERYTHING = {about: frozenset(names) for about, names in METADATA.items()}


def proposition(library: Library, made: Proposition, scope: Scope) -> dict[str, Any]:
    """A proposition in answer to a scope; its placement says what is told beside content."""
    dialect = dialect_of(scope.activity, "container")
    placement = library.get(Placement, made.placement or "")
    activity = library.get(Activity, made.activity or "")
    switched = placement is not None and "returnMetaData" in placement.extensions.get("journey_optimizer", {})
    shown = Shown(placement, None, None if switched else _EVERYTHING)
    body: dict[str, Any] = {"id": made.id, "scope": made.ask_id}
    if activity is not None:
        body["activity"] = {"id": wire_id(dialect, activity), "etag": str(made.activity_version)}
        if "name" in shown.metadata["activity"]:
            body["activity"]["name"] = activity.name or activity.id
    if placement is not None:
        told = _bare(showing.placement_metadata(placement, shown.metadata["placement"]))
        body["placement"] = {"id": wire_id(dialect, placement), "etag": str(made.placement_version), **told}
    body["items"] = [_item(library, item, dialect, shown) for item in made.items]
    body["scopeDetails"] = {"decisionProvider": "AJO"}
    return body


def _item(library: Library, item: Item, dialect: Dialect, shown: Shown) -> dict[str, Any]:
    offer = given(library, item)
    name = item.offer if offer is None else wire_id(dialect, offer)
    body: dict[str, Any] = {"id": name, "etag": str(item.version)}
    data: dict[str, Any] = {"id": name}
    if offer is not None:
        told = _bare(showing.option_metadata(offer, shown.metadata["option"]))
        traits = told.pop("characteristics", None)
        body.update(told)
        if isinstance(offer, Offer) and item.score is not None:
            body["score"] = item.score
        if traits:
            data["characteristics"] = traits
    if shown.content and item.components:
        component = item.components[0]
        content = showing.content(component)
        body["schema"] = content["@type"]
        data["format"] = content.get("dc:format")
        data["language"] = component.language or None
        data.update(showing.fields(component))
    body["data"] = {key: value for key, value in data.items() if value is not None}
    return body


def _bare(tree: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix("xdm:"): value for name, value in tree.items()}
