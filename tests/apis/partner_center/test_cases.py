"""The conformance cases of promotions and eligibilities, P-01 to P-17, on the example's catalogue."""

import json
import uuid

import pytest

from offerd.apis.partner_center import routes

FIFTH, FIRST_YEAR = "QX4PROMO0001:0001:QX4PAVAIL001", "QX4PROMO0001:0002:QX4PAVAIL002"
DRAWER = "QX4PROMO0002:0001:QX4PAVAIL003"
ENDED, TO_COME = "QX4PROMO0004:0001:QX4PAVAIL005", "QX4PROMO0005:0001:QX4PAVAIL006"
BOARDS, ENTERPRISE = "QX4BOARDS001:0001:QX4B0AVUS001", "QX4BOARDS001:0002:QX4B0AVUS002"
DRAWER_ITEM = "QX4DRAWER002:0001:QX4D0AVUS001"
US = {"country": "US", "segment": "commercial"}
OWNS_BOARDS = [{"product": "QX4BOARDS001", "sku": "0001", "bigId": "QX4BOARDS001/0001", "status": "active"}]

MERGE = {"content-type": "application/merge-patch+json"}

SEATS = "The provided quantity doesn't satisfy the minimum or maximum seat requirements for the promotion."


def types(eligibility):
    return [each["type"] for each in eligibility["errors"]]


def listed(seller, **query):
    answer = seller.get("/productpromotions", params=query or US)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


def test_p_01_the_list_is_a_collection_of_whole_promotions(seller):
    answer = seller.get("/productpromotions", params=US)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    body = answer.json()
    assert list(body) == ["totalCount", "items", "attributes"]
    assert body["totalCount"] == 3
    assert body["attributes"] == {"objectType": "Collection"}
    assert body["items"][1] == {
        "id": FIRST_YEAR,
        "name": "Boards Team, a first year",
        "description": "35 percent off the first year of Boards Team, for who never had it, from 10 seats to 300.",
        "startDate": "2026-01-01T00:00:00+00:00",
        "endDate": "2035-12-31T23:59:59+00:00",
        "properties": {"isAutoApplicable": False},
        "requiredProducts": [
            {
                "productId": "QX4BOARDS001",
                "skuId": "0001",
                "term": {"duration": "P1Y", "billingCycle": "Annual"},
                "pricingPolicies": [{"policyType": "PercentDiscount", "value": "0.35"}],
            }
        ],
    }
    assert [each["id"] for each in body["items"]] == [FIFTH, FIRST_YEAR, DRAWER]
    assert body["items"][0]["properties"] == {"isAutoApplicable": True}
    assert body["items"][2]["endDate"] == "9999-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"country": "CA", "segment": "commercial"}, [FIFTH]),
        ({"segment": "Commercial", "country": "us"}, [FIFTH, FIRST_YEAR, DRAWER]),
        ({"country": "US", "segment": "education"}, ["QX4PROMO0003:0001:QX4PAVAIL004"]),
        ({"country": "US", "segment": "nonprofit"}, []),
        ({"country": "NO", "segment": "commercial"}, []),
    ],
)
def test_p_01_the_list_is_of_one_country_and_segment(seller, query, ids):
    assert listed(seller, **query) == ids


def test_p_01_a_long_list_is_whole_whatever_the_lots_that_it_is_made_in(seller, monkeypatch):
    whole = listed(seller)
    monkeypatch.setattr(routes, "LOT", 1)
    assert listed(seller) == whole


def test_p_02_what_has_not_begun_or_is_over_is_not_listed(seller, shop):
    assert {ENDED, TO_COME}.isdisjoint(listed(seller))
    shop.patch("/offers/QX4PROMO0004:0001", json=[{"op": "remove", "path": "/window/until"}],
               headers={"content-type": "application/json-patch+json"})  # fmt: skip
    assert ENDED in listed(seller)


