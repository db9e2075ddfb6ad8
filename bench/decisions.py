"""What one committed decision costs: CPU microseconds with 64 requests under way, and one after the other.

Each decision is for another known profile, capped per profile and for everyone, reserved, logged and committed with
synchronous FULL before it is answered. The catalogue has 20 offers, so the evaluator is a small part of the figure.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from offerd.model import codec
from offerd.model.request import Request
from offerd.services.house import House
from offerd.settings import Settings

_PEOPLE = 1_000


def _catalogue() -> dict[str, Any]:
    caps = [
        {"id": "total", "limit": 10_000_000},
        {"id": "daily", "limit": 1_000_000, "per": "profile", "every": "day"},
    ]
    offers = {
        f"o{index}": {
            "status": "approved",
            "priority": index,
            "eligible": f"age > {index}",
            "caps": caps,
            "content": {"banner": {"html": "<b>Hello</b>"}},
        }
        for index in range(20)
    }
    activity = {"status": "live", "placements": ["banner"], "selections": [{"offers": list(offers)}]}
    return {"placements": {"banner": {"content": ["html"]}}, "offers": offers, "activities": {"home": activity}}


def _request(index: int) -> Request:
    tree = {"asks": [{"placement": "banner"}], "identities": [{"namespace": "crm", "id": str(index % _PEOPLE)}]}
    return codec.build(Request, tree)


async def _measured(house: House, count: int, together: int) -> tuple[float, float]:
    """CPU and wall microseconds for each of `count` decisions with `together` under way."""
    requests = iter([_request(index) for index in range(count)])

    async def worker() -> None:
        for request in requests:
            await house.decisioning.decide("default", request)

    before, begun = _cpu(), time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(together)))
    return (_cpu() - before) / count * 1e6, (time.perf_counter() - begun) / count * 1e6


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _run(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = await House.open(Path(folder), Settings())
        await house.catalogue.apply("default", _catalogue(), author="bench")
        document = {"attributes": {"age": 12, "name": "Ada", "city": "Paris"}}
        for start in range(0, _PEOPLE, 100):
            names = (f"crm:{index}" for index in range(start, start + 100))
            await asyncio.gather(*(house.profiles.put("default", name, document) for name in names))
        await _measured(house, _PEOPLE, 64)
        for together, share in ((64, 1), (1, 8)):
            cpu, wall = await _measured(house, count // share, together)
            figures = f"{cpu:7.1f} µs CPU, {wall:8.1f} µs elapsed"
            print(f"{together:3d} under way: {figures}, each of {count // share} decisions")
        await house.close()


def main() -> None:
    """Prints the figures; the first argument is how many decisions."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 8_000
    asyncio.run(_run(count))


if __name__ == "__main__":
    main()
