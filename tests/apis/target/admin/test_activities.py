"""The life of activities, through the Admin API and delivery."""

import json

import pytest

TIER = {"mbox": "tier", "equals": ["gold"]}
EUROPE = {"geo": "country", "matches": ["de", "fr"]}


def targeted(gold, silver, audiences, mbox="hero", **more):
    """The body of an activity of experience targeting: one offer for each audience."""
    return {
        "name": "Tiers",
        "state": "approved",
        "options": [{"optionLocalId": index, "offerId": offer} for index, offer in enumerate((gold, silver))],
        "locations": {"mboxes": [{"locationLocalId": 7, "name": mbox}]},
        "experiences": [
            {
                "experienceLocalId": index,
                "name": f"Tier {index}",
                "audienceIds": named,
                "optionLocations": [{"locationLocalId": 7, "optionLocalId": index}],
            }
            for index, named in enumerate(audiences)
        ],
        **more,
    }


def test_an_activity_lives(admin, seen, split):
    offer = admin.offer("<b>Blue</b>")
    made = admin.make("/activities/ab", split(offer, shares=(0, 100)))
    assert made["state"] == "saved"
    assert made["modifiedAt"] == "2026-01-01T12:00:00Z"
    assert made["experiences"][1]["visitorPercentage"] == 100
    assert seen("hero") == []
    assert admin.approve(made["id"])["state"] == "approved"
    assert seen("hero") == ["<b>Blue</b>"]
    admin.put(f"/offers/content/{offer}", {"name": "An offer", "content": "<b>Navy</b>"}, version=2)
    assert seen("hero") == ["<b>Navy</b>"]
    admin.put(f"/activities/ab/{made['id']}/state", {"state": "deactivated"}, version=1)
    assert seen("hero") == []
    assert admin.get(f"/activities/ab/{made['id']}")["state"] == "deactivated"
    gone = admin.send("DELETE", f"/activities/ab/{made['id']}", status=200).json()
    assert gone == {"id": made["id"], "name": "Colours", "state": "deleted"}
    admin.send("GET", f"/activities/ab/{made['id']}", status=404)


def test_what_was_sent_comes_back(admin, split):
    offer, audience = admin.offer("<b>Blue</b>"), admin.audience(TIER)
    sent = split(
        offer,
        thirdPartyId="tp",
        startsAt="2025-05-01T08:00Z",
        endsAt="2027-05-01T08:00:30Z",
        entryConstraint={"mboxes": [{"name": "hero", "audienceIds": [audience]}], "visitorPercentage": 50},
        applicationContext={"channel": "web", "applicationVersions": []},
        reportingSource="analytics",
        workspace="1234567",
        reportingAudiences=[{"reportingAudienceLocalId": 1, "audienceId": audience}],
        somethingNew={"kept": [1.50]},
    )
    made = admin.make("/activities/ab", sent)
    for name, value in sent.items():
        if name != "experiences":
            assert made[name] == value, name
    assert made["experiences"] == [{**each, "audienceIds": []} for each in sent["experiences"]]
    assert admin.get(f"/activities/ab/{made['id']}") == made


def test_a_repeated_request_is_given_the_answer_to_the_first(admin, split):
    body = split(admin.offer("<b>Blue</b>"), mbox="new-mbox")
    first, second = (
        admin.send("POST", "/activities/ab", body, headers={"idempotency-key": "k"}, status=201) for _ in range(2)
    )
    assert first.json() == second.json()
    assert first.json()["locations"] == body["locations"]
    assert admin.get("/activities")["total"] == 1


def test_putting_what_was_got_changes_nothing(admin, api, split):
    made = admin.make("/activities/ab", split(admin.offer("<b>Blue</b>")))
    before = api.get("/revisions").json()["items"]
    assert before
    for version in (1, 3):
        shown = admin.get(f"/activities/ab/{made['id']}", version=version)
        assert admin.put(f"/activities/ab/{made['id']}", shown, version=version) == shown
    assert api.get("/revisions").json()["items"] == before


