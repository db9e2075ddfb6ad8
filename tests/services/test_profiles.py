from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from offerd.model.person import Identity
from offerd.services.clock import instant
from offerd.services.errors import InvalidDocument, NotFound, Stale, Unprocessable
from offerd.services.idempotency import Pending

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.anyio


async def _put(shop: Shop, who: str, **document: Any) -> str:
    return (await shop.house.profiles.put("default", f"crm:{who}", document)).id


async def test_a_profile_is_made_by_an_identity_and_found_by_each_of_its_names(shop: Shop) -> None:
    email = {"namespace": "email", "id": "a:b@example.org"}
    made = await shop.house.profiles.put("default", "crm:ann", {"attributes": {"n": 1.50}, "identities": [email]})
    await shop.restart()
    for key in (made.id, "crm:ann", "email:a:b@example.org"):
        assert shop.house.profiles.get("default", key) == made
    assert shop.house.profiles.find_identity("default", Identity(namespace="crm", id="ann")) == made
    assert shop.house.profiles.find_identity("default", Identity(namespace="crm", id="bob")) is None
    assert made.version == 1


async def test_a_put_replaces_attributes_and_keeps_the_names_that_it_does_not_say(shop: Shop) -> None:
    await _put(shop, "ann", attributes={"a": 1}, memberships=[{"audience": "vip"}], shoe=42)
    made = await shop.house.profiles.put("default", "crm:ann", {"attributes": {"b": 2}})
    assert (made.attributes, made.version, made.unknown) == ({"b": 2}, 2, {})
    assert ([each.id for each in made.identities], [each.audience for each in made.memberships]) == (["ann"], ["vip"])
    made = await shop.house.profiles.put("default", made.id, {"identities": [], "memberships": []})
    assert (made.identities, made.memberships) == ([], [])


async def test_a_put_without_a_key_makes_or_finds_by_the_documents_names(shop: Shop) -> None:
    service = shop.house.profiles
    nobody = await service.put("default", None, {"attributes": {"a": 1}})
    ann = await service.put("default", None, {"identities": [{"namespace": "crm", "id": "ann"}]})
    same = await service.put("default", None, {"identities": [{"namespace": "crm", "id": "ann"}]})
    assert (nobody.identities, same.id, same.version) == ([], ann.id, 2)


async def test_versions_are_matched(shop: Shop) -> None:
    service = shop.house.profiles
    await _put(shop, "ann")
    for wish in ({"if_version": 7}, {"create": True}):
        with pytest.raises(Stale):
            await service.put("default", "crm:ann", {}, **wish)
    for wish in ({"if_version": 1}, {"create": False}):
        with pytest.raises(NotFound):
            await service.put("default", "crm:bob", {}, **wish)
    with pytest.raises(NotFound):
        await service.put("default", "00000000-0000-4000-8000-000000000000", {})
    with pytest.raises(Stale):
        await service.patch("default", "crm:ann", {}, if_version=7)
    with pytest.raises(Stale):
        await service.erase("default", "crm:ann", if_version=7)
    assert (await service.put("default", "crm:ann", {}, if_version=1)).version == 2


async def test_a_wrong_document_stores_nothing_and_says_where(shop: Shop) -> None:
    service = shop.house.profiles
    bob = await _put(shop, "bob")
    wrong: list[tuple[Any, str]] = [
        ({"attributes": 3}, "/attributes"),
        ({"identities": [{"namespace": "crm"}]}, "/identities/0/id"),
        ({"parent": "nobody"}, "/parent"),
        ({"identities": [{"namespace": "crm", "id": "ann"}, {"namespace": "crm", "id": "bob"}]}, "/identities/1"),
        ([], ""),
    ]
    for document, pointer in wrong:
        with pytest.raises(InvalidDocument) as caught:
            await service.put("default", "crm:ann", document)
        assert [each.pointer for each in caught.value.faults] == [pointer]
    assert [row["id"] for row in shop.rows("profiles")] == [bob]


