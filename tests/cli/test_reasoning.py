"""A decision as a person reads it."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from offerd.cli.reasoning import show


def shown(decision: dict[str, Any]) -> str:
    to = Console(file=io.StringIO(), width=140, highlight=False)
    show({"id": "d-1", "at": "2026-01-01T00:00:00Z", "revision": 3, **decision}, to)
    text = to.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


def given(**item: Any) -> dict[str, Any]:
    return {"id": "p-1", "ask": 0, "activity": "dashboard", "placement": "card", "items": [{"id": "i", **item}]}


def test_the_winner_is_named_with_how_it_won_and_by_how_much() -> None:
    item = {"offer": "bar", "name": "A drink on us", "rank": "priority", "score": 50.0, "margin": 10.0}
    text = shown({"propositions": [given(**item, components=[{"type": "html", "body": "<b>[bold]</b>"}])]})
    assert "card, answered by dashboard" in text
    assert "bar (A drink on us) won by priority, with 50, 10 more than the next." in text
    assert "html: <b>[bold]</b>" in text


def test_a_place_in_a_list_is_no_score() -> None:
    text = shown({"propositions": [given(offer="bar", rank="order", score=0.0, margin=1.0)]})
    assert "bar won in the order they are listed.\n" in text + "\n"


def test_an_instant_is_told_to_the_second() -> None:
    reason = {
        "code": "offer-not-started", "stage": "candidate", "clause": "offer.window.from", "path": "offer.window.from",
        "wanted": "2026-12-20T00:00:00Z", "seen": "2026-11-21T09:10:04.198192Z", "message": "Not yet",
    }  # fmt: skip
    lost = [{"offer": "a", "reason": reason}]
    text = shown({"propositions": [{**given(offer="pie"), "explanation": {"lost": lost}}]})
    assert "a Not yet offer.window.from 2026-12-20 00:00:00Z 2026-11-21 09:10:04Z" in text


def test_a_fallback_says_that_nothing_else_could_be_given() -> None:
    text = shown({"propositions": [given(offer="plain", fallback=True)]})
    assert "plain is the fallback: nothing else can be given." in text


def test_a_kept_offer_says_so() -> None:
    assert "won: it was given before and is kept." in shown({"propositions": [given(offer="a", rank="kept")]})


def test_a_place_that_stays_empty_says_so() -> None:
    assert "Nothing is given." in shown({"propositions": [{"id": "p", "ask": 0, "placement": "card"}]})


def test_each_loser_is_told_with_what_was_wanted_and_what_was_seen() -> None:
    lost = [
        {
            "offer": "bar",
            "reason": {
                "code": "not-eligible", "stage": "eligibility", "clause": "visits.bar >= 1",
                "path": "profile.visits.bar", "wanted": 1, "seen": 0, "message": "The rule does not hold",
            },
        },
        {"offer": "tea", "reason": {"code": "lost", "stage": "rank", "message": "Others rank higher"}, "score": 2.5},
        {
            "offer": "nut",
            "reason": {"code": "not-eligible", "stage": "eligibility", "path": "context.hour", "wanted": 18},
        },
    ]  # fmt: skip
    text = shown({"propositions": [{**given(offer="pie"), "explanation": {"lost": lost}}]})
    assert "bar The rule does not hold visits.bar >= 1 1 0" in text
    assert "tea Others rank higher 2.5" in text
    assert "nut not-eligible context.hour 18 nothing" in text


def test_activities_that_did_not_answer_are_told() -> None:
    reason = {"code": "not-live", "stage": "activity", "message": "The activity is a draft"}
    text = shown({"propositions": [{**given(offer="pie"), "explanation": {"activities": {"summer": reason}}}]})
    assert "summer The activity is a draft" in text


def test_a_check_tells_every_reason() -> None:
    reasons = [
        {"code": "seats", "stage": "requirement", "message": "Too few seats", "wanted": 5, "seen": 3},
        {"code": "total", "stage": "cap", "message": "The cap is reached"},
    ]
    verdicts = [
        {"ask": 0, "offer": "a", "covered": True, "passed": True},
        {"ask": 0, "offer": "b", "covered": True, "passed": False, "reasons": reasons},
        {"ask": 0, "offer": "c", "covered": False, "passed": False},
    ]
    text = shown({"verdicts": verdicts, "warnings": ["odd"], "dryRun": True})
    assert "a passed" in text
    assert "b covered, but Too few seats 5 3" in text
    assert "\nThe cap is reached" in text
    assert "c not covered" in text
    assert "Note: odd" in text
    assert "a dry run: nothing was stored" in text
