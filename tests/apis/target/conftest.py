"""A workspace with the small site, and clients of the wire as pages and servers are."""

import json
from pathlib import Path

import pytest

from offerd.engine.traffic import allocation
from offerd.services.document import read_yaml

CATALOGUE = read_yaml((Path(__file__).parent / "catalogue.yaml").read_text())
ORIGIN = "https://shop.example"


@pytest.fixture
def site(api):
    """The native API's client, in a workspace with the small site."""
    answer = api.post("/catalogue/apply", json=CATALOGUE)
    assert answer.status_code == 200, answer.text
    return api


@pytest.fixture
def page(server, workspace, site):
    """A page: its requests have an origin, its bodies are JSON sent as text."""
    with server.client("") as client:
        client.headers.update({"origin": ORIGIN, "content-type": "text/plain"})
        client.params = {"client": workspace, "sessionId": "s-1", "version": "2.11.4"}
        yield client


@pytest.fixture
def deliver(page):
    """Posts a request of delivery and gives the body of its answer."""

    def post(session="s-1", status=200, **body):
        body.setdefault("context", {"channel": "web"})
        answer = page.post("/rest/v1/delivery", params={"sessionId": session}, content=json.dumps(body))
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    return post


@pytest.fixture
def events(site):
    """What was recorded, the oldest first, by type."""

    def find(type_=None):
        params = {"limit": 100} | ({"type": type_} if type_ else {})
        return site.get("/interactions", params=params).json()["items"][::-1]

    return find


@pytest.fixture
def visitors(site, workspace):
    """Finds visitors by where the hash puts them: `visitors(0, 34)` gives ids whose allocation is in that range."""
    number = site.get("/activities/ab").json()["ids"]["number"]

    def find(low, high, activity=number, salt="0"):
        names = (f"{index:032x}" for index in range(100_000))
        return (name for name in names if low <= allocation(workspace, activity, name, salt) <= high)

    return find
