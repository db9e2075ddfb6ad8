from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from offerd import engine, pql
from offerd.model import codec, json
from offerd.model.offer import Offer
from offerd.model.place import Placement, Workspace
from offerd.services.catalogue import CatalogueService, Delete, Put
from offerd.services.clock import ManualClock, instant
from offerd.services.errors import Exists, InvalidDocument, NotFound, Referenced, Stale, Unprocessable
from offerd.services.house import House
from offerd.settings import Settings

pytestmark = pytest.mark.anyio

WS = "default"
SHOP: dict[str, Any] = {
    "placements": {"hero": {"content": ["html", "json"]}, "side": {}},
    "rules": {"adult": "age >= 18"},
    "audiences": {"regulars": "orders.count() >= 3"},
    "contents": {"thanks": {"type": "html", "body": "<p>Thanks</p>"}},
    "offers": {
        "ship": {
            "status": "approved",
            "eligible": 'inSegment("regulars") and context.cart.total > 40',
            "tags": ["shipping"],
            "content": {"hero": {"html": "<b>Free</b>"}},
        }
    },
    "fallbacks": {"plain": {"content": {"hero": {"ref": "thanks"}}}},
    "activities": {
        "home": {
            "status": "live",
            "placements": ["hero"],
            "audience": {"rule": "adult"},
            "selections": [{"collection": {"any_tags": ["shipping"]}}],
            "fallback": "plain",
        }
    },
}


@pytest.fixture
async def catalogue(house: House) -> CatalogueService:
    await house.catalogue.apply(WS, SHOP, author="seed")
    return house.catalogue


def tables(house: House) -> dict[str, Any]:
    """Everything that is stored."""
    names = house.storage.reader.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all()
    return {name: house.storage.reader.execute(text(f"SELECT * FROM {name}")).all() for name in names}  # noqa: S608


async def test_a_new_object_gets_its_version_times_author_and_foreign_ids(
    catalogue: CatalogueService, clock: ManualClock
) -> None:
    made = await catalogue.create(WS, "offers", {"id": "new", "ids": {"crm": "A-1"}}, author="ada")
    assert (made.version, made.created_by, made.modified_by) == (1, "ada", "ada")
    assert made.created == made.modified == instant(clock.now())
    assert list(made.ids) == ["crm", "time", "uuid", "number"]
    assert int(made.ids["time"], 16) >> 22 == clock.now() // 1000 - 1_288_834_974_657
    assert made.ids["number"].isdecimal()


async def test_a_change_makes_the_next_version_and_keeps_the_creation_and_the_ids(
    catalogue: CatalogueService, clock: ManualClock
) -> None:
    first = await catalogue.create(WS, "offers", {"id": "new", "ids": {"crm": "A-1"}}, author="ada")
    clock.advance(timedelta(hours=1))
    second = await catalogue.replace(WS, "offers", {"id": "new", "priority": 4, "version": 99}, author="bob")
    assert (second.version, second.created, second.created_by) == (2, first.created, "ada")
    assert (second.modified, second.modified_by, second.ids) == (instant(clock.now()), "bob", first.ids)


async def test_a_put_that_changes_nothing_makes_no_revision(catalogue: CatalogueService) -> None:
    before = catalogue.get(WS, "offers", "ship")
    kept: list[object] = []
    again = await catalogue.replace(
        WS, "offers", codec.tree(before), author="bob", keep=lambda _, thing: kept.append(thing)
    )
    assert again is before
    assert kept == [before]
    assert catalogue.catalogue(WS).revision == 1
    assert (await catalogue.apply(WS, SHOP, author="bob")).changes == []


async def test_an_object_that_nobody_names_gets_an_id(catalogue: CatalogueService) -> None:
    made = await catalogue.create(WS, "tags", {}, author="a")
    assert len(made.id) == 36
    assert catalogue.get(WS, "tags", made.id) is made


async def test_if_match_and_creation_are_asked(house: House, catalogue: CatalogueService) -> None:
    before = tables(house)
    with pytest.raises(Exists):
        await catalogue.create(WS, "offers", {"id": "ship"}, author="a")
    with pytest.raises(Stale) as stale:
        await catalogue.replace(WS, "offers", {"id": "ship"}, author="a", if_version=7)
    assert stale.value.version == 1
    with pytest.raises(NotFound):
        await catalogue.replace(WS, "offers", {"id": "nope"}, author="a", create=False)
    with pytest.raises(NotFound):
        await catalogue.replace(WS, "offers", {"id": "nope"}, author="a", if_version=1)
    with pytest.raises(Stale):
        await catalogue.delete(WS, "offers", "ship", author="a", if_version=2)
    with pytest.raises(Stale):
        await catalogue.patch(WS, "offers", "ship", {"priority": 1}, author="a", if_version=2)
    assert tables(house) == before
    assert (await catalogue.replace(WS, "offers", {"id": "ship"}, author="a", if_version=1)).version == 2


@pytest.mark.parametrize("kind", ["things", "", "Offers"])
async def test_there_are_only_the_kinds_of_the_model(catalogue: CatalogueService, kind: str) -> None:
    with pytest.raises(NotFound):
        await catalogue.create(WS, kind, {}, author="a")
    with pytest.raises(NotFound):
        catalogue.get(WS, kind, "x")


