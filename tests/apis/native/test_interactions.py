"""Interactions over HTTP: recorded once, alone or together; asked ones may be told no."""

import pytest

JO = {"identities": {"email": "jo@example.com"}}


@pytest.fixture
def item(shop):
    """An item that was given to Jo."""
    body = {**JO, "context": {"members": {"cart": {"total": 52.5}}}, "asks": [{"placement": "checkout-banner"}]}
    return shop.post("/decisions", json=body).json()["propositions"][0]["items"][0]


def test_an_interaction_is_recorded_and_read_again(shop, item):
    answer = shop.post(
        "/interactions", json={"type": "click", "item": item["id"], "value": "9.90", "data": {"x": 1.50}}
    )
    assert answer.status_code == 200
    made = answer.json()["interaction"]
    assert (made["offer"], made["placement"], made["value"]) == ("free-shipping", "checkout-banner", "9.90")
    assert shop.get(f"/interactions/{made['id']}").json() == made


def test_a_token_names_an_item_too(shop, item):
    made = shop.post("/interactions", json={"type": "display", "token": item["token"]}).json()["interaction"]
    assert made["item"] == item["id"]


def test_a_repeat_counts_once(shop, item):
    first = shop.post("/interactions", json={"type": "click", "item": item["id"], "key": "k"}).json()
    again = shop.post("/interactions", json={"type": "click", "item": item["id"], "key": "k"}).json()
    assert "repeated" not in first
    assert again == {**first, "repeated": True}
    assert len(shop.get("/interactions").json()["items"]) == 1


def test_an_accept_that_may_not_be_is_refused_with_its_reasons(shop, item):
    accept = {"type": "accept", "item": item["id"], "choice": "take"}
    for _ in range(2):  # the same request again gets the same answer
        answer = shop.post("/interactions", json=accept, headers={"idempotency-key": "a"})
        assert answer.status_code == 409, answer.text
        assert answer.json()["type"] == "urn:offerd:problem:refused"
        assert answer.json()["reasons"][0]["stage"] == "requirement"
    assert shop.get("/interactions").json()["items"] == []
    shop.patch(
        "/profiles/email:jo@example.com",
        json={"attributes": {"orders": 3}},
        headers={"content-type": "application/merge-patch+json"},
    ).raise_for_status()
    assert shop.post("/interactions", json=accept).status_code == 200


def test_a_list_is_recorded_together_and_answered_in_order(shop, item):
    body = [
        {"type": "click", "offer": "mug"},
        {"type": "accept", "item": item["id"], "choice": "take"},
        {"type": "purchase", "offer": "mug", "quantity": 2},
    ]
    answer = shop.post("/interactions", json=body)
    assert answer.status_code == 200
    click, accept, purchase = answer.json()["items"]
    assert accept["refused"][0]["stage"] == "requirement"
    assert (click["interaction"]["type"], purchase["interaction"]["quantity"]) == ("click", 2)


def test_interactions_are_listed_by_profile_decision_and_type(shop, item):
    shop.post("/interactions", json={"type": "click", "item": item["id"]}).raise_for_status()
    shop.post("/interactions", json={"type": "click", "offer": "mug"}).raise_for_status()

    def listed(**query):
        return [each["type"] for each in shop.get("/interactions", params=query).json()["items"]]

    assert listed() == ["click", "click"]
    assert listed(profile="email:jo@example.com") == ["click"]
    assert listed(type="display") == []
    first = shop.get("/interactions", params={"limit": 1}).json()
    assert shop.get("/interactions", params={"cursor": first["cursor"]}).json()["items"]


def test_what_came_at_one_moment_is_listed_as_it_came(shop):
    wanted = [{"type": "click", "offer": "mug", "key": f"k{number}"} for number in range(20)]
    shop.post("/interactions", json=wanted[:10]).raise_for_status()
    for each in wanted[10:]:
        shop.post("/interactions", json=each).raise_for_status()
    latest = shop.get("/interactions", params={"limit": 7}).json()
    rest = shop.get("/interactions", params={"cursor": latest["cursor"]}).json()
    assert [each["key"] for each in latest["items"] + rest["items"]] == [each["key"] for each in reversed(wanted)]


def test_what_an_accept_set_going_is_finished_once(shop):
    made = shop.post("/interactions", json={"type": "accept", "offer": "mug", "choice": "take"}).json()
    fulfilment = made["fulfilment"]
    path = f"/fulfilments/{fulfilment['id']}"
    assert "finished" not in shop.get(path).json()
    ended = shop.post(f"{path}/finish", json={"error": {"code": "no-stock"}}).json()
    assert (ended["state"], ended["error"]["code"]) == ("failed", "no-stock")
    assert shop.post(f"{path}/finish", json={}).status_code == 422
