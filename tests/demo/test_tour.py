"""The tour: what a start shows, however much was asked before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from offerd.demo.access import Access
from offerd.demo.tour import Stop, tour
from offerd.model import json

PLACE = {"placements": {"dashboard-card": {}}}
ONE = {"status": "approved", "content": {"dashboard-card": {"html": "<b>one</b>"}}}
OFFER = {
    **PLACE,
    "offers": {"one": ONE},
    "activities": {"a": {"status": "live", "placements": ["dashboard-card"], "selections": [{"offers": ["one"]}]}},
}
FALLBACK = {
    **PLACE,
    "fallbacks": {"plain": {"content": {"dashboard-card": {"html": "plain"}}}},
    "activities": {"a": {"status": "live", "placements": ["dashboard-card"], "fallback": "plain"}},
}
REFUSED = {**OFFER, "offers": {"one": {**ONE, "requires": [{"code": "never", "rule": "context.hour > 99"}]}}}


def shown(server: Any) -> list[Stop]:
    async def go() -> list[Stop]:
        return [stop async for stop in tour(Access(server.url, server.admin))]

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("catalogue", "told"),
    [(OFFER, {"interaction", "fulfilment"}), (FALLBACK, {"interaction", "fulfilment"}), (REFUSED, {"reasons"})],
)
def test_it_shows_what_was_answered_even_a_fallback_or_a_refusal(
    start_server: Callable[..., Any], catalogue: dict[str, Any], told: set[str]
) -> None:
    server = start_server()
    with server.client() as client:
        client.post("/offerd/v1/catalogue/apply", json=catalogue).raise_for_status()
    stops = shown(server)
    assert len(stops) == 3
    assert told <= json.loads(stops[2].answer.encode()).keys()
    assert httpx.get(f"{server.url}/healthz").is_success


def test_it_ends_early_where_nothing_is_given(start_server: Callable[..., Any]) -> None:
    assert len(shown(start_server())) == 2