async def test_the_catalogues_of_workspaces_do_not_meet(house: House, catalogue: CatalogueService) -> None:
    await house.workspaces.create(Workspace(id="other"))
    assert catalogue.catalogue("other").objects == {}
    await catalogue.create("other", "offers", {"id": "ship"}, author="a")
    assert catalogue.get("other", "offers", "ship").version == 1
    assert catalogue.catalogue(WS).revision == 1
    with pytest.raises(NotFound):
        catalogue.snapshot("nowhere")


async def test_the_snapshot_is_swapped_in_before_the_write_answers(catalogue: CatalogueService) -> None:
    before = catalogue.snapshot(WS)
    made = await catalogue.create(WS, "offers", {"id": "new", "status": "approved"}, author="a")
    after = catalogue.snapshot(WS)
    assert (before.revision, after.revision) == (1, 2)
    assert "new" not in before.offers
    assert after.offers["new"].offer == made


async def test_objects_that_are_named_cannot_be_deleted(house: House, catalogue: CatalogueService) -> None:
    before = tables(house)
    for kind, id_, by, pointer in [
        ("placements", "hero", ("offers", "ship"), "/content/hero"),
        ("rules", "adult", ("activities", "home"), "/audience/rule"),
        ("contents", "thanks", ("fallbacks", "plain"), "/content/hero/0/ref"),
        ("fallbacks", "plain", ("activities", "home"), "/fallback"),
        ("audiences", "regulars", ("offers", "ship"), "/eligible/pql"),
    ]:
        with pytest.raises(Referenced) as refused:
            await catalogue.delete(WS, kind, id_, author="a")
        assert (by[0], by[1], pointer) in [(r.kind, r.id, r.pointer) for r in refused.value.by]
    assert tables(house) == before
    await catalogue.delete(WS, "activities", "home", author="a")
    await catalogue.delete(WS, "fallbacks", "plain", author="a")
    assert "plain" not in catalogue.snapshot(WS).fallbacks


async def test_one_write_may_delete_an_object_with_all_that_name_it(catalogue: CatalogueService) -> None:
    changes = [Delete(kind="fallbacks", id="plain"), Delete(kind="activities", id="home")]
    written = await catalogue.write(WS, changes, author="a")
    assert [(one.kind, one.what) for one in written.changes] == [("fallbacks", "deleted"), ("activities", "deleted")]
    assert written.objects == []


async def test_one_write_may_not_delete_what_it_names(house: House, catalogue: CatalogueService) -> None:
    before = tables(house)
    offer = Offer(id="other", content={"side": []})
    with pytest.raises(Referenced) as refused:
        await catalogue.write(WS, [Delete(kind="placements", id="side"), Put(kind="offers", object=offer)], author="a")
    assert [(r.kind, r.id) for r in refused.value.by] == [("offers", "other")]
    assert tables(house) == before


async def test_a_write_may_name_what_it_creates(catalogue: CatalogueService) -> None:
    changes = [
        Put(kind="offers", object=Offer(id="x", content={"foot": []})),
        Put(kind="placements", object=Placement(id="foot")),
    ]
    written = await catalogue.write(WS, changes, author="a", message="both")
    assert [thing.id for thing in written.objects] == ["x", "foot"]
    assert (await catalogue.revision(WS, written.revision)).message == "both"


async def test_a_write_names_each_object_once_and_structs_of_its_kind(catalogue: CatalogueService) -> None:
    with pytest.raises(Unprocessable, match="twice"):
        await catalogue.write(WS, [Delete(kind="offers", id="ship")] * 2, author="a")
    with pytest.raises(InvalidDocument, match="is not one of the placements"):
        await catalogue.write(WS, [Put(kind="placements", object=Offer(id="x"))], author="a")
    with pytest.raises(InvalidDocument, match="/offers/x/priority"):
        await catalogue.write(WS, [Put(kind="offers", object=Offer(id="x", priority="9"))], author="a")  # type: ignore[arg-type]


async def test_what_a_caller_keeps_is_committed_with_the_write_or_nothing_is(
    house: House, catalogue: CatalogueService
) -> None:
    before, snapshot = tables(house), catalogue.snapshot(WS)

    def fail(_: object, __: object) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await catalogue.create(WS, "offers", {"id": "new", "eligible": "a = 17"}, author="a", keep=fail)
    assert tables(house) == before
    assert catalogue.snapshot(WS) is snapshot
    made = await catalogue.create(WS, "offers", {"id": "new", "eligible": "a = 17"}, author="a")
    assert made.version == 1


async def test_writes_at_the_same_time_are_made_one_after_the_other(catalogue: CatalogueService) -> None:
    async def add(n: int) -> None:
        await catalogue.patch(WS, "offers", "ship", {"attributes": {f"a{n}": n}}, author=f"t{n}")

    await asyncio.gather(*(add(n) for n in range(20)))
    ship = catalogue.get(WS, "offers", "ship")
    assert isinstance(ship, Offer)
    assert ship.attributes == {f"a{n}": n for n in range(20)}
    assert ship.version == catalogue.catalogue(WS).revision == 21


