"""Decision events in Journey Optimizer's shape, as JSON and as the columns of a Parquet file."""

from __future__ import annotations

from functools import partial
from typing import Any

from offerd.apis.journey_optimizer import ids
from offerd.apis.journey_optimizer.runtime import showing
from offerd.apis.journey_optimizer.runtime.decision_answer import SCORED, given
from offerd.apis.journey_optimizer.runtime.lookup import Library, wire_id
from offerd.model.activity import Activity
from offerd.model.decision import Decision, Item, Proposition
from offerd.model.offer import Offer
from offerd.model.place import Placement
from offerd.services.events import Encoder, Shape
from offerd.services.house import House

_DECISIONING = "https://ns.adobe.com/experience/decisioning/"
_ORGANISATION = "https://ns.adobe.com/adobecloudplatform/ims/organizationID"
_ENTITIES = "https://data.adobe.io/entities/propositions/"

#: How a ranking is told: what it is called, and whether it looked at the person.
_ALGORITHMS = {
    "priority": ("priority", "noncontextual"),
    "order": ("order", "noncontextual"),
    "formula": ("pql-formula", "contextual"),
    "model": ("model", "contextual"),
    "traffic": ("traffic", "random"),
}


def shape(house: House) -> Shape:
    """The shape of decision events, for the service that exports them."""
    return Shape("journey_optimizer", partial(encoder, house), columns)


def encoder(house: House, workspace: str, batch: str | None = None, *, content: bool = True) -> Encoder:
    """What makes events of a workspace's decisions.

    Args:
        house: the services.
        workspace: the workspace's id.
        batch: the id of the batch that the decisions are of.
        content: whether events hold what options show.
    """
    events = _Events(Library(house, workspace), organisation(house, workspace), batch, content=content)
    return events.event


def organisation(house: House, workspace: str) -> str:
    """The organisation that the settings lead to a workspace, without its sandbox; the workspace's code where none."""
    for key, target in house.settings.workspace_keys.items():
        if target == workspace and "@" in key:
            return key.partition(":")[0]
    return house.workspaces.get(workspace).code


