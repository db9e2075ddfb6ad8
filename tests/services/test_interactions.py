from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from offerd.model import codec
from offerd.model.interaction import Interaction
from offerd.model.place import Workspace
from offerd.services.clock import instant
from offerd.services.errors import InvalidDocument, NotFound, Unprocessable

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.anyio


async def _item(shop: Shop, who: str | None = "ann", **members: Any) -> str:
    return (await shop.ask(who, **members)).propositions[0].items[0].id


async def test_an_interaction_gets_what_follows_from_the_item_that_it_names(shop: Shop) -> None:
    await shop.offer()
    decision = await shop.ask("ann")
    proposition = decision.propositions[0]
    for name in ({"item": proposition.items[0].id}, {"token": proposition.items[0].token}):
        made = (await shop.say("click", key=str(name), **name)).interaction
        assert (made.decision, made.proposition, made.item) == (decision.id, proposition.id, proposition.items[0].id)
        assert (made.offer, made.activity, made.placement, made.profile) == ("o", "a", "p", decision.profile)
        assert shop.house.interactions.read("default", made.id) == made


async def test_a_decision_or_a_proposition_alone_is_enough(shop: Shop) -> None:
    await shop.offer()
    decision = await shop.ask("ann")
    by_decision = await shop.say("click", decision=decision.id)
    by_proposition = await shop.say("display", proposition=decision.propositions[0].id)
    assert by_decision.interaction.offer == by_proposition.interaction.offer == "o"


async def test_a_repeat_counts_once_by_what_it_is_about(shop: Shop) -> None:
    await shop.offer(caps=[{"id": "d", "limit": 9, "counts": "display"}])
    item = await _item(shop)
    first = await shop.say("display", item=item)
    again = await shop.say("display", item=item)
    await shop.restart()
    later = await shop.say("display", item=item)
    assert (first.repeated, again.repeated, later.repeated) == (False, True, True)
    assert first.interaction == again.interaction == later.interaction
    assert [row["used"] for row in shop.rows("counts")] == [1]


async def test_a_senders_key_makes_repeats_one_and_different_keys_two(shop: Shop) -> None:
    await shop.offer(caps=[{"id": "d", "limit": 9, "counts": "claim"}])
    item = await _item(shop)
    said = [await shop.say("claim", item=item, key=key) for key in ("r1", "r2", "r1")]
    assert [each.repeated for each in said] == [False, False, True]
    assert [row["used"] for row in shop.rows("counts")] == [2]


async def test_repeats_within_one_batch_are_one(shop: Shop) -> None:
    await shop.offer()
    item = await _item(shop)
    batch = [codec.build(Interaction, {"type": "accept", "item": item})] * 3
    said = await shop.house.interactions.record("default", batch)
    assert [each.repeated for each in said] == [False, True, True]
    assert len({each.interaction.id for each in said}) == 1
    assert said[2].fulfilment == said[0].fulfilment


async def test_the_same_interaction_sent_many_times_at_once_counts_once(shop: Shop) -> None:
    await shop.offer(caps=[{"id": "d", "limit": 9, "counts": "click"}])
    item = await _item(shop, None)
    said = await asyncio.gather(*(shop.say("click", item=item) for _ in range(20)))
    assert sum(not each.repeated for each in said) == 1
    assert [row["used"] for row in shop.rows("counts")] == [1]


async def test_interactions_of_one_batch_are_stored_all_or_none(shop: Shop) -> None:
    await shop.offer()
    item = await _item(shop)
    good = codec.build(Interaction, {"type": "click", "item": item})
    unknown = "00000000-0000-4000-8000-000000000000"
    wrong: list[tuple[dict[str, Any], str]] = [
        ({}, ""),
        ({"item": unknown}, "/item"),
        ({"token": "nonsense"}, "/token"),
        ({"proposition": unknown}, "/proposition"),
        ({"decision": unknown}, "/decision"),
        ({"decision": unknown, "item": item}, "/decision"),
        ({"proposition": unknown, "item": item}, "/proposition"),
        ({"item": item, "offer": "other"}, "/offer"),
        ({"item": item, "choice": "other"}, "/choice"),
        ({"offer": "nobody"}, "/offer"),
        ({"activity": "nobody"}, "/activity"),
        ({"item": item, "at": "2030-01-01T00:00:00Z"}, "/at"),
    ]
    for members, pointer in wrong:
        bad = codec.build(Interaction, {"type": "click", **members})
        with pytest.raises(InvalidDocument) as caught:
            await shop.house.interactions.record("default", [good, bad])
        assert [each.pointer for each in caught.value.faults] == [f"/1{pointer}"]
    assert shop.rows("interactions") == []


