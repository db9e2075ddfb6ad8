"""The evaluator and Target's SDKs, for Python and for Node, answer alike, over the same artifacts and requests.

Conditions are mostly those of which all JsonLogic libraries think alike, as published ones are: texts beside texts,
numbers beside numbers, and a guard before a number that may be absent.
"""

import json

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from offerd.apis.target.on_device import evaluator
from offerd.services.clock import ManualClock

GLOBAL = "target-global-mbox"
#: A whole second: the SDK rounds up to one.
NOW = 1_767_268_800_000_000
TOKENS = [
    "activity.id",
    "activity.name",
    "experience.id",
    "offer.id",
    "option.name",
    "location.name",
    "geo.city",
    "geo.country",
]


@pytest.fixture(scope="module", params=["target_device", "target_node"], ids=["python", "node"])
def sdk(request):
    """Each of Target's SDKs, deciding on the device."""
    return request.getfixturevalue(request.param)


def test_both_know_the_same_response_tokens_and_times(sdk):
    both(sdk, artifact([[("m1", "1", {"==": [{"var": "current_day"}, 4]}, 3, [], [])]]), request_(["m1"]))


# -- what is asked ----------------------------------------------------------------------------------------------------

NAMES = ("m1", "m2", GLOBAL, "unheard")
URLS = (
    "http://www.shop.example.com/Deals?a=1#top",
    "https://shop.example.co.uk/",
    "http://example.com/path/deals",
    "",
)


def request_(mboxes=(), views=(), page=None, way="execute", **more):
    places = {}
    if not mboxes and page is None and not views:
        mboxes = ["m1"]  # the SDK refuses requests that ask for nothing
    if mboxes:
        places["mboxes"] = [
            {"index": index, **(each if isinstance(each, dict) else {"name": each})}
            for index, each in enumerate(mboxes)
        ]
    if page is not None:
        places["pageLoad"] = page
    if views:
        places["views"] = list(views)
    return {"requestId": "r", "id": {"tntId": "v1"}, "context": {"channel": "web"}, way: places, **more}


_PARAMETERS = st.dictionaries(
    st.sampled_from(("tier", "user.name", "user.age", "a.b.c", "odd..name")),
    st.sampled_from(("gold", "Gold", "silver", "GOLD card", "")),
    max_size=3,
)
_DETAILS = st.fixed_dictionaries(
    {}, optional={"parameters": _PARAMETERS, "address": st.fixed_dictionaries({"url": st.sampled_from(URLS)})}
)
_MBOXES = st.lists(st.builds(lambda name, more: {"name": name, **more}, st.sampled_from(NAMES), _DETAILS), max_size=3)
_VIEWS = st.lists(
    st.one_of(st.just({}), st.sampled_from(("home", "shop", "far")).map(lambda name: {"name": name})), max_size=2
)
_IDS = st.one_of(
    st.integers(0, 500).map(lambda n: {"tntId": f"{n:032x}"}),
    st.integers(0, 500).map(lambda n: {"tntId": f"{n:032x}.28_0"}),
    st.integers(0, 50).map(lambda n: {"marketingCloudVisitorId": f"ecid{n}", "tntId": "x"}),
    st.integers(0, 50).map(lambda n: {"thirdPartyId": f"persön{n}"}),
)
_CONTEXTS = st.fixed_dictionaries(
    {"channel": st.just("web")},
    optional={
        "address": st.fixed_dictionaries(
            {"url": st.sampled_from(URLS)}, optional={"referringUrl": st.sampled_from(URLS)}
        ),
        "geo": st.fixed_dictionaries(
            {},
            optional={
                "city": st.just("Bonn"),
                "countryCode": st.sampled_from(("DE", "FR")),
                "stateCode": st.just("NW"),
                "latitude": st.sampled_from((50.5, 51)),
            },
        ),
        "userAgent": st.sampled_from(
            (
                "",
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
                "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0",
            )
        ),
    },
)
_REQUESTS = st.builds(
    lambda mboxes, views, page, way, context, id_, property_: request_(
        mboxes,
        views if way == "prefetch" else (),
        page,
        way,
        context=context,
        id=id_,
        **({"property": {"token": property_}} if property_ else {}),
    ),
    _MBOXES,
    _VIEWS,
    st.one_of(st.none(), _DETAILS),
    st.sampled_from(("execute", "prefetch")),
    _CONTEXTS,
    _IDS,
    st.sampled_from((None, "p1", "p2")),
)

