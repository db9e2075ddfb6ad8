"""Looking at what is not live, and at why: preview links, QA mode, traces; nothing of it counts."""

import pytest

from offerd.apis.target.tokens import Preview, Tokens

HERO = {"mboxes": [{"name": "hero"}, {"name": "deal"}]}


@pytest.fixture
def look(server, workspace, site):
    """Makes a token that lets its bearer see activities."""
    return lambda *activities, shown=(): Tokens(server.house, workspace).preview(Preview(list(activities), list(shown)))


def shown(body):
    return [[option["content"] for option in mbox.get("options", [])] for mbox in body["execute"]["mboxes"]]


def test_a_preview_shows_the_experience_of_its_token(deliver, look, events, site):
    visitor = {"tntId": "v"}
    body = deliver(id=visitor, preview={"token": look("soon", shown=["two"])}, execute=HERO)
    assert shown(body) == [["<b>Soon 2</b>"], [{"discount": 5}]]
    assert events() == []
    assert site.get("/profiles").json()["items"] == []


def test_qa_mode_shows_drafts_by_their_places(deliver, look):
    token = look("soon", "ab")
    for pins, wanted in (
        ([{"activityIndex": 1, "experienceIndex": 2}], "<b>Soon 2</b>"),
        ([{"activityIndex": 1}], "<b>Soon 1</b>"),
        ([{"activityIndex": 2, "experienceIndex": 3}], "<b>C</b>"),
        ([], "<b>Soon 1</b>"),
        ([{"activityIndex": 9, "experienceIndex": 9}], "<b>Soon 1</b>"),
    ):
        body = deliver(qaMode={"token": token, "previewIndexes": pins}, execute=HERO)
        assert shown(body)[0] == [wanted]
        assert shown(body)[1] == [{"discount": 5}]


def test_qa_mode_may_leave_everything_else_out(deliver, look):
    qa = {"token": look("soon"), "listedActivitiesOnly": True, "previewIndexes": [{"activityIndex": 1}]}
    assert shown(deliver(qaMode=qa, execute=HERO)) == [["<b>Soon 1</b>"], []]


def test_qa_mode_pretends_audiences(deliver, look, site):
    gold = int(site.get("/audiences/gold").json()["ids"]["number"])
    qa = {"token": look("members"), "evaluateAsTrueAudienceIds": [gold, 999_999]}
    assert shown(deliver(qaMode=qa, execute=HERO))[1] == [{"discount": 20}]
    never = {"token": look("members"), "evaluateAsFalseAudienceIds": [str(gold)]}
    profile = {"mboxes": [{"name": "deal", "profileParameters": {"tier": "gold"}}]}
    assert shown(deliver(qaMode=never, execute=profile))[0] == [{"discount": 5}]


def test_a_token_of_nobodys_shows_what_is_live(deliver):
    for more in ({"preview": {"token": "x"}}, {"qaMode": {"token": "x", "listedActivitiesOnly": True}}, {"qaMode": {}}):
        assert shown(deliver(**more, execute=HERO))[1] == [{"discount": 5}]


def test_a_trace_says_why_to_those_who_hold_a_token(deliver, server, workspace):
    secret = server.token("decide", workspace=workspace)
    body = deliver(
        id={"tntId": "v"},
        context={"address": {"url": "https://shop.example/"}},
        trace={"authorizationToken": secret},
        execute={"pageLoad": {}, "mboxes": [{"name": "deal"}, {"name": "hero"}]},
        prefetch={"views": [{}]},
    )
    trace = body["execute"]["mboxes"][0]["trace"]
    assert trace["clientCode"] == workspace
    assert trace["profile"]["visitorId"] == {"tntId": "v"}
    assert trace["request"]["pageURL"] == "https://shop.example/"
    assert [each["name"] for each in trace["campaigns"]] == ["Everyone"]
    refused = [each for each in trace["evaluatedCampaignTargets"] if each["unmatchedRuleConditions"]]
    assert refused[0]["unmatchedRuleConditions"][0]["path"] == "audiences.gold"
    assert refused[0]["unmatchedSegmentIds"]
    assert all("trace" in each for each in (body["execute"]["pageLoad"], *body["prefetch"]["views"]))
    assert secret not in str(body)


def test_nobody_else_sees_a_trace(deliver, server, workspace):
    other = server.token("decide", workspace="default")
    interact = server.token("interact", workspace=workspace)
    for secret in ("x", other, interact):
        body = deliver(trace={"authorizationToken": secret}, execute=HERO)
        assert "trace" not in body["execute"]["mboxes"][0]
