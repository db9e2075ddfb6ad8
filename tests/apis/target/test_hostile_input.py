"""Whatever a client sends is answered or refused in this API's own shape, and never breaks the server."""

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offerd.apis.target.delivery import reading
from offerd.apis.target.older import reading as older
from offerd.apis.target.problems import Rejected
from offerd.apis.target.tokens import Tokens

KEYS = [
    "context", "id", "execute", "prefetch", "notifications", "mboxes", "pageLoad", "views", "name", "index", "tokens",
    "parameters", "profileParameters", "order", "total", "address", "url", "qaMode", "token", "previewIndexes", "trace",
    "tntId", "customerIds", "timestamp", "type", "mbox", "view", "property", "geo", "browser", "language", "userAgent",
    "activityIndex", "purchasedProductIds", "evaluateAsTrueAudienceIds", "preview", "impressionId", "product",
]  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20),
    st.sampled_from(["click", "display", "hero", "x-clicked", "1", "-1", "9" * 30, "\u0000", "\ud7ff", "javascript:"]),
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda inside: st.one_of(
        st.lists(inside, max_size=3), st.dictionaries(st.sampled_from(KEYS), inside, max_size=6),
    ),
    max_leaves=25,
)  # fmt: skip
BODIES = st.dictionaries(st.sampled_from(KEYS), TREES, max_size=8)


@given(BODIES)
def test_reading_a_request_refuses_or_understands(body):
    with suppress(Rejected):
        assert reading.delivery(body, None, {"user-agent": "x"}, "r").session


@given(st.dictionaries(st.sampled_from([*older._OWN, "profile.a", "vst.a.id", "a.b"]), st.text(max_size=30)))
def test_reading_an_older_request_refuses_or_understands(flat):
    with suppress(Rejected):
        assert older.delivery(flat, {}, "r").session


#: A body with every member that a request may have.
DETAILS = {
    "address": {"url": "https://shop.example/", "referringUrl": ""}, "parameters": {"a": "1"},
    "profileParameters": {"a": "1"}, "order": {"id": "o", "total": 1.5, "purchasedProductIds": ["p"]},
    "product": {"id": "p", "categoryId": "c"},
}  # fmt: skip
WHOLE = {
    "requestId": "r", "impressionId": "i", "environmentId": 1, "property": {"token": "t"},
    "id": {"tntId": "v", "thirdPartyId": "jo", "marketingCloudVisitorId": "m",
           "customerIds": [{"id": "1", "integrationCode": "crm", "authenticatedState": "authenticated"}]},
    "trace": {"authorizationToken": "t", "usage": {"a": "b"}},
    "context": {
        "channel": "web", "mobilePlatform": {"deviceName": "d"}, "application": {"id": "a"}, "screen": {"width": 1},
        "window": {"width": 1}, "browser": {"host": "h", "language": "en", "webGLRenderer": "r"},
        "address": {"url": "https://shop.example/", "referringUrl": ""}, "timeOffsetInMinutes": 60, "beacon": False,
        "geo": {"ipAddress": "127.0.0.1", "latitude": 1.5, "countryCode": "FR"}, "userAgent": "Firefox/1",
        "clientHints": {"mobile": False, "platform": "Linux"},
    },
    "experienceCloud": {"analytics": {"logging": "server_side"}}, "telemetry": {"entries": [{"requestId": 1}]},
    "execute": {"pageLoad": DETAILS, "mboxes": [{"index": 0, "name": "hero", **DETAILS}]},
    "prefetch": {"pageLoad": DETAILS, "mboxes": [{"index": 0, "name": "hero"}], "views": [{"name": "home"}]},
    "notifications": [
        {"id": "1", "type": "display", "timestamp": 1, "tokens": [], "impressionId": "i", "mbox": {"name": "hero"}},
        {"id": "2", "type": "click", "timestamp": 1, "view": {"name": "home", "key": "k"}, "pageLoad": {}, **DETAILS},
    ],
    "qaMode": {"token": "t", "listedActivitiesOnly": True, "evaluateAsTrueAudienceIds": [1],
               "evaluateAsFalseAudienceIds": [2], "previewIndexes": [{"activityIndex": 1, "experienceIndex": 1}]},
    "preview": {"token": "t"},
}  # fmt: skip
BATCH = {
    "client": "c", "requestId": "r", "id": {"tntId": "v"}, "contentAsJson": True, "profileParameters": {"a": "1"},
    "requestLocation": {"pageURL": "", "host": "h", "ipAddress": "127.0.0.1"},
    "mboxes": [{"indexId": 0, "mbox": "hero", "clicked": True, **DETAILS}],
    "prefetch": [{"indexId": 0, "mbox": "hero", "requestLocation": {"pageURL": ""}}],
    "notifications": [{"type": "hit", "timestamp": 1, "mbox": "hero", "eventTokens": [], "clickToken": ""}],
}  # fmt: skip
ONE = {
    "mbox": "hero", "clicked": False, "tntId": "v", "thirdPartyId": "jo", "mboxParameters": {"a": "1"},
    "requestLocation": {"pageURL": "", "impressionId": "i"}, "mboxTrace": {"authorizationToken": "t"}, **DETAILS,
}  # fmt: skip
WRONG = [None, True, -1, 1.5, 2**70, "", "x" * 20_000, [], [[]], [None], {}, {"a": []}, {"a": {"b": None}}]


