"""An application with two segments, and its users as the format's own client calls for them."""

import json
from pathlib import Path

import pytest

from offerd.services.document import read_yaml

CATALOGUE = read_yaml((Path(__file__).parent / "catalogue.yaml").read_text())
PATH = "/v2.0/my/storeoffers/user"


class User:
    """One user of the application: a client that sends what the published one does."""

    def __init__(self, client, secret):
        self._client = client
        self.headers = {"authorization": f"Bearer {secret}"}

    def get(self, **more):
        return self._client.get(PATH, headers=self.headers, **more)

    def offers(self):
        answer = self.get()
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, body, **more):
        headers = {**self.headers, "content-type": "application/json; charset=utf-8"} | more
        content = body if isinstance(body, bytes) else json.dumps(body)
        return self._client.post(PATH, headers=headers, content=content)

    def claim(self, element, receipt, **more):
        return self.post({"storeOffer": element, "receipt": receipt}, **more)


@pytest.fixture(scope="module")
def server(module_server):
    """A server whose clock these tests may move."""
    return module_server


@pytest.fixture
def game(api):
    """The native API's client, in a workspace that is an application."""
    answer = api.post("/catalogue/apply", json=CATALOGUE)
    assert answer.status_code == 200, answer.text
    return api


@pytest.fixture
def anyone(server):
    """A client without a token."""
    with server.client("") as client:
        yield client


@pytest.fixture
def user(game, anyone):
    """Makes users: `user("jo", spend=80)` is somebody whose attributes are these."""

    def make(name, **attributes):
        if attributes:
            made = game.put(f"/profiles/subject:{name}", json={"attributes": attributes})
            assert made.status_code in {200, 201}, made.text
        body = {"name": name, "scopes": ["user"], "subject": {"namespace": "subject", "id": name}}
        token = game.post("/tokens", json=body)
        assert token.status_code == 201, token.text
        return User(anyone, token.json()["secret"])

    return make


@pytest.fixture
def both(user):
    """A user who is in both segments."""
    return user("jo", spend=80, daysAway=40)


@pytest.fixture
def claims(game):
    """Every claim that was recorded, the oldest first."""
    return lambda: game.get("/interactions", params={"type": "claim"}).json()["items"][::-1]


def receipt(*products, app="Example.Game_abc123", at="2026-01-01T10:00:00Z", extra=""):
    """A receipt of purchases: pairs of an id and a product."""
    bought = "".join(
        f'<ProductReceipt Id="{name}" ProductId="{product}" PurchaseDate="{at}" ProductType="Consumable"'
        + (f' AppId="{app}"' if app else "")
        + "/>"
        for name, product in products
    )
    space = 'xmlns="http://schemas.microsoft.com/windows/2012/store/receipt"'
    return f'<?xml version="1.0"?><Receipt Version="1.0" ReceiptDate="{at}" {space}>{bought}{extra}</Receipt>'


@pytest.fixture(name="receipt")
def make_receipt():
    return receipt