@pytest.mark.parametrize("id_", [ENDED, TO_COME, FIFTH])
def test_p_03_whenever_it_was_it_is_found_by_id(seller, id_):
    answer = seller.get(f"/productpromotions/{id_}", params={"country": "US"})
    assert answer.status_code == 200
    assert answer.json()["id"] == id_


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"segment": "commercial"}, ["country"]),
        ({"country": "USA", "segment": "commercial"}, ["country"]),
        ({"country": "", "segment": "commercial"}, ["country"]),
        ({"country": "U1", "segment": "commercial"}, ["country"]),
        ({"country": "US"}, ["segment"]),
        ({"country": "US", "segment": "everybody"}, ["segment"]),
        ({}, ["country", "segment"]),
    ],
)
def test_p_04_a_market_that_is_none_is_refused(seller, query, fields):
    answer = seller.get("/productpromotions", params=query)
    assert answer.status_code == 400
    body = answer.json()
    assert (body["code"], body["description"]) == ("800002", "Invalid request input")
    assert [each["field"] for each in body["data"]] == fields
    assert body["source"]


def test_p_05_by_id_with_colons_as_they_are_or_encoded(seller):
    plain = seller.get(f"/productpromotions/{FIFTH}?country=us")
    encoded = seller.get(f"/productpromotions/{FIFTH.replace(':', '%3A')}?country=US")
    assert plain.status_code == encoded.status_code == 200
    assert plain.json() == encoded.json()
    assert seller.get(f"/productpromotions/{FIFTH.lower()}").json() == plain.json()
    assert "items" not in plain.json()


@pytest.mark.parametrize(
    ("id_", "country"),
    [("QX4PROMO0009:0001:QX4PAVAIL001", "US"), ("nothing", "US"), ("a:b", "US"), ("%3A%3A", "US"), (FIRST_YEAR, "CA")],
)
def test_p_05_what_is_not_known_or_not_sold_there_is_not_found(seller, id_, country):
    answer = seller.get(f"/productpromotions/{id_}?country={country}")
    assert answer.status_code == 404
    assert (answer.json()["code"], answer.json()["description"]) == ("1000", "Not found")


def test_p_06_constraints_are_told_by_id_alone(seller):
    items = seller.get("/productpromotions", params=US).json()["items"]
    assert not any("promotionConstraints" in each for each in items)
    assert seller.get(f"/productpromotions/{FIRST_YEAR}").json()["promotionConstraints"] == {
        "seatConstraints": [{"minSeats": 10, "maxSeats": 300, "type": "SubscriptionQuantity"}],
        "assetOwnershipLimits": [{"minAssets": 0, "maxAssets": 1, "type": "LifetimeRedemptionCount"}],
        "eligibilityConstraints": [{"isApplicable": True, "type": "FirstPurchase"}],
    }
    assert seller.get(f"/productpromotions/{DRAWER}").json()["promotionConstraints"] == {
        "productOwnershipConstraints": [[{"bigId": "QX4BOARDS001/0001"}, {"bigId": "QX4BOARDS001/0002"}]]
    }
    assert "promotionConstraints" not in seller.get("/productpromotions/QX4PROMO0003:0001:QX4PAVAIL004").json()


def test_p_07_seats_that_were_bought_count(seller, customer, buy, item):
    guid = customer()
    buy(guid, "QX4PROMO0001:0001", 1500)
    buy(guid, "QX4PROMO0001:0001", 400)
    sent = {"id": 0, **item(quantity=2400, promotionId=FIFTH)}
    answer = seller.post(f"/customers/{guid}/promotionEligibilities", json={"items": [sent]})
    assert answer.status_code == 200
    assert answer.json() == {
        "totalCount": 1,
        "items": [
            {
                "id": 0,
                "catalogItemId": BOARDS,
                "quantity": 2400,
                "billingCycle": "annual",
                "termDuration": "P1Y",
                "eligibilities": [
                    {
                        "promotionId": FIFTH,
                        "isEligible": False,
                        "errors": [
                            {
                                "minimumRequiredSeats": 1,
                                "maximumRequiredSeats": 2400,
                                "availableSeats": 500,
                                "type": "SeatCount",
                                "description": SEATS,
                            }
                        ],
                    }
                ],
                "attributes": {"objectType": "PromotionEligibilities"},
            }
        ],
        "attributes": {"objectType": "Collection"},
    }