def test_version_1_places_offers_without_options(admin, seen, split):
    offer, other = admin.offer("<b>Blue</b>"), admin.offer("<b>Red</b>")
    body = split(offer, shares=(0, 100), state="approved")
    del body["options"]
    for each, shown in zip(body["experiences"], (0, offer), strict=True):
        each["offerLocations"] = [{"locationLocalId": 0, "offerId": shown}]
        del each["optionLocations"]
    made = admin.make("/activities/ab", body, version=1)
    assert "options" not in made
    assert [each["offerLocations"] for each in made["experiences"]] == [
        each["offerLocations"] for each in body["experiences"]
    ]
    assert seen("hero") == ["<b>Blue</b>"]
    made["experiences"][1]["offerLocations"][0]["offerId"] = other
    admin.put(f"/activities/ab/{made['id']}", made, version=1)
    assert seen("hero") == ["<b>Red</b>"]
    assert [each["offerId"] for each in admin.get(f"/activities/ab/{made['id']}")["options"]] == [0, offer, other]


def test_targeted_experiences_are_asked_in_their_order(admin, seen):
    gold, any_ = admin.audience(TIER), admin.audience({"mbox": "tier", "exists": []})
    body = targeted(admin.offer("gold"), admin.offer("any"), ([gold], [any_]))
    made = admin.make("/activities/xt", body)
    assert made["type"] == "xt"
    assert seen("hero", parameters={"tier": "gold"}) == ["gold"]
    assert seen("hero", parameters={"tier": "tin"}) == ["any"]
    assert seen("hero") == []
    made["experiences"].reverse()
    admin.put(f"/activities/xt/{made['id']}", made)
    assert seen("hero", parameters={"tier": "gold"}) == ["any"]


def test_a_targeted_experience_without_another_keeps_its_visitors(admin, seen):
    gold, any_ = admin.audience(TIER), admin.audience({"mbox": "tier", "exists": []})
    offers = admin.offer("gold"), admin.offer("any")
    body = targeted(*offers, ([gold], [any_]))
    alone = {**body, "experiences": body["experiences"][:1]}
    made = admin.make("/activities/xt", alone)
    assert seen("hero", "a", parameters={"tier": "tin"}) == []
    assert seen("hero", "a", parameters={"tier": "gold"}) == ["gold"]
    assert seen("hero", "a", parameters={"tier": "tin"}) == ["gold"]
    admin.put(f"/activities/xt/{made['id']}", {**body, "name": made["name"]})
    assert seen("hero", "a", parameters={"tier": "tin"}) == ["any"]


def test_who_may_enter_and_how_many(admin, seen, split):
    audience = admin.audience(TIER)
    entry = {"mboxes": [{"name": "hero", "audienceIds": [audience]}], "visitorPercentage": 100}
    body = split(admin.offer("<b>Blue</b>"), shares=(0, 100), state="approved", entryConstraint=entry)
    made = admin.make("/activities/ab", body)
    assert seen("hero", "1") == []
    assert seen("hero", "2", parameters={"tier": "gold"}) == ["<b>Blue</b>"]
    made["entryConstraint"]["visitorPercentage"] = 0
    changed = admin.put(f"/activities/ab/{made['id']}", made)
    assert changed["entryConstraint"] == made["entryConstraint"]
    assert seen("hero", "3", parameters={"tier": "gold"}) == []


def test_the_audience_of_a_location(admin, seen, split):
    offer, audience = admin.offer("<b>Blue</b>"), admin.audience(EUROPE)
    body = split(offer, shares=(0, 100), state="approved")
    body["locations"]["mboxes"][0]["audienceIds"] = [audience]
    admin.make("/activities/ab", body)
    assert seen("hero", context={"channel": "web", "geo": {"countryCode": "DE"}}) == ["<b>Blue</b>"]
    assert seen("hero", "w", context={"channel": "web", "geo": {"countryCode": "US"}}) == []


def test_selectors_change_pages_and_views(admin, api, deliver, split):
    api.put("/placements/home", json={"kind": "view", "ids": {"view": "Home"}}).raise_for_status()
    view = int(api.get("/placements/home").json()["ids"]["number"])
    body = split(admin.offer("<i>x</i>"), shares=(0, 100), state="approved")
    body["views"] = [{"viewLocalId": 3, "viewId": view}]
    body["locations"] = {
        "selectors": [
            {"locationLocalId": 0, "name": "title", "selector": "#title", "selectorVersion": 1},
            {"locationLocalId": 1, "name": "hello", "selector": ".hello", "viewLocalId": 3},
        ]
    }
    body["experiences"][1]["optionLocations"] += [{"locationLocalId": 1, "optionLocalId": 2}]
    made = admin.make("/activities/ab", body)
    assert made["locations"] == body["locations"]
    assert made["views"] == body["views"]
    shown = deliver(execute={"pageLoad": {}}, prefetch={"views": [{}]})
    [page] = shown["execute"]["pageLoad"]["options"]
    assert page["content"] == [
        {"type": "setHtml", "content": "<i>x</i>", "selector": "#title", "cssSelector": "#title"}
    ]
    [home] = shown["prefetch"]["views"]
    assert home["options"][0]["content"][0]["selector"] == ".hello"
    placements = api.get("/activities").json()["items"][0]["placements"]
    assert placements == {"target-global-mbox": {"shares": True}, "home": {"shares": True}}


