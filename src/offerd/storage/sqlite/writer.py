"""The one writer: commits many waiting units of work in a transaction and answers each after the commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine

from offerd.storage.protocols import StorageFault
from offerd.storage.sqlite.faults import told

T = TypeVar("T")


class WriterClosed(RuntimeError):
    """Work was handed in after the writer was closed."""


class _Unit(NamedTuple):
    work: Callable[[Connection], Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class _Outcome(NamedTuple, Generic[T]):
    unit: _Unit
    result: T | None
    error: BaseException | None


class GroupWriter:
    """A thread with the only connection that writes.

    Units that wait while a transaction is being committed go into the next one together, each within its own
    savepoint: one that raises undoes only itself. A unit's future is done after the COMMIT that made it durable.

    Args:
        engine: what connects for writing.
        batch: how many units one transaction takes at most.

    Attributes:
        faults: how many transactions the storage did not keep.
    """

    def __init__(self, engine: Engine, *, batch: int = 256) -> None:
        self.faults = 0
        self._connection = engine.connect()
        self._batch = batch
        self._queue: SimpleQueue[_Unit | None] = SimpleQueue()
        self._closed = False
        self._gate = Lock()
        self._watchers: list[Callable[[int], None]] = []
        self._thread = Thread(target=self._run, name="offerd-writer", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether work that is handed in will be done."""
        return self._thread.is_alive() and not self._closed

    def watch(self, watcher: Callable[[int], None]) -> None:
        """Has `watcher` called, on the writer's thread, with how many units each transaction held."""
        self._watchers.append(watcher)

    async def submit(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` in a transaction on the writer's thread and gives its result once that is committed.

        `work` is called once and must touch nothing that belongs to the event loop. When
        the caller is cancelled, the work may be committed all the same.

        Raises:
            WriterClosed: the writer was closed before.
            StorageFault: the storage could not keep it.
            Exception: whatever `work` raised, after what it wrote was undone; or what made the COMMIT fail.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._gate:
            if self._closed:
                raise WriterClosed("the storage is closed")
            self._queue.put(_Unit(work, future, loop))
        return await future

    def close(self) -> None:
        """Commits all that waits, then ends the thread; blocks until it has."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        units: list[_Unit] = []
        try:
            with self._connection as connection:
                while units := self._waiting():
                    outcomes = _commit(connection, units)
                    if any(isinstance(outcome.error, StorageFault) for outcome in outcomes):
                        self.faults += 1  # before its callers are told, so that they see it
                    _answer(outcomes)
                    for watcher in self._watchers:
                        watcher(len(units))
        finally:
            self._abandon(units)

    def _abandon(self, units: list[_Unit]) -> None:
        """Tells all who still wait that nobody works any more, when the thread ends before it was asked to."""
        with self._gate:
            self._closed = True
        with suppress(Empty):
            while True:
                if (unit := self._queue.get_nowait()) is not None:
                    units.append(unit)
        _answer([_Outcome(unit, None, WriterClosed("the storage has failed")) for unit in units])

    def _waiting(self) -> list[_Unit]:
        """The units of the next transaction, waiting for the first; none when the writer is closed."""
        first = self._queue.get()
        if first is None:
            return []
        units = [first]
        try:
            while len(units) < self._batch:
                if (unit := self._queue.get_nowait()) is None:
                    self._queue.put(None)
                    break
                units.append(unit)
        except Empty:
            pass
        return units


def _commit(connection: Connection, units: list[_Unit]) -> list[_Outcome[Any]]:
    """Runs units in one transaction; when that cannot be committed, all of them failed."""
    try:
        with connection.begin():
            return [_attempt(connection, unit) for unit in units]
    except Exception as error:  # noqa: BLE001 - every caller is told
        # A COMMIT that failed leaves SQLite within the transaction, which SQLAlchemy takes for ended.
        connection.connection.rollback()
        return [_Outcome(unit, None, told(error)) for unit in units]


def _attempt(connection: Connection, unit: _Unit) -> _Outcome[Any]:
    # Plain statements: `begin_nested` compiles two a unit, a tenth of what a whole decision costs.
    connection.exec_driver_sql("SAVEPOINT unit")
    try:
        result = unit.work(connection)
    except Exception as error:
        driver: Any = connection.connection.driver_connection
        if not driver.in_transaction:  # SQLite undid all of it, as it does where there is no room
            raise
        connection.exec_driver_sql("ROLLBACK TO unit")
        connection.exec_driver_sql("RELEASE unit")
        return _Outcome(unit, None, told(error))
    connection.exec_driver_sql("RELEASE unit")
    return _Outcome(unit, result, None)


def _answer(outcomes: list[_Outcome[Any]]) -> None:
    """Wakes each event loop once for all of its units."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Outcome[Any]]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome.unit.loop, []).append(outcome)
    for loop, own in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve, own)
        except RuntimeError:  # the loop is closed: nobody waits any more
            continue


def _resolve(outcomes: list[_Outcome[Any]]) -> None:
    for unit, result, error in outcomes:
        if unit.future.done():
            continue
        if error is None:
            unit.future.set_result(result)
        else:
            unit.future.set_exception(error)