async def test_another_workspace_sees_nothing(shop: Shop) -> None:
    await shop.offer()
    await shop.house.workspaces.create(Workspace(id="other"))
    item = await _item(shop)
    with pytest.raises(InvalidDocument):
        await shop.house.interactions.record("other", [codec.build(Interaction, {"type": "click", "item": item})])
    decision = shop.house.decided.find("default").decisions[0]
    with pytest.raises(NotFound):
        shop.house.decided.read("other", decision.id)


async def test_an_interaction_stands_without_a_decision(shop: Shop) -> None:
    await shop.offer(caps=[{"id": "d", "limit": 1, "per": "profile", "counts": "purchase"}])
    made = await shop.say("purchase", offer="o", identities=[{"namespace": "crm", "id": "ann"}], value=12.50)
    assert made.interaction.profile == shop.house.profiles.get("default", "crm:ann").id
    assert await shop.given("ann") == []
    assert await shop.given("bob") == ["o"]
    assert (await shop.say("visit", activity="a")).interaction.profile is None


async def test_a_reported_interaction_counts_from_the_next_decision_and_is_never_refused(shop: Shop) -> None:
    await shop.offer(caps=[{"id": "d", "limit": 1, "counts": "display"}])
    items = [await _item(shop, who) for who in ("ann", "bob")]
    for item in items:
        assert (await shop.say("display", item=item)).refused == []
    assert [row["used"] for row in shop.rows("counts")] == [2]
    assert await shop.given("cat") == []


async def test_accepts_are_asked_and_never_pass_their_cap(shop: Shop) -> None:
    await shop.offer(caps=[{"id": "redeem", "limit": 3, "counts": "accept"}])
    items = [await _item(shop, f"p{index}") for index in range(10)]
    said = await asyncio.gather(*(shop.say("accept", item=item) for item in items))
    assert sum(not each.refused for each in said) == 3
    assert {each.refused[0].stage for each in said if each.refused} == {"cap"}
    assert len(shop.rows("interactions")) == len(shop.rows("fulfilments")) == 3


async def test_an_accept_is_refused_with_every_requirement_that_does_not_hold(shop: Shop) -> None:
    requires = [{"code": "term", "rule": "context.term = 1"}, {"code": "adult", "rule": "age > 17"}]
    await shop.offer(requires=requires)
    await shop.house.profiles.put("default", "crm:ann", {"attributes": {"age": 3}})
    item = await _item(shop, context={"members": {"term": 2}})
    said = await shop.say("accept", item=item)
    assert [(each.code, each.seen) for each in said.refused] == [("term", 2), ("adult", 3)]
    assert shop.rows("interactions") == []
    await shop.house.profiles.put("default", "crm:ann", {"attributes": {"age": 30}})
    assert not (await shop.say("accept", item=await _item(shop, context={"members": {"term": 1}}))).refused


async def test_a_fallback_that_was_given_is_accepted_unasked(shop: Shop) -> None:
    await shop.apply(offers={"o": {"status": "draft"}}, fallback="f")
    item = (await shop.ask("ann")).propositions[0].items[0]
    assert item.fallback
    said = await shop.say("accept", item=item.id)
    assert (said.refused, said.interaction.offer) == ([], "f")
    assert shop.rows("counts") == []


async def test_quantities_are_added(shop: Shop) -> None:
    counts = {"type": "purchase", "by": "quantity"}
    await shop.offer(caps=[{"id": "seats", "limit": 2400, "per": "profile", "counts": counts}])
    await shop.say("purchase", offer="o", identities=[{"namespace": "crm", "id": "ann"}], quantity=1900)
    decision = await shop.ask("ann", asks=[{"check": True, "offers": ["o"], "quantity": 2400}])
    assert not decision.verdicts[0].passed
    decision = await shop.ask("ann", asks=[{"check": True, "offers": ["o"], "quantity": 500}])
    assert decision.verdicts[0].passed


async def test_an_accept_of_an_expired_proposition_is_refused(shop: Shop) -> None:
    await shop.offer(keep="proposition", lasts="1 hour")
    item = await _item(shop)
    shop.clock.advance(hours=1)
    assert [each.code for each in (await shop.say("accept", item=item)).refused] == ["proposition-expired"]
    assert (await shop.say("display", item=item)).refused == []


@pytest.mark.parametrize("type_", ["accept", "claim", "dismiss"])
async def test_some_interactions_close_a_kept_proposition(shop: Shop, type_: str) -> None:
    await shop.offer(keep="proposition")
    decision = await shop.ask("ann")
    await shop.say(type_, proposition=decision.propositions[0].id)
    assert shop.house.decided.read("default", decision.id).propositions[0].state == "closed"
    assert (await shop.ask("ann")).propositions[0].id != decision.propositions[0].id


