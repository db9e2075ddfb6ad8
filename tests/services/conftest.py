"""What tests of services share: a house on a data folder of its own, and a clock that they set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from offerd.model import codec
from offerd.model.decision import Decision
from offerd.model.interaction import Interaction
from offerd.model.request import Request
from offerd.services.clock import ManualClock
from offerd.services.house import House
from offerd.services.recording import Recorded
from offerd.settings import Settings

START = 1_767_268_800_000_000  # 2026-01-01T12:00:00Z


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
async def house(tmp_path: Path, clock: ManualClock) -> AsyncIterator[House]:
    opened = await House.open(tmp_path / "data", Settings(), clock)
    yield opened
    await opened.close()


class Shop:
    """The workspace `default` of a house that can be shut and opened again, as a test talks to it."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.folder = folder
        self.clock = clock
        self.house: House

    async def open(self, **settings: Any) -> House:
        self.house = await House.open(self.folder, Settings(**settings), self.clock)
        return self.house

    async def restart(self, **settings: Any) -> House:
        await self.house.close()
        return await self.open(**settings)

    async def offer(self, **members: Any) -> None:
        """Has one offer, `o`, with a text for the placement `p`, given by the activity `a`."""
        activity = {key: members.pop(key) for key in ("keep", "lasts", "goals", "fallback") if key in members}
        offer = {"status": "approved", "content": {"p": {"html": "<b>o</b>"}}, **members}
        await self.apply(offers={"o": offer}, **activity)

    async def apply(self, *, offers: dict[str, Any], placement: dict[str, Any] | None = None, **activity: Any) -> None:
        """Has these offers at the placement `p`, given by the activity `a` in their order of priority."""
        made = {"status": "live", "placements": ["p"], "selections": [{"offers": list(offers)}], **activity}
        document = {"placements": {"p": placement or {}}, "offers": offers, "activities": {"a": made}}
        if "fallback" in activity:
            document["fallbacks"] = {activity["fallback"]: {"content": {"p": {"html": "fallback"}}}}
        await self.house.catalogue.apply("default", document, author="test")

    async def ask(self, who: str | None = None, *, explain: bool = False, **members: Any) -> Decision:
        """Asks the placement `p`, for somebody known as `who` in the namespace `crm`."""
        tree = {"asks": [{"placement": "p"}], **members}
        if who is not None:
            tree["identities"] = [{"namespace": "crm", "id": who}]
        return await self.house.decisioning.decide("default", codec.build(Request, tree), explain=explain)

    async def given(self, who: str | None = None, **members: Any) -> list[str]:
        """The offers that somebody is given."""
        return offers_of(await self.ask(who, **members))

    async def say(self, type: str, **members: Any) -> Recorded:  # noqa: A002
        """Records one interaction."""
        made = codec.build(Interaction, {"type": type, **members})
        return (await self.house.interactions.record("default", [made]))[0]

    def rows(self, table: str) -> list[dict[str, Any]]:
        """What is committed in a table."""
        found = self.house.storage.reader.exec_driver_sql(f"SELECT * FROM {table}")  # noqa: S608
        return [dict(row) for row in found.mappings().all()]

    def tables(self) -> list[str]:
        names = self.house.storage.reader.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        return [row[0] for row in names.all()]


def offers_of(decision: Decision) -> list[str]:
    return [item.offer for proposition in decision.propositions for item in proposition.items]


@pytest.fixture
async def shop(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Shop]:
    made = Shop(tmp_path / "shop", clock)
    await made.open()
    yield made
    await made.house.close()
