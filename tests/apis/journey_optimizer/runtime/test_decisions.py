"""Decisions over the hub, as its clients ask for them: scopes, metadata, duplicates, limits, and what is wrong."""

import pytest

from offerd.apis.journey_optimizer.ids import container_id

ODS = "/data/core/ods/decisions"
CONTENT = "https://ns.adobe.com/experience/offer-management/content-component-"
CONTEXT = "_xdm.context.additionalParameters;version=1"

CATALOGUE = {
    "placements": {
        "hero": {"name": "Hero", "channel": "web", "content": ["html"]},
        "side": {"name": "Side", "channel": "web", "content": ["html", "image"], "count": 2},
    },
    "rules": {"hot": f'@{{{CONTEXT}}}.weather = "hot"'},
    "offers": {
        "ice": {
            "name": "Ice", "status": "approved", "priority": 10, "tags": ["all"], "eligible": {"rule": "hot"},
            "attributes": {"tier": "gold", "boost": 7},
            "content": {"hero": {"html": "<b>Ice</b>", "language": ["en-us"]}, "side": {"html": "ice"}},
        },
        "tea": {
            "name": "Tea", "status": "approved", "priority": 5, "tags": ["all"],
            "content": {"hero": {"html": "<b>Tea</b>"}, "side": {"image": "https://cdn.example/tea.png"}},
        },
        "cap": {
            "name": "Cap", "status": "approved", "priority": 3, "tags": ["all"],
            "caps": [{"id": "once", "limit": 1, "per": "profile"}],
            "content": {"hero": {"html": "cap"}, "side": {"html": "cap"}},
        },
        "pin": {"status": "approved", "priority": 1, "tags": ["all"], "content": {"side": {"html": "pin"}}},
    },
    "fallbacks": {"plain": {"name": "Plain", "content": {"hero": {"html": "plain"}, "side": {"html": "plain"}}}},
    "activities": {
        "home": {
            "name": "Home page", "status": "live", "placements": ["hero", "side"], "fallback": "plain",
            "selections": [{"collection": {"any_tags": ["all"]}}],
        },
        "scored": {
            "status": "live", "placements": ["hero"], "fallback": "plain",
            "selections": [{"offers": ["tea", "cap"], "rank": {"formula": "if(offer.priority > 4, 45.65, 1)"}}],
        },
        "empty": {"status": "live", "placements": ["hero"], "fallback": "plain", "selections": [{"offers": ["ice"]}]},
        "draft": {"status": "draft", "placements": ["hero"], "fallback": "plain"},
        "over": {"status": "live", "placements": ["hero"], "window": {"until": "2020-01-01"}},
        "bare": {"status": "live", "selections": [{"offers": ["tea"]}]},
    },
}  # fmt: skip


@pytest.fixture
def ids(api):
    """The hexadecimal id of every object, by its own."""
    api.post("/catalogue/apply", json=CATALOGUE).raise_for_status()
    return {
        each["id"]: each["ids"]["time"]
        for kind in CATALOGUE
        for each in api.get(f"/{kind}").raise_for_status().json()["items"]
    }


@pytest.fixture
def decide(server, workspace, ids):
    """Asks the hub; names of the catalogue stand for the ids of the plain dialect."""

    def ask(*scopes, status=200, path=ODS, headers=None, **more):
        requests = [
            {
                "xdm:activityId": f"dps:offer-activity:{ids[activity]}",
                "xdm:placementId": f"dps:offer-placement:{ids[placement]}",
                **({"xdm:itemCount": count[0]} if count else {}),
            }
            for activity, placement, *count in scopes
        ]
        profile = {"xdm:identityMap": {"Email": [{"xdm:id": "jo@example.com"}]}, **more.pop("profile", {})}
        body = {"xdm:propositionRequests": requests, "xdm:profiles": [profile], **more}
        with server.client(workspace=workspace) as client:
            answer = client.post(path, json=body, headers=headers or {})
        assert answer.status_code == status, answer.text
        return answer.json()

    return ask


def given(body, ids):
    names = {value: name for name, value in ids.items()}
    return [
        [names[option["xdm:id"].rpartition(":")[2]] for option in each.get("xdm:options", [each.get("xdm:fallback")])]
        for each in body["xdm:propositions"]
    ]


HOT = {"xdm:contextData": [{"@type": CONTEXT, "xdm:data": {"xdm:weather": "hot"}}]}


