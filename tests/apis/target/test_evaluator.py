"""Deciding from an on-device artifact, sentence by sentence."""

import json

import pytest

from offerd.apis.target.on_device import evaluator, obfuscation
from offerd.apis.target.on_device.evaluator import ArtifactError
from offerd.apis.target.on_device.evaluator_loading import load
from offerd.apis.target.problems import Rejected
from offerd.engine.traffic import allocation
from offerd.services.clock import ManualClock

GLOBAL = "target-global-mbox"
NOW = 1_767_268_800_000_000  # Thursday, 2026-01-01T12:00:00Z


def html(content, token=None, **more):
    return {"type": "html", "content": content, **({"eventToken": token} if token else {}), **more}


def rule(key, condition=True, options=(), metrics=(), *, name="m", **more):
    activity = int(key.partition("-")[0])
    meta = {
        "activity.id": activity,
        "activity.name": f"Activity {activity}",
        "activity.type": "ab",
        "experience.id": 7,
        "experience.name": "Blue",
        "audience.ids": [],
        "offer.id": 11,
        **more.pop("meta", {}),
    }
    consequence = {"name": name, "options": list(options), "metrics": list(metrics)}
    return {
        "ruleKey": key,
        "activityId": activity,
        "meta": meta,
        "condition": condition,
        "consequence": consequence,
        **more,
    }


def artifact(mboxes=None, views=None, **more):
    return {
        "version": "1.0.0",
        "meta": {"clientCode": "shop", "environment": "staging"},
        "globalMbox": GLOBAL,
        "geoTargetingEnabled": False,
        "responseTokens": [],
        "remoteMboxes": [],
        "remoteViews": [],
        "localMboxes": list(mboxes or {}),
        "localViews": list(views or {}),
        "rules": {"mboxes": mboxes or {}, "views": views or {}},
        **more,
    }


def device(mboxes=None, views=None, **more):
    return evaluator.compile_artifact(artifact(mboxes, views, **more), clock=ManualClock(NOW))


def asked(*mboxes, way="execute", **more):
    """A request for mboxes, by name or whole."""
    places = [each if isinstance(each, dict) else {"name": each} for each in mboxes]
    places = [{"index": index, **each} for index, each in enumerate(places)]
    return {"id": {"tntId": "v1"}, way: {"mboxes": places}, **more}


def shown(answer, way="execute"):
    """What each mbox shows, by its contents."""
    return [[each.get("content") for each in mbox.get("options", ())] for mbox in answer[way]["mboxes"]]


def holds(condition, *, parameters=None, context=None, id_=None):
    """Whether a condition holds of a request."""
    made = device({"m": [rule("1", condition, [html("yes")])]})
    request = asked({"name": "m", "parameters": parameters or {}}, context=context or {}, id=id_ or {"tntId": "v1"})
    return shown(made.decide(request)) == [["yes"]]


def test_in_a_regional_mbox_the_first_rule_that_holds_wins():
    made = device({"m": [rule("1", False, [html("a")]), rule("2", True, [html("b")]), rule("3", True, [html("c")])]})
    assert shown(made.decide(asked("m"))) == [["b"]]


def test_an_mbox_is_the_consequence_and_its_index():
    made = device({"m": [rule("1", True, [html("a")])], "n": [rule("2", True, [html("b")], name="n")]})
    found = made.decide(asked({"name": "n", "index": 5}, {"name": "m", "index": "3"}))["execute"]["mboxes"]
    assert [(each["index"], each["name"]) for each in found] == [(5, "n"), (3, "m")]
    without = made.decide({"execute": {"mboxes": [{"name": "m"}, {"name": "n"}]}})["execute"]["mboxes"]
    assert [each["index"] for each in without] == [0, 1]


def test_where_nothing_holds_a_regional_mbox_is_its_name_and_index():
    made = device({"m": [rule("1", False, [html("a")])]})
    assert made.decide(asked("m", "nowhere"))["execute"]["mboxes"] == [
        {"index": 0, "name": "m"},
        {"index": 1, "name": "nowhere"},
    ]


