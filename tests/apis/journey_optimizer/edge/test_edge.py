"""The Edge: events in every form that its clients send, scopes and surfaces, feedback, identity, errors."""

import base64
import json

import pytest

CONTENT = "https://ns.adobe.com/experience/offer-management/content-component-"
SURFACES = [f"web://shop.example/#{number}" for number in range(31)]
HERO = "web://shop.example/#hero"
SIDE = "web://shop.example/#side"

CATALOGUE = {
    "placements": {
        "hero": {"name": "Hero", "channel": "mobile", "content": ["json"]},
        "pic": {"channel": "web", "content": ["image"], "extensions": {"journey_optimizer": {
            "returnMetaData": {"offerName": True, "offerPriority": False}}}},
        HERO: {}, SIDE: {},
    },
    "offers": {
        "phone": {
            "name": "Phone", "status": "approved", "priority": 12, "attributes": {"testing": "true"},
            "eligible": 'select _Any1 from xEvent where _Any1._acme.ctx.deviceType.equals("iphone", false)',
            "content": {"hero": {"json": {"name": "offer"}, "language": ["en-gb"]}},
        },
        "mug": {
            "status": "approved", "priority": 3,
            "caps": [{"id": "seen", "limit": 1, "per": "profile", "counts": "display"}],
            "content": {"hero": {"json": {"mug": 1}}, "pic": {"image": "https://cdn.example/mug.png"}},
        },
        "bag": {
            "status": "approved", "priority": 2,
            "caps": [
                {"id": "clicked", "limit": 1, "per": "profile", "counts": "click"},
                {"id": "gone", "limit": 1, "per": "profile", "counts": "dismiss"},
                {"id": "own", "limit": 1, "per": "profile", "counts": {"type": "custom", "when": "body.ok = 1"}},
            ],
            "content": {"hero": {"json": {"bag": 1}}},
        },
        "i1": {"name": "Item one", "status": "approved", "priority": 9, "attributes": {"_acme": {"zip": "94105"}}},
    },
    "fallbacks": {"plain": {"content": {"hero": {"json": {"plain": 1}}}}},
    "selections": {"by-zip": {"name": "By zip", "offers": ["i1"]}},
    "activities": {
        "home": {
            "name": "Home", "status": "live", "placements": ["hero", "pic"], "fallback": "plain",
            "selections": [{"offers": ["phone", "mug", "bag"]}],
        },
        "pol1": {"status": "live", "placements": [HERO, SIDE], "selections": [{"strategy": "by-zip"}]},
    },
}  # fmt: skip
JO = {"Email": [{"id": "jo@example.com", "authenticatedState": "authenticated", "primary": True}]}


@pytest.fixture
def ids(api):
    api.post("/catalogue/apply", json=CATALOGUE).raise_for_status()
    return {one["id"]: one["ids"] for kind in CATALOGUE for one in api.get(f"/{kind}").json()["items"]}


@pytest.fixture
def edge(server, workspace, ids):
    with server.client("") as client:
        client.base_url = f"{server.url}/ee"
        client.params = {"configId": workspace, "requestId": "r-1"}
        yield client


@pytest.fixture
def scope(ids):
    def text(activity="home", placement="hero", **more):
        tree = {
            "xdm:activityId": f"xcore:offer-activity:{ids[activity]['time']}",
            "xdm:placementId": f"xcore:offer-placement:{ids[placement]['time']}",
            **more,
        }
        return base64.b64encode(json.dumps(tree, separators=(",", ":")).encode()).decode()

    return text


@pytest.fixture
def ask(edge):
    """Asks for scopes and surfaces for one person, and gives the propositions."""

    def interact(*scopes, surfaces=(), xdm=None, status=200, who=JO, **data):
        event = {
            "query": {"personalization": {"decisionScopes": list(scopes), "surfaces": list(surfaces)}},
            "xdm": {"identityMap": who, "eventType": "decisioning.propositionFetch", **(xdm or {})},
            **data,
        }
        answer = edge.post("/v1/interact", json={"events": [event]})
        assert answer.status_code == status, answer.text
        return payload(answer.json())

    return interact


