"""A run: what one request has come to so far, which its later asks take into account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from offerd.engine.activities import CompiledActivity, CompiledRank
from offerd.engine.caps import Counts
from offerd.engine.offers import CompiledOffer
from offerd.engine.reasons import reason
from offerd.engine.sight import Sight
from offerd.engine.situation import Answer, Situation
from offerd.engine.snapshot import BY_PRIORITY, CompiledPlacement, Snapshot
from offerd.model.decision import Candidate, Reason, Verdict
from offerd.model.person import Assignment
from offerd.model.request import Ask, Context, Duplicates, Pretence


class Place(NamedTuple):
    """Where an offer was given.

    Attributes:
        activity: the activity's id; None for offers that were asked for directly.
        placement: the placement's id.
    """

    activity: str | None
    placement: str | None


class Losses:
    """Candidates that were not given, each with the first thing that removed it."""

    __slots__ = ("_by_uid", "_excluded")

    def __init__(self) -> None:
        self._by_uid: dict[str, Candidate] = {}
        self._excluded: set[str] = set()

    def add(self, offer: CompiledOffer, why: Reason, selection: str | None = None, score: float | None = None) -> None:
        """Notes why an offer fell, unless it is known already."""
        if offer.uid in self._excluded:
            return
        self._by_uid.setdefault(
            offer.uid, Candidate(offer=offer.offer.id, reason=why, selection=selection, score=score)
        )

    def note(self, offer: CompiledOffer, why: Reason | None, selection: str | None = None) -> None:
        """Notes why an offer fell, where it did."""
        if why is not None:
            self.add(offer, why, selection)

    def unknown(self, offer: str) -> None:
        """Notes that an offer was asked for that there is not."""
        why = reason("offer-unknown", "candidate", clause=f"offers.{offer}", path=f"offers.{offer}", wanted=True)
        self._by_uid.setdefault(offer, Candidate(offer=offer, reason=why))

    def exclude(self, uid: str) -> None:
        """Says that an offer is given, and did not fall."""
        self._excluded.add(uid)

    def drop(self, uid: str) -> None:
        """Forgets an offer that got further by another selection."""
        self._by_uid.pop(uid, None)

    def merge(self, other: Losses) -> None:
        """Adds what fell elsewhere and is not known here."""
        for uid, candidate in other._by_uid.items():
            self._by_uid.setdefault(uid, candidate)

    def candidates(self) -> list[Candidate]:
        """All of them."""
        return list(self._by_uid.values())


class Question(msgspec.Struct, frozen=True):
    """One ask at one placement, put to one activity.

    Attributes:
        index: of the ask.
        ask: the ask.
        sight: what rules see.
        placement: where; None for offers that were asked for directly, at no placement.
        losses: where to note candidates that fall; None where nobody wants to know.
    """

    index: int
    ask: Ask
    sight: Sight
    placement: CompiledPlacement | None
    losses: Losses | None = None

    @property
    def at(self) -> str:
        """The placement's id; empty for none."""
        return "" if self.placement is None else self.placement.id

    @property
    def count(self) -> int | None:
        """How many offers are wanted; None for all."""
        wanted = self.ask.count or ("all" if self.placement is None else self.placement.placement.count)
        return None if wanted == "all" else wanted


