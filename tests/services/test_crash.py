"""What was acknowledged is there after kill -9, and nothing is there by halves."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from offerd.services.house import House
from offerd.settings import Settings

WRITE = """
import asyncio, sys
from pathlib import Path
from offerd.services.house import House
from offerd.settings import Settings

async def sender(house, name):
    for n in range(100_000):
        document = {"offers": {f"{name}-{n}": {"eligible": f"age > {n}"}, name: {"priority": n}}}
        written = await house.catalogue.apply("default", document, author=name)
        print(name, n, written.revision, flush=True)

async def main():
    house = await House.open(Path(sys.argv[1]), Settings())
    await asyncio.gather(*(sender(house, f"s{n}") for n in range(8)))

asyncio.run(main())
"""


@pytest.mark.parametrize("acknowledged", [5, 40, 83])
def test_kill_9_in_the_middle_of_writes_loses_no_acknowledged_revision(tmp_path: Path, acknowledged: int) -> None:
    lines: list[bytes] = []
    with subprocess.Popen([sys.executable, "-c", WRITE, str(tmp_path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        while len(lines) < acknowledged:
            lines.append(writer.stdout.readline())
        writer.kill()
        lines += [line for line in writer.stdout if line.endswith(b"\n")]

    async def look() -> None:
        house = await House.open(tmp_path, Settings())
        try:
            offers = house.catalogue.catalogue("default").of("offers")
            head = house.catalogue.catalogue("default").revision
            for line in lines:
                name, n, revision = line.decode().split()
                assert f"{name}-{n}" in offers
                assert int(revision) <= head
                changed = {one.id for one in (await house.catalogue.revision("default", int(revision))).changes}
                assert changed == {f"{name}-{n}", name}
            assert [r.number for r in house.catalogue.revisions("default", 1000).revisions] == list(range(head, 0, -1))
            assert await house.catalogue.export("default", revision=head) == await house.catalogue.export("default")
        finally:
            await house.close()

    asyncio.run(look())