async def test_patches_change_what_they_say(shop: Shop) -> None:
    service = shop.house.profiles
    await _put(shop, "ann", attributes={"a": 1, "b": 2})
    made = await service.patch("default", "crm:ann", {"attributes": {"b": None, "c": 3}})
    assert made.attributes == {"a": 1, "c": 3}
    operations = [{"op": "replace", "path": "/attributes/a", "value": 9}, {"op": "remove", "path": "/attributes/c"}]
    made = await service.patch("default", "crm:ann", operations)
    assert (made.attributes, made.version) == ({"a": 9}, 3)
    assert service.get("default", "crm:ann") == made
    with pytest.raises(InvalidDocument):
        await service.patch("default", "crm:ann", [{"op": "remove", "path": "/attributes/zzz"}])
    with pytest.raises(NotFound):
        await service.patch("default", "crm:bob", {})


async def test_simultaneous_writes_of_one_person_are_all_kept(shop: Shop) -> None:
    patches = (shop.house.profiles.put("default", "crm:ann", {"attributes": {"n": n}}) for n in range(20))
    made = await asyncio.gather(*patches)
    assert sorted(each.version for each in made) == list(range(1, 21))
    assert len(shop.rows("profiles")) == 1


async def test_a_profile_is_never_its_own_ancestor(shop: Shop) -> None:
    service = shop.house.profiles
    top = await _put(shop, "top")
    low = await _put(shop, "low", parent=top)
    for document in ({"parent": low}, {"parent": top}):
        with pytest.raises(InvalidDocument) as caught:
            await service.put("default", "crm:top", document)
        assert caught.value.faults[0].pointer == "/parent"
    above = top
    for n in range(15):
        above = await _put(shop, f"g{n}", parent=above)
    # Sixteen generations are enough; the next one is refused.
    assert await _put(shop, "g15", parent=above)
    with pytest.raises(InvalidDocument):
        await _put(shop, "g16", parent=(await _put(shop, "g15", parent=above)))


async def test_profiles_are_listed_by_id_audience_and_parent(shop: Shop) -> None:
    service = shop.house.profiles
    parent = await _put(shop, "p")
    vip = [{"audience": "vip"}]
    ids = sorted([parent, *[await _put(shop, f"c{n}", parent=parent, memberships=vip) for n in range(3)]])
    page = service.list("default", limit=3)
    rest = service.list("default", limit=3, cursor=page.cursor)
    assert [each.id for each in (*page.profiles, *rest.profiles)] == ids
    assert (page.total, rest.cursor) == (4, None)
    assert len(service.list("default", parent=parent).profiles) == 3
    assert len(service.list("default", audience="vip").profiles) == 3


async def test_memberships_come_and_go_and_have_times(shop: Shop) -> None:
    members, ann = shop.house.members, Identity(namespace="crm", id="ann")
    await shop.offer(eligible='inSegment("vip")')
    await _put(shop, "ann")
    until = instant(shop.clock.now() + 60_000_000)
    assert (await members.change("default", "vip", join=[ann], until=until)).total == 1
    assert await shop.given("ann") == ["o"]
    shop.clock.advance(seconds=60)
    assert await shop.given("ann") == []
    assert (await members.change("default", "vip", join=[ann])).total == 1
    assert await shop.given("ann") == ["o"]
    assert (await members.change("default", "vip", leave=[ann])).total == 0
    made = shop.house.profiles.get("default", "crm:ann")
    assert (made.memberships, made.version) == ([], 4)
    assert await shop.given("ann") == []
    assert (await members.change("default", "vip", join=[ann], leave=[ann])).total == 0


