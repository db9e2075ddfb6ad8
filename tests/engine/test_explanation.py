"""Reasons: what was wanted and what was seen, for each code."""

import ast
import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from offerd import engine
from offerd.model.decision import Reason
from offerd.model.person import Assignment

DOCS = Path(__file__).parents[2] / "docs" / "reasons.md"
OFFER = {"status": "approved"}


def document(
    offer: Mapping[str, Any] = OFFER, activity: Mapping[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    return {
        "placements": {"p": {"content": []}, "html": {"content": ["text", "html"]}},
        "offers": {"o": {**OFFER, **offer}, "top": {"status": "approved", "priority": 5}},
        "activities": {
            "A": {"status": "live", "placements": ["p", "html"], "selections": [{"offers": ["o"]}], **(activity or {})}
        },
        **more,
    }


def lost(tools: Any, made: Mapping[str, Any], ask: Mapping[str, Any] | None = None, **rest: Any) -> Reason:
    answer = tools.decide(made, ask or {"activity": "A", "placement": "p"}, explain=True, **rest).answers[-1]
    return next(each.reason for each in answer.explanation.lost if each.offer == "o")


def silent(tools: Any, made: Mapping[str, Any], ask: Mapping[str, Any] | None = None, **rest: Any) -> Reason:
    answer = tools.decide(made, ask or {"activity": "A", "placement": "p"}, explain=True, **rest).answers[-1]
    return answer.explanation.activities["A"]


def shape(why: Reason) -> tuple[Any, ...]:
    return (why.code, why.stage, why.clause, why.path, why.wanted, why.seen)


NOW = "2026-11-20T12:30:00Z"
CAP = {"id": "c", "limit": 2}


@pytest.mark.parametrize(
    ("offer", "rest", "wanted"),
    [
        ({"status": "draft"}, {}, ("offer-status", "candidate", "offer.status", "offer.status", "approved", "draft")),
        (
            {"window": {"from": "2026-12-01"}},
            {},
            ("offer-not-started", "candidate", "offer.window.from", "now", "2026-12-01T00:00:00Z", NOW),
        ),
        (
            {"window": {"until": "2026-11-20"}},
            {},
            ("offer-ended", "candidate", "offer.window.until", "now", "2026-11-19T23:59:59.999999Z", NOW),
        ),
        (
            {"eligible": "offer.priority = 1"},
            {},
            ("not-eligible", "eligibility", "offer.priority = 1", "offer.priority", 1, 0),
        ),
        ({"eligible": "age = 3 and vip"}, {}, ("not-eligible", "eligibility", "age = 3", "profile.age", 3, None)),
        (
            {"eligible": {"audience": "x"}},
            {},
            ("not-eligible", "eligibility", 'inSegment("x")', "audiences.x", True, False),
        ),
        (
            {"eligible": {"all_audiences": ["in", "x"]}},
            {"memberships": ["in"]},
            ("not-eligible", "eligibility", 'inSegment("x")', "audiences.x", True, False),
        ),
        ({"eligible": {"any_audiences": []}}, {}, ("not-eligible", "eligibility", "any_audiences", None, None, None)),
        ({"eligible": {"rule": "x"}}, {}, ("rule-unknown", "eligibility", "rules.x", "rules.x", True, None)),
        (
            {"caps": [CAP]},
            {"counts": {engine.CountKey("o/c", "", "", ""): 2}},
            ("cap-reached", "cap", "offer.caps.c", "offer.caps.c.used", 1, 2),
        ),
        ({"caps": [{**CAP, "limit": 0}]}, {}, ("cap-reached", "cap", "offer.caps.c", "offer.caps.c.limit", 1, 0)),
        (
            {"caps": [{**CAP, "limit": 0}]},
            {"counts": {engine.CountKey("o/c", "", "", ""): 2}},
            ("cap-reached", "cap", "offer.caps.c", "offer.caps.c.limit", 3, 0),
        ),
        (
            {"caps": [{**CAP, "per": "profile"}]},
            {"person": None},
            ("cap-needs-profile", "cap", "offer.caps.c", "profile.id", True, None),
        ),
        ({"caps": [CAP]}, {"refused": {"o": "c"}}, ("cap-refused", "cap", "offer.caps.c", None, None, None)),
    ],
)
def test_why_an_offer_fell(tools: Any, offer: Any, rest: Any, wanted: Any) -> None:
    assert shape(lost(tools, document(offer), **rest)) == wanted


def test_the_facts_of_a_cap(tools: Any) -> None:
    counts = {engine.CountKey("o/c", "", "", ""): 3}
    why = lost(tools, document({"caps": [{**CAP, "code": "seats", "counts": "click"}]}), counts=counts)
    assert why.facts == {
        "cap": "c",
        "code": "seats",
        "counts": "click",
        "used": 3,
        "limit": 2,
        "quantity": 1,
        "left": 0,
    }
    assert lost(tools, document({"caps": [CAP]}), refused={"o": "c"}).facts == {"cap": "c"}
    for cap, rest in (({"per": "profile", "limit": 2}, {"person": None}), ({"limit": "0 - 2.5"}, {})):
        facts = lost(tools, document({"caps": [{"id": "c", **cap}]}), **rest).facts
        limit = 2 if rest else 0
        assert (facts["used"], facts["limit"], facts["left"]) == (0, limit, limit)


def test_a_cap_of_one_that_is_used_wants_it_unused(tools: Any) -> None:
    counts = {engine.CountKey("o/c", "", "", ""): 1}
    why = lost(tools, document({"caps": [{**CAP, "limit": 1}]}), counts=counts)
    assert (why.path, why.wanted, why.seen) == ("offer.caps.c.used", 0, 1)


def test_an_offer_without_content(tools: Any) -> None:
    ask = {"activity": "A", "placement": "html"}
    why = lost(tools, document({"content": {"html": {"image": "x"}}}), ask)
    assert shape(why) == ("no-content", "candidate", "offer.content", "offer.content.html", ["html", "text"], ["image"])
    assert lost(tools, document(), ask).seen == []
    why = lost(tools, document({"content": {"html": {"html": "x", "when": "age = 1"}}}), ask)
    assert shape(why) == ("component-condition", "candidate", "age = 1", "profile.age", 1, None)
    assert why.facts == {"placement": "html"}


def test_a_component_of_a_type_that_is_not_taken_is_not_why(tools: Any) -> None:
    parts = [{"image": "x", "when": "age = 1"}, {"html": "x", "when": "age = 2"}]
    why = lost(tools, document({"content": {"html": parts}}), {"activity": "A", "placement": "html"})
    assert shape(why) == ("component-condition", "candidate", "age = 2", "profile.age", 2, None)


def test_the_first_named_rule_that_does_not_hold(tools: Any) -> None:
    made = document({"eligible": {"all_rules": ["r", "s"]}}, rules={"r": "age = 3", "s": "vip"})
    why = lost(tools, made, attributes={"age": 3})
    assert shape(why) == ("not-eligible", "eligibility", "vip", "profile.vip", True, None)


def test_a_selection_for_others(tools: Any) -> None:
    why = lost(tools, document(activity={"selections": [{"offers": ["o"], "when": "age = 1"}]}))
    assert shape(why) == ("selection-condition", "selection", "age = 1", "profile.age", 1, None)


def test_the_first_thing_that_removed_it_is_the_reason(tools: Any) -> None:
    offer = {"status": "draft", "window": {"until": "2026-01-01"}, "eligible": "false", "caps": [{**CAP, "limit": 0}]}
    when = {"selections": [{"offers": ["o"], "when": "false"}], "placements": ["html"]}
    codes = []
    for heal in ("status", "window", "content", "when", "eligible", "caps"):
        codes.append(lost(tools, document(offer, when), {"activity": "A"}).code)
        offer.pop(heal, None)
        if heal == "content":
            offer["content"] = {"html": {"text": "x"}}
        if heal == "when":
            when = {**when, "selections": [{"offers": ["o"]}]}
    assert codes == ["offer-status", "offer-ended", "no-content", "selection-condition", "not-eligible", "cap-reached"]
    assert tools.given(document(offer, when), {"activity": "A"}) == [["o"]]


def test_an_offer_that_ranked_too_low(tools: Any) -> None:
    made = document(activity={"selections": [{"offers": ["o", "top"], "name": "mine"}]})
    answer = tools.decide(made, {"activity": "A", "placement": "p"}, explain=True).answers[0]
    (found,) = answer.explanation.lost
    assert shape(found.reason) == ("outranked", "count", "ask.count", "ask.count", 2, 1)
    assert (found.selection, found.score) == ("mine", 0)
    assert (answer.given[0].score, answer.given[0].margin, answer.given[0].selection) == (5, 5, "mine")
    keeping = document(activity={"keep": "request", "selections": [{"offers": ["o", "top"]}]})
    assert shape(lost(tools, keeping)) == ("not-chosen", "count", "activity.keep", "position", 1, 2)


def test_how_many_would_have_been_enough(tools: Any) -> None:
    offers = {name: {"status": "approved", "priority": priority} for priority, name in enumerate("abc")}
    made = {**document(activity={"selections": [{"offers": ["a", "b", "c"]}]}), "offers": offers}
    answer = tools.decide(made, {"activity": "A", "placement": "p"}, explain=True).answers[0]
    assert {each.offer: each.reason.wanted for each in answer.explanation.lost} == {"b": 2, "a": 3}


def test_a_duplicate(tools: Any) -> None:
    asks = ({"activity": "A", "placement": "html"}, {"activity": "A", "placement": "p"})
    made = document({"content": {"html": {"html": "x"}}})
    answer = tools.decide(made, *asks, explain=True).answers[1]
    (found,) = answer.explanation.lost
    assert shape(found.reason) == ("duplicate", "duplicate", "request.duplicates", "request.duplicates", True, False)
    assert found.reason.facts == {"activity": "A", "placement": "html"}
    assert found.score == 0


def test_another_share_of_the_traffic(tools: Any) -> None:
    rank = {"traffic": {"o": 25, "top": 75}}
    made = document(activity={"percent": 80, "selections": [{"offers": ["o", "top"], "rank": rank}]})
    units = [f"u{number}" for number in range(40)]
    seen = set()
    for unit in units:
        answer = tools.decide(made, {"activity": "A", "placement": "p"}, unit=unit, explain=True).answers[0]
        for each in answer.explanation.lost:
            upper = {"o": 20.0, "top": 80.0}[each.offer]
            assert shape(each.reason)[:5] == ("traffic", "rank", "rank.traffic", "allocation", upper)
            assert (each.reason.seen <= 20) is (each.offer == "top")
            assert each.reason.facts == {"share": {"o": 25.0, "top": 75.0}[each.offer]}
            seen.add(each.offer)
    assert seen == {"o", "top"}
    none = document(activity={"selections": [{"offers": ["o", "top"], "rank": {"traffic": {"top": 1}}}]})
    assert shape(lost(tools, none)) == ("no-share", "rank", "rank.traffic.o", "rank.traffic.o", 1, 0)


def test_the_range_of_a_share_ends_at_a_hundredth_below(tools: Any) -> None:
    made = document(activity={"selections": [{"offers": ["o", "top", "last"], "rank": {"traffic": {}}}]})
    made["offers"]["last"] = OFFER
    made["activities"]["A"]["selections"][0]["rank"]["traffic"] = {"o": 1, "top": 1, "last": 1}
    ends: dict[str, float] = {}
    for number in range(20):
        (answer,) = tools.decide(made, {"activity": "A", "placement": "p"}, unit=f"u{number}", explain=True).answers
        ends |= {each.offer: each.reason.wanted for each in answer.explanation.lost}
    assert ends == {"o": 33.33, "top": 66.66, "last": 100.0}


def test_a_share_of_a_draw_with_a_salt_is_seen_as_that_draw(tools: Any) -> None:
    rank = {"traffic": {"o": 0.5, "top": 99.5}, "salt": "s"}
    why = lost(tools, document(activity={"selections": [{"offers": ["o", "top"], "rank": rank}]}), unit="u")
    assert (why.code, why.wanted, why.seen) == ("traffic", 0.5, float(engine.traffic.allocation("acme", "A", "u", "s")))


@pytest.mark.parametrize(
    ("activity", "rest", "wanted"),
    [
        (
            {"status": "completed"},
            {},
            ("activity-status", "activity", "activity.status", "activity.status", "live", "completed"),
        ),
        (
            {"window": {"from": "2026-12-01"}},
            {},
            ("activity-not-started", "activity", "activity.window.from", "now", "2026-12-01T00:00:00Z", NOW),
        ),
        (
            {"window": {"until": NOW}},
            {},
            ("activity-ended", "activity", "activity.window.until", "now", "2026-11-20T12:29:59.999999Z", NOW),
        ),
        (
            {"properties": ["y", "x"]},
            {},
            ("property", "activity", "activity.properties", "request.property", "x", None),
        ),
        (
            {"placements": ["html", "q"]},
            {},
            ("not-placed", "activity", "activity.placements", "ask.placement", "html", "p"),
        ),
        (
            {"placements": {"p": {"when": "age = 1"}}},
            {},
            ("placement-condition", "activity", "age = 1", "profile.age", 1, None),
        ),
        ({"audience": "age = 1"}, {}, ("audience", "entry", "age = 1", "profile.age", 1, None)),
        ({"percent": 0}, {}, ("percent", "entry", "activity.percent", "activity.percent", 90.79, 0.0)),
    ],
)
def test_why_an_activity_did_not_answer(tools: Any, activity: Any, rest: Any, wanted: Any) -> None:
    assert shape(silent(tools, document(activity=activity), **rest)) == wanted


def test_a_percentage_that_would_have_been_enough(tools: Any) -> None:
    why = silent(tools, document(activity={"percent": 1}))
    assert why.facts == {"allocation": why.wanted}
    assert tools.given(document(activity={"percent": why.wanted}), {"activity": "A", "placement": "p"}) == [["o"]]


def test_another_property_is_seen(tools: Any) -> None:
    made = document(activity={"properties": ["x"]}, properties={"x": {}, "z": {"token": "t"}})
    why = silent(tools, made, property="t")
    assert (why.code, why.wanted, why.seen) == ("property", "x", "t")


def test_a_percentage_that_would_have_been_enough_may_be_less_than_one(tools: Any) -> None:
    allocations = {f"u{number}": float(engine.traffic.allocation("acme", "A", f"u{number}")) for number in range(999)}
    unit, at = next(each for each in allocations.items() if 0 < each[1] < 1)
    assert silent(tools, document(activity={"percent": 0}), unit=unit).wanted == at


def test_a_bar(tools: Any) -> None:
    why = silent(tools, document(), assignments={"A": Assignment(profile="p1", activity="A", state="barred")})
    assert shape(why) == ("barred", "activity", "activity.goals", "assignments.A.state", "released", "barred")


def test_an_activity_that_came_too_late(tools: Any) -> None:
    first = {"B": {"status": "live", "priority": 7, "placements": ["p"], "selections": [{"offers": ["top"]}]}}
    made = document()
    made["activities"] |= first
    why = silent(tools, made, {"placement": "p"})
    assert shape(why) == ("activity-outranked", "activity", "activity.priority", "activity.priority", 8, 0)
    made["placements"]["p"]["activities"] = "all"
    why = silent(tools, made, {"placement": "p"})
    path = "activity.placements.shares"
    assert shape(why) == ("not-shared", "activity", path, path, True, False)


def test_an_activity_that_had_nothing(tools: Any) -> None:
    why = silent(tools, document({"status": "draft"}, {"fallback": "f"}), {"placement": "p"})
    assert shape(why) == ("empty", "activity", "activity.selections", None, None, None)
    assert why.facts == {"fallback": "f"}


@pytest.mark.parametrize(
    ("ask", "wanted"),
    [
        ({"activity": "B"}, ("activity-unknown", "activity", "activities.B", "activities.B", True, False)),
        ({"placement": "B"}, ("placement-unknown", "activity", "placements.B", "placements.B", True, False)),
        ({}, ("nothing-asked", "activity", "ask", "ask.activity", True, None)),
        ({"placement": "q"}, ("no-activity", "activity", "activity.placements", "activity.placements", "q", None)),
    ],
)
def test_why_an_ask_was_not_answered(tools: Any, ask: Any, wanted: Any) -> None:
    made = document()
    made["placements"]["q"] = {}
    outcome = tools.decide(made, ask, explain=True)
    assert shape(outcome.answers[0].explanation.reason) == wanted
    assert outcome.answers[0].given == ()


def test_an_offer_that_is_not_there(tools: Any) -> None:
    answer = tools.decide(document(), {"offers": ["x"]}, explain=True).answers[0]
    (found,) = answer.explanation.lost
    assert (found.offer, *shape(found.reason)[:5]) == ("x", "offer-unknown", "candidate", "offers.x", "offers.x", True)


def test_reasons_for_choices_that_were_made_before(tools: Any) -> None:
    activity = {"keep": "profile", "selections": [{"offers": ["o", "top"]}]}
    made = document(activity=activity)
    was = {"profile": "p1", "activity": "A", "offer": "top", "seen": ["o", "top"]}
    why = lost(tools, made, assignments={"A": Assignment(**was)})
    assert shape(why) == ("not-kept", "entry", "activity.keep", "choice", None, "top")
    why = lost(tools, made, assignments={"A": Assignment(**was, state="released", rule="new")})
    assert shape(why) == ("already-seen", "entry", "activity.goals", "assignment.seen", False, True)
    why = lost(tools, made, pretend={"pins": {"A": "top"}})
    assert shape(why) == ("not-pinned", "entry", "request.pretend.pins", "request.pretend.pins", None, "top")


def test_every_code_is_used_and_documented() -> None:
    modules = [
        module for _, module in inspect.getmembers(__import__("offerd.engine", fromlist=["*"]), inspect.ismodule)
    ]
    used = {
        node.value
        for module in modules
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and module.__name__ != "offerd.engine.reasons"
    }
    windows = {f"{what}-{when}" for what in ("activity", "offer") for when in ("not-started", "ended")}
    assert set(engine.CODES) - windows <= used
    rows = re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \|", DOCS.read_text(), flags=re.MULTILINE)
    assert dict(rows) == engine.CODES
