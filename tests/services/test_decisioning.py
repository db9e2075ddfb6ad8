from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from offerd.model import codec
from offerd.model.request import Request
from offerd.services import decisioning
from offerd.services.errors import NotFound, Unprocessable

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.anyio


def _offers(decision: Any) -> list[str]:
    return [item.offer for each in decision.propositions for item in each.items]


async def test_an_answered_decision_is_there_after_a_restart(shop: Shop) -> None:
    await shop.offer()
    decision = await shop.ask("ann")
    await shop.restart()
    assert shop.house.decided.read("default", decision.id) == decision


async def test_an_unknown_identity_makes_a_profile_but_not_in_a_dry_run(shop: Shop) -> None:
    await shop.offer(caps=[{"id": "c", "limit": 1, "per": "profile"}])
    dry = await shop.ask("ann", dryRun=True)
    assert (_offers(dry), dry.profile, dry.dry_run, shop.rows("profiles")) == (["o"], None, True, [])
    decision = await shop.ask("ann")
    assert decision.profile == shop.house.profiles.get("default", "crm:ann").id


async def test_what_commits_nothing_commits_nothing(shop: Shop) -> None:
    await shop.offer(caps=[{"id": "c", "limit": 1}])
    before = {table: shop.rows(table) for table in shop.tables()}
    await shop.ask("ann", dryRun=True)
    await shop.ask("ann", pretend={"drafts": True})
    await shop.ask("ann", asks=[{"check": True, "offers": ["o"]}])
    assert {table: shop.rows(table) for table in shop.tables()} == before


async def test_inline_attributes_decide_and_are_not_stored(shop: Shop) -> None:
    await shop.offer(eligible="age > 3")
    decision = await shop.ask("ann", attributes={"age": 5, "secret": "xyzzy"})
    assert _offers(decision) == ["o"]
    assert shop.house.profiles.get("default", "crm:ann").attributes == {}
    assert not [row for table in shop.tables() for row in shop.rows(table) if "xyzzy" in str(row)]
    assert _offers(await shop.ask("ann")) == []


async def test_a_moment_may_be_given_only_in_a_dry_run(shop: Shop) -> None:
    await shop.offer(window={"from": "2030-01-01"})
    with pytest.raises(Unprocessable) as caught:
        await shop.ask(at="2030-06-01T00:00:00Z")
    assert caught.value.pointer == "/at"
    assert await shop.given(at="2030-06-01T00:00:00Z", dryRun=True) == ["o"]
    assert await shop.given(dryRun=True) == []


async def test_too_many_asks_are_refused(shop: Shop) -> None:
    await shop.restart(max_asks=2)
    with pytest.raises(Unprocessable) as caught:
        await shop.ask(asks=[{"placement": "p"}] * 3)
    assert caught.value.pointer == "/asks"


async def test_a_kept_proposition_that_is_asked_for_twice_in_one_request_is_one(shop: Shop) -> None:
    await shop.offer(caps=[{"id": "c", "limit": 5}], keep="proposition")
    decision = await shop.ask("ann", asks=[{"id": "a", "placement": "p"}, {"id": "b", "placement": "p"}])
    first, second = decision.propositions
    assert (first.id, first.items) == (second.id, second.items)
    assert [(each.ask, each.ask_id, each.kept) for each in decision.propositions] == [(0, "a", False), (1, "b", True)]
    assert [row["used"] for row in shop.rows("counts")] == [1]
    assert len(shop.rows("propositions")) == 1
    later = await shop.ask("ann")
    assert later.propositions[0].id == first.id


async def test_a_cap_attacked_by_two_hundred_requests_at_once_is_reached_exactly(shop: Shop) -> None:
    await shop.offer(caps=[{"id": "c", "limit": 10}])
    answers = await asyncio.gather(*(shop.given(f"p{index}") for index in range(200)))
    assert sum(answer == ["o"] for answer in answers) == 10
    assert [row["used"] for row in shop.rows("counts")] == [10]