async def test_an_audience_is_imported_as_a_list_of_people(shop: Shop) -> None:
    await _put(shop, "ann")
    await _put(shop, "bob", memberships=[{"audience": "vip"}])
    names = {who: Identity(namespace="crm", id=who) for who in ("ann", "bob", "new", "nobody")}
    made = await shop.house.members.change(
        "default", "vip", join=[names["ann"], names["new"], names["ann"]], leave=[names["bob"], names["nobody"]]
    )
    assert (made.joined, made.left, made.unknown, made.total) == (2, 1, 1, 2)
    await shop.restart()
    assert shop.house.members.count("default", "vip") == 2
    assert [each.audience for each in shop.house.profiles.get("default", "crm:new").memberships] == ["vip"]
    assert shop.house.profiles.get("default", "crm:bob").memberships == []


async def test_linking_adds_counts_keeps_the_survivors_choice_and_moves_propositions(shop: Shop) -> None:
    service = shop.house.profiles
    caps = [
        {"id": "c", "limit": 3, "per": "profile"},
        {"id": "r", "limit": 9, "per": "profile", "within": "1 day"},
        {"id": "h", "limit": 9, "counts": "accept", "hold": "1 day"},
    ]
    await shop.offer(caps=caps, keep="proposition")
    await _put(shop, "ann", attributes={"a": 1, "b": 1}, memberships=[{"audience": "x"}])
    await _put(shop, "bob", attributes={"b": 2, "c": 2}, memberships=[{"audience": "y"}])
    child = await _put(shop, "child", parent=service.get("default", "crm:bob").id)
    await shop.offer(caps=caps)
    for who in ("ann", "bob"):
        await shop.ask(who)
    await shop.offer(caps=caps, keep="proposition")
    kept = (await shop.ask("bob")).propositions[0].id
    made = await service.link("default", "crm:ann", "crm:bob")
    assert made.attributes == {"a": 1, "b": 1, "c": 2}
    assert {each.audience for each in made.memberships} == {"x", "y"}
    assert [each.id for each in made.identities] == ["ann", "bob"]
    for _ in range(2):
        assert service.get("default", "crm:bob") == made
        assert service.get("default", child).parent == made.id
        assert (await shop.ask("ann")).propositions[0].id == kept
        await shop.restart()
        service = shop.house.profiles
    assert {row["profile"]: row["used"] for row in shop.rows("counts")} == {made.id: 3}
    assert sum(row["amount"] for row in shop.rows("moments")) == 3
    assert {row["owner"] for row in shop.rows("holds")} == {made.id}
    await shop.offer(caps=caps)
    assert await shop.given("ann") == []
    found = shop.house.decided.find("default").decisions
    assert {each.profile for each in found} == {made.id}


async def test_the_survivors_assignment_wins(shop: Shop) -> None:
    two = {"status": "approved", "content": {"p": {"html": "x"}}}
    for first, who in (("x", "ann"), ("y", "bob")):
        offers = {"x": {**two, "priority": int(first == "x")}, "y": {**two, "priority": int(first == "y")}}
        await shop.apply(offers=offers, keep="profile")
        assert await shop.given(who) == [first]
    await shop.house.profiles.link("default", "crm:ann", "crm:bob")
    assert await shop.given("bob") == ["x"]
    await shop.restart()
    assert await shop.given("bob") == ["x"]


async def test_what_cannot_be_linked_is_not(shop: Shop) -> None:
    service = shop.house.profiles
    ann = await _put(shop, "ann")
    await _put(shop, "kid", parent=ann)
    for pair in (("crm:ann", "crm:ann"), ("crm:ann", "crm:kid"), ("crm:kid", "crm:ann")):
        with pytest.raises(Unprocessable):
            await service.link("default", *pair)
    with pytest.raises(NotFound):
        await service.link("default", "crm:ann", "crm:nobody")
    assert len(shop.rows("profiles")) == 2