def payload(body, index=0):
    return next(
        each["payload"]
        for each in body["handle"]
        if each["type"] == "personalization:decisions" and each["eventIndex"] == index
    )


def handle(body, kind):
    return next(each["payload"] for each in body["handle"] if each["type"] == kind)


def offers(propositions, ids):
    names = {value["time"]: name for name, value in ids.items()}
    return [[names[item["id"].rpartition(":")[2]] for item in each["items"]] for each in propositions]


def test_a_scope_is_answered_in_the_documented_shape(ask, ids, scope):
    (made,) = ask(scope(), xdm={"_acme": {"ctx": {"deviceType": "iPhone"}}})
    offer = f"xcore:personalized-offer:{ids['phone']['time']}"
    name = made.pop("id")
    assert len(name) == 36
    assert made == {
        "scope": scope(),
        "activity": {"id": f"xcore:offer-activity:{ids['home']['time']}", "etag": "1", "name": "Home"},
        "placement": {
            "id": f"xcore:offer-placement:{ids['hero']['time']}", "etag": "1", "name": "Hero",
            "channel": "https://ns.adobe.com/xdm/channel-types/mobile", "componentType": f"{CONTENT}json"},
        "items": [{
            "id": offer, "etag": "1", "name": "Phone", "priority": 12, "score": 12.0, "schema": f"{CONTENT}json",
            "data": {
                "id": offer, "format": "application/json", "language": ["en-gb"], "content": '{"name":"offer"}',
                "characteristics": {"testing": "true"}}}],
        "scopeDetails": {"decisionProvider": "AJO"},
    }  # fmt: skip


def test_a_fallback_is_an_ordinary_item(ask, ids, scope):
    (made,) = ask(scope(**{"xdm:itemCount": 30}))
    assert offers([made], ids) == [["mug", "bag"]]
    told(ask, "display", made["id"])
    told(ask, "interact", made["id"])
    (made,) = ask(scope())
    assert made["items"][0]["id"] == f"xcore:fallback-offer:{ids['plain']['time']}"
    assert made["items"][0]["data"]["content"] == '{"plain":1}'
    assert "score" not in made["items"][0]


def told(ask, kind, proposition, *items, status=200, **xdm):
    names = {"display": "Display", "interact": "Interact", "dismiss": "Dismiss"}
    named = {"id": proposition, "scope": "x", "scopeDetails": {}, "items": [{"id": item} for item in items]}
    decisioning = {"propositionEventType": {kind: 1}, "propositions": [named]}
    event = {"eventType": f"decisioning.proposition{names[kind]}", "_experience": {"decisioning": decisioning}, **xdm}
    return ask(xdm=event, status=status)


def test_image_links_and_the_placements_own_metadata(ask, ids, scope):
    (made,) = ask(scope("home", "pic"))
    assert made["activity"].keys() == {"id", "etag"}
    assert made["placement"].keys() == {"id", "etag"}
    (item,) = made["items"]
    assert (item["name"], "priority" in item) == ("mug", False)
    assert item["data"]["deliveryURL"] == "https://cdn.example/mug.png"


def test_scopes_are_decoded_leniently_and_others_are_left_alone(ask, ids, scope):
    plain = base64.urlsafe_b64encode(json.dumps({"activityId": "home", "placementId": "hero"}).encode()).decode()
    assert offers(ask(plain.rstrip("=")), ids) == [["mug"]]
    foreign = ["mymbox", "__view__", "", "e30=", base64.b64encode(b'{"activityId":"home"}').decode(), "x" * 5_000]
    assert ask(*foreign) == []


def test_a_scope_that_leads_nowhere_is_a_warning(edge, scope):
    unknown = scope("mug")
    body = {"events": [{"xdm": {"identityMap": JO}}], "query": {"personalization": {"decisionScopes": [unknown]}}}
    answer = edge.post("/v1/interact", json=body)
    assert answer.status_code == 207
    (warning,) = answer.json()["warnings"]
    assert warning["detail"].startswith("No activity found for xcore:offer-activity:")
    assert warning["report"] == {"requestId": "r-1"}
    assert payload(answer.json()) == []


