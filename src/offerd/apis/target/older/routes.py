"""Routes of older pages: one mbox a request."""

from __future__ import annotations

from typing import Any

from offerd.apis.operation import Answer, Call, Operations
from offerd.apis.target.delivery.delivering import Delivered, deliver
from offerd.apis.target.delivery.routes import ANY_BODY, edge_host, fields
from offerd.apis.target.older import reading
from offerd.apis.target.older.offers import offers
from offerd.apis.target.problems import Rejected, document
from offerd.apis.target.tenancy import tenant

operations = Operations("Older wire")

_PATH = "/{client}/mbox/json"
_ANSWERS = {200: {"type": "object"}}


@operations.add("GET", _PATH, "targetMboxRead", scope="public", searched=True, answers=_ANSWERS)
async def read_mbox(call: Call) -> Answer:
    """What is shown in an mbox, asked in the query.

    Needs no token: the client code in the path leads to the workspace.
    """
    return await _answered(call, fields(call.search))


@operations.add(
    "POST", _PATH, "targetMbox", scope="public", limit="body_limit", payload=ANY_BODY, searched=True, answers=_ANSWERS
)
async def post_mbox(call: Call) -> Answer:
    """What is shown in an mbox, asked in the query, in a form, or in both; a beacon has its parameters in the query.

    Needs no token: the client code in the path leads to the workspace.
    """
    try:
        form = fields(call.raw.decode("ascii"))
    except UnicodeDecodeError:
        raise Rejected("The form is not percent-encoded") from None
    return await _answered(call, {**fields(call.search), **form})


async def _answered(call: Call, flat: dict[str, str]) -> Answer:
    who = tenant(call.house, call.path["client"])
    said = reading.delivery(flat, call.headers, call.request)
    return document(shown(call, await deliver(call.house, who, said)))


def shown(call: Call, done: Delivered) -> dict[str, Any]:
    """The answer to a request for an mbox."""
    made: dict[str, Any] = {"sessionId": done.said.session, "tntId": done.visitor.tnt, **edge_host(call)}
    answers = done.answers
    found = [each for given in done.given for each in offers(answers.options(given), answers.metrics(given))]
    if done.traces is not None and done.given:
        made["trace"] = done.traces.of(done.given[0])
    return {**made, "offers": found}
