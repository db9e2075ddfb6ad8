"""What artifacts say of activities, by example, and what they leave to the server."""

import pytest

START = 1_767_268_800_000_000


@pytest.fixture
def published(server, workspace, api):
    """The artifact of a catalogue: of one activity on a banner, unless the test says more."""

    def publish(activity=None, **more):
        own = {
            "status": "live", "placements": ["banner"], "selections": [{"rank": "order", "inline": {"a": offer("A")}}],
        }  # fmt: skip
        catalogue = {
            "placements": {"banner": {}, "typed": {"content": ["html"]}},
            "activities": {"one": own | (activity or {})},
        }
        for name, value in more.items():
            catalogue[name] = catalogue.get(name, {}) | value
        answer = api.post("/catalogue/apply?prune=true", json=catalogue)
        assert answer.status_code == 200, answer.text
        with server.client("") as client:
            return client.get(f"/{workspace}/production/v1/rules.json").json()

    return publish


@pytest.fixture
def rules(published):
    """The rules of the banner, which devices decide."""

    def find(activity=None, **more):
        artifact = published(activity, **more)
        assert "banner" not in artifact["remoteMboxes"]
        return artifact["rules"]["mboxes"]["banner"]

    return find


@pytest.fixture
def condition(rules):
    """What an audience is as JsonLogic."""
    return lambda pql, **more: rules({"audience": pql}, **more)[0]["condition"]


def offer(text, **more):
    return {"status": "approved", "content": {"banner": {"html": f"<b>{text}</b>"}}, **more}


def split(shares, **more):
    inline = {name: offer(name.upper()) for name in shares}
    return {"keep": "profile", "selections": [{"rank": {"traffic": shares}, "inline": inline}], **more}


ALLOCATION = {"var": "allocation"}


def test_a_split_is_ranges_of_the_allocation_of_which_the_first_is_closed(rules):
    found = rules(split({"a": 50, "b": 50}))
    assert [rule["condition"] for rule in found] == [
        {"and": [{"<=": [0, ALLOCATION]}, {">=": [50, ALLOCATION]}]},
        {"and": [{"<": [50, ALLOCATION]}, {">=": [100, ALLOCATION]}]},
    ]
    assert {rule["ruleKey"] for rule in found} == {str(found[0]["activityId"])}


def test_an_entry_percentage_is_what_the_ranges_fill_together(rules):
    found = rules(split({"a": 34, "b": 33, "c": 33}, percent=50))
    assert [rule["condition"] for rule in found] == [
        {"and": [{">=": [50, ALLOCATION]}, {"<=": [0, ALLOCATION]}, {">=": [17, ALLOCATION]}]},
        {"and": [{">=": [50, ALLOCATION]}, {"<": [17, ALLOCATION]}, {">=": [33.5, ALLOCATION]}]},
        {"and": [{">=": [50, ALLOCATION]}, {"<": [33.5, ALLOCATION]}]},
    ]


def test_nobody_enters_at_0_percent_and_nobody_gets_what_has_no_share(rules):
    assert rules(split({"a": 100}, percent=0)) == []
    assert len(rules(split({"a": 0, "b": 100}))) == 1


def test_experiences_for_audiences_are_asked_in_their_order(rules):
    inline = {
        "gold": offer("Gold", eligible='context.mbox.tier = "gold"'),
        "draft": {**offer("Draft"), "status": "draft"},
        "rest": offer("Rest"),
    }
    found = rules({"selections": [{"rank": "order", "inline": inline}]})
    assert [rule["condition"] for rule in found] == [{"==": ["gold", {"var": "mbox.tier"}]}, True]
    assert [rule["meta"]["experience.name"] for rule in found] == ["gold", "rest"]
    assert {rule["meta"]["activity.type"] for rule in found} == {"landing"}