def _of_keys():
    return [
        rule("1", False, [html("1a")], name=GLOBAL),
        rule("1", True, [html("1b")], name=GLOBAL),
        rule("1", True, [html("1c")], name=GLOBAL),
        rule("2", True, [html("2a")], name=GLOBAL),
        rule("2-1", True, [html("2-1")], name=GLOBAL),
    ]


def test_in_the_global_mbox_the_first_rule_that_holds_of_each_key_counts():
    made = device({GLOBAL: _of_keys()})
    found = made.decide(asked({"name": GLOBAL, "index": 4}))["execute"]["mboxes"]
    assert [(each["index"], each["options"][0]["content"]) for each in found] == [(4, "1b"), (4, "2a"), (4, "2-1")]
    assert device({GLOBAL: [rule("1", False, name=GLOBAL)]}).decide(asked(GLOBAL))["execute"] == {"mboxes": []}


def test_another_mbox_may_be_the_global_one():
    made = device({"all": _of_keys(), GLOBAL: _of_keys()}, globalMbox="all")
    assert len(made.decide(asked("all"))["execute"]["mboxes"]) == 3
    assert len(made.decide(asked(GLOBAL))["execute"]["mboxes"]) == 1


def test_a_page_has_the_options_of_all_rules_and_each_metric_once():
    click = {"type": "click", "selector": "#a", "eventToken": "same"}
    rules = [
        rule("1", True, [html("a", "t1"), html("b", "t2")], [click], name=GLOBAL),
        rule("2", True, [html("c", "t3")], [click, {"type": "click", "eventToken": "other"}], name=GLOBAL),
        rule("2", True, [html("d", "t4")], name=GLOBAL),
    ]
    made = device({GLOBAL: rules})
    page = made.decide({"execute": {"pageLoad": {}}})["execute"]["pageLoad"]
    assert [each["content"] for each in page["options"]] == ["a", "b", "c"]
    assert [each["eventToken"] for each in page["metrics"]] == ["same", "other"]
    assert set(page) == {"options", "metrics"}
    assert made.decide({"prefetch": {"pageLoad": {}}})["prefetch"]["pageLoad"].keys() == {"options"}
    assert device().decide({"execute": {"pageLoad": {}}})["execute"] == {"pageLoad": {"options": []}}


def test_views_are_asked_by_key_and_merged_by_name():
    views = {
        "shop": [
            rule("1-0", True, [html("s1", "t1")], [{"type": "click", "eventToken": "c1"}], name="shop"),
            rule("1-0", True, [html("s2", "t2")], name="shop"),
            rule("2-0", True, [html("s3", "t3")], [{"type": "display", "eventToken": "c2"}], name="shop"),
        ],
        "home": [rule("3-0", True, [html("h", "t4")], name="home"), rule("4-0", False, [html("h2")], name="home")],
        "none": [rule("5-0", False, [html("n")], name="none")],
    }
    made = device(views=views)
    every = made.decide({"prefetch": {"views": [{}]}})["prefetch"]["views"]
    assert [(each["name"], [one["content"] for one in each["options"]]) for each in every] == [
        ("home", ["h"]),
        ("shop", ["s1", "s3"]),
    ]
    assert [each["eventToken"] for each in every[1]["metrics"]] == ["c1", "c2"]
    one = made.decide({"prefetch": {"views": [{"name": "shop"}]}})["prefetch"]["views"]
    assert one == every[1:]
    assert made.decide({"prefetch": {"views": [{"name": "none"}, {"name": "elsewhere"}]}})["prefetch"]["views"] == []


def test_what_is_shown_at_once_has_no_tokens_no_blanks_and_click_metrics_only():
    options = [html("a", "t"), html(""), {"type": "html"}, {"content": "x"}, {"eventToken": "only"}]
    metrics = [{"type": "display", "eventToken": "d"}, {"type": "click", "selector": "#x", "eventToken": "c"}]
    made = device({"m": [rule("1", True, options, metrics)], "n": [rule("2", True, [], metrics[:1], name="n")]})
    first, second = made.decide(asked("m", "n"))["execute"]["mboxes"]
    assert [each["content"] for each in first["options"]] == ["a"]
    assert "eventToken" not in first["options"][0]
    assert first["metrics"] == [{"type": "click", "selector": "#x", "eventToken": "c"}]
    assert "metrics" not in second