# -- what it is asked of ----------------------------------------------------------------------------------------------

_TEXT_VARIABLES = st.sampled_from(
    (
        "mbox.tier",
        "mbox.tier_lc",
        "mbox.user.name",
        "page.url_lc",
        "page.path",
        "page.query",
        "page.domain",
        "page.topLevelDomain",
        "referring.url",
        "referring.path_lc",
        "user.browserType",
        "user.locale",
        "current_time",
    )
)
_NUMBERS = {
    "current_timestamp": (NOW // 1000, NOW // 1000 + 1, 0),
    "current_day": (3, 4, 5),
    "geo.latitude": (50.5, 50.75, 51),
    "user.browserVersion": (-1, 119, 120.5),
}


def _number(variable):
    bounds = st.sampled_from(_NUMBERS[variable])
    here = {"var": variable}
    return st.one_of(
        st.builds(lambda op, bound: {op: [here, bound]}, st.sampled_from(("<", "<=", ">", ">=")), bounds),
        st.builds(lambda op, low, high: {op: [low, here, high]}, st.sampled_from(("<", "<=")), bounds, bounds),
    ).map(lambda test: {"and": [{"!=": [here, None]}, test]})


_LEAVES = st.one_of(
    st.booleans(),
    st.builds(
        lambda name, text: {"==": [text, {"var": name}]},
        _TEXT_VARIABLES,
        st.sampled_from(("gold", "chrome", "1200", "example.com", "en")),
    ),
    st.builds(
        lambda name, text: {"and": [{"!!": [{"var": name}]}, {"in": [text, {"var": name}]}]},
        _TEXT_VARIABLES,
        st.sampled_from(("o", "deals", "com")),
    ),
    st.sampled_from(tuple(_NUMBERS)).flatmap(_number),
    st.builds(lambda name: {"!=": [{"var": name}, None]}, st.sampled_from(("mbox.a.b.c", "geo.city", "mbox.user"))),
)
_AUDIENCES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"and": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"or": parts}),
        inner.map(lambda part: {"!": [part]}),
    ),
    max_leaves=5,
)


@st.composite
def _conditions(draw):
    """The conditions of an activity's experiences, as they are published: ranges of traffic, audiences, or both."""
    if draw(st.booleans()):
        return draw(st.lists(_AUDIENCES, min_size=1, max_size=2))
    ends = sorted(draw(st.sets(st.sampled_from((10, 25.5, 33.33, 50, 75, 99.99, 100)), min_size=1, max_size=3)))
    starts = [0, *ends[:-1]]
    made = []
    for index, (low, high) in enumerate(zip(starts, ends, strict=True)):
        span = {
            "and": [{"<=" if index == 0 else "<": [low, {"var": "allocation"}]}, {">=": [high, {"var": "allocation"}]}]
        }
        made.append({"and": [span, draw(_AUDIENCES)]} if draw(st.booleans()) else span)
    return made


_OPTIONS = st.lists(
    st.one_of(
        st.sampled_from(
            (
                {"type": "html", "content": "<b>${campaign.name} ${campaign.recipe.name} ${mbox.tier} ${a.b}</b>"},
                {"type": "html", "content": "<i>plain</i>"},
                {"type": "html", "content": ""},
                {"type": "json", "content": {"a": ["${mbox.tier}", 1.5, None]}},
                {"type": "redirect", "content": "http://a.example/?${mbox.tier}"},
                {
                    "type": "actions",
                    "content": [{"type": "setHtml", "selector": "#a", "cssSelector": "#a", "content": "${offer.id}"}],
                },
            )
        ),
    ),
    max_size=2,
)
_METRICS = st.lists(st.sampled_from(("click", "display")), max_size=2)
_PROPERTIES = st.sampled_from((None, None, [], ["p1"], ["p1", "p2"]))
_ACTIVITY = st.tuples(
    st.sampled_from(("m1", "m2", GLOBAL, "home", "shop")), _conditions(), _OPTIONS, _METRICS, _PROPERTIES
)


