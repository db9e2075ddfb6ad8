"""Routes of the Edge: events that want an answer, and events that want none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offerd.apis.journey_optimizer.edge import feedback, reading
from offerd.apis.journey_optimizer.edge.deciding import decided
from offerd.apis.journey_optimizer.edge.identity import HINT, Visitor
from offerd.apis.journey_optimizer.edge.problems import UnknownDatastream, document
from offerd.apis.journey_optimizer.edge.reading import Event
from offerd.apis.journey_optimizer.runtime.events import organisation
from offerd.apis.journey_optimizer.runtime.lookup import Library
from offerd.apis.operation import Answer, Call, Handler, Operations, Payload, answer
from offerd.model.interaction import Interaction
from offerd.model.person import Identity
from offerd.services.clock import instant
from offerd.services.errors import InvalidDocument, NotFound
from offerd.services.ids import uuid

operations = Operations("Edge")

_BODY = Payload(shapes={"*/*": {"type": "object"}})


def _declare(path: str, name: str) -> Callable[[Handler], Handler]:
    return operations.add(
        "POST", path, name, scope="public", limit="body_limit", payload=_BODY, query=None,
        answers={200: {"type": "object"}, 204: None, 207: {"type": "object"}},
    )  # fmt: skip


@_declare("/v1/interact", "edgeInteract")
@_declare("/{hint}/v1/interact", "edgeInteractNear")
@_declare("/v2/interact", "edgeInteractServer")
async def interact(call: Call) -> Answer:
    """Takes events, and answers with the personalization that they ask for.

    Needs no token: the datastream that the query names leads to the workspace.
    """
    visit = _Visit(call)
    handles, warnings = await visit.answered()
    body: dict[str, Any] = {"requestId": visit.request, "handle": handles}
    if warnings:
        body["warnings"] = warnings
    return answer(body, 207 if warnings else 200)


@_declare("/v1/collect", "edgeCollect")
@_declare("/{hint}/v1/collect", "edgeCollectNear")
@_declare("/v2/collect", "edgeCollectServer")
async def collect(call: Call) -> Answer:
    """Takes events, and answers with nothing.

    Needs no token: the datastream that the query names leads to the workspace.
    """
    await _Visit(call).taken()
    return Answer(status=204)


class _Visit:
    """One request."""

    def __init__(self, call: Call) -> None:
        house = call.house
        self.request = _first(call, "requestid") or uuid()
        self.hint = call.path.get("hint", HINT)
        self.library = Library(house, _workspace(call))
        self.organisation = organisation(house, self.library.workspace)
        self.events = reading.events(call.body)
        self.visitor = Visitor(self.library.workspace, self.organisation, reading.entries(call.body), self.events)

    async def answered(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The handles of an answer, and what was odd."""
        handles: list[dict[str, Any]] = []
        warnings: list[dict[str, Any]] = []
        for index, event in enumerate(self.events):
            who = self.visitor.of(index)
            odd = await self.fed_back(event, who)
            warnings += [document("feedback", each, self.request) for each in odd]
            payload, odd = await decided(self.library, self.organisation, event, who)
            warnings += [document("unprocessable", each, self.request) for each in odd]
            handles.append({"type": "personalization:decisions", "eventIndex": index, "payload": payload})
            handles.append({"type": "activation:pull", "eventIndex": index, "payload": []})
        return [*self.visitor.handles(self.hint), *handles], warnings

    async def taken(self) -> None:
        """Takes the events in; what names nothing known is left out."""
        for index, event in enumerate(self.events):
            await self.fed_back(event, self.visitor.of(index))

    async def fed_back(self, event: Event, who: list[Identity]) -> list[str]:
        """Records what an event tells of propositions; what names nothing known is told, and the rest recorded."""
        if event.dry_run:
            return []
        now = instant(self.library.house.clock.now())
        told = feedback.interactions(self.library, event, who, now)
        if not told:
            return []
        try:
            await self.record(told)
        except InvalidDocument:
            return [wrong for each in told if (wrong := await self.one(each)) is not None]
        return []

    async def one(self, interaction: Interaction) -> str | None:
        try:
            await self.record([interaction])
        except InvalidDocument as wrong:
            return wrong.message
        return None

    async def record(self, told: list[Interaction]) -> None:
        await self.library.house.interactions.record(self.library.workspace, told)


def _workspace(call: Call) -> str:
    """The workspace of the datastream that the query names."""
    name = _first(call, "configid") or _first(call, "datastreamid")
    if name is None:
        raise UnknownDatastream("The query names no datastream: configId, or dataStreamId")
    try:
        return call.house.workspaces.resolve(name).id
    except NotFound:
        raise UnknownDatastream(f"The datastream {name} is not known here") from None


def _first(call: Call, name: str) -> str | None:
    listed = call.query.get(name)
    return listed[0].strip() or None if listed else None