def test_p_07_up_to_what_is_left_is_eligible(verify, customer, buy, item):
    guid = customer()
    buy(guid, "QX4PROMO0001:0001", 1900)
    (at_most,), (too_many,) = verify(guid, item(quantity=500, promotionId=FIFTH), item(quantity=501, promotionId=FIFTH))
    assert at_most == {"promotionId": FIFTH, "isEligible": True}
    assert too_many["errors"][0]["availableSeats"] == 500


def test_p_08_without_a_promotion_every_covering_one_is_judged(verify, customer, item):
    (found,) = verify(customer(), item())
    assert found == [{"promotionId": FIFTH, "isEligible": True}, {"promotionId": FIRST_YEAR, "isEligible": True}]
    (found,) = verify(customer(subscriptions=OWNS_BOARDS), item(promotionId=None))
    assert [each["isEligible"] for each in found] == [True, False]


def test_p_09_a_catalogue_item_that_there_is_not(verify, customer, item):
    for wrong in ("QX4BOARDS001:0001:QX4B0AVXX999", "nothing", "a:b:", "QX4NOTHING01:0001:QX4B0AVUS001"):
        (asked,), (open_,) = verify(customer(), item(wrong, promotionId=FIFTH), item(wrong))
        assert asked == {
            "promotionId": FIFTH,
            "isEligible": False,
            "errors": [{"type": "InvalidCatalogItemId", "description": "The provided CatalogItemId is invalid."}],
        }
        assert "promotionId" not in open_
        assert types(open_) == ["InvalidCatalogItemId"]


@pytest.mark.parametrize("promotion", ["QX4PROMO0009:0001:QX4PAVAIL001", "nothing", DRAWER])
def test_p_09_a_promotion_that_there_is_not_or_that_is_for_something_else(verify, customer, item, promotion):
    ((found,),) = verify(customer(), item(promotionId=promotion))
    assert found == {
        "promotionId": promotion,
        "isEligible": False,
        "errors": [{"type": "InvalidPromotion", "description": "The provided promotion is invalid."}],
    }


def test_p_09_a_product_that_must_be_owned(verify, customer, item):
    ((found,),) = verify(customer(), item(DRAWER_ITEM, promotionId=DRAWER))
    assert found["errors"] == [
        {
            "type": "PrerequisiteProductOwnership",
            "description": "The customer doesn't meet the prerequisite product ownership requirements to be eligible "
            "for this promotion.",
        }
    ]
    cancelled = [{**OWNS_BOARDS[0], "status": "cancelled"}]
    ((found,),) = verify(customer(subscriptions=cancelled), item(DRAWER_ITEM))
    assert types(found) == ["PrerequisiteProductOwnership"]
    ((found,),) = verify(customer(subscriptions=OWNS_BOARDS), item(DRAWER_ITEM, promotionId=DRAWER))
    assert found["isEligible"] is True


def test_p_09_redemptions_for_life(verify, customer, buy, item):
    guid = customer()
    buy(guid, "QX4PROMO0001:0002", 20)
    ((found,),) = verify(guid, item(promotionId=FIRST_YEAR))
    assert found["errors"] == [
        {
            "maxPromotionRedemptionCount": 1,
            "remainingPromotionRedemptionCount": 0,
            "type": "RedemptionLimit",
            "description": "The redemption limit for this promotion has been met.",
        }
    ]


@pytest.fixture
def first_year_without_redemptions(shop):
    offer = shop.get("/offers/QX4PROMO0001:0002").json()
    shop.put("/offers/QX4PROMO0001:0002", json={**offer, "caps": offer["caps"][:1]})


@pytest.mark.usefixtures("first_year_without_redemptions")
@pytest.mark.parametrize("seats", [(9, 0, 300), (301, 0, 300), (1, 250, 50), (51, 250, 50)])
def test_p_09_too_few_and_too_many_seats(verify, customer, buy, item, seats):
    quantity, bought, available = seats
    guid = customer()
    if bought:
        buy(guid, "QX4PROMO0001:0002", bought)
    ((found,),) = verify(guid, item(quantity=quantity, promotionId=FIRST_YEAR))
    assert found["errors"] == [
        {
            "minimumRequiredSeats": 10,
            "maximumRequiredSeats": 300,
            "availableSeats": available,
            "type": "SeatCount",
            "description": SEATS,
        }
    ]


