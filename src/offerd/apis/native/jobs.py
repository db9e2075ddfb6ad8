"""Routes of jobs: work that goes on after its request was answered."""

from __future__ import annotations

from typing import Any

import msgspec

from offerd.apis.errors import BadParameter
from offerd.apis.native.pages import CURSOR, LIMIT, page, page_of, page_size
from offerd.apis.operation import Answer, Call, Operations, Parameter, answer
from offerd.model.base import Instant
from offerd.services import jobs
from offerd.services.clock import instant
from offerd.services.jobs import LineFault

operations = Operations("Jobs")

#: More than any line's number has.
_DIGITS = 16

#: What a job may be.
STATES = ("queued", "running", "done", "failed")


class Job(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Work that is done in the background, and survives a restart.

    Attributes:
        id: a UUID.
        kind: what is to be done.
        state: `queued`, `running`, `done` or `failed`.
        done: how much is done: lines, of an import.
        total: of how much; absent while it is not known.
        refused: how many lines were refused; `/jobs/{id}/refused` gives them.
        report: what came of it so far.
        error: why it failed, or why the last attempt did.
        attempts: how often it was begun.
        created: when it was queued.
        started: when it was first begun.
        finished: when it was done or failed.
    """

    id: str
    kind: str
    state: str
    done: int
    refused: int
    total: int | None = None
    report: dict[str, Any] = {}
    error: str = ""
    attempts: int = 0
    created: Instant
    started: Instant | None = None
    finished: Instant | None = None


JobPage = page_of(Job, "JobPage")
RefusedLinePage = page_of(LineFault, "RefusedLinePage")


def shown(job: jobs.Job) -> Job:
    """A job as the API tells of it."""
    return Job(
        id=job.id,
        kind=job.kind,
        state=job.state,
        done=job.done,
        refused=job.refused,
        total=job.total,
        report=job.report,
        error=job.error,
        attempts=job.attempts,
        created=instant(job.created),
        started=None if job.started is None else instant(job.started),
        finished=None if job.finished is None else instant(job.finished),
    )


def queued(job: jobs.Job) -> Answer:
    """The answer to a request that a job carries out."""
    return answer(shown(job), 202, location=f"/offerd/v1/jobs/{job.id}")


@operations.add(
    "GET",
    "/jobs",
    "listJobs",
    scope="profiles",
    answers={200: JobPage},
    refuses=(422,),
    query=(
        Parameter(name="state", choices=STATES, description="Only jobs in this state."),
        Parameter(name="kind", description="Only jobs of this kind."),
        LIMIT,
        CURSOR,
    ),
)
async def list_jobs(call: Call) -> Answer:
    """Lists jobs, the latest first."""
    found = call.house.jobs.list(
        call.workspace,
        kind=call.query["kind"],
        state=call.query["state"],
        limit=page_size(call),
        cursor=call.query["cursor"],
    )
    return answer(page([shown(job) for job in found.jobs], found.cursor))


@operations.add("GET", "/jobs/{id}", "readJob", scope="profiles", answers={200: Job})
async def read_job(call: Call) -> Answer:
    """Reads a job: its state, how far it is, and what came of it."""
    return answer(shown(call.house.jobs.read(call.workspace, call.path["id"])))


@operations.add(
    "GET",
    "/jobs/{id}/refused",
    "listRefusedLines",
    scope="profiles",
    answers={200: RefusedLinePage},
    query=(LIMIT, CURSOR),
)
async def list_refused(call: Call) -> Answer:
    """Lists the lines that an import refused, each with what is wrong with it and where."""
    cursor, limit = call.query["cursor"] or "0", page_size(call)
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < _DIGITS):
        raise BadParameter("cursor", "is not one that this list gave")
    found = call.house.jobs.faults(call.workspace, call.path["id"], after=int(cursor), limit=limit + 1)
    if len(found) <= limit:
        return answer(page(found, None))
    # All that is wrong with one line is on one page, unless the page is too small for it.
    whole = [fault for fault in found[:limit] if fault.line != found[limit].line] or found[:limit]
    return answer(page(whole, str(whole[-1].line)))
