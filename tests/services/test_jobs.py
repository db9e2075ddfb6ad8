"""Lanes of the job queue, and what is kept of jobs that have ended."""

from __future__ import annotations

import asyncio
import errno
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from offerd.services.jobs import Again, JobFailed, Policy, Run
from offerd.services.lanes import Lane
from offerd.storage.protocols import StorageFault

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.anyio


async def test_a_lane_does_so_many_at_a_time_and_the_oldest_first(shop: Shop) -> None:
    jobs, begun, both, gate = shop.house.jobs, [], asyncio.Event(), asyncio.Event()

    async def work(run: Run) -> None:
        begun.append(run.job.payload["number"])
        if len(begun) == 2:
            both.set()
        await gate.wait()

    jobs.register("work", work, Policy(lane="wide", width=2))
    for number in range(4):
        await jobs.submit("default", "work", {"number": number})  # All at one moment.
    draining = asyncio.create_task(jobs.drain())
    await asyncio.wait_for(both.wait(), 30)
    assert begun == [0, 1]
    assert jobs.states() == {"queued": 2, "running": 2}
    gate.set()
    await draining
    assert (begun, jobs.states()) == ([0, 1, 2, 3], {"done": 4})


async def test_lanes_do_not_wait_for_each_other(shop: Shop) -> None:
    jobs, order, gate = shop.house.jobs, [], asyncio.Event()

    async def long(run: Run) -> None:
        await gate.wait()
        order.append("long")

    async def short(run: Run) -> None:
        order.append("short")
        gate.set()

    jobs.register("long", long)
    jobs.register("short", short, Policy(lane="quick"))
    await jobs.submit("default", "long", {})
    await jobs.submit("default", "short", {})
    await jobs.drain()
    assert order == ["short", "long"]


async def test_a_lane_that_comes_later_is_done_too(shop: Shop) -> None:
    jobs, done = shop.house.jobs, asyncio.Event()

    async def work(run: Run) -> None:
        done.set()

    jobs.register("late", work, Policy(lane="late"))
    await jobs.submit("default", "late", {})
    await asyncio.wait_for(done.wait(), 30)


async def test_a_lane_that_is_left_out_waits(shop: Shop) -> None:
    jobs, done, other = shop.house.jobs, [], asyncio.Event()

    async def work(run: Run) -> None:
        done.append(run.job.kind)
        if run.job.kind == "common":
            other.set()

    await jobs.close()
    jobs.register("common", work)
    jobs.register("apart", work, Policy(lane="apart"))
    await jobs.submit("default", "apart", {})
    await jobs.submit("default", "common", {})
    jobs.start(without=("apart",))
    await asyncio.wait_for(other.wait(), 30)
    await jobs.close()
    assert "apart" not in done
    await jobs.drain()
    assert done[-1] == "apart"


async def test_a_kind_says_when_it_is_tried_again_and_that_nothing_is_kept(shop: Shop) -> None:
    jobs, tried = shop.house.jobs, []

    async def fail(run: Run) -> None:
        tried.append(run.last)
        raise Again("not yet")

    jobs.register("fail", fail, Policy(pauses=(10, 20), kept=False))
    job = await jobs.submit("default", "fail", {})
    await jobs.drain()
    assert jobs.read("default", job.id).error == "not yet"
    for seconds in (9, 1, 19, 1):
        shop.clock.advance(seconds=seconds)
        await jobs.drain()
    assert (tried, shop.rows("jobs")) == ([False, False, True], [])


async def test_a_job_of_no_known_kind_fails_in_the_common_lane(shop: Shop) -> None:
    jobs = shop.house.jobs

    async def never(run: Run) -> None:
        raise JobFailed("never")

    jobs.register("never", never)
    job = await jobs.submit("default", "never", {}, run_after=shop.clock.now() + 1_000_000)
    await shop.restart()
    shop.clock.advance(seconds=1)
    await shop.house.jobs.drain()
    assert shop.house.jobs.read("default", job.id).error == "nothing does jobs of the kind never"


async def test_an_error_of_the_queue_itself_is_told_and_does_not_end_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("offerd.services.lanes._REST", 0.01)
    jobs, done = shop.house.jobs, asyncio.Event()

    async def work(run: Run) -> None:
        done.set()

    jobs.register("work", work)
    commit, broken = jobs.commit, [True]

    async def failing(*words: object) -> None:
        if broken and broken.pop():
            raise OSError("the disk is full")
        await commit(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs, "commit", failing)
    job = await jobs.submit("default", "work", {})
    await asyncio.wait_for(done.wait(), 30)
    await jobs.drain()
    assert jobs.read("default", job.id).state == "done"


async def test_a_full_disk_is_told_in_one_line_and_anything_else_with_its_traceback(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("offerd.services.lanes._REST", 0.01)
    jobs, done = shop.house.jobs, asyncio.Event()
    full, bug = StorageFault(errno.ENOSPC, "database or disk is full", "offerd.db"), RuntimeError("a bug")
    left: list[Exception] = [bug, full]
    regular: list[Exception] = [full]
    commit = jobs.commit

    async def work(run: Run) -> None:
        done.set()

    async def failing(*words: object) -> None:
        if left:
            raise left.pop()
        await commit(*words)  # type: ignore[arg-type]

    async def sweep() -> None:
        raise regular.pop()

    jobs.register("work", work)
    monkeypatch.setattr(jobs, "commit", failing)
    with capture_logs() as lines:
        jobs.every(3600, sweep)
        jobs.wake()
        await jobs.submit("default", "work", {})
        await asyncio.wait_for(done.wait(), 30)
        await jobs.drain()
    words = {"event": "queue_stumbled", "log_level": "error", "words": str(full)}
    stumbled = [line for line in lines if line["event"] == "queue_stumbled"]
    assert [line for line in stumbled if "words" in line] == [words] * 2
    assert [line.get("exc_info") for line in stumbled if "words" not in line] == [bug]


async def test_a_job_is_not_given_up_because_the_storage_was_full(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("offerd.services.lanes._REST", 0.01)
    jobs, done = shop.house.jobs, asyncio.Event()
    left = [StorageFault(errno.ENOSPC, "database or disk is full", "offerd.db")] * 3

    async def work(run: Run) -> None:
        if left:
            raise left.pop()
        done.set()

    jobs.register("work", work, Policy(pauses=()))
    jobs.start()
    job = await jobs.submit("default", "work", {})
    await asyncio.wait_for(done.wait(), 30)
    await jobs.drain()
    assert jobs.read("default", job.id).state == "done"


async def test_a_lane_goes_on_though_it_could_not_look_when_the_next_job_is_due(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("offerd.services.lanes._REST", 0.01)
    jobs, done, nap = shop.house.jobs, asyncio.Event(), shop.house.jobs._nap
    left: list[Exception] = []

    def failing(lane: Lane) -> float:
        if left:
            raise left.pop()
        return nap(lane)

    async def work(run: Run) -> None:
        done.set()

    jobs.register("work", work)
    monkeypatch.setattr(jobs, "_nap", failing)
    jobs.start()
    for _ in range(2):
        left.append(RuntimeError("unreadable"))
        done.clear()
        await jobs.submit("default", "work", {})
        await asyncio.wait_for(done.wait(), 30)
        assert not left
