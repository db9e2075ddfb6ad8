"""The route of delivery."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs

from offerd.apis.operation import Answer, Call, Operations, Payload
from offerd.apis.target.delivery import reading
from offerd.apis.target.delivery.delivering import Delivered, deliver
from offerd.apis.target.problems import Rejected, document
from offerd.apis.target.tenancy import Tenant, tenant

operations = Operations("Delivery")

#: Any media type: pages send JSON as text, so that no browser asks before.
ANY_BODY = Payload(shapes={"*/*": {"type": "object"}}, raw=True)

_HOST = re.compile(r"(?P<name>[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){0,10})(:[0-9]{1,5})?")
#: Clients take the first of four labels for a location, and go there from then on.
_LOCATED = 4
_MOST_FIELDS = 1_000


@operations.add(
    "POST", "/v1/delivery", "targetDelivery", scope="public", limit="body_limit", payload=ANY_BODY, searched=True,
    answers={200: {"type": "object"}, 204: None},
)  # fmt: skip
async def delivery(call: Call) -> Answer:
    """What is shown in mboxes, views and whole pages, and what came of what was shown.

    Needs no token: the client code, or the organisation's id, leads to the workspace.
    """
    query = fields(call.search)
    who = tenant(call.house, query.get("client"), query.get("imsOrgId"))
    tree = reading.body(call.raw, call.house.settings.json_depth)
    said = reading.delivery(tree, query.get("sessionId"), call.headers, call.request)
    done = await deliver(call.house, who, said)
    if said.beacon:
        return Answer(status=204)
    return document(shown(call, who, done))


def shown(call: Call, who: Tenant, done: Delivered) -> dict[str, Any]:
    """The answer to a request of delivery."""
    body: dict[str, Any] = {
        "status": 200,
        "requestId": done.said.request,
        "client": who.client,
        "id": done.visitor.echo,
        **edge_host(call),
    }
    for phase, prefetch in (("execute", False), ("prefetch", True)):
        made = _phase(done, prefetch=prefetch)
        if made:
            body[phase] = made
    if done.said.notifications:
        body["notifications"] = [{"id": each.id} for each in done.said.notifications]
    return body


def edge_host(call: Call) -> dict[str, str]:
    """The name under which this server was called, where clients can do nothing wrong with it."""
    host = host_of(call)
    if host == "127.0.0.1":
        host = "localhost"
    return {"edgeHost": host} if host and host.count(".") != _LOCATED - 1 else {}


def host_of(call: Call, *, port: bool = False) -> str:
    """The name under which this server was called; empty where it is none."""
    found = _HOST.fullmatch(call.headers.get("host", ""))
    return "" if found is None else found[0] if port else found["name"]


def fields(search: str) -> dict[str, str]:
    """The parameters of a query or a form by name; the first of each.

    Raises:
        Rejected: it is not percent-encoded UTF-8, or has too many.
    """
    try:
        found = parse_qs(search, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Rejected(f"The query is not percent-encoded UTF-8 of at most {_MOST_FIELDS} fields") from None
    return {name: texts[0] for name, texts in found.items()}


def _phase(done: Delivered, *, prefetch: bool) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for given in done.given:
        if given.asked.prefetch != prefetch:
            continue
        if given.asked.kind == "page":
            made["pageLoad"] = done.traced(given, done.answers.page(given))
        elif given.asked.kind == "mbox":
            made.setdefault("mboxes", []).append(done.traced(given, done.answers.mbox(given)))
        else:
            view = done.answers.view(given)
            views = made.setdefault("views", [])
            if view is not None:
                views.append(done.traced(given, view))
    if prefetch and "views" not in made and any(each.kind == "view" for each in done.said.asked):
        made["views"] = []
    return made
