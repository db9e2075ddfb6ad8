"""Bodies that no client would send: refused in the API's own shape, or taken for what they say; nothing breaks."""

import cProfile
import json
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offerd.apis.target.admin import layout, places

ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", " ", "\u0000", "x" * 6_000, "💥", "a/b", "${x}", "__proto__", "../..", "-1", "1e400"]),
    st.just([]), st.just({}), st.just([[]]), st.just([None]), st.just({"": {}}), st.just([{"a": 1}] * 3),
)  # fmt: skip


def ways(tree, at=()):
    """Every way into a tree."""
    yield at
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, each in items:
        yield from ways(each, (*at, key))


def changed(tree, way, value):
    """A tree with something else at the end of a way."""
    if not way:
        return value
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[way[0]] = changed(tree[way[0]], way[1:], value)
    return copy


@pytest.fixture
def bodies(admin, api, split):
    """A body for each path that takes one, with the version and the method."""
    api.put("/placements/home", json={"kind": "view"}).raise_for_status()
    view = int(api.get("/placements/home").json()["ids"]["number"])
    audience = admin.audience({"mbox": "a", "exists": []})
    body = split(
        admin.offer("<b>x</b>"),
        thirdPartyId="tp", startsAt="2025-05-01T08:00Z", propertyIds=[], views=[{"viewLocalId": 0, "viewId": view}],
        entryConstraint={"mboxes": [{"name": "hero", "audienceIds": [audience]}], "visitorPercentage": 50},
        applicationContext={"channel": "web"}, reportingAudiences=[{"audienceId": audience}],
        autoAllocateTraffic={"enabled": True},
    )  # fmt: skip
    body["locations"]["selectors"] = [{"locationLocalId": 1, "selector": "#x", "viewLocalId": 0, "mbox": "hero"}]
    body["metrics"].append({"metricLocalId": 2, "clickTrackSelectors": [{"selector": "#x", "audienceIds": [audience]}],
                            "views": [{"viewLocalId": 0}]})  # fmt: skip
    made = admin.make("/activities/ab", body)["id"]
    rule = {"and": [{"mbox": "a", "equals": ["b"]}, {"or": [{"page": "url", "contains": ["x"]}]}]}
    composite = {"restRuleOperator": "AND", "rules": [audience, {"restRuleOperator": "NOT", "rules": [audience]}]}
    operation = {"operationId": 1, "dependsOnOperationIds": [], "method": "POST", "relativeUrl": "/offers/json",
                 "headers": [{"name": "Content-Type", "value": "application/vnd.adobe.target.v2+json"}],
                 "body": {"name": "x", "content": {"a": 1}}}  # fmt: skip
    return [
        ("POST", "/activities/ab", 3, body),
        ("PUT", f"/activities/ab/{made}", 3, body),
        ("PUT", f"/activities/ab/{made}", 1, admin.get(f"/activities/ab/{made}", version=1)),
        ("POST", "/audiences", 3, {"name": "x", "description": "y", "targetRule": rule}),
        ("PATCH", f"/audiences/{audience}", 3, {"name": "x", "audienceRule": composite}),
        ("POST", "/offers/content", 2, {"name": "x", "content": "y", "workspace": "1"}),
        ("POST", "/properties", 1, {"name": "x", "channel": "web", "workspaces": ["1"]}),
        ("POST", "/batch", 1, {"operations": [operation, {**operation, "operationId": 2}]}),
        ("POST", f"/activities/ab/{made}/qamode", 3, {"url": "https://a.example/", "audienceIdsEvaluatedAsTrue": [1]}),
        ("PUT", f"/activities/{made}/schedule", 1, {"startsAt": "2025-05-01T08:00Z", "endsAt": None}),
    ]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_nothing_breaks_the_server(admin, bodies, data):
    method, path, version, body = data.draw(st.sampled_from(bodies))
    for _ in range(data.draw(st.integers(1, 2))):
        body = changed(body, data.draw(st.sampled_from(list(ways(body)))), data.draw(ODD))
    answer = admin.send(method, path, json.dumps(body), version=version)
    assert answer.status_code < 500, (method, path, body, answer.text)
    if answer.status_code >= 400:
        assert answer.json()["httpStatus"] == answer.status_code
    assert admin.send("GET", "/activities").status_code == 200
    for each in admin.get("/activities")["activities"]:
        assert admin.send("GET", f"/activities/{each['type']}/{each['id']}").status_code == 200


