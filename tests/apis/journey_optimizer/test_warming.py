from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from offerd import web
from offerd.apis.journey_optimizer import ids
from offerd.services.catalogue import columns
from offerd.services.house import House
from offerd.settings import Settings

pytestmark = pytest.mark.anyio

SCHEMA = "https://ns.adobe.com/experience/offer-management/personalized-offer"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("query", ["orderBy=_instance.xdm:name", "orderBy=-repo:createdDate", "q=lamp"])
async def test_common_lists_find_their_orders_and_words_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    house = await House.open(tmp_path, Settings())
    await house.catalogue.apply("default", {"offers": {"o1": {"name": "Lamp"}, "o2": {"name": "Chair"}}}, author="a")
    app = web.create_app(house, local_secret="here")

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("something was made that should have been there")

    monkeypatch.setattr(columns.Order, "__init__", refuse)
    monkeypatch.setattr(columns.Words, "__init__", refuse)
    path = f"/data/core/xcore/{ids.container_id('default')}/queries/core/search?schema={SCHEMA}&{query}"
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers={"authorization": "Bearer here"}
    ) as client:
        found = await client.get(path)
    assert found.status_code == 200, found.text
    assert found.json()["_embedded"]["total"] == (1 if "lamp" in query else 2)
    await house.close()
