"""Lanes: jobs that do not wait for each other, so that what is short never stands behind what is long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import msgspec
import structlog

from offerd.storage.protocols import StorageFault
from offerd.storage.protocols_runtime import Among, Job

_LOG = structlog.get_logger("offerd.jobs")

#: The lane of jobs that name none, and of those whose kind nothing does.
COMMON = "common"

#: Seconds before each attempt but the first.
PAUSES = (1, 4, 16, 64)

#: Seconds that a lane rests after an error of its own.
_REST = 1.0


def tell(error: BaseException) -> None:
    """Logs an error of the queue itself; without a traceback where the storage is at fault, which may last."""
    if isinstance(error, StorageFault):
        _LOG.error("queue_stumbled", words=str(error))
    else:
        _LOG.error("queue_stumbled", exc_info=error)


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How jobs of a kind are done.

    Attributes:
        lane: whom they wait for: jobs of the same lane.
        width: how many of the lane are done at a time.
        pauses: seconds before each attempt but the first; after the last one the job has failed.
        kept: whether a job that has ended is kept to be read; otherwise it goes.
    """

    lane: str = COMMON
    width: int = 1
    pauses: tuple[int, ...] = PAUSES
    kept: bool = True

    @property
    def attempts(self) -> int:
        """How often a job is begun before it has failed."""
        return len(self.pauses) + 1


class Lane:
    """The jobs of some kinds that are on their way.

    Args:
        width: how many at a time.

    Attributes:
        kinds: of its jobs.
        running: what is being done, by the job's id.
        awake: set when there may be something to do.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._stumbled = False
        self.kinds: set[str] = set()
        self.running: dict[str, asyncio.Task[None]] = {}
        self.awake = asyncio.Event()

    def fill(self, due: Callable[[], Job | None], attempt: Callable[[Job], Coroutine[Any, Any, None]]) -> None:
        """Begins what is due, while there is room.

        Args:
            due: gives the next job that is not being done.
            attempt: does it.
        """
        while len(self.running) < self._width and (job := due()) is not None:
            task = asyncio.get_running_loop().create_task(attempt(job), name=f"offerd-job-{job.kind}")
            self.running[job.id] = task
            task.add_done_callback(partial(self._left, job.id))

    async def rest(self, seconds: float) -> None:
        """Waits until there may be something to do, `seconds` at most; longer where something went wrong."""
        if self._stumbled:
            self._stumbled = False
            await asyncio.sleep(_REST)
            return
        # Not `wait_for`, which in Python 3.11 may lose a cancellation that comes together with the event.
        try:
            async with asyncio.timeout(seconds):
                await self.awake.wait()
        except TimeoutError:
            return

    def stumbled(self, error: BaseException) -> None:
        """Notes an error of the queue itself."""
        self._stumbled = True
        tell(error)

    @property
    def full(self) -> bool:
        """Whether nothing more is begun before something ends."""
        return len(self.running) >= self._width

    def among(self, others: set[str] | None) -> Among:
        """Which jobs are its own and not being done.

        Args:
            others: for the common lane, the kinds of all other lanes; None for those.
        """
        kinds = frozenset(self.kinds if others is None else others)
        return Among(kinds=kinds, but=others is not None, busy=frozenset(self.running))

    def _left(self, job: str, task: asyncio.Task[None]) -> None:
        del self.running[job]
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.stumbled(error)
        self.awake.set()
