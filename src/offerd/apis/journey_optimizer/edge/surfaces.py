"""Propositions of surfaces, as code-based channels read them: rendered content, and beside it what was decided."""

from __future__ import annotations

import base64
from typing import Any

from offerd.apis.journey_optimizer import ids
from offerd.apis.journey_optimizer.runtime.lookup import Library, wire_id
from offerd.model import json
from offerd.model.activity import Activity, Selection
from offerd.model.decision import Item, Proposition
from offerd.model.offer import Offer
from offerd.model.place import Placement

_ITEMS = "https://ns.adobe.com/personalization/"
_CHANNEL = {
    "_id": "https://ns.adobe.com/xdm/channels/code", "_type": "https://ns.adobe.com/xdm/channel-types/code"
}  # fmt: skip


class Surfaces:
    """Shows the propositions of one decision at surfaces.

    Args:
        library: the catalogue.
        organisation: whose it is.
        profile: the id of the profile that it is for; empty where there is none.
    """

    def __init__(self, library: Library, organisation: str, profile: str) -> None:
        self._library = library
        self._organisation = organisation
        self._profile = profile

    def proposition(self, made: Proposition, rank: int) -> dict[str, Any]:
        """A proposition in answer to a surface; `rank` counts those of the answer from 1."""
        surface = made.ask_id or ""
        activity = self._library.get(Activity, made.activity or "")
        placement = self._library.get(Placement, made.placement or "")
        campaign = {
            "id": f"{_instance(activity)}#{_instance(placement)}",
            "priority": 0 if activity is None else activity.priority,
            "matchedSurfaces": [surface],
        }
        inner = {
            "id": made.id,
            "scope": surface,
            "scopeDetails": {
                "decisionProvider": "EXD",
                "correlationID": f"{made.id}-0",
                "strategies": [
                    {"strategyID": _instance(activity), "step": "decisionPolicy"},
                    {"strategyID": surface, "step": "placement"},
                ],
                "rank": rank,
                "activity": campaign,
            },
            "items": [self._decided(item) for item in made.items],
        }
        token = self._token(activity, placement, made)
        return {
            "id": made.id,
            "scope": surface,
            "scopeDetails": {
                "decisionProvider": "AJO",
                "correlationID": f"{made.id}-0",
                "rank": rank,
                "activity": campaign,
                "characteristics": {"eventToken": _packed(token), "subPropositions": _packed([inner])},
            },
            "items": [self._rendered(item) for item in made.items],
        }

    def _rendered(self, item: Item) -> dict[str, Any]:
        """What a page shows of an item: its component, or where it has none, the item itself."""
        component = item.components[0] if item.components else None
        if component is None:
            schema, content = "json", self._bare(item)
        elif component.type in ("html", "text"):
            schema, content = "html", component.body
        else:
            schema, content = "json", component.body
        return {"id": item.id, "schema": f"{_ITEMS}{schema}-content-item", "data": {"content": content}}

    def _bare(self, item: Item) -> dict[str, Any]:
        return {"id": self._name(item), "name": item.name, "trackingToken": item.token, **item.attributes}

    def _decided(self, item: Item) -> dict[str, Any]:
        made: dict[str, Any] = {"id": self._name(item), "etag": str(item.version), "name": item.name}
        if item.score is not None:
            made["score"] = item.score
        made["itemSelection"] = {"selectionDetail": self._selection(item), "rankingDetail": {"step": _step(item)}}
        made["token"] = item.token
        return made

    def _name(self, item: Item) -> str:
        offer = self._library.get(Offer, item.offer)
        if offer is None or item.fallback:
            return item.offer
        return ids.uri(f"dps:{ids.tenant_segment(self._library.workspace)}:", offer)

    def _selection(self, item: Item) -> dict[str, Any]:
        workspace = self._library.workspace
        named = self._library.get(Selection, item.selection or "")
        kind = "fallback" if item.fallback else "manual" if named is None else "selectionStrategy"
        made = {"strategyID": item.selection or "", "strategyName": item.selection or "", "selectionType": kind}
        if named is not None:
            made["strategyID"] = wire_id("plain", named)
            made["strategyName"] = named.name or named.id
            sandbox = ids.sandbox_id(workspace)
            made["version"] = f"{self._organisation}:{sandbox}:{ids.instance_id(named)}"
        return made

    def _token(self, activity: Activity | None, placement: Placement | None, made: Proposition) -> dict[str, Any]:
        return {
            "messageExecution": {
                "messageExecutionID": "UE:Inbound",
                "messageID": _instance(placement),
                "messagePublicationID": made.id,
                "messageType": "marketing",
                "campaignID": _instance(activity),
                "campaignVersionID": f"{_instance(activity)}:{made.activity_version}",
                "campaignActionID": _instance(placement),
            },
            "messageProfile": {"messageProfileID": self._profile, "channel": _CHANNEL},
        }


def _instance(thing: Activity | Placement | None) -> str:
    return "" if thing is None else ids.instance_id(thing)


def _step(item: Item) -> str:
    return item.rank or "priority"


def _packed(tree: Any) -> str:
    """JSON in base64, as clients carry it without looking in."""
    return base64.b64encode(json.dumps(tree)).decode()