def changed(tree, value):
    """The same with each of its members in turn set to a value."""
    if isinstance(tree, dict):
        for name, inner in tree.items():
            yield {**tree, name: value}
            yield from ({**tree, name: one} for one in changed(inner, value))
    elif isinstance(tree, list):
        for at, inner in enumerate(tree):
            yield [*tree[:at], value, *tree[at + 1 :]]
            yield from ([*tree[:at], one, *tree[at + 1 :]] for one in changed(inner, value))


@pytest.mark.parametrize("value", WRONG, ids=lambda value: repr(value)[:12])
def test_each_member_may_be_anything(value):
    for body in changed(WHOLE, value):
        with suppress(Rejected):
            reading.delivery(body, None, {"user-agent": "x"}, "r")


@pytest.mark.parametrize(("path", "whole"), [("v1/delivery", WHOLE), ("v2/batchmbox", BATCH), ("v1/mbox/s", ONE)])
@pytest.mark.parametrize("value", [True, [], {"a": []}, "x" * 20_000], ids=lambda value: repr(value)[:12])
def test_no_member_of_a_request_breaks_the_server(page, path, whole, value):
    for body in changed(whole, value):
        answer = page.post(f"/rest/{path}", content=json.dumps(body))
        assert answer.status_code in {200, 204, 400}, (body, answer.text)


@given(st.text(max_size=300))
def test_a_token_of_nobodys_is_none(token):
    tokens = object.__new__(Tokens)
    tokens._key = b"k" * 32
    assert tokens.read_event(token) is None
    assert tokens.read_preview(token) is None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BODIES)
def test_the_route_answers_or_refuses(page, body):
    answer = page.post("/rest/v1/delivery", content=json.dumps(body))
    assert answer.status_code in {200, 204, 400}
    if answer.status_code == 400:
        assert answer.json().keys() == {"status", "message"}


@pytest.mark.parametrize("cookie", ["mbox=" + "x" * 4000, "mbox=session#%7f#1|PC#%00#2", "mboxPC=<script>; a=b"])
def test_cookies_are_not_looked_at(page, cookie):
    answer = page.post("/rest/v1/delivery", content="{}", headers={"cookie": cookie})
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


def test_answers_cannot_be_taken_for_pages(page):
    evil = "<script>alert(1)</script>"
    body = json.dumps({"requestId": evil, "execute": {"mboxes": [{"name": evil}]}})
    answer = page.post("/rest/v1/delivery", content=body)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
