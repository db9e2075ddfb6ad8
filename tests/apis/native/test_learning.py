"""Reports of activities and what models learned, over HTTP."""

from __future__ import annotations

INLINE = {name: {"status": "approved", "content": {"p": {"html": name}}} for name in ("x", "y")}
SPLIT = {
    "status": "live",
    "keep": "profile",
    "placements": ["p"],
    "goals": [{"on": "purchase"}],
    "selections": [{"inline": INLINE, "rank": {"by": "traffic", "model": "split"}}],
}
NOTHING = {"visitors": 0, "visits": 0, "impressions": 0}
ONE = {"visitors": 1, "visits": 1, "impressions": 1}
WHO = {"crm": "1"}


def applied(shop):
    document = {"placements": {"p": {}}, "activities": {"split": SPLIT}}
    shop.post("/catalogue/apply", json=document).raise_for_status()


def test_a_report_tells_what_is_nothing_too(shop):
    applied(shop)
    told = shop.get("/activities/split/report").json()
    nothing = [{"goal": "0", "conversions": NOTHING, "orders": 0, "value": "0"}]
    assert told["totals"] == {"entries": NOTHING, "goals": nothing}
    assert [each["offer"] for each in told["experiences"]] == ["x", "y"]


def test_a_report_tells_values_as_exact_decimals_and_days(shop):
    applied(shop)
    asked = {"identities": WHO, "session": "s", "asks": [{"placement": "p", "displayed": True}]}
    shop.post("/decisions", json=asked).raise_for_status()
    bought = {"type": "purchase", "activity": "split", "identities": [{"namespace": "crm", "id": "1"}], "session": "s"}
    for value in ("0.10", "0.20"):
        shop.post("/interactions", json={**bought, "value": value, "key": value}).raise_for_status()
    told = shop.get("/activities/split/report", params={"since": "2026-01-01", "until": "2026-01-02"}).json()
    assert told["totals"]["entries"] == ONE
    [goal] = told["totals"]["goals"]
    assert (goal["conversions"], goal["orders"], goal["value"]) == ({**ONE, "impressions": 2}, 2, "0.30")
    assert shop.get("/activities/split/report", params={"since": "2026-01-02"}).json()["totals"]["entries"] == NOTHING


def test_what_cannot_be_reported_is_refused(shop):
    applied(shop)
    assert shop.get("/activities/none/report").status_code == 404
    assert shop.get("/activities/split/report", params={"since": "yesterday"}).status_code == 400
    backwards = {"since": "2026-01-02", "until": "2026-01-01"}
    assert shop.get("/activities/split/report", params=backwards).status_code == 422
    assert shop.get("/models/split").status_code == 404


def test_models_learn_when_they_are_told_to(shop):
    applied(shop)
    assert shop.post("/models/learn").status_code == 204
    told = shop.get("/models/split").json()
    assert (told["id"], told["version"], told["phase"], told["scores"]) == ("split", 1, "warm-up", {"x": 50, "y": 50})
    assert told["facts"]["experiences"]["x"] == {"visitors": 0, "conversions": 0}