class Run:
    """One request on its way through the engine.

    Attributes:
        snapshot: the compiled catalogue.
        situation: what was given.
        explain: whether reasons are wanted.
        counts: the ledger's counts and what was taken since.
        answers: so far.
        verdicts: so far.
        closed: kept propositions that do not hold any more.
        assignments: new or changed, by activity.
        warnings: what was odd, each once.
        choices: the offer that an activity gives at all its placements, by activity.
        made: the index of the answer that an activity gave at a placement in this request.
    """

    __slots__ = (
        "answers", "assignments", "choices", "closed", "counts", "drafts", "duplicates", "explain", "made",
        "placed", "pretend", "property", "situation", "snapshot", "verdicts", "warnings",
    )  # fmt: skip

    def __init__(self, snapshot: Snapshot, situation: Situation, *, explain: bool) -> None:
        request = situation.request
        self.snapshot = snapshot
        self.situation = situation
        self.explain = explain
        self.pretend = request.pretend or Pretence()
        self.drafts = self.pretend.drafts
        self.counts = Counts(situation.counts)
        self.answers: list[Answer] = []
        self.verdicts: list[Verdict] = []
        self.closed: dict[str, Reason] = {}
        self.assignments: dict[str, Assignment] = {}
        self.warnings: dict[str, None] = {}
        self.choices: dict[str, str] = {}
        self.made: dict[tuple[str, str], int] = {}
        self.placed: dict[str, dict[Place, None]] = {}
        self.duplicates = request.duplicates or _as_placed(snapshot, request.asks)
        self.property = self._property(request.property)

    def sight(self, ask: Ask, *, event: Any = None) -> Sight:
        """What rules see in an ask: its context is laid over the request's; `event` counts before those of both."""
        context, over = self.situation.request.context, ask.context
        if over is not None:
            context = Context(
                members={**context.members, **over.members},
                items={**context.items, **over.items},
                event=context.event if over.event is None else over.event,
            )
        return Sight(
            self.snapshot,
            self.situation.person,
            self.situation.now,
            context,
            event=event,
            pretended=self.pretend.audiences,
        )

    def learned(self, rank: CompiledRank) -> CompiledRank:
        """A ranking that can rank: by priority, with a warning, where it is by a model that has learned nothing yet."""
        if rank.by != "model" or (rank.model or "") in self.situation.models:
            return rank
        self.warn(f"The model {rank.model} has learned nothing yet; its offers are ranked by priority")
        return BY_PRIORITY

    def losses(self) -> Losses | None:
        """Where to note what falls; None where nobody asks."""
        return Losses() if self.explain else None

    def assignment(self, activity: CompiledActivity) -> Assignment | None:
        """The person's assignment in an activity."""
        return self.assignments.get(activity.id) or self.situation.assignments.get(activity.id)

    def clash(self, uid: str, place: Place) -> Place | None:
        """Where the request gave an offer before, if that forbids giving it here."""
        allowed = self.duplicates
        if allowed.across_activities and allowed.across_placements:
            return None
        for before in self.placed.get(uid, ()):
            other_activity, other_placement = before.activity != place.activity, before.placement != place.placement
            if other_activity and not allowed.across_activities:
                return before
            if other_placement and not allowed.across_placements:
                return before
            if not (other_activity or other_placement or allowed.across_activities or allowed.across_placements):
                return before
        return None

    def place(self, uid: str, place: Place) -> None:
        """Notes that an offer was given."""
        self.placed.setdefault(uid, {})[place] = None

    def warn(self, warning: str) -> None:
        """Notes what was odd, once."""
        self.warnings[warning] = None

    def _property(self, asked: str | None) -> str | None:
        if asked is None:
            return None
        known = self.snapshot.properties.get(asked)
        if known is None:
            self.warn(f"There is no property {asked}")
        return known


def _as_placed(snapshot: Snapshot, asks: Iterable[Ask]) -> Duplicates:
    """What the placements of a request say of duplicates: one that forbids them forbids them everywhere."""
    allowed = all(
        snapshot.placements[name].placement.duplicates
        for ask in asks
        if not ask.check
        for name in _placements(snapshot, ask)
        if name in snapshot.placements
    )
    return Duplicates(across_activities=allowed, across_placements=allowed)


def _placements(snapshot: Snapshot, ask: Ask) -> Iterable[str]:
    if ask.placement is not None:
        return (ask.placement,)
    activity = snapshot.activities.get(ask.activity or "")
    return () if activity is None else activity.placements
