"""Answering: what one activity says to one ask at one placement."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from offerd.engine.activities import CompiledActivity
from offerd.engine.arbitration import arbitrate, components, not_at
from offerd.engine.choosing import not_kept, not_pinned, ordered, others_lose
from offerd.engine.entry import barred, not_drawn, not_here, not_in_audience, not_standing
from offerd.engine.keeping import Holding, again, given_again, holdings, lapsed, remember, remembered
from offerd.engine.matching import Matcher
from offerd.engine.offers import window
from offerd.engine.run import Place, Question, Run
from offerd.engine.situation import Answer, Given
from offerd.engine.snapshot import CompiledPlacement
from offerd.model.decision import Proposition, Reason
from offerd.model.offer import Fallback, Offer


def open_proposition(run: Run, question: Question, activity: CompiledActivity) -> Proposition | None:
    """The person's open proposition of an activity here; none where the ask wants something else in particular."""
    if activity.activity.keep != "proposition" or activity.id in run.pretend.pins:
        return None
    kept = run.situation.open.get((activity.id, question.at))
    wanted = question.ask.offers
    if kept is None or kept.id in run.closed:
        return None
    return kept if wanted is None or all(item.offer in wanted for item in kept.items) else None


def attempt(run: Run, question: Question, activity: CompiledActivity) -> Answer | Reason:
    """What an activity answers here, or why it does not; an answer without offers where it had none."""
    kept = open_proposition(run, question, activity)
    why = not_standing(run, activity) or barred(run, activity)
    if why is not None:
        if kept is not None:
            run.closed[kept.id] = why
        return why
    why = not_here(run, activity, question)
    if why is not None:
        return why
    if kept is not None:
        why = lapsed(run, question, activity, matcher_for(run, question, ()), kept)
        if why is None:
            return _kept(run, question, activity, kept)
        run.closed[kept.id] = why
    repeated = run.made.get((activity.id, question.at))
    if repeated is not None and question.ask.offers is None:
        return _repeated(run, question, activity, repeated)
    if activity.id in run.pretend.pins:
        return _answer(run, question, activity, _pinned(run, question, activity))
    return _chosen(run, question, activity)


def _chosen(run: Run, question: Question, activity: CompiledActivity) -> Answer | Reason:
    """The activity's own choice: a remembered one, else a new one for a person who may enter."""
    offer = remembered(run, activity)
    matcher = matcher_for(run, question, _places(run, question, activity))
    if offer is None:
        why = not_in_audience(activity, question.sight, explain=run.explain) or not_drawn(run, activity)
        if why is not None:
            return why
    else:
        held = again(run, question, activity, matcher, offer)
        if held is not None:
            return _answer(run, question, activity, _again(run, question, activity, held), remembered=True)
    given = arbitrate(run, question, activity, matcher, ordered(run, question, activity, matcher))
    if given and activity.one_choice:
        remember(run, activity, given[0].offer.id)
    return _answer(run, question, activity, given)


def _places(run: Run, question: Question, activity: CompiledActivity) -> tuple[CompiledPlacement, ...]:
    """The placements at one of which an offer must fit: all of an activity that gives one offer everywhere."""
    here = () if question.placement is None else (question.placement,)
    if not activity.one_choice:
        return here
    known = run.snapshot.placements
    return (*here, *(known[name] for name in activity.placements if name in known and name != question.at))


def matcher_for(run: Run, question: Question, places: Sequence[CompiledPlacement]) -> Matcher:
    """What judges the offers of a question; they must fit at one of the places."""
    return Matcher(
        question.sight,
        run.counts,
        places,
        placement=question.at,
        quantity=question.ask.quantity,
        drafts=run.drafts,
        refused=run.situation.refused,
    )


def _again(run: Run, question: Question, activity: CompiledActivity, held: Holding) -> list[Given]:
    """The remembered offer, where it shows something here and the ask takes it."""
    offer = held.offer
    others_lose(run, question, activity, not_kept(offer.offer.id), but=offer.uid)
    if question.ask.offers is not None and offer.offer.id not in question.ask.offers:
        return []
    return _shown(run, question, activity, held, "kept")


