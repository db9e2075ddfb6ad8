"""Bad input: the right status, this format's own error, and nothing stored."""

import json
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PROMOTION = "QX4PROMO0001:0001"


def refused(answer, status, code):
    """Whether an answer is this format's error, whole."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["code"] == code
    assert 0 < len(body["description"]) <= 1024
    assert body["source"]
    assert set(body) <= {"code", "description", "data", "source"}
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["ms-requestid"]
    assert answer.headers["ms-correlationid"]
    return body


@pytest.fixture
def post(seller, customer):
    guid = customer()

    def send(content, **headers):
        return seller.post(f"/customers/{guid}/promotionEligibilities", content=content, headers=headers)

    return send


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 1000, b'{"items": [{}], "items"', b"<items/>", b'{"items": [NaN]}']
)
def test_a_body_that_cannot_be_read(post, body):
    refused(post(body), 400, "800002")


@pytest.mark.parametrize(
    "body", ["null", "[]", "1", '"items"', "{}", '{"items": []}', '{"items": {}}', '{"items": "x"}']
)
def test_a_body_without_items(post, body):
    assert refused(post(body.encode()), 400, "800002")["data"] == [
        {"field": "items", "message": "expected a list with at least one item"}
    ]


@pytest.mark.parametrize(
    ("member", "value"),
    [
        *(("id", value) for value in (1.5, True, [], {}, "x", "1.5", "-", 2**31, "²")),
        *(("catalogItemId", value) for value in (None, 1, "", "  ", [], {})),
        *(("quantity", value) for value in (None, 0, -1, 1.5, True, "10", 2**31, [])),
        *(("termDuration", value) for value in (None, "", "1Y", "P", "P1", "PT1H", "P1Y\n2", 1, [])),
        *(("billingCycle", value) for value in (None, "", "weekly", 1, [])),
        *(("promotionId", value) for value in (1, True, [], {})),
    ],
)
def test_a_field_that_is_wrong_is_named(post, item, member, value):
    sent = {**item(), member: value}
    assert [each["field"] for each in refused(post(json.dumps({"items": [item(), sent]})), 400, "800002")["data"]] == [
        f"items[1].{member}"
    ]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
members = st.fixed_dictionaries(
    {},
    optional={
        "ID": anything,
        "catalogItemId": anything | st.sampled_from(["QX4BOARDS001:0001:QX4B0AVUS001", "a:b:c", "::"]),
        "Quantity": anything | st.integers(1, 3000),
        "termDuration": anything | st.sampled_from(["P1Y", "p1m", "P1Y2M"]),
        "billingcycle": anything | st.sampled_from(["annual", "One_Time"]),
        "promotionId": anything | st.sampled_from([f"{PROMOTION}:QX4PAVAIL001", f"{PROMOTION}:x", "x"]),
    },
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=anything | st.fixed_dictionaries({"items": st.lists(members | anything, max_size=3)}))
def test_any_body_is_answered_or_refused_in_shape(post, body):
    answer = post(json.dumps(body).encode())
    if answer.status_code == 200:
        assert answer.json()["totalCount"] == len(body["items"])
    else:
        assert refused(answer, 400, "800002")["data"]


def test_everything_that_is_wrong_is_told_at_once(post):
    body = refused(post(json.dumps({"items": [{}, 5, {"quantity": 1}]})), 400, "800002")
    assert [each["field"] for each in body["data"]] == [
        *(f"items[0].{name}" for name in ("catalogItemId", "quantity", "termDuration", "billingCycle")),
        "items[1]",
        *(f"items[2].{name}" for name in ("catalogItemId", "termDuration", "billingCycle")),
    ]


def test_a_body_that_is_too_long(post):
    refused(post(b'{"items": [' + b" " * 1_100_000 + b"]}"), 413, "800002")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "1000"),
        ("GET", "/customers", 404, "1000"),
        ("GET", "/products/a/skus/b", 404, "1000"),
        ("POST", "/productpromotions", 405, "405"),
        ("DELETE", "/productpromotions/x", 405, "405"),
        ("GET", "/customers/5a3c1f0e-9d42-4c1b-8c55-0d2a5b7e9f01/promotionEligibilities", 405, "405"),
        ("PUT", "/products/a/skus/b/availabilities", 405, "405"),
    ],
)
def test_a_path_or_method_that_there_is_not(seller, method, path, status, code):
    answer = seller.request(method, path)
    refused(answer, status, code)
    assert ("allow" in answer.headers) is (status == 405)


def test_a_body_where_none_is_read(seller):
    answer = seller.request("GET", "/productpromotions?country=US&segment=commercial", content=b"{}")
    refused(answer, 413, "800002")


@pytest.mark.parametrize("id_", ["%ff", "%00", "..%2f..", "%F0%9F%98%80", "a" * 4000])
def test_an_id_of_any_bytes(seller, id_):
    assert seller.get(f"/productpromotions/{id_}").status_code == 404


@pytest.mark.parametrize("sent", ["x" * 200, "a,b", "tab\tinside", "ä".encode("latin-1"), ""])
def test_an_id_that_cannot_be_echoed_is_replaced(seller, sent):
    answer = seller.get("/productpromotions?country=US&segment=commercial", headers={"MS-RequestId": sent})
    assert answer.status_code == 200
    uuid.UUID(answer.headers["ms-requestid"])


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ([], ""),
        ({}, ""),
        ({"requiredProducts": []}, "/requiredProducts"),
        ({"requiredProducts": [{}]}, "/requiredProducts/0"),
        ({"countries": ["usa"]}, "/countries/0"),
        ({"countries": []}, "/countries"),
        ({"segments": ["Commercial"]}, "/segments/0"),
        ({"isAutoApplicable": "yes"}, "/isAutoApplicable"),
        ({"more": 1}, "/more"),
        ({"promotionConstraints": {"seatConstraints": [{"minSeats": 1}]}}, "/promotionConstraints/seatConstraints/0"),
        ({"promotionConstraints": {"productOwnershipConstraints": [{"bigId": "a/b"}]}},
         "/promotionConstraints/productOwnershipConstraints/0"),
        ({"promotionConstraints": {"productOwnershipConstraints": [[{"bigId": "a:b"}]]}},
         "/promotionConstraints/productOwnershipConstraints/0/0/bigId"),
    ],
)  # fmt: skip
def test_an_extension_that_is_wrong_is_refused_whoever_writes_it(shop, value, pointer):
    before = shop.get(f"/offers/{PROMOTION}").json()
    own = before["extensions"]["partner_center"]
    merged = {**own, **value} if isinstance(value, dict) and value and "requiredProducts" not in value else value
    answer = shop.put(f"/offers/{PROMOTION}", json={**before, "extensions": {"partner_center": merged}})
    assert answer.status_code == 422
    assert f"/extensions/partner_center{pointer}" in [each["pointer"] for each in answer.json()["errors"]]
    assert shop.get(f"/offers/{PROMOTION}").json() == before


@pytest.mark.parametrize(
    ("policy", "pointer"),
    [
        ({"policyType": "PercentDiscount", "value": "1.01"}, "/value"),
        ({"policyType": "PercentDiscount", "value": "-0.1"}, "/value"),
        ({"policyType": "PercentDiscount", "value": "-0.0"}, "/value"),
        ({"policyType": "PercentDiscount", "value": "much"}, "/value"),
        ({"policyType": "FlatRate", "value": "1e999999"}, "/value"),
        ({"policyType": "PercentDiscount"}, ""),
        ({"value": "0.1"}, ""),
    ],
)
def test_a_discount_that_is_none_is_refused(shop, policy, pointer):
    before = shop.get(f"/offers/{PROMOTION}").json()
    own = before["extensions"]["partner_center"]
    products = [{**own["requiredProducts"][0], "pricingPolicies": [policy]}]
    extension = {"partner_center": {**own, "requiredProducts": products}}
    answer = shop.put(f"/offers/{PROMOTION}", json={**before, "extensions": extension})
    assert answer.status_code == 422
    at = f"/extensions/partner_center/requiredProducts/0/pricingPolicies/0{pointer}"
    assert at in [each["pointer"] for each in answer.json()["errors"]]


def test_a_discount_is_told_as_it_was_written_never_as_a_float(seller, shop):
    before = shop.get(f"/offers/{PROMOTION}").json()
    own = before["extensions"]["partner_center"]
    for written in ("0.167", "0.10", "0.3333333333333333333333"):
        own["requiredProducts"][0]["pricingPolicies"][0]["value"] = written
        assert shop.put(f"/offers/{PROMOTION}", json={**before, "extensions": {"partner_center": own}}).is_success
        told = seller.get("/productpromotions/QX4PROMO0001:0001:QX4PAVAIL001").json()
        assert told["requiredProducts"][0]["pricingPolicies"][0]["value"] == written


def test_what_does_not_carry_what_it_needs_is_not_shown(seller, shop):
    offer = shop.get(f"/offers/{PROMOTION}").json()
    for part in ({"extensions": {}}, {"ids": {**offer["ids"], "promotion": "QX4PROMO0001"}}, {"status": "draft"}):
        assert shop.put(f"/offers/{PROMOTION}", json={**offer, **part}).is_success
        found = seller.get("/productpromotions?country=US&segment=commercial").json()
        assert "QX4PROMO0001:0001:QX4PAVAIL001" not in [each["id"] for each in found["items"]]
        assert seller.get("/productpromotions/QX4PROMO0001:0001:QX4PAVAIL001").status_code == 404
    assert shop.put(f"/offers/{PROMOTION}", json=offer).is_success
    assert seller.get("/productpromotions/QX4PROMO0001:0001:QX4PAVAIL001").status_code == 200


@pytest.mark.parametrize(
    ("window", "told"),
    [
        ({"from": "0001-01-01", "until": "0001-01-01T00:00:00.5Z"},
         ("0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00+00:00")),
        ({"from": "0900-01-01", "until": "9999-12-31T23:59:59.999999Z"},
         ("0900-01-01T00:00:00+00:00", "9999-12-31T23:59:58+00:00")),
    ],
)  # fmt: skip
def test_windows_at_the_ends_of_time_are_told(seller, shop, window, told):
    offer = shop.get(f"/offers/{PROMOTION}").json()
    shop.put(f"/offers/{PROMOTION}", json={**offer, "window": window}).raise_for_status()
    answer = seller.get(f"/productpromotions/{PROMOTION}:QX4PAVAIL001")
    assert answer.status_code == 200
    assert (answer.json()["startDate"], answer.json()["endDate"]) == told
