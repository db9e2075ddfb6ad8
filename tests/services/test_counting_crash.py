"""What is counted of activities equals what was committed, after kill -9 at any moment."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from offerd.services.house import House
from offerd.settings import Settings

SEND = """
import asyncio, sys
from pathlib import Path
from offerd.model import codec
from offerd.model.interaction import Interaction
from offerd.model.request import Request
from offerd.services.house import House
from offerd.settings import Settings

async def visitor(house, name):
    for n in range(100_000):
        who = [{"namespace": "crm", "id": f"{name}-{n}"}]
        asked = {"identities": who, "asks": [{"placement": "p", "displayed": True}]}
        await house.decisioning.decide("default", codec.build(Request, asked))
        told = {"type": "conversion", "activity": "a", "identities": who}
        await house.interactions.record("default", [codec.build(Interaction, told)])
        print(name, n, flush=True)

async def main():
    house = await House.open(Path(sys.argv[1]), Settings())
    inline = {name: {"status": "approved", "content": {"p": {"html": name}}} for name in ("x", "y")}
    activity = {"status": "live", "keep": "profile", "placements": ["p"], "goals": [{"on": "conversion"}],
                "selections": [{"inline": inline, "rank": {"by": "traffic", "model": "a"}}]}
    await house.catalogue.apply("default", {"placements": {"p": {}}, "activities": {"a": activity}}, author="a")
    await asyncio.gather(*(visitor(house, f"s{n}") for n in range(8)))

asyncio.run(main())
"""


@pytest.mark.parametrize("acknowledged", [7, 60])
def test_kill_9_leaves_counts_that_equal_what_was_committed(tmp_path: Path, acknowledged: int) -> None:
    lines: list[bytes] = []
    with subprocess.Popen([sys.executable, "-c", SEND, str(tmp_path)], stdout=subprocess.PIPE) as sender:
        assert sender.stdout is not None
        while len(lines) < acknowledged:
            lines.append(sender.stdout.readline())
        sender.kill()
        lines += [line for line in sender.stdout if line.endswith(b"\n")]

    async def look() -> None:
        house = await House.open(tmp_path, Settings())
        try:
            report = house.reports.performance("default", "a")
            committed = {
                kind: house.storage.reader.exec_driver_sql(
                    "SELECT count(*) FROM interactions WHERE type = ?", (kind,)
                ).scalar()
                for kind in ("display", "conversion")
            }
            entries, goal = report.totals.entries, report.totals.goals[0].conversions
            assert entries.visitors == entries.impressions == committed["display"] >= len(lines)
            assert goal.visitors == goal.impressions == committed["conversion"] >= len(lines)
        finally:
            await house.close()

    asyncio.run(look())