def artifact(activities):
    """An artifact; each activity is rules of name, key, condition, experience, options and metrics."""
    mboxes, views = {"m1": [], "m2": [], GLOBAL: []}, {"home": [], "shop": []}
    for number, rules in enumerate(activities):
        for name, key, condition, experience, options, metrics, *properties in rules:
            kind = views if name in views else mboxes
            token = f"t{number}.{experience}"
            kind[name].append(
                {
                    "ruleKey": key,
                    "activityId": 100 + number,
                    **({"propertyTokens": properties[0]} if properties and properties[0] is not None else {}),
                    "meta": {
                        "activity.id": 100 + number,
                        "activity.name": f"Activity {number}",
                        "activity.type": "ab",
                        "experience.id": experience,
                        "experience.name": f"E{experience}",
                        "audience.ids": [],
                        "location.name": name,
                        "offer.id": experience * 10 + 1,
                        "option.name": "Option",
                    },
                    "condition": condition,
                    "consequence": {
                        "name": name,
                        "options": [
                            {**each, "eventToken": f"{token}.{at}"} if at == 0 else each
                            for at, each in enumerate(options)
                        ],
                        "metrics": [
                            {"type": type_, "eventToken": f"{token}.{type_}.{at}"} for at, type_ in enumerate(metrics)
                        ],
                    },
                }
            )
    return {
        "version": "1.0.0",
        "meta": {"clientCode": "shop", "environment": "production", "generatedAt": "2026-01-01T00:00:00Z"},
        "globalMbox": GLOBAL,
        "geoTargetingEnabled": False,
        "responseTokens": TOKENS,
        "remoteMboxes": ["m2"],
        "remoteViews": ["far"],
        "localMboxes": ["m1", "m2", GLOBAL],
        "localViews": ["home", "shop"],
        "rules": {"mboxes": mboxes, "views": views},
    }


_ARTIFACTS = st.lists(_ACTIVITY, max_size=5).map(
    lambda found: artifact(
        [
            [
                (name, str(number), condition, index, options, metrics, properties)
                for index, condition in enumerate(conditions)
            ]
            for number, (name, conditions, options, metrics, properties) in enumerate(found)
        ]
    )
)


def both(sdk, tree, request):
    """Asks both, and sees that they answer alike; what the evaluator answered."""
    here = evaluator.compile_artifact(tree, clock=ManualClock(NOW)).decide(request, session="s")
    assert sdk.ask({"artifact": tree, "client": "shop"}) == {"ready": True}
    there = sdk.ask({"request": request, "now": NOW})
    assert "raised" not in there, there
    assert _told(here, here["meta"], request) == _told(there["response"], there["meta"], request), there
    return here


def _told(response, meta, request):
    """What matters of a response, in one form."""
    made = {"status": response["status"], "client": response["client"]}
    for kind in ("Mboxes", "Views"):
        made[kind] = set(meta.get(f"remote{kind}") or meta.get(f"remote_{kind.lower()}") or ())
    for way in ("execute", "prefetch"):
        if not request.get(way):
            continue
        found = response.get(way) or {}
        made[way] = [_place(each, way) for each in found.get("mboxes") or ()]
        # The SDK answers all of the page whether it is asked for or not.
        if "pageLoad" in request[way]:
            made[f"{way} page"] = _place(found["pageLoad"], way)
        made[f"{way} views"] = [_place(each, "views") for each in found.get("views") or ()]
    return json.loads(json.dumps(made, default=sorted))


def _place(place, way):
    metrics = place.get("metrics") or []
    if way == "execute":  # where no metric is a click, the SDK leaves the others in
        metrics = [each for each in metrics if each["type"] == "click"]
    metrics = [{name: value for name, value in each.items() if value is not None} for each in metrics]
    options = [
        {name: value for name, value in each.items() if value is not None} for each in place.get("options") or ()
    ]
    return [place.get("index"), place.get("name"), options, sorted(metrics, key=lambda each: each["eventToken"])]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(tree=_ARTIFACTS, request=_REQUESTS)