@pytest.mark.parametrize(
    "form",
    [
        ("/v1/interact", lambda query, xdm: {"events": [{"query": query, "xdm": xdm}]}),
        ("/v1/interact", lambda query, xdm: {"events": [{"xdm": xdm}], "query": query}),
        ("/or2/v1/interact", lambda query, xdm: {"meta": {}, "events": [{"query": query, "xdm": xdm}]}),
        ("/v2/interact", lambda query, xdm: {"event": {"xdm": xdm, "data": {}}, "query": query}),
    ],
)
def test_every_form_of_request_is_answered(edge, workspace, ids, scope, form):
    path, wrap = form
    query = {"personalization": {"decisionScopes": [scope()]}}
    body = json.dumps(wrap(query, {"identityMap": JO}))
    answer = edge.post(path, content=body, headers={"content-type": "text/plain; charset=UTF-8"})
    assert answer.status_code == 200, answer.text
    assert offers(payload(answer.json()), ids) == [["mug"]]
    assert answer.json()["requestId"] == "r-1"
    other = edge.post(path, content=body, params={"configId": "", "dataStreamId": workspace})
    assert other.status_code == 200


def test_a_query_with_the_event_and_one_with_the_request_are_both_answered(edge, ids, scope):
    more = scope("home", "pic")
    body = {
        "events": [{"query": {"personalization": {"decisionScopes": [scope()]}}, "xdm": {"identityMap": JO}}, {}],
        "query": {"personalization": {"decisionScopes": [scope(), more]}},
    }
    answer = edge.post("/v1/interact", json=body).json()
    assert len(payload(answer)) == 1  # duplicates are off at both placements, and there is no image left for the other
    assert [each["eventIndex"] for each in answer["handle"] if each["type"] == "activation:pull"] == [0, 1]


def test_displays_clicks_and_dismissals_count_for_caps(ask, ids, scope):
    (made,) = ask(scope())
    assert offers(ask(scope()), ids) == [["mug"]]
    told(ask, "display", made["id"], made["items"][0]["id"])
    (made,) = ask(scope())
    assert offers([made], ids) == [["bag"]]
    told(ask, "display", made["id"])
    assert offers(ask(scope()), ids) == [["bag"]]
    told(ask, "dismiss", made["id"])
    assert offers(ask(scope()), ids) == [["plain"]]


def test_a_repeated_event_counts_once_and_its_own_name_tells_it(api, ask, scope):
    (made,) = ask(scope())
    for _ in range(2):
        told(ask, "display", made["id"], made["items"][0]["id"], _id="event-1")
    assert len(api.get("/interactions").json()["items"]) == 1
    told(ask, "display", made["id"], _id="e" * 300)
    keys = [each.get("key") for each in api.get("/interactions").json()["items"]]
    assert len(keys) == 2
    assert max(map(len, keys)) <= 255


def test_the_prefixed_form_of_feedback_is_understood(edge, api, ask, scope):
    (made,) = ask(scope())
    space = "https://ns.adobe.com/experience/decisioning/"
    named = [{"xdm:items": [{"xdm:id": made["items"][0]["id"]}], "xdm:id": made["id"], "xdm:scope": made["scope"]}]
    xdm = {
        "xdm:eventType": "decisioning.propositionDisplay", "xdm:timestamp": "2026-01-01T11:59:00Z",
        f"{space}propositions": named,
    }  # fmt: skip
    assert edge.post("/v2/collect", json=[{"event": {"xdm": xdm}}]).status_code == 204
    (kept,) = api.get("/interactions").json()["items"]
    assert (kept["type"], kept["offer"], kept["at"]) == ("display", "mug", "2026-01-01T11:59:00Z")


