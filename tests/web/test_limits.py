"""How many calls a caller may make in a minute, in every wire format's own words."""

from pathlib import Path

import httpx
import pytest

from offerd.apis.operation import Caller
from offerd.services.clock import ManualClock
from offerd.services.errors import TooMany
from offerd.settings import Settings, SettingsError
from offerd.web.app import APIS
from offerd.web.limits import Limit, Limits, who

SECOND = 1_000_000
PATH = "/offerd/v1/offers"


@pytest.fixture
def clock():
    return ManualClock(1_767_268_800 * SECOND)


def taken(limit, caller="a", most=10_000):
    """How many calls of a caller are let through one after the other."""
    for number in range(most):
        try:
            limit.take(caller)
        except TooMany:
            return number
    return most


def test_a_caller_may_make_a_minutes_calls_at_once_and_no_more(clock):
    limit = Limit(60, clock)
    assert taken(limit) == 60
    assert taken(limit, "b") == 60


def test_room_comes_back_evenly(clock):
    limit = Limit(60, clock)
    taken(limit)
    clock.advance(seconds=3)
    assert taken(limit) == 3
    clock.advance(seconds=60)
    assert taken(limit) == 60


def test_what_is_refused_says_when_the_next_call_is_taken(clock):
    limit = Limit(2, clock)
    assert taken(limit) == 2
    with pytest.raises(TooMany) as refused:
        limit.take("a")
    assert refused.value.seconds == 30
    clock.advance(seconds=29, microseconds=1)
    with pytest.raises(TooMany) as refused:
        limit.take("a")
    assert refused.value.seconds == 1
    clock.advance(microseconds=999_999)
    limit.take("a")


def test_a_client_that_goes_on_hammering_is_answered_as_soon_as_one_that_waits(clock):
    hammered, waited = Limit(6, clock), Limit(6, clock)
    taken(hammered)
    taken(waited)
    answered = []
    for tick in range(1, 101):
        clock.advance(milliseconds=200)
        if taken(hammered, most=1):
            answered.append(tick / 5)
    assert answered == [10.0, 20.0]
    assert taken(waited) == 2


def test_a_clock_that_is_set_back_holds_nobody_for_long(clock):
    limit = Limit(60, clock)
    taken(limit)
    clock.advance(seconds=-3_600)
    with pytest.raises(TooMany) as refused:
        limit.take("a")
    assert refused.value.seconds == 1


def test_a_limit_remembers_so_many_callers_and_no_more(clock):
    limit = Limit(1, clock, room=100)
    for number in range(1_000):
        limit.take(str(number))
    assert len(limit) <= 100
    assert taken(limit, "999") == 0


def test_who_has_all_room_again_is_forgotten_first(clock):
    limit = Limit(1, clock, room=100)
    limit.take("held")
    clock.advance(seconds=59)
    for number in range(100):
        limit.take(str(number))
    assert taken(limit, "50") == 0
    clock.advance(seconds=2)
    limit.take("more")
    for number in range(24):
        assert taken(limit, str(76 + number)) == 0


@pytest.mark.parametrize(
    ("token", "client", "same"),
    [
        ("t1", ("10.0.0.1", 5), "token t1"),
        ("", ("10.0.0.1", 5), "10.0.0.1"),
        ("", ("2001:db8:1:2:aaaa::1", 5), "2001:db8:1:2::/64"),
        ("", ("2001:db8:1:2:bbbb::9", 6), "2001:db8:1:2::/64"),
        ("", ("fe80::1%eth0", 6), "fe80::/64"),
        ("", ("a:b", 6), "a:b"),
        ("", None, ""),
    ],
)
def test_calls_are_counted_by_token_else_by_address(token, client, same):
    caller = Caller(id=token, name="", workspace="default", scopes=frozenset())
    assert who(caller, client) == same


def test_the_settings_say_which_formats_have_limits(clock):
    assert Limits(Settings(), clock, ["native", "target"]).of("native") is None
    one = Limits(Settings(rate_limits={"target": 5}), clock, ["native", "target"])
    assert one.of("native") is None
    assert taken(one.of("target")) == 5
    all_ = Limits(Settings(rate_limit=7, rate_limits={"target": 0}), clock, ["native", "target"], ["server"])
    assert taken(all_.of("native")) == 7
    assert all_.of("target") is None
    assert all_.of("server") is None
    assert taken(Limits(Settings(rate_limits={"server": 3}), clock, ["native"], ["server"]).of("server")) == 3


def test_a_limit_for_what_is_not_served_stops_the_start(clock):
    with pytest.raises(SettingsError, match=r"rate_limits: there is no tarket; there are native, target"):
        Limits(Settings(rate_limits={"tarket": 5}), clock, ["native", "target"])


