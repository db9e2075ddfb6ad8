"""A workspace with the example's promotions, and a seller's client of the wire."""

import itertools
import uuid
from importlib.resources import files

import pytest

from offerd.services.document import read_yaml

CATALOGUE = read_yaml((files("offerd.demo") / "examples" / "partner_center.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def shop(api):
    """The native API's client, in a workspace with the example's catalogue."""
    answer = api.post("/catalogue/apply", json=CATALOGUE)
    assert answer.status_code == 200, answer.text
    return api


@pytest.fixture
def seller(server, workspace, shop):
    """A client as sellers write them: one token, and the path of the service."""
    with server.client(server.token("decide", workspace=workspace)) as client:
        client.base_url = f"{server.url}/v1"
        client.headers["accept"] = "application/json"
        yield client


@pytest.fixture
def customer(shop):
    """Makes customers: `customer(country="CA")` gives the GUID of a new one with these attributes."""
    numbers = itertools.count(1)

    def make(**attributes):
        guid = str(uuid.UUID(int=next(numbers)))
        body = {
            "identities": [{"namespace": "partner_center", "id": guid}],
            "attributes": {"country": "US", "subscriptions": [], **attributes},
        }
        assert shop.post("/profiles", json=body).status_code in {200, 201}
        return guid

    return make


@pytest.fixture
def buy(shop):
    """Reports a purchase under a promotion, as the seller's own system does."""

    def report(guid, offer, quantity):
        identities = [{"namespace": "partner_center", "id": guid}]
        body = {"type": "purchase", "offer": offer, "identities": identities, "quantity": quantity}
        assert shop.post("/interactions", json=body).status_code == 200

    return report


@pytest.fixture
def item():
    """Makes one item of a request for eligibilities; a hundred seats of Boards for a year unless told otherwise."""

    def make(catalog_item="QX4BOARDS001:0001:QX4B0AVUS001", quantity=100, term="P1Y", cycle="Annual", **more):
        return {
            "catalogItemId": catalog_item, "quantity": quantity, "termDuration": term, "billingCycle": cycle, **more,
        }  # fmt: skip

    return make


@pytest.fixture
def verify(seller):
    """Asks for eligibilities and gives those of each item."""

    def ask(guid, *items):
        answer = seller.post(f"/customers/{guid}/promotionEligibilities", json={"items": list(items)})
        assert answer.status_code == 200, answer.text
        return [each["eligibilities"] for each in answer.json()["items"]]

    return ask