@pytest.mark.parametrize(
    ("pql", "logic"),
    [
        ('context.page.url_lc.contains("bar")', {"in": ["bar", {"var": "page.url_lc"}]}),
        ('context.mbox.foo = "bar"', {"==": ["bar", {"var": "mbox.foo"}]}),
        ('context.mbox.foo.equals("Gold", false)', {"==": ["gold", {"var": "mbox.foo_lc"}]}),
        ("context.mbox.foo = 5", {"==": ["5", {"var": "mbox.foo"}]}),
        ('context.geo.country in ["DE"]', {"==": ["DE", {"var": "geo.country"}]}),
        ("context.time.utc.weekday = 5", {"==": [5, {"var": "current_day"}]}),
        ("context.time.hour >= 9", {"<=": ["0900", {"var": "current_time"}]}),
        (
            'context.time.utc.date >= "2026-02-01"', {"<=": [1_769_904_000_000, {"var": "current_timestamp"}]},
        ),
        ('not context.mbox.foo = "bar"', {"!": [{"==": ["bar", {"var": "mbox.foo"}]}]}),
        ("true", True),
    ],
)  # fmt: skip
def test_conditions_in_the_words_of_devices(condition, pql, logic):
    assert condition(pql) == logic


TEXT = {"or": [{"in": ["", {"var": "mbox.foo"}]}, {"==": ["", {"var": "mbox.foo"}]}]}
THERE = {"or": [{"in": ["", {"var": "geo.latitude"}]}, {"!": [{"==": [None, {"var": "geo.latitude"}]}]}]}


@pytest.mark.parametrize(
    ("pql", "logic"),
    [
        ("context.geo.latitude < 5", {"and": [THERE, {"<": [{"var": "geo.latitude"}, 5]}]}),
        ('context.mbox.foo != "bar"', {"and": [TEXT, {"!": [{"==": ["bar", {"var": "mbox.foo"}]}]}]}),
        ('context.mbox.foo = "None"', {"and": [TEXT, {"==": ["None", {"var": "mbox.foo"}]}]}),
    ],
)
def test_what_the_languages_make_of_null_is_guarded_against(condition, pql, logic):
    assert condition(pql) == logic


def test_audiences_and_named_rules_are_said_in_place(rules):
    found = rules(
        {"audience": {"any_audiences": ["gold", "gone"]}, "placements": {"banner": {"when": {"rule": "in-time"}}}},
        audiences={"gold": 'context.mbox.tier = "gold"', "gone": {"rule": "true", "status": "archived"}},
        rules={"in-time": "context.time.utc.hour < 17"},
    )
    assert found[0]["condition"] == {
        "and": [{"!": [{"<=": ["1700", {"var": "current_time"}]}]}, {"==": ["gold", {"var": "mbox.tier"}]}]
    }


REMOTE = {
    "an order of text": {"audience": "context.mbox.age < 5"},
    "an attribute": {"audience": 'profile.tier = "gold"'},
    "a list": {"audience": {"audience": "listed"}},
    "the browser": {"audience": 'context.user.browserType = "chrome"'},
    "the page before": {"audience": 'context.referring.url.contains("x")'},
    "a path": {"audience": 'context.page.path = "/cart"'},
    "a domain": {"audience": 'context.page.domain = "example.com"'},
    "a part of the address": {"audience": 'context.page.query.contains("a=1")'},
    "text that folds otherwise": {"audience": 'context.mbox.tier.equals("Sale", false)'},
    "what every object has": {"audience": "context.mbox.constructor.isNull()"},
    "what every text has": {"audience": "context.mbox.tier.length = 4"},
    "a pattern": {"audience": 'context.mbox.tier like "g%"'},
    "the clock": {"audience": "now > date(2026, 1, 1)"},
    "a goal that moves": {"keep": "profile", "goals": [{"on": "click", "then": "release_random"}]},
    "a goal that moves on": {"keep": "profile", "goals": [{"on": "click"}, {"on": "click", "then": "release_new"}]},
    "a model": {"selections": [{"rank": {"by": "traffic", "model": "m"}, "inline": {"a": offer("A")}}]},
    "a goal that bars": {"keep": "profile", "goals": [{"on": "click", "then": "bar"}]},
    "open propositions": {"keep": "proposition"},
    "a fallback": {"fallback": "plain"},
    "caps": {"selections": [{"inline": {"a": offer("A", caps=[{"id": "c", "limit": 1}])}}]},
    "requirements": {"selections": [{"inline": {"a": offer("A", requires=[{"code": "r", "rule": "true"}])}}]},
    "a formula": {
        "selections": [{"rank": {"formula": "offer.priority"}, "inline": {"a": offer("A"), "b": offer("B")}}],
    },
    "chance": {"selections": [{"inline": {"a": offer("A"), "b": offer("B")}}]},
    "a split of its own": {"selections": [{"rank": {"traffic": {"a": 100}, "salt": "x"}, "inline": {"a": offer("A")}}]},
    "a split among those that match": {
        "selections": [{"rank": {"traffic": {"a": 50, "b": 50}}, "inline": {
            "a": offer("A", eligible='context.mbox.x = "1"'), "b": offer("B"),
        }}],
    },
    "an offer of the split that begins later": {
        "selections": [{"rank": {"traffic": {"a": 50, "b": 50}}, "inline": {
            "a": offer("A", window={"from": "2026-01-02"}), "b": offer("B"),
        }}],
    },
    "one choice for places that are told different things": {
        "keep": "profile", "audience": 'context.mbox.tier = "gold"', "placements": ["banner", "typed"],
    },
    "liquid": {"selections": [{"inline": {"a": {
        "status": "approved", "content": {"banner": {"html": "{{ profile.name }}", "template": "liquid"}},
    }}}]},
    "a macro of the request": {"selections": [{"inline": {"a": {
        "status": "approved", "content": {"banner": {"html": "${mbox.tier}", "template": "macros"}},
    }}}]},
    "a macro that only devices would fill in": {"selections": [{"inline": {"a": {
        "status": "approved", "content": {"banner": {"html": "${activity.name}"}},
    }}}]},
    "languages": {"selections": [{"inline": {"a": {
        "status": "approved",
        "content": {"banner": [{"html": "Hi", "language": ["en"]}, {"html": "Salut", "language": ["fr"]}]},
    }}}]},
}  # fmt: skip


