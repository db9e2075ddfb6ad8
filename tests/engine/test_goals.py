"""What a reached goal does to an assignment."""

from typing import Any

import pytest

from offerd import engine
from offerd.model import codec
from offerd.model.interaction import Interaction
from offerd.model.person import Assignment

AT = "2026-11-20T12:30:00Z"


def advance(tools: Any, goals: list[dict[str, Any]], before: Assignment | None, **members: Any) -> Assignment | None:
    placement = members.pop("placement", "p")
    document = {"activities": {"A": {"status": "live", "keep": "profile", "goals": goals}}}
    interaction = codec.build(Interaction, {"type": "conversion", "profile": "p1", **members})
    person = engine.Person(id="p1", attributes={"vip": True})
    return engine.advance(
        tools.compile(document), "A", before, interaction, placement=placement, now=tools.micros(AT), person=person
    )


def assigned(**members: Any) -> Assignment:
    return Assignment(profile="p1", activity="A", **{"offer": "a", "seen": ["a"], **members})


@pytest.mark.parametrize(
    ("then", "rule"), [("release_same", "same"), ("release_random", "random"), ("release_new", "new")]
)
def test_a_release_enters_anew(tools: Any, then: str, rule: str) -> None:
    after = advance(tools, [{"on": "conversion", "then": then}], assigned(entry=2))
    assert after == assigned(entry=3, state="released", rule=rule, reached=["0"], at=tools.instant(tools.micros(AT)))


def test_a_goal_that_keeps_is_noted_and_no_more(tools: Any) -> None:
    after = advance(tools, [{"on": "click"}, {"on": "conversion"}], assigned())
    assert after == assigned(reached=["1"], at=tools.instant(tools.micros(AT)))
    assert advance(tools, [{"on": "click"}, {"on": "conversion"}], after) is None


def test_a_bar_stands_over_a_release_and_for_ever(tools: Any) -> None:
    goals = [{"on": "conversion", "then": "release_same"}, {"on": "conversion", "then": "bar"}]
    after = advance(tools, goals, assigned())
    assert (after.state, after.entry, after.reached) == ("barred", 0, ["0", "1"])
    assert advance(tools, goals, after) is None


def test_a_goal_that_is_reached_after_a_bar_is_not_noted(tools: Any) -> None:
    goals = [{"on": "conversion", "then": "bar"}, {"on": "click"}]
    assert advance(tools, goals, assigned(state="barred", reached=["0"]), type="click") is None


def test_the_first_release_counts(tools: Any) -> None:
    goals = [
        {"on": "conversion"},
        {"on": "conversion", "then": "release_new"},
        {"on": "conversion", "then": "release_same"},
    ]
    after = advance(tools, goals, assigned())
    assert (after.rule, after.entry, after.reached) == ("new", 1, ["0", "1", "2"])


def test_what_is_released_is_not_released_again(tools: Any) -> None:
    goals = [{"on": "conversion", "then": "release_new"}]
    after = advance(tools, goals, assigned())
    assert advance(tools, goals, after) is None
    assert advance(tools, [*goals, {"on": "conversion", "then": "release_same"}], after).entry == 1


def test_a_goal_that_counts_once_is_reached_once(tools: Any) -> None:
    goals = [{"on": "conversion", "once": True, "then": "release_new"}]
    after = advance(tools, goals, assigned())
    again = codec.build(Assignment, {**codec.tree(after), "state": "assigned"})
    assert advance(tools, goals, again) is None
    assert advance(tools, [{"on": "conversion", "then": "release_new"}], again).entry == 2


def test_a_goal_with_an_id_is_known_by_it_wherever_it_stands(tools: Any) -> None:
    bought = {"id": "bought", "on": "conversion", "once": True, "then": "release_new"}
    after = advance(tools, [bought], assigned())
    assert after.reached == ["bought"]
    again = codec.build(Assignment, {**codec.tree(after), "state": "assigned"})
    assert advance(tools, [{"on": "click"}, bought], again) is None


@pytest.mark.parametrize(
    ("goal", "members", "reached"),
    [
        ({"on": "click"}, {}, False),
        ({"on": "conversion", "at": "p"}, {"placement": "p"}, True),
        ({"on": "conversion", "at": "p"}, {"placement": "q"}, False),
        ({"on": "conversion", "at": "p"}, {"placement": None}, False),
        ({"on": "conversion", "selector": "#x"}, {"selector": "#x"}, True),
        ({"on": "conversion", "selector": "#x"}, {}, False),
        ({"on": "conversion", "when": "event.value > 10 and vip"}, {"value": 11}, True),
        ({"on": "conversion", "when": "event.value > 10"}, {"value": 10}, False),
    ],
)
def test_which_interaction_reaches_a_goal(
    tools: Any, goal: dict[str, Any], members: dict[str, Any], reached: bool
) -> None:
    assert (advance(tools, [goal], assigned(), **members) is not None) is reached


def test_without_an_assignment_only_a_bar_makes_one(tools: Any) -> None:
    goals = [{"on": "conversion"}, {"on": "conversion", "then": "release_same"}, {"on": "click", "then": "bar"}]
    assert advance(tools, goals, None) is None
    after = advance(tools, goals, None, type="click")
    assert after == Assignment(
        profile="p1", activity="A", state="barred", reached=["2"], at=tools.instant(tools.micros(AT))
    )
    assert advance(tools, goals, None, type="click", profile=None) is None


def test_an_activity_that_is_gone(tools: Any) -> None:
    event = codec.build(Interaction, {"type": "conversion", "profile": "p1"})
    assert engine.advance(tools.compile({}), "A", assigned(), event, placement=None, now=0) is None
