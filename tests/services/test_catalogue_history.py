from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from offerd import engine
from offerd.model.codec import Fault
from offerd.model.place import Workspace
from offerd.services.catalogue import CatalogueService
from offerd.services.clock import ManualClock, instant
from offerd.services.errors import InvalidDocument, NotFound, Unprocessable
from offerd.services.house import House
from offerd.settings import Settings

pytestmark = pytest.mark.anyio

WS = "default"


@pytest.fixture
async def catalogue(house: House, clock: ManualClock) -> CatalogueService:
    """Four revisions: two offers, one of them changed, the other deleted, and made anew."""
    service = house.catalogue
    await service.apply(WS, {"offers": {"a": {"priority": 1, "ids": {"crm": "1"}}, "b": {"name": "B"}}}, author="ada")
    clock.advance(hours=1)
    await service.patch(WS, "offers", "a", {"priority": 2, "eligible": "age > 2"}, author="bob", message="more")
    await service.delete(WS, "offers", "b", author="ada")
    await service.apply(WS, {"offers": {"b": {}}, "tags": {"t": {}}}, author="ada")
    return service


async def test_revisions_are_listed_with_author_time_and_message(
    catalogue: CatalogueService, clock: ManualClock
) -> None:
    page = catalogue.revisions(WS, limit=3)
    assert [(one.number, one.author, one.message) for one in page.revisions] == [
        (4, "ada", ""),
        (3, "ada", ""),
        (2, "bob", "more"),
    ]
    assert page.revisions[0].at == instant(clock.now())
    rest = catalogue.revisions(WS, limit=3, cursor=page.cursor)
    assert [one.number for one in rest.revisions] == [1]
    assert rest.cursor is None
    for cursor in ("x", "-1", "9" * 30):
        with pytest.raises(Unprocessable):
            catalogue.revisions(WS, cursor=cursor)


async def test_a_revision_says_what_it_changed(catalogue: CatalogueService) -> None:
    (first,) = (await catalogue.revision(WS, 2)).changes
    assert (first.kind, first.id, first.what) == ("offers", "a", "changed")
    assert [(step.pointer, step.after) for step in first.changes] == [
        ("/priority", 2),
        ("/eligible", {"pql": "age > 2"}),
    ]
    (gone,) = (await catalogue.revision(WS, 3)).changes
    assert (gone.what, gone.changes[0].before["name"]) == ("deleted", "B")
    back = (await catalogue.revision(WS, 4)).changes
    assert [(one.id, one.what) for one in back] == [("b", "created"), ("t", "created")]
    with pytest.raises(NotFound):
        await catalogue.revision(WS, 5)


async def test_any_two_revisions_can_be_compared(catalogue: CatalogueService) -> None:
    forth = await catalogue.compare_revisions(WS, 1, 4)
    assert [(one.kind, one.id, one.what) for one in forth] == [
        ("offers", "a", "changed"),
        ("offers", "b", "changed"),
        ("tags", "t", "created"),
    ]
    back = await catalogue.compare_revisions(WS, 4, 0)
    assert {one.what for one in back} == {"deleted"}
    assert len(back) == 3
    assert await catalogue.compare_revisions(WS, 2, 2) == []
    with pytest.raises(NotFound):
        await catalogue.compare_revisions(WS, 1, 9)


async def test_a_catalogue_can_be_seen_as_it_was(catalogue: CatalogueService) -> None:
    assert await catalogue.export(WS, revision=1) == {
        "offers": {"a": {"ids": {"crm": "1"}, "priority": 1}, "b": {"name": "B"}}
    }
    assert list((await catalogue.export(WS, revision=3))["offers"]) == ["a"]
    assert await catalogue.export(WS, revision=0) == {}
    assert await catalogue.export(WS, revision=4) == await catalogue.export(WS)
    with pytest.raises(NotFound):
        await catalogue.export(WS, revision=5)


async def test_an_old_snapshot_decides_as_it_did(catalogue: CatalogueService) -> None:
    old = await catalogue.at(WS, 1)
    assert (old.revision, old.offers["a"].offer.priority, old.offers["a"].eligible) == (1, 1, None)
    assert await catalogue.at(WS, 1) is old
    assert await catalogue.at(WS, 4) is catalogue.snapshot(WS)
    for number in (2, 3, 0):
        assert (await catalogue.at(WS, number)).revision == number
    with pytest.raises(NotFound):
        await catalogue.at(WS, 99)


