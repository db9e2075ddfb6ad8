"""The examples: each applies by itself, all load beside the demonstration, and a second start changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from offerd.demo import example, loader
from offerd.demo.example import Example
from offerd.model import json

EXAMPLES = list(example.examples())


async def load(server: Any) -> dict[str, str]:
    """Loads the examples as an administrator, in the server's own process."""
    from offerd.web import create_app  # noqa: PLC0415

    headers = {"authorization": f"Bearer {server.admin}"}
    transport = httpx.ASGITransport(create_app(server.house))
    async with httpx.AsyncClient(transport=transport, base_url=server.url, headers=headers) as client:
        return await example.load(client)


def test_the_repository_shows_them_at_its_root() -> None:
    root = Path(__file__).parents[2] / "examples"
    assert {each.name for each in EXAMPLES} == {each.stem for each in root.glob("*.yaml")}
    assert "partner_center" in {each.name for each in EXAMPLES}


@pytest.mark.parametrize("each", EXAMPLES, ids=lambda each: each.name)
def test_each_applies_by_itself_and_nothing_in_it_is_wrong(api: httpx.Client, each: Example) -> None:
    answer = api.post("/catalogue/apply", content=each.catalogue, headers={"content-type": "application/yaml"})
    assert answer.status_code == 200, answer.text
    findings = api.get("/catalogue/findings").json()["items"]
    assert [found for found in findings if found["severity"] != "hint"] == []


@pytest.mark.parametrize("each", EXAMPLES, ids=lambda each: each.name)
def test_each_line_is_taken_and_counts_once(api: httpx.Client, each: Example) -> None:
    api.post("/catalogue/apply", content=each.catalogue, headers={"content-type": "application/yaml"})
    for line in each.profiles.splitlines():
        assert api.post("/profiles", content=line, headers={"content-type": "application/json"}).status_code == 201
    for line in each.interactions.splitlines():
        assert json.loads(line)["key"].startswith("example-")
        answer = api.post("/interactions", content=line, headers={"content-type": "application/json"})
        assert answer.status_code == 200, answer.text
        assert "refused" not in answer.json()


def test_all_load_beside_the_demonstration_and_only_once(start_server: Callable[..., Any]) -> None:
    server = start_server()
    with server.client() as client:

        def state() -> list[Any]:
            paths = ("revisions", "profiles", "interactions")
            return [client.get(f"/offerd/v1/{path}?limit=1000").json()["items"] for path in paths]

        content = loader.catalogue()
        applied = client.post(
            "/offerd/v1/catalogue/apply", content=content, headers={"content-type": "application/yaml"}
        )
        assert applied.status_code == 200
        assert server.run(load(server)) == {}
        first = state()
        assert len(first[0]) == 1 + len(EXAMPLES)
        assert first[1]
        assert server.run(load(server)) == {}
        assert state() == first


def test_what_was_changed_since_stays_as_it_is(start_server: Callable[..., Any]) -> None:
    server = start_server()
    server.run(load(server))
    with server.client() as client:
        path = "/offerd/v1/offers/QX4PROMO0001%3A0001"
        client.patch(path, json={"name": "Ours"}, headers={"content-type": "application/merge-patch+json"})
        assert server.run(load(server)) == {}
        assert client.get(path).json()["name"] == "Ours"


def test_one_that_is_refused_keeps_no_other_from_loading(
    start_server: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = Example("good", "offers: {a: {status: approved}}", "", "")
    bad = Example("bad", "offers: {b: {status: wrong}}", "", "")
    odd = Example("odd", "offers: {c: {}}", '{"identities": [{"namespace": "", "id": ""}]}', "")
    monkeypatch.setattr(example, "examples", lambda: iter([bad, odd, good]))
    server = start_server()
    refused = server.run(load(server))
    assert refused.keys() == {"bad", "odd"}
    assert "/offers/b/status" in refused["bad"]
    with server.client() as client:
        assert client.get("/offerd/v1/offers/a").status_code == 200
        assert client.get("/offerd/v1/offers/b").status_code == 404


def test_the_greeting_says_which_was_not_loaded_and_goes_on(
    start_server: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from offerd.cli.greeting import greet  # noqa: PLC0415

    bad = Example("bad", "offers: {b: {status: wrong}}", "", "")
    monkeypatch.setattr(example, "examples", lambda: iter([bad]))
    server = start_server()
    server.run(greet(server.house, server.url))
    printed = capsys.readouterr().out
    assert "The example bad was not loaded: POST /offerd/v1/catalogue/apply" in printed
    assert "Stop with Ctrl-C." in printed
