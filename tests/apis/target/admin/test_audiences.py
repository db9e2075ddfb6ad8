"""Audiences through the Admin API."""

import pytest

RULE = {"and": [{"mbox": "tier", "equals": ["gold"]}, {"page": "path", "startsWith": ["/shop"]}]}


def test_an_audience_lives(admin, api):
    made = admin.make("/audiences", {"name": "Gold", "description": "of gold", "targetRule": RULE, "workspace": "7"})
    path = f"/audiences/{made['id']}"
    assert made == {
        "id": made["id"], "name": "Gold", "description": "of gold", "origin": "target", "type": "reusable",
        "status": "saved", "workspace": "7", "targetRule": RULE, "createdAt": "2026-01-01T12:00:00Z",
        "modifiedAt": "2026-01-01T12:00:00Z", "modifiedByName": "test",
    }  # fmt: skip
    assert admin.get(path) == made
    stored = api.get(f"/audiences/number={made['id']}").json()
    assert stored["rule"] == 'context.mbox.tier = "gold" and context.page.path.startsWith("/shop")'
    tin = {"mbox": "tier", "equals": ["tin"]}
    patched = admin.send("PATCH", path, {"targetRule": tin}, status=200).json()
    assert (patched["targetRule"], patched["name"]) == (tin, "Gold")
    assert admin.send("PATCH", path, {"name": "Tin"}, status=200).json()["targetRule"] == tin
    assert admin.put(path, {"name": "Same rule"})["targetRule"] == tin
    assert admin.put(path, {"name": "Gone", "status": "deleted"})["status"] == "deleted"
    assert api.get(f"/audiences/number={made['id']}").json()["status"] == "archived"
    assert admin.send("DELETE", path, status=200).json()["status"] == "deleted"
    admin.send("GET", path, status=404)


def test_an_audience_of_audiences(admin, seen, split):
    gold, shop = (admin.audience(rule) for rule in RULE["and"])
    both = admin.make(
        "/audiences",
        {"name": "Both", "audienceRule": {"restRuleOperator": "AND", "rules": [gold, {"restRuleOperator": "NOT",
                                                                                     "rules": [shop]}]}},
    )["id"]  # fmt: skip
    entry = {"mboxes": [{"name": "hero", "audienceIds": [both]}], "visitorPercentage": 100}
    body = split(admin.offer("<b>x</b>"), shares=(0, 100), state="approved", entryConstraint=entry)
    admin.make("/activities/ab", body)
    page = {"channel": "web", "address": {"url": "https://a.example/shop/1"}}
    assert seen("hero", "1", parameters={"tier": "gold"}, context=page) == []
    assert seen("hero", "2", parameters={"tier": "tin"}) == []
    assert seen("hero", "3", parameters={"tier": "gold"}) == ["<b>x</b>"]
    refused = admin.send("DELETE", f"/audiences/{shop}", status=400).json()
    assert refused["errors"][0]["errorCode"] == "Resource.InUse"


@pytest.mark.parametrize(
    ("rule", "mbox", "context", "wanted"),
    [
        ({"mbox": "age", "lessThan": ["9"]}, {"age": "8"}, {}, True),
        ({"mbox": "age", "lessThan": [9]}, {"age": 10}, {}, False),
        ({"mbox": "cart.size", "greaterThanOrEquals": ["2.5"]}, {"cart.size": "2.50"}, {}, True),
        ({"mbox": "tier", "notEquals": ["gold"]}, {}, {}, True),
        ({"page": "domain", "equals": ["example.com"]}, {}, {"address": {"url": "https://www.example.com/"}}, True),
        ({"referring": "url", "containsIgnoreCase": ["NEWS"]}, {},
         {"address": {"url": "https://a.example/", "referringUrl": "https://news.example/"}}, True),
        ({"geo": "region", "matches": ["ca"]}, {}, {"geo": {"countryCode": "US", "stateCode": "CA"}}, True),
        ({"user": "browserType", "equals": ["firefox"]}, {}, {"userAgent": "Mozilla/5.0 Firefox/130.0"}, True),
        ({"time": "weekday", "equals": [4]}, {}, {}, True),
        ({"time": "hour", "lessThan": [12]}, {}, {}, False),
    ],
)  # fmt: skip
def test_rules_see_what_delivery_says(admin, seen, split, *, rule, mbox, context, wanted):
    body = split(admin.offer("<b>x</b>"), shares=(0, 100), state="approved")
    entered = {"name": "hero", "audienceIds": [admin.audience(rule)]}
    admin.make("/activities/ab", {**body, "entryConstraint": {"mboxes": [entered]}})
    shown = seen("hero", parameters=mbox, context={"channel": "web", **context})
    assert shown == (["<b>x</b>"] if wanted else [])


