from __future__ import annotations

import asyncio
import errno
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import OperationalError

from offerd.storage.protocols import StorageFault
from offerd.storage.sqlite.connections import reading_engine, writing_engine
from offerd.storage.sqlite.writer import GroupWriter, WriterClosed


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = writing_engine(tmp_path)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes (n INTEGER PRIMARY KEY)"))
    return engine


@pytest.fixture
def commits(engine: Engine) -> list[int]:
    """Grows by one at each COMMIT."""
    seen: list[int] = []
    event.listen(engine, "commit", lambda _: seen.append(1))
    return seen


@pytest.fixture
def writer(engine: Engine, commits: list[int]) -> Iterator[GroupWriter]:
    writer = GroupWriter(engine, batch=8)
    yield writer
    writer.close()


def note(n: int):  # type: ignore[no-untyped-def]
    def work(connection: Connection) -> int:
        connection.execute(text("INSERT INTO notes VALUES (:n)"), {"n": n})
        return n

    return work


def notes(folder: Path) -> list[int]:
    with reading_engine(folder).connect() as connection:
        return list(connection.scalars(text("SELECT n FROM notes ORDER BY n")))


class Gate:
    """A unit of work that holds the writer until it is opened."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.open = threading.Event()

    def __call__(self, connection: Connection) -> None:
        self.entered.set()
        assert self.open.wait(30)


async def gathered(writer: GroupWriter, works: list) -> list:  # type: ignore[type-arg]
    """Hands in all units while the writer is busy, so that they wait together."""
    gate = Gate()
    first = asyncio.ensure_future(writer.submit(gate))
    await asyncio.to_thread(gate.entered.wait, 30)
    rest = [asyncio.ensure_future(writer.submit(work)) for work in works]
    await asyncio.sleep(0)
    gate.open.set()
    await first
    return await asyncio.gather(*rest, return_exceptions=True)


def test_what_waits_is_committed_together(writer: GroupWriter, commits: list[int], tmp_path: Path) -> None:
    assert asyncio.run(gathered(writer, [note(n) for n in range(8)])) == list(range(8))
    assert len(commits) == 2  # the gate's, and one for all eight
    assert notes(tmp_path) == list(range(8))


def test_a_transaction_takes_no_more_than_a_batch(writer: GroupWriter, commits: list[int]) -> None:
    asyncio.run(gathered(writer, [note(n) for n in range(20)]))
    assert len(commits) == 1 + 3


def test_a_unit_that_fails_undoes_only_itself(writer: GroupWriter, tmp_path: Path) -> None:
    def half(connection: Connection) -> None:
        note(50)(connection)
        raise LookupError("of its own")

    results = asyncio.run(gathered(writer, [note(1), half, note(2), note(1)]))
    assert results[0] == 1
    assert isinstance(results[1], LookupError)
    assert results[2] == 2
    assert "UNIQUE" in str(results[3])
    assert notes(tmp_path) == [1, 2]


def test_when_the_commit_fails_every_unit_failed_and_the_next_batch_works(
    writer: GroupWriter, engine: Engine, tmp_path: Path
) -> None:
    def deferred(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE child (n INTEGER REFERENCES notes DEFERRABLE INITIALLY DEFERRED)"))
        connection.execute(text("INSERT INTO child VALUES (77)"))  # found only when it is committed

    async def main() -> tuple[list[object], int]:
        return await gathered(writer, [note(1), deferred, note(2)]), await writer.submit(note(3))

    results, after = asyncio.run(main())
    assert all("FOREIGN KEY" in str(result) for result in results)
    assert after == 3
    assert notes(tmp_path) == [3]


def test_where_there_is_no_room_all_that_was_undone_is_told_so(writer: GroupWriter, tmp_path: Path) -> None:
    def fill(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE large (content)"))
        connection.execute(text("PRAGMA max_page_count = 1"))  # SQLite takes it for: no more than there are
        connection.execute(text("INSERT INTO large VALUES (zeroblob(1000000))"))

    async def main() -> tuple[list[object], int, int]:
        results = await gathered(writer, [note(1), fill, note(2)])
        return results, writer.faults, await writer.submit(note(3))

    results, faults, after = asyncio.run(main())
    assert [(type(each), each.errno, each.filename) for each in results if isinstance(each, OSError)] == [
        (StorageFault, errno.ENOSPC, "offerd.db")
    ] * 3
    assert "full" in str(results[0])
    assert (faults, after) == (1, 3)
    assert notes(tmp_path) == [3]


def test_what_cannot_be_written_is_a_fault_of_the_storage_and_a_wrong_statement_is_not(writer: GroupWriter) -> None:
    def wrong(connection: Connection) -> None:
        connection.execute(text("INSERT INTO nowhere VALUES (1)"))

    def unwritable(connection: Connection) -> None:
        connection.execute(text("PRAGMA query_only = ON"))
        try:
            note(3)(connection)
        finally:
            connection.execute(text("PRAGMA query_only = OFF"))

    async def main() -> list[tuple[object, int]]:
        told: list[tuple[object, int]] = []
        for work in (note(1), note(1), wrong, unwritable):
            told += zip(await asyncio.gather(writer.submit(work), return_exceptions=True), [writer.faults], strict=True)
        return told

    told = asyncio.run(main())
    assert [(isinstance(result, StorageFault), faults) for result, faults in told] == [
        (False, 0), (False, 0), (False, 0), (True, 1),
    ]  # fmt: skip
    assert isinstance(told[3][0], StorageFault)
    assert told[3][0].errno == errno.EROFS


def test_a_result_is_given_only_after_the_commit(writer: GroupWriter, tmp_path: Path) -> None:
    async def main() -> None:
        for n in range(5):
            await writer.submit(note(n))
            assert n in notes(tmp_path)

    asyncio.run(main())


def test_closing_commits_what_waits(engine: Engine, tmp_path: Path) -> None:
    writer = GroupWriter(engine, batch=2)

    async def main() -> list[int]:
        gate = Gate()
        first = asyncio.ensure_future(writer.submit(gate))
        await asyncio.to_thread(gate.entered.wait, 30)
        waiting = [asyncio.ensure_future(writer.submit(note(n))) for n in range(7)]
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(asyncio.to_thread(writer.close))
        gate.open.set()
        await closing
        await first
        return await asyncio.gather(*waiting)

    assert asyncio.run(main()) == list(range(7))
    assert notes(tmp_path) == list(range(7))


def test_a_closed_writer_takes_nothing(engine: Engine) -> None:
    writer = GroupWriter(engine)
    writer.close()
    writer.close()

    with pytest.raises(WriterClosed):
        asyncio.run(writer.submit(note(1)))


def test_work_whose_caller_has_gone_is_committed(writer: GroupWriter, tmp_path: Path) -> None:
    async def leaving() -> None:
        gate = Gate()
        first = asyncio.ensure_future(writer.submit(gate))
        await asyncio.to_thread(gate.entered.wait, 30)
        left = asyncio.ensure_future(writer.submit(note(1)))
        await asyncio.sleep(0)
        left.cancel()
        gate.open.set()
        await first
        await writer.submit(note(2))

    asyncio.run(leaving())
    assert notes(tmp_path) == [1, 2]


def test_a_loop_that_was_closed_does_not_stop_the_writer(writer: GroupWriter, tmp_path: Path) -> None:
    gate = Gate()

    async def abandon() -> None:
        asyncio.ensure_future(writer.submit(gate))  # noqa: RUF006 - left behind on purpose
        await asyncio.to_thread(gate.entered.wait, 30)

    asyncio.run(abandon())
    gate.open.set()
    assert asyncio.run(writer.submit(note(4))) == 4
    assert notes(tmp_path) == [4]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_writer_that_fails_tells_everybody_who_waits(engine: Engine) -> None:
    writer = GroupWriter(engine, batch=1)

    def fail(_: int) -> None:
        raise SystemExit

    async def main() -> list[object]:
        gate = Gate()
        first = asyncio.ensure_future(writer.submit(gate))
        await asyncio.to_thread(gate.entered.wait, 30)
        writer.watch(fail)
        second = asyncio.ensure_future(writer.submit(note(1)))
        await asyncio.sleep(0)
        gate.open.set()
        return await asyncio.gather(first, second, return_exceptions=True)

    first, second = asyncio.run(main())
    assert first is None
    assert isinstance(second, WriterClosed)
    assert not writer.alive
    with pytest.raises(WriterClosed):
        asyncio.run(writer.submit(note(2)))
    writer.close()


def test_an_error_does_not_tell_what_a_statement_was_given(writer: GroupWriter) -> None:
    def work(connection: Connection) -> None:
        connection.execute(text("INSERT INTO nowhere VALUES (:who)"), {"who": "ann@example.com"})

    with pytest.raises(OperationalError) as caught:
        asyncio.run(writer.submit(work))
    assert "ann" not in str(caught.value)
