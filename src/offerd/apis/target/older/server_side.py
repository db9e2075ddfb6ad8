"""The server-side APIs of before delivery: one mbox a request, or many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from offerd.apis.operation import Answer, Call, Operations
from offerd.apis.target.delivery import facts, reading, values
from offerd.apis.target.delivery.deciding import Given
from offerd.apis.target.delivery.delivering import Delivered, deliver
from offerd.apis.target.delivery.reading import ID, MOST, TOKEN
from offerd.apis.target.delivery.routes import ANY_BODY, edge_host, fields
from offerd.apis.target.delivery.words import Asked, Delivery, Notification
from offerd.apis.target.ids import GLOBAL
from offerd.apis.target.problems import document
from offerd.apis.target.tenancy import tenant
from offerd.model import json

operations = Operations("Older server-side API")

_ANSWERS = {200: {"type": "object"}}
_TYPES: Mapping[str, Literal["display", "click"]] = {"hit": "display", "click": "click"}


@operations.add(
    "POST", "/v1/mbox/{session}", "targetServerMbox", scope="public", limit="body_limit", payload=ANY_BODY,
    searched=True, answers=_ANSWERS,
)  # fmt: skip
async def mbox(call: Call) -> Answer:
    """What is shown in one mbox, for a server.

    Needs no token: the client code leads to the workspace.
    """
    query = fields(call.search)
    tree = reading.body(call.raw, call.house.settings.json_depth)
    who = tenant(call.house, query.get("client"))
    where = _where(tree)
    asked = _asked({**tree, "parameters": tree.get("mboxParameters")}, "mbox", where, prefetch=False)
    clicked = values.flag(tree, "clicked")
    said = _delivery(call, tree, call.path["session"], where, values.text(where, "impressionId", ID))
    told = Notification(id=said.request, type="click", kind=asked.kind, name=asked.name, details=asked.details)
    said = msgspec.structs.replace(
        said, visitor=reading.visitor(tree), trace=_trace(tree), asked=[] if clicked else [asked],
        notifications=[told] if clicked else [],
    )  # fmt: skip
    done = await deliver(call.house, who, said)
    own = {name: done.visitor.echo[name] for name in ("thirdPartyId",) if name in done.visitor.echo}
    known = own or "marketingCloudVisitorId" in done.visitor.echo
    made: dict[str, Any] = {
        **({} if known else {"tntId": done.visitor.tnt}),
        **own,
        **edge_host(call),
        "content": "".join(_text(each) for given in done.given for each in _contents(done, given)),
        "sessionId": said.session,
    }
    if done.traces is not None and done.given:
        made["trace"] = done.traces.of(done.given[0])
    return document(made)


@operations.add(
    "POST", "/v2/batchmbox", "targetBatchMbox", scope="public", limit="body_limit", payload=ANY_BODY, searched=True,
    answers=_ANSWERS,
)  # fmt: skip
async def batch(call: Call) -> Answer:
    """What is shown in many mboxes now or later, and what came of what was shown, for a server.

    Needs no token: the client code leads to the workspace.
    """
    query = fields(call.search)
    tree = reading.body(call.raw, call.house.settings.json_depth)
    who = tenant(call.house, query.get("client") or values.text(tree, "client", ID))
    said = _delivery(call, tree, query.get("sessionId"), _where(tree), None)
    mboxes = values.objects(tree, "mboxes", MOST)
    live = [each for each in mboxes if not values.flag(each, "clicked")]
    said = msgspec.structs.replace(
        said,
        visitor=reading.visitor(values.mapping(tree, "id")),
        profile=values.profile(values.mapping(tree, "profileParameters"), "profileParameters"),
        asked=[
            _asked(each, "mbox", _where(each), prefetch=late)
            for late, listed in ((False, live), (True, values.objects(tree, "prefetch", MOST)))
            for each in listed
        ],
        notifications=[
            *_clicks(said.request, [each for each in mboxes if values.flag(each, "clicked")]),
            *_notifications(said.request, values.objects(tree, "notifications", MOST)),
        ],
    )
    done = await deliver(call.house, who, said)
    as_json = values.flag(tree, "contentAsJson")
    made: dict[str, Any] = {
        "requestId": said.request,
        "client": who.client,
        "id": done.visitor.echo,
        **edge_host(call),
        "contentAsJson": as_json,
        "mboxResponses": [],
        "prefetchResponses": [],
    }
    for given in done.given:
        name = given.asked.name or GLOBAL
        one: dict[str, Any] = {"mbox": name, "content": _content(done, given, as_json=as_json)}
        if given.asked.prefetch:
            one["eventTokens"] = done.answers.displays(given)
        clicks = [each["eventToken"] for each in done.answers.metrics(given) if "selector" not in each]
        if clicks:
            one["clickToken"] = clicks[0]
        made["prefetchResponses" if given.asked.prefetch else "mboxResponses"].append(one)
    return document(made)


def _delivery(
    call: Call, tree: Mapping[str, Any], session: str | None, where: Mapping[str, Any], impression: str | None
) -> Delivery:
    """What every request of these APIs says."""
    host = values.text(where, "host", values.VALUE)
    context: dict[str, Any] = {"address": _address(where), **({"browser": {"host": host}} if host else {})}
    address = values.text(where, "ipAddress", ID)
    if address is not None:
        context["geo"] = {"ipAddress": address}
    return Delivery(
        request=values.text(tree, "requestId", ID) or call.request,
        session=reading.session_of(session),
        impression=impression,
        facts=facts.facts(context, call.headers.get("user-agent", "")),
    )


def _asked(tree: Mapping[str, Any], member: str, where: Mapping[str, Any], *, prefetch: bool) -> Asked:
    name = reading.mbox_name({"name": tree.get(member)}, f"{member}.")
    said = reading.details({**tree, "address": _address(where)}, f"{member}.")
    index = values.whole(tree.get("indexId")) or 0
    if name == GLOBAL:
        return Asked(kind="page", prefetch=prefetch, index=index, details=said)
    return Asked(kind="mbox", prefetch=prefetch, name=name, index=index, details=said)


def _where(tree: Mapping[str, Any]) -> Mapping[str, Any]:
    return values.mapping(tree, "requestLocation")


def _clicks(request: str, listed: Sequence[Mapping[str, Any]]) -> Iterator[Notification]:
    for index, tree in enumerate(listed):
        asked = _asked(tree, "mbox", {}, prefetch=False)
        yield Notification(
            id=f"{request}#{index}", type="click", kind=asked.kind, name=asked.name, details=asked.details
        )


def _notifications(request: str, listed: Sequence[Mapping[str, Any]]) -> Iterator[Notification]:
    for index, tree in enumerate(listed):
        kind = _TYPES.get(str(tree.get("type")))
        if kind is None:
            values.refuse("notifications.type", "expected hit or click")
        asked = _asked(tree, "mbox", {}, prefetch=False)
        shown = reading.tokens(tree, "eventTokens", "notifications.")
        clicked = values.text(tree, "clickToken", TOKEN, "notifications.")
        yield Notification(
            id=f"{request}#n{index}",
            type=kind,
            at=reading.moment(tree, "timestamp", "notifications."),
            tokens=shown if kind == "display" else [clicked] if clicked else [],
            kind=asked.kind,
            name=asked.name,
            details=asked.details,
        )


def _contents(done: Delivered, given: Given) -> list[Any]:
    return [each["content"] for each in done.answers.options(given)]


def _content(done: Delivered, given: Given, *, as_json: bool) -> Any:
    """What an mbox shows: JSON where the client wants it and there is some, else text."""
    found = _contents(done, given)
    if as_json and len(found) == 1 and not isinstance(found[0], str):
        return found[0]
    return "".join(map(_text, found))


def _text(content: Any) -> str:
    return content if isinstance(content, str) else json.dumps(content).decode()


def _address(where: Mapping[str, Any]) -> dict[str, str]:
    named = {"url": "pageURL", "referringUrl": "referrerURL"}
    return {name: where[wire] for name, wire in named.items() if isinstance(where.get(wire), str)}


def _trace(tree: Mapping[str, Any]) -> str | None:
    """The secret of somebody who wants to know why."""
    found = tree.get("mboxTrace")
    return values.text(found, "authorizationToken", 1_024) if isinstance(found, dict) else None
