"""What the cases do not say: odd data, audiences that look at themselves, propositions in odd states."""

from datetime import UTC, datetime
from math import ceil
from typing import Any

import pytest

from offerd import engine
from offerd.engine.caps import Room, compile_cap
from offerd.engine.sight import Sight
from offerd.model import codec
from offerd.model.decision import Item, Proposition
from offerd.model.offer import Cap
from offerd.model.person import Assignment

OFFERS = {"o": {"status": "approved"}}
LIVE = {"status": "live", "placements": ["p"], "selections": [{"offers": ["o"]}]}


def document(**activity: Any) -> dict[str, Any]:
    return {"placements": {"p": {"content": []}}, "offers": OFFERS, "activities": {"A": {**LIVE, **activity}}}


def kept(**members: Any) -> Proposition:
    return Proposition(
        id="k", ask=0, activity="A", placement="p", **{"items": [Item(id="i", offer="o", version=1)], **members}
    )


@pytest.mark.parametrize(
    ("audiences", "inside"),
    [
        ({"a": {"rule": 'inSegment("a")'}}, False),
        ({"a": {"rule": 'not inSegment("a")'}}, True),
        ({"a": {"rule": 'inSegment("b")'}, "b": {"rule": 'inSegment("list")'}, "list": {"imported": True}}, True),
        ({"a": {"rule": 'inSegment("foreign")'}}, True),
        ({"a": {"rule": 'inSegment("none")'}}, False),
        ({"a": {"rule": "context.x = 1 and @{t}.y = 2 and xEvent.z = 3 and tables.t.r.v = 4 and n = 5"}}, True),
        ({"a": {"rule": "n = 5", "imported": True}}, False),
    ],
)
def test_audiences_look_at_all_but_the_offer(tools: Any, audiences: Any, inside: bool) -> None:
    made = {**document(audience={"audience": "a"}), "audiences": audiences, "tables": {"t": {"rows": {"r": {"v": 4}}}}}
    context = {"members": {"x": 1}, "items": {"t": {"y": 2}}, "event": {"z": 3}}
    found = tools.given(made, {"activity": "A"}, attributes={"n": 5}, memberships=["list", "foreign"], context=context)
    assert found == [["o"] if inside else []]


def test_the_rule_of_an_audience_goes_by_the_moment_the_zone_and_the_budget(tools: Any) -> None:
    made = {**document(audience={"audience": "a"}), "audiences": {"a": {"rule": "today = date(2026, 11, 20)"}}}
    evening = {"zone": "America/New_York", "now": "2026-11-21T03:00:00Z"}
    assert tools.given(made, {"activity": "A"}, **evening) == [["o"]]
    made["audiences"] = {"a": {"rule": "(select X from list where X.n > 0).count() = 50"}}
    asked = tools.situation({"activity": "A"}, attributes={"list": [{"n": 1}] * 50})
    for steps, inside in ((1000, ["o"]), (10, [])):
        snapshot = engine.compile(tools.catalogue(made), tools.program, steps=steps)
        assert tools.offers(engine.decide(snapshot, asked).answers[0]) == inside


@pytest.mark.parametrize(
    "rule",
    [
        'offer.id = "o" and offer.name = "The offer" and offer.description = "What it is"',
        'offer.version = 3 and offer.status = "approved" and offer.priority = 2',
        'offer.tags = ["x", "y"] and offer.attributes.margin = 1',
        'offer.window.from = "2026-01-01T00:00:00Z" and offer.window.until = "2027-01-01T00:00:00Z"',
        'offer.choices.id = "buy" and offer.ids.sku = "7" and offer.extensions.mine = true',
    ],
)
def test_a_rule_sees_all_that_an_offer_says_of_itself(tools: Any, rule: str) -> None:
    offer = {
        "status": "approved", "name": "The offer", "description": "What it is", "version": 3, "priority": 2,
        "tags": ["x", "y"], "attributes": {"margin": 1}, "window": {"from": "2026-01-01", "until": "2027-01-01"},
        "choices": [{"id": "buy", "label": "Buy"}], "ids": {"sku": "7"}, "extensions": {"mine": True}, "eligible": rule,
    }  # fmt: skip
    assert tools.given({"offers": {"o": offer}}, {"offers": ["o"]}) == [["o"]]


