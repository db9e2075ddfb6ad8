"""The demonstration's page: what is served beside the server, and only then."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from offerd.demo import loader, site


@pytest.fixture
def shop(start_server: Callable[..., Any]) -> Any:
    return start_server(more=[site.api()])


async def load(server: Any) -> None:
    """Loads the page's catalogue as an administrator, in the server's own process."""
    from offerd.web import create_app  # noqa: PLC0415

    headers = {"authorization": f"Bearer {server.admin}"}
    transport = httpx.ASGITransport(create_app(server.house))
    async with httpx.AsyncClient(transport=transport, base_url=server.url, headers=headers) as client:
        await site.load(client)


def test_its_catalogue_has_nothing_odd(shop: Any) -> None:
    shop.run(load(shop))
    with shop.client(workspace=site.WORKSPACE) as client:
        assert client.get("/offerd/v1/catalogue/findings").json() == {"items": []}


def test_it_is_loaded_once(shop: Any) -> None:
    shop.run(load(shop))
    shop.run(load(shop))
    with shop.client(workspace=site.WORKSPACE) as client:
        assert len(client.get("/offerd/v1/revisions").json()["items"]) == 1
        assert client.get("/offerd/v1/catalogue").json().keys() >= {"placements", "activities"}


def test_whoever_may_not_make_it_is_told(shop: Any) -> None:
    shop.admin = shop.token("decide")
    with pytest.raises(loader.LoadError):
        shop.run(load(shop))


def test_the_page_allows_nothing_but_its_own_files(shop: Any) -> None:
    with shop.client("") as client:
        first, second = client.get(site.PATH), client.get(f"{site.PATH}?time=Noon")
        nonce = re.search(r"script-src 'nonce-([^']+)'", first.headers["content-security-policy"])
        assert nonce
        assert first.text.count(f'nonce="{nonce[1]}"') == first.text.count("<script")
        assert nonce[1] not in second.text
        for address in re.findall(r'(?:src|href)="(/[^"]+)"', first.text):
            assert client.get(address).status_code == 200


def test_no_click_is_no_row(shop: Any) -> None:
    shop.run(load(shop))
    with shop.client("") as client:
        assert client.get(f"{site.PATH}/clicks").json() == []


def test_without_the_demonstration_there_is_none(server: Any) -> None:
    with server.client("") as client:
        assert client.get(site.PATH).status_code == 404