@pytest.mark.parametrize("why", REMOTE)
def test_what_a_device_cannot_decide_is_the_servers(published, why):
    artifact = published(
        REMOTE[why],
        audiences={"listed": {"imported": True}},
        fallbacks={"plain": {"content": {"banner": {"html": "plain"}}}},
    )
    assert "banner" in artifact["remoteMboxes"]
    assert "banner" not in artifact["localMboxes"]
    assert "banner" not in artifact["rules"]["mboxes"]
    assert "target-global-mbox" in artifact["localMboxes"]


@pytest.mark.parametrize("goal", [
    {"keep": "profile", "goals": [{"on": "click", "then": "release_same"}]},
    {"keep": "nothing", "goals": [{"on": "click", "then": "release_random"}]},
    {"keep": "request", "goals": [{"on": "click", "then": "release_new"}]},
])  # fmt: skip
def test_goals_that_change_nobodys_experience_are_no_reason_to_ask_the_server(rules, goal):
    (rule,) = rules(goal)
    assert rule["condition"] is True


def test_one_activity_that_is_the_servers_makes_its_whole_placement_so(published):
    other = {
        "status": "live", "priority": 5, "placements": ["banner"], "audience": "profile.age > 3",
        "selections": [{"inline": {"x": offer("X")}}],
    }  # fmt: skip
    assert "banner" in published(activities={"other": other})["remoteMboxes"]
    for changes in ({"status": "draft"}, {"window": {"until": "2025-01-01"}}):
        assert "banner" in published(activities={"other": other | changes})["localMboxes"]


def test_a_place_that_reaches_a_goal_by_being_shown_is_the_servers(published):
    artifact = published({"goals": [{"on": "conversion", "at": "typed"}]})
    assert artifact["remoteMboxes"] == ["typed"]
    assert "banner" in artifact["localMboxes"]


def test_an_experience_that_shows_nothing_holds_its_place_and_can_be_told_of(rules):
    inline = {"control": {"status": "approved", "content": {"banner": {"type": "default"}}}}
    (rule,) = rules({"selections": [{"inline": inline}]})
    (option,) = rule["consequence"]["options"]
    assert option.keys() == {"eventToken"}


def test_a_choice_that_shows_nothing_here_is_made_all_the_same(rules):
    inline = {
        "elsewhere": {
            "status": "approved", "eligible": "context.time.utc.hour < 13", "content": {"typed": {"html": "E"}},
        },
        "here": offer("H"),
    }  # fmt: skip
    found = rules(
        {"keep": "request", "placements": ["banner", "typed"], "selections": [{"rank": "order", "inline": inline}]},
        placements={"banner": {"content": ["html"]}, "typed": {"content": ["html"]}},
    )
    assert [(rule["meta"]["experience.name"], rule["condition"]) for rule in found] == [
        ("here", {"<=": ["1300", {"var": "current_time"}]})
    ]