def test_a_custom_event_counts_for_the_caps_that_ask_for_it(ask, edge, ids, scope, api):
    (made,) = ask(scope())
    told(ask, "display", made["id"])
    assert offers(ask(scope()), ids) == [["bag"]]
    event = {"identityMap": JO, "eventType": "commerce.purchases", "body": {"ok": 2}}
    for ok in (2, 1):
        edge.post("/v2/collect", json=[{"event": {"xdm": {**event, "body": {"ok": ok}}}}]).raise_for_status()
    assert offers(ask(scope()), ids) == [["plain"]]
    customs = [each for each in api.get("/interactions").json()["items"] if each["type"] == "custom"]
    assert [each["offer"] for each in customs] == ["bag"]


def test_feedback_on_what_nobody_knows_is_a_warning_and_the_rest_counts(edge, api, ask, scope):
    (made,) = ask(scope())
    named = [{"id": "5d0ffb5e-dfc6-4280-99b6-0bf3131cb8b8"}, {"id": made["id"]}, {"no": "id"}]
    decisioning = {"propositionEventType": {"display": 1, "interact": 0, "other": 1}, "propositions": named}
    xdm = {"eventType": "decisioning.propositionDisplay", "_experience": {"decisioning": decisioning}}
    answer = edge.post("/v1/interact", json={"events": [{"xdm": xdm}]})
    assert answer.status_code == 207
    assert len(answer.json()["warnings"]) == 1
    assert len(api.get("/interactions").json()["items"]) == 1
    assert edge.post("/v1/collect", json={"events": [{"xdm": xdm}]}).status_code == 204


def test_a_dry_run_counts_neither_decisions_nor_feedback(ask, api, scope):
    (made,) = ask(scope(), data={"__adobe": {"ajo": {"dryRun": True}}})
    assert made["items"]
    assert api.get("/decisions").json()["items"] == []
    xdm = {"eventType": "decisioning.propositionDisplay",
           "_experience": {"decisioning": {"propositions": [{"id": made["id"]}]}}}  # fmt: skip
    ask(xdm=xdm, data={"__adobe": {"ajo": {"dryRun": True}}})
    assert api.get("/interactions").json()["items"] == []


def unpacked(text):
    return json.loads(base64.b64decode(text))


def test_a_surface_is_answered_as_code_based_channels_read_it(ask, ids, workspace):
    (made,) = ask(surfaces=[HERO, "web://nobody.example/#x"])
    details = made["scopeDetails"]
    campaign = f"{ids['pol1']['uuid']}#{ids[HERO]['uuid']}"
    assert (made["scope"], details["decisionProvider"], details["rank"]) == (HERO, "AJO", 1)
    assert details["activity"] == {"id": campaign, "priority": 0, "matchedSurfaces": [HERO]}
    (shown,) = made["items"]
    assert shown["schema"] == "https://ns.adobe.com/personalization/json-content-item"
    content = shown["data"]["content"]
    assert content["_acme"] == {"zip": "94105"}
    (inner,) = unpacked(details["characteristics"]["subPropositions"])
    assert inner["scopeDetails"]["strategies"] == [
        {"strategyID": ids["pol1"]["uuid"], "step": "decisionPolicy"}, {"strategyID": HERO, "step": "placement"}
    ]  # fmt: skip
    (item,) = inner["items"]
    prefix, segment, last = item["id"].split(":")
    assert (prefix, len(segment), last) == ("dps", 48, ids["i1"]["time"])
    assert (item["etag"], item["name"], item["score"], item["token"]) == (
        "1", "Item one", 9.0, content["trackingToken"]
    )  # fmt: skip
    selection = item["itemSelection"]["selectionDetail"]
    assert selection["strategyID"] == f"dps:selection-strategy:{ids['by-zip']['time']}"
    assert (selection["strategyName"], selection["selectionType"]) == ("By zip", "selectionStrategy")
    assert selection["version"].startswith(f"{workspace}:")
    assert item["itemSelection"]["rankingDetail"] == {"step": "priority"}
    token = unpacked(details["characteristics"]["eventToken"])
    assert token["messageExecution"]["campaignID"] == ids["pol1"]["uuid"]
    assert token["messageProfile"]["channel"]["_id"] == "https://ns.adobe.com/xdm/channels/code"


