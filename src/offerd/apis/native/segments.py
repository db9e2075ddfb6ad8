"""Routes of counts: how many people are in an audience, and how old that number is."""

from __future__ import annotations

from offerd.apis.native.jobs import Job, queued
from offerd.apis.operation import Answer, Call, Operations, answer
from offerd.services.segments import Count

operations = Operations("Audiences")


@operations.add("GET", "/audiences/{id}/count", "readCount", scope="profiles", answers={200: Count})
async def read_count(call: Call) -> Answer:
    """Tells how many people are in an audience, and when they were counted.

    The members of an imported audience are counted now. Those of a rule are counted in the background, regularly and
    when it is asked for; decisions ask the rule itself, and never read the count.
    """
    return answer(call.house.segments.count(call.workspace, call.path["id"]))


@operations.add("POST", "/audiences/{id}/count", "countAudience", scope="profiles", answers={202: Job})
async def count(call: Call) -> Answer:
    """Has the members of an audience counted; a job does it."""
    return queued(await call.house.segments.submit(call.workspace, call.path["id"], keep=call.keep(queued)))