class _Events:
    """Events of the decisions of one workspace."""

    def __init__(self, library: Library, organisation: str, batch: str | None, *, content: bool) -> None:
        self.library = library
        self.container = ids.container_id(library.workspace)
        self.organisation = organisation
        self.batch = batch
        self.content = content

    def event(self, decision: Decision) -> dict[str, Any]:
        by_namespace: dict[str, list[dict[str, str]]] = {}
        for identity in decision.identities:
            by_namespace.setdefault(identity.namespace, []).append({"xdm:id": identity.id})
        asked = next((each.ask_id for each in decision.propositions if each.ask_id is not None), None)
        made: dict[str, Any] = {
            "@id": _ENTITIES + decision.id,
            "xdm:timestamp": decision.at.isoformat(),
            "xdm:identityMap": by_namespace,
            f"{_DECISIONING}propositionID": decision.id,
            f"{_DECISIONING}decisionRequestID": asked,
            f"{_DECISIONING}batchID": self.batch,
            f"{_DECISIONING}containerID": self.container,
            _ORGANISATION: self.organisation,
            f"{_DECISIONING}propositions": [self.proposition(each) for each in decision.propositions],
        }
        return {name: value for name, value in made.items() if value is not None}

    def proposition(self, made: Proposition) -> dict[str, Any]:
        details: dict[str, Any] = {"xdm:id": made.id}
        placement = self.library.get(Placement, made.placement or "")
        if made.placement is not None:
            details["xdm:placement"] = self.named(placement, made.placement, made.placement_version)
            if placement is not None and placement.channel:
                details["xdm:placement"]["xdm:channelID"] = showing.channel(placement)
        if made.activity is not None:
            activity = self.library.get(Activity, made.activity)
            details["xdm:activity"] = self.named(activity, made.activity, made.activity_version)
        strategies = self.strategies(made)
        if strategies:
            details["xdm:strategies"] = strategies
        return {"xdm:items": [self.item(each) for each in made.items], "xdm:scopeDetails": details}

    def named(self, thing: Activity | Placement | None, name: str, version: int) -> dict[str, Any]:
        if thing is None:
            return {"xdm:id": name, "repo:etag": str(version), "xdm:name": name}
        return {
            "xdm:id": wire_id("container", thing), "repo:etag": str(version), "xdm:name": thing.name or thing.id
        }  # fmt: skip

    def item(self, item: Item) -> dict[str, Any]:
        offer = given(self.library, item)
        made: dict[str, Any] = {
            "xdm:id": item.offer if offer is None else wire_id("container", offer),
            "repo:etag": str(item.version),
            "xdm:name": item.name,
        }
        if item.score is not None and item.rank in SCORED:
            made["xdm:score"] = item.score
        made["xdm:characteristics"] = showing.characteristics(item.attributes)
        made["xdm:optionContent"] = showing.content(item.components[0]) if self.content and item.components else {}
        return made

    def strategies(self, made: Proposition) -> list[dict[str, str]]:
        """Which rule let the first item through, and how it was ranked."""
        item = next((each for each in made.items if not each.fallback), None)
        if item is None:
            return []
        told = []
        offer = self.library.get(Offer, item.offer)
        eligible = None if offer is None else offer.eligible
        if eligible is not None and eligible.rule is not None:
            told.append(_strategy("eligibility", self.reference("rules", eligible.rule), "pql-rule", "contextual"))
        algorithm, traffic = _ALGORITHMS.get(item.rank or "", (item.rank or "priority", "noncontextual"))
        told.append(_strategy("ranking", item.selection or "priority", algorithm, traffic))
        return told

    def reference(self, kind: str, name: str) -> str:
        thing = self.library.objects.of(kind).get(name)
        return name if thing is None else wire_id("container", thing)


def _strategy(step: str, name: str, algorithm: str, traffic: str) -> dict[str, str]:
    return {"xdm:step": step, "xdm:strategyID": name, "xdm:algorithmID": algorithm, "xdm:trafficType": traffic}


def columns(arrow: Any) -> Any:
    """The columns of a file of events: the same names, nested alike."""
    text, texts = arrow.string(), arrow.map_(arrow.string(), arrow.string())
    struct, listed = arrow.struct, arrow.list_
    content = {
        "@type": text, "dc:format": text, "dc:language": listed(text), "xdm:content": text, "xdm:deliveryURL": text,
        "xdm:linkURL": text,
    }  # fmt: skip
    named = {"xdm:id": text, "repo:etag": text, "xdm:name": text}
    item = {
        **named, "xdm:score": arrow.float64(), "xdm:characteristics": texts,
        "xdm:optionContent": struct(list(content.items())),
    }  # fmt: skip
    strategy = struct([(f"xdm:{name}", text) for name in ("step", "strategyID", "algorithmID", "trafficType")])
    details = {
        "xdm:id": text, "xdm:placement": struct([*named.items(), ("xdm:channelID", text)]),
        "xdm:activity": struct(list(named.items())), "xdm:strategies": listed(strategy),
    }  # fmt: skip
    proposition = struct(
        [("xdm:items", listed(struct(list(item.items())))), ("xdm:scopeDetails", struct(list(details.items())))]
    )
    return arrow.schema(
        [
            ("@id", text),
            ("xdm:timestamp", text),
            ("xdm:identityMap", arrow.map_(text, listed(struct([("xdm:id", text)])))),
            (f"{_DECISIONING}propositionID", text),
            (f"{_DECISIONING}decisionRequestID", text),
            (f"{_DECISIONING}batchID", text),
            (f"{_DECISIONING}containerID", text),
            (_ORGANISATION, text),
            (f"{_DECISIONING}propositions", listed(proposition)),
        ]
    )