async def test_a_write_whose_caller_has_gone_is_seen_in_memory_too(catalogue: CatalogueService) -> None:
    task = asyncio.ensure_future(catalogue.create(WS, "offers", {"id": "left"}, author="a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await catalogue.create(WS, "offers", {"id": "next"}, author="a")
    assert catalogue.get(WS, "offers", "left").version == 1


async def test_unknown_members_and_the_spelling_of_numbers_come_back_after_a_restart(tmp_path: Path) -> None:
    written = (
        b'{"attributes":{"a":1.50,"b":1E3,"c":12345678901234567890123,"d":-0.0},'
        b'"content":{"hero":[{"type":"json","body":{"p":10.00},"seen":[1.0e-7]}]},"later":{"x":[null,2.50]}}'
    )
    house = await House.open(tmp_path, Settings())
    await house.catalogue.create(WS, "placements", {"id": "hero"}, author="a")
    await house.catalogue.create(WS, "offers", json.loads(b'{"id":"o",' + written[1:]), author="a")
    await house.close()
    house = await House.open(tmp_path, Settings())
    tree = codec.tree(house.catalogue.get(WS, "offers", "o"))
    exported = (await house.catalogue.export(WS, short=False))["offers"]["o"]
    await house.close()
    wanted = {name: tree[name] for name in ("attributes", "content", "later")}
    assert json.dumps(wanted) == written
    assert json.dumps(exported) == written


async def test_loading_parses_no_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = await House.open(tmp_path, Settings())
    await house.catalogue.apply(WS, SHOP, author="a")
    await house.catalogue.patch(WS, "offers", "ship", {"eligible": "false"}, author="a")
    await house.close()

    def refuse(*_: object) -> None:
        raise AssertionError("a rule was parsed")

    monkeypatch.setattr(pql, "parse", refuse)
    house = await House.open(tmp_path, Settings())
    snapshot = house.catalogue.snapshot(WS)
    assert snapshot.revision == 2
    assert snapshot.rules.keys() == {"adult"}
    assert (await house.catalogue.at(WS, 1)).offers["ship"].eligible is not None
    await house.catalogue.create(WS, "offers", {"id": "again", "eligible": "age >= 18"}, author="a")
    await house.close()


async def test_facts_of_requirements_are_rules_where_they_read_as_such_and_text_where_not(tmp_path: Path) -> None:
    facts = {"needed": "offer.attributes.min + 1", "hint": "see offer.com for more", "plain": "hello", "n": 5}
    document = {"offers": {"a": {"requires": [{"code": "c", "rule": "age > 1", "facts": facts}]}}}
    for attempt in range(2):
        house = await House.open(tmp_path, Settings())
        if attempt == 0:
            await house.catalogue.apply(WS, document, author="a")
        (requirement,) = house.catalogue.snapshot(WS).offers["a"].requires
        assert [isinstance(fact, pql.Program) for fact in requirement.facts.values()] == [True, False, False, False]
        await house.close()


async def test_one_change_among_many_offers_compiles_only_that_offer(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = {f"o{n}": {"eligible": f"age > {n}", "status": "approved"} for n in range(1_000)}
    await house.catalogue.apply(WS, {"offers": many}, author="a")
    compiled: list[int] = []
    changed: list[int] = []
    compile_rule, compile_catalogue = pql.compile, engine.compile

    def counting(tree: Any) -> Any:
        compiled.append(1)
        return compile_rule(tree)

    def watching(catalogue: Any, program: Any, previous: Any, changes: Any, **rest: Any) -> Any:
        asked: list[str] = []

        def asking(rule: str) -> Any:
            asked.append(rule)
            return program(rule)

        changed.extend((len(changes), len(asked)))
        snapshot = compile_catalogue(catalogue, asking, previous, changes, **rest)
        changed.append(len(asked))
        return snapshot

    monkeypatch.setattr(pql, "compile", counting)
    monkeypatch.setattr(engine, "compile", watching)
    before = house.catalogue.snapshot(WS)
    await house.catalogue.patch(WS, "offers", "o500", {"eligible": "age > 3 and age < 9"}, author="a")
    after = house.catalogue.snapshot(WS)
    assert len(compiled) == 1
    assert changed == [1, 0, 1]
    assert sum(before.offers[n] is not after.offers[n] for n in many) == 1
    assert after.placements is before.placements or after.placements == before.placements
    assert after.catalogue.objects["offers"].keys() == before.catalogue.objects["offers"].keys()


async def test_a_big_write_is_prepared_beside_the_event_loop(house: House) -> None:
    many = {f"o{n}": {"eligible": f"age > {n}"} for n in range(300)}
    written = await house.catalogue.apply(WS, {"offers": many}, author="a")
    assert len(written.changes) == 300
    assert len({thing.ids["number"] for thing in written.objects}) == 300
    await house.catalogue.apply(WS, {"tags": {"t": None}}, author="a", prune=True)
    assert await house.catalogue.export(WS) == {"tags": {"t": {}}}