def test_metrics_are_goals(admin, api, deliver, split):
    audience = admin.audience({"profile": "tier", "equals": ["gold"]})
    body = split(admin.offer("<b>Blue</b>"), shares=(0, 100), state="approved")
    body["metrics"] = [
        {"metricLocalId": 1, "name": "Seen", "conversion": True, "mboxes": [{"name": "thanks"}]},
        {
            "metricLocalId": 2,
            "name": "Clicked",
            "conversion": False,
            "engagement": "none",
            "action": {"type": "ban_from_campaign", "conditions": {"maxVisitCount": 3}},
            "mboxes": [{"name": "hero", "successEvent": "mbox_clicked", "audienceIds": [audience]}],
            "clickTrackSelectors": [{"selector": "#buy", "selectorVersion": 1}],
        },
        {"metricLocalId": 3, "name": "Pages", "conversion": False, "engagement": "page_count"},
    ]
    made = admin.make("/activities/ab", body)
    assert made["metrics"] == body["metrics"]
    [stored] = api.get("/activities").json()["items"]
    when = f'inSegment("{api.get(f"/audiences/number={audience}").json()["id"]}")'
    assert [{name: value for name, value in goal.items() if name != "extensions"} for goal in stored["goals"]] == [
        {"id": "metric-1", "on": "conversion", "at": "thanks", "then": "release_same"},
        {"id": "metric-2", "on": "click", "at": "hero", "when": when, "then": "bar"},
        {"id": "metric-2-2", "on": "click", "at": "target-global-mbox", "selector": "#buy", "then": "bar"},
    ]
    given = deliver("v", execute={"mboxes": [{"index": 0, "name": "hero"}]})["execute"]["mboxes"][0]
    assert [each["type"] for each in given["metrics"]] == ["click"]
    token = given["metrics"][0]["eventToken"]
    told = {"id": "1", "type": "click", "timestamp": 1_767_268_800_000, "tokens": [token], "mbox": {"name": "hero"}}
    deliver("v", notifications=[told], execute={"mboxes": [
        {"index": 0, "name": "foot", "profileParameters": {"tier": "gold"}}]})  # fmt: skip
    again = deliver("v", execute={"mboxes": [{"index": 0, "name": "hero"}]})["execute"]["mboxes"][0]
    assert "options" not in again


def test_the_default_action_of_a_metric(admin, api, split):
    body = split(admin.offer("<b>Blue</b>"))
    body["metrics"] = [
        {"metricLocalId": index, "conversion": conversion, "mboxes": [{"name": "thanks"}]}
        for index, conversion in enumerate((True, False))
    ]
    admin.make("/activities/ab", body)
    goals = api.get("/activities").json()["items"][0]["goals"]
    assert [(goal.get("then", "keep"), goal.get("once", False)) for goal in goals] == [
        ("release_same", False),
        ("keep", True),
    ]


def test_auto_allocate_is_ranked_by_a_model_of_its_own(admin, api, seen, split):
    traffic = {"enabled": True, "successEvaluationCriteria": "rpv"}
    body = split(admin.offer("<b>Blue</b>"), autoAllocateTraffic=traffic)
    made = admin.make("/activities/autoallocate", body, version=3)
    assert made["type"] == "auto_allocate"
    assert made["autoAllocateTraffic"] == traffic
    [stored] = api.get("/activities").json()["items"]
    assert stored["selections"][0]["rank"] == {"by": "traffic", "model": stored["id"]}
    assert stored["keep"] == "profile"
    assert admin.get("/activities", type="auto_allocate")["total"] == 1
    admin.send("GET", f"/activities/ab/{made['id']}", status=404)
    admin.approve(made["id"])
    shown = [seen("hero", f"{visitor:032x}") for visitor in range(16)]
    assert {tuple(each) for each in shown} == {(), ("<b>Blue</b>",)}
    body["autoAllocateTraffic"]["enabled"] = False
    refused = admin.send("POST", "/activities/autoallocate", body, version=1, status=400).json()
    assert refused["errors"][0]["meta"] == {"field": "/autoAllocateTraffic/enabled"}