def test_an_answer_has_the_documented_shape(decide, ids, server):
    body = decide(
        ("home", "hero"), ("home", "side", 1), ("empty", "hero"),
        profile={"xdm:decisionRequestId": "req-0001", "xdm:profileModel": "_xdm.context.profile", **HOT},
        **{
            "xdm:allowDuplicatePropositions": {"xdm:acrossActivities": False, "xdm:acrossPlacements": False},
            "xdm:enrichedAudience": True, "xdm:mergePolicy": {"xdm:id": "5f3ed32f-eaf1-456c-b0f0-7b338c4cb18a"},
            "xdm:responseFormat": {"xdm:includeContent": True, "xdm:includeMetadata": {
                "xdm:activity": ["name"], "xdm:option": ["name", "characteristics", "priority"],
                "xdm:placement": ["name", "channel", "componentType"]}},
        },
    )  # fmt: skip
    assert list(body) == ["xdm:propositionId", "xdm:decisionRequestId", "xdm:propositions", "ode:createDate"]
    assert (body["xdm:decisionRequestId"], body["ode:createDate"]) == ("req-0001", server.clock.now() // 1000)
    hero, side, empty = body["xdm:propositions"]
    channel = "https://ns.adobe.com/xdm/channel-types/web"
    assert hero == {
        "xdm:activity": {
            "xdm:id": f"dps:offer-activity:{ids['home']}", "repo:etag": "1", "xdm:name": "Home page"},
        "xdm:placement": {
            "xdm:id": f"dps:offer-placement:{ids['hero']}", "repo:etag": "1", "xdm:name": "Hero",
            "xdm:channel": channel, "xdm:componentType": f"{CONTENT}html"},
        "xdm:options": [{
            "xdm:id": f"dps:personalized-offer:{ids['ice']}", "repo:etag": "1", "xdm:name": "Ice",
            "xdm:characteristics": {"tier": "gold", "boost": "7"}, "xdm:priority": 10,
            "@type": f"{CONTENT}html", "dc:format": "text/html", "dc:language": ["en-us"],
            "xdm:content": "<b>Ice</b>"}],
    }  # fmt: skip
    assert side["xdm:options"] == [{
        "xdm:id": f"dps:personalized-offer:{ids['tea']}", "repo:etag": "1", "xdm:name": "Tea",
        "xdm:characteristics": {}, "xdm:priority": 5, "@type": f"{CONTENT}imagelink", "dc:format": "image/png",
        "xdm:deliveryURL": "https://cdn.example/tea.png"}]  # fmt: skip
    assert "xdm:options" not in empty
    assert empty["xdm:fallback"] == {
        "xdm:id": f"dps:fallback-offer:{ids['plain']}", "repo:etag": "1", "xdm:name": "Plain",
        "xdm:characteristics": {}, "@type": f"{CONTENT}html", "dc:format": "text/html",
        "xdm:content": "plain"}  # fmt: skip


def test_without_metadata_only_id_etag_and_content_are_given(decide, ids):
    (made,) = decide(("home", "hero"))["xdm:propositions"]
    assert made["xdm:activity"] == {"xdm:id": f"dps:offer-activity:{ids['home']}", "repo:etag": "1"}
    assert made["xdm:placement"] == {"xdm:id": f"dps:offer-placement:{ids['hero']}", "repo:etag": "1"}
    assert list(made["xdm:options"][0]) == ["xdm:id", "repo:etag", "@type", "dc:format", "xdm:content"]


def test_content_can_be_left_out(decide):
    (made,) = decide(("home", "hero"), **{"xdm:responseFormat": {"xdm:includeContent": False}})["xdm:propositions"]
    assert list(made["xdm:options"][0]) == ["xdm:id", "repo:etag"]


def test_a_score_is_given_only_where_a_formula_ranked(decide):
    scored, plain = decide(("scored", "hero"), ("home", "hero"))["xdm:propositions"]
    assert scored["xdm:options"][0]["xdm:score"] == 45.65
    assert "xdm:score" not in plain["xdm:options"][0]


def test_a_placement_says_how_many_unless_the_scope_does(decide, ids):
    assert given(decide(("home", "side")), ids) == [["tea", "cap"]]
    assert given(decide(("home", "side", 3), **{"xdm:dryRun": True}), ids) == [["tea", "pin"]]


def test_context_items_are_read_by_rules_without_prefixes(decide, ids):
    assert given(decide(("home", "hero"), profile=HOT), ids) == [["ice"]]
    plain = {"xdm:ContextData": [{"@type": CONTEXT, "data": {"weather": "hot"}}]}
    assert given(decide(("home", "hero"), profile=plain), ids) == [["ice"]]
    assert given(decide(("home", "hero")), ids) == [["tea"]]


def test_several_items_of_one_type_are_a_list(decide, ids, api):
    rule = f'select each from @{{{CONTEXT}}} where each.weather = "hot"'  # noqa: S608 - PQL
    api.put("/rules/hot", json={"when": rule}).raise_for_status()
    items = [{"@type": CONTEXT, "xdm:data": {"xdm:weather": word, "xdm:list": [1]}} for word in ("wet", "cold", "hot")]
    assert given(decide(("home", "hero"), profile={"xdm:contextData": items}), ids) == [["ice"]]
    assert given(decide(("home", "hero"), profile={"xdm:contextData": items[:2]}), ids) == [["tea"]]
    assert given(decide(("home", "hero"), profile={"xdm:contextData": items[2:]}), ids) == [["ice"]]


def test_scopes_are_served_in_order_and_duplicates_only_where_allowed(decide, ids):
    once = decide(("home", "side", 2), ("home", "hero", 2), **{"xdm:dryRun": True})
    assert given(once, ids) == [["tea", "cap"], ["plain"]]
    both = {"xdm:allowDuplicatePropositions": {"xdm:acrossActivities": True, "xdm:acrossPlacements": True}}
    twice = decide(("home", "side", 1), ("home", "hero", 1), **both, **{"xdm:dryRun": True})
    assert given(twice, ids) == [["tea"], ["tea"]]
    activities = {"xdm:allowDuplicatePropositions": {"xdm:acrossActivities": True}}
    mixed = decide(("home", "hero"), ("scored", "hero"), ("home", "side", 1), **activities, **{"xdm:dryRun": True})
    assert given(mixed, ids) == [["tea"], ["tea"], ["cap"]]


def test_a_dry_run_counts_nothing(decide, ids):
    asked = ("home", "side", 2)
    for _ in range(2):
        assert given(decide(asked, **{"xdm:dryRun": True}), ids) == [["tea", "cap"]]
    assert given(decide(asked), ids) == [["tea", "cap"]]
    assert given(decide(asked), ids) == [["tea", "pin"]]


def test_one_profile_is_one_whatever_identity_it_comes_with(decide, ids):
    both = {"Email": [{"xdm:id": "al@example.com"}], "ECID": [{"id": "334", "primary": True}]}
    assert given(decide(("home", "side"), profile={"xdm:identityMap": both}), ids) == [["tea", "cap"]]
    email = {"xdm:identityMap": {"Email": [{"xdm:id": "al@example.com"}]}}
    assert given(decide(("home", "side"), profile=email), ids) == [["tea", "pin"]]
    other = {"xdm:identityMap": {"email": [{"xdm:id": "al@example.com"}]}}
    assert given(decide(("home", "side"), profile=other), ids) == [["tea", "cap"]]


def test_the_first_version_of_the_request_asks_for_all_placements(server, workspace, ids):
    body = {
        "xdm:dryRun": True, "xdm:validateContextData": False,
        "xdm:offerActivities": [{"xdm:offerActivity": f"xcore:offer-activity:{ids['home']}"}],
        "xdm:identityMap": {"Email": [{"xdm:id": "jo@example.com"}]},
        "xdm:allowDuplicatePropositions": {"xdm:acrossActivities": True}, **HOT,
    }  # fmt: skip
    media = 'application/vnd.adobe.xdm+json; schema="https://ns.adobe.com/x/decision-request;version=0.9"'
    with server.client(workspace=workspace) as client:
        home = container_id(workspace)
        answer = client.post(f"/data/core/ode/{home}/decisions", json=body, headers={"content-type": media})
        assert answer.status_code == 200, answer.text
        assert client.post("/data/core/ode/nowhere/decisions", json=body).status_code == 404
    hero, side = answer.json()["xdm:propositions"]
    assert hero["xdm:placement"]["xdm:id"] == f"xcore:offer-placement:{ids['hero']}"
    assert hero["xdm:options"][0]["xdm:id"] == f"xcore:personalized-offer:{ids['ice']}"
    assert len(side["xdm:options"]) == 2


def test_each_dialect_is_answered_in_its_own_ids(server, workspace, ids):
    body = {
        "propositionRequests": [
            {"activityId": f"xcore:offer-activity:{ids['home']}", "placementId": f"dps:offer-placement:{ids['hero']}"},
            {"activityId": "scored", "placementId": "hero"},
        ],
        "profiles": [{"identityMap": {}}],
    }
    with server.client(workspace=workspace) as client:
        first, second = client.post(ODS, json=body).json()["xdm:propositions"]
    assert first["xdm:activity"]["xdm:id"].startswith("xcore:")
    assert second["xdm:activity"]["xdm:id"].startswith("dps:")


@pytest.mark.parametrize(
    ("scopes", "detail"),
    [
        ([("tea", "hero")], "No activity found for dps:offer-activity:"),
        ([("home", "tea")], "No placement found for dps:offer-placement:"),
        ([("scored", "side")], "The decision has no criteria for the placement"),
        ([("draft", "hero")], "is not live"),
        ([("over", "hero")], "is not live"),
        ([("home", "hero", 0)], "xdm:itemCount is 0; it is 1 to 30"),
        ([("home", "hero", 31)], "xdm:itemCount is 31; it is 1 to 30"),
        ([("home", "hero", 30)] * 4, "ask for 120 items; an answer holds at most 100"),
        ([("home", "side")] * 51, "ask for 102 items; an answer holds at most 100"),
    ],
)
def test_what_cannot_be_decided_is_a_problem(decide, scopes, detail):
    problem = decide(*scopes, status=422)
    assert detail in problem["detail"]
    assert problem["status"] == 422
    assert problem["type"].startswith("https://ns.adobe.com/aep/errors/ODS-")


def test_a_problem_of_a_decision_looks_like_one(decide, server):
    problem = decide(("tea", "hero"), status=422)
    assert {"xdm:propositionID", "status", "detail", "ode:createDate"} <= problem.keys()
    assert problem["ode:createDate"] == server.clock.now() // 1000


def test_at_most_thirty_decisions_are_asked(server, workspace, ids):
    body = {
        "xdm:offerActivities": [{"xdm:offerActivity": f"xcore:offer-activity:{number:x}"} for number in range(1, 32)],
        "xdm:identityMap": {},
    }
    with server.client(workspace=workspace) as client:
        answer = client.post(ODS, json=body)
    assert (answer.status_code, "at most 30 decisions" in answer.json()["detail"]) == (422, True)


@pytest.mark.parametrize(
    "change",
    [
        {"xdm:propositionRequests": []},
        {"xdm:propositionRequests": {}},
        {"xdm:propositionRequests": ["home"]},
        {"xdm:propositionRequests": [{"xdm:placementId": "hero"}]},
        {"xdm:propositionRequests": [{"xdm:activityId": "home", "xdm:itemCount": "2"}]},
        {"xdm:propositionRequests": [{"xdm:activityId": "home", "xdm:itemCount": True}]},
        {"xdm:profiles": None},
        {"xdm:profiles": [{}]},
        {"xdm:profiles": [{"xdm:identityMap": {"Email": "jo"}}]},
        {"xdm:profiles": [{"xdm:identityMap": {"Email": [{"xdm:id": 7}]}}]},
        {"xdm:profiles": [{"xdm:identityMap": {"Email": [{"xdm:id": ""}]}}]},
        {"xdm:profiles": [{"xdm:identityMap": {"": [{"xdm:id": "a"}]}}]},
        {"xdm:profiles": [{"xdm:identityMap": {}, "xdm:contextData": {}}]},
        {"xdm:profiles": [{"xdm:identityMap": {}, "xdm:contextData": [{"xdm:data": 1}]}]},
        {"xdm:dryRun": "yes"},
        {"xdm:allowDuplicatePropositions": True},
        {"xdm:responseFormat": {"xdm:includeMetadata": {"xdm:option": "name"}}},
    ],
)
def test_what_is_malformed_is_refused(server, workspace, ids, change):
    body = {
        "xdm:propositionRequests": [{"xdm:activityId": "home", "xdm:placementId": "hero"}],
        "xdm:profiles": [{"xdm:identityMap": {}}],
        **change,
    }
    with server.client(workspace=workspace) as client:
        answer = client.post(ODS, json=body)
        assert client.post(ODS, content=b"[1").status_code == 400
    assert answer.status_code == 400, answer.text
    assert answer.json()["status"] == 400


def test_a_request_is_for_one_profile(server, workspace, ids):
    body = {
        "xdm:propositionRequests": [{"xdm:activityId": "home"}],
        "xdm:profiles": [{"xdm:identityMap": {}}, {"xdm:identityMap": {}}],
    }
    with server.client(workspace=workspace) as client:
        assert client.post(ODS, json=body).status_code == 422


def test_a_decision_without_placements_answers_at_any(decide, ids):
    assert given(decide(("bare", "hero")), ids) == [["tea"]]


def test_a_repeated_request_with_its_key_has_one_answer(decide, ids):
    first = decide(("home", "side"), headers={"idempotency-key": "k1"})
    again = decide(("home", "side"), headers={"idempotency-key": "k1"})
    assert again == first
    assert given(decide(("home", "side")), ids) == [["tea", "pin"]]


def test_a_token_without_the_scope_is_refused(server, workspace, ids):
    secret = server.token("catalogue:read", workspace=workspace)
    with server.client(secret) as client:
        assert client.post(ODS, json={}).status_code == 403
    with server.client("") as client:
        assert client.post(ODS, json={}).status_code == 401
