"""The application without a network: as the command line mounts it."""

import asyncio
import io
import json

import httpx
import pytest

from offerd.services.house import House
from offerd.settings import Settings
from offerd.web import create_app, logs


@pytest.fixture
def in_process(tmp_path):
    """Runs something with the application over a house of its own."""

    def run(work, **options):
        async def go():
            house = await House.open(tmp_path / "data", Settings())
            try:
                return await work(create_app(house, **options))
            finally:
                await house.close()

        return asyncio.run(go())

    return run


def client(app, secret):
    headers = {"authorization": f"Bearer {secret}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://local", headers=headers)


def test_the_secret_of_the_process_is_an_administrators(in_process):
    async def work(app):
        async with client(app, "for-this-process") as own, client(app, "for-another") as other:
            assert (await other.get("/offerd/v1/tokens")).status_code == 401
            made = await own.post("/offerd/v1/tags", json={"id": "summer"})
            assert made.json()["created_by"] == "local"

    in_process(work, local_secret="for-this-process")


def test_without_a_secret_of_the_process_nobody_is_local(in_process):
    async def work(app):
        async with client(app, "None") as anybody:
            assert (await anybody.get("/offerd/v1/tokens")).status_code == 401

    in_process(work)


def test_a_client_that_goes_away_is_noted_and_not_answered(in_process):
    lines, sent = io.StringIO(), []
    logs.configure(Settings(log_format="json"), lines)

    async def work(app):
        async def receive():
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        headers = [(b"authorization", b"Bearer s"), (b"content-length", b"9")]
        path = "/offerd/v1/decisions"
        scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
        await app(scope, receive, send)

    in_process(work, local_secret="s")
    logs.configure(Settings())
    assert sent == []
    events = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [(each["event"], each["route"]) for each in events if each["event"] == "abandoned"] == [
        ("abandoned", "/offerd/v1/decisions")
    ]


def test_there_are_no_web_sockets(in_process):
    sent = []

    async def work(app):
        async def receive():
            return {"type": "websocket.connect"}

        async def send(message):
            sent.append(message["type"])

        scope = {"type": "websocket", "path": "/offerd/v1/decisions", "headers": [], "query_string": b""}
        await app(scope, receive, send)

    in_process(work)
    assert sent == ["websocket.close"]
