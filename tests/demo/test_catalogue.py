"""The demonstration's catalogue: it is clean, and its rules say what a marketer would."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from offerd.demo.dataset import COUPONS
from offerd.demo.loader import catalogue
from offerd.demo.replay import ACTIVITIES

ADULT = {"age": 30, "income": 80_000, "visits": {"bar": 4, "coffeeHouse": 4, "carryOut": 4, "restaurant20To50": 4}}
EVENING = {"passenger": "Friends", "hour": 18, "weather": "Sunny", "minutesAway": 5, "sameDirection": True}


@pytest.fixture
def demo(api: httpx.Client) -> httpx.Client:
    """A workspace with the catalogue, and without the drivers."""
    api.post("/catalogue/apply", content=catalogue(), headers={"content-type": "application/yaml"}).raise_for_status()
    return api


def decide(api: httpx.Client, activity: str, person: dict[str, Any], context: dict[str, Any], count: int = 1) -> Any:
    request = {
        "identities": {"driver": "new"}, "attributes": person, "context": {"members": context}, "dryRun": True,
        "explain": True, "asks": [{"activity": activity, "count": count}],
    }  # fmt: skip
    answer = api.post("/decisions", json=request).raise_for_status().json()
    return answer["propositions"][0]


def given(proposition: Any) -> list[str]:
    return [item["offer"] for item in proposition["items"]]


def lost(proposition: Any, offer: str) -> str:
    found = next(each for each in proposition["explanation"]["lost"] if each["offer"] == offer)
    return found["reason"].get("clause", "")


def test_nothing_about_it_is_odd(demo: httpx.Client) -> None:
    assert demo.get("/catalogue/findings").json() == {"items": []}


def test_it_has_the_five_coupons_of_the_data_and_three_ways_to_choose(demo: httpx.Client) -> None:
    tree = demo.get("/catalogue").json()
    assert set(tree["offers"]) == set(COUPONS.values())
    assert set(tree["activities"]) == set(ACTIVITIES)
    ranks = [each["selections"][0].get("rank", "priority") for each in tree["activities"].values()]
    assert {rank if isinstance(rank, str) else next(iter(rank)) for rank in ranks} == {"priority", "formula", "traffic"}
    for offer in tree["offers"].values():
        assert {cap.get("per", "everyone") for cap in offer["caps"]} == {"everyone", "profile"}
        assert set(offer["content"]) == set(tree["placements"])
        assert set(offer["window"]) == {"from", "until"}


def test_the_priority_decides_what_the_dashboard_shows(demo: httpx.Client) -> None:
    proposition = decide(demo, "dashboard", ADULT, EVENING, count=5)
    assert given(proposition) == ["restaurant-20-to-50", "bar", "coffee-house", "restaurant-under-20", "carry-out"]


def test_no_one_gets_a_drink_with_kids_in_the_car_or_under_21(demo: httpx.Client) -> None:
    assert "Kids" in lost(decide(demo, "dashboard", ADULT, EVENING | {"passenger": "Kids"}, count=5), "bar")
    assert lost(decide(demo, "dashboard", ADULT | {"age": 20}, EVENING, count=5), "bar") == "age >= 21"


def test_coffee_is_for_those_who_drink_it(demo: httpx.Client) -> None:
    proposition = decide(demo, "dashboard", ADULT | {"visits": {"coffeeHouse": 0}}, EVENING, count=5)
    assert lost(proposition, "coffee-house") == 'inSegment("coffee-drinkers")'


def test_bad_weather_lifts_the_coffee(demo: httpx.Client) -> None:
    person = ADULT | {"visits": {"coffeeHouse": 4, "carryOut": 4}}
    assert given(decide(demo, "phone", person, EVENING)) == ["carry-out"]
    assert given(decide(demo, "phone", person, EVENING | {"weather": "Snowy"})) == ["coffee-house"]


def test_the_test_takes_those_who_eat_out_and_splits_them(demo: httpx.Client) -> None:
    nobody = decide(demo, "receipt-test", {"visits": {}}, EVENING)
    assert nobody.get("items", []) == []
    request = {"identities": {"driver": "x"}, "attributes": ADULT, "context": {"members": EVENING}, "dryRun": True}
    counts = {"carry-out": 0, "restaurant-under-20": 0}
    for number in range(100):
        asked = {**request, "unit": f"unit-{number}", "asks": [{"activity": "receipt-test"}]}
        counts[given(demo.post("/decisions", json=asked).json()["propositions"][0])[0]] += 1
    assert min(counts.values()) > 30


def test_the_fallback_is_there_for_who_may_get_nothing(demo: httpx.Client) -> None:
    person = {"age": 18, "visits": {"carryOut": 0}}
    far = EVENING | {"minutesAway": 25, "sameDirection": False}
    assert given(decide(demo, "dashboard", person, far)) == ["drive-safely"]
