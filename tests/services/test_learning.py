"""What is learned of people whom passing names lead to, and when they are forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from offerd.model.person import Identity
from offerd.services.errors import NotFound

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.anyio

COOKIE, PERSON = Identity(namespace="cookie", id="c"), Identity(namespace="crm", id="ann")


async def test_attributes_are_laid_over_what_is_known(shop: Shop) -> None:
    learn = shop.house.profiles.learn
    made = await learn("default", [COOKIE], {"a": 1, "b": 2}, extensions={"x": {"at": {"a": "1", "b": "1"}}})
    after = await learn("default", [PERSON, COOKIE], {"b": 3}, extensions={"x": {"at": {"b": "2"}}})
    assert (after.id, after.version, after.attributes) == (made.id, 2, {"a": 1, "b": 3})
    assert after.identities == [COOKIE, PERSON]
    assert after.extensions == {"x": {"at": {"a": "1", "b": "2"}}}


async def test_names_of_others_are_left_to_them(shop: Shop) -> None:
    learn = shop.house.profiles.learn
    ann = await learn("default", [PERSON], {"a": 1})
    browser = await learn("default", [COOKIE], {"b": 1})
    assert (await learn("default", [PERSON, COOKIE], {"c": 1})).id == ann.id
    found = shop.house.profiles.find_identity("default", COOKIE)
    assert found is not None
    assert found.id == browser.id


async def test_nobody_is_made_where_nobody_is_to_be(shop: Shop) -> None:
    with pytest.raises(NotFound):
        await shop.house.profiles.learn("default", [COOKIE], {"a": 1}, create=False)
    assert shop.rows("profiles") == []


async def test_who_gave_no_sign_is_forgotten_and_what_was_given_stays(shop: Shop) -> None:
    await shop.offer(keep="profile")
    for name, namespace in (("idle", "cookie"), ("busy", "cookie"), ("ann", "crm")):
        identity = {"namespace": namespace, "id": name}
        await shop.ask(identities=[identity])
        await shop.house.profiles.learn("default", [Identity(**identity)], {"a": 1})
    shop.clock.advance(timedelta(days=1))
    before = shop.clock.now()
    await shop.ask(identities=[{"namespace": "cookie", "id": "busy"}])
    assert await shop.house.profiles.lapse("default", ("cookie", "other"), before) == 1
    assert await shop.house.profiles.lapse("default", ("cookie", "other"), before) == 0
    left = {each["name"] for each in shop.rows("identities")}
    assert left == {"busy", "ann"}
    assert (len(shop.rows("assignments")), len(shop.rows("decisions"))) == (2, 4)
    assert await shop.given(identities=[{"namespace": "cookie", "id": "idle"}]) == ["o"]


async def test_an_import_may_leave_out_who_is_not_known(shop: Shop) -> None:
    await shop.house.profiles.learn("default", [PERSON], {"a": 1})

    async def lines() -> AsyncIterator[bytes]:
        for name in ("ann", "bob"):
            yield b'{"identities": [{"namespace": "crm", "id": "%s"}], "attributes": {"b": 2}}\n' % name.encode()

    job = await shop.house.imports.submit("default", "ndjson", lines(), create=False)
    await shop.house.jobs.drain()
    assert shop.house.jobs.read("default", job.id).report == {"created": 0, "changed": 1, "unknown": 1}
    assert len(shop.rows("profiles")) == 1
