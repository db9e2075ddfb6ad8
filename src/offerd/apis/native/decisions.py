"""Routes of decisions and checks."""

from __future__ import annotations

from typing import Any

import msgspec

from offerd.apis.native.pages import CURSOR, LIMIT, moment, page, page_of, page_size
from offerd.apis.native.requests import mapping, read
from offerd.apis.operation import JSON, Answer, Call, Operations, Parameter, Payload, answer
from offerd.model import json
from offerd.model.codec import Fault, Invalid
from offerd.model.decision import Decision
from offerd.model.request import Request

operations = Operations("Decisions")

DecisionPage = page_of(Decision, "DecisionPage")


class DecisionRequest(Request, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """What is asked, and for whom.

    Attributes:
        explain: whether to say of every candidate that was not given what removed it.
    """

    explain: bool = False


@operations.add(
    "POST", "/decisions", "decide", scope="decide", limit="body_limit",
    payload=Payload(shapes={JSON: DecisionRequest}), answers={200: Decision},
)  # fmt: skip
async def decide(call: Call) -> Answer:
    """Decides which offers to show.

    `identities` say for whom; one that is not known makes a profile, except in a dry run. `attributes` are laid
    over the profile's for this request alone. An answered decision is committed, unless `dryRun` or `pretend` is
    there; only then may `at` name another moment than now.
    """
    tree = dict(mapping(call.body))
    explain = tree.pop("explain", False)
    if not isinstance(explain, bool):
        raise Invalid(Fault("/explain", "expected a boolean"))
    request = _request(call, tree)
    made = await call.house.decisioning.decide(call.workspace, request, explain=explain, keep=call.keep(_shown))
    call.result = made
    return _shown(made)


@operations.add(
    "POST", "/checks", "check", scope="decide", limit="body_limit",
    payload=Payload(shapes={JSON: Request}), answers={200: Decision},
)  # fmt: skip
async def check(call: Call) -> Answer:
    """Judges the offers that are named, without giving or counting any.

    Every ask is answered with one verdict for each of its offers: each requirement and cap that does not hold.
    """
    request = _request(call, call.body)
    asks = [msgspec.structs.replace(ask, check=True) for ask in request.asks]
    wanted = msgspec.structs.replace(request, asks=asks, dry_run=True)
    call.result = await call.house.decisioning.decide(call.workspace, wanted)
    return _shown(call.result)


@operations.add(
    "GET",
    "/decisions",
    "listDecisions",
    scope="profiles",
    answers={200: DecisionPage},
    query=(
        Parameter(name="profile", description="Only this profile's, by its id or as `namespace:id`."),
        Parameter(name="since", description="Only those from this moment on (RFC 3339)."),
        LIMIT,
        CURSOR,
    ),
    refuses=(422,),
)
async def list_decisions(call: Call) -> Answer:
    """Lists decisions, the latest first."""
    named = call.query["profile"]
    profile = None if named is None else call.house.profiles.resolve(call.workspace, named)
    found = call.house.decided.find(
        call.workspace,
        profile=profile,
        since=moment(call, "since"),
        limit=page_size(call),
        cursor=call.query["cursor"],
    )
    return answer(page(found.decisions, found.cursor))


@operations.add("GET", "/decisions/{id}", "readDecision", scope="decide", answers={200: Decision})
async def read_decision(call: Call) -> Answer:
    """Reads a decision that was made."""
    return _shown(call.house.decided.read(call.workspace, call.path["id"]))


@operations.add("GET", "/decisions/{id}/explanation", "explainDecision", scope="decide", answers={200: Decision})
async def explain_decision(call: Call) -> Answer:
    """Explains a decision that was made, from what the engine was given then."""
    return _shown(await call.house.decided.explain(call.workspace, call.path["id"]))


def _request(call: Call, tree: Any) -> Request:
    """The request of a body, each of whose asks names something."""
    request = read(call, Request, tree)
    for index, ask in enumerate(request.asks):
        if ask.placement is None and ask.activity is None and not ask.offers:
            raise Invalid(Fault(f"/asks/{index}", "names neither a placement nor an activity nor offers"))
    return request


def _shown(decision: Decision) -> Answer:
    """A Decision holds nothing that only the codec can write, so the fast encoder does."""
    return Answer(body=json.dumps(decision))
