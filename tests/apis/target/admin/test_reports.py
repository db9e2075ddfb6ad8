"""Reports of activities, on what visitors really did."""

import pytest


@pytest.fixture
def sold(admin, deliver, split):
    """An activity that three visitors saw, of whom two bought something."""
    body = split(admin.offer("<b>x</b>"), shares=(0, 100), state="approved")
    body["metrics"].append({"metricLocalId": 5, "name": "Seen", "conversion": False, "mboxes": [{"name": "foot"}]})
    made = admin.make("/activities/ab", body)
    for visitor in ("a", "b", "c"):
        for _ in range(2):
            deliver(visitor, execute={"mboxes": [{"index": 0, "name": "hero"}]})
    for visitor, total in (("a", 30), ("b", 12.5)):
        order = {"id": f"o-{visitor}", "total": total}
        deliver(visitor, execute={"mboxes": [{"index": 0, "name": "order-confirm", "order": order}]})
    deliver("c", execute={"mboxes": [{"index": 0, "name": "foot"}]})
    return made


def test_performance(admin, sold):
    told = admin.get(f"/activities/ab/{sold['id']}/report/performance", version=1, environmentId=7)
    assert told["reportParameters"] == {
        "activityId": sold["id"],
        "environmentId": 7,
        "conversionMetricLocalIds": [32767],
        "reportInterval": "2026-01-01T12:00:00Z/2026-01-01T12:00:00Z",
    }
    assert told["activity"].keys() == {"id", "type", "state", "name", "priority", "metrics", "experiences"}
    statistics = told["report"]["statistics"]
    assert statistics["totals"] == {
        "visitor": {"totals": {"entries": 3, "conversions": 2}},
        "visit": {"totals": {"entries": 3, "conversions": 2}},
        "impression": {"totals": {"entries": 6, "conversions": 2}},
        "landing": {"totals": {"entries": 6, "conversions": 2}},
    }
    nothing = {name: {"totals": {"entries": 0, "conversions": 0}} for name in statistics["totals"]}
    assert statistics["experiences"] == [
        {"experienceLocalId": 0, "totals": nothing},
        {"experienceLocalId": 1, "totals": statistics["totals"]},
    ]


def test_orders(admin, sold):
    told = admin.get(f"/activities/ab/{sold['id']}/report/orders", version=1)
    assert told["report"]["statistics"]["experiences"][1]["totals"]["visitor"]["totals"] == {
        "entries": 3, "conversions": 2, "orders": 2, "totalSales": 42.5, "averageOrderValue": 21.25,
        "revenuePerEntry": 42.5 / 3,
    }  # fmt: skip


def test_metrics_and_days_are_chosen(admin, sold):
    path = f"/activities/ab/{sold['id']}/report/performance"

    def conversions(**query):
        return admin.get(path, version=1, **query)["report"]["statistics"]["totals"]["visitor"]["totals"]

    assert conversions(conversionMetricLocalIds=5) == {"entries": 3, "conversions": 1}
    assert conversions(conversionMetricLocalIds=["5", "32767"]) == {"entries": 3, "conversions": 3}
    assert conversions(reportInterval="2026-01-01/2026-01-02") == {"entries": 3, "conversions": 2}
    assert conversions(reportInterval="2025-12-01/2026-01-01") == {"entries": 0, "conversions": 0}
    for query in (
        {"conversionMetricLocalIds": "9"}, {"reportInterval": "x"}, {"reportInterval": "2026-01-02/2026-01-01"},
        {"environmentId": "x"}, {"colour": "red"},
    ):  # fmt: skip
        admin.send("GET", path, version=1, params=query, status=400)
    admin.send("GET", f"/activities/xt/{sold['id']}/report/orders", version=1, status=404)


def test_what_was_counted_stays_with_its_metric(admin, sold):
    path = f"/activities/ab/{sold['id']}"

    def conversions():
        statistics = (
            admin.get(f"{path}/report/performance", version=1, conversionMetricLocalIds=str(local))["report"]
            for local in (32767, 5)
        )
        return [each["statistics"]["totals"]["visitor"]["totals"]["conversions"] for each in statistics]

    assert conversions() == [2, 1]
    bought, saw = admin.get(path)["metrics"]
    first = {"metricLocalId": 1, "name": "New", "conversion": True, "mboxes": [{"name": "new"}]}
    more = {**saw, "mboxes": [{"name": "early"}, *saw["mboxes"]]}
    for metrics in ([saw, bought], [first, bought, saw], [first, more, bought], [more, bought]):
        changed = admin.put(path, {**sold, "metrics": metrics})
        assert changed["metrics"] == metrics
        assert conversions() == [2, 1]


def test_what_was_counted_of_a_metric_goes_with_it(admin, api, sold):
    path = f"/activities/ab/{sold['id']}"

    def conversions():
        report = admin.get(f"{path}/report/performance", version=1, conversionMetricLocalIds="5")["report"]
        return report["statistics"]["totals"]["visitor"]["totals"]["conversions"]

    saw = admin.get(path)["metrics"][1]
    admin.put(path, {**sold, "metrics": [saw]})
    assert conversions() == 1
    other = {"metricLocalId": 6, "name": "Other", "conversion": True, "mboxes": [{"name": "other"}]}
    admin.put(path, {**sold, "metrics": [other, saw]})
    assert conversions() == 1
    told = admin.get(f"{path}/report/performance", version=1, conversionMetricLocalIds="6")["report"]
    assert told["statistics"]["totals"]["visitor"]["totals"]["conversions"] == 0


@pytest.mark.parametrize("kept", [[0, 1, 2], [2, 0], [2], [1]])
def test_goals_without_ids_keep_the_names_of_their_places(admin, api, sold, kept):
    """Goals that the catalogue wrote: what was counted by their places goes on when clients move them."""
    [activity] = api.get("/activities").json()["items"]
    told = (("click", "hero"), ("conversion", "foot"), ("conversion", "order-confirm"))
    plain = [{"on": on, "at": place} for on, place in told]
    api.put(f"/activities/{activity['id']}", json={**activity, "goals": plain, "extensions": {}}).raise_for_status()
    path = f"/activities/ab/{sold['id']}"
    metrics = admin.get(path)["metrics"]
    admin.put(path, {**admin.get(path), "metrics": [metrics[index] for index in kept]})
    [after] = api.get("/activities").json()["items"]
    named = {goal.get("id", str(index)): goal["at"] for index, goal in enumerate(after["goals"])}
    assert named == {str(index): plain[index]["at"] for index in kept}


def test_learning_goes_by_the_first_metric_that_counts_as_a_conversion(admin, api, split):
    body = split(admin.offer("<b>x</b>"))
    body["metrics"].insert(0, {"metricLocalId": 5, "name": "Seen", "conversion": False, "mboxes": [{"name": "foot"}]})
    made = admin.make("/activities/autoallocate", body)
    assert made["metrics"] == body["metrics"]
    (activity,) = api.get("/activities").json()["items"]
    assert [goal["at"] for goal in activity["goals"]] == ["order-confirm", "foot"]
