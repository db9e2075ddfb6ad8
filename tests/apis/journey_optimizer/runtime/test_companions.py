"""The routes beside decisions: candidates, diagnostics, metrics."""

import pytest

from offerd.apis.journey_optimizer.ids import container_id

METRIC = "https://ns.adobe.com/experience/offer-management/offer-propositions"
CATALOGUE = {
    "placements": {"hero": {"channel": "web", "content": ["html"]}, "mail": {"channel": "email", "content": ["html"]}},
    "offers": {
        "tea": {"status": "approved", "tags": ["all"], "content": {"hero": {"html": "x"}, "mail": {"html": "x"}}},
        "draft": {"tags": ["all"], "content": {"hero": {"html": "x"}}},
        "elsewhere": {"status": "approved", "tags": ["all"]},
        "other": {"status": "approved", "content": {"hero": {"html": "x"}}},
    },
    "fallbacks": {"plain": {"content": {"hero": {"html": "plain"}}}},
    "activities": {
        "home": {
            "status": "live", "placements": ["hero", "mail"], "fallback": "plain",
            "selections": [{"collection": {"any_tags": ["all"]}}, {"offers": ["tea"], "placements": ["mail"]}],
        },
        "none": {"status": "live", "placements": ["hero"]},
    },
}  # fmt: skip


@pytest.fixture
def things(api):
    api.post("/catalogue/apply", json=CATALOGUE).raise_for_status()
    return {one["id"]: one for kind in CATALOGUE for one in api.get(f"/{kind}").json()["items"]}


@pytest.fixture
def ode(server, workspace):
    with server.client(workspace=workspace) as client:
        client.base_url = f"{server.url}/data/core/ode/{container_id(workspace)}"
        yield client


def reference(server, workspace, word, thing):
    return {
        "@id": f"xcore:{word}:{thing['ids']['time']}",
        "_links": {"self": {
            "href": f"{server.url}/data/core/xcore/{container_id(workspace)}/instances/{thing['ids']['uuid']}"}},
        "repo:etag": "1",
    }  # fmt: skip


def test_a_decision_lists_what_it_may_give(server, workspace, ode, things):
    query = {"activityId": [f"xcore:offer-activity:{things['home']['ids']['time']}", "none"]}
    answer = ode.get("/offers", params=query)
    assert answer.status_code == 200, answer.text
    home, none = answer.json()["xdm:activityOffers"]
    assert home == {
        "xdm:offerActivity": reference(server, workspace, "offer-activity", things["home"]),
        "xdm:offers": [reference(server, workspace, "personalized-offer", things["tea"])],
        "xdm:fallbackOffer": reference(server, workspace, "fallback-offer", things["plain"]),
    }
    assert (none["xdm:offers"], "xdm:fallbackOffer" in none) == ([], False)


def test_candidates_are_asked_by_decision(ode, things):
    assert ode.get("/offers").status_code == 400
    assert ode.get("/offers", params={"activityId": ["home"] * 31}).status_code == 400
    assert ode.get("/offers", params={"activityId": "nobody"}).status_code == 404


def test_diagnostics_tell_the_last_update(ode, api, request):
    assert ode.get("/diagnostics").json() == {"xdm:operations": {}}
    request.getfixturevalue("things")
    update = ode.get("/diagnostics").json()["xdm:operations"]["xdm:decisioningPackageUpdate"]
    assert update == {"xdm:date": api.get("/revisions").json()["items"][0]["at"], "xdm:errors": []}


def test_metrics_count_what_was_given_by_channel(ode, api, things):
    for _ in range(2):
        api.post("/decisions", json={"asks": [{"activity": "home"}], "duplicates": True}).raise_for_status()
    api.post("/decisions", json={"asks": [{"activity": "home", "placement": "mail"}]}).raise_for_status()
    tea = f"xcore:personalized-offer:{things['tea']['ids']['time']}"
    assert ode.get("/metrics", params={"metric": METRIC, "id": tea}).json() == {
        "xdm:metrics": {
            METRIC: {"xdm:value": 5},
            "xdm:channels": [
                {"xdm:channel": "https://ns.adobe.com/xdm/channels/email", "xdm:usage": 3},
                {"xdm:channel": "https://ns.adobe.com/xdm/channels/web", "xdm:usage": 2},
            ],
        }
    }
    assert ode.get("/metrics", params={"metric": "clicks", "id": tea}).status_code == 400
    assert ode.get("/metrics", params={"metric": METRIC, "id": "nobody"}).status_code == 404
