"""Jobs: one durable queue of work in the background, with retries; what was running goes on after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from typing import Any

import msgspec
import structlog

from offerd.services.clock import Clock
from offerd.services.cursors import cut, unmarked
from offerd.services.errors import NotFound
from offerd.services.finishing import finish
from offerd.services.ids import uuid7
from offerd.services.lanes import COMMON, PAUSES, Lane, Policy, tell
from offerd.services.runs import KEPT_FAULTS, Again, Handler, JobFailed, Run
from offerd.storage.protocols import Keep, StorageFault, Transaction, Writer
from offerd.storage.protocols_runtime import Among, Job, JobStore, LineFault, Write

__all__ = [
    "ATTEMPTS", "KEPT_FAULTS", "Again", "Handler", "Job", "JobFailed", "JobPage", "JobService", "LineFault", "Policy",
    "Run",
]  # fmt: skip

_LOG = structlog.get_logger("offerd.jobs")

#: How often a job is begun before it has failed, where its kind does not say.
ATTEMPTS = len(PAUSES) + 1

_SECOND = 1_000_000
#: Seconds after which the runner looks at the clock again though nothing woke it.
_NAP = 5.0
#: Seconds after which a runner that has not stopped is told once more.
_AGAIN = 1.0


class JobPage(msgspec.Struct, frozen=True):
    """Some of the jobs, the latest first.

    Attributes:
        jobs: of this page.
        cursor: where the next page begins; None after the last.
    """

    jobs: list[Job]
    cursor: str | None


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
        self._policies: dict[str, Policy] = {}
        self._lanes: dict[str, Lane] = {COMMON: Lane(1)}
        self._regular: list[tuple[int, Callable[[], Awaitable[None]]]] = []
        self._next: dict[int, int] = {}
        self._look = asyncio.Event()
        self._regularly = asyncio.Lock()
        self._closing = False
        self._runners: list[asyncio.Task[None]] = []

    def register(self, kind: str, handler: Handler, policy: Policy | None = None) -> None:
        """Says what does the jobs of a kind; it may be called again for the same job, and goes on from its progress."""
        policy = policy or Policy()
        self._handlers[kind] = handler
        self._policies[kind] = policy
        if policy.lane not in self._lanes:
            self._lanes[policy.lane] = Lane(policy.width)
            if self._runners:
                self._runners.append(self._runner(self._lanes[policy.lane]))
        self._lanes[policy.lane].kinds.add(kind)

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
            id=uuid7(now), workspace=workspace, kind=kind, payload=payload, created=now, run_after=max(now, run_after)
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
        return JobPage(*cut(found, limit, lambda job: job.created))

    def states(self) -> dict[str, int]:
        """How many jobs there are in each state, of all workspaces."""
        return self._store.states()

    def faults(self, workspace: str, job: str, *, after: int = 0, limit: int = 1_000) -> Sequence[LineFault]:
        """The lines that a job refused, from the first after `after`; the first `KEPT_FAULTS` lines are kept.

        Raises:
            NotFound: there is no such job, or it is another workspace's.
        """
        return self._store.faults(self.read(workspace, job).id, after=after, limit=limit)

    def start(self, *, without: Collection[str] = ()) -> None:
        """Starts the runners, which go on with what was running when the server ended.

        Args:
            without: lanes whose jobs wait.
        """
        if not self._runners:
            self._closing = False
            loop = asyncio.get_running_loop()
            self._runners = [loop.create_task(self._run_regular(), name="offerd-regular")]
            lanes = (lane for name, lane in self._lanes.items() if name not in without)
            self._runners += [self._runner(lane) for lane in lanes]

    async def close(self) -> None:
        """Stops the runners; a job that is running stays so, and goes on at the next start."""
        self._closing = True
        left: set[asyncio.Task[None]] = {*self._runners, *self._under_way()}
        self._runners = []
        while left:
            for task in left:
                task.cancel()  # What runs may have lost the first cancellation, as `wait_for` of Python 3.11 does.
            left = (await asyncio.wait(left, timeout=_AGAIN))[1] | self._under_way()

    def put(
        self, transaction: Transaction, workspace: str, kind: str, payload: dict[str, Any], *, run_after: int = 0
    ) -> Job:
        """Adds a job to the queue in somebody else's transaction, who calls `wake` after the commit."""
        now = self._clock.now()
        job = Job(
            id=uuid7(now), workspace=workspace, kind=kind, payload=payload, created=now, run_after=max(now, run_after)
        )
        self._store.put(transaction, job)
        return job

    def wake(self, kind: str | None = None) -> None:
        """Has the runners look at the queue and the clock, for jobs of a kind or all of them."""
        if kind is not None:
            self._lanes[self._policies[kind].lane].awake.set()
            return
        self._look.set()
        for lane in self._lanes.values():
            lane.awake.set()

    async def drain(self) -> None:
        """Does everything that is due; returns when nothing is."""
        await self._do_regular()
        while True:
            for lane in self._lanes.values():
                self._fill(lane)
            if not (under_way := self._under_way()):
                return
            ended, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()

    async def commit(self, job: Job, write: Write | None = None, faults: Sequence[LineFault] = ()) -> None:
        """Stores how a job stands, together with a piece of its work."""

        def work(transaction: Transaction) -> None:
            if write is not None:
                write(transaction)
            self._store.put(transaction, job)
            self._store.refuse(transaction, job.id, faults)

        await finish(self._writer.submit(work))

    def _runner(self, lane: Lane) -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(self._run(lane), name="offerd-jobs")

    async def _run(self, lane: Lane) -> None:
        while not self._closing:
            lane.awake.clear()
            pause = _NAP
            try:
                self._fill(lane)
                pause = self._nap(lane)
            except Exception as error:  # noqa: BLE001 - the queue must go on; what was wrong is in the log
                lane.stumbled(error)
            await lane.rest(pause)

    async def _run_regular(self) -> None:
        while not self._closing:
            self._look.clear()
            try:
                await self._do_regular()
            except Exception as error:  # noqa: BLE001 - as above
                tell(error)
            with suppress(TimeoutError):
                async with asyncio.timeout(_NAP):
                    await self._look.wait()

    def _fill(self, lane: Lane) -> None:
        lane.fill(lambda: self._store.due(self._clock.now(), self._among(lane)), self._attempt)

    def _among(self, lane: Lane) -> Among:
        if lane is not self._lanes[COMMON]:
            return lane.among(None)
        return lane.among({kind for each in self._lanes.values() if each is not lane for kind in each.kinds})

    def _under_way(self) -> set[asyncio.Task[None]]:
        return {task for lane in self._lanes.values() for task in lane.running.values()}

    def _nap(self, lane: Lane) -> float:
        due = None if lane.full else self._store.next_due(self._among(lane))
        if due is None:
            return _NAP
        return min(_NAP, max(0.01, (due - self._clock.now()) / _SECOND))

    async def _do_regular(self) -> None:
        async with self._regularly:
            now = self._clock.now()
            for index, (pause, work) in enumerate(self._regular):
                if self._next.get(index, now) <= now:
                    self._next[index] = now + pause
                    await work()

    async def _attempt(self, job: Job) -> None:
        now = self._clock.now()
        attempt = msgspec.structs.replace(
            job, state="running", attempts=job.attempts + 1, started=job.started or now, error=""
        )
        run = Run(self, attempt, last=attempt.attempts >= self._policy(job.kind).attempts)
        await self.commit(run.job)
        try:
            handler = self._handlers.get(job.kind)
            if handler is None:
                raise JobFailed(f"nothing does jobs of the kind {job.kind}")
            await handler(run)
        except Again as error:
            await self._retry(run.job, str(error))
        except JobFailed as error:
            await self._end(run.job, "failed", str(error))
        except StorageFault:
            raise  # nothing is wrong with the job, which is begun again once the storage keeps what it is given
        except Exception as error:  # noqa: BLE001 - it is tried again, and what was wrong is in the log
            _LOG.exception("job_failed", job=job.id, kind=job.kind, attempt=run.job.attempts)
            await self._retry(run.job, f"{type(error).__name__}: {error}")
        else:
            await self._end(run.job, "done")

    async def _retry(self, job: Job, error: str) -> None:
        """Puts a job back for later, or gives it up."""
        policy = self._policy(job.kind)
        if job.attempts >= policy.attempts:
            await self._end(job, "failed", error)
            return
        later = self._clock.now() + policy.pauses[job.attempts - 1] * _SECOND
        await self.commit(msgspec.structs.replace(job, state="queued", run_after=later, error=error))

    async def _end(self, job: Job, state: str, error: str = "") -> None:
        ended = msgspec.structs.replace(job, state=state, error=error, finished=self._clock.now())
        if self._policy(job.kind).kept:
            await self.commit(ended)
        else:
            await finish(self._writer.submit(lambda transaction: self._store.remove(transaction, job.id)))

    def _policy(self, kind: str) -> Policy:
        return self._policies.get(kind) or Policy()
