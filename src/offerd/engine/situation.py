"""What the engine is given and what it gives back: plain values, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from offerd.model.decision import Explanation, Proposition, Reason, Verdict
from offerd.model.offer import Component, Fallback, Offer
from offerd.model.person import Assignment
from offerd.model.request import Request


class CountKey(NamedTuple):
    """Names one count of the cap ledger.

    Attributes:
        cap: the cap's `key`, or `offer/cap id`.
        placement: the placement that is counted alone; empty for a count over several.
        profile: the profile that is counted alone; empty for everyone.
        window: empty for life; the first day of the calendar period as `day:2026-11-20`; `within:86400` for the
            rolling seconds that end now.
    """

    cap: str
    placement: str
    profile: str
    window: str


class Person(msgspec.Struct, kw_only=True, frozen=True):
    """The profile as rules see it.

    Attributes:
        id: the profile's id; None where there is no identity to keep anything by.
        attributes: its own laid over its parents', the request's laid over those.
        memberships: imported audiences that it is in now.
    """

    id: str | None = None
    attributes: Mapping[str, Any] = {}
    memberships: frozenset[str] = frozenset()


class ModelState(msgspec.Struct, kw_only=True, frozen=True):
    """What a learned model knows: an input of the engine.

    Attributes:
        version: of the state.
        scores: by offer, what a ranking by this model uses.
    """

    version: int
    scores: Mapping[str, float] = {}


class Situation(msgspec.Struct, kw_only=True, frozen=True):
    """Everything that a decision may depend on beside the snapshot.

    Attributes:
        now: microseconds since 1970 in UTC.
        request: what is asked.
        person: who it is for.
        unit: what splits traffic.
        seed: what breaks ties.
        counts: of the cap ledger, used and held; absent means 0.
        assignments: the person's, by activity.
        open: the person's propositions that are not closed and about the same as the request, by (activity, placement);
            some may have expired.
        models: by id.
        refused: offers whose reservation was just refused, by the cap that refused it; they are no candidates.
    """

    now: int
    request: Request
    person: Person
    unit: str
    seed: str
    counts: Mapping[CountKey, int] = {}
    assignments: Mapping[str, Assignment] = {}
    open: Mapping[tuple[str, str], Proposition] = {}
    models: Mapping[str, ModelState] = {}
    refused: Mapping[str, str] = {}


class Reservation(msgspec.Struct, kw_only=True, frozen=True):
    """A place in a count that an answer needs: used + amount <= limit must hold when it is taken.

    Attributes:
        key: the count.
        amount: how many places.
        limit: the cap's; None where the count is only kept and never refuses.
        offer: the offer that needs it.
        cap: the cap's id.
        hold: microseconds for which a place is kept for an interaction to come; None for a place that is used now.
        expires: when a calendar count may be forgotten, in microseconds; None for life.
        within: seconds of a rolling count; None otherwise.
    """

    key: CountKey
    amount: int
    limit: int | None
    offer: str
    cap: str
    hold: int | None = None
    expires: int | None = None
    within: int | None = None


class Given(msgspec.Struct, kw_only=True, frozen=True):
    """One offer in an answer.

    Attributes:
        offer: the offer or fallback itself.
        fallback: whether it is the activity's fallback.
        components: those to show, in order, chosen by language and condition, not yet filled in.
        selection: the selection it came from: its id or name, or `activity#index`.
        rank: how it was ranked: `priority`, `order`, `formula`, `traffic`, `model`, `kept`, `pinned`, `fallback`.
        score: what it was ranked by.
        margin: its score less the best score that was not given.
        reservations: what giving it needs.
    """

    offer: Offer | Fallback
    fallback: bool = False
    components: tuple[Component, ...] = ()
    selection: str | None = None
    rank: str = "priority"
    score: float | None = None
    margin: float | None = None
    reservations: tuple[Reservation, ...] = ()


class Answer(msgspec.Struct, kw_only=True, frozen=True):
    """What one activity, or none, answers to one ask at one placement.

    Attributes:
        ask: the index of the ask.
        activity: the activity's id; None where none answered or offers were asked for directly.
        placement: the placement's id.
        kept: an open proposition that is given again unchanged; then `given` is empty.
        given: best first.
        remembered: whether the choice was remembered (an assignment) rather than made now.
        same_as: the index of an earlier answer of this outcome that this one repeats: the same proposition, asked
            for twice in one request.
        lasts: microseconds that a new proposition stays open; None for ever.
        expires: when it must end at the latest (the activity's and its offers' windows), in microseconds.
        explanation: only where it was asked for.
    """

    ask: int
    activity: str | None = None
    placement: str | None = None
    kept: Proposition | None = None
    given: tuple[Given, ...] = ()
    remembered: bool = False
    same_as: int | None = None
    lasts: int | None = None
    expires: int | None = None
    explanation: Explanation | None = None


class Outcome(msgspec.Struct, kw_only=True, frozen=True):
    """What a request comes to.

    Attributes:
        answers: in the order of the asks.
        verdicts: of asks that are checks.
        assignments: new or changed, to be kept.
        closed: ids of open propositions that no longer hold, with why.
        warnings: what was odd about the request, such as an unknown property.
    """

    answers: tuple[Answer, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    closed: Mapping[str, Reason] = {}
    warnings: tuple[str, ...] = ()
