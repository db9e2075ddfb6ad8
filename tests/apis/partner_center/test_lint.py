"""What an author is told of promotions that are not what they look like."""

import pytest

FIFTH, FIRST_YEAR, DRAWER = "QX4PROMO0001:0001", "QX4PROMO0001:0002", "QX4PROMO0002:0001"
OWN = "extensions/partner_center"


@pytest.fixture
def document(shop):
    """The catalogue as a document that a test may change."""
    return shop.get("/catalogue").json()


@pytest.fixture
def findings(shop):
    """What is found in a document: codes and pointers of this format's findings."""

    def ask(document):
        found = shop.post("/catalogue/lint", json=document).json()["items"]
        return [(each["code"], each["pointer"]) for each in found if each["code"].startswith("promotion-")]

    return ask


def test_the_example_has_nothing_odd(findings, document):
    assert findings(document) == []


@pytest.mark.parametrize("ids", [{}, {"promotion": "QX4PROMO0001:0001"}])
def test_a_promotion_without_its_id_is_told(findings, document, ids):
    made = document["offers"]["made"] = {**document["offers"][FIFTH], "id": "made", "ids": ids}
    assert findings(document) == [("promotion-id", "/offers/made/ids")]
    made["status"] = "archived"
    assert findings(document) == []


def test_an_id_without_a_promotion_is_told(findings, document):
    del document["offers"][FIFTH]["extensions"]
    assert findings(document) == [("promotion-extension", f"/offers/{FIFTH}/ids/promotion")]


def test_constraints_that_nothing_checks_are_told(findings, document):
    document["offers"][FIRST_YEAR] |= {"requires": [], "caps": []}
    document["offers"][DRAWER]["requires"] = [{"code": "Term", "rule": "context.term.duration = \"P1Y\""}]
    constraints = f"/offers/{FIRST_YEAR}/{OWN}/promotionConstraints"
    assert findings(document) == [
        ("promotion-unchecked", f"/offers/{FIRST_YEAR}/{OWN}/requiredProducts"),
        ("promotion-unchecked", f"{constraints}/seatConstraints"),
        ("promotion-unchecked", f"{constraints}/assetOwnershipLimits"),
        ("promotion-unchecked", f"{constraints}/eligibilityConstraints"),
        ("promotion-unchecked", f"/offers/{DRAWER}/{OWN}/promotionConstraints/productOwnershipConstraints"),
    ]


def test_a_constraint_that_does_not_apply_needs_no_check(findings, document):
    offer = document["offers"][FIRST_YEAR]
    offer["extensions"]["partner_center"]["promotionConstraints"] = {
        "eligibilityConstraints": [{"type": "FirstPurchase", "isApplicable": False}],
        "seatConstraints": [],
    }
    offer["requires"] = [each for each in offer["requires"] if each["code"] == "term"]
    assert findings(document) == []


def test_items_that_nobody_can_buy_are_told(findings, document):
    rows = document["tables"]["catalog-items"]["rows"]
    rows |= {"QX4BOARDS001/0001": {}, "QX4A:0001:QX4B": {"country": "USA", "segment": "Commercial"}}
    rows["QX4A:0001:QX4C"] = {"segment": "everybody"}
    at = "/tables/catalog-items/rows"
    assert findings(document) == [
        ("promotion-item", f"{at}/QX4BOARDS001~10001"),
        ("promotion-item", f"{at}/QX4A:0001:QX4B/country"),
        ("promotion-item", f"{at}/QX4A:0001:QX4C/segment"),
    ]
