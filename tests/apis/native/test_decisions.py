"""Decisions over HTTP: for whom, committed or not, read and explained again."""

import pytest

ASK = {"asks": [{"id": "banner", "placement": "checkout-banner"}]}
CART = {"context": {"members": {"cart": {"total": 52.5}}}}
JO = {"identities": {"email": "jo@example.com"}}


def decide(shop, **body):
    answer = shop.post("/decisions", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def given(decision):
    return [item["offer"] for proposition in decision["propositions"] for item in proposition["items"]]


def test_a_decision_gives_the_best_offer_with_its_content(shop):
    decision = decide(shop, **ASK, **CART, **JO)
    (proposition,) = decision["propositions"]
    (item,) = proposition["items"]
    assert (proposition["askId"], proposition["activity"], item["offer"]) == ("banner", "checkout", "free-shipping")
    assert item["components"] == [{"type": "html", "body": "<b>Free shipping</b>"}]
    assert decision["revision"] == 1


def test_identities_may_be_a_list_or_an_object(shop):
    first = decide(shop, **ASK, **JO)
    second = decide(shop, **ASK, identities=[{"namespace": "email", "id": "jo@example.com"}])
    assert first["profile"] == second["profile"]
    assert first["identities"] == second["identities"] == [{"namespace": "email", "id": "jo@example.com"}]


def test_an_unknown_identity_makes_a_profile_and_attributes_are_not_stored(shop):
    decision = decide(shop, **ASK, **JO, attributes={"secretly": "rich"})
    profile = shop.get(f"/profiles/{decision['profile']}").json()
    assert profile["identities"] == [{"namespace": "email", "id": "jo@example.com"}]
    assert "attributes" not in profile


@pytest.mark.parametrize("route", ["/decisions", "/checks"])
def test_an_ask_that_names_nothing_is_refused(shop, route):
    answer = shop.post(route, json={"asks": [{"placement": "banner"}, {"count": 2, "offers": []}], **JO})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/asks/1")
    assert shop.get("/profiles").json()["items"] == []


def test_a_decision_is_read_again_as_it_was_answered(shop):
    decision = decide(shop, **ASK, **CART, **JO)
    assert shop.get(f"/decisions/{decision['id']}").json() == decision


def test_a_past_decision_is_explained_by_what_was_given_then(shop):
    decision = decide(shop, **ASK, **JO)
    assert given(decision) == ["mug"]
    shop.put("/rules/full-cart", json="true").raise_for_status()
    explained = shop.get(f"/decisions/{decision['id']}/explanation").json()
    (lost,) = explained["propositions"][0]["explanation"]["lost"]
    assert lost["offer"] == "free-shipping"
    assert lost["reason"]["stage"] == "eligibility"
    assert given(explained) == ["mug"]


def test_explaining_changes_no_answer(shop):
    plain = decide(shop, **ASK, **CART, seed="s")
    told = decide(shop, **ASK, **CART, seed="s", explain=True)
    assert "explanation" in told["propositions"][0]
    assert given(plain) == given(told)


def test_a_cap_for_each_person_holds_an_offer_back_where_there_is_none(shop):
    decision = decide(shop, **ASK, **CART, explain=True)
    assert given(decision) == ["mug"]
    (lost,) = decision["propositions"][0]["explanation"]["lost"]
    assert (lost["offer"], lost["reason"]["stage"]) == ("free-shipping", "cap")


def test_a_dry_run_may_be_for_another_moment(shop):
    shop.patch(
        "/offers/free-shipping",
        json={"window": {"from": "2027-01-01", "until": "2028-01-01"}},
        headers={"content-type": "application/merge-patch+json"},
    ).raise_for_status()
    assert given(decide(shop, **ASK, **CART, **JO)) == ["mug"]
    dry = decide(shop, **ASK, **CART, **JO, dryRun=True, at="2027-06-01")
    assert given(dry) == ["free-shipping"]
    assert (dry["dryRun"], dry["at"]) == (True, "2027-06-01T00:00:00Z")
    assert shop.get(f"/decisions/{dry['id']}").status_code == 404


def test_a_pretence_pins_a_choice(shop):
    assert given(decide(shop, **ASK, **CART, pretend={"pins": {"checkout": "mug"}})) == ["mug"]


def test_a_check_gives_verdicts_and_stores_nothing(shop):
    answer = shop.post("/checks", json={**JO, **CART, "asks": [{"offers": ["free-shipping", "mug"]}]}).json()
    first, second = answer["verdicts"]
    assert (first["offer"], first["covered"], first["passed"]) == ("free-shipping", True, False)
    assert [reason["stage"] for reason in first["reasons"]] == ["requirement"]
    assert (second["offer"], second["passed"]) == ("mug", True)
    assert shop.get("/profiles/email:jo@example.com").status_code == 404


@pytest.mark.parametrize("explain", ["yes", 1, None, {}])
def test_explain_is_true_or_false(shop, explain):
    answer = shop.post("/decisions", json={**ASK, "explain": explain})
    assert answer.json()["errors"] == [{"pointer": "/explain", "message": "expected a boolean"}]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"ask": []}, "/ask"),
        ({"context": {"cart": {}}}, "/context/cart"),
        ({"asks": [{"placement": "checkout-banner", "context": {"x": 1}}]}, "/asks/0/context/x"),
        ({"pretend": {"pin": {}}}, "/pretend/pin"),
        ({"duplicates": {"everywhere": True}}, "/duplicates/everywhere"),
    ],
)
def test_a_member_that_is_not_known_is_a_mistake(shop, body, pointer):
    answer = shop.post("/decisions", json={**ASK, **body})
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


def test_decisions_are_listed_by_profile_and_time(shop):
    own = [decide(shop, **ASK, **JO)["id"] for _ in range(3)]
    decide(shop, **ASK)
    page = shop.get("/decisions", params={"profile": "email:jo@example.com", "limit": 2}).json()
    rest = shop.get("/decisions", params={"profile": "email:jo@example.com", "cursor": page["cursor"]}).json()
    assert {each["id"] for each in page["items"] + rest["items"]} == set(own)
    assert shop.get("/decisions", params={"since": "2027-01-01T00:00:00Z"}).json()["items"] == []
    assert len(shop.get("/decisions", params={"since": "2026-01-01"}).json()["items"]) == 4
    assert shop.get("/decisions", params={"since": "yesterday"}).status_code == 400


def test_another_workspaces_decision_is_not_there(shop, server):
    decision = decide(shop, **ASK)
    with server.client() as client:
        assert client.get(f"/offerd/v1/decisions/{decision['id']}").status_code == 404
