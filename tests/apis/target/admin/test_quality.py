"""Preview links: an activity that is not live, seen through the addresses that the API gives."""

from urllib.parse import parse_qs, urlsplit

import pytest

PAGE = "https://shop.example/a?colour=red&at_preview_token=old#top"


def looked(url):
    """What a page's library makes of an address."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    activity, experience = query["at_preview_index"].split("_")
    made = {
        "token": query["at_preview_token"],
        "previewIndexes": [{"activityIndex": int(activity), "experienceIndex": int(experience)}],
        "listedActivitiesOnly": query.get("at_preview_listed_activities_only") == "true",
    }
    for name, said in (("evaluateAsTrueAudienceIds", "true"), ("evaluateAsFalseAudienceIds", "false")):
        ids = query.get(f"at_preview_evaluate_as_{said}_audience_ids")
        if ids:
            made[name] = [int(each) for each in ids.split("_")]
    return made


def test_a_link_shows_a_saved_activity(admin, seen, deliver, split):
    made = admin.make("/activities/ab", split(admin.offer("<b>Soon</b>"), shares=(100, 0)))
    body = {"url": PAGE, "currentActivityOnly": True}
    links = admin.send("POST", f"/activities/ab/{made['id']}/qamode", body, status=200).json()["qaModeExperiences"]
    assert [each["experienceLocalId"] for each in links] == [0, 1]
    for link, wanted in zip(links, ([], ["<b>Soon</b>"]), strict=True):
        parts = urlsplit(link["url"])
        assert (parts.netloc, parts.path, parts.fragment) == ("shop.example", "/a", "top")
        assert parse_qs(parts.query)["colour"] == ["red"]
        assert len(parse_qs(parts.query)["at_preview_token"]) == 1
        shown = deliver(qaMode=looked(link["url"]), execute={"mboxes": [{"index": 0, "name": "hero"}]})
        assert [option["content"] for option in shown["execute"]["mboxes"][0].get("options", [])] == wanted
    assert seen("hero") == []


def test_a_link_pretends_audiences(admin, deliver, split):
    audience = admin.audience({"mbox": "tier", "equals": ["gold"]})
    body = split(admin.offer("<b>Soon</b>"))
    body["locations"]["mboxes"][0]["audienceIds"] = [audience]
    made = admin.make("/activities/ab", body)
    for member, wanted in (("audienceIdsEvaluatedAsTrue", 1), ("audienceIdsEvaluatedAsFalse", 0)):
        body = {"url": PAGE, member: [audience], "currentActivityOnly": False}
        links = admin.send("POST", f"/activities/ab/{made['id']}/qamode", body, status=200).json()["qaModeExperiences"]
        look = looked(links[1]["url"])
        assert look["listedActivitiesOnly"] is False
        shown = deliver(qaMode=look, execute={"mboxes": [{"index": 0, "name": "hero"}]})
        assert len(shown["execute"]["mboxes"][0].get("options", [])) == wanted


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "/url"),
        ({"url": "javascript:alert(1)"}, "/url"),
        ({"url": "https://"}, "/url"),
        ({"url": "https://[x"}, "/url"),
        ({"url": "https://a.example/" + "x" * 5_000}, "/url"),
        ({"url": PAGE, "currentActivityOnly": "yes"}, "/currentActivityOnly"),
        ({"url": PAGE, "audienceIdsEvaluatedAsTrue": ["1"]}, "/audienceIdsEvaluatedAsTrue"),
    ],
)
def test_what_is_wrong_is_told(admin, split, body, field):
    made = admin.make("/activities/ab", split(admin.offer("<b>x</b>")))
    refused = admin.send("POST", f"/activities/ab/{made['id']}/qamode", body, status=400).json()
    assert refused["errors"][0]["meta"] == {"field": field}
    admin.send("POST", f"/activities/xt/{made['id']}/qamode", {"url": PAGE}, status=404)
