"""One change among 10,000 offers.

A catalogue of 10,000 offers, each with a rule of its own, is applied in one write; then single offers are changed
through the catalogue service, each change validated, compiled, committed (WAL, synchronous FULL) and swapped in before
it is answered. The bar is 50 ms from the call to the answer, after which the next request decides with the change.
Opening the folder again reads stored syntax trees and parses nothing.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from offerd.services.catalogue import Query, parse_filter
from offerd.services.house import House
from offerd.settings import Settings

OFFERS = 10_000


def document() -> dict[str, Any]:
    """A catalogue of many offers."""
    offers = {
        f"offer-{n}": {
            "status": "approved",
            "priority": n % 100,
            "eligible": f"age > {n % 80} and context.cart.total > {n}",
            "tags": [f"t{n % 50}"],
            "caps": [{"id": "day", "limit": 3, "per": "profile", "every": "day"}],
            "attributes": {"margin": n / 7},
            "content": {"hero": {"html": f"<b>Offer {n}</b>"}},
        }
        for n in range(OFFERS)
    }
    activity = {"status": "live", "placements": ["hero"], "selections": [{"collection": {"any_tags": ["t1"]}}]}
    return {"placements": {"hero": {"content": ["html"]}}, "offers": offers, "activities": {"home": activity}}


def line(name: str, start: float) -> None:
    """Prints what something took."""
    print(f"{name:44}{(time.perf_counter() - start) * 1000:10,.1f} ms")


async def main() -> None:
    """Prints a line for each thing that is measured."""
    with tempfile.TemporaryDirectory() as folder:
        house = await House.open(Path(folder), Settings())
        start = time.perf_counter()
        await house.catalogue.apply("default", document(), author="bench")
        line(f"apply {OFFERS:,} offers", start)
        wall, cpu = [], []
        for n in range(60):
            begun, used = time.perf_counter(), time.process_time()
            change = {"eligible": f'age > {n} and name = "x{n}"'}
            await house.catalogue.patch("default", "offers", f"offer-{n * 100}", change, author="bench")
            wall.append((time.perf_counter() - begun) * 1000)
            cpu.append((time.process_time() - used) * 1000)
        print(f"{'change one: median, answered':44}{statistics.median(wall):10.1f} ms")
        print(f"{'change one: slowest of 60':44}{max(wall):10.1f} ms")
        print(f"{'change one: median CPU':44}{statistics.median(cpu):10.1f} ms")
        query = Query(filter=[parse_filter("attributes.margin>=100")], order="-priority", limit=50)
        for which in ("first", "again"):
            start = time.perf_counter()
            await house.catalogue.find("default", "offers", query)
            line(f"a page of 50, filtered and ordered, {which}", start)
        start = time.perf_counter()
        await house.catalogue.find("default", "offers", Query(limit=50))
        line("a page of 50 by id", start)
        await house.close()
        start = time.perf_counter()
        house = await House.open(Path(folder), Settings())
        line("open the folder, load and compile", start)
        await house.close()


asyncio.run(main())
