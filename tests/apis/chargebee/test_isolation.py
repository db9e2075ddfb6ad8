"""Who sees what: customers, workspaces, keys and sites do not meet."""

import pytest


def test_two_customers_never_see_each_other_s_offers(site):
    for customer in ("c1", "c2"):
        site.customer(customer, atRisk=True)
    mine, theirs = site.offer("c1"), site.offer("c2")
    assert mine["id"] != theirs["id"]
    site.accept(mine, "apply")
    assert site.offer("c1")["offer_id"] == "pause"
    assert site.offer("c2") == theirs
    site.tell(theirs, "dismissed")
    assert site.offer("c2")["offer_id"] == "pause"
    assert {each["profile"] for each in site.events("dismiss")} != {each["profile"] for each in site.events("accept")}


@pytest.fixture
def stranger(server, stack):
    """The key of another workspace."""
    with server.client() as client:
        client.post("/offerd/v1/workspaces", json={"id": "stranger"})
    return server.token("decide", "interact", workspace="stranger")


def test_another_workspace_s_key_finds_nothing(site, stranger, refused):
    site.customer("c1", plan="small")
    offer = site.offer("c1")
    own = site.accept(offer, "go")["offer_fulfillment"]
    theirs = {"auth": (stranger, "")}
    answer = site.post("/personalized_offers", {"customer_id": "c1"}, 200, **theirs)
    assert answer.json()["personalized_offers"] == []
    body = {"personalized_offer_id": offer["id"], "option_id": "go"}
    refused(site.post("/offer_fulfillments", body, **theirs), 404, "resource_not_found", "personalized_offer_id")
    event = {"personalized_offer_id": offer["id"], "type": "viewed"}
    refused(site.post("/offer_events", event, **theirs), 404, "resource_not_found", "personalized_offer_id")
    path = f"/offer_fulfillments/{own['id']}"
    refused(site.http.get(f"/api/v2{path}", **theirs), 404, "resource_not_found", "id")
    refused(site.post(path, {"id": own["id"], "status": "completed"}, **theirs), 404, "resource_not_found", "id")
    assert site.read(own) == own
    assert site.events("display") == []


def test_a_key_has_to_have_the_scope(site, server, refused):
    site.customer("c1", atRisk=True)
    offer = site.offer("c1")
    decides = {"auth": (server.token("decide", workspace=site.workspace), "")}
    interacts = {"auth": (server.token("interact", workspace=site.workspace), "")}
    event = {"personalized_offer_id": offer["id"], "type": "viewed"}
    assert refused(site.post("/offer_events", event, **decides), 403, "api_authorization_failed")["type"] == "untyped"
    answer = site.post("/personalized_offers", {"customer_id": "c1"}, **interacts)
    refused(answer, 403, "api_authorization_failed")
    site.post("/offer_events", event, 204, **interacts)
    site.post("/personalized_offers", {"customer_id": "c1"}, 200, **decides)


def test_the_native_api_takes_no_basic_authentication(site):
    assert site.http.get("/offerd/v1/offers").status_code == 401


def test_a_bearer_token_is_taken_too(site):
    with site.server.client(site.key) as client:
        assert client.post("/api/v2/personalized_offers", json={"customer_id": "c1"}).status_code == 200


def test_a_site_of_another_workspace_is_refused(alone, refused):
    site = alone(workspace_keys={"acme": "default", "other": "elsewhere"})
    site.native.post(f"{site.server.url}/offerd/v1/workspaces", json={"id": "elsewhere"}).raise_for_status()

    def ask(path, **headers):
        return site.http.post(path, json={"customer_id": "c1"}, headers=headers)

    assert ask("/acme.grow.chargebee.com/api/v2/personalized_offers").status_code == 200
    assert ask("/api/v2/personalized_offers", host="acme.grow.selfhost.test:8080").status_code == 200
    assert ask("/api/v2/personalized_offers", host="shop.example").status_code == 200
    for answer in (
        ask("/other.grow.chargebee.com/api/v2/personalized_offers"),
        ask("/elsewhere/api/v2/personalized_offers"),
        ask("/api/v2/personalized_offers", host="other.grow.selfhost.test"),
        ask("/api/v2/personalized_offers", host="Other.GROW.selfhost.test"),
    ):
        assert refused(answer, 403, "api_authorization_failed")["type"] == "untyped"
    refused(ask("/unknown.grow.chargebee.com/api/v2/personalized_offers"), 404, "site_not_found")
    refused(ask("/api/v2/personalized_offers", host="unknown.grow.selfhost.test"), 404, "site_not_found")
    assert len(site.decisions()) == 3


def test_a_site_named_as_another_workspace_is_refused_without_any_setting(site, stranger, refused):
    answer = site.http.post("/stranger/api/v2/personalized_offers", json={"customer_id": "c1"})
    refused(answer, 403, "api_authorization_failed")
    answer = site.http.post(f"/{site.workspace}/api/v2/personalized_offers", json={"customer_id": "c1"})
    assert answer.status_code == 200