@pytest.mark.parametrize("rule", ['inSegment("list")', 'inSegment("a")', "today = date(2026, 11, 20)"])
def test_a_rule_of_an_offer_knows_the_audiences_and_the_zone(tools: Any, rule: str) -> None:
    made = {"offers": {"o": {"status": "approved", "eligible": rule}}, "audiences": {"a": {"rule": "vip"}}}
    here = {"zone": "America/New_York", "now": "2026-11-21T03:00:00Z"}
    who = {"memberships": ["list"], "attributes": {"vip": True}}
    assert tools.given(made, {"offers": ["o"]}, **here, **who) == [["o"]]
    assert tools.given(made, {"offers": ["o"]}) == [["o"] if "today" in rule else []]


def test_a_condition_that_asks_nothing_holds(tools: Any) -> None:
    assert tools.given({"offers": {"o": {"status": "approved", "eligible": {}}}}, {"offers": ["o"]}) == [["o"]]


def test_a_named_selection_has_rules_and_caps_like_any_other(tools: Any) -> None:
    cap = {"id": "c", "limit": 1, "every": "day"}
    inline = {"i": {"status": "approved", "caps": [cap]}}
    made = {**document(selections=["s"]), "selections": {"s": {"when": "vip", "inline": inline}}}
    here = {"zone": "America/New_York", "now": "2026-11-21T03:00:00Z"}
    (given,) = tools.decide(made, {"activity": "A"}, attributes={"vip": True}, **here).answers[0].given
    assert [each.key.window for each in given.reservations] == ["day:2026-11-20"]
    assert tools.given(made, {"activity": "A"}, **here) == [[]]


def test_an_ask_s_context_is_laid_over_the_request_s(tools: Any) -> None:
    offers = {
        name: {"status": "approved", "eligible": rule}
        for name, rule in {
            "a": "context.x = 1",
            "b": "context.y = 2",
            "c": "@{t} = 3",
            "d": "@{u} = 4",
            "e": "xEvent.z = 5",
            "f": "xEvent.z = 6",
        }.items()
    }
    context = {"members": {"x": 1, "y": 1}, "items": {"t": 3, "u": 3}, "event": {"z": 5}}
    asks = [
        {"offers": list("abcdef"), "context": over}
        for over in ({}, {"members": {"y": 2}, "items": {"u": 4}}, {"event": {"z": 6}})
    ]
    found = tools.given({"offers": offers}, *asks, context=context)
    assert found == [["a", "c", "e"], ["a", "b", "c", "d", "e"], ["a", "c", "f"]]


def test_data_of_any_kind_never_raises(tools: Any) -> None:
    made = document(audience='age > 3 or name.startsWith("a")')
    made["offers"] = {
        "o": {
            "status": "approved",
            "attributes": {"n": [None, {"x": 1e308}]},
            "caps": [{"id": "c", "limit": "offer.attributes.n + 1e308 * 1e308"}],
        }
    }
    for value in (None, True, "x", 1e400, [], [[]], {"age": {}}, float("nan"), 10**400):
        outcome = tools.decide(made, {"activity": "A"}, attributes={"age": value, "name": value}, explain=True)
        assert outcome.answers[0].given == ()


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ({"state": "closed"}, "proposition-closed"),
        ({"items": []}, "proposition-empty"),
        ({"items": [Item(id="i", offer="f", fallback=True)]}, "proposition-empty"),
        ({"expires": datetime(2026, 11, 20, 12, 30, tzinfo=UTC)}, "proposition-expired"),
        ({"items": [Item(id="i", offer="o", version=2)]}, "offer-changed"),
        ({"items": [Item(id="i", offer="o", version=1), Item(id="j", offer="x")]}, "left-selection"),
        ({"expires": datetime(2026, 11, 20, 12, 30, 0, 1, tzinfo=UTC)}, None),
        ({}, None),
    ],
)
def test_what_closes_a_proposition(tools: Any, state: Any, code: str | None) -> None:
    outcome = tools.decide(document(keep="proposition"), {"placement": "p"}, open={("A", "p"): kept(**state)})
    assert {name: why.code for name, why in outcome.closed.items()} == ({} if code is None else {"k": code})
    assert (outcome.answers[0].kept is None) is (code is not None)


def test_why_a_proposition_was_closed(tools: Any) -> None:
    def why(**state: Any) -> tuple[Any, ...]:
        (found,) = tools.decide(
            document(keep="proposition"), {"placement": "p"}, open={("A", "p"): kept(**state)}
        ).closed.values()
        return (found.stage, found.clause, found.path, found.wanted, found.seen, found.facts)

    now = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
    changed, gone = [Item(id="i", offer="o", version=2)], [Item(id="i", offer="x")]
    assert why(state="expired") == ("activity", "proposition.state", "proposition.state", "open", "expired", {})
    assert why(expires=now) == (
        "activity",
        "proposition.expires",
        "now",
        "2026-11-20T12:29:59.999999Z",
        "2026-11-20T12:30:00Z",
        {},
    )
    assert why(items=[]) == ("activity", "proposition.items", None, None, None, {})
    assert why(items=changed) == ("candidate", "offer.version", "offer.version", 2, 1, {"offer": "o"})
    assert why(items=gone) == ("selection", "activity.selections", "offers.x", True, False, {"offer": "x"})