def test_components_with_conditions_are_a_rule_for_each_case(rules):
    content = {"banner": [{"html": "always"}, {"html": "extra", "locator": "#x", "when": 'context.mbox.x = "1"'}]}
    found = rules({"selections": [{"inline": {"a": {"status": "approved", "content": content}}}]})
    asked = {"==": ["1", {"var": "mbox.x"}]}
    assert [rule["condition"] for rule in found] == [asked, {"!": [asked]}]
    assert [[option["type"] for option in rule["consequence"]["options"]] for rule in found] == [
        ["html", "actions"], ["html"],
    ]  # fmt: skip


def test_macros_that_stand_for_the_activity_are_filled_in(rules):
    content = {"banner": {"html": "${campaign.name}, ${campaign.recipe.name} in ${mbox.name}", "template": "macros"}}
    activity = {"name": "A & B", "selections": [{"inline": {"a": {"status": "approved", "content": content}}}]}
    (rule,) = rules(activity)
    assert rule["consequence"]["options"][0]["content"] == "A &amp; B, a in banner"


def test_clicks_are_wanted_as_delivery_wants_them(rules):
    goals = [{"on": "click"}, {"on": "click", "selector": "#buy"}, {"on": "click", "at": "typed"}]
    (rule,) = rules({"goals": goals, "placements": ["banner", "typed"]})
    assert [(each["type"], each.get("selector")) for each in rule["consequence"]["metrics"]] == [
        ("click", None), ("click", "#buy"),
    ]  # fmt: skip


def test_a_rule_tells_of_its_options_only_what_is_true_of_all(rules):
    content = {"banner": [{"html": "one"}, {"html": "two", "locator": "#two"}]}
    (two,) = rules({"selections": [{"inline": {"a": {"status": "approved", "content": content}}}]})
    assert two["meta"]["option.name"] == "a"
    assert "option.id" not in two["meta"]
    (one,) = rules()
    assert (one["meta"]["option.id"], one["meta"]["offer.id"], one["meta"]["location.name"]) == (1, 1, "banner")


PAGE = {"target-global-mbox": {"kind": "page", "activities": "all", "count": "all"}}


def shares(priority, *, form=False):
    name = f"p{priority}"
    content = {"target-global-mbox": {"html": name}}
    return {
        "status": "live", "priority": priority, "placements": {"target-global-mbox": {"shares": not form}},
        "selections": [{"inline": {name: {"status": "approved", "content": content}}}],
    }  # fmt: skip


def test_on_a_page_all_that_share_it_answer_the_lowest_first(published):
    artifact = published(placements=PAGE, activities={"f": shares(9, form=True), "v": shares(8), "w": shares(6)})
    found = artifact["rules"]["mboxes"]["target-global-mbox"]
    assert [rule["consequence"]["options"][0]["content"] for rule in found] == ["p6", "p8", "p9"]
    assert len({rule["ruleKey"] for rule in found}) == 3
    assert all(rule["ruleKey"] == f"{rule['activityId']}-0" for rule in found)


def test_a_form_below_others_on_a_page_is_the_servers(published):
    artifact = published(placements=PAGE, activities={"v": shares(9), "f": shares(8, form=True), "w": shares(7)})
    assert artifact["remoteMboxes"] == ["target-global-mbox"]


def test_devices_take_one_activity_in_an_mbox(published):
    both = {"activities": "all"}
    assert "banner" in published(placements={"banner": both})["localMboxes"]
    second = {"status": "live", "placements": ["banner"], "selections": [{"inline": {"z": offer("Z")}}]}
    assert "banner" in published(placements={"banner": both}, activities={"second": second})["remoteMboxes"]


def test_views_are_known_by_both_spellings_and_twins_are_the_servers(published):
    views = {"home": {"kind": "view", "ids": {"view": "Home"}}}
    artifact = published(placements=views)
    assert artifact["localViews"] == ["Home", "home"]
    twins = views | {"other": {"kind": "view", "ids": {"view": "HOME"}}}
    artifact = published(placements=twins)
    assert artifact["localViews"] == []
    assert set(artifact["remoteViews"]) == {"Home", "HOME", "home"}


def test_numbers_are_those_that_the_hash_uses(rules, api):
    (rule,) = rules(split({"a": 100}))
    number = api.get("/activities/one").json()["ids"]["number"]
    assert (rule["activityId"], rule["meta"]["activity.id"]) == (int(number), int(number))
    assert int(number) < 2**53