async def test_erasing_a_person_removes_everything_of_theirs_and_no_global_count(shop: Shop) -> None:
    service, keys = shop.house.profiles, shop.house.idempotency
    caps = [
        {"id": "all", "limit": 99},
        {"id": "own", "limit": 99, "per": "profile"},
        {"id": "roll", "limit": 99, "per": "profile", "within": "1 day"},
        {"id": "rollall", "limit": 99, "within": "1 day"},
        {"id": "held", "limit": 2, "counts": "claim", "hold": "1 day"},
    ]
    await shop.offer(caps=caps, keep="proposition", choices=[{"id": "yes"}], goals=[{"on": "spam", "then": "bar"}])
    erased = await _put(shop, "ann-secret", attributes={"age": 1}, memberships=[{"audience": "vip"}])
    child = await _put(shop, "child", parent=erased)
    decision = await shop.ask("ann-secret")
    await shop.ask("bob")
    item = decision.propositions[0].items[0].id
    await shop.say("spam", item=item)
    await shop.say("accept", item=item)
    pending = await keys.begin("default", "caller", "key", b"f")
    assert isinstance(pending, Pending)
    await service.patch("default", erased, {"attributes": {"n": 1}}, keep=pending.keeps(lambda made: made.id.encode()))
    pending.finish()
    before = [row for row in shop.rows("counts") + shop.rows("moments") if row["profile"] == ""]
    assert _tables_with(shop, erased) >= {"assignments", "decisions", "interactions", "fulfilments", "answers", "holds"}

    assert await service.erase("default", "crm:ann-secret") == erased

    for name in (erased, "ann-secret", decision.id, item):
        assert _tables_with(shop, name) == set()
    assert [row for row in shop.rows("counts") + shop.rows("moments") if row["profile"] == ""] == before
    assert service.get("default", child).parent is None
    with pytest.raises(NotFound):
        service.get("default", erased)
    # The place that was held for them is free for somebody else, now and after a restart.
    assert await shop.given("cat") == ["o"]
    assert await shop.given("dan") == []
    await shop.restart()
    assert await shop.given("dan") == []
    assert (await shop.ask("ann-secret")).profile != erased


def _tables_with(shop: Shop, text: str) -> set[str]:
    """The tables in which any value holds a text."""
    return {table for table in shop.tables() for row in shop.rows(table) if text in str(list(row.values()))}


async def test_erasing_while_they_are_being_answered_leaves_nothing(shop: Shop) -> None:
    await shop.offer(caps=[{"id": "own", "limit": 99, "per": "profile"}])
    erased = await _put(shop, "ann")
    asked = [asyncio.create_task(shop.ask("ann")) for _ in range(5)]
    await asyncio.sleep(0)
    await shop.house.profiles.erase("default", erased)
    await asyncio.gather(*asked)
    assert _tables_with(shop, erased) == set()


async def test_an_audience_takes_in_nobody_who_was_erased_meanwhile(shop: Shop) -> None:
    service, ann = shop.house.profiles, Identity(namespace="crm", id="ann")
    erased = await _put(shop, "ann")
    async with service._turns.of(("default", erased)):
        erase = asyncio.create_task(service.erase("default", erased))
        await asyncio.sleep(0)
        join = asyncio.create_task(shop.house.members.change("default", "vip", join=[ann]))
        for _ in range(3):
            await asyncio.sleep(0)
    await asyncio.gather(erase, join)
    assert _tables_with(shop, erased) == set()
    assert [each.audience for each in service.get("default", "crm:ann").memberships] == ["vip"]


async def test_a_write_that_waited_for_a_link_is_made_in_the_survivors_turn(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, submit, held = shop.house.profiles, shop.house.storage.writer.submit, []
    ann, bob = [await _put(shop, who) for who in ("ann", "bob")]

    async def noted(work: Any) -> Any:
        held.append(set(service._turns._waiting))
        return await submit(work)

    monkeypatch.setattr(shop.house.storage.writer, "submit", noted)
    async with service._turns.of(("default", bob)):
        link = asyncio.create_task(service.link("default", ann, bob))
        await asyncio.sleep(0)
        put = asyncio.create_task(service.put("default", "crm:bob", {"attributes": {"a": 1}}))
        for _ in range(3):
            await asyncio.sleep(0)
    await link
    assert (await put).id == ann
    assert ("default", ann) in held[-1]
