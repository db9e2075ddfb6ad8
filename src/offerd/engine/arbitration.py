"""Arbitration: of the offers in order, those that are given, against what the request gave already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from offerd.engine.activities import CompiledActivity
from offerd.engine.caps import CompiledCap
from offerd.engine.components import Representation, shown
from offerd.engine.matching import Matcher
from offerd.engine.offers import CompiledOffer
from offerd.engine.ranking import Ranked
from offerd.engine.reasons import reason
from offerd.engine.run import Place, Question, Run
from offerd.engine.sight import Sight
from offerd.engine.situation import Given, Reservation
from offerd.model.decision import Reason
from offerd.model.offer import Component

_DISPLAY = "display"


def arbitrate(
    run: Run,
    question: Question,
    activity: CompiledActivity | None,
    matcher: Matcher,
    ordered: Iterable[Ranked],
) -> list[Given]:
    """The first offers that neither a duplicate nor a count that filled up meanwhile forbids.

    What is given counts at once, so that two offers which share a cap do not both take its last place. An activity
    that gives one offer at all its placements gives nothing at one where that offer shows nothing.
    """
    losses = question.losses
    one_choice = activity is not None and activity.one_choice
    count = 1 if one_choice else question.count
    place = Place(None if activity is None else activity.id, question.at or None)
    taken: list[tuple[Ranked, tuple[Reservation, ...]]] = []
    next_best: Ranked | None = None
    passed_over = chosen = 0
    for each in ordered:
        if count is not None and chosen >= count:
            next_best = next_best or each
            passed_over += 1
            if losses is None:
                break
            losses.add(each.offer, _beyond(count, count + passed_over, one_choice), each.selection, each.score)
            continue
        found = _against_request(run, place, matcher, each.offer, counting=bool(taken))
        if found is None:
            chosen += 1
            if one_choice:
                found = not_at(matcher, question, each.offer)
        if found is None:
            needed = tuple(reservations(run, question, matcher, each.offer, place))
            run.counts.take(needed)
            run.place(each.offer.uid, place)
            taken.append((each, needed))
        elif losses is not None:
            losses.add(each.offer, found, each.selection, each.score)
    return [
        Given(
            offer=each.offer.offer,
            components=components(run, question, each.offer.content, each.offer.view),
            selection=each.selection,
            rank=each.how,
            score=each.score,
            margin=_margin(each, next_best),
            reservations=needed,
        )
        for each, needed in taken
    ]


def not_at(matcher: Matcher, question: Question, offer: CompiledOffer) -> Reason | None:
    """Why an offer that fits somewhere shows nothing here."""
    matcher.sight.look(offer.view)
    if question.placement is None or matcher.fits_at(question.placement, offer.content):
        return None
    return matcher.not_fitting_at(question.placement, offer.content)


def components(
    run: Run, question: Question, content: Mapping[str, Representation], view: Mapping[str, Any] | None
) -> tuple[Component, ...]:
    """What of an offer is shown here; `view` is the offer as rules see it."""
    question.sight.look(view)
    if question.placement is None or question.at not in content:
        return ()
    return shown(
        content[question.at], question.placement.types, run.snapshot.contents, question.sight,
        run.situation.request.languages,
    )  # fmt: skip


def reservations(
    run: Run, question: Question, matcher: Matcher, offer: CompiledOffer, place: Place
) -> Iterator[Reservation]:
    """The places in counts that giving an offer takes.

    A decision is counted now; so is a display, where what is given is shown at once; for any other interaction a
    place is kept where the cap says for how long.
    """
    matcher.sight.look(offer.view)
    for room in matcher.rooms(offer):
        cap = room.cap
        displayed = run.situation.request.shows(question.index)
        shown_now = cap.type == _DISPLAY and displayed and _counts_display(run, cap, offer, place)
        if cap.type == "decision" or shown_now:
            yield room.reserve(offer.uid)
        elif cap.hold is not None:
            yield room.reserve(offer.uid, hold=cap.hold)


def _counts_display(run: Run, cap: CompiledCap, offer: CompiledOffer, place: Place) -> bool:
    if cap.when is None:
        return True
    event: dict[str, Any] = {
        "type": _DISPLAY, "offer": offer.offer.id, "activity": place.activity, "placement": place.placement,
        "quantity": 1, "data": {},
    }  # fmt: skip
    situation = run.situation
    sight = Sight(run.snapshot, situation.person, situation.now, situation.request.context, event=event)
    sight.look(offer.view)
    return sight.truth(cap.when)


def _against_request(
    run: Run, place: Place, matcher: Matcher, offer: CompiledOffer, *, counting: bool
) -> Reason | None:
    """Why what the request gave already forbids an offer; caps are asked again where something was just counted."""
    clash = run.clash(offer.uid, place)
    if clash is not None:
        return reason(
            "duplicate", "duplicate", clause="request.duplicates", path="request.duplicates", wanted=True, seen=False,
            facts={"activity": clash.activity, "placement": clash.placement},
        )  # fmt: skip
    if not counting:
        return None
    matcher.sight.look(offer.view)
    return matcher.not_under_caps(offer)


def _beyond(count: int, position: int, one_choice: bool) -> Reason:
    if one_choice:
        return reason("not-chosen", "count", clause="activity.keep", path="position", wanted=1, seen=position)
    return reason("outranked", "count", clause="ask.count", path="ask.count", wanted=position, seen=count)


def _margin(winner: Ranked, next_best: Ranked | None) -> float | None:
    if next_best is None or next_best.group != winner.group:
        return None
    return winner.score - next_best.score