def test_p_09_what_was_bought_before(verify, customer, item):
    trial = [{**OWNS_BOARDS[0], "status": "cancelled", "trial": True}]
    ((found,),) = verify(customer(subscriptions=trial), item(promotionId=FIRST_YEAR))
    assert found["errors"] == [
        {
            "type": "OfferPurchasedPreviously",
            "description": "This offer has been purchased previously for this customer.",
        }
    ]


def test_p_09_another_term(verify, customer, item):
    (first,), (second,) = verify(
        customer(),
        item(term="P1Y", cycle="Monthly", promotionId=FIFTH),
        item(term="P3Y", cycle="one_time", promotionId=FIRST_YEAR),
    )
    assert first["errors"] == [
        {
            "eligibleTerms": [
                {"billingCycle": "monthly", "duration": "P1M"},
                {"billingCycle": "annual", "duration": "P1Y"},
            ],
            "type": "Term",
            "description": "The provided term isn't applicable for the promotion.",
        }
    ]
    assert second["errors"][0]["eligibleTerms"] == [{"billingCycle": "annual", "duration": "P1Y"}]


def test_p_09_nothing_to_be_had(verify, customer, item):
    ((found,),) = verify(customer(), item(ENTERPRISE))
    assert found == {
        "isEligible": False,
        "errors": [{"type": "NoPromotionsAvailable", "description": "There are no promotions available at this time."}],
    }


def test_p_10_three_errors_at_once(verify, customer, item):
    guid = customer(subscriptions=OWNS_BOARDS)
    ((found,),) = verify(guid, item(quantity=301, cycle="Monthly", promotionId=FIRST_YEAR))
    assert types(found) == ["Term", "SeatCount", "OfferPurchasedPreviously"]


def test_p_11_another_availability_of_the_same_product_and_sku_matches(verify, customer, item):
    stale = "QX4PROMO0001:0001:QX4PAVAILOLD"
    (old,), (new,) = verify(customer(), item(quantity=2401, promotionId=stale), item(quantity=2401, promotionId=FIFTH))
    assert old["promotionId"] == stale
    assert old["errors"] == new["errors"]
    ((found,),) = verify(customer(), item(promotionId=stale.lower()))
    assert found["isEligible"] is True


@pytest.mark.parametrize("id_", [ENDED, TO_COME])
def test_p_12_what_is_over_is_not_honoured(verify, customer, item, id_):
    ((found,),) = verify(customer(), item(ENTERPRISE, promotionId=id_))
    assert types(found) == ["InvalidPromotion"]


@pytest.mark.parametrize("cycle", ["Monthly", "monthly", "MONTHLY"])
def test_p_13_names_and_cycles_in_any_case(seller, customer, cycle):
    sent = {
        "Items": [
            {"Id": 0, "CatalogItemId": BOARDS, "Quantity": 24, "BillingCycle": cycle, "TermDuration": "P1M",
             "PromotionId": FIFTH},
            {"Id": "1", "CatalogItemId": "X:1:Y", "Quantity": 1, "BillingCycle": "one_time", "TermDuration": "P1M",
             "PromotionId": None},
        ],
        "Attributes": {"ObjectType": "PromotionEligibilitiesRequest"},
    }  # fmt: skip
    answer = seller.post(f"/customers/{customer().upper()}/promotionEligibilities", json=sent)
    assert answer.status_code == 200
    first, second = answer.json()["items"]
    assert (first["billingCycle"], first["eligibilities"]) == ("monthly", [{"promotionId": FIFTH, "isEligible": True}])
    assert (second["id"], second["billingCycle"]) == (1, "one_time")
    assert types(second["eligibilities"][0]) == ["InvalidCatalogItemId"]