def test_what_is_kept_for_later_has_tokens_its_own_or_of_the_display_in_its_place():
    options = [html("a", "own"), html("b"), html("c"), html("d")]
    metrics = [
        {"type": "display", "eventToken": "d1"},
        {"type": "display", "eventToken": "d2"},
        {"type": "click", "eventToken": "c3"},
    ]
    mbox = device({"m": [rule("1", True, options, metrics)]}).decide(asked("m", way="prefetch"))["prefetch"]["mboxes"][
        0
    ]
    assert [each.get("eventToken") for each in mbox["options"]] == ["own", "d2", None, None]
    assert "metrics" not in mbox


def test_response_tokens_are_the_method_and_what_the_artifact_wants():
    wanted = ["activity.id", "activity.name", "experience.name", "option.id", "geo.city", "geo.state", "geo.latitude"]
    made = device({"m": [rule("1", True, [html("a", responseTokens={"old": 1})])]}, responseTokens=wanted)
    own = {"activity.id": 1, "activity.name": "Activity 1", "experience.name": "Blue"}
    method = {"activity.decisioningMethod": "on-device"}

    def tokens(**more):
        return made.decide(asked("m", **more))["execute"]["mboxes"][0]["options"][0]["responseTokens"]

    assert tokens() == {**own, **method}
    geo = {"city": "Bonn", "stateCode": "NW", "countryCode": "DE", "latitude": 50.7}
    assert tokens(context={"geo": geo}) == {
        **own,
        **method,
        "geo.city": "Bonn",
        "geo.state": "NW",
        "geo.latitude": 50.7,
    }
    assert tokens() == {**own, **method}
    bare = device({"m": [rule("1", True, [html("a")])]})
    assert bare.decide(asked("m"))["execute"]["mboxes"][0]["options"][0]["responseTokens"] == method


def test_macros_are_filled_from_the_rule_the_place_and_its_parameters():
    text = "${campaign.name}|${campaign.recipe.id}|${offer.id}|${mbox.name}|${index}|${mbox.tier}|${user.x}|${no.such}"
    actions = [
        {"type": "setText", "selector": "h1", "content": "${mbox.tier}"},
        {"type": "setStyle", "selector": "h2", "content": {"color": "${mbox.tier}"}},
    ]
    options = [html(text), {"type": "actions", "content": actions}, {"type": "json", "content": {"a": "${tier}"}}]
    options.append({"type": "redirect", "content": "http://a.example/?t=${tier}"})
    made = device({"m": [rule("1", True, options)]})
    place = {"name": "m", "parameters": {"tier": "gold", "user.x": "deep", "index": "no"}}
    found = made.decide(asked(place))["execute"]["mboxes"][0]["options"]
    assert found[0]["content"] == "Activity 1|7|11|m|0|gold|deep|${no.such}"
    assert found[1]["content"][0]["content"] == "gold"
    assert found[1]["content"][1]["content"] == {"color": "${mbox.tier}"}
    assert found[2]["content"] == {"a": "${tier}"}
    assert found[3]["content"] == "http://a.example/?t=${tier}"
    other = made.decide(asked({"name": "m", "parameters": {"tier": "<b>"}}))["execute"]["mboxes"][0]["options"]
    assert "&lt;b&gt;" in other[0]["content"]


@pytest.mark.parametrize(
    ("token", "wanted"), [(None, ["free"]), ("p1", ["ours", "free"]), ("p2", ["both", "free"]), ("p3", ["free"])]
)
def test_rules_of_properties_are_for_requests_that_name_one_of_them(token, wanted):
    rules = [
        rule("1", True, [html("ours")], propertyTokens=["p1"], name=GLOBAL),
        rule("2", token == "p2", [html("both")], propertyTokens=["p1", "p2"], name=GLOBAL),
        rule("3", True, [html("free")], propertyTokens=[], name=GLOBAL),
    ]
    request = {"execute": {"pageLoad": {}}, "property": {"token": token} if token else None}
    page = device({GLOBAL: rules}).decide(request)["execute"]["pageLoad"]
    assert [each["content"] for each in page["options"]] == wanted