async def test_a_dismissal_cools_down_for_a_rolling_time(shop: Shop) -> None:
    cap = {"id": "cool", "limit": 1, "per": "profile", "counts": "dismiss", "within": "14 days"}
    await shop.offer(keep="proposition", caps=[cap])
    await shop.say("dismiss", item=await _item(shop))
    shop.clock.advance(days=13, hours=23)
    await shop.restart()
    assert await shop.given("ann") == []
    shop.clock.advance(hours=1)
    assert await shop.given("ann") == ["o"]


async def test_a_late_report_counts_when_it_happened(shop: Shop) -> None:
    cap = {"id": "daily", "limit": 1, "counts": "display", "every": "day"}
    await shop.offer(caps=[cap])
    item = await _item(shop)
    shop.clock.advance(days=1)
    await shop.say("display", item=item, at="2026-01-01T13:00:00Z")
    assert await shop.given("ann") == ["o"]
    assert [row["window"] for row in shop.rows("counts")] == ["day:2026-01-01"]


async def test_a_slightly_fast_clock_is_taken_for_now(shop: Shop) -> None:
    await shop.offer()
    made = await shop.say("click", item=await _item(shop), at="2026-01-01T12:04:00Z")
    assert made.interaction.at == instant(shop.clock.now())


async def test_an_accept_sets_going_what_its_revision_says(shop: Shop) -> None:
    choices = [{"id": "yes", "label": "Yes", "fulfil": {"kind": "webhook"}}, {"id": "no"}]
    await shop.offer(choices=choices)
    items = [await _item(shop, who) for who in ("ann", "bob")]
    await shop.offer(choices=[{"id": "later"}])
    first = (await shop.say("accept", item=items[0], choice="yes")).fulfilment
    second = (await shop.say("accept", item=items[1], choice="no")).fulfilment
    assert first is not None
    assert second is not None
    assert (first.kind, first.state, first.revision) == ("webhook", "in_progress", 1)
    assert first.deadline == instant(shop.clock.now() + 7 * 86400 * 1_000_000)
    assert (second.kind, second.state) == ("none", "completed")
    service = shop.house.fulfilments
    assert service.read("default", first.id) == first
    failed = await service.fail("default", first.id, "gone", "gone")
    assert (failed.state, service.read("default", first.id)) == ("failed", failed)
    assert failed.error == {"code": "gone", "message": "gone"}
    with pytest.raises(Unprocessable):
        await service.fail("default", second.id, "gone")
    with pytest.raises(NotFound):
        service.read("default", "none")


