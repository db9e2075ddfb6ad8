"""Batches: each person of an audience once in the result, whenever the server is killed."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest
from pyarrow import parquet

from offerd.model.person import Identity
from offerd.model.request import Ask, Request
from offerd.services import batches
from offerd.services.batches import BatchService
from offerd.services.clock import ManualClock
from offerd.services.decisioning import DecisionService
from offerd.services.errors import NotFound
from offerd.services.events import Shape
from offerd.services.house import House
from offerd.services.jobs import JobService
from offerd.services.parquet import ParquetFile
from offerd.settings import Settings

START = 1_767_268_800_000_000
PEOPLE = 150  # more than two chunks
CATALOGUE = {
    "placements": {"hero": {}},
    "audiences": {"grown": "age >= 18", "listed": {"imported": True}, "old": {"imported": True, "status": "archived"}},
    "offers": {"mug": {"status": "approved", "caps": [{"id": "few", "limit": 40}]}},
    "fallbacks": {"plain": {}},
    "activities": {"home": {
        "status": "live", "placements": ["hero"], "fallback": "plain", "selections": [{"offers": ["mug"]}]}},
}  # fmt: skip
REQUEST = Request(asks=[Ask(activity="home", placement="hero")])


def columns(arrow):
    return arrow.schema([("profile", arrow.string()), ("offer", arrow.string()), ("batch", arrow.string())])


def encoder(workspace, *, batch=None, content=True):
    return lambda decision: {
        "profile": decision.profile, "offer": decision.propositions[0].items[0].offer, "batch": batch
    }  # fmt: skip


async def opened(folder):
    house = await House.open(folder, Settings(), ManualClock(START))
    house.events.register(Shape("plain", encoder, columns))
    return house


async def filled(folder):
    """A house with people, one in three of whom is grown; all are listed."""
    house = await opened(folder)
    await house.catalogue.apply("default", CATALOGUE, author="test")
    people = [
        {"identities": [{"namespace": "n", "id": str(number)}], "attributes": {"age": 9 * (number % 3)}}
        for number in range(PEOPLE)
    ]
    await asyncio.gather(*(house.profiles.put("default", None, one) for one in people))
    await house.members.change(
        "default", "listed", join=[Identity(namespace="n", id=str(number)) for number in range(PEOPLE)]
    )
    return house


async def submitted(house, audience):
    return await house.batches.submit("default", audience, REQUEST, shape="plain", facts={"dataset": "d"})


async def finished(house, job):
    await house.jobs.drain()
    return house.batches.read("default", job.id)


def rows(house, job):
    return parquet.read_table(house.batches.result("default", job.id)).to_pylist()


def run(work):
    return asyncio.run(work)


async def all_of(folder, audience):
    house = await filled(folder)
    try:
        job = await submitted(house, audience)
        done = await finished(house, job)
        return done, rows(house, job), list((folder / "batches").iterdir())
    finally:
        await house.close()


def test_everybody_of_an_imported_audience_is_in_the_result_once(tmp_path):
    job, found, left = run(all_of(tmp_path / "data", "listed"))
    assert (job.state, job.done) == ("done", PEOPLE)
    assert len({row["profile"] for row in found}) == len(found) == PEOPLE
    assert {row["batch"] for row in found} == {job.id}
    assert sum(row["offer"] == "mug" for row in found) == 40
    assert [path.name for path in left] == [f"{job.id}.parquet"]


def test_an_audience_may_be_a_rule(tmp_path):
    job, found, _ = run(all_of(tmp_path / "data", "grown"))
    assert (job.done, len(found)) == (PEOPLE // 3, PEOPLE // 3)


def test_an_audience_without_anybody_has_an_empty_result(tmp_path):
    job, found, _ = run(all_of(tmp_path / "data", "old"))
    assert (job.state, found) == ("done", [])


def test_an_unknown_audience_or_shape_is_refused(tmp_path):
    async def go():
        house = await opened(tmp_path / "data")
        try:
            with pytest.raises(NotFound):
                await submitted(house, "nobody")
            with pytest.raises(NotFound):
                await house.batches.submit("default", "nobody", REQUEST, shape="none")
            with pytest.raises(NotFound):
                house.batches.result("default", "nobody")
        finally:
            await house.close()

    run(go())


def test_what_failed_is_tried_again_and_nobody_is_decided_for_twice(tmp_path, monkeypatch):
    async def go():
        house = await filled(tmp_path / "data")
        try:
            decide, calls = house.decisioning.decide, []

            async def failing(*args, **more):
                calls.append(args)
                if len(calls) == 10:
                    raise RuntimeError("the tenth")
                return await decide(*args, **more)

            monkeypatch.setattr(house.decisioning, "decide", failing)
            job = await finished(house, await submitted(house, "listed"))
            assert (job.state, job.error) == ("queued", "RuntimeError: the tenth")
            house.clock.advance(seconds=60)
            job = await finished(house, job)
            assert (job.state, len(calls)) == ("done", PEOPLE + 1)
            return rows(house, job)
        finally:
            await house.close()

    found = run(go())
    assert len({row["profile"] for row in found}) == len(found) == PEOPLE


def test_whoever_was_erased_meanwhile_is_not_in_the_result(tmp_path, monkeypatch):
    async def go():
        house = await filled(tmp_path / "data")
        try:
            write, gone = house.batches._write, []

            async def after_erasing(run):
                gone.append(house.profiles.find_identity("default", Identity(namespace="n", id="7")).id)
                await house.profiles.erase("default", gone[0])
                await write(run)

            monkeypatch.setattr(house.batches, "_write", after_erasing)
            job = await finished(house, await submitted(house, "listed"))
            return gone[0], rows(house, job)
        finally:
            await house.close()

    gone, found = run(go())
    assert len(found) == PEOPLE - 1
    assert gone not in {row["profile"] for row in found}


# The kills: a process that ends itself with SIGKILL, in a state of the batch.


def die(*_args, **_more):
    os.kill(os.getpid(), signal.SIGKILL)


def killing(method, times):
    """A method that kills the process when it is called for the nth time."""
    calls = []

    def killed(*args, **more):
        calls.append(args)
        if len(calls) == times:
            die()
        return method(*args, **more)

    return killed


def dying_after(method, times):
    """A method that kills the process when it was called for the nth time."""
    calls = []

    def killed(*args, **more):
        done = method(*args, **more)
        calls.append(args)
        if len(calls) == times:
            die()
        return done

    return killed


KILLS = {
    "queued": (JobService, "_attempt", 1, killing),
    "running": (BatchService, "_run", 1, killing),
    "at the first decision": (BatchService, "_one", 1, killing),
    "in the transaction of a decision": (batches, "_report", 40, killing),
    "after the answer to a decision": (DecisionService, "_settle", 40, dying_after),
    "before a part is whole": (BatchService, "_keep_part", 2, killing),
    "after a part is written": (BatchService, "_keep_part", 2, dying_after),
    "when the result is begun": (BatchService, "_write", 1, killing),
    "while the result is written": (ParquetFile, "write", 2, killing),
    "before the result has its name": (ParquetFile, "__exit__", 1, killing),
    "after the result has its name": (BatchService, "_tidy", 1, killing),
    "when all is done but said": (JobService, "_end", 1, killing),
}


async def killed(folder, point):
    """What the process does that is to be killed."""
    owner, name, times, way = KILLS[point]
    setattr(owner, name, way(getattr(owner, name), times))
    house = await opened(folder)
    await submitted(house, "listed")
    await house.jobs.drain()
    raise AssertionError("it was to be killed")


SCRIPT = """
import importlib.util, sys, asyncio, pathlib
spec = importlib.util.spec_from_file_location("killing", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
asyncio.run(module.killed(pathlib.Path(sys.argv[2]), sys.argv[3]))
"""


@pytest.mark.parametrize("point", KILLS)
def test_a_batch_that_was_killed_ends_with_everybody_once(tmp_path, point):
    folder = tmp_path / "data"
    run(closed(folder))
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, __file__, str(folder), point], capture_output=True, check=False, timeout=60
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    found, decided = run(resumed(folder))
    assert len({row["profile"] for row in found}) == len(found) == PEOPLE
    assert decided == PEOPLE
    assert sum(row["offer"] == "mug" for row in found) == 40


async def closed(folder):
    house = await filled(folder)
    await house.close()


async def resumed(folder):
    house = await opened(folder)
    try:
        await house.jobs.drain()
        (job,) = house.jobs.list("default", kind=batches.KIND).jobs
        assert job.state == "done", job.error
        made = sum(len(page) for page in house.events.decisions("default"))
        return rows(house, job), made
    finally:
        await house.close()
