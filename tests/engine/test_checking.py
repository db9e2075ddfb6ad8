"""Checks of offers that are about to be redeemed."""

from typing import Any

import pytest

from offerd import engine
from offerd.model import codec
from offerd.model.interaction import Interaction

OFFER = {
    "status": "approved",
    "requires": [{"code": "term", "rule": "context.term = 1", "facts": {"terms": "offer.attributes.terms"}}],
    "attributes": {"terms": [1, 2]},
    "caps": [
        {"id": "a", "limit": 0, "counts": "accept"},
        {"id": "b", "limit": 3, "counts": {"type": "claim", "by": "quantity"}, "placements": "each"},
        {"id": "d", "code": "shown", "limit": 0},
        {"id": "w", "limit": 0, "counts": {"type": "accept", "when": "event.data.counts and offer.priority = 0"}},
    ],
}
DOCUMENT = {
    "offers": {"o": OFFER, "draft": {"status": "draft"}},
    "placements": {"p": {"content": []}},
    "activities": {"A": {"selections": [{"inline": {"i": {"status": "approved"}}}]}},
}


def codes(tools: Any, *names: str, asks: Any = (), **rest: Any) -> list[list[str]]:
    own = {name: rest.pop(name) for name in ("redeeming", "event", "ask") if name in rest}
    situation = tools.situation(asks, **rest)
    return [
        [why.code for why in each.reasons] for each in engine.check(tools.compile(DOCUMENT), situation, names, **own)
    ]


def accept(**members: Any) -> Interaction:
    return codec.build(Interaction, {"type": "accept", **members})


def test_all_that_keeps_an_offer_from_being_redeemed(tools: Any) -> None:
    assert codes(tools, "o") == [["term", "a", "shown", "w"]]


@pytest.mark.parametrize(("redeeming", "failing"), [("accept", ["a", "w"]), ("claim", []), ("decision", ["shown"])])
def test_only_the_caps_of_what_is_redeemed_are_asked(tools: Any, redeeming: str, failing: list[str]) -> None:
    assert codes(tools, "o", redeeming=redeeming) == [["term", *failing]]


def test_a_cap_that_would_not_count_the_event_is_not_asked(tools: Any) -> None:
    assert codes(tools, "o", redeeming="accept", event=accept()) == [["term", "a"]]
    assert codes(tools, "o", redeeming="accept", event=accept(data={"counts": True})) == [["term", "a", "w"]]
    assert codes(tools, "o", event=accept(type="claim", quantity=3)) == [["term"]]
    assert codes(tools, "o", event=accept(type="claim", quantity=4)) == [["term", "b"]]


def test_the_context_quantity_and_placement_are_those_of_the_ask(tools: Any) -> None:
    counts = {engine.CountKey("o/b", "p", "", ""): 2}
    asks = [{}, {"context": {"members": {"term": 1}}, "quantity": 2, "placement": "p"}, {"quantity": 2}]
    assert codes(tools, "o", asks=asks, ask=1, redeeming="claim", counts=counts) == [["b"]]
    assert codes(tools, "o", asks=asks, ask=2, redeeming="claim", counts=counts) == [["term"]]
    for beyond in (3, 7):
        assert codes(tools, "o", asks=asks, ask=beyond, redeeming="claim", counts=counts) == [["term"]]


def test_a_verdict_an_offer_in_the_order_of_the_ids(tools: Any) -> None:
    situation = tools.situation([{"id": "mine"}])
    verdicts = engine.check(tools.compile(DOCUMENT), situation, ["x", "o", "A#i", "draft", "o"])
    assert [(each.offer, each.covered, each.passed, each.ask, each.ask_id) for each in verdicts] == [
        ("x", False, False, 0, "mine"),
        ("o", True, False, 0, "mine"),
        ("A#i", True, True, 0, "mine"),
        ("draft", False, False, 0, "mine"),
    ]
    (why,) = verdicts[0].reasons
    assert (why.code, why.stage, why.clause, why.path, why.wanted, why.seen) == (
        "offer-unknown", "candidate", "offers.x", "offers.x", True, False,
    )  # fmt: skip


