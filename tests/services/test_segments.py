"""Counts of audiences: made by a job, kept with their age, and never asked by a decision."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from offerd.engine.sight import Sight
from offerd.model.request import Ask, Pretence, Request
from offerd.services import segments
from offerd.services.clock import ManualClock
from offerd.services.errors import NotFound
from offerd.services.house import House
from offerd.settings import Settings

pytestmark = pytest.mark.anyio

AUDIENCES = {
    "audiences": {
        "regulars": "orders >= 3",
        "friends": 'inSegment("regulars") and inSegment("news")',
        "news": {"imported": True},
        "gone": {"rule": "orders >= 0", "status": "archived"},
    }
}


@pytest.fixture
async def house(tmp_path: Path, clock: ManualClock) -> AsyncIterator[House]:
    opened = await House.open(tmp_path / "data", Settings(), clock)
    await opened.catalogue.apply("default", AUDIENCES, author="t")
    yield opened
    await opened.close()


@pytest.fixture
def people(house: House) -> Callable[..., Awaitable[None]]:
    """Makes people: `people(3, 5)` is two of them with so many orders; every second one reads the news."""

    async def make(*orders: int) -> None:
        for number, each in enumerate(orders):
            document: dict[str, Any] = {"attributes": {"orders": each}}
            if number % 2:
                document["memberships"] = [{"audience": "news"}]
            await house.profiles.put("default", f"crm:{number}", document)

    return make


async def test_nobody_has_counted_at_first(house: House) -> None:
    found = house.segments.count("default", "regulars")
    assert (found.members, found.counted, found.age, found.imported) == (None, None, None, False)


async def test_a_job_counts_and_the_count_has_an_age(house: House, people: Any, clock: ManualClock) -> None:
    await people(1, 3, 5, 7, 2)
    job = await house.segments.submit("default", "regulars")
    assert house.segments.count("default", "regulars").job == job.id
    await house.jobs.drain()
    clock.advance(minutes=7)
    found = house.segments.count("default", "regulars")
    assert (found.members, found.profiles, found.age, found.job) == (3, 5, 420, None)
    assert found.counted is not None
    assert found.counted.isoformat() == "2026-01-01T12:00:00+00:00"
    assert found.revision == house.catalogue.catalogue("default").revision


async def test_others_have_their_turn_however_many_audiences_there_are(
    house: House, people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = {f"a{number}": f"orders > {number}" for number in range(segments.TURN * 3)}
    await house.catalogue.apply("default", {"audiences": many}, author="t")
    await people(1, segments.TURN * 2)
    turns, asked = 0, Counter[int]()
    looked = Sight.in_audience

    def look(sight: Sight, audience: str) -> bool:
        asked[turns] += audience in many  # others are asked by rules, too
        return looked(sight, audience)

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(Sight, "in_audience", look)
    async with asyncio.TaskGroup() as group:
        turning = group.create_task(turn())
        await house.segments.refresh()
        await house.jobs.drain()
        turning.cancel()
    assert house.segments.count("default", "a0").members == 2
    assert house.segments.count("default", f"a{segments.TURN * 2 - 1}").members == 1
    assert asked.total() == 2 * len(many)
    assert max(asked.values()) <= segments.TURN


async def test_rules_that_ask_other_audiences_and_parents_are_counted_as_decisions_ask_them(
    house: House, people: Any
) -> None:
    await people(1, 3, 5, 7)
    parent = await house.profiles.put("default", "crm:company", {"attributes": {"orders": 9}})
    await house.profiles.put("default", "crm:child", {"parent": parent.id, "memberships": [{"audience": "news"}]})
    for audience in ("regulars", "friends"):
        await house.segments.submit("default", audience)
    await house.jobs.drain()
    assert house.segments.count("default", "regulars").members == 5
    assert house.segments.count("default", "friends").members == 3


async def test_an_imported_audience_is_counted_at_once_in_the_same_shape(house: House, people: Any) -> None:
    await people(1, 3, 5, 7, 9)
    found = house.segments.count("default", "news")
    assert (found.imported, found.members, found.profiles, found.age) == (True, 2, 5, 0)
    await house.profiles.put("default", "crm:x", {"memberships": [{"audience": "unlisted"}]})
    assert house.segments.count("default", "unlisted").members == 1


async def test_an_audience_that_is_not_there_has_no_count(house: House) -> None:
    with pytest.raises(NotFound):
        house.segments.count("default", "nobody")
    with pytest.raises(NotFound):
        await house.segments.submit("default", "nobody")


async def test_an_audience_is_not_counted_twice_at_a_time(house: House, people: Any) -> None:
    await people(1)
    first = await house.segments.submit("default", "regulars")
    assert (await house.segments.submit("default", "regulars")).id == first.id
    await house.jobs.drain()
    assert (await house.segments.submit("default", "regulars")).id != first.id
    await house.jobs.drain()


async def test_all_rules_are_counted_every_day_in_one_job(house: House, people: Any, clock: ManualClock) -> None:
    await people(3, 3, 3)
    await house.segments.refresh()
    await house.segments.refresh()
    await house.jobs.drain()
    assert len(house.jobs.list("default", kind=segments.KIND).jobs) == 1
    assert house.segments.count("default", "friends").members == 1
    clock.advance(hours=23, minutes=59)
    await house.segments.refresh()
    assert len(house.jobs.list("default", kind=segments.KIND).jobs) == 1
    clock.advance(minutes=1)
    await house.segments.refresh()
    await house.jobs.drain()
    assert len(house.jobs.list("default", kind=segments.KIND).jobs) == 2
    assert house.segments.count("default", "regulars").age == 0


async def test_the_queue_counts_by_itself_after_an_hour(house: House, people: Any, clock: ManualClock) -> None:
    await people(3)
    await house.jobs.drain()
    clock.advance(hours=1)
    await house.jobs.drain()
    assert house.segments.count("default", "regulars").members == 1


async def test_a_new_rule_makes_the_counts_due(house: House, people: Any) -> None:
    await people(3)
    await house.segments.refresh()
    await house.jobs.drain()
    await house.catalogue.apply("default", {"audiences": {"new": "orders = 3"}}, author="t")
    await house.segments.refresh()
    await house.jobs.drain()
    assert house.segments.count("default", "new").members == 1


async def test_archived_audiences_and_empty_workspaces_are_not_counted_regularly(house: House, people: Any) -> None:
    await house.segments.refresh()
    assert house.jobs.list("default", kind=segments.KIND).jobs == []
    await people(3)
    await house.segments.refresh()
    await house.jobs.drain()
    assert house.segments.count("default", "gone").members is None
    await house.segments.submit("default", "gone")
    await house.jobs.drain()
    assert house.segments.count("default", "gone").members == 0


async def test_nothing_is_counted_where_the_settings_say_never(tmp_path: Path, clock: ManualClock) -> None:
    house = await House.open(tmp_path / "data", Settings(segment_hours=0), clock)
    await house.catalogue.apply("default", AUDIENCES, author="t")
    await house.profiles.put("default", "crm:1", {"attributes": {"orders": 3}})
    await house.segments.refresh()
    assert house.jobs.list("default", kind=segments.KIND).jobs == []
    await house.close()


async def test_counts_survive_a_restart(house: House, people: Any, clock: ManualClock, tmp_path: Path) -> None:
    await people(3, 4)
    await house.segments.submit("default", "regulars")
    await house.jobs.drain()
    await house.segments.submit("default", "friends")
    await house.jobs.drain()
    before = [house.segments.count("default", name) for name in ("regulars", "friends")]
    await house.close()
    again = await House.open(tmp_path / "data", Settings(), clock)
    assert [again.segments.count("default", name) for name in ("regulars", "friends")] == before
    await again.close()


async def test_a_count_goes_on_where_it_was(house: House, people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "_PIECE", 2)
    monkeypatch.setattr(segments, "_CHUNK", 2)
    await people(*([3] * 11))
    looked: list[str] = []
    read = house.segments._store.read

    def broken(workspace: str, profile: str) -> Any:
        if len(looked) == 5 and "stop" not in looked:
            looked.append("stop")
            raise OSError("the disk went away")
        looked.append(profile)
        return read(workspace, profile)

    monkeypatch.setattr(house.segments._store, "read", broken)
    job = await house.segments.submit("default", "regulars")
    await house.jobs.drain()
    assert house.jobs.read("default", job.id).state == "queued"
    house.clock.advance(minutes=1)  # type: ignore[attr-defined]
    await house.jobs.drain()
    found = house.segments.count("default", "regulars")
    assert (found.members, found.profiles) == (11, 11)
    assert len(looked) == 11 + 1 + 1  # one piece was begun anew


async def test_membership_is_asked_when_somebody_is_decided_for_not_read_from_the_count(
    house: House, people: Any
) -> None:
    await people(3)
    await house.segments.submit("default", "regulars")
    await house.jobs.drain()
    document = {
        "placements": {"p": {}},
        "offers": {"o": {"status": "approved"}},
        "activities": {
            "a": {"status": "live", "audience": {"audience": "regulars"}, "placements": ["p"],
                  "selections": [{"offers": ["o"]}]},
        },
    }  # fmt: skip
    await house.catalogue.apply("default", document, author="t")
    await house.profiles.put("default", "crm:0", {"attributes": {"orders": 1}})
    identity = house.profiles.get("default", "crm:0").identities
    made = await house.decisioning.decide("default", Request(asks=[Ask(placement="p")], identities=identity))
    assert not any(each.items for each in made.propositions)
    pretended = Request(asks=[Ask(placement="p")], identities=identity, pretend=Pretence(audiences={"regulars": True}))
    made = await house.decisioning.decide("default", pretended)
    assert any(each.items for each in made.propositions)
    assert house.segments.count("default", "regulars").members == 1


async def test_workspaces_are_counted_by_themselves(house: House, people: Any) -> None:
    from offerd.model.place import Workspace  # noqa: PLC0415

    await house.workspaces.create(Workspace(id="other"))
    await house.catalogue.apply("other", AUDIENCES, author="t")
    await people(3, 3)
    await house.profiles.put("other", "crm:0", {"attributes": {"orders": 3}})
    await house.segments.refresh()
    await house.jobs.drain()
    assert house.segments.count("default", "regulars").members == 2
    assert house.segments.count("other", "regulars").members == 1


async def test_people_in_memory_stay_there(house: House, people: Any) -> None:
    await people(3, 3)
    house.profiles._people._known.clear()
    await house.segments.submit("default", "regulars")
    await house.jobs.drain()
    assert house.profiles._people._known == {}