def test_a_surface_shows_an_items_own_content_and_a_fallback(api, ask):
    api.patch(
        "/offers/i1", json={"content": {HERO: [{"type": "html", "body": "<b>One</b>"}]}},
        headers={"content-type": "application/merge-patch+json"},
    ).raise_for_status()  # fmt: skip
    (made,) = ask(surfaces=[HERO])
    (shown,) = made["items"]
    assert shown["schema"] == "https://ns.adobe.com/personalization/html-content-item"
    assert shown["data"] == {"content": "<b>One</b>"}
    json_content = {"content": {HERO: [{"type": "json", "body": {"one": 1}}]}}
    api.patch("/offers/i1", json=json_content, headers={"content-type": "application/merge-patch+json"})
    (made,) = ask(surfaces=[HERO])
    assert made["items"][0]["data"] == {"content": {"one": 1}}
    change = [
        {"op": "replace", "path": "/selections", "value": []}, {"op": "add", "path": "/fallback", "value": "plain"}
    ]  # fmt: skip
    api.patch("/activities/pol1", json=change, headers={"content-type": "application/json-patch+json"})
    (made,) = ask(surfaces=[SIDE])
    (inner,) = unpacked(made["scopeDetails"]["characteristics"]["subPropositions"])
    assert inner["items"][0]["id"] == "plain"
    assert inner["items"][0]["itemSelection"]["selectionDetail"]["selectionType"] == "fallback"


def test_surfaces_may_repeat_an_item_unless_the_event_says_no(ask):
    first, second = ask(surfaces=[HERO, SIDE])
    assert len(first["items"]) == len(second["items"]) == 1
    unique = {"__adobe": {"ajo": {"allowDuplicateDecisionItems": False}}}
    first, second = ask(surfaces=[HERO, SIDE], data=unique)
    assert (len(first["items"]), second["items"]) == (1, [])


def test_a_click_names_an_item_by_its_tracking_token(ask, api):
    (made,) = ask(surfaces=[HERO])
    token = made["items"][0]["data"]["content"]["trackingToken"]
    for decisioning in (
        {"propositionAction": {"id": "x", "tokens": [token]}, "propositionEventType": {"interact": 1}},
        {"propositions": [{"id": made["id"], "items": [{"id": made["items"][0]["id"]}]}],
         "propositionEventType": {"display": 1}},
    ):  # fmt: skip
        ask(xdm={"eventType": "decisioning.propositionInteract", "_experience": {"decisioning": decisioning}})
    kept = api.get("/interactions").json()["items"]
    assert {(each["type"], each["offer"]) for each in kept} == {("display", "i1"), ("click", "i1")}


def test_a_new_visitor_gets_an_id_and_keeps_it_by_the_cookie(edge, workspace):
    first = edge.post("/v1/interact", json={"events": [{"xdm": {}}]}).json()
    (identity,) = handle(first, "identity:result")
    assert identity["namespace"] == {"code": "ECID"}
    assert (len(identity["id"]), identity["id"].isdigit()) == (38, True)
    assert handle(first, "locationHint:result") == [{"scope": "EdgeNetwork", "hint": "or2", "ttlSeconds": 1800}]
    cookie, cluster = handle(first, "state:store")
    assert (cookie["key"], cookie["maxAge"]) == (f"kndctr_{workspace}_identity", 34128000)
    assert cluster == {"key": f"kndctr_{workspace}_cluster", "value": "or2", "maxAge": 1800}
    state = {"entries": [{"key": cookie["key"], "value": cookie["value"]}]}
    again = edge.post("/irl1/v1/interact", json={"meta": {"state": state}, "events": [{"xdm": {}}]}).json()
    assert handle(again, "identity:result") == [identity]
    assert handle(again, "locationHint:result")[0]["hint"] == "irl1"
    other = edge.post("/v1/interact", json={"events": [{"xdm": {}}]}).json()
    assert handle(other, "identity:result") != [identity]
    for value in ("nonsense!", "bm9uZQ", "e30"):
        state = {"entries": [{"key": cookie["key"], "value": value}, 7]}
        fresh = edge.post("/v1/interact", json={"meta": {"state": state}, "events": [{"xdm": {}}]}).json()
        assert handle(fresh, "identity:result") != [identity]


