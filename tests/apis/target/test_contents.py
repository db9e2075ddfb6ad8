"""Content of other sorts of activities: fallbacks, offers of the catalogue, and what response tokens may tell."""

import json

import pytest

CATALOGUE = {
    "placements": {"slot": {"ids": {"mbox": "slot-1"}}, "panel": {"kind": "view"}, "whole": {"kind": "page"}},
    "offers": {
        "mug": {"name": "Mug", "status": "approved", "eligible": 'profile.buys = "mugs"',
                "content": {"slot": {"html": "mug"}, "whole": {"html": "mug"}}},
    },
    "fallbacks": {"plain": {"name": "Plain", "content": {"slot": {"html": "plain"}}}},
    "activities": {
        "shop": {"name": "Shop", "status": "live", "placements": ["slot", "panel", "whole"], "fallback": "plain",
                 "goals": [{"on": "click"}], "selections": [{"offers": ["mug"]}]},
    },
}  # fmt: skip
TOKENS = (
    "activity.type experience.id experience.name profile.buys profile.thirdPartyId geo.city geo.state location.name "
    "nothing"
)


@pytest.fixture
def ask(start_server):
    live = start_server(target_tokens=TOKENS)
    with live.client() as native:
        native.base_url = f"{live.url}/offerd/v1"
        native.post("/catalogue/apply", json=CATALOGUE).raise_for_status()
        with live.client("") as client:

            def post(**body):
                answer = client.post(f"{live.url}/rest/v1/delivery?client=acme", content=json.dumps(body))
                assert answer.status_code == 200, answer.text
                return answer.json()

            post.native = native
            yield post


def test_a_fallback_is_shown_and_told_like_any_content(ask):
    later = ask(id={"tntId": "v"}, prefetch={"mboxes": [{"name": "slot-1"}]})["prefetch"]["mboxes"][0]
    assert later["options"][0]["content"] == "plain"
    assert "metrics" not in later
    token = later["options"][0]["eventToken"]
    told = {"id": "n", "type": "display", "timestamp": 1, "tokens": [token]}
    assert ask(id={"tntId": "v"}, notifications=[told])["notifications"] == [{"id": "n"}]
    (seen,) = ask.native.get("/interactions").json()["items"]
    assert (seen["activity"], seen["placement"], seen.get("offer")) == ("shop", "slot", None)


def test_an_offer_of_the_catalogue_is_an_experience_with_its_own_number(ask):
    buys = {"name": "slot-1", "profileParameters": {"buys": "mugs"}}
    geo = {"geo": {"city": "Lyon", "stateCode": "69"}}
    body = ask(id={"tntId": "v", "thirdPartyId": "jo"}, context=geo, execute={"pageLoad": {}, "mboxes": [buys]})
    option = body["execute"]["mboxes"][0]["options"][0]
    assert option["content"] == "mug"
    assert option["responseTokens"] == {
        "activity.type": "landing", "experience.id": ask.native.get("/offers/mug").json()["ids"]["number"],
        "experience.name": "Mug", "profile.buys": "mugs", "profile.thirdPartyId": "jo", "geo.city": "Lyon",
        "geo.state": "69",
        "location.name": "slot-1",
    }  # fmt: skip
    assert len(body["execute"]["mboxes"][0]["metrics"]) == 1
    assert "metrics" not in body["execute"]["pageLoad"], "on a page a click needs a selector"
    assert body["execute"]["pageLoad"]["options"][0]["content"] == "mug", "a page is the placement of its kind"
    named = ask(id={"tntId": "v"}, execute={"mboxes": [{"name": "target-global-mbox"}]})["execute"]["mboxes"][0]
    assert named["options"][0]["content"] == "mug", "however it is asked for"


def test_a_view_that_shows_nothing_is_left_out(ask):
    assert ask(prefetch={"views": [{}]})["prefetch"] == {"views": []}