@pytest.mark.parametrize("cycle", ["one_time", "OneTime", "onetime", "ONE_TIME"])
def test_p_13_one_time_in_four_spellings(seller, customer, item, cycle):
    sent = {"items": [item(cycle=cycle)]}
    answer = seller.post(f"/customers/{customer()}/promotionEligibilities", json=sent)
    assert answer.json()["items"][0]["billingCycle"] == "one_time"


def test_p_14_ids_are_echoed(seller, customer, item):
    ids = {"MS-RequestId": str(uuid.uuid4()), "MS-CorrelationId": str(uuid.uuid4())}
    path = f"/customers/{customer()}/promotionEligibilities"
    for answer in (
        seller.get("/productpromotions", params=US, headers=ids),
        seller.get("/productpromotions", headers=ids),
        seller.post(path, json={"items": [item()]}, headers=ids),
        seller.get("/nowhere", headers=ids),
        seller.put("/productpromotions", headers=ids),
    ):
        assert answer.headers["ms-requestid"] == ids["MS-RequestId"]
        assert answer.headers["ms-correlationid"] == ids["MS-CorrelationId"]
    made = seller.get("/productpromotions", params=US)
    assert uuid.UUID(made.headers["ms-requestid"]) != uuid.UUID(made.headers["ms-correlationid"])


def test_p_14_the_same_request_again_gets_the_same_answer(seller, customer, buy, item):
    guid = customer()
    path, body = f"/customers/{guid}/promotionEligibilities", {"items": [item(quantity=2400, promotionId=FIFTH)]}
    ids = {"MS-RequestId": str(uuid.uuid4())}
    first = seller.post(path, json=body, headers=ids)
    buy(guid, "QX4PROMO0001:0001", 1)
    assert first.json()["items"][0]["eligibilities"][0]["isEligible"] is True
    assert seller.post(path, json=body, headers=ids).json() == first.json()
    anew = seller.post(path, json=body, headers={"MS-RequestId": str(uuid.uuid4())})
    assert anew.json()["items"][0]["eligibilities"][0]["isEligible"] is False
    # Another body, or another customer, under the same id is another request.
    other = seller.post(path, json={"items": [item(quantity=2300, promotionId=FIFTH)]}, headers=ids)
    assert other.json()["items"][0]["quantity"] == 2300
    someone = seller.post(f"/customers/{customer()}/promotionEligibilities", json=body, headers=ids)
    assert someone.json()["items"][0]["eligibilities"][0]["isEligible"] is True


def test_p_14_a_refused_request_is_not_kept(seller, shop, item):
    guid, ids = str(uuid.uuid4()), {"MS-RequestId": str(uuid.uuid4())}
    path, body = f"/customers/{guid}/promotionEligibilities", {"items": [item()]}
    assert seller.post(path, json=body, headers=ids).status_code == 403
    shop.post("/profiles", json={"identities": [{"namespace": "partner_center", "id": guid}]})
    assert seller.post(path, json=body, headers=ids).status_code == 200


SDK = {
    "Accept": "application/json",
    "X-Locale": "en-US",
    "MS-PartnerCenter-Client": "Partner Center .NET SDK",
    "MS-SdkVersion": "3.4.0.0",
}


def test_p_16_what_the_sdk_sends_is_understood(seller, customer):
    """The requests as the official client writes them; it cannot run here."""
    correlation = str(uuid.uuid4())

    def headers():
        return {**SDK, "MS-RequestId": str(uuid.uuid4()), "MS-CorrelationId": correlation}

    found = seller.get("/productpromotions?segment=commercial&country=US", headers=headers()).json()
    assert found["totalCount"] == len(found["items"])
    assert "links" not in found
    one = seller.get(f"/productpromotions/{found['items'][1]['id']}?country=US", headers=headers()).json()
    assert one["promotionConstraints"]["seatConstraints"][0]["minSeats"] == 10
    body = {
        "Items": [
            {"Id": 0, "CatalogItemId": BOARDS, "Quantity": 25, "BillingCycle": "annual", "TermDuration": "P1Y",
             "PromotionId": one["id"]}
        ],
        "Attributes": {"ObjectType": "PromotionEligibilitiesRequest"},
    }  # fmt: skip
    answer = seller.post(
        f"/customers/{customer()}/promotionEligibilities",
        content=json.dumps(body),
        headers={**headers(), "Content-Type": "application/json; charset=utf-8"},
    )
    (judged,) = answer.json()["items"]
    assert judged["eligibilities"] == [{"promotionId": one["id"], "isEligible": True}]