async def test_a_cap_per_profile_holds_for_simultaneous_requests_of_one_person(shop: Shop) -> None:
    await shop.offer(caps=[{"id": "c", "limit": 2, "per": "profile"}])
    answers = await asyncio.gather(*(shop.given("ann") for _ in range(20)))
    assert sum(answer == ["o"] for answer in answers) == 2
    assert len(shop.rows("profiles")) == 1


async def test_a_cap_per_profile_without_any_identity_is_not_offered_and_says_so(shop: Shop) -> None:
    await shop.offer(caps=[{"id": "c", "limit": 2, "per": "profile"}])
    decision = await shop.ask(explain=True)
    lost = decision.propositions[0].explanation
    assert _offers(decision) == []
    assert lost is not None
    assert [each.reason.stage for each in lost.lost] == ["cap"]


async def test_a_crash_between_reserving_and_committing_gives_the_place_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.offer(caps=[{"id": "c", "limit": 1}])

    async def broken(_work: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(shop.house.storage.writer, "submit", broken)
        with pytest.raises(OSError, match="full"):
            await shop.ask("ann")
    assert shop.rows("decisions") == []
    assert await shop.given("ann") == ["o"]
    assert await shop.given("ann") == []


async def test_a_request_that_is_cancelled_is_finished_all_the_same(shop: Shop) -> None:
    await shop.offer(caps=[{"id": "c", "limit": 1}])
    task = asyncio.create_task(shop.ask("ann"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await shop.given("ann") == []
    assert len(shop.rows("decisions")) == 2
    assert [row["used"] for row in shop.rows("counts")] == [1]


async def test_a_remembered_choice_is_given_again_and_counted_once(shop: Shop) -> None:
    await shop.offer(keep="profile", caps=[{"id": "c", "limit": 1}])
    assert [await shop.given("ann") for _ in range(2)] == [["o"], ["o"]]
    await shop.restart()
    assert await shop.given("ann") == ["o"]
    assert await shop.given("bob") == []
    assert [each.offer for each in shop.house.profiles.assignments("default", "crm:ann")] == ["o"]


async def test_a_choice_is_remembered_though_its_person_was_read_anew_while_it_was_committed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.offer(keep="profile", caps=[{"id": "c", "limit": 1}])
    await shop.house.profiles.put("default", "crm:ann", {})
    submit, profiles = shop.house.storage.writer.submit, shop.house.profiles

    async def meanwhile(work: Any) -> Any:
        profiles._people.forget("default", profiles.get("default", "crm:ann").id)  # as a write of it would
        profiles.get("default", "crm:ann")
        return await submit(work)

    with monkeypatch.context() as patch:
        patch.setattr(shop.house.storage.writer, "submit", meanwhile)
        assert await shop.given("ann") == ["o"]
    assert [each.offer for each in profiles.assignments("default", "crm:ann")] == ["o"]
    assert await shop.given("ann") == ["o"]


async def test_a_forgotten_assignment_is_entered_anew(shop: Shop) -> None:
    await shop.offer(keep="profile", caps=[{"id": "c", "limit": 1}])
    await shop.ask("ann")
    await shop.house.profiles.forget_assignment("default", "crm:ann", "a")
    assert await shop.given("ann") == []
    with pytest.raises(NotFound):
        await shop.house.profiles.forget_assignment("default", "crm:ann", "a")


async def test_a_kept_proposition_keeps_its_id_until_it_expires(shop: Shop) -> None:
    await shop.offer(keep="proposition", lasts="1 day", caps=[{"id": "c", "limit": 1, "per": "profile"}])
    first = (await shop.ask("ann")).propositions[0]
    await shop.restart()
    again = (await shop.ask("ann")).propositions[0]
    assert (again.id, again.items, again.kept) == (first.id, first.items, True)
    shop.clock.advance(days=1)
    decision = await shop.ask("ann")
    assert (_offers(decision), decision.propositions[0].id != first.id) == ([], True)
    states = [each.state for each in shop.house.decided.find("default").decisions[-1].propositions]
    assert states == ["expired"]


async def test_two_requests_at_once_get_one_kept_proposition(shop: Shop) -> None:
    await shop.offer(keep="proposition")
    made = await asyncio.gather(*(shop.ask("ann") for _ in range(5)))
    assert len({each.propositions[0].id for each in made}) == 1


async def test_a_proposition_whose_offer_changed_is_closed_and_made_anew(shop: Shop) -> None:
    await shop.offer(keep="proposition")
    first = await shop.ask("ann")
    await shop.offer(keep="proposition", priority=3)
    second = await shop.ask("ann")
    assert second.propositions[0].id != first.propositions[0].id
    assert shop.house.decided.read("default", first.id).propositions[0].state == "closed"


async def test_what_is_displayed_is_committed_with_the_decision_once(shop: Shop) -> None:
    await shop.offer(keep="proposition", caps=[{"id": "d", "limit": 5, "counts": "display"}])
    first = await shop.ask("ann", displayed=True)
    await shop.ask("ann", displayed=True)
    await shop.ask("bob")
    displays = shop.house.interactions.find("default").interactions
    assert [(each.type, each.proposition) for each in displays] == [("display", first.propositions[0].id)]
    assert [row["used"] for row in shop.rows("counts")] == [1]


async def test_displays_reach_goals(shop: Shop) -> None:
    await shop.offer(keep="profile", goals=[{"on": "display", "then": "bar"}])
    assert await shop.given("ann", displayed=True) == ["o"]
    assert await shop.given("ann") == []


async def test_a_past_decision_is_explained_from_what_was_known_then(shop: Shop) -> None:
    two = {"content": {"p": {"html": "x"}}, "status": "approved"}
    offers = {
        "capped": {**two, "priority": 9, "caps": [{"id": "c", "limit": 1, "per": "profile"}]},
        "young": {**two, "priority": 8, "eligible": "age < 3"},
        "plain": {**two, "priority": 1},
    }
    await shop.apply(offers=offers)
    await shop.house.profiles.put("default", "crm:ann", {"attributes": {"age": 40, "unread": "xyzzy"}})
    await shop.ask("ann")
    decision = await shop.ask("ann", seed="s")
    explained = await shop.ask("ann", dryRun=True, explain=True, seed="s")
    await shop.house.profiles.put("default", "crm:ann", {"attributes": {"age": 1}})
    await shop.apply(offers={"young": {**two, "status": "archived"}, "capped": {**two, "priority": 1}, "plain": two})
    shop.clock.advance(days=400)
    await shop.restart()
    then = await shop.house.decided.explain("default", decision.id)
    assert _offers(then) == ["plain"]
    assert then.propositions[0].explanation == explained.propositions[0].explanation
    reasons = then.propositions[0].explanation
    assert reasons is not None
    assert {each.offer: (each.reason.stage, each.reason.seen) for each in reasons.lost} == {
        "capped": ("cap", 1),
        "young": ("eligibility", 40),
    }
    assert not [row for row in shop.rows("decisions") if "xyzzy" in str(row)]


async def test_a_decision_that_kept_something_is_explained_with_the_same_answer(shop: Shop) -> None:
    await shop.offer(keep="proposition")
    await shop.ask("ann")
    decision = await shop.ask("ann", context={"members": {"n": 1.50}})
    again = await shop.house.decided.explain("default", decision.id)
    assert [each.items for each in again.propositions] == [each.items for each in decision.propositions]


async def test_known_and_unknown_identities_come_together(shop: Shop) -> None:
    await shop.offer()
    first = await shop.ask("ann")
    both = [{"namespace": "email", "id": "ann@example.org"}, {"namespace": "crm", "id": "ann"}]
    second = await shop.ask(identities=both)
    assert second.profile == first.profile
    names = shop.house.profiles.get("default", "email:ann@example.org").identities
    assert [each.namespace for each in names] == ["crm", "email"]


async def test_two_known_profiles_are_not_made_one_and_a_warning_says_so(shop: Shop) -> None:
    await shop.offer()
    ann, bob = await shop.ask("ann"), await shop.ask("bob")
    both = [{"namespace": "crm", "id": "bob"}, {"namespace": "crm", "id": "ann"}]
    decision = await shop.ask(identities=both)
    assert decision.profile == bob.profile != ann.profile
    assert decision.warnings == ["crm:ann is another profile's identity; link the profiles to make them one"]


async def test_the_unit_is_asked_for_or_the_primary_identity(shop: Shop) -> None:
    rank = {"by": "traffic", "traffic": {"x": 50, "y": 50}}
    two = {"status": "approved", "content": {"p": {"html": "x"}}}
    await shop.apply(offers={"x": two, "y": two}, selections=[{"offers": ["x", "y"], "rank": rank}])
    by_name = [await shop.given("ann") for _ in range(3)]
    by_unit = [await shop.given(f"p{index}", unit="u") for index in range(3)]
    assert by_name == by_name[:1] * 3
    assert by_unit == by_unit[:1] * 3


async def test_content_is_filled_in_and_what_fails_is_left_empty_with_a_warning(shop: Shop) -> None:
    body = {"p": {"html": "{{ profile.name }}{{ context.n | divided_by: context.zero }}", "template": "liquid"}}
    await shop.offer(content=body)
    await shop.house.profiles.put("default", "crm:ann", {"attributes": {"name": "<Ann>"}})
    context = {"members": {"n": 4, "zero": 2}}
    good = await shop.ask("ann", context=context)
    bad = await shop.ask("ann", asks=[{"placement": "p", "context": {"members": {"zero": 0}}}], context=context)
    assert good.propositions[0].items[0].components[0].body == "&lt;Ann&gt;2"
    assert bad.propositions[0].items[0].components[0].body is None
    assert len(bad.warnings) == 1
    assert "o for p" in bad.warnings[0]


async def test_decisions_are_listed_latest_first_page_by_page(shop: Shop) -> None:
    await shop.offer()
    made = []
    for who in ("ann", "ann", "bob"):
        made.append((await shop.ask(who)).id)
        shop.clock.advance(hours=1)
    service = shop.house.decided
    page = service.find("default", limit=2)
    rest = service.find("default", limit=2, cursor=page.cursor)
    assert [each.id for each in (*page.decisions, *rest.decisions)] == made[::-1]
    assert rest.cursor is None
    ann = shop.house.profiles.get("default", "crm:ann").id
    assert {each.id for each in service.find("default", profile=ann).decisions} == set(made[:2])
    since = service.read("default", made[1]).at
    assert len(service.find("default", since=since).decisions) == 2
    with pytest.raises(Unprocessable):
        service.find("default", cursor="no cursor")


async def test_what_is_not_there_is_not_found(shop: Shop) -> None:
    service = shop.house.decided
    for name in ("no-uuid", "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(NotFound):
            service.read("default", name)
        with pytest.raises(NotFound):
            await service.explain("default", name)
        with pytest.raises(NotFound):
            service.read_proposition("default", name)


async def test_a_proposition_is_found_by_its_id(shop: Shop) -> None:
    await shop.offer(keep="proposition", lasts="1 hour")
    made = await shop.ask("ann")
    decision, found = shop.house.decided.read_proposition("default", made.propositions[0].id)
    assert (decision, found) == (made, made.propositions[0])
    shop.clock.advance(hours=2)
    assert shop.house.decided.read_proposition("default", found.id)[1].state == "expired"


async def test_an_identity_that_came_to_be_by_another_way_is_looked_at_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.offer()
    ann = await shop.ask("ann")
    finding = shop.house.storage.profiles.find
    blind = iter([True])

    def find(workspace: str, identity: Any) -> str | None:
        # The first look misses what is there, as if it had been written right after.
        return None if next(blind, False) else finding(workspace, identity)

    await shop.restart()
    finding = shop.house.storage.profiles.find
    blind = iter([True, True])
    monkeypatch.setattr(shop.house.storage.profiles, "find", find)
    assert (await shop.ask("ann")).profile == ann.profile


async def test_a_dry_run_is_as_of_the_request(shop: Shop) -> None:
    await shop.offer(eligible='inSegment("vip")')
    await shop.house.profiles.put("default", "crm:ann", {"memberships": [{"audience": "vip", "until": "2026-02-01"}]})
    assert await shop.given("ann") == ["o"]
    assert await shop.given("ann", dryRun=True, at="2026-02-01T00:00:00Z") == []


async def test_attributes_are_inherited_over_several_generations(shop: Shop) -> None:
    await shop.offer(eligible='plan = "gold" and seats > 2 and city = "Rome"')
    profiles = shop.house.profiles
    top = await profiles.put("default", "crm:top", {"attributes": {"plan": "gold", "seats": 1}})
    middle = await profiles.put("default", "crm:mid", {"attributes": {"seats": 3}, "parent": top.id})
    await profiles.put("default", "crm:ann", {"attributes": {"city": "Rome"}, "parent": middle.id})
    assert await shop.given("ann") == ["o"]
    await profiles.patch("default", "crm:top", {"attributes": {"plan": "tin"}})
    assert await shop.given("ann") == []


async def test_the_answer_is_kept_in_the_same_transaction(shop: Shop) -> None:
    await shop.offer(caps=[{"id": "c", "limit": 1}])

    def broken(_transaction: object, _result: object) -> None:
        raise ValueError("no answer")

    request = codec.build(Request, {"asks": [{"placement": "p"}]})
    with pytest.raises(ValueError, match="no answer"):
        await shop.house.decisioning.decide("default", request, keep=broken)
    assert (shop.rows("decisions"), shop.rows("counts")) == ([], [])
    assert await shop.given() == ["o"]


async def test_old_decisions_are_forgotten_where_the_settings_say_so(shop: Shop) -> None:
    await shop.restart(decision_days=2)
    await shop.offer(caps=[{"id": "c", "limit": 2}])
    old = await shop.ask("ann")
    shop.clock.advance(days=2, seconds=1)
    new = await shop.ask("ann")
    await shop.house.jobs.drain()
    assert [row["id"] for row in shop.rows("decisions")] == [new.id]
    with pytest.raises(NotFound):
        shop.house.decided.read("default", old.id)
    assert await shop.given("ann") == []


async def test_what_is_open_about_one_thing_is_not_given_for_another(shop: Shop) -> None:
    await shop.offer(keep="proposition")
    made = {
        about: (await shop.ask("ann", **({} if about is None else {"about": about}))).propositions[0]
        for about in ("s1", "s2", None)
    }
    assert [each.about for each in made.values()] == ["s1", "s2", None]
    assert len({each.id for each in made.values()}) == 3
    for restart in (False, True):
        if restart:
            await shop.restart()
        for about, each in made.items():
            again = await shop.ask("ann", **({} if about is None else {"about": about}))
            assert (again.propositions[0].id, again.propositions[0].kept) == (each.id, True)
            assert (await shop.house.decided.explain("default", again.id)).propositions[0].id == each.id


async def test_the_oldest_makes_room_where_somebody_has_more_open_than_is_sound(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisioning, "MOST_OPEN", 3)
    await shop.offer(keep="proposition")
    made = [(await shop.ask("ann", about=f"s{number}")).propositions[0].id for number in range(5)]
    states = [shop.house.decided.read_proposition("default", name)[1].state for name in made]
    assert states == ["closed", "closed", "open", "open", "open"]
    assert (await shop.ask("ann", about="s2")).propositions[0].id == made[2]
    assert [row["state"] for row in shop.rows("propositions")].count("open") == 3
