"""How fulfilments start, stand and end."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from offerd.model import codec
from offerd.model.interaction import Fulfilment
from offerd.services.clock import instant
from offerd.services.errors import InvalidDocument, NotFound
from offerd.services.fulfilment.ending import EXPIRED, Ended
from offerd.services.idempotency import Pending

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.anyio

WEEK = timedelta(days=7)


async def _accepted(shop: Shop, who: str | None = "ann", *, choice: str = "yes", **fulfil: Any) -> Fulfilment:
    """What an accept of the only choice of a new offer sets going."""
    if fulfil:
        await shop.offer(choices=[{"id": "yes", "label": "Yes", "fulfil": fulfil}, {"id": "no"}])
    item = (await shop.ask(who)).propositions[0].items[0].id
    made = (await shop.say("accept", item=item, choice=choice)).fulfilment
    assert made is not None
    return made


def _events(shop: Shop) -> list[tuple[str, Any]]:
    """What was recorded of ends, the first one first."""
    found = shop.house.interactions.find("default", types=["fulfilled", "failed"]).interactions
    return [(each.type, each.data.get("fulfilment")) for each in reversed(found)]


async def _person(shop: Shop, **attributes: Any) -> str:
    document = {"identities": [{"namespace": "crm", "id": "ann"}], "attributes": attributes}
    return (await shop.house.profiles.put("default", "crm:ann", document)).id


async def test_a_redirect_goes_to_its_address_with_every_value_encoded(shop: Shop) -> None:
    await _person(shop, name="a b&c=/../@evil.example")
    url = "https://shop.example/{{ choice.id }}?who={{ profile.name }}&of={{ fulfilment.id }}"
    made = await _accepted(shop, kind="redirect", url=url)
    assert made.url == f"https://shop.example/yes?who=a%20b%26c%3D%2F..%2F%40evil.example&of={made.id}"
    assert (made.state, made.page, made.offer, made.choice) == ("in_progress", None, "o", "yes")
    assert shop.rows("deliveries") == []


@pytest.mark.parametrize("text", ["javascript:alert(1)", "ftp://shop.example/", "//shop.example", "shop.example", ""])
async def test_an_address_that_is_none_is_refused_when_it_is_written(shop: Shop, text: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        await _accepted(shop, kind="redirect", url=text)
    assert caught.value.faults[0].pointer.endswith("/fulfil/url")


TEMPLATES = [
    ("https://{{ profile.name }}.example/x", "https://bo%20b.example/x"),
    ("https://x.example/{% if profile.name == 'bo b' %}a{% else %}b{% endif %}%20c", "https://x.example/a%20c"),
    ("https://x.example/ {%- if profile.name -%} a {%- endif -%} ?n={{ 'a b' }}", "https://x.example/a?n=a%20b"),
    ("https://x.example/{% comment %}a b{% endcomment %}{{ choice.id }}", "https://x.example/yes"),
]


@pytest.mark.parametrize(("template", "url"), TEMPLATES)
async def test_blanks_that_a_template_does_not_write_into_an_address_are_no_fault(
    shop: Shop, template: str, url: str
) -> None:
    await _person(shop, name="bo b")
    assert (await _accepted(shop, kind="redirect", url=template)).url == url


async def test_a_template_that_cannot_be_used_is_refused_when_it_is_written(shop: Shop) -> None:
    with pytest.raises(InvalidDocument) as caught:
        await _accepted(shop, kind="email", settings={"subject": "{% nonsense %}"})
    assert caught.value.faults[0].pointer.endswith("/fulfil/settings/subject")


async def test_an_address_that_a_person_makes_another_host_of_is_left_out(shop: Shop) -> None:
    await _person(shop, host="")
    made = await _accepted(shop, kind="redirect", url="https://{{ profile.host }}/x")
    assert (made.url, made.state) == (None, "in_progress")


async def test_a_checkout_has_a_page_made_from_the_settings_template(shop: Shop) -> None:
    await shop.restart(fulfilment_pages={"checkout": "https://pay.example/{{ fulfilment.id }}"}, fulfilment_days=3)
    made = await _accepted(shop, kind="checkout", settings={"page": {"type": "checkout_existing"}})
    assert made.page is not None
    assert (made.page.url, made.page.type) == (f"https://pay.example/{made.id}", "checkout_existing")
    assert (made.page.state, made.page.created) == ("created", made.created)
    assert made.page.expires == made.deadline == instant(shop.clock.now()) + timedelta(days=3)
    done = await shop.house.fulfilments.complete("default", made.id)
    assert done.page is not None
    assert done.page.state == "succeeded"


async def test_a_checkout_without_the_setting_goes_to_its_own_address(shop: Shop) -> None:
    made = await _accepted(shop, kind="checkout", url="https://pay.example/?o={{ offer.id }}")
    assert made.page is not None
    assert (made.page.url, made.page.type) == ("https://pay.example/?o=o", "checkout")
    failed = await shop.house.fulfilments.fail("default", made.id, "abandoned")
    assert failed.page is not None
    assert failed.page.state == "cancelled"
    assert (await _accepted(shop, kind="checkout")).page is None


async def test_completing_is_recorded_once_and_counts_for_caps_and_goals(shop: Shop) -> None:
    await shop.offer(
        choices=[{"id": "yes", "fulfil": {"kind": "by-post"}}],
        caps=[{"id": "sent", "limit": 2, "counts": "fulfilled"}],
        keep="profile",
        goals=[{"on": "fulfilled", "then": "bar"}],
    )
    made = await _accepted(shop)
    assert _events(shop) == []
    shop.clock.advance(hours=1)
    done = await shop.house.fulfilments.complete("default", made.id)
    assert (done.state, done.finished, done.error) == ("completed", instant(shop.clock.now()), None)
    assert _events(shop) == [("fulfilled", made.id)]
    shop.clock.advance(hours=1)
    assert await shop.house.fulfilments.complete("default", made.id) == done
    assert _events(shop) == [("fulfilled", made.id)]
    assert [(row["cap"], row["used"]) for row in shop.rows("counts")] == [("o/sent", 1)]
    assert shop.house.profiles.assignments("default", "crm:ann")[0].state == "barred"
    with pytest.raises(Ended) as caught:
        await shop.house.fulfilments.fail("default", made.id, "late")
    assert caught.value.fulfilment == done
    await shop.restart()
    assert shop.house.fulfilments.read("default", made.id) == done


async def test_a_failure_keeps_its_first_error_and_cannot_be_completed(shop: Shop) -> None:
    made = await _accepted(shop, kind="by-post")
    failed = await shop.house.fulfilments.fail("default", made.id, "no-stock", "The last one is gone")
    assert failed.error == {"code": "no-stock", "message": "The last one is gone"}
    assert await shop.house.fulfilments.fail("default", made.id, "other") == failed
    with pytest.raises(Ended):
        await shop.house.fulfilments.complete("default", made.id)
    (event,) = shop.house.interactions.find("default", type="failed").interactions
    assert event.data == {"fulfilment": made.id, "kind": "by-post", "error": failed.error}
    assert (event.proposition, event.offer, event.choice, event.profile) == (
        made.proposition, "o", "yes", made.profile,
    )  # fmt: skip


async def test_of_two_ends_at_the_same_moment_one_is_the_end(shop: Shop) -> None:
    made = await _accepted(shop, kind="by-post")
    service = shop.house.fulfilments
    ends = await asyncio.gather(
        *(service.complete("default", made.id) for _ in range(4)),
        *(service.fail("default", made.id, "no") for _ in range(4)),
        return_exceptions=True,
    )
    told = {each.state for each in ends if isinstance(each, Fulfilment)}
    assert len(told) == 1
    assert sum(isinstance(each, Ended) for each in ends) == 4
    assert len(_events(shop)) == 1


async def test_what_nobody_finishes_has_failed_at_its_deadline_to_the_moment(shop: Shop) -> None:
    made = await _accepted(shop, kind="by-post")
    service = shop.house.fulfilments
    assert made.deadline == instant(shop.clock.now()) + WEEK
    shop.clock.advance(WEEK - timedelta(microseconds=1))
    assert service.read("default", made.id).state == "in_progress"
    assert [each.id for each in service.find("default", state="in_progress").fulfilments] == [made.id]
    shop.clock.advance(microseconds=1)
    late = service.read("default", made.id)
    assert (late.state, late.finished) == ("failed", made.deadline)
    assert late.error is not None
    assert late.error["code"] == EXPIRED
    assert service.find("default", state="in_progress").fulfilments == []
    assert service.find("default", state="failed").fulfilments == [late]
    assert (_events(shop), shop.rows("fulfilments")[0]["state"]) == ([], "in_progress")
    with pytest.raises(Ended):
        await service.complete("default", made.id)
    shop.clock.advance(hours=5)
    await shop.house.jobs.drain()
    assert (_events(shop), shop.rows("fulfilments")[0]["state"]) == ([("failed", made.id)], "failed")
    assert service.read("default", made.id) == late
    await shop.house.jobs.drain()
    assert _events(shop) == [("failed", made.id)]
    (event,) = shop.house.interactions.find("default", type="failed").interactions
    assert event.at == made.deadline


async def test_a_choice_says_how_long_it_may_take(shop: Shop) -> None:
    made = await _accepted(shop, kind="by-post", lasts="2 hours")
    shop.clock.advance(hours=2)
    assert shop.house.fulfilments.read("default", made.id).state == "failed"


async def test_what_is_completed_with_its_accept_is_recorded_with_it(shop: Shop) -> None:
    made = await _accepted(shop, kind="redirect", url="https://shop.example/", completes="accepted")
    assert (made.state, made.finished, made.deadline) == ("completed", instant(shop.clock.now()), None)
    assert _events(shop) == [("fulfilled", made.id)]
    none = await _accepted(shop, choice="no")
    assert (none.kind, none.state) == ("none", "completed")
    assert len(_events(shop)) == 1


async def test_an_accept_without_a_proposition_is_fulfilled_too(shop: Shop) -> None:
    choices = [{"id": "yes", "fulfil": {"kind": "redirect", "url": "https://shop.example/", "completes": "accepted"}}]
    await shop.offer(choices=choices)
    said = await shop.say("accept", offer="o", choice="yes", identities=[{"namespace": "crm", "id": "new"}])
    assert said.fulfilment is not None
    assert said.fulfilment.state == "completed"
    (event,) = shop.house.interactions.find("default", type="fulfilled").interactions
    assert event.profile == said.interaction.profile is not None


async def test_an_end_is_recorded_though_offer_and_decision_are_gone(shop: Shop) -> None:
    made = await _accepted(shop, kind="by-post")
    await shop.house.catalogue.apply("default", {"offers": {}}, author="test", prune=True)
    shop.house.storage.reader.commit()
    await shop.house.storage.writer.submit(
        lambda transaction: shop.house.storage.decisions.forget(transaction, shop.clock.now() + 1, 100)
    )
    done = await shop.house.fulfilments.complete("default", made.id)
    assert done.state == "completed"
    assert _events(shop) == [("fulfilled", made.id)]


async def test_an_erased_person_has_no_fulfilment_any_more(shop: Shop) -> None:
    made = await _accepted(shop, kind="webhook", url="http://127.0.0.1:9/", lasts="1 day")
    await shop.house.profiles.erase("default", "crm:ann")
    with pytest.raises(NotFound):
        await shop.house.fulfilments.complete("default", made.id)
    shop.clock.advance(days=2)
    await shop.house.jobs.drain()
    assert (shop.rows("fulfilments"), shop.rows("deliveries"), _events(shop)) == ([], [], [])


async def test_fulfilments_follow_a_person_who_becomes_part_of_another(shop: Shop) -> None:
    made = await _accepted(shop, kind="webhook", url="http://127.0.0.1:9/")
    await shop.ask("bob")
    bob = shop.house.profiles.resolve("default", "crm:bob")
    await shop.house.profiles.link("default", "crm:bob", "crm:ann")
    assert shop.house.fulfilments.read("default", made.id).profile == bob
    assert shop.house.deliveries.read("default", made.id).profile == bob
    assert [each.id for each in shop.house.fulfilments.find("default", profile=bob).fulfilments] == [made.id]
    await shop.house.fulfilments.complete("default", made.id)
    assert shop.house.interactions.find("default", type="fulfilled").interactions[0].profile == bob


async def test_fulfilments_are_found_by_what_they_are(shop: Shop) -> None:
    first = await _accepted(shop, "ann", kind="by-post")
    shop.clock.advance(hours=1)
    second = await _accepted(shop, "bob", kind="by-hand")
    find = shop.house.fulfilments.find

    def names(**query: Any) -> list[str]:
        return [each.id for each in find("default", **query).fulfilments]

    assert names() == [second.id, first.id]
    assert names(kind="by-post") == names(profile=first.profile) == names(proposition=first.proposition) == [first.id]
    assert names(since=second.created) == [second.id]
    assert names(offer="none") == names(state="completed") == []
    page = find("default", limit=1)
    assert page.cursor is not None
    assert [each.id for each in find("default", limit=1, cursor=page.cursor).fulfilments] == [first.id]
    assert find("elsewhere").fulfilments == []
    await shop.house.fulfilments.complete("default", first.id)
    assert shop.house.fulfilments.states() == {"completed": 1, "in_progress": 1}


async def test_a_repeated_accept_tells_how_its_fulfilment_stands(shop: Shop) -> None:
    await shop.offer(choices=[{"id": "yes", "fulfil": {"kind": "by-post"}}])
    item = (await shop.ask("ann")).propositions[0].items[0].id
    first = (await shop.say("accept", item=item)).fulfilment
    assert first is not None
    shop.clock.advance(WEEK)
    again = await shop.say("accept", item=item)
    assert again.repeated
    assert again.fulfilment is not None
    assert (again.fulfilment.id, again.fulfilment.state) == (first.id, "failed")
    assert len(shop.rows("fulfilments")) == 1


async def test_a_senders_key_that_looks_like_an_ends_does_not_stop_it(shop: Shop) -> None:
    made = await _accepted(shop, kind="by-post")
    await shop.say("click", offer="o", key=f"fulfilment:{made.id}")
    done = await shop.house.fulfilments.complete("default", made.id)
    assert shop.house.fulfilments.read("default", made.id) == done


async def test_a_kept_answer_with_a_persons_fulfilment_goes_with_the_person(shop: Shop) -> None:
    made = await _accepted(shop, kind="by-post")
    begun = await shop.house.idempotency.begin("default", "c", "k", b"f")
    assert isinstance(begun, Pending)
    await shop.house.fulfilments.complete("default", made.id, keep=begun.keeps(codec.dumps))
    begun.finish()
    assert len(shop.rows("answers")) == 1
    await shop.house.profiles.erase("default", "crm:ann")
    assert shop.rows("answers") == []
