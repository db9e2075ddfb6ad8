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