def test_one_member_is_changed_by_itself(admin, api, split):
    made = admin.make("/activities/ab", split(admin.offer("<b>Blue</b>")))
    number = made["id"]
    for path in (f"/activities/{number}", f"/activities/ab/{number}"):
        assert admin.put(f"{path}/priority", {"priority": 7}, version=1)["priority"] == 7
        schedule = {"startsAt": "2026-02-01T00:00Z", "endsAt": "2026-03-01T10:30:15+02:00"}
        shown = admin.put(f"{path}/schedule", schedule, version=1)
        assert (shown["startsAt"], shown["endsAt"]) == ("2026-02-01T00:00Z", "2026-03-01T08:30:15Z")
        assert shown["lifetime"] == {"start": shown["startsAt"], "end": shown["endsAt"]}
        assert "endsAt" not in admin.put(f"{path}/schedule", {}, version=1)
        assert admin.put(f"{path}/name", {"name": "Other"}, version=1)["name"] == "Other"
        assert admin.put(f"{path}/state", {"state": "saved"}, version=1)["state"] == "saved"
    for member, body in (
        ("priority", {"priority": 1000}),
        ("priority", {}),
        ("schedule", {"startsAt": "2026-03-01T00:00Z", "endsAt": "2026-02-01T00:00Z"}),
        ("schedule", {"startsAt": "yesterday"}),
        ("name", {"name": " "}),
        ("state", {"state": "live"}),
        ("state", []),
    ):
        admin.send("PUT", f"/activities/{number}/{member}", body, version=1, status=400)
    assert admin.get(f"/activities/ab/{number}")["name"] == "Other"
    admin.put(f"/activities/{number}/state", {"state": "deleted"}, version=1)
    assert api.get("/activities").json()["items"] == []


def test_what_this_api_cannot_say_stays(admin, api, split):
    made = admin.make("/activities/ab", split(admin.offer("<b>Blue</b>")))
    name = api.get("/activities").json()["items"][0]["id"]
    more = [
        {"op": "add", "path": "/audience", "value": {"pql": "profile.age > 18"}},
        {"op": "add", "path": "/goals/-", "value": {"on": "purchase"}},
        {"op": "add", "path": "/selections/0/inline/experience-1/content/hero/-",
         "value": {"type": "html", "body": "<i>own</i>", "when": {"pql": "vip"}}},
        {"op": "add", "path": "/selections/0/inline/experience-1/caps", "value": [{"id": "c", "limit": 3}]},
    ]  # fmt: skip
    media = {"content-type": "application/json-patch+json"}
    answer = api.patch(f"/activities/{name}", content=json.dumps(more), headers=media)
    assert answer.status_code == 200, answer.text
    before = api.get(f"/activities/{name}").json()
    shown = admin.get(f"/activities/ab/{made['id']}")
    assert shown["entryConstraint"] == {"mboxes": [], "visitorPercentage": 100}
    assert admin.put(f"/activities/ab/{made['id']}", shown) == shown
    assert api.get(f"/activities/{name}").json() == before
    shown["experiences"][1]["name"] = "Renamed"
    shown["metrics"][0]["name"] = "Bought"
    admin.put(f"/activities/ab/{made['id']}", shown)
    after = api.get(f"/activities/{name}").json()
    inline = after["selections"][0]["inline"]["experience-1"]
    assert inline["name"] == "Renamed"
    was = before["selections"][0]["inline"]["experience-1"]
    assert inline["caps"] == was["caps"]
    own = {"target": {"locationLocalId": 0, "optionLocalId": 3}}
    assert inline["content"]["hero"] == [was["content"]["hero"][0], {**was["content"]["hero"][1], "extensions": own}]
    assert after["audience"] == before["audience"]
    assert [goal["on"] for goal in after["goals"]] == ["conversion", "purchase"]


