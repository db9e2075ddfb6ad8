"""Customers and sellers: who is known, who may ask, and that nobody sees another's state."""

import uuid

import pytest

FIFTH, FIRST_YEAR = "QX4PROMO0001:0001:QX4PAVAIL001", "QX4PROMO0001:0002:QX4PAVAIL002"
OWNS_BOARDS = [{"product": "QX4BOARDS001", "sku": "0001", "bigId": "QX4BOARDS001/0001", "status": "active"}]


def test_two_customers_never_see_each_others_seats(verify, customer, buy, item):
    one, other = customer(), customer(subscriptions=OWNS_BOARDS)
    buy(one, "QX4PROMO0001:0001", 2400)
    asked = item(quantity=1, promotionId=FIFTH), item(quantity=10, promotionId=FIRST_YEAR)
    assert [each[0]["isEligible"] for each in verify(one, *asked)] == [False, True]
    assert [each[0]["isEligible"] for each in verify(other, *asked)] == [True, False]


def test_items_of_one_request_do_not_use_up_each_others_seats(verify, customer, item):
    found = verify(customer(), *[item(quantity=2400, promotionId=FIFTH)] * 3)
    assert found == [[{"promotionId": FIFTH, "isEligible": True}]] * 3


def test_asking_uses_up_nothing(verify, customer, item, shop):
    guid = customer()
    for _ in range(3):
        assert verify(guid, item(quantity=2400, promotionId=FIFTH))[0][0]["isEligible"] is True
    assert shop.get("/decisions").json()["items"] == []
    assert shop.get("/interactions").json()["items"] == []


def test_a_purchase_that_is_told_twice_counts_once(verify, customer, item, shop):
    guid = customer()
    purchase = {
        "type": "purchase",
        "offer": "QX4PROMO0001:0001",
        "identities": [{"namespace": "partner_center", "id": guid}],
        "quantity": 1900,
        "key": "order-1",
    }
    for _ in range(2):
        assert shop.post("/interactions", json=purchase).status_code == 200
    ((found,),) = verify(guid, item(quantity=2400, promotionId=FIFTH))
    assert found["errors"][0]["availableSeats"] == 500


def test_a_customers_country_decides_and_where_it_is_unknown_the_items(verify, customer, item):
    assert len(verify(customer(), item())[0]) == 2
    (found,) = verify(customer(country="CA"), item())
    assert [each["promotionId"] for each in found] == [FIFTH]
    (found,) = verify(customer(country="DE"), item())
    assert found[0]["errors"][0]["type"] == "NoPromotionsAvailable"
    (found,) = verify(customer(country=None), item("QX4BOARDS001:0001:QX4B0AVCA001"))
    assert [each["promotionId"] for each in found] == [FIFTH]


def test_a_customer_of_nobodys_is_refused(seller, item):
    guid = str(uuid.uuid4())
    answer = seller.post(f"/customers/{guid}/promotionEligibilities", json={"items": [item()]})
    assert answer.status_code == 403
    assert answer.json()["code"] == "20002"
    assert answer.json()["description"].endswith(f" has no commerce relationship with the customer ID {guid}.")
    assert answer.json()["description"].startswith("The partner ID ")


@pytest.mark.parametrize("guid", ["1", "x" * 36, "5a3c1f0e9d424c1b8c550d2a5b7e9f01", "%00", "{%7D"])
def test_an_id_that_is_no_guid_is_refused(seller, item, guid):
    answer = seller.post(f"/customers/{guid}/promotionEligibilities", json={"items": [item()]})
    assert (answer.status_code, answer.json()["code"]) == (400, "900118")


def test_another_sellers_customers_and_promotions_are_not_known(server, customer, item):
    guid = customer()
    with server.client() as admin:
        other = f"other-{uuid.uuid4().hex[:8]}"
        admin.post("/offerd/v1/workspaces", json={"id": other}).raise_for_status()
    with server.client(server.token("decide", workspace=other)) as stranger:
        answer = stranger.post(f"/v1/customers/{guid}/promotionEligibilities", json={"items": [item()]})
        assert answer.json()["code"] == "20002"
        assert stranger.get("/v1/productpromotions?country=US&segment=commercial").json()["items"] == []
        assert stranger.get(f"/v1/productpromotions/{FIFTH}").status_code == 404


def test_who_has_no_token_or_a_wrong_one_or_not_the_scope_is_told_in_this_formats_words(server, seller):
    query = "/v1/productpromotions?country=US&segment=commercial"
    ids = {"MS-CorrelationId": "5a3c1f0e-9d42-4c1b-8c55-0d2a5b7e9f01"}
    with server.client("") as client:
        missing = client.get(query, headers=ids)
        wrong = client.get(query, headers={"authorization": "Bearer ofd_wrong", **ids})
    for answer, code in ((missing, "800001"), (wrong, "400")):
        assert (answer.status_code, answer.json()["code"]) == (401, code)
        assert answer.headers["www-authenticate"] == f"OAuth realm=urn:cpsvc:cpid:{ids['MS-CorrelationId']}"
    with server.client(server.token("interact")) as client:
        answer = client.get(query)
    assert (answer.status_code, answer.json()["code"], answer.json()["description"]) == (403, "2032", "Access denied")


def test_an_erased_customers_kept_answers_go_with_them(seller, shop, customer, item):
    guid = customer()
    path, ids = f"/customers/{guid}/promotionEligibilities", {"MS-RequestId": str(uuid.uuid4())}
    assert seller.post(path, json={"items": [item()]}, headers=ids).status_code == 200
    assert shop.delete(f"/profiles/partner_center%3A{guid}").status_code == 204
    assert seller.post(path, json={"items": [item()]}, headers=ids).status_code == 403


def test_which_promotion_saves_this_customer_most(shop, customer):
    guid = customer()
    body = {
        "identities": {"partner_center": guid},
        "asks": [{"activity": "promotions", "quantity": 100}],
        "context": {
            "members": {
                "country": "US",
                "segment": "commercial",
                "item": {"product": "QX4BOARDS001", "sku": "0001"},
                "term": {"duration": "P1Y", "billingCycle": "Annual"},
                "quantity": 100,
            }
        },
        "price": {"unit": "150.00", "currency": "USD"},
    }
    first, second = shop.post("/savings", json=body).json()["items"]
    assert (first["offer"], first["saved"], first["total"]) == ("QX4PROMO0001:0002", "5250.00", "9750.00")
    assert (second["offer"], second["saved"]) == ("QX4PROMO0001:0001", "3000.00")
    body["identities"] = {"partner_center": customer(subscriptions=OWNS_BOARDS)}
    first, second = shop.post("/savings", json=body).json()["items"]
    assert (first["offer"], first["passed"]) == ("QX4PROMO0001:0001", True)
    assert [each["code"] for each in second["reasons"]] == ["first-purchase"]