def test_a_condition_on_the_audience_closes_with_its_clause_though_nobody_asked_why(tools: Any) -> None:
    made = document(keep="proposition", audience="vip")
    outcome = tools.decide(made, {"activity": "A"}, open={("A", "p"): kept()})
    assert outcome.closed["k"].path == "profile.vip"


def test_a_kept_proposition_counts_for_duplicates_after_it(tools: Any) -> None:
    made = document(keep="proposition")
    made["placements"]["q"] = {"content": []}
    made["activities"]["B"] = {**LIVE, "placements": ["q"]}
    outcome = tools.decide(made, {"activity": "A"}, {"activity": "B"}, open={("A", "p"): kept()})
    assert [tools.offers(answer) for answer in outcome.answers] == [["o"], []]


def test_an_offer_of_an_activity_changes_with_the_activity(tools: Any) -> None:
    made = document(keep="proposition", version=3, selections=[{"inline": {"i": {"status": "approved"}}}])
    outcome = tools.decide(made, {"activity": "A"})
    assert outcome.answers[0].given[0].offer.id == "i"
    assert outcome.answers[0].given[0].offer.version == 3
    for version, closed in ((3, []), (2, ["k"])):
        was = kept(items=[Item(id="i", offer="i", version=version)])
        assert list(tools.decide(made, {"activity": "A"}, open={("A", "p"): was}).closed) == closed


def test_the_same_id_written_in_two_activities_is_two_offers(tools: Any) -> None:
    inline = {"status": "live", "placements": ["p"], "selections": [{"inline": {"i": {"status": "approved"}}}]}
    made = {"placements": {"p": {"content": []}}, "activities": {"A": inline, "B": inline}}
    assert tools.given(made, {"activity": "A"}, {"activity": "B"}, duplicates=False) == [["i"], ["i"]]


def test_an_offer_written_in_a_named_selection_is_one_wherever_it_is_used(tools: Any) -> None:
    made = {
        "placements": {"p": {"content": []}},
        "selections": {"s": {"inline": {"i": {"status": "approved"}}}},
        "activities": {name: {"status": "live", "placements": ["p"], "selections": ["s"]} for name in "AB"},
    }
    assert tools.given(made, {"activity": "A"}, {"activity": "B"}, duplicates=False) == [["i"], []]


def test_a_selection_that_names_another_says_where_and_when_itself(tools: Any) -> None:
    made = {
        "placements": {"p": {"content": []}, "q": {"content": []}},
        "offers": {name: {"status": "approved", "priority": priority} for priority, name in enumerate("cab")},
        "selections": {"s": {"offers": ["a"], "group": 2, "placements": ["q"]}, "t": {"offers": ["b"], "group": 3}},
        "activities": {"A": {"status": "live", "placements": ["p", "q"], "selections": [
            {"strategy": "s", "placements": ["p"]}, {"strategy": "t", "group": 1}, {"offers": ["c"]}]},
            "B": {"status": "live", "placements": ["p", "q"], "selections": ["s", "t"]}},
    }  # fmt: skip
    assert tools.given(made, {"activity": "A", "count": "all"}, duplicates=True) == [["a", "b", "c"], ["b", "c"]]
    assert tools.given(made, {"activity": "B", "count": "all"}, duplicates=True) == [["b"], ["b", "a"]]


def test_the_label_of_a_selection_is_its_name(tools: Any) -> None:
    made = document(selections=[{"offers": [], "id": "first"}, {"offers": ["o"], "name": "second", "id": "s2"}])
    assert tools.decide(made, {"activity": "A"}).answers[0].given[0].selection == "second"
    made = document(selections=[{"offers": ["o"], "id": "first"}])
    assert tools.decide(made, {"activity": "A"}).answers[0].given[0].selection == "first"


def test_a_ranking_that_is_not_there_or_names_itself_is_by_priority(tools: Any) -> None:
    for rankings in ({}, {"n": {"rank": {"ranking": "n"}}}):
        made = {**document(selections=[{"offers": ["o"], "rank": {"ranking": "n"}}]), "rankings": rankings}
        assert tools.decide(made, {"activity": "A"}).answers[0].given[0].rank == "priority"


