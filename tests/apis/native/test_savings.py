"""Which offer takes most off a price: order, verdicts, and decimals that stay exact."""

import pytest

OFFERS = {
    "fifth": {"attributes": {"discount": "0.2"}},
    "third": {
        "attributes": {"discount": "0.333"},
        "requires": [{"code": "many", "rule": "context.quantity >= 10", "facts": {"least": 10}}],
    },
    "half": {"eligible": "vip", "attributes": {"discount": "0.5"}},
    "two-off": {"attributes": {"off": "2"}},
    "both": {"attributes": {"discount": 0.1, "off": "0.5"}},
    "capped": {
        "attributes": {"discount": "0.9"},
        "caps": [{"id": "seats", "limit": 5, "per": "profile", "counts": {"type": "purchase", "by": "quantity"}}],
    },
    "says-nothing": {},
    "says-no-number": {"attributes": {"discount": "much"}},
    "says-too-much": {"attributes": {"discount": "1.5"}},
    "says-less-than-nothing": {"attributes": {"discount": "-0.1"}},
    "says-too-long": {"attributes": {"discount": "1e-999999"}},
    "over": {"attributes": {"discount": "0.6"}, "window": {"until": "2025-01-01"}},
    "draft": {"status": "draft", "attributes": {"discount": "0.7"}},
}


@pytest.fixture
def shop(api):
    document = {
        "offers": {name: {"status": "approved", **offer} for name, offer in OFFERS.items()},
        "placements": {"till": {}},
        "activities": {
            "sale": {"status": "live", "placements": ["till"], "selections": [{"offers": ["fifth", "third"]}]},
        },
    }
    assert api.post("/catalogue/apply", json=document).status_code == 200
    return api


@pytest.fixture
def compare(shop):
    def ask(price, *asks, status=200, **more):
        prices = price if isinstance(price, dict) else {"unit": price}
        body = {"identities": {"email": "jo@example.com"}, "asks": list(asks) or [{}], "price": prices, **more}
        answer = shop.post("/savings", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    return ask


def told(answer):
    return [(each["offer"], each["passed"], each["saved"]) for each in answer["items"]]


def test_what_can_be_had_comes_first_and_of_that_what_saves_most(compare):
    answer = compare({"unit": "10", "currency": "EUR"}, {"quantity": 6})
    assert told(answer) == [
        ("fifth", True, "12.00"), ("both", True, "6.00"), ("capped", False, "54.00"), ("third", False, "19.98"),
    ]  # fmt: skip
    assert (answer["price"], answer["currency"]) == ("10", "EUR")


def test_what_cannot_be_had_says_all_that_does_not_hold(compare):
    _, _, capped, third = compare("10", {"quantity": 6})["items"]
    assert [(each["code"], each["facts"]["left"]) for each in capped["reasons"]] == [("seats", 5)]
    assert [(each["code"], each["facts"]) for each in third["reasons"]] == [("many", {"least": 10})]


def test_who_it_is_for_decides_what_covers(compare):
    answer = compare("10", {"quantity": 10, "context": {"members": {"quantity": 10}}}, attributes={"vip": True})
    assert told(answer)[:3] == [("half", True, "50.00"), ("third", True, "33.30"), ("fifth", True, "20.00")]


def test_amounts_are_exact_and_rounded_once_at_the_end(compare):
    hundred = {"offers": ["third"], "quantity": 100, "context": {"members": {"quantity": 100}}}
    (first, *_) = compare("0.035", hundred)["items"]
    assert (first["unit"], first["total"], first["saved"]) == ("0.023345", "2.33", "1.17")
    (first, *_) = compare({"unit": "0.125", "digits": 3}, {"offers": ["fifth"]})["items"]
    assert (first["unit"], first["total"], first["saved"]) == ("0.1", "0.100", "0.025")
    (first, *_) = compare({"unit": "0.05", "digits": 0}, {"offers": ["fifth"], "quantity": 10})["items"]
    assert (first["total"], first["saved"]) == ("0", "1")


def test_large_prices_lose_no_digit(compare):
    unit = "123456789012345678.123456789012345678"
    (first, *_) = compare({"unit": unit, "digits": 9}, {"offers": ["fifth"], "quantity": 1_000_000})["items"]
    assert first["unit"] == "98765431209876542.4987654312098765424"
    assert first["total"] == "98765431209876542498765.431209877"
    assert first["saved"] == "24691357802469135624691.357802469"


def test_an_amount_off_each_one_and_never_less_than_nothing(compare):
    price = {"unit": "1.50", "amount": "attributes.off"}
    assert told(compare(price, {"offers": ["two-off", "both", "fifth"], "quantity": 2})) == [
        ("two-off", True, "3.00"), ("both", True, "1.30"), ("fifth", True, "0.60"),
    ]  # fmt: skip


@pytest.mark.parametrize("unit", ["0", "-0", "-0.00"])
def test_nothing_is_taken_off_nothing(compare, unit):
    (first, *_) = compare(unit, {"offers": ["fifth"]})["items"]
    assert (first["unit"], first["total"], first["saved"]) == ("0", "0.00", "0.00")


def test_offers_an_activity_or_a_placement_may_be_named(compare):
    assert told(compare("1", {"offers": ["both"]})) == [("both", True, "0.10")]
    for ask in ({"activity": "sale"}, {"placement": "till"}):
        assert {each[0] for each in told(compare("1", ask))} == {"fifth", "third"}


def test_each_ask_is_answered_by_itself_and_none_uses_up_anothers_cap(compare):
    asks = [{"id": "a", "offers": ["capped"], "quantity": 5}, {"id": "b", "offers": ["capped"], "quantity": 5}]
    answer = compare("1", *asks)
    assert [(each["askId"], each["passed"]) for each in answer["items"]] == [("a", True), ("b", True)]


def test_nothing_is_stored(compare, shop):
    compare("1")
    assert shop.get("/profiles").json()["items"] == []
    assert shop.get("/decisions").json()["items"] == []


@pytest.mark.parametrize(
    ("price", "pointer"),
    [
        ("-1", "/price/unit"),
        ("1e30", "/price/unit"),
        ("1e-30", "/price/unit"),
        ("much", "/price/unit"),
        ({"unit": True}, "/price/unit"),
        ({}, "/price/unit"),
        ({"unit": "1", "digits": 10}, "/price/digits"),
        *(({"unit": "1", "currency": wrong}, "/price/currency") for wrong in ("", "EURO", "E1R", "EUR\n", "€", 978)),
        ({"unit": "1", "fraction": "name"}, "/price/fraction"),
        ({"unit": "1", "fraction": "attributes..x"}, "/price/fraction"),
        ({"unit": "1", "amout": "attributes.off"}, "/price/amout"),
    ],
)
def test_a_price_that_is_none_is_refused_with_a_pointer(compare, price, pointer):
    answer = compare(price, status=422)
    assert [each["pointer"] for each in answer["errors"]] == [pointer]


def test_a_request_without_a_price_is_refused(shop):
    answer = shop.post("/savings", json={"asks": [{}]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/price"
