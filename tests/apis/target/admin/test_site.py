"""Properties, mboxes and the rest of what a site has."""

import pytest


def test_a_property_limits_an_activity(admin, seen, split):
    body = {"name": "Shop", "description": "the shop", "channel": "web", "workspaces": ["1", "2"]}
    made = admin.make("/properties", body, version=1)
    assert body.items() <= made.items()
    path = f"/properties/{made['id']}"
    assert admin.get(path, version=1) == made
    assert admin.put(path, made, version=1) == made
    changed = admin.put(path, {"name": "Store", "token": "mine"}, version=1)
    assert (changed["name"], changed["token"], changed["channel"]) == ("Store", made["token"], "web")
    activity = split(admin.offer("<b>x</b>"), shares=(0, 100), state="approved", propertyIds=[made["id"]])
    assert admin.make("/activities/ab", activity)["propertyIds"] == [made["id"]]
    assert seen("hero") == []
    assert [each["name"] for each in admin.get("/properties", version=1)["properties"]] == ["Store"]
    for wrong in ({"name": "x"}, {"name": "x", "channel": "fax"}, {"channel": "web"}):
        admin.send("POST", "/properties", wrong, version=1, status=400)


def test_a_property_answers_its_token(admin, deliver, split):
    made = admin.make("/properties", {"name": "Shop", "channel": "web"}, version=1)
    body = split(admin.offer("<b>x</b>"), shares=(0, 100), state="approved", propertyIds=[made["id"]])
    admin.make("/activities/ab", body)
    hero = {"mboxes": [{"index": 0, "name": "hero"}]}
    given = deliver(property={"token": made["token"]}, execute=hero)["execute"]["mboxes"][0]
    assert given["options"][0]["content"] == "<b>x</b>"


def test_mboxes_are_placements(admin, api, split):
    api.put("/placements/home", json={"kind": "view"}).raise_for_status()
    api.put("/placements/own", json={"ids": {"mbox": "named otherwise"}}).raise_for_status()
    admin.audience({"mbox": "cart.size", "lessThan": [5]})
    admin.make("/activities/ab", split(admin.offer("<b>x</b>"), state="approved"))
    listed = admin.get("/mboxes", version=1)
    assert listed["mboxes"] == [
        {"name": "hero", "status": "active"},
        {"name": "named otherwise", "status": "inactive"},
        {"name": "order-confirm", "status": "inactive"},
    ]
    assert admin.get("/mboxes", version=1, status="active")["total"] == 1
    parameters = [{"name": "cart.size", "parameterType": "MBOX"}]
    assert admin.get("/mbox/hero", version=1) == {"name": "hero", "mboxParameters": parameters}
    assert admin.get("/mbox/named%20otherwise", version=1)["name"] == "named otherwise"
    admin.send("GET", "/mbox/home", version=1, status=404)


def test_attributes_that_rules_ask_for(admin):
    admin.audience({"profile": "tier", "equals": ["gold"]})
    assert admin.get("/profileattributes/mbox", version=1)["mboxProfileAttributes"] == [
        {"name": "tier", "parameterType": "PROFILE"}
    ]


def test_environments_hosts_and_tokens(admin, workspace):
    [default] = admin.get("/environments", version=1, default="true")["environments"]
    assert default == {"id": 1, "name": "Production", "serveInactiveActivities": False, "default": True}
    assert admin.get("/hosts", version=1)["hosts"] == []
    tokens = {each["token"]: each for each in admin.get("/responsetokens", version=1)["responseTokens"]}
    assert tokens["activity.id"]["type"] == "ACTIVITY"
    assert tokens["geo.city"]["type"] == "GEO"
    settings = admin.get("/atjs/settings", version=1)
    assert (settings["clientCode"], settings["overrideMboxEdgeServer"]) == (workspace, False)


@pytest.mark.parametrize("path", ["/environments", "/hosts", "/responsetokens"])
def test_what_is_the_operators_cannot_be_written(admin, path):
    refused = admin.send("POST", path, {"name": "x"}, version=1, status=405).json()
    assert refused["errors"][0]["errorCode"] == "Unsupported.Method"


def test_the_rules_of_devices(admin, split, workspace):
    made = admin.make("/properties", {"name": "Shop", "channel": "web"}, version=1)
    admin.make("/activities/ab", split(admin.offer("<b>x</b>"), shares=(0, 100), state="approved"))
    for query, environment in (
        ({}, "production"), ({"environment": "Staging"}, "staging"), ({"environment": "3"}, "development"),
        ({"client": workspace, "property-token": made["token"]}, "production"),
    ):  # fmt: skip
        bundle = admin.get("/ondevicedecisioning/bundle", version=1, **query)
        assert bundle["meta"]["environment"] == environment
        assert bundle["meta"]["clientCode"] == workspace
        assert "hero" in bundle["rules"]["mboxes"]
    for query, status in (
        ({"client": "other"}, 400), ({"environment": "9"}, 404), ({"environment": "a/b"}, 400),
        ({"property-token": "x"}, 404), ({"colour": "red"}, 400),
    ):  # fmt: skip
        admin.send("GET", "/ondevicedecisioning/bundle", version=1, params=query, status=status)