def test_what_is_kept_by_hand_may_be_anything(admin, api, split):
    admin.make("/activities/ab", split(admin.offer("<b>x</b>")))
    name = api.get("/activities").json()["items"][0]["id"]
    for kept in (
        {"locations": {"mboxes": [1, {"locationLocalId": "x"}, {"locationLocalId": 0}], "selectors": 5}},
        {"options": [{"optionLocalId": 0, "offerId": "x"}, {}, None], "views": [{"viewLocalId": 0, "viewId": "x"}]},
        {"metrics": [{"metricLocalId": 1, "mboxes": 5, "action": [], "clickTrackSelectors": [{"selector": 5}]}]},
        {"entryConstraint": {"mboxes": [{"name": 5, "audienceIds": {}}], "visitorPercentage": "x"}},
        {"locations": {"selectors": [{"locationLocalId": 0, "mbox": {}, "selector": [], "audienceIds": [[]]}]}},
    ):
        patch = [{"op": "add", "path": "/extensions", "value": {"target": kept}}]
        media = {"content-type": "application/json-patch+json"}
        assert api.patch(f"/activities/{name}", content=json.dumps(patch), headers=media).status_code == 200
        [listed] = admin.get("/activities")["activities"]
        for version in (1, 3):
            shown = admin.get(f"/activities/ab/{listed['id']}", version=version)
            assert admin.put(f"/activities/ab/{listed['id']}", shown, version=version) == shown
    patch = [{"op": "add", "path": "/extensions", "value": {"target": {"surprise": 1}}}]
    assert api.patch(f"/activities/{name}", content=json.dumps(patch), headers=media).status_code == 422


@pytest.fixture
def calls(server):
    """How many calls of functions the server makes to answer."""

    def count(ask):
        profile = cProfile.Profile()
        server.run(_switch(profile.enable))
        try:
            ask()
        finally:
            server.run(_switch(profile.disable))
        return sum(each.callcount for each in profile.getstats())

    return count


async def _switch(turn):
    turn()


def test_work_grows_no_faster_than_the_body(admin, split, calls):
    offer = admin.offer("<b>x</b>")

    def body(size):
        shares = [
            {
                "visitorPercentage": 100 / size,
                "experienceLocalId": index,
                "name": f"E{index}",
                "optionLocations": [{"locationLocalId": index, "optionLocalId": 2}],
            }
            for index in range(size)
        ]
        metrics = [{"metricLocalId": index, "mboxes": [{"name": f"m{size}-{index}"}]} for index in range(size // 10)]
        spots = {"mboxes": [{"locationLocalId": index, "name": f"m{size}-{index}"} for index in range(size)]}
        return split(offer, experiences=shares, metrics=metrics, locations=spots)

    def work(size):
        tree, made = body(size), {}

        def report():
            admin.get(f"/activities/ab/{made['id']}/report/performance", version=1)

        return calls(lambda: made.update(admin.make("/activities/ab", tree))), calls(report)

    (making, reporting), (more_making, more_reporting) = work(60), work(600)
    assert more_making < 4 * making
    assert more_reporting < 15 * reporting


def test_metrics_are_known_again_without_comparing_each_with_all(admin, split, calls):
    offer = admin.offer("<b>x</b>")

    def work(size):
        seen = [{"name": f"m{size}-{index}"} for index in range(size)]
        metric = {"metricLocalId": 1, "mboxes": seen}
        made = admin.make("/activities/ab", split(offer, metrics=[metric]))
        turned = {**made, "metrics": [{**metric, "name": "Seen", "mboxes": seen[::-1]}]}
        return calls(lambda: admin.put(f"/activities/ab/{made['id']}", turned))

    less, more = work(100), work(1_500)
    assert more < 20 * less, (less, more)


def test_metrics_of_too_many_places_are_refused(admin, split):
    body = split(admin.offer("<b>x</b>"))
    body["metrics"] = [
        {"metricLocalId": index, "mboxes": [{"name": f"m{index}-{number}"} for number in range(1_001)]}
        for index in range(2)
    ]
    told = admin.send("POST", "/activities/ab", body, status=400).json()
    assert "at most 2000 mboxes, selectors and views" in told["errors"][0]["message"]


class Compared(places.Key, frozen=True, eq=False):
    """A place that knows how often it was compared with another."""

    times: ClassVar[list[int]] = [0]

    def __eq__(self, other):
        self.times[0] += 1
        return super().__eq__(other)

    __hash__ = places.Key.__hash__


def test_places_of_an_activity_are_found_without_looking_through_all(admin, api, monkeypatch):
    names = [f"p{index}" for index in range(50)]
    offer = {"status": "approved", "content": {name: {"html": name} for name in names}}
    activity = {"placements": names, "selections": [{"rank": "order", "inline": {"x": offer}}]}
    made = {"placements": {name: {} for name in names}, "activities": {"a": activity}}
    api.post("/catalogue/apply", json=made).raise_for_status()
    monkeypatch.setattr(layout, "Key", Compared)
    [listed] = admin.get("/activities")["activities"]
    shown = admin.get(f"/activities/xt/{listed['id']}")
    assert [each["name"] for each in shown["locations"]["mboxes"]] == names
    assert Compared.times[0] < len(names)