async def test_an_accept_needs_no_old_catalogue(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    choices = [{"id": "yes", "label": "Yes", "fulfil": {"kind": "webhook"}}]
    await shop.offer(choices=choices)
    items = [await _item(shop, who) for who in ("ann", "bob")]
    catalogue, asked, storage = shop.house.catalogue, [], shop.house.storage.catalogue
    documents_at = storage.documents_at
    monkeypatch.delattr(type(storage), "objects_at")
    monkeypatch.setattr(storage, "documents_at", lambda *named: asked.append(named[1:]) or documents_at(*named))
    await catalogue.replace("default", "tags", {"id": "t"}, author="test")
    said = await shop.say("accept", item=items[0], choice="yes")
    assert said.fulfilment is not None
    assert (said.fulfilment.kind, said.fulfilment.revision, asked) == ("webhook", 1, [])
    await shop.offer(choices=[{"id": "no"}], priority=7)
    said = await shop.say("accept", item=items[1], choice="yes")
    assert said.fulfilment is not None
    assert (said.fulfilment.kind, said.fulfilment.revision) == ("webhook", 1)
    assert asked == [(1, [("offers", "o"), ("activities", "a")]), (1, [])]


async def test_the_only_choice_is_the_one_that_is_accepted(shop: Shop) -> None:
    await shop.offer(choices=[{"id": "yes"}])
    assert (await shop.say("accept", item=await _item(shop))).interaction.choice == "yes"


async def test_a_goal_releases_or_bars(shop: Shop) -> None:
    goals = [{"on": "purchase", "then": "release_random"}, {"on": "spam", "then": "bar"}]
    await shop.offer(keep="profile", goals=goals)
    item = await _item(shop)
    await shop.say("purchase", item=item)
    assert shop.house.profiles.assignments("default", "crm:ann")[0].state == "released"
    await shop.ask("ann")
    await shop.say("spam", item=item)
    await shop.restart()
    assert shop.house.profiles.assignments("default", "crm:ann")[0].state == "barred"
    assert await shop.given("ann") == []


async def test_a_held_place_is_kept_until_the_interaction_comes(shop: Shop) -> None:
    await shop.offer(caps=[{"id": "d", "limit": 2, "counts": "accept", "hold": "10 minutes"}])
    items = [await _item(shop, who) for who in ("ann", "bob")]
    assert await shop.given("cat") == []
    await shop.restart()
    assert await shop.given("cat") == []
    assert not (await shop.say("accept", item=items[0])).refused
    assert [len(shop.rows("holds")), shop.rows("counts")[0]["used"]] == [1, 1]
    shop.clock.advance(minutes=10)
    assert await shop.given("cat") == ["o"]
    assert (await shop.say("accept", item=items[1])).refused
    shop.clock.advance(minutes=10)
    assert not (await shop.say("accept", item=items[1], key="late")).refused


async def test_without_a_hold_more_may_be_given_than_may_be_accepted(shop: Shop) -> None:
    await shop.offer(caps=[{"id": "d", "limit": 1, "counts": "accept"}])
    items = [await _item(shop, who) for who in ("ann", "bob")]
    assert [bool((await shop.say("accept", item=item)).refused) for item in items] == [False, True]


async def test_several_items_want_one_named_for_an_accept(shop: Shop) -> None:
    caps = [{"id": "d", "limit": 5, "counts": "display"}]
    two = {"status": "approved", "content": {"p": {"html": "x"}}, "caps": caps}
    await shop.apply(offers={"x": {**two, "priority": 2}, "y": two}, placement={"count": 2})
    decision = await shop.ask("ann")
    proposition = decision.propositions[0]
    with pytest.raises(InvalidDocument) as caught:
        await shop.say("accept", proposition=proposition.id)
    assert [each.pointer for each in caught.value.faults] == ["/0/item"]
    assert (await shop.say("accept", decision=decision.id, offer="y")).interaction.item == proposition.items[1].id
    whole = (await shop.say("display", proposition=proposition.id)).interaction
    assert (whole.offer, whole.item) == (None, None)
    assert sorted((row["cap"], row["used"]) for row in shop.rows("counts")) == [("x/d", 1), ("y/d", 1)]


async def test_a_decision_with_several_propositions_wants_one_named(shop: Shop) -> None:
    await shop.offer()
    decision = await shop.ask("ann", asks=[{"placement": "p"}, {"offers": ["o"]}], duplicates=True)
    with pytest.raises(InvalidDocument):
        await shop.say("click", decision=decision.id)
    with pytest.raises(InvalidDocument):
        await shop.say("click", decision=decision.id, offer="none")
    by_place = await shop.say("click", decision=decision.id, placement="p")
    by_activity = await shop.say("view", decision=decision.id, activity="a")
    assert by_place.interaction.proposition == by_activity.interaction.proposition == decision.propositions[0].id


async def test_a_kept_proposition_may_be_named_with_the_later_decision(shop: Shop) -> None:
    await shop.offer(keep="proposition")
    first, second = await shop.ask("ann"), await shop.ask("ann")
    name = first.propositions[0].id
    said = await shop.say("click", decision=second.id, proposition=name)
    assert (said.interaction.decision, said.interaction.proposition) == (second.id, name)
    other = await shop.ask("bob")
    with pytest.raises(InvalidDocument):
        await shop.say("click", decision=other.id, proposition=name)


async def test_interactions_are_listed_latest_first(shop: Shop) -> None:
    await shop.offer()
    item = await _item(shop)
    for type_ in ("display", "click", "accept"):
        await shop.say(type_, item=item)
        shop.clock.advance(minutes=1)
    service = shop.house.interactions
    page = service.find("default", limit=2)
    rest = service.find("default", limit=2, cursor=page.cursor)
    assert [each.type for each in (*page.interactions, *rest.interactions)] == ["accept", "click", "display"]
    assert [each.type for each in service.find("default", type="click").interactions] == ["click"]
    assert service.find("default", profile="nobody").interactions == []
    with pytest.raises(NotFound):
        service.read("default", "none")


async def test_a_batch_with_known_and_unknown_people_is_one(shop: Shop) -> None:
    await shop.offer()
    item = await _item(shop)
    who = [{"namespace": "crm", "id": "new"}]
    trees = [{"type": "click", "item": item}, *({"type": f"t{n}", "offer": "o", "identities": who} for n in range(2))]
    said = await shop.house.interactions.record("default", [codec.build(Interaction, tree) for tree in trees])
    assert said[1].interaction.profile == said[2].interaction.profile != said[0].interaction.profile
    assert len(shop.rows("profiles")) == 2


async def test_a_failed_commit_gives_places_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await shop.offer(caps=[{"id": "c", "limit": 1, "counts": "accept"}])
    item = await _item(shop)

    async def broken(_work: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(shop.house.storage.writer, "submit", broken)
        with pytest.raises(OSError, match="full"):
            await shop.say("accept", item=item)
    assert not (await shop.say("accept", item=item)).refused