def test_both_answer_alike(sdk, tree, request):
    note(json.dumps({"rules": tree["rules"], "request": request}))
    both(sdk, tree, request)


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({"<": [{"var": "mbox.absent"}, 5]}, True),
        ({"<": ["11", "2"]}, True),
        ({"<": [{"var": "mbox.tier"}, 5]}, False),
        ({"<": [5, {"var": "mbox.tier"}]}, False),
        ({"==": [5, "5.0"]}, True),
        ({"==": [True, "1"]}, True),
        ({"in": [5, "a5"]}, True),
    ],
)
def test_where_the_libraries_differ_the_evaluator_does_what_the_one_of_the_node_sdk_does(target_node, condition, met):
    tree = artifact([[("m1", "1", condition, 0, [{"type": "html", "content": "a"}], [])]])
    found = both(target_node, tree, request_([{"name": "m1", "parameters": {"tier": "gold"}}]))
    assert bool(found["execute"]["mboxes"][0].get("options")) is met


@pytest.mark.parametrize("visitor", range(40))
def test_both_split_traffic_alike(sdk, visitor):
    thirds = [
        (
            "m1",
            "1",
            {"and": [{"<=": [0, {"var": "allocation"}]}, {">=": [33.33, {"var": "allocation"}]}]},
            0,
            [{"type": "html", "content": "a"}],
            [],
        ),
        (
            "m1",
            "1",
            {"and": [{"<": [33.33, {"var": "allocation"}]}, {">=": [66.67, {"var": "allocation"}]}]},
            1,
            [{"type": "html", "content": "b"}],
            [],
        ),
        (
            "m1",
            "1",
            {"and": [{"<": [66.67, {"var": "allocation"}]}, {">=": [100, {"var": "allocation"}]}]},
            2,
            [{"type": "html", "content": "c"}],
            [],
        ),
    ]
    found = both(sdk, artifact([thirds]), request_(["m1"], id={"tntId": f"visitor-{visitor}"}))
    assert len(found["execute"]["mboxes"][0]["options"]) == 1


def test_both_trace_alike(sdk):
    tree = artifact(
        [
            [("m1", "1", {"==": ["gold", {"var": "mbox.tier"}]}, 0, [{"type": "html", "content": "a"}], [])],
            [("m1", "2", True, 1, [{"type": "html", "content": "b"}], [])],
        ]
    )
    place = {"name": "m1", "parameters": {"tier": "silver"}}
    context = {"channel": "web", "address": {"url": "http://shop.example.com/a"}}
    asked = request_([place, "unheard"], way="prefetch", context=context, trace={"authorizationToken": "x"})
    here = both(sdk, tree, asked)["prefetch"]["mboxes"]
    there = sdk.ask({"request": asked, "now": NOW})["response"]["prefetch"]["mboxes"]
    for ours, theirs in zip([each["trace"] for each in here], [each["trace"] for each in there], strict=True):
        assert ours["campaigns"] == theirs["campaigns"]
        assert ours["clientCode"] == theirs["clientCode"]
        assert ours["profile"]["visitorId"]["tntId"] == theirs["profile"]["visitorId"]["tntId"]
        assert ours["request"]["pageURL"] == theirs["request"]["pageURL"]
        assert ours["request"]["host"] == theirs["request"]["host"]
        assert ours["request"]["sessionId"] == theirs["request"]["sessionId"]
        assert ours["artifact"]["artifactVersion"] == theirs["artifact"]["artifactVersion"]
        for mine, other in zip(ours["evaluatedCampaignTargets"], theirs["evaluatedCampaignTargets"], strict=True):
            for name in ("current_timestamp", "current_time", "current_day", "allocation", "mbox", "page"):
                assert mine["context"][name] == other["context"][name], name
            geo = mine["context"]["geo"]
            assert geo == {**dict.fromkeys(geo), **other["context"]["geo"]}  # what Node leaves undefined is not in JSON
            assert {**mine, "context": None} == {**other, "context": None}


def test_both_refuse_other_versions(sdk):
    tree = {**artifact([]), "version": "99.0.0"}
    with pytest.raises(evaluator.ArtifactError):
        evaluator.compile_artifact(tree)
    sdk.ask({"artifact": tree, "client": "shop"})
    assert "raised" in sdk.ask({"request": request_(["m1"]), "now": NOW})
