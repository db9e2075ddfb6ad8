"""Walks along next links, in every ordering and both dialects, while another client writes."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from offerd.apis.journey_optimizer import ids

SCHEMA = "https://ns.adobe.com/experience/offer-management/personalized-offer;version=0.5"
CREATE = f'application/schema-instance+json; schema="{SCHEMA}"'
BASE = f"/data/core/xcore/{ids.container_id('default')}"

MANY = 10_000
LIMIT = 1_000

#: Every tenth offer is somebody else's to change.
TOUCHED = 10


@pytest.fixture(scope="module")
def filled(module_server: Any) -> Any:
    """Offers in batches of one moment each: names that repeat, odd names, members that only some have."""
    for start in range(0, MANY, 1_000):
        offers = {
            f"o{number}": {
                "name": ["", "a,b", "~", "'7", "12", "%2C", "Å"][number % 7] + f" {number % 900}",
                "priority": number % 37,
                "attributes": {"tier": str(number % 3)} if number % 2 else {},
                "window": {"from": f"2026-01-{number % 28 + 1:02d}T00:00:00.{number % 5}Z"} if number % 3 else {},
            }
            for number in range(start, start + 1_000)
        }
        module_server.run(module_server.house.catalogue.apply("default", {"offers": offers}, author="test"))
        module_server.clock.advance(microseconds=700)  # less than a millisecond, so that many are tied
    return module_server


@contextmanager
def busy(server: Any) -> Iterator[Callable[[], int]]:
    """Another client, which creates, patches and deletes as fast as it can."""
    stop, writes = threading.Event(), []

    def work() -> None:
        with server.client() as client:
            catalogue = server.house.catalogue.catalogue("default").of("offers")
            mine = [thing.ids["uuid"] for name, thing in catalogue.items() if name[1:].isdigit() and is_touched(name)]
            made: list[str] = []
            for number in range(100_000):
                if stop.is_set():
                    return
                server.clock.advance(microseconds=137)
                body = {
                    "xdm:name": f"new {number % 900}",
                    "xdm:status": "draft",
                    "xdm:rank": {"xdm:priority": number % 37},
                }
                answer = client.post(f"{BASE}/instances", json=body, headers={"content-type": CREATE})
                made.append(answer.json()["instanceId"])
                patch = [{"op": "replace", "path": "/_instance/xdm:rank/xdm:priority", "value": number % 41},
                         {"op": "replace", "path": "/_instance/xdm:name", "value": f"changed {number}"}]  # fmt: skip
                client.patch(f"{BASE}/instances/{mine[number % len(mine)]}", json=patch)
                if number % 3 == 2:
                    client.delete(f"{BASE}/instances/{made.pop(0)}")
                writes.append(number)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield lambda: len(writes)
    finally:
        stop.set()
        thread.join(60)


def is_touched(name: str) -> bool:
    return int(name[1:]) % TOUCHED == 0


def untouched(server: Any) -> set[str]:
    catalogue = server.house.catalogue.catalogue("default").of("offers")
    return {thing.ids["time"] for name, thing in catalogue.items() if name[1:].isdigit() and not is_touched(name)}


def walk(client: httpx.Client, base: str, first: str, results: Callable[[Any], list[Any]], name: str) -> Counter[str]:
    """How often each object was seen, by its hexadecimal id."""
    seen: Counter[str] = Counter()
    href: str | None = first
    for _ in range(200):
        answer = client.get(base + href)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        seen.update(result[name].rpartition(":")[2] for result in results(page))
        following = page["_links"].get("next")
        if following is None:
            return seen
        assert following["href"] != href
        href = following["href"]
    raise AssertionError("the walk does not end")


CONTAINER_ORDERS = [
    "",
    "-instanceId",
    "-repo:createdDate",
    "repo:lastModifiedDate",
    "_instance.xdm:name",
    "-_instance.xdm:rank.xdm:priority,+_instance.xdm:name",
    "-_instance.xdm:characteristics.tier",
    "_instance.xdm:selectionConstraint.xdm:startDate,-repo:etag",
]


@pytest.mark.parametrize("order", CONTAINER_ORDERS)
def test_a_walk_of_the_container_dialect_sees_what_nobody_touched_once(filled: Any, order: str) -> None:
    path = "queries/core/search" if order.startswith("-") else "instances"
    query = f"schema={SCHEMA}&limit={LIMIT}" + (f"&orderBy={order.replace('+', '%2B')}" if order else "")
    with filled.client() as client, busy(filled) as writes:
        seen = walk(client, "/data/core/xcore", f"/{ids.container_id('default')}/{path}?{query}",
                    lambda page: [each["_instance"] for each in page["_embedded"]["results"]], "@id")  # fmt: skip
        assert writes() > 0
    assert {seen[name] for name in untouched(filled)} == {1}


PLAIN_ORDERS = ["", "modified", "name", "-rank.priority,name", "-characteristics.tier", "selectionConstraint.startDate"]


@pytest.mark.parametrize("order", PLAIN_ORDERS)
def test_a_walk_of_the_plain_dialect_sees_what_nobody_touched_once(filled: Any, order: str) -> None:
    query = f"offer-type=personalized&limit={LIMIT}" + (f"&orderBy={order}" if order else "")
    with filled.client() as client, busy(filled) as writes:
        seen = walk(client, "/data/core/dps", f"/offers?{query}", lambda page: page["results"], "id")
        assert writes() > 0
    assert {seen[name] for name in untouched(filled)} == {1}


def test_prev_links_lead_back_over_the_same_pages(filled: Any) -> None:
    with filled.client() as client:
        forth, href = [], "/offers?offer-type=personalized&limit=3000&orderBy=name"
        while href:
            page = client.get(f"/data/core/dps{href}").json()
            forth.append([each["id"] for each in page["results"]])
            last, href = page, page["_links"].get("next", {}).get("href")
        back, page = [forth[-1]], last
        while "prev" in page["_links"]:
            page = client.get("/data/core/dps" + page["_links"]["prev"]["href"]).json()
            back.append([each["id"] for each in page["results"]])
    assert len(forth) > 3
    assert back[::-1] == forth