def test_a_server_without_limits_takes_any_number_of_calls(server):
    with server.client() as client:
        assert {client.get(PATH).status_code for _ in range(50)} == {200}


def test_the_native_api_says_when_to_come_back(start_server):
    server = start_server(rate_limit=2)
    with server.client() as client:
        for _ in range(2):
            assert client.get(PATH).status_code == 200
        answer = client.get(PATH)
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "30"
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:offerd:problem:too-many"
        assert client.get("/healthz").status_code == 200
        # Another token, and another format, have room of their own.
        with server.client(server.token("admin", name="other")) as other:
            assert other.get(PATH).status_code == 200
        assert client.get("/v1/productpromotions").status_code == 400
        server.clock.advance(seconds=30)
        assert client.get(PATH).status_code == 200
        assert client.get(PATH).status_code == 429


def test_what_is_refused_stores_nothing(start_server):
    server = start_server(rate_limits={"native": 1})
    with server.client() as client:
        assert client.put(f"{PATH}/mug", json={"status": "approved"}).status_code in {200, 201}
        refused = client.put(f"{PATH}/jug", json={"status": "approved"})
        assert refused.status_code == 429
        server.clock.advance(seconds=60)
        assert [each["id"] for each in client.get(PATH).json()["items"]] == ["mug"]


def test_a_request_without_a_token_takes_nobodys_room(start_server):
    server = start_server(rate_limit=1)
    with server.client("") as client:
        assert [client.get(PATH).status_code for _ in range(5)] == [401] * 5


#: A call of each wire format: its name, method, path and body.
CALLS = {
    "native": ("GET", PATH, None),
    "journey_optimizer": ("GET", "/data/core/xcore/?product=acp", None),
    "journey_optimizer_edge": ("POST", "/ee/v2/interact?configId=default", {}),
    "target": ("POST", "/rest/v1/delivery?client=default&sessionId=1", {"context": {"channel": "web"}}),
    "target_mbox": ("GET", "/m2/default/mbox/json?mbox=m&mboxSession=1", None),
    "target_profiles": ("GET", "/rest/v1/profiles/1?client=default", None),
    "target_profile_updates": ("GET", "/m2/default/profile/update?mbox3rdPartyId=1", None),
    "target_artifacts": ("GET", "/default/production/v1/rules.json", None),
    "target_admin": ("GET", "/default/target/activities", None),
    "chargebee": ("POST", "/api/v2/personalized_offers", {}),
    "microsoft_store": ("GET", "/v2.0/my/storeoffers/user", None),
    "partner_center": ("GET", "/v1/productpromotions?country=US&segment=commercial", None),
    "partner_center_eligibility": (
        "POST", "/v1/customers/c7e0b1d4-2f68-4a90-b1aa-71e3c2d4a602/promotionEligibilities", {"items": []},
    ),
}  # fmt: skip


def test_every_format_answers_too_many_calls_in_its_own_words_with_retry_after(start_server):
    server = start_server(rate_limit=1)
    with server.client() as client:

        def call(name: str) -> httpx.Response:
            method, path, body = CALLS[name]
            return client.request(method, path, json=body)

        assert [name for name in CALLS if call(name).status_code in {429, 503}] == []
        for name in CALLS:
            refused = call(name)
            assert (name, refused.status_code) == (name, 503 if name == "target_admin" else 429)
            assert (name, refused.headers["retry-after"]) == (name, "60")
        server.clock.advance(seconds=60)
        assert [name for name in CALLS if call(name).status_code in {429, 503}] == []


def test_every_format_has_its_call_here_and_its_name_in_the_documentation():
    names = {api.name for api in APIS}
    assert names == CALLS.keys()
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    assert [name for name in names if f"`{name}`" not in page] == []


@pytest.mark.parametrize("api", APIS, ids=lambda api: api.name)
def test_no_format_takes_too_many_calls_for_an_error_of_the_servers(api):
    answer = api.failure(TooMany(57))
    assert answer.status in {429, 503}
    assert dict(answer.headers)["retry-after"] == "57"


def test_p_15_partner_center_tells_it_in_another_shape_than_its_errors(start_server):
    server = start_server(rate_limits={"partner_center_eligibility": 625})
    path = "/v1/customers/c7e0b1d4-2f68-4a90-b1aa-71e3c2d4a602/promotionEligibilities"
    with server.client() as client:
        statuses = [client.post(path, json={"items": []}).status_code for _ in range(626)]
        assert statuses == [400] * 625 + [429]
        refused = client.post(path, json={"items": []})
        assert refused.headers["retry-after"] == "1"
        assert refused.json() == {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 1 seconds."}
        assert client.get("/v1/productpromotions").status_code == 400
