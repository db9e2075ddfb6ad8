"""Jobs: one durable queue of work in the background, with retries; what was running goes on after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec
import structlog

from offerd.services.clock import Clock
from offerd.services.cursors import marked, unmarked
from offerd.services.errors import NotFound
from offerd.services.finishing import finish
from offerd.services.ids import uuid
from offerd.storage.protocols import Keep, Transaction, Writer
from offerd.storage.protocols_runtime import Job, JobStore, LineFault, Write

__all__ = ["ATTEMPTS", "KEPT_FAULTS", "Handler", "Job", "JobFailed", "JobPage", "JobService", "LineFault", "Run"]

_LOG = structlog.get_logger("offerd.jobs")

#: How often a job is begun before it has failed.
ATTEMPTS = 5

#: Lines whose faults one job keeps; of further ones it keeps the count.
KEPT_FAULTS = 10_000

_SECOND = 1_000_000
#: Seconds after which the runner looks at the clock again though nothing woke it.
_NAP = 5.0
#: Seconds after which a runner that has not stopped is told once more.
_AGAIN = 1.0


class JobFailed(Exception):
    """A job cannot succeed however often it is tried; the message says why."""


class JobPage(msgspec.Struct, frozen=True):
    """Some of the jobs, the latest first.

    Attributes:
        jobs: of this page.
        cursor: where the next page begins; None after the last.
    """

    jobs: list[Job]
    cursor: str | None


class Run:
    """One attempt at a job, as its handler sees it.

    Args:
        service: what runs it.
        job: as it was when the attempt began.
    """

    def __init__(self, service: JobService, job: Job) -> None:
        self._service = service
        self.job = job

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


class JobService:
    """The queue and its runner.

    Args:
        store: where jobs are kept.
        writer: what commits.
        clock: tells the time.
    """

    def __init__(self, store: JobStore, writer: Writer, clock: Clock) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._handlers: dict[str, Handler] = {}
        self._regular: list[tuple[int, Callable[[], Awaitable[None]]]] = []
        self._next: dict[int, int] = {}
        self._awake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._closing = False
        self._runner: asyncio.Task[None] | None = None

    def register(self, kind: str, handler: Handler) -> None:
        """Says what does the jobs of a kind; it may be called again for the same job, and goes on from its progress."""
        self._handlers[kind] = handler

    def every(self, seconds: int, work: Callable[[], Awaitable[None]]) -> None:
        """Has something done regularly; it is no job, is not kept, and begins when the queue starts."""
        self._regular.append((seconds * _SECOND, work))

    async def submit(
        self,
        workspace: str,
        kind: str,
        payload: dict[str, Any],
        *,
        run_after: int = 0,
        keep: Keep | None = None,
    ) -> Job:
        """Adds a job to the queue.

        Args:
            workspace: whose it is.
            kind: what is to be done; has a handler.
            payload: what it needs, plain values.
            run_after: it is not begun before, in microseconds.
            keep: stores the answer with it.
        """
        self._handlers[kind]
        now = self._clock.now()
        job = Job(
            id=uuid(), workspace=workspace, kind=kind, payload=payload, created=now, run_after=max(now, run_after)
        )

        def write(transaction: Transaction) -> None:
            self._store.put(transaction, job)
            if keep is not None:
                keep(transaction, job)

        await finish(self._writer.submit(write))
        self.wake()
        return job

    def read(self, workspace: str, job: str) -> Job:
        """A job.

        Raises:
            NotFound: there is none, or it is another workspace's.
        """
        found = self._store.read(job)
        if found is None or found.workspace != workspace:
            raise NotFound("jobs", job)
        return found

    def list(
        self,
        workspace: str,
        *,
        kind: str | None = None,
        state: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> JobPage:
        """Jobs, the latest first.

        Raises:
            Unprocessable: the cursor is none of ours.
        """
        found = self._store.list(workspace, kind=kind, state=state, before=unmarked(cursor), limit=limit + 1)
        page = list(found[:limit])
        return JobPage(page, marked(page[-1].created, page[-1].id) if len(found) > limit else None)

    def states(self) -> dict[str, int]:
        """How many jobs there are in each state, of all workspaces."""
        return self._store.states()

    def faults(self, workspace: str, job: str, *, after: int = 0, limit: int = 1_000) -> Sequence[LineFault]:
        """The lines that a job refused, from the first after `after`; the first `KEPT_FAULTS` lines are kept.

        Raises:
            NotFound: there is no such job, or it is another workspace's.
        """
        return self._store.faults(self.read(workspace, job).id, after=after, limit=limit)

    def start(self) -> None:
        """Starts the runner, which goes on with what was running when the server ended."""
        if self._runner is None:
            self._closing = False
            self._runner = asyncio.get_running_loop().create_task(self._run(), name="offerd-jobs")

    async def close(self) -> None:
        """Stops the runner; a job that is running stays so, and goes on at the next start."""
        self._closing = True
        runner, self._runner = self._runner, None
        if runner is None:
            return
        runner.cancel()
        while not (await asyncio.wait({runner}, timeout=_AGAIN))[0]:
            runner.cancel()  # What runs may have lost the first cancellation, as `wait_for` of Python 3.11 does.

    def wake(self) -> None:
        """Has the runner look at the queue and the clock."""
        self._awake.set()

    async def drain(self) -> None:
        """Does everything that is due; returns when nothing is."""
        async with self._turn:
            await self._do_regular()
            while (job := self._store.due(self._clock.now())) is not None:
                await self._attempt(job)

    async def commit(self, job: Job, write: Write | None = None, faults: Sequence[LineFault] = ()) -> None:
        """Stores how a job stands, together with a piece of its work."""

        def work(transaction: Transaction) -> None:
            if write is not None:
                write(transaction)
            self._store.put(transaction, job)
            self._store.refuse(transaction, job.id, faults)

        await finish(self._writer.submit(work))

    async def _run(self) -> None:
        while not self._closing:
            self._awake.clear()
            try:
                await self.drain()
            except Exception:  # noqa: BLE001 - the queue must go on; what was wrong is in the log
                _LOG.exception("queue_stumbled")
            # Not `wait_for`, which in Python 3.11 may lose a cancellation that comes together with the event.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._nap()):
                    await self._awake.wait()

    def _nap(self) -> float:
        due = self._store.next_due()
        if due is None:
            return _NAP
        return min(_NAP, max(0.01, (due - self._clock.now()) / _SECOND))

    async def _do_regular(self) -> None:
        now = self._clock.now()
        for index, (pause, work) in enumerate(self._regular):
            if self._next.get(index, now) <= now:
                self._next[index] = now + pause
                await work()

    async def _attempt(self, job: Job) -> None:
        now = self._clock.now()
        run = Run(
            self,
            msgspec.structs.replace(
                job, state="running", attempts=job.attempts + 1, started=job.started or now, error=""
            ),
        )
        await self.commit(run.job)
        try:
            handler = self._handlers.get(job.kind)
            if handler is None:
                raise JobFailed(f"nothing does jobs of the kind {job.kind}")
            await handler(run)
        except JobFailed as error:
            await self._end(run.job, "failed", str(error))
        except Exception as error:  # noqa: BLE001 - it is tried again, and what was wrong is in the log
            _LOG.exception("job_failed", job=job.id, kind=job.kind, attempt=run.job.attempts)
            await self._retry(run.job, f"{type(error).__name__}: {error}")
        else:
            await self._end(run.job, "done")

    async def _retry(self, job: Job, error: str) -> None:
        """Puts a job back for later, four times as late each time, or gives it up."""
        if job.attempts >= ATTEMPTS:
            await self._end(job, "failed", error)
            return
        later = self._clock.now() + 4 ** (job.attempts - 1) * _SECOND
        await self.commit(msgspec.structs.replace(job, state="queued", run_after=later, error=error))

    async def _end(self, job: Job, state: str, error: str = "") -> None:
        await self.commit(msgspec.structs.replace(job, state=state, error=error, finished=self._clock.now()))
