"""After a write that was not kept it is tried whether the next one would be."""

from __future__ import annotations

import asyncio
import errno
import sqlite3
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from offerd.storage.protocols import StorageFault
from offerd.storage.sqlite.connections import writing_engine
from offerd.storage.sqlite.trial import ROOM, Trial
from offerd.storage.sqlite.writer import GroupWriter


class Disk:
    """What the data folder is on, as the one connection sees it.

    Attributes:
        transactions: how many were begun.
    """

    def __init__(self, engine: Engine) -> None:
        self.transactions = 0
        self._connections: list[sqlite3.Connection] = []
        event.listen(engine, "begin", self._begin)
        event.listen(engine, "connect", lambda connection, _: self._connections.append(connection))

    def protect(self, on: bool) -> None:
        """Has nothing written, or has it again."""
        for connection in self._connections:
            connection.execute(f"PRAGMA query_only = {on:d}").close()

    def _begin(self, _: Connection) -> None:
        self.transactions += 1


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = writing_engine(tmp_path)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num TEXT PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0001')"))
    return engine


@pytest.fixture
def disk(engine: Engine) -> Disk:
    return Disk(engine)


@pytest.fixture
def writer(engine: Engine, disk: Disk) -> Iterator[GroupWriter]:
    writer = GroupWriter(engine)
    yield writer
    writer.close()


@pytest.fixture
def trial(writer: GroupWriter, tmp_path: Path) -> Trial:
    return Trial(writer, tmp_path)


def nothing(_: Connection) -> None:
    """A unit of work that writes nothing."""


def failing(_: Connection) -> None:
    raise StorageFault(errno.EIO, "disk I/O error", "offerd.db")


async def fail(writer: GroupWriter) -> None:
    with pytest.raises(StorageFault):
        await writer.submit(failing)


def test_nothing_is_tried_while_all_is_kept(writer: GroupWriter, trial: Trial, disk: Disk) -> None:
    async def main() -> bool:
        await writer.submit(nothing)
        return await trial.passed()

    assert asyncio.run(main())
    assert disk.transactions == 1


def test_it_is_tried_until_it_is_kept_and_then_no_more(writer: GroupWriter, trial: Trial, disk: Disk) -> None:
    async def main() -> list[bool]:
        disk.protect(True)
        with pytest.raises(StorageFault):
            await writer.submit(nothing)
        told = [await trial.passed(), await trial.passed()]
        disk.protect(False)
        return [*told, await trial.passed(), await trial.passed()]

    assert asyncio.run(main()) == [False, False, True, True]
    assert disk.transactions == 1  # whose BEGIN was not refused


def test_work_that_happens_to_be_kept_is_no_trial(writer: GroupWriter, trial: Trial, disk: Disk) -> None:
    async def main() -> bool:
        await fail(writer)
        await writer.submit(nothing)
        disk.protect(True)
        return await trial.passed()

    assert not asyncio.run(main())


def test_there_must_be_room_for_more_than_a_page(
    writer: GroupWriter, trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*, dir: Path) -> None:  # noqa: A002 - as `tempfile` calls it
        assert dir == tmp_path
        raise OSError(errno.ENOSPC, "No space left on device")

    async def main() -> list[bool]:
        await fail(writer)
        with monkeypatch.context() as patched:
            patched.setattr("offerd.storage.sqlite.trial.TemporaryFile", full)
            before = await trial.passed()
        return [before, await trial.passed()]

    assert asyncio.run(main()) == [False, True]
    assert {file.name.partition("-")[0] for file in tmp_path.iterdir()} == {"offerd.db"}


def test_those_who_ask_together_share_a_trial_that_does_write(
    writer: GroupWriter, trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []

    class Room(BytesIO):
        def write(self, content: Any) -> int:
            written.append(len(content))
            return super().write(content)

    monkeypatch.setattr("offerd.storage.sqlite.trial.TemporaryFile", lambda **_: Room())
    log = tmp_path / "offerd.db-wal"

    async def main() -> list[bool]:
        await fail(writer)
        return await asyncio.gather(*(trial.passed() for _ in range(9)))

    before = log.stat().st_size
    assert asyncio.run(main()) == [True] * 9
    assert written == [ROOM]
    assert log.stat().st_size > before


def test_nobody_waits_for_long(writer: GroupWriter, trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("offerd.storage.sqlite.trial._PATIENCE", 0.01)
    hung = threading.Event()

    async def main() -> bool:
        await fail(writer)
        held = asyncio.ensure_future(writer.submit(lambda _: hung.wait(30)))
        try:
            return await trial.passed()
        finally:
            hung.set()
            assert await held

    assert not asyncio.run(main())


def test_what_fails_together_with_a_trial_is_tried_again(writer: GroupWriter, trial: Trial) -> None:
    entered, gate = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        entered.set()
        assert gate.wait(30)

    async def main() -> list[bool]:
        await fail(writer)
        held = asyncio.ensure_future(writer.submit(hold))
        await asyncio.to_thread(entered.wait, 30)
        asking = asyncio.ensure_future(trial.passed())
        other = asyncio.ensure_future(fail(writer))
        for _ in range(3):  # until both are handed in: the trial is a task of a task
            await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(held, other)
        return [await asking, await trial.passed()]

    assert asyncio.run(main()) == [False, True]


def test_a_closed_writer_keeps_nothing(writer: GroupWriter, trial: Trial) -> None:
    writer.close()
    assert not asyncio.run(trial.passed())
