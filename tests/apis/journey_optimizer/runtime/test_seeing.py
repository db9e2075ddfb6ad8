"""What this format's rules and formulas see of offers and people."""

import pytest

ODS = "/data/core/ods/decisions"
AUDIENCE = "849807b6-0a76-4895-96d9-89996477f23b"

OFFER = {"status": "approved", "tags": ["all"], "content": {"hero": {"html": "x"}}}
CATALOGUE = {
    "placements": {"hero": {"content": ["html"], "count": 3}},
    "audiences": {AUDIENCE: {"imported": True}},
    "offers": {
        "one": {**OFFER, "priority": 10, "attributes": {"city": "Oslo", "boost": "3", "prioritySegmentId": AUDIENCE}},
        "two": {
            **OFFER, "priority": 20, "attributes": {"boost": "1", "_acme": {"zipCode": "94105"}},
            "window": {"until": "2100-01-01T12:00:00Z"},
        },
    },
    "fallbacks": {"plain": {"content": {"hero": {"html": "plain"}}}},
    "activities": {
        "home": {
            "status": "live", "placements": ["hero"], "fallback": "plain",
            "selections": [{"collection": {"any_tags": ["all"]}, "rank": {"formula": "0"}}],
        },
    },
}  # fmt: skip


@pytest.fixture
def scores(api, server, workspace):
    """The score of each offer by a formula, for one person."""
    api.post("/catalogue/apply", json=CATALOGUE).raise_for_status()
    names = {one["ids"]["time"]: one["id"] for one in api.get("/offers").json()["items"]}

    def ask(formula):
        rank = [{"op": "replace", "path": "/selections/0/rank", "value": {"by": "formula", "formula": formula}}]
        patched = api.patch("/activities/home", json=rank, headers={"content-type": "application/json-patch+json"})
        assert patched.status_code == 200, patched.text
        body = {
            "xdm:propositionRequests": [{"xdm:activityId": "home", "xdm:placementId": "hero"}],
            "xdm:profiles": [{"xdm:identityMap": {"Email": [{"xdm:id": "jo@example.com"}]}}],
        }
        with server.client(workspace=workspace) as client:
            (made,) = client.post(ODS, json=body).raise_for_status().json()["xdm:propositions"]
        return {names[each["xdm:id"].rpartition(":")[2]]: each["xdm:score"] for each in made["xdm:options"]}

    return ask


def test_formulas_see_priority_characteristics_tags_and_dates(scores):
    assert scores("offer.rank.priority * offer.characteristics.boost") == {"one": 30, "two": 20}
    assert scores('if(offer.characteristics.get("city") = "Oslo", 2, 1)') == {"one": 2, "two": 1}
    assert scores('if(offer.tags.intersects(["all"]), 4, 1)') == {"one": 4, "two": 4}
    assert scores("if(offer.selectionConstraint.endDate.isNull(), 5, 6)") == {"one": 5, "two": 6}
    assert scores('if(offer._acme.zipCode = "94105", 7, if(not offer._acme.zipCode, 8, -9))') == {"one": 8, "two": 7}
    assert scores('if(offer._id.startsWith("xcore:personalized-offer:"), 9, 0)') == {"one": 9, "two": 9}
    assert scores("offer.characteristics._acme.zipCode") == {"one": 0, "two": 0}


def test_native_names_stay_what_they_are(scores):
    assert scores("offer.priority + offer.attributes.boost") == {"one": 13, "two": 21}


def test_imported_audiences_are_segment_memberships(api, scores):
    formula = (
        'if(segmentMembership.get("ups").get(offer.characteristics.get("prioritySegmentId")).status '
        'in (["realized","existing"]), offer.rank.priority + 10, offer.rank.priority)'
    )
    assert scores(formula) == {"one": 10, "two": 20}
    answer = api.post(f"/audiences/{AUDIENCE}/members", json={"join": [{"namespace": "Email", "id": "jo@example.com"}]})
    assert answer.status_code == 200, answer.text
    assert scores(formula) == {"one": 20, "two": 20}


def test_a_learned_model_ranks_by_priority_with_a_warning_until_it_has_learned(api, server, workspace, scores):
    rank = [{"op": "replace", "path": "/selections/0/rank", "value": {"by": "model", "model": "ranking-strategy:1"}}]
    api.patch("/activities/home", json=rank, headers={"content-type": "application/json-patch+json"}).raise_for_status()
    body = {
        "xdm:propositionRequests": [{"xdm:activityId": "home", "xdm:placementId": "hero"}],
        "xdm:profiles": [{"xdm:identityMap": {}}],
        "xdm:responseFormat": {"xdm:includeMetadata": {"xdm:option": ["priority"]}},
    }
    with server.client(workspace=workspace) as client:
        answer = client.post(ODS, json=body).json()
    assert [each["xdm:priority"] for each in answer["xdm:propositions"][0]["xdm:options"]] == [20, 10]
    assert answer["ode:warnings"] == [
        "The model ranking-strategy:1 has learned nothing yet; its offers are ranked by priority"
    ]
