"""The replay: what it counts is what the API counted."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from offerd.demo import dataset
from offerd.demo.loader import LoadError, load
from offerd.demo.replay import Replayed, ReplayError, Tally, replay

SITUATIONS = 400


@pytest.fixture
def live(start_server: Callable[..., Any]) -> Any:
    """A server with the demonstration."""
    server = start_server()

    async def fill() -> None:
        async with client_of(server) as client:
            await load(client)

    asyncio.run(fill())
    return server


def client_of(server: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.url, headers={"authorization": f"Bearer {server.admin}"}, timeout=60)


def replayed(server: Any, count: int) -> Replayed:
    async def go() -> Replayed:
        async with client_of(server) as client:
            return await replay(client, dataset.read().occasions[:count], senders=8)

    return asyncio.run(go())


def counted(server: Any, name: str) -> dict[str, float]:
    """A counter of the server, by its last label and the others."""
    text = httpx.get(f"{server.url}/metrics").text
    found = re.findall(rf"^{name}_total{{(.*)}} (\S+)$", text, re.MULTILINE)
    return {re.sub(r'[a-z]+=|"', "", labels): float(value) for labels, value in found}


def test_the_tables_sums_are_those_of_the_api(live: Any) -> None:
    done = replayed(live, SITUATIONS)
    total = done.total
    propositions = counted(live, "offerd_propositions")
    assert done.situations == SITUATIONS
    assert total.asked == 3 * SITUATIONS
    assert total.decided == propositions["given"] + propositions["fallback"]
    assert total.fallen_back == propositions["fallback"]
    assert total.asked - total.decided == propositions.get("empty", 0)
    assert total.accepted == counted(live, "offerd_interactions")["recorded,accept"]
    assert listed(live, "/decisions") == SITUATIONS
    assert listed(live, "/interactions?type=accept") == total.accepted


def listed(server: Any, path: str) -> int:
    """How many a list of the API holds."""
    return sum(1 for _ in items(server, path))


def items(server: Any, path: str) -> Iterator[Any]:
    cursor: str | None = ""
    with server.client() as client:
        while cursor is not None:
            more = {"cursor": cursor} if cursor else {}
            page = client.get(f"/offerd/v1{path}", params={"limit": 1000, **more}).raise_for_status().json()
            cursor = page.get("cursor")
            yield from page["items"]


def test_what_was_capped_is_what_the_api_explains_of_each_decision(live: Any) -> None:
    done = replayed(live, 100)
    capped = 0
    with live.client() as client:
        for decision in items(live, "/decisions"):
            explained = client.get(f"/offerd/v1/decisions/{decision['id']}/explanation").json()
            for proposition in explained["propositions"]:
                stages = {lost["reason"]["stage"] for lost in proposition["explanation"].get("lost", ())}
                capped += "cap" in stages and bool(proposition.get("items"))
    assert capped == done.total.capped > 0


def test_every_column_is_above_zero_and_a_second_replay_works_too(live: Any) -> None:
    for _ in range(2):
        total = replayed(live, SITUATIONS).total
        for column in ("asked", "decided", "capped", "fallen_back", "same", "accepted"):
            assert getattr(total, column) > 0, column
        assert total.decided >= total.same >= total.accepted
        assert 0 < (total.agreement or 0) <= 1


def test_loading_twice_changes_nothing(live: Any) -> None:
    async def again() -> Any:
        async with client_of(live) as client:
            return await load(client)

    loaded = asyncio.run(again())
    assert (loaded.catalogue, loaded.profiles) == (False, 0)


def test_a_catalogue_that_was_changed_is_left_as_it_is(live: Any) -> None:
    with live.client() as client:
        patched = client.patch(
            "/offerd/v1/offers/bar", json={"priority": 99}, headers={"content-type": "application/merge-patch+json"}
        )
        assert patched.status_code == 200
    test_loading_twice_changes_nothing(live)
    with live.client() as client:
        assert client.get("/offerd/v1/offers/bar").json()["priority"] == 99


def test_a_server_without_the_demonstrations_activities_still_answers(start_server: Callable[..., Any]) -> None:
    total = replayed(start_server(), 3).total
    assert (total.asked, total.decided, total.agreement) == (9, 0, None)


def test_a_token_that_may_not_is_told(start_server: Callable[..., Any]) -> None:
    server = start_server()
    server.admin = server.token("interact")

    async def fill() -> None:
        async with client_of(server) as client:
            await load(client)

    with pytest.raises(ReplayError, match="missing-scope"):
        replayed(server, 3)
    with pytest.raises(LoadError, match="missing-scope"):
        asyncio.run(fill())


def test_no_agreement_is_told_where_nothing_was_the_same() -> None:
    assert Tally().agreement is None
    assert Replayed({}).total == Tally()


def test_an_address_where_something_else_answers_is_told() -> None:
    page = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>"))

    async def go() -> None:
        async with httpx.AsyncClient(transport=page, base_url="http://127.0.0.1") as client:
            await replay(client, dataset.read().occasions[:1])

    with pytest.raises(ReplayError, match="is not offerd"):
        asyncio.run(go())
