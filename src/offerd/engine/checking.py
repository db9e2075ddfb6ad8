"""Checking: everything that keeps an offer from being redeemed, with facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from offerd.engine.counting import counts, event_view
from offerd.engine.matching import Matcher, cap_reason
from offerd.engine.offers import CompiledOffer, CompiledRequirement
from offerd.engine.reasons import failed, reason
from offerd.engine.run import Question, Run
from offerd.engine.sight import Sight
from offerd.engine.situation import Situation
from offerd.engine.snapshot import Snapshot
from offerd.model import codec
from offerd.model.decision import Reason, Verdict
from offerd.model.interaction import Interaction
from offerd.model.request import Ask
from offerd.pql import Program


class Redeemed(NamedTuple):
    """What redeeming is about.

    Attributes:
        type: the type of interaction whose caps are asked; None asks all.
        event: the interaction, where there is one.
    """

    type: str | None = None
    event: Interaction | None = None


def check(
    snapshot: Snapshot,
    situation: Situation,
    offer_ids: Iterable[str],
    *,
    ask: int = 0,
    redeeming: str | None = None,
    event: Interaction | None = None,
) -> list[Verdict]:
    """What keeps offers from being redeemed.

    An offer that is not covered (unknown, not approved, outside its window, not for this person) has that as its one
    reason. For one that is, every requirement and cap that does not hold is a reason. Offers that are checked together
    do not use up each other's caps, and nothing is reserved.

    Args:
        snapshot: the compiled catalogue.
        situation: who asks, when, and how far counts are.
        offer_ids: the offers, by id; one written in an activity is `activity#id`.
        ask: the index of the request's ask whose context, placement and quantity count.
        redeeming: the type of interaction whose caps are asked; None asks all caps.
        event: the interaction itself, where there is one: caps that would not count it are not asked, and its
            quantity is what is wanted.

    Returns:
        One verdict an offer, in the order of the ids.
    """
    run = Run(snapshot, situation, explain=True)
    asks = situation.request.asks
    question = _question(run, ask, asks[ask] if ask < len(asks) else Ask())
    redeemed = Redeemed(redeeming, event)
    return [_verdict(run, question, offer, redeemed) for offer in dict.fromkeys(offer_ids)]


def covered(snapshot: Snapshot, situation: Situation, offer_ids: Iterable[str], *, ask: int = 0) -> list[str]:
    """The offers that are covered, as `check` would say, without asking why or anything of those that are.

    Args:
        snapshot: the compiled catalogue.
        situation: who asks, and when.
        offer_ids: the offers, by id; one written in an activity is `activity#id`.
        ask: the index of the request's ask whose context counts.

    Returns:
        Their ids, in the order of `offer_ids`.
    """
    run = Run(snapshot, situation, explain=False)
    matcher = Matcher(run.sight(situation.request.asks[ask]), run.counts, (), drafts=run.drafts)
    return [name for name in dict.fromkeys(offer_ids) if _covers(matcher, snapshot.offer(name))]


def _covers(matcher: Matcher, offer: CompiledOffer | None) -> bool:
    if offer is None or not matcher.is_live(offer):
        return False
    matcher.sight.look(offer.view)
    return offer.eligible is None or offer.eligible.holds(matcher.sight)


def asked_verdicts(run: Run, index: int, ask: Ask) -> list[Verdict]:
    """The verdicts of an ask that is a check: of the offers it names; else of all that are covered.

    Where it names no offers but an activity, or a placement, those are the offers that the activity, or the
    placement's live activities, choose from.
    """
    question = _question(run, index, ask)
    if ask.offers is not None:
        return [_verdict(run, question, offer, Redeemed()) for offer in dict.fromkeys(ask.offers)]
    verdicts = (_verdict(run, question, offer, Redeemed()) for offer in _listed(run, question))
    return [verdict for verdict in verdicts if verdict.covered]


def _question(run: Run, index: int, ask: Ask) -> Question:
    return Question(index, ask, run.sight(ask), None)


def _listed(run: Run, question: Question) -> Iterator[str]:
    """The ids of the offers that a check without offers is about."""
    snapshot, ask = run.snapshot, question.ask
    if ask.activity is not None:
        activities = [ask.activity]
    elif ask.placement is not None:
        activities = [each for each in snapshot.at.get(ask.placement, ()) if snapshot.activities[each].live]
    else:
        return iter(sorted(snapshot.offers))
    found: dict[str, None] = {}
    for name in activities:
        activity = snapshot.activities.get(name)
        for selection in () if activity is None else snapshot.selections_at(activity, ask.placement):
            for offer in snapshot.candidates(selection, question.sight):
                if offer.offer.id in snapshot.offers:
                    found[offer.offer.id] = None
    return iter(found)


def _verdict(run: Run, question: Question, offer_id: str, redeemed: Redeemed) -> Verdict:
    offer = run.snapshot.offer(offer_id)
    reasons: list[Reason] = []
    uncovered: Reason | None
    if offer is None:
        path = f"offers.{offer_id}"
        uncovered = reason("offer-unknown", "candidate", clause=path, path=path, wanted=True, seen=False)
    else:
        event = redeemed.event
        matcher = Matcher(
            question.sight, run.counts, (), placement=question.ask.placement or "", drafts=run.drafts,
            quantity=question.ask.quantity if event is None else event.quantity,
        )  # fmt: skip
        matcher.sight.look(offer.view)
        uncovered = matcher.not_live(offer) or matcher.not_eligible(offer)
        if uncovered is None:
            sight = _redeeming(run, question, redeemed)
            sight.look(offer.view)
            reasons = [*_requirements(sight, offer), *_caps(matcher, offer, redeemed)]
    if uncovered is not None:
        reasons = [uncovered]
    return Verdict(
        ask=question.index, ask_id=question.ask.id, offer=offer_id, covered=uncovered is None, passed=not reasons,
        reasons=reasons,
    )  # fmt: skip


def _redeeming(run: Run, question: Question, redeemed: Redeemed) -> Sight:
    """What requirements see: beside everything else the interaction that redeems, where there is one, as `event`."""
    return question.sight if redeemed.event is None else run.sight(question.ask, event=event_view(redeemed.event))


def _requirements(sight: Sight, offer: CompiledOffer) -> Iterator[Reason]:
    for each in offer.requires:
        if each.rule is not None and not each.rule.holds(sight):
            found = failed("not-met", "requirement", each.rule.failing(sight))
            yield msgspec.structs.replace(found, code=each.requirement.code, facts=_facts(sight, each))


def _caps(matcher: Matcher, offer: CompiledOffer, redeemed: Redeemed) -> Iterator[Reason]:
    for room in matcher.rooms(offer):
        if room.enough or redeemed.type not in {None, room.cap.type}:
            continue
        if redeemed.event is None or counts(room.cap, matcher.sight, redeemed.event):
            yield cap_reason(room, room.cap.code)


def _facts(sight: Sight, each: CompiledRequirement) -> dict[str, Any]:
    return {
        name: _plain(fact.value(sight.scope)) if isinstance(fact, Program) else fact
        for name, fact in each.facts.items()
    }


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        return codec.instant_text(value)
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value