def test_a_check_of_an_activity_is_about_what_it_gathers_for_the_person(tools: Any) -> None:
    document = {
        "offers": {name: {"status": "approved"} for name in "abc"},
        "activities": {"A": {"selections": [{"collection": {"where": "offer.id = wish"}}]}},
    }
    asks = [{}, {"activity": "A", "check": True}]
    outcome = engine.decide(tools.compile(document), tools.situation(asks, attributes={"wish": "b"}))
    assert [(each.offer, each.ask) for each in outcome.verdicts] == [("b", 1)]


def test_drafts_are_covered_where_they_are_pretended_to_be_approved(tools: Any) -> None:
    assert codes(tools, "draft") == [["offer-status"]]
    assert codes(tools, "draft", pretend={"drafts": True}) == [[]]


def test_a_requirement_says_what_failed_and_its_facts(tools: Any) -> None:
    (verdict,) = engine.check(tools.compile(DOCUMENT), tools.situation(), ["o"])
    why = verdict.reasons[0]
    assert (why.code, why.stage, why.clause, why.path, why.wanted, why.seen) == (
        "term", "requirement", "context.term = 1", "context.term", 1, None,
    )  # fmt: skip
    assert why.facts == {"terms": [1, 2]}
    assert why.message == "The requirement does not hold."


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        ("annual", "annual"),
        ("profile", "profile"),
        ("profile.n", 5),
        ("profile.n + 1", 6),
        ("offer.name", "o"),
        ("context.x", None),
        ("tables.t.r.v", "row"),
        ("elsData.t.r.v", "row"),
        ("see profile.n for more", "see profile.n for more"),
        ("shop.offer.x", "shop.offer.x"),
        (["offer.name"], ["offer.name"]),
        (7, 7),
        ("date(2026, 1, 2).isNull() and profile.n", False),
        ("if(profile.n = 5, date(2026, 1, 2), 0)", "2026-01-02T00:00:00Z"),
        ("profile.list", [1, "2"]),
        ("[profile.n, date(2026, 1, 2)]", [5, "2026-01-02T00:00:00Z"]),
    ],
)
def test_a_fact_is_pql_where_it_names_a_root(tools: Any, fact: Any, told: Any) -> None:
    document = {
        "tables": {"t": {"rows": {"r": {"v": "row"}}}},
        "offers": {"o": {"status": "approved", "requires": [{"code": "c", "rule": "false", "facts": {"f": fact}}]}},
    }
    situation = tools.situation(attributes={"n": 5, "list": [1, "2"]})
    (verdict,) = engine.check(tools.compile(document), situation, ["o"])
    assert verdict.reasons[0].facts == {"f": told}


@pytest.mark.parametrize(
    ("data", "rest", "failing"),
    [
        ({"receipt": {"verified": True}}, {}, [[]]),
        ({"receipt": {"verified": False}}, {}, [["receipt"]]),
        ({}, {}, [["receipt"]]),
        (None, {}, [["receipt"]]),
        (None, {"context": {"event": {"data": {"receipt": {"verified": True}}}}}, [[]]),
        ({}, {"context": {"event": {"data": {"receipt": {"verified": True}}}}}, [["receipt"]]),
    ],
)
def test_a_requirement_sees_the_interaction_that_redeems_before_the_event_that_was_decided_for(
    tools: Any, data: Any, rest: Any, failing: list[list[str]]
) -> None:
    offer = {"status": "approved", "requires": [{"code": "receipt", "rule": "event.data.receipt.verified = true"}]}
    event = None if data is None else accept(type="claim", data=data)
    situation = tools.situation([rest])
    found = engine.check(tools.compile({"offers": {"o": offer}}), situation, ["o"], redeeming="claim", event=event)
    assert [[why.code for why in each.reasons] for each in found] == failing


def test_eligibility_asks_the_event_that_was_decided_for(tools: Any) -> None:
    offer = {"status": "approved", "eligible": "event.data.kind = 1"}
    situation = tools.situation([{"context": {"event": {"data": {"kind": 1}}}}])
    event = accept(type="claim", data={"kind": 2})
    found = engine.check(tools.compile({"offers": {"o": offer}}), situation, ["o"], redeeming="claim", event=event)
    assert [each.passed for each in found] == [True]
