"""What a page of the offer library costs with 100,000 offers: CPU milliseconds for the first and the following ones.

One workspace holds 100,000 offers with names, texts, priorities, tags and dates that differ. Each line is one request
for 50 objects through the whole server, without a socket: routing, authentication, the search, the page's encoding.
`first` is the request that makes the column, order or table of words it needs; `again` is the mean of the ten that
follow; `after a write` is one after another client changed an offer.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from offerd import web
from offerd.apis.journey_optimizer import ids
from offerd.services.house import House
from offerd.settings import Settings
from offerd.web import logs

_SCHEMA = "https://ns.adobe.com/experience/offer-management/personalized-offer;version=0.5"
_CONTAINER = f"/data/core/xcore/{ids.container_id('default')}"
_SEARCH = f"{_CONTAINER}/queries/core/search?schema={_SCHEMA}&limit=50"
_NATIVE = "/offerd/v1/offers?limit=50"
_PLAIN = "/data/core/dps/offers?offer-type=personalized&limit=50"

_PAGES = {
    "instances, no order": f"{_CONTAINER}/instances?schema={_SCHEMA}&limit=50",
    "instances, by name, from the middle": f"{_CONTAINER}/instances?schema={_SCHEMA}&limit=50"
    "&orderBy=_instance.xdm:name&start=Offer%2050000,0",
    "search, newest first": f"{_SEARCH}&orderBy=-repo:createdDate",
    "search, two common words, all": f"{_SEARCH}&q=gold%20offer&qop=AND",
    "search, two common words, any": f"{_SEARCH}&q=gold%20silver",
    "search, a phrase in the name": f"{_SEARCH}&q=%22offer%20777%22&field=_instance.xdm:name",
    "search, status and priority": f"{_SEARCH}&property=_instance.xdm:status==approved"
    "&property=_instance.xdm:rank.xdm:priority>50",
    "search, few match, by priority": f"{_SEARCH}&property=_instance.xdm:characteristics.code==c77"
    "&orderBy=-_instance.xdm:rank.xdm:priority",
    "search, expression on every name": f"{_SEARCH}&property=_instance.xdm:name~.*77.*gold.*",
    "search, expression that all match": f"{_SEARCH}&property=_instance.xdm:name~.*",
    "search, exists": f"{_SEARCH}&property=_instance.xdm:selectionConstraint.xdm:startDate",
    "search, changed since": f"{_SEARCH}&property=repo:lastModifiedDate>=2020-01-01T00:00:00Z",
    "plain, newest first": _PLAIN,
    "native, two filters, by priority": f"{_NATIVE}&filter=status%3Dapproved&filter=priority%3E%3D10&order=-priority",
    "native, search": f"{_NATIVE}&search=gold%2077",
    "plain, a filter and two keys": f"{_PLAIN}&property=status==draft,rank.priority<20&orderBy=-rank.priority,name",
}


def _offer(number: int) -> dict[str, Any]:
    metal = ("gold", "silver", "bronze")[number % 3]
    window = {"window": {"from": f"2026-01-{number % 28 + 1:02d}"}} if number % 2 else {}
    return {
        "name": f"Offer {number} {metal}",
        "description": f"A {metal} offer for somebody who came {number % 97} times",
        "status": "approved" if number % 4 else "draft",
        "priority": number % 101,
        "tags": [metal],
        "attributes": {"code": f"c{number % 5000}", "margin": number % 50},
        **window,
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1000


async def _measured(work: Callable[[], Awaitable[Any]], times: int = 1) -> float:
    before = _cpu()
    for _ in range(times):
        await work()
    return (_cpu() - before) / times


async def _run(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(import_limit=2**30, log_level="error")
        logs.configure(settings)
        house = await House.open(Path(folder), settings)
        app = web.create_app(house, local_secret="bench")  # noqa: S106 - of this process alone
        await house.catalogue.apply("default", {"offers": {f"o{n}": _offer(n) for n in range(count)}}, author="bench")
        transport = httpx.ASGITransport(app=app)
        headers = {"authorization": "Bearer bench"}
        async with httpx.AsyncClient(transport=transport, base_url="http://bench", headers=headers) as client:
            worst = [0.0, 0.0, 0.0]
            for number, (name, path) in enumerate(_PAGES.items()):

                async def page(path: str = path) -> None:
                    answer = await client.get(path)
                    assert answer.is_success, answer.text

                first, again = await _measured(page), await _measured(page, 10)
                patch = [{"op": "add", "path": "/priority", "value": 1_000 + number}]
                await house.catalogue.patch("default", "offers", f"o{number}", patch, author="bench")
                written = await _measured(page)
                worst = [max(pair) for pair in zip(worst, (first, again, written), strict=True)]
                print(f"{name:38s} first {first:7.1f} ms, again {again:6.1f} ms, after a write {written:6.1f} ms")
            print(
                f"{'the most':38s} first {worst[0]:7.1f} ms, again {worst[1]:6.1f} ms, after a write {worst[2]:6.1f} ms"
            )
        await house.close()


def main() -> None:
    """Prints the figures; the first argument is how many offers."""
    asyncio.run(_run(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))


if __name__ == "__main__":
    main()