async def test_an_old_snapshot_is_compiled_aside_and_once(
    catalogue: CatalogueService, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_, threads = engine.compile, []

    def watched(*given: Any, **more: Any) -> engine.Snapshot:
        threads.append(threading.current_thread())
        return compile_(*given, **more)

    monkeypatch.setattr(engine, "compile", watched)
    first, second = await asyncio.gather(catalogue.at(WS, 2), catalogue.at(WS, 2))
    assert first is second is await catalogue.at(WS, 2)
    assert (first.revision, first.offers["a"].offer.priority) == (2, 2)
    assert await catalogue.at(WS, 4) is catalogue.snapshot(WS)
    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()
    with pytest.raises(NotFound):
        await catalogue.at(WS, 99)


async def test_only_the_last_old_snapshots_are_kept(catalogue: CatalogueService, house: House) -> None:
    for number in range(4):
        await catalogue.patch(WS, "offers", "a", {"priority": 10 + number}, author="ada")
    first = await catalogue.at(WS, 1)
    for number in (2, 3, 4):
        await catalogue.at(WS, number)
    assert await catalogue.at(WS, 1) is first
    await catalogue.at(WS, 5)
    second = await catalogue.at(WS, 2)
    await house.workspaces.replace(Workspace(id=WS, zone="Asia/Tokyo"))
    assert await catalogue.at(WS, 2) is not second
    assert str((await catalogue.at(WS, 2)).zone) == "Asia/Tokyo"
    assert await catalogue.at(WS, 1) is not first


async def test_an_offer_is_read_as_it_was(house: House) -> None:
    catalogue, here = house.catalogue, {"inline": {"b": {"name": "in the activity"}}}
    await catalogue.apply(WS, {"offers": {"a": {"eligible": "age > 1"}, "b": {"name": "its own"}}}, author="x")
    named, plain = {"inline": {"c": {"name": "in the selection"}}}, {"offers": ["a"]}
    activities = {"play": {"selections": [here, "named", plain]}}
    await catalogue.apply(WS, {"selections": {"named": named}, "activities": activities}, author="x")
    await catalogue.patch(WS, "offers", "a", {"eligible": "age > 2"}, author="x")
    await catalogue.patch(WS, "selections", "named", {"inline": {"c": {"name": "other"}}}, author="x")
    await catalogue.delete(WS, "activities", "play", author="x")
    asked = [("a", None), ("a", "play"), ("b", None), ("b", "play"), ("c", "play"), ("play#b", None), ("play#c", None)]
    for number in range(6):
        read = [catalogue.offer_at(WS, number, *each) for each in asked]
        whole = await catalogue.at(WS, number)
        assert read == [whole.offer(*each) for each in asked]
        assert [catalogue.offer_at(WS, number, *each) for each in asked] == read
    with pytest.raises(NotFound):
        catalogue.offer_at(WS, 99, "a")


async def test_rolling_back_is_a_new_revision_with_the_old_content_and_ids(catalogue: CatalogueService) -> None:
    first = (await catalogue.at(WS, 1)).offers["b"].offer
    written = await catalogue.rollback(WS, 1, "eve")
    assert written.revision == 5
    assert await catalogue.export(WS, ids=True) == await catalogue.export(WS, revision=1, ids=True)
    assert await catalogue.compare_revisions(WS, 1, 5) == []
    restored = catalogue.get(WS, "offers", "b")
    assert (restored.ids, restored.modified_by) == (first.ids, "eve")
    assert catalogue.find_foreign(WS, "time", first.ids["time"]) == ("offers", restored)
    assert (await catalogue.revision(WS, 5)).message == "Back to revision 1"
    again = await catalogue.rollback(WS, 1, "eve")
    assert (again.revision, again.changes) == (5, [])


async def test_a_deleted_object_comes_back_with_its_creation(catalogue: CatalogueService) -> None:
    created = catalogue.get(WS, "tags", "t").created
    await catalogue.delete(WS, "tags", "t", author="a")
    await catalogue.rollback(WS, 4, "eve", message="back")
    restored = catalogue.get(WS, "tags", "t")
    assert (restored.version, restored.created, restored.created_by) == (2, created, "ada")


async def test_rolling_back_to_nothing_empties_the_catalogue(catalogue: CatalogueService) -> None:
    await catalogue.rollback(WS, 0, "eve")
    assert await catalogue.export(WS) == {}
    with pytest.raises(NotFound):
        await catalogue.rollback(WS, 99, "eve")


async def test_what_was_right_then_and_is_wrong_now_is_not_rolled_back_to(
    catalogue: CatalogueService,
) -> None:
    now: list[Fault] = []
    catalogue.register_extension("wire", "tags", lambda _: now)
    await catalogue.replace(WS, "tags", {"extensions": {"wire": {}}}, id="t", author="a")
    await catalogue.delete(WS, "tags", "t", author="a")
    now.append(Fault("", "not any more"))
    with pytest.raises(InvalidDocument, match="not any more"):
        await catalogue.rollback(WS, 5, "eve")
    assert catalogue.catalogue(WS).revision == 6


async def test_history_goes_on_after_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    house = await House.open(tmp_path / "h", Settings(), clock)
    await house.catalogue.apply(WS, {"offers": {"a": {"priority": 1}}}, author="a")
    number = house.catalogue.get(WS, "offers", "a").ids["number"]
    await house.close()
    house = await House.open(tmp_path / "h", Settings(), clock)
    await house.catalogue.patch(WS, "offers", "a", {"priority": 2}, author="a")
    other = await house.catalogue.create(WS, "offers", {}, author="a")
    assert int(other.ids["number"]) == int(number) + 1
    assert [step.before for step in (await house.catalogue.revision(WS, 2)).changes[0].changes] == [1]
    await house.close()