def test_what_nobody_can_be_told_of_is_not_listed(admin, api, split):
    api.put("/placements/hero", json={}).raise_for_status()
    api.put("/offers/o", json={"status": "approved"}).raise_for_status()
    hidden = {"placements": ["hero"], "selections": [{"offers": ["o"]}]}
    api.put("/activities/by-offers", json=hidden).raise_for_status()
    made = admin.make("/activities/ab", split(admin.offer("<b>Blue</b>")))
    assert [each["id"] for each in admin.get("/activities")["activities"]] == [made["id"]]
    hidden = api.get("/activities/by-offers").json()["ids"]["number"]
    admin.send("GET", f"/activities/ab/{hidden}", status=404)
    admin.send("PUT", f"/activities/{hidden}/state", {"state": "approved"}, version=1, status=404)
    admin.send("DELETE", f"/activities/xt/{hidden}", status=404)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "/name"),
        ({"name": "x" * 256}, "/name"),
        ({"name": "a\u0000b"}, "/name"),
        ({"state": "live"}, "/state"),
        ({"priority": -1}, "/priority"),
        ({"priority": 1.5}, "/priority"),
        ({"startsAt": "2026-01-01"}, "/startsAt"),
        ({"startsAt": "2026-02-01T00:00Z", "endsAt": "2026-01-01T00:00Z"}, "/endsAt"),
        ({"propertyIds": [999]}, "/propertyIds"),
        ({"propertyIds": "1"}, "/propertyIds"),
        ({"locations": {}}, "/locations"),
        ({"locations": {"mboxes": [{"locationLocalId": 0}]}}, "/locations/mboxes/0/name"),
        ({"locations": {"mboxes": [{"locationLocalId": 0, "name": "x-clicked"}]}}, "/locations/mboxes/0/name"),
        ({"locations": {"mboxes": [{"locationLocalId": 0, "name": "a b"}]}}, "/locations/mboxes/0/name"),
        ({"locations": {"selectors": [{"locationLocalId": 0, "viewLocalId": 1}]}},
         "/locations/selectors/0/viewLocalId"),
        ({"locations": {"mboxes": [{"locationLocalId": 0, "name": "a", "audienceIds": [77]}]}},
         "/locations/mboxes/0/audienceIds"),
        ({"locations": {"mboxes": [{"locationLocalId": 0, "name": "a"}] * 2}}, "/locations/mboxes/1/locationLocalId"),
        ({"views": [{"viewLocalId": 0, "viewId": 12345}]}, "/views/0/viewId"),
        ({"options": [{"optionLocalId": 0, "offerId": 123456}]}, "/options/0/offerId"),
        ({"options": [{"optionLocalId": 0, "offerTemplates": [{"offerTemplateId": 1}]}]}, "/options/0/offerTemplates"),
        ({"experiences": []}, "/experiences"),
        ({"experiences": [1]}, "/experiences/0"),
        ({"experiences": {"a": 1}}, "/experiences"),
        ({"metrics": [{"metricLocalId": 1, "action": {"type": "explode"}}]}, "/metrics/0/action/type"),
        ({"metrics": [{"metricLocalId": 1, "clickTrackSelectors": [{}]}]}, "/metrics/0/clickTrackSelectors/0/selector"),
        ({"metrics": [{"metricLocalId": 1, "views": [{"viewLocalId": 4}]}]}, "/metrics/0/views/0/viewLocalId"),
        ({"metrics": [{"metricLocalId": 1}, {"metricLocalId": 1}]}, "/metrics/1/metricLocalId"),
        ({"entryConstraint": {"visitorPercentage": 101}}, "/entryConstraint/visitorPercentage"),
        ({"entryConstraint": {"mboxes": [{"name": "a", "audienceIds": []}, {"name": "b", "audienceIds": [1]}]}},
         "/entryConstraint/mboxes"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_and_nothing_is_stored(admin, api, split, change, field):
    body = split(admin.offer("<b>Blue</b>"))
    before = api.get("/revisions").json()["items"]
    body = {name: value for name, value in {**body, **change}.items() if value is not None}
    refused = admin.send("POST", "/activities/ab", body, status=400).json()
    assert refused["httpStatus"] == 400
    assert field in [each["meta"]["field"] for each in refused["errors"] if "meta" in each]
    assert {each["errorCode"] for each in refused["errors"]} == {"Invalid.Input"}
    assert api.get("/revisions").json()["items"] == before


def test_shares_come_to_100(admin, split):
    offer = admin.offer("<b>Blue</b>")
    for shares in ((50, 40), (50, None), (120, -20)):
        admin.send("POST", "/activities/ab", split(offer, shares=shares), status=400)
    made = admin.make("/activities/ab", split(offer, shares=(None, None)))
    assert [each["visitorPercentage"] for each in made["experiences"]] == [50, 50]


def test_auto_target_is_refused(admin, split):
    refused = admin.send("POST", "/activities/abt", split(0), status=400).json()
    assert refused["errors"][0]["errorCode"] == "Unsupported.Feature"
