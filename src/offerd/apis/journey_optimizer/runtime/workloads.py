"""Routes of batches: decisions for a stored audience, in the background, as a file of decision events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from offerd.apis.journey_optimizer.runtime.decision_request import duplicates, limited, scopes
from offerd.apis.journey_optimizer.runtime.decisions import ANY, asks_of
from offerd.apis.journey_optimizer.runtime.events import organisation
from offerd.apis.journey_optimizer.runtime.lookup import Library
from offerd.apis.journey_optimizer.runtime.reading import Malformed, needed, typed
from offerd.apis.journey_optimizer.runtime.refusals import Undecided
from offerd.apis.journey_optimizer.tenancy import tenant
from offerd.apis.operation import PARQUET, Answer, Call, Operations, Payload, answer
from offerd.model.condition import Audience
from offerd.model.request import Request
from offerd.services.batches import WRITING, stage
from offerd.services.errors import NotFound
from offerd.services.jobs import Job

operations = Operations("Decisions")

#: What this wire calls the states of a job that does not run.
_STATES = {"queued": "QUEUED", "done": "COMPLETED", "failed": "ERROR"}

_SHAPE = "journey_optimizer"
_PATH = "/dwm/workloads/decisions"
_ANSWER = {200: {"type": "object"}}
_PIECE = 1 << 18


@operations.add(
    "POST", _PATH, "dwmSubmit", scope="decide", limit="body_limit",
    payload=Payload(shapes={ANY: {"type": "object"}}), answers=_ANSWER, query=None,
)  # fmt: skip
async def submit(call: Call) -> Answer:
    """Queues decisions for everybody of an audience."""
    body, own = call.body, tenant(call)
    if not isinstance(body, dict):
        raise Malformed("the request is not an object")
    segments, dataset = needed(body, "segmentIds", list), needed(body, "dataSetId", str)
    if len(segments) != 1 or not isinstance(segments[0], str):
        raise Undecided(f"A batch is for one audience; xdm:segmentIds names {len(segments)}", "/xdm:segmentIds")
    asked = scopes(needed(body, "propositionRequests", list))
    limited(asked)
    library = Library(call.house, own.workspace)
    _, asks = asks_of(library, asked)
    facts = {"organisation": own.organisation or organisation(call.house, own.workspace), "dataset": dataset}
    audience = library.find(Audience, segments[0])
    try:
        job = await call.house.batches.submit(
            own.workspace,
            segments[0] if audience is None else audience.id,
            Request(asks=asks, duplicates=duplicates(body)),
            shape=_SHAPE,
            content=typed(body, "includeContent", bool) or False,
            facts=facts,
            keep=call.keep(_shown),
        )
    except NotFound:
        raise Undecided(f"There is no audience {segments[0]}", "/xdm:segmentIds/0") from None
    return _shown(job)


@operations.add("GET", _PATH + "/{workload}", "dwmStatus", scope="decide", answers=_ANSWER, query=None)
async def status(call: Call) -> Answer:
    """Says how far a batch is."""
    return _shown(call.house.batches.read(tenant(call).workspace, call.path["workload"]))


@operations.add(
    "GET", _PATH + "/{workload}/result", "dwmResult", scope="profiles", answers={200: {"type": "string"}}, query=None,
    media=(PARQUET,),
)  # fmt: skip
async def result(call: Call) -> Answer:
    """Gives the file of a batch that is completed: a decision event for each person."""
    path = call.house.batches.result(tenant(call).workspace, call.path["workload"])
    return Answer(stream=_pieces(path), media=PARQUET)


def _shown(job: Job) -> Answer:
    body: dict[str, Any] = {
        "@id": job.id,
        "xdm:imsOrgId": job.payload["facts"]["organisation"],
        "ode:createDate": job.created // 1000,
        "ode:status": _STATES.get(job.state) or ("INGESTING" if stage(job) == WRITING else "PROCESSING"),
    }
    if job.state == "running":
        body["ode:statusDetail"] = f"batchID: {job.id}"
    elif job.error:
        body["ode:statusDetail"] = job.error
    return answer(body)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece
