"""The hard cases of promotions, through the wire and through the native API, which decide the same."""

from __future__ import annotations

import pytest

from offerd.services.decisioning import DecisionService

FIFTH, FIRST_YEAR = "QX4PROMO0001:0001", "QX4PROMO0001:0002"
ALIASES = {FIFTH: f"{FIFTH}:QX4PAVAIL001", FIRST_YEAR: f"{FIRST_YEAR}:QX4PAVAIL002"}
OWNS_BOARDS = [{"product": "QX4BOARDS001", "sku": "0001", "bigId": "QX4BOARDS001/0001", "status": "active"}]


@pytest.fixture
def check(shop):
    """The native verdicts of offers for Boards, by the offer's id."""

    def ask(guid, *offers, quantity=100, cycle="Annual", **members):
        context = {
            "country": "US",
            "segment": "commercial",
            "item": {"product": "QX4BOARDS001", "sku": "0001"},
            "term": {"duration": "P1Y", "billingCycle": cycle},
            "quantity": quantity,
            **members,
        }
        body = {
            "identities": {"partner_center": guid},
            "asks": [{"offers": list(offers), "quantity": quantity, "context": {"members": context}}],
        }
        answer = shop.post("/checks", json=body)
        assert answer.status_code == 200, answer.text
        return {each["offer"]: each for each in answer.json()["verdicts"]}

    return ask


def test_p1_the_list_is_what_is_eligible_in_a_market_without_asking_requirements(seller, shop, check, customer):
    guid = customer(subscriptions=OWNS_BOARDS)
    assert check(guid, FIRST_YEAR, item=None, term=None)[FIRST_YEAR]["covered"] is True
    found = seller.get("/productpromotions?country=US&segment=commercial").json()["items"]
    assert ALIASES[FIRST_YEAR] in [each["id"] for each in found]
    # A rule of the offer's own counts beside the market that it names.
    shop.patch(
        f"/offers/{FIRST_YEAR}",
        json={"eligible": {"pql": 'context.country = "CA"', "rule": None}},
        headers={"content-type": "application/merge-patch+json"},
    ).raise_for_status()
    found = seller.get("/productpromotions?country=US&segment=commercial").json()["items"]
    assert ALIASES[FIRST_YEAR] not in [each["id"] for each in found]


def test_p1_by_id_is_a_reading_of_the_catalogue(seller, shop):
    shop.patch(
        f"/offers/{FIFTH}",
        json={"window": {"until": "2026-01-01T12:00:00Z"}},
        headers={"content-type": "application/merge-patch+json"},
    ).raise_for_status()
    found = seller.get("/productpromotions?country=US&segment=commercial").json()["items"]
    assert ALIASES[FIFTH] not in [each["id"] for each in found]
    told = seller.get(f"/productpromotions/{ALIASES[FIFTH]}").json()
    assert told["endDate"] == "2026-01-01T11:59:59+00:00"


def test_p2_three_errors_at_once_are_three_reasons(check, verify, customer, item):
    guid = customer(subscriptions=OWNS_BOARDS)
    verdict = check(guid, FIRST_YEAR, quantity=301, cycle="Monthly")[FIRST_YEAR]
    assert [each["code"] for each in verdict["reasons"]] == ["term", "first-purchase", "seats"]
    ((found,),) = verify(guid, item(quantity=301, cycle="Monthly", promotionId=ALIASES[FIRST_YEAR]))
    assert [each["type"] for each in found["errors"]] == ["Term", "SeatCount", "OfferPurchasedPreviously"]


def test_p2_only_what_covers_is_listed_and_what_is_named_is_judged_all_the_same(check, verify, customer, item):
    guid = customer(country="CA")
    ((only,), (named,)) = verify(guid, item(), item(promotionId=ALIASES[FIRST_YEAR]))
    assert only["promotionId"] == ALIASES[FIFTH]
    assert [each["type"] for each in named["errors"]] == ["InvalidPromotion"]
    verdict = check(guid, FIRST_YEAR, country="CA")[FIRST_YEAR]
    assert (verdict["covered"], [each["code"] for each in verdict["reasons"]]) == (False, ["not-eligible"])


def test_p3_seats_add_up_by_quantity_whoever_sold_them(check, verify, customer, buy, item):
    guid = customer()
    for quantity in (1000, 800, 100):
        buy(guid, FIFTH, quantity)
    (reason,) = check(guid, FIFTH, quantity=2400)[FIFTH]["reasons"]
    assert (reason["code"], reason["facts"]["used"], reason["facts"]["left"]) == ("seats", 1900, 500)
    ((found,),) = verify(guid, item(quantity=2400, promotionId=ALIASES[FIFTH]))
    assert found["errors"][0]["availableSeats"] == 500


@pytest.fixture
def buyer(customer, buy):
    """A customer with 1,900 seats."""
    guid = customer()
    buy(guid, FIFTH, 1900)
    return guid


def test_p3_the_promotion_stays_the_same_under_a_new_availability(seller, shop, verify, buyer, item):
    offer = shop.get(f"/offers/{FIFTH}").json()
    renewed = f"{FIFTH}:QX4PAVAIL777"
    shop.put(f"/offers/{FIFTH}", json={**offer, "ids": {**offer["ids"], "promotion": renewed}}).raise_for_status()
    assert seller.get(f"/productpromotions/{ALIASES[FIFTH]}").json()["id"] == renewed
    asked = [item(quantity=501, promotionId=name) for name in (ALIASES[FIFTH], renewed)]
    old, new = (each[0] for each in verify(buyer, *asked))
    assert old["errors"] == new["errors"]
    assert old["errors"][0]["availableSeats"] == 500


def test_p3_of_two_offers_of_one_product_and_sku_an_exact_id_means_its_own(shop, verify, customer, item):
    offer = shop.get(f"/offers/{FIFTH}").json()
    earlier = {
        **{name: offer[name] for name in ("name", "status", "eligible", "extensions")},
        "ids": {"promotion": f"{FIFTH}:QX4PAVAIL000"},
        "window": {"from": "2025-01-01", "until": "2026-01-01"},
    }
    shop.put("/offers/last-year", json=earlier).raise_for_status()
    asked = [item(promotionId=f"{FIFTH}:{each}") for each in ("QX4PAVAIL000", "QX4PAVAIL001", "QX4PAVAILOLD")]
    over, now, stale = (each[0] for each in verify(customer(), *asked))
    assert [each["type"] for each in over["errors"]] == ["InvalidPromotion"]
    assert now["isEligible"] is True
    assert stale["isEligible"] is True


def test_p4_which_items_there_are_says_a_table(shop, verify, customer, item):
    guid = customer(segment="commercial")
    wrong, uncovered = "QX4BOARDS001:0001:QX4B0AVXX001", "QX4LECTERN03:0001:QX4L0AVUS001"
    asked = [item(name, promotionId=ALIASES[FIFTH]) for name in (wrong, uncovered)]
    first, second = (each[0]["errors"][0]["type"] for each in verify(guid, *asked))
    assert (first, second) == ("InvalidCatalogItemId", "InvalidPromotion")
    table = shop.get("/tables/catalog-items").json()
    rows = {**table["rows"], wrong: {"country": "US", "segment": "commercial"}}
    shop.put("/tables/catalog-items", json={**table, "rows": rows}).raise_for_status()
    first, second = (each[0] for each in verify(guid, *asked))
    assert first == {"promotionId": ALIASES[FIFTH], "isEligible": True}
    # Without the table, each id that can be one is.
    shop.delete("/tables/catalog-items").raise_for_status()
    found = verify(guid, item("QX4BOARDS001:0001:ANYTHING"), item("no:item"))
    assert [each[0].get("promotionId") for each in found] == [ALIASES[FIFTH], None]


def test_a_code_of_the_authors_own_is_a_type_of_its_own(shop, verify, customer, item):
    offer = shop.get(f"/offers/{FIFTH}").json()
    requires = [{"code": "attested", "rule": "attested"}, *offer["requires"]]
    shop.put(f"/offers/{FIFTH}", json={**offer, "requires": requires}).raise_for_status()
    ((found,),) = verify(customer(), item(cycle="Monthly", promotionId=ALIASES[FIFTH]))
    assert [each["type"] for each in found["errors"]] == ["Term", "attested"]
    assert found["errors"][1]["description"]
    ((found,),) = verify(customer(attested=True), item(promotionId=ALIASES[FIFTH]))
    assert found["isEligible"] is True


def test_others_have_their_turn_between_a_few_items_and_the_next(verify, customer, item, monkeypatch):
    asked, decide = [], DecisionService.decide

    async def counted(self, workspace, request, *more, **named):
        asked.append(len(request.asks))
        return await decide(self, workspace, request, *more, **named)

    monkeypatch.setattr(DecisionService, "decide", counted)
    assert len(verify(customer(), *[item()] * 25)) == 25
    assert asked == [10, 10, 5]


def test_more_items_than_one_request_may_ask_are_judged_all(verify, customer, item):
    found = verify(customer(), *[item(id=index, quantity=2301 + index) for index in range(205)])
    assert [each[0]["isEligible"] for each in found] == [True] * 100 + [False] * 105
