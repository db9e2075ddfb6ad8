"""The route that exports decision events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from offerd.apis.native.pages import moment
from offerd.apis.operation import NDJSON, PARQUET, Answer, Call, Operations, Parameter

operations = Operations("Decisions")

_PIECE = 1 << 18
_TEXT = {"type": "string"}


@operations.add(
    "GET", "/decision-events", "exportDecisionEvents", scope="profiles", answers={200: _TEXT},
    media=(NDJSON, PARQUET), refuses=(404, 422),
    query=(
        Parameter(
            name="format", description="Lines of JSON, or a Parquet file.", choices=("ndjson", "parquet"),
            default="ndjson",
        ),
        Parameter(name="shape", description="The wire format whose events they are.", default="journey_optimizer"),
        Parameter(name="since", description="Only decisions from this moment on (RFC 3339)."),
        Parameter(name="until", description="Only decisions before this moment."),
    ),
)  # fmt: skip
async def export_events(call: Call) -> Answer:
    """Exports every decision that is kept as an event, the oldest first."""
    events, shape = call.house.events, call.query["shape"]
    since, until = moment(call, "since"), moment(call, "until")
    events.shape(shape)
    if call.query["format"] == "ndjson":
        lines = events.ndjson(call.workspace, shape, since=since, until=until)
        return Answer(stream=lines, media=NDJSON)
    path = await events.parquet(call.workspace, shape, since=since, until=until)
    return Answer(stream=_pieces(path), media=PARQUET)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    """A file piece by piece, and then no more."""
    try:
        with await asyncio.to_thread(path.open, "rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)