@pytest.mark.parametrize(
    ("request_", "status", "mboxes", "views"),
    [
        (asked("m"), 200, [], []),
        (asked("far"), 206, ["far"], []),
        (asked("m", "unheard", "far", "unheard"), 206, ["unheard", "far"], []),
        ({"prefetch": {"mboxes": [{"name": "both"}]}}, 206, ["both"], []),
        ({"prefetch": {"views": [{"name": "home"}]}}, 200, [], []),
        ({"prefetch": {"views": [{"name": "away"}, {"name": "new"}]}}, 206, [], ["away", "new"]),
        ({"prefetch": {"views": [{}]}}, 206, [], ["away"]),
        ({"prefetch": {"views": [{}, {"name": "home"}]}}, 200, [], []),
        ({"execute": {"pageLoad": {}}}, 200, [], []),
        ({}, 200, [], []),
    ],
)
def test_the_status_says_whether_something_must_be_asked_of_the_server(request_, status, mboxes, views):
    made = device(
        {"m": [], "both": []},
        {"home": []},
        remoteMboxes=["far", "both"],
        remoteViews=["away"],
    )
    answer = made.decide(request_)
    assert answer["status"] == status
    assert answer["meta"] == {"decisioningMethod": "on-device", "remoteMboxes": mboxes, "remoteViews": views}


def test_the_answer_names_request_client_and_visitor():
    answer = device().decide({"requestId": "r1", "id": {"tntId": "v1.28_0", "thirdPartyId": "t"}})
    assert answer == {
        "status": 200,
        "requestId": "r1",
        "client": "shop",
        "id": {"tntId": "v1", "thirdPartyId": "t"},
        "meta": {"decisioningMethod": "on-device", "remoteMboxes": [], "remoteViews": []},
    }
    new = [device().decide({}) for _ in range(2)]
    assert len({each["requestId"] for each in new}) == 2
    assert all(len(each["id"]["tntId"]) == 32 and "." not in each["id"]["tntId"] for each in new)
    assert new[0]["id"] != new[1]["id"]


@pytest.mark.parametrize(
    ("id_", "wanted"),
    [
        ({"marketingCloudVisitorId": "ecid123", "tntId": "tntId123"}, 29.06),
        ({"tntId": "tntId123"}, 21.94),
        ({"tntId": "tntId123.28_0", "thirdPartyId": "t"}, 21.94),
        ({"thirdPartyId": "thirtPartyId123"}, 73.15),
    ],
)
def test_the_visitor_is_the_first_id_there_is(id_, wanted):
    """The known values are of another salt; here each is only told from the others."""
    unit = id_.get("marketingCloudVisitorId") or id_.get("tntId", "").partition(".")[0] or id_["thirdPartyId"]
    assert float(allocation("someClientId", "123456", unit, "salty")) == wanted
    at = float(allocation("shop", "1", unit))
    exactly = {"and": [{"<=": [at, {"var": "allocation"}]}, {">=": [at, {"var": "allocation"}]}]}
    assert holds(exactly, id_=id_)
    assert not holds({"<": [at, {"var": "allocation"}]}, id_=id_)
    assert not holds({"or": [{">": [at, {"var": "allocation"}]}, {"<": [at, {"var": "allocation"}]}]}, id_=id_)
    assert holds({"or": [{"!=": [1, 1]}, exactly]}, id_=id_)


def test_traffic_is_split_for_the_client_that_is_named():
    at = float(allocation("other", "1", "v1"))
    tree = artifact({"m": [rule("1", {"==": [at, {"var": "allocation"}]}, [html("yes")])]})
    assert shown(evaluator.compile_artifact(tree, client="other").decide(asked("m"))) == [["yes"]]
    assert shown(evaluator.compile_artifact(tree).decide(asked("m"))) == [[]]