def test_p_17_from_a_promotion_to_what_can_be_bought_to_who_may_have_it(seller, customer):
    (product, *_) = seller.get("/productpromotions", params=US).json()["items"][0]["requiredProducts"]
    path = f"/products/{product['productId']}/skus/{product['skuId']}/availabilities"
    found = seller.get(path, params={"country": "US", "targetSegment": "commercial"}).json()
    assert found == {
        "totalCount": 1,
        "items": [
            {
                "id": "QX4B0AVUS001",
                "productId": "QX4BOARDS001",
                "skuId": "0001",
                "catalogItemId": BOARDS,
                "segment": "commercial",
                "country": "US",
                "isPurchasable": True,
                "isRenewable": True,
                "terms": [
                    {"duration": "P1M", "billingCycle": "Monthly"},
                    {"duration": "P1Y", "billingCycle": "Annual"},
                ],
                "defaultCurrency": {"code": "USD", "symbol": "USD"},
            }
        ],
        "attributes": {"objectType": "Collection"},
    }
    named = found["items"][0]["catalogItemId"]
    sent = {"catalogItemId": named, "quantity": 5, "termDuration": "P1Y", "billingCycle": "annual"}
    answer = seller.post(f"/customers/{customer()}/promotionEligibilities", json={"items": [sent]})
    assert answer.json()["items"][0]["eligibilities"][0] == {"promotionId": FIFTH, "isEligible": True}


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("QX4NOTHING01/skus/0001", "country=US&targetSegment=commercial", 404, "400013"),
        ("QX4BOARDS001/skus/0009", "country=US&targetSegment=commercial", 404, "400018"),
        ("QX4BOARDS001/skus/0001", "targetSegment=commercial", 400, "800002"),
        ("QX4BOARDS001/skus/0001", "country=US", 400, "800002"),
    ],
)
def test_p_17_what_cannot_be_bought(seller, path, query, status, code):
    answer = seller.get(f"/products/{path}/availabilities?{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_p_17_what_is_sold_elsewhere_is_no_availability_here(seller):
    answer = seller.get("/products/QX4BOARDS001/skus/0001/availabilities?country=DE&targetSegment=commercial")
    assert answer.json() == {"totalCount": 0, "items": [], "attributes": {"objectType": "Collection"}}


def test_p_17_what_names_no_market_is_sold_in_any(seller, shop):
    rows = {"QX4PLAIN0001:0001:QX4P0AV00001": {"country": None}, "QX4PLAIN0001:0001:QX4P0AV00002": {"country": "USA"}}
    shop.patch("/tables/catalog-items", json={"rows": rows}, headers=MERGE).raise_for_status()
    query = {"country": "de", "targetSegment": "education"}
    found = seller.get("/products/QX4PLAIN0001/skus/0001/availabilities", params=query).json()["items"]
    assert [each["id"] for each in found] == ["QX4P0AV00001"]
    assert (found[0]["country"], found[0]["segment"]) == ("DE", "education")


@pytest.mark.parametrize(
    "path",
    ["ProductPromotions", f"ProductPromotions/{FIFTH}", "Products/QX4BOARDS001/skus/0001/Availabilities"],
)
def test_paths_in_the_usual_spellings(seller, path):
    assert seller.get(f"/{path}", params={**US, "targetSegment": "commercial"}).status_code == 200


@pytest.mark.parametrize("path", ["customers", "Customers"])
@pytest.mark.parametrize("last", ["promotionEligibilities", "promotioneligibilities", "PromotionEligibilities"])
def test_the_path_of_eligibilities_in_the_usual_spellings(seller, customer, item, path, last):
    answer = seller.post(f"/{path}/{customer()}/{last}", json={"items": [item()]})
    assert answer.status_code == 200
