"""The example catalogue: it applies by itself, nothing in it is odd, and each of its plays answers."""

from pathlib import Path

import pytest

from offerd.model import json

FOLDER = Path(__file__).parents[3] / "src" / "offerd" / "demo" / "examples"


@pytest.fixture
def example(site):
    site.native.post("/catalogue/apply", params={"prune": "true"}, json={}).raise_for_status()
    text = (FOLDER / "chargebee.yaml").read_bytes()
    answer = site.native.post("/catalogue/apply", content=text, headers={"content-type": "application/yaml"})
    assert answer.status_code == 200, answer.text
    for line in (FOLDER / "chargebee.profiles.ndjson").read_bytes().splitlines():
        profile = json.loads(line)
        (name,) = profile["identities"]
        site.native.put(f"/profiles/{name['namespace']}:{name['id']}", json=profile).raise_for_status()
    return site


def test_nothing_is_odd(example):
    assert example.native.get("/catalogue/findings").json()["items"] == []


@pytest.mark.parametrize(
    ("customer", "more", "offer", "processing"),
    [
        ("harbour-1", {}, "chargebee-fifth-less", "billing_update"),
        ("harbour-2", {}, "chargebee-annual", "checkout"),
        ("harbour-3", {"custom": {"storage": {"usedpercent": 91}}}, "chargebee-more-room", "email"),
    ],
)
def test_each_play_answers(example, customer, more, offer, processing):
    told = example.list(customer, **more)
    assert told["brand"] == {"id": "studio", "name": "Harbour Studio"}
    (shown,) = told["personalized_offers"]
    assert (shown["offer_id"], shown["options"][0]["processing_type"]) == (offer, processing)
    own = example.accept(shown, shown["options"][0]["id"])
    assert ("hosted_page" in own) == (processing == "checkout")
    assert own["offer_fulfillment"]["status"] == "in_progress"


@pytest.mark.parametrize(
    ("custom", "says"),
    [
        ({"viewcount": 6}, "Double it?"),
        ({"storage": {"usedpercent": 91}}, "Your storage is 91 percent full. Double it?"),
    ],
)
def test_a_card_says_only_what_is_known(example, custom, says):
    card = example.offer("harbour-3", custom=custom)["content"]
    assert card["description"] == f'<div class="slate-p">{says}</div>'


def test_there_is_no_offer_for_everybody(example):
    assert example.offer("harbour-3") is None