@pytest.mark.parametrize("first", [True, False])
def test_ranges_are_open_below_and_closed_above_but_for_the_first(first):
    at = float(allocation("shop", "1", "v1"))
    low = {"<=" if first else "<": [at, {"var": "allocation"}]}
    assert holds({"and": [low, {">=": [100, {"var": "allocation"}]}]}) is first
    assert holds({"and": [{"<": [0, {"var": "allocation"}]}, {">=": [at, {"var": "allocation"}]}]})
    assert not holds({"and": [{"<": [0, {"var": "allocation"}]}, {">": [at, {"var": "allocation"}]}]})


AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
)
URL = "http://www.A.example.co.uk/Path/x?Q=1#Frag"


@pytest.mark.parametrize(
    "condition",
    [
        {"==": [{"var": "current_day"}, "4"]},
        {"==": [{"var": "current_time"}, "1200"]},
        {"<=": ["1130", {"var": "current_time"}, "1200"]},
        {"<=": [1_767_268_800_000, {"var": "current_timestamp"}, 1_767_268_800_000]},
        {"==": [{"var": "user.browserType"}, "chrome"]},
        {"==": [{"var": "user.browserVersion"}, 120]},
        {"==": [{"var": "user.locale"}, "en"]},
        {"==": [{"var": "page.url"}, URL]},
        {"==": [{"var": "page.path"}, "/Path/x"]},
        {"==": [{"var": "page.query_lc"}, "q=1"]},
        {"==": [{"var": "page.fragment"}, "Frag"]},
        {"==": [{"var": "page.domain"}, "example.co.uk"]},
        {"==": [{"var": "page.subdomain"}, "a"]},
        {"==": [{"var": "page.topLevelDomain"}, "co.uk"]},
        {"in": ["/path", {"var": "page.url_lc"}]},
        {"==": [{"var": "referring.domain"}, "search.example"]},
        {"==": [{"var": "referring.subdomain"}, ""]},
        {"==": [{"var": "geo.country"}, "DE"]},
        {"==": [{"var": "geo.region"}, "NW"]},
        {"==": [{"var": "geo.city"}, "Bonn"]},
        {"<=": ["50.5", {"var": "geo.latitude"}, "51"]},
        {"==": [{"var": "geo.longitude"}, None]},
        {"==": [{"var": "mbox.Tier"}, "Gold"]},
        {"==": [{"var": "mbox.Tier_lc"}, "gold"]},
        {"==": [{"var": "mbox.user.name_lc"}, "ann"]},
        {"<": [{"var": "mbox.age"}, 18]},
        {"==": [{"var": "mbox.age_lc"}, None]},
        {"==": [{"var": "nowhere"}, None]},
        {"==": [{"var": "page.nothing"}, None]},
    ],
)
def test_what_conditions_see(condition):
    context = {
        "userAgent": AGENT,
        "address": {"url": URL, "referringUrl": "http://search.example/"},
        "geo": {"countryCode": "DE", "stateCode": "NW", "city": "Bonn", "latitude": 50.7},
    }
    parameters = {"Tier": "Gold", "user.name": "Ann", "age": 17}
    assert holds(condition, parameters=parameters, context=context)
    assert not holds({"!": [condition]}, parameters=parameters, context=context)


def test_a_place_with_its_own_address_has_it_for_the_page_and_the_one_before():
    address = {"url": "http://own.example/", "referringUrl": "http://other.example/"}
    for name in ("page", "referring"):
        made = device({"m": [rule("1", {"==": [{"var": f"{name}.domain"}, "own.example"]}, [html("yes")])]})
        context = {"address": {"url": "http://all.example/", "referringUrl": "http://all.example/"}}
        request = asked({"name": "m", "address": address}, "m", context=context)
        assert shown(made.decide(request)) == [["yes"], []]