def _shown(run: Run, question: Question, activity: CompiledActivity, held: Holding, how: str) -> list[Given]:
    """An offer that was chosen otherwise than by ranking, where it shows something here."""
    why = not_at(matcher_for(run, question, ()), question, held.offer)
    if why is not None:
        if question.losses is not None:
            question.losses.add(held.offer, why, held.selection)
        return []
    run.place(held.offer.uid, Place(activity.id, question.at))
    return [given_again(run, question, held, how)]


def _pinned(run: Run, question: Question, activity: CompiledActivity) -> list[Given]:
    """The offer that the request pretends to be chosen, whatever its rules and caps say."""
    pin = run.pretend.pins[activity.id]
    held = next(iter(holdings(run, question, activity, pin, None)), None)
    if held is None:
        run.warn(f"The activity {activity.id} has no offer {pin}")
        if question.losses is not None:
            question.losses.unknown(pin)
    others_lose(run, question, activity, not_pinned(pin), but="" if held is None else held.offer.uid)
    return [] if held is None else _shown(run, question, activity, held, "pinned")


def _answer(
    run: Run, question: Question, activity: CompiledActivity, given: list[Given], *, remembered: bool = False
) -> Answer:
    """The answer with what is given, or with the fallback where that is nothing."""
    lasts = activity.lasts
    if lasts is None and question.placement is not None:
        lasts = question.placement.lasts
    offers = [each.offer for each in given if isinstance(each.offer, Offer)]
    if not given:
        given = _fallback(run, question, activity)
    elif activity.activity.keep == "proposition":
        run.made.setdefault((activity.id, question.at), len(run.answers))
    return Answer(
        ask=question.index,
        activity=activity.id,
        placement=question.at or None,
        given=tuple(given),
        remembered=remembered and bool(offers),
        lasts=lasts,
        expires=latest_end(activity.ends, offers),
    )


def _fallback(run: Run, question: Question, activity: CompiledActivity) -> list[Given]:
    """The activity's fallback, where it is approved and shows something here; neither rules nor caps are asked."""
    found = run.snapshot.fallbacks.get(activity.activity.fallback or "")
    if found is None or not (found.fallback.status == "approved" or (run.drafts and found.fallback.status == "draft")):
        return []
    question.sight.look(None)
    if question.placement is not None and not matcher_for(run, question, ()).fits_at(question.placement, found.content):
        return []
    shown = components(run, question, found.content, None)
    return [Given(offer=found.fallback, fallback=True, components=shown, rank="fallback")]


def _kept(run: Run, question: Question, activity: CompiledActivity, kept: Proposition) -> Answer:
    """An open proposition, given again: neither capped nor counted."""
    for item in kept.items:
        for held in holdings(run, question, activity, item.offer, question.at):
            run.place(held.offer.uid, Place(activity.id, question.at))
            if question.losses is not None:
                question.losses.exclude(held.offer.uid)
    others_lose(run, question, activity, not_kept(kept.items[0].offer))
    return Answer(ask=question.index, activity=activity.id, placement=question.at, kept=kept)


def _repeated(run: Run, question: Question, activity: CompiledActivity, index: int) -> Answer:
    """The proposition that an earlier ask of this request made, again."""
    before = run.answers[index]
    if question.losses is not None:
        for each in before.given:
            for held in holdings(run, question, activity, each.offer.id, question.at):
                question.losses.exclude(held.offer.uid)
    others_lose(run, question, activity, not_kept(before.given[0].offer.id))
    return msgspec.structs.replace(
        before,
        ask=question.index,
        same_as=index,
        remembered=True,
        explanation=None,
        given=tuple(msgspec.structs.replace(each, reservations=()) for each in before.given),
    )


def latest_end(ends: int | None, offers: Sequence[Offer | Fallback]) -> int | None:
    """When a proposition ends at the latest: with its activity's window, or an offer's."""
    windows = [window(each.window)[1] for each in offers if isinstance(each, Offer)]
    return min((end for end in (ends, *windows) if end is not None), default=None)
