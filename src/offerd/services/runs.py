"""Runs: one attempt at a job, as what does it sees it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import msgspec

from offerd.storage.protocols_runtime import Job, LineFault, Write

#: Lines whose faults one job keeps; of further ones it keeps the count.
KEPT_FAULTS = 10_000


class JobFailed(Exception):
    """A job cannot succeed however often it is tried; the message says why."""


class Again(Exception):
    """This attempt came to nothing, as may happen; the job is tried again later. The message says why."""


class Committing(Protocol):
    """Stores how a job stands."""

    async def commit(self, job: Job, write: Write | None = None, faults: Sequence[LineFault] = ()) -> None:
        """Stores it, together with a piece of its work."""
        ...


class Run:
    """One attempt at a job, as its handler sees it.

    Args:
        service: what runs it.
        job: as it was when the attempt began.
        last: whether there is no other attempt after this one.
    """

    def __init__(self, service: Committing, job: Job, *, last: bool = False) -> None:
        self._service = service
        self.job = job
        self.last = last

    async def advance(
        self,
        write: Write | None = None,
        *,
        done: int | None = None,
        total: int | None = None,
        report: dict[str, Any] | None = None,
        faults: Sequence[LineFault] = (),
    ) -> None:
        """Commits a piece of the work and how far the job is, together, so that no piece is done twice.

        Args:
            write: the piece.
            done: how much is done now.
            total: of how much.
            report: what came of it so far.
            faults: lines that were refused in this piece.
        """
        job = self.job
        room = max(0, KEPT_FAULTS - job.refused)
        lines = sorted({fault.line for fault in faults})
        kept = set(lines[:room])
        self.job = msgspec.structs.replace(
            job,
            done=job.done if done is None else done,
            total=job.total if total is None else total,
            report=job.report if report is None else report,
            refused=job.refused + len(lines),
        )
        await self._service.commit(self.job, write, [fault for fault in faults if fault.line in kept])


Handler = Callable[[Run], Awaitable[None]]