def test_somebody_named_has_one_visitor_id_and_one_profile(edge, api, scope):
    query = {"personalization": {"decisionScopes": [scope()]}}
    seen = set()
    for _ in range(2):
        answer = edge.post("/v2/interact", json={"event": {"xdm": {"identityMap": JO}}, "query": query}).json()
        seen.add(handle(answer, "identity:result")[0]["id"])
    assert len(seen) == 1
    own = {"ECID": [{"id": "334"}]}
    answer = edge.post("/v2/interact", json={"event": {"xdm": {"identityMap": {**JO, **own}}}, "query": query}).json()
    assert handle(answer, "identity:result")[0]["id"] == "334"
    (profile,) = api.get("/profiles").json()["items"]
    assert len(profile["identities"]) == 3


def test_answers_may_be_read_by_pages_of_any_origin(edge):
    origin = {"origin": "https://shop.example"}
    answer = edge.post("/v1/interact", json={"events": [{"xdm": {}}]}, headers=origin)
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["vary"] == "Origin"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    asked = {**origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    before = edge.options("/v1/interact", headers=asked)
    assert before.status_code == 204
    assert before.headers["access-control-allow-methods"] == "OPTIONS, POST"
    assert before.headers["access-control-allow-headers"] == "content-type"
    refused = edge.post("/v1/interact", content=b"[", headers=origin)
    assert refused.headers["access-control-allow-origin"] == "https://shop.example"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("[", 400),
        ("7", 400),
        ("{}", 400),
        ('{"events": []}', 400),
        ('{"events": [7]}', 400),
        ('{"events": [{"xdm": 7}]}', 400),
        ('{"events": [{"xdm": {"identityMap": {"Email": 7}}}]}', 400),
        ('{"events": [{}], "query": {"personalization": {"decisionScopes": [7]}}}', 400),
        (json.dumps({"events": [{}], "query": {"personalization": {"surfaces": SURFACES}}}), 422),
    ],
)  # fmt: skip
def test_errors_have_the_edges_own_shape(edge, body, status):
    answer = edge.post("/v1/interact", content=body)
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert problem.keys() == {"type", "status", "title", "detail", "report"}
    assert problem["type"].startswith("https://ns.adobe.com/aep/errors/EXEG-")


def test_a_datastream_must_be_named_and_known(edge, start_server):
    answer = edge.post("/v1/interact", json={"events": [{}]}, params={"configId": ""})
    assert answer.json()["type"] == "https://ns.adobe.com/aep/errors/EXEG-0003-400"
    assert (answer.status_code, answer.json()["title"]) == (400, "Invalid datastream ID")
    keyed = start_server(workspace_keys={"ACME@AdobeOrg": "default", "stream-1": "default"})
    with keyed.client("") as client:
        url = "/ee/v1/interact"
        assert client.post(url, params={"configId": "other"}, json={"events": [{}]}).status_code == 400
        known = client.post(url, params={"configId": "stream-1"}, json={"events": [{}]}).json()
    assert handle(known, "state:store")[0]["key"] == "kndctr_ACME_AdobeOrg_identity"


def test_callers_without_a_token_share_no_idempotency_keys(edge, api, scope):
    query = {"personalization": {"decisionScopes": [scope()]}}
    body = {"events": [{"query": query, "xdm": {"identityMap": JO}}]}
    for _ in range(2):
        edge.post("/v1/interact", json=body, headers={"idempotency-key": "k1"}).raise_for_status()
    assert len(api.get("/decisions").json()["items"]) == 2
