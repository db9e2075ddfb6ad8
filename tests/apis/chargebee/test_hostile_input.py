"""Bad input of every kind: refused in this format's own shape, and nothing of it stored."""

import json

import pytest

LIST = "/api/v2/personalized_offers"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def untouched(site):
    """Nothing was stored by the test."""
    yield site
    assert site.decisions() == []
    assert site.events() == []
    assert site.native.get("/profiles").json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"\xff\xfe",
        b'{"customer_id": "\xed\xa0\x80"}',
        b'{"customer_id": "\\ud800"}',
        b'{"customer_id": NaN}',
        b'{"customer_id": "c1", "custom": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"customer_id": "c1"} {}',
    ],
)
def test_bodies_that_are_no_object_of_json(untouched, refused, body):
    refused(untouched.http.post(LIST, content=body), 400, "invalid_request")


@pytest.mark.parametrize("media", ["application/json;charset=UTF-8", "text/plain", "application/xml", "nonsense", ""])
def test_any_media_type_is_read_as_json(site, media):
    headers = {"content-type": media}
    answer = site.http.post(LIST, content=json.dumps({"customer_id": "c1"}), headers=headers)
    assert answer.status_code == 200, answer.text


def test_json_that_calls_itself_a_form_is_read_as_json(site):
    answer = site.http.post(LIST, content=b' {"customer_id": "c1"}', headers={"content-type": FORM})
    assert answer.status_code == 200, answer.text


def test_a_body_that_is_too_long(untouched, refused):
    body = json.dumps({"customer_id": "c1", "custom": {"a": "x" * 1_048_576}})
    refused(untouched.http.post(LIST, content=body), 400, "invalid_request")


def test_no_body_at_all(untouched, refused):
    refused(untouched.http.post(LIST), 400, "param_wrong_value", "customer_id")
    answer = untouched.http.request("GET", "/api/v2/offer_fulfillments/x", content=b"{}")
    refused(answer, 400, "invalid_request")


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"customer_id": 5}, "customer_id"),
        ({"customer_id": ["c1"]}, "customer_id"),
        ({"customer_id": "c\u00001"}, "customer_id"),
        ({"customer_id": "c\n1"}, "customer_id"),
        ({"subscription_id": "s" * 51}, "subscription_id"),
        ({"subscription_id": {}}, "subscription_id"),
        ({"first_name": "f" * 151}, "first_name"),
        ({"last_name": "l" * 151}, "last_name"),
        ({"email": 1}, "email"),
        ({"external_user_id": "u" * 51}, "external_user_id"),
        ({"roles": {"0": "a", "x": "b"}}, "roles"),
        ({"roles": 5}, "roles"),
        ({"roles": ["a", 5]}, "roles[1]"),
        ({"roles": ["r" * 51]}, "roles[0]"),
        ({"custom": []}, "custom"),
        ({"custom": "text"}, "custom"),
        ({"request_context": []}, "request_context"),
        ({"request_context": {"user_agent": "u" * 256}}, "request_context[user_agent]"),
        ({"request_context": {"locale": "l" * 51}}, "request_context[locale]"),
        ({"request_context": {"timezone": "t" * 65}}, "request_context[timezone]"),
        ({"request_context": {"url": "u" * 251}}, "request_context[url]"),
        ({"request_context": {"referrer_url": "r" * 251}}, "request_context[referrer_url]"),
        ({"request_context": {"locale": 5}}, "request_context[locale]"),
    ],
)
def test_members_that_are_wrong(untouched, refused, more, param):
    refused(untouched.post("/personalized_offers", {"customer_id": "c1", **more}), 400, "param_wrong_value", param)


def test_members_of_the_greatest_length_are_taken(site):
    lengths = {"user_agent": 255, "locale": 50, "timezone": 64, "url": 250, "referrer_url": 250}
    site.list(
        "c" * 50,
        subscription_id="s" * 50,
        first_name="f" * 150,
        last_name="l" * 150,
        email=f"{'a' * 57}@mail.example",
        external_user_id="u" * 50,
        roles=["r" * 50],
        custom={"any": [None, {"deep": 1.50}]},
        request_context={name: "x" * length for name, length in lengths.items()},
    )


def test_empty_members_are_absent_ones(site):
    names = ("subscription_id", "first_name", "last_name", "email", "roles", "external_user_id", "custom")
    for empty in (None, ""):
        site.list("c1", **dict.fromkeys((*names, "request_context"), empty))
    assert site.warnings() == []


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ("customer_id=%FF", "invalid_request", None),
        ("&".join(f"a{index}=1" for index in range(1_001)), "invalid_request", None),
        ("customer_id=c1&customer_id=c2", "param_wrong_value", "customer_id"),
        ("customer_id[a]=c1", "param_wrong_value", "customer_id"),
        ("customer_id=c1&customer_id[a]=c2", "param_wrong_value", "customer_id"),
        ("customer_id=c1&custom=%7B", "param_wrong_value", "custom"),
        ("customer_id=c1&custom=5", "param_wrong_value", "custom"),
        ("customer_id=c1&custom" + "[a]" * 200 + "=5", "param_wrong_value", "custom"),
        ("customer_id=c1&custom[a]=5&custom[a][b]=6", "param_wrong_value", "custom"),
        ("customer_id=c1&roles[0][a]=5", "param_wrong_value", "roles[0]"),
        ("customer_id=c1&roles[5]=a", "param_wrong_value", "roles"),
        ("roles[]=a", "param_wrong_value", "customer_id"),
    ],
)
def test_forms_that_are_wrong(untouched, refused, body, code, param):
    refused(untouched.http.post(LIST, content=body, headers={"content-type": FORM}), 400, code, param)


def test_a_form_may_list_without_numbers(site):
    answer = site.http.post(LIST, content="customer_id=c1&roles[]=sales&roles[]=owner", headers={"content-type": FORM})
    assert answer.json()["personalized_offers"][0]["offer_id"] == "FIFTH"
    again = site.http.post(LIST, content="customer_id=c1&roles=owner", headers={"content-type": FORM})
    assert again.json() == answer.json()


@pytest.mark.parametrize("path", ["/offer_fulfillments", "/offer_events", "/offer_fulfillments/x"])
@pytest.mark.parametrize("id_", [None, 5, "", "p" * 51, ["p"]])
def test_the_other_calls_check_their_members_too(untouched, refused, path, id_):
    body = {"personalized_offer_id": id_, "id": id_, "option_id": "go", "type": "viewed", "status": "completed"}
    param = "id" if path.endswith("/x") else "personalized_offer_id"
    refused(untouched.post(path, body), 400, "param_wrong_value", param)


def test_odd_ids_in_the_path_lead_nowhere(untouched, refused):
    for id_ in ("a%2Fb", "%00", "..%2F..", "x" * 300):
        refused(untouched.http.get(f"/api/v2/offer_fulfillments/{id_}"), 404, "resource_not_found", "id")
    assert untouched.http.get("/api/v2/offer_fulfillments/%FF").json()["api_error_code"] == "resource_not_found"


def test_a_query_is_not_looked_at(site):
    assert site.http.post(f"{LIST}?a=%FF&customer_id=x", json={"customer_id": "c1"}).status_code == 200
