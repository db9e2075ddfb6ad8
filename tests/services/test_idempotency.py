from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from offerd.model import codec, json
from offerd.model.interaction import Interaction
from offerd.model.request import Request
from offerd.services.errors import KeyReused
from offerd.services.idempotency import Kept, Pending

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.anyio

_REQUEST = codec.build(Request, {"asks": [{"placement": "p"}], "identities": [{"namespace": "crm", "id": "ann"}]})


async def _answered(shop: Shop, key: str = "k", fingerprint: bytes = b"f", caller: str = "c") -> bytes:
    """What a caller is answered who sends a request with a key."""
    begun = await shop.house.idempotency.begin("default", caller, key, fingerprint)
    if isinstance(begun, Kept):
        return begun.answer
    try:
        decision = await shop.house.decisioning.decide("default", _REQUEST, keep=begun.keeps(json.dumps))
        return json.dumps(decision)
    finally:
        begun.finish()


async def test_the_same_request_gets_the_same_answer_and_has_its_effect_once(shop: Shop) -> None:
    await shop.offer(caps=[{"id": "c", "limit": 5}])
    first = await _answered(shop)
    assert await _answered(shop) == first
    await shop.restart()
    assert await _answered(shop) == first
    assert (len(shop.rows("decisions")), shop.rows("counts")[0]["used"]) == (1, 1)


async def test_another_request_with_the_same_key_is_refused(shop: Shop) -> None:
    await shop.offer()
    await _answered(shop)
    with pytest.raises(KeyReused):
        await _answered(shop, fingerprint=b"other")
    await shop.restart()
    with pytest.raises(KeyReused):
        await _answered(shop, fingerprint=b"other")


async def test_keys_of_different_callers_do_not_meet(shop: Shop) -> None:
    await shop.offer()
    assert await _answered(shop, caller="a") != await _answered(shop, caller="b", fingerprint=b"g")


async def test_simultaneous_requests_with_one_key_wait_for_the_first(shop: Shop) -> None:
    await shop.offer()
    answers = await asyncio.gather(*(_answered(shop) for _ in range(20)))
    assert len(set(answers)) == 1
    assert len(shop.rows("decisions")) == 1


async def test_another_request_does_not_wait_to_be_refused(shop: Shop) -> None:
    begun = await shop.house.idempotency.begin("default", "c", "k", b"f")
    with pytest.raises(KeyReused):
        await shop.house.idempotency.begin("default", "c", "k", b"other")
    assert isinstance(begun, Pending)
    begun.finish()


async def test_a_request_that_failed_is_not_remembered(shop: Shop) -> None:
    begun = await shop.house.idempotency.begin("default", "c", "k", b"f")
    assert isinstance(begun, Pending)
    waiting = asyncio.create_task(shop.house.idempotency.begin("default", "c", "k", b"f"))
    await asyncio.sleep(0)
    begun.finish()
    again = await waiting
    assert isinstance(again, Pending)
    again.finish()


async def test_an_answer_without_an_effect_can_be_kept_too(shop: Shop) -> None:
    begun = await shop.house.idempotency.begin("default", "c", "k", b"f")
    assert isinstance(begun, Pending)
    await begun.store(b"answer")
    begun.finish()
    assert await shop.house.idempotency.begin("default", "c", "k", b"f") == Kept(b"answer")


async def test_a_kept_answer_ends_and_is_swept_away(shop: Shop) -> None:
    await shop.offer()
    first = await _answered(shop)
    shop.clock.advance(hours=168)
    assert await _answered(shop) != first
    shop.clock.advance(hours=168)
    await shop.house.jobs.drain()
    assert (shop.rows("answers"), shop.rows("answer_people")) == ([], [])


async def test_answers_with_a_persons_data_go_with_the_person(shop: Shop) -> None:
    await shop.offer()
    item = (await shop.ask("ann")).propositions[0].items[0].id
    await shop.ask("bob")
    begun = await shop.house.idempotency.begin("default", "c", "k", b"f")
    assert isinstance(begun, Pending)
    said = [codec.build(Interaction, {"type": "click", "item": item})]
    await shop.house.interactions.record("default", said, keep=begun.keeps(json.dumps))
    begun.finish()
    await shop.house.profiles.erase("default", "crm:bob")
    assert len(shop.rows("answers")) == 1
    await shop.house.profiles.erase("default", "crm:ann")
    assert (shop.rows("answers"), shop.rows("answer_people")) == ([], [])
