"""Offers: HTML and JSON that options show."""

import json

import pytest


def test_an_offer_lives(admin):
    for kind, content, other in (("content", "<b>Hi</b>", "<i>Ho</i>"), ("json", {"a": [1.50]}, [])):
        made = admin.make(f"/offers/{kind}", {"name": "One", "content": content, "workspace": "77"}, version=2)
        path = f"/offers/{kind}/{made['id']}"
        assert made == {
            "id": made["id"], "name": "One", "type": kind, "content": content, "workspace": "77",
            "createdAt": "2026-01-01T12:00:00Z", "modifiedAt": "2026-01-01T12:00:00Z", "modifiedByName": "test",
        }  # fmt: skip
        assert admin.get(path, version=2) == made
        changed = admin.put(path, {"name": "Two", "content": other}, version=2)
        assert (changed["name"], changed["content"], changed["workspace"]) == ("Two", other, "77")
        admin.send("DELETE", path, version=2, status=200)
        admin.send("GET", path, version=2, status=404)


def test_offers_are_known_by_their_type(admin, api):
    html = admin.offer("<b>Hi</b>")
    admin.send("GET", f"/offers/json/{html}", version=2, status=404)
    admin.send("DELETE", f"/offers/json/{html}", version=2, status=404)
    api.put("/contents/picture", json={"type": "image", "body": "https://cdn.example/a.png"}).raise_for_status()
    picture = api.get("/contents/picture").json()["ids"]["number"]
    admin.send("PUT", f"/offers/content/{picture}", {"name": "x", "content": "y"}, version=2, status=404)
    assert [each["id"] for each in admin.get("/offers", version=2)["offers"]] == [html]


def test_putting_what_was_got_changes_nothing(admin, api):
    api.put("/contents/own", json={"type": "html", "body": "<b>x</b>", "template": "liquid"}).raise_for_status()
    number = api.get("/contents/own").json()["ids"]["number"]
    before = api.get("/contents/own").json()
    shown = admin.get(f"/offers/content/{number}", version=2)
    assert admin.put(f"/offers/content/{number}", shown, version=2) == shown
    assert api.get("/contents/own").json() == before
    admin.put(f"/offers/content/{number}", {**shown, "content": "<b>y</b>"}, version=2)
    after = api.get("/contents/own").json()
    assert (after["body"], after["template"], after.get("name")) == ("<b>y</b>", "liquid", before.get("name"))


def test_macros_are_filled_in(admin, seen, split):
    body = split(admin.offer("<b>${campaign.name} ${mbox.who}</b>"), shares=(0, 100), state="approved")
    admin.make("/activities/ab", body)
    assert seen("hero", parameters={"who": "<x>"}) == ["<b>Colours &lt;x&gt;</b>"]


def test_an_offer_that_is_shown_cannot_be_deleted(admin, split):
    offer = admin.offer({"a": 1})
    made = admin.make("/activities/ab", split(offer))
    refused = admin.send("DELETE", f"/offers/json/{offer}", version=2, status=400).json()
    assert refused["errors"][0]["errorCode"] == "Resource.InUse"
    assert str(made["id"]) in refused["errors"][0]["message"]
    admin.send("DELETE", f"/activities/ab/{made['id']}", status=200)
    admin.send("DELETE", f"/offers/json/{offer}", version=2, status=200)


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("content", {"content": "x"}, "/name"),
        ("content", {"name": "", "content": "x"}, "/name"),
        ("content", {"name": "x"}, "/content"),
        ("content", {"name": "x", "content": {"a": 1}}, "/content"),
        ("json", {"name": "x", "content": None}, "/content"),
        ("json", {"name": 1, "content": 1}, "/name"),
        ("json", {"name": "x", "content": 1, "workspace": 5}, "/workspace"),
        ("json", [], None),
        ("json", "x", None),
    ],
)
def test_what_is_wrong_is_told(admin, kind, body, field):
    refused = admin.send("POST", f"/offers/{kind}", json.dumps(body), version=2, status=400).json()
    found = [each.get("meta", {}).get("field") for each in refused["errors"]]
    assert field in found
    assert admin.get("/offers", version=2)["total"] == 0