def test_answers_hold_the_evaluators_own_objects_and_deciding_changes_none():
    tree = artifact(
        {"m": [rule("1", True, [html("a"), {"type": "json", "content": {"deep": [1]}}])], GLOBAL: _of_keys()},
        {"home": [rule("3-0", True, [html("h", "t")], name="home"), rule("4-0", True, [html("i", "t")], name="home")]},
    )
    before = json.dumps(tree)
    made = evaluator.compile_artifact(tree)
    request = {
        "execute": {"mboxes": [{"name": "m"}], "pageLoad": {}},
        "prefetch": {"views": [{}]},
        "id": {"tntId": "v"},
    }
    request["requestId"] = "r"
    first, second = made.decide(request), made.decide(request)
    assert first == second
    mboxes = [each["execute"]["mboxes"][0]["options"] for each in (first, second)]
    assert mboxes[0] is mboxes[1]
    assert mboxes[0][1]["content"] is tree["rules"]["mboxes"]["m"][0]["consequence"]["options"][1]["content"]
    assert json.dumps(tree) == before


def test_facts_are_made_only_when_a_condition_comes_to_them():
    made = device({"m": [rule("1", {"and": [False, {"var": "page.url"}]}, [html("a")])]})
    broken = asked("m", context={"address": "no object"})
    assert shown(made.decide(broken)) == [[]]
    reading = device({"m": [rule("1", {"and": [True, {"var": "page.url"}]}, [html("a")])]})
    with pytest.raises(Rejected, match="address"):
        reading.decide(broken)


def test_a_trace_is_made_only_when_it_is_asked_for():
    rules = [
        rule("1", {"==": [1, 2]}, [html("a")], meta={"audience.ids": [3, 4]}),
        rule("1", True, [html("b")], meta={"audience.ids": [4], "experience.id": 8}),
        rule("2", True, [html("c")]),
    ]
    made = device({"m": rules})
    request = asked(
        {"name": "m", "parameters": {"a": "b"}}, "nowhere", context={"address": {"url": URL}}, way="prefetch"
    )
    assert "trace" not in made.decide(request)["prefetch"]["mboxes"][0]
    answer = made.decide({**request, "trace": {"authorizationToken": "x"}}, session="s1")
    mbox, nowhere = answer["prefetch"]["mboxes"]
    trace = mbox["trace"]
    assert shown(answer, "prefetch") == [["b"], []]
    assert trace["clientCode"] == "shop"
    assert trace["artifact"]["artifactVersion"] == "1.0.0"
    assert trace["profile"] == {"visitorId": {"tntId": "v1"}}
    assert trace["request"] == {
        "sessionId": "s1",
        "pageURL": URL,
        "host": "example.co.uk",
        "mbox": {"name": "m", "index": 0, "parameters": {"a": "b"}, "type": "prefetch"},
    }
    assert trace["campaigns"] == [
        {"id": 1, "campaignType": "ab", "branchId": 8, "offers": [11], "environment": "staging"}
    ]
    (target,) = trace["evaluatedCampaignTargets"]
    assert target["context"]["allocation"] == float(allocation("shop", "1", "v1"))
    assert target["context"]["mbox"] == {"a": "b", "a_lc": "b"}
    assert target["campaignId"] == 1
    assert (target["matchedSegmentIds"], target["unmatchedSegmentIds"]) == ([4], [3, 4])
    assert (target["matchedRuleConditions"], target["unmatchedRuleConditions"]) == ([True], [{"==": [1, 2]}])
    assert nowhere["trace"]["request"]["mbox"]["name"] == "nowhere"
    pages = device({GLOBAL: rules}, {"home": [rule("9", name="home")]})
    both = pages.decide({"execute": {"pageLoad": {}}, "prefetch": {"views": [{"name": "home"}]}, "trace": {}})
    assert both["execute"]["pageLoad"]["trace"]["campaigns"][0]["id"] == 1
    assert both["prefetch"]["views"][0]["trace"]["request"]["view"] == {"name": "home", "type": "prefetch"}


@pytest.mark.parametrize("version", ["1", "1.0.0", "1.99.3"])
def test_artifacts_of_version_1_are_understood(version):
    assert device(version=version).decide({})["status"] == 200


@pytest.mark.parametrize("version", ["99.0.0", "0.9", "2.0.0", "10.0", "", None, 1, ["1"]])
def test_artifacts_of_other_versions_are_refused(version):
    with pytest.raises(ArtifactError, match="version"):
        device(version=version)