def test_rules_that_were_written_natively(admin, api):
    for name, rule in (("a", 'context.mbox.x in ["1", "2"]'), ("b", 'inSegment("a") or inSegment("c")'),
                       ("c", "orders.count() > 3")):  # fmt: skip
        api.put(f"/audiences/{name}", json={"rule": rule}).raise_for_status()
    api.put("/audiences/d", json={"imported": True}).raise_for_status()
    number = {name: int(api.get(f"/audiences/{name}").json()["ids"]["number"]) for name in "abcd"}
    shown = {name: admin.get(f"/audiences/{one}") for name, one in number.items()}
    assert shown["a"]["targetRule"] == {"mbox": "x", "equals": ["1", "2"]}
    assert shown["b"]["audienceRule"] == {"restRuleOperator": "OR", "rules": [number["a"], number["c"]]}
    assert "targetRule" not in shown["c"]
    assert (shown["d"]["origin"], shown["c"]["origin"]) == ("cloud", "target")
    before = api.get("/revisions").json()["items"]
    for name, one in number.items():
        assert admin.put(f"/audiences/{one}", shown[name]) == shown[name]
    assert api.get("/revisions").json()["items"] == before
    assert admin.put(f"/audiences/{number['c']}", {**shown["c"], "name": "Many orders"})["name"] == "Many orders"
    assert api.get("/audiences/c").json()["rule"] == "orders.count() > 3"
    api.patch("/audiences/a", json={"rule": "vip"}, headers={"content-type": "application/merge-patch+json"})
    assert "targetRule" not in admin.get(f"/audiences/{number['a']}")


def test_a_list_from_elsewhere_has_no_rule(admin, api):
    made = admin.make("/audiences", {"name": "CRM", "origin": "cloud"})
    assert api.get(f"/audiences/number={made['id']}").json()["imported"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"targetRule": RULE}, "/name"),
        ({"name": "x"}, None),
        ({"name": "x", "targetRule": {"mbox": "a"}}, "/targetRule"),
        ({"name": "x", "targetRule": RULE, "audienceRule": {"restRuleOperator": "AND", "rules": [1]}}, "/audienceRule"),
        ({"name": "x", "audienceRule": {"restRuleOperator": "AND", "rules": [123456]}}, "/audienceRule/rules/0"),
        ({"name": "x", "targetRule": RULE, "origin": "moon"}, "/origin"),
        ({"name": "x", "targetRule": RULE, "type": 5}, "/type"),
        ({"name": "x" * 256, "targetRule": RULE}, "/name"),
        ({"name": "x", "targetRule": RULE, "description": "x" * 5_001}, "/description"),
    ],
)
def test_what_is_wrong_is_told(admin, body, field):
    refused = admin.send("POST", "/audiences", body, status=400).json()
    assert field in [each.get("meta", {}).get("field") for each in refused["errors"]]
    assert admin.get("/audiences")["total"] == 0


def test_an_audience_that_names_itself_is_refused(admin):
    made = admin.audience({"mbox": "a", "exists": []})
    body = {"name": "x", "audienceRule": {"restRuleOperator": "AND", "rules": [made]}}
    admin.send("PUT", f"/audiences/{made}", body, status=400)