def test_a_formula_counts_only_where_the_ranking_is_by_it(tools: Any) -> None:
    made = document(selections=[{"offers": ["o"], "rank": {"by": "priority", "formula": "7"}}])
    assert [each.score for each in tools.decide(made, {"activity": "A"}).answers[0].given] == [0]


def test_a_release_to_the_same_counts_as_a_new_entry(tools: Any) -> None:
    made = document(keep="profile")
    made["offers"] = {"o": {"status": "approved", "caps": [{"id": "c", "limit": 9}]}}
    was = Assignment(profile="p1", activity="A", state="released", rule="same", offer="o", seen=["o"], entry=1)
    outcome = tools.decide(made, {"activity": "A"}, assignments={"A": was}, explain=True)
    assert len(outcome.answers[0].given[0].reservations) == 1
    (after,) = outcome.assignments
    assert (after.state, after.offer, after.seen, after.rule, after.entry) == ("assigned", "o", ["o"], None, 1)


def test_a_release_without_an_offer_chooses_as_ever(tools: Any) -> None:
    was = Assignment(profile="p1", activity="A", state="released", rule="same")
    assert tools.given(document(keep="profile"), {"activity": "A"}, assignments={"A": was}) == [["o"]]


def test_an_activity_that_remembers_nothing_does_not_look_at_assignments(tools: Any) -> None:
    was = Assignment(profile="p1", activity="A", offer="x", seen=["x"])
    for keep in ("nothing", "request", "proposition"):
        outcome = tools.decide(document(keep=keep), {"activity": "A"}, assignments={"A": was})
        assert tools.offers(outcome.answers[0]) == ["o"]
        assert outcome.assignments == ()


def test_a_release_passes_the_percentage_by_the_first_draw_and_chooses_over_the_whole(tools: Any) -> None:
    names = [f"o{number}" for number in range(10)]
    made = {
        "placements": {"p": {"content": []}},
        "offers": {name: {"status": "approved"} for name in names},
        "activities": {"A": {"status": "live", "keep": "profile", "percent": 30, "placements": ["p"],
            "selections": [{"offers": names, "rank": {"traffic": dict.fromkeys(names, 10)}}]}},
    }  # fmt: skip
    for number in range(60):
        unit, entry = f"u{number}", 1 + number % 2
        first = engine.traffic.allocation("acme", "A", unit)
        later = engine.traffic.allocation("acme", "A", unit, str(entry))
        was = Assignment(profile="p1", activity="A", state="released", rule="random", offer="o1", entry=entry)
        (found,) = tools.given(made, {"activity": "A"}, unit=unit, assignments={"A": was})
        assert found == ([] if first > 30 else [names[max(0, ceil(later / 10) - 1)]])
        (found,) = tools.given(made, {"activity": "A"}, unit=unit)
        assert found == ([] if first > 30 else [names[max(0, ceil(first / 3) - 1)]])


def test_a_draw_with_a_salt_is_another_draw(tools: Any) -> None:
    made = document(
        selections=[{"offers": ["a", "b"], "rank": {"traffic": {"a": 50, "b": 50}, "salt": "s"}}], percent=60
    )
    made["offers"] = {"a": {"status": "approved"}, "b": {"status": "approved"}}
    for entry, salt in ((0, "s"), (3, "s.3")):
        was = {"A": Assignment(profile="p1", activity="A", state="released", rule="random", entry=entry)}
        made["activities"]["A"]["keep"] = "profile"
        for number in range(30):
            unit = f"u{number}"
            if engine.traffic.allocation("acme", "A", unit) > 60:
                continue
            wanted = "a" if engine.traffic.allocation("acme", "A", unit, salt) <= 50 else "b"
            assert tools.given(made, {"activity": "A"}, unit=unit, assignments=was) == [[wanted]]


def test_nothing_failed_of_a_rule_that_holds(tools: Any) -> None:
    sight = Sight(tools.compile({}), engine.Person(), 0)
    assert sight.why(tools.program("1 = 1")) == ("1 = 1", None, None, None, None)


def test_a_place_in_a_count_that_there_is_not(tools: Any) -> None:
    cap = compile_cap(codec.build(Cap, {"id": "c", "limit": 1}), "o", tools.program, tools.compile({}).zone)
    with pytest.raises(ValueError, match="There is no count to reserve in"):
        Room(cap, None, 0, 1, 1, None).reserve("o")