@pytest.mark.parametrize(
    ("tree", "at"),
    [
        ([], "no object"),
        (None, "no object"),
        ({**artifact(), "rules": None}, "/rules"),
        ({**artifact(), "meta": []}, "/meta"),
        ({**artifact(), "rules": {"mboxes": []}}, "/rules/mboxes"),
        ({**artifact(), "rules": {"views": 5}}, "/rules/views"),
        (artifact({"m": {}}), "/rules/mboxes/m"),
        (artifact({"m": ["x"]}), "/rules/mboxes/m/0"),
        (artifact({"m": [rule("1", {"nope": 1})]}), "/rules/mboxes/m/0/condition/nope"),
        (artifact({"m": [rule("1", {"and": [1, {"==": [1]}]})]}), "/rules/mboxes/m/0/condition/and/1/=="),
        (artifact({"m": [{"meta": 5}]}), "/rules/mboxes/m/0/meta"),
        (artifact({"m": [{"consequence": []}]}), "0/consequence"),
        (artifact({"m": [{"consequence": {"options": ["x"]}}]}), "/consequence/options"),
        (artifact(views={"v": [{"consequence": {"metrics": {}}}]}), "/rules/views/v/0/consequence/metrics"),
    ],
)
def test_what_is_no_artifact_is_refused_and_says_where(tree, at):
    with pytest.raises(ArtifactError) as refused:
        evaluator.compile_artifact(tree)
    assert at in str(refused.value)


@pytest.mark.parametrize(
    "request_",
    [
        {"execute": []},
        {"execute": {"mboxes": {}}},
        {"execute": {"mboxes": ["m"]}},
        {"execute": {"mboxes": [{}]}},
        {"execute": {"mboxes": [{"name": ""}]}},
        {"execute": {"mboxes": [{"name": ["m"]}]}},
        {"id": "v1"},
        {"execute": {"mboxes": [{"name": "m"}] * 51}},
        {"id": {"tntId": "x" * 129}},
        {"property": "p"},
        {"context": 5},
        {"requestId": {}},
        {"prefetch": {"views": [5]}},
        {"prefetch": {"views": [{"name": {}}]}},
        {"execute": {"mboxes": [{"name": "m", "parameters": []}]}},
    ],
)
def test_what_is_no_delivery_request_is_refused(request_):
    made = device({"m": [rule("1", {"==": [{"var": "mbox.a"}, 1]})]})
    with pytest.raises(Rejected):
        made.decide(request_)


def test_artifacts_are_read_plain_or_obfuscated():
    tree = artifact({"m": [rule("1", {"<=": [0.5, {"var": "allocation"}, 33.33]}, [html("é")])]})
    body = json.dumps(tree).encode()
    assert load(body) == tree
    assert load(obfuscation.obfuscated(body, "org@Offerd"), "org@Offerd") == tree


@pytest.mark.parametrize(
    ("data", "organisation", "message"),
    [
        (b"", None, "not JSON"),
        (b"{", None, "not JSON"),
        (b"[]", None, "no object"),
        (b"\xff", None, "not JSON"),
        (b"[" * 1_000 + b"]" * 1_000, None, "nested"),
        (obfuscation.obfuscated(b"{}", "org"), None, "say the id"),
        (obfuscation.obfuscated(b"{}", "org"), "", "say the id"),
        (obfuscation.obfuscated(json.dumps(artifact()).encode(), "org"), "other", "another organisation"),
        (b"ATOD:002" + b"k" * 32 + b"{}", "org", "not known"),
        (b"ATOD:001short", "org", "not known"),
    ],
)
def test_what_cannot_be_read_is_refused(data, organisation, message):
    with pytest.raises(ArtifactError, match=message):
        load(data, organisation)


def test_a_rule_of_the_greatest_depth_can_be_read():
    condition = True
    for _ in range(100):
        condition = {"!": [condition]}
    tree = load(json.dumps(artifact({"m": [rule("1", condition, [html("a")])]})).encode())
    assert shown(evaluator.compile_artifact(tree).decide(asked("m"))) == [["a"]]
