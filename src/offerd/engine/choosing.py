"""Choosing: an activity's selections, group by group, to one list in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from offerd.engine.activities import CompiledActivity, CompiledRank, CompiledSelection
from offerd.engine.keeping import holdings
from offerd.engine.matching import Matcher
from offerd.engine.offers import CompiledOffer
from offerd.engine.ranking import Draw, Ranked, Ranker, in_order
from offerd.engine.reasons import reason
from offerd.engine.run import Losses, Question, Run
from offerd.model.decision import Reason
from offerd.model.person import Assignment


def ordered(run: Run, question: Question, activity: CompiledActivity, matcher: Matcher) -> list[Ranked]:
    """The offers that an activity may give here, best first.

    Higher groups go first and are never overtaken. Within a group an offer of several selections counts with its best
    score; an offer of a higher group is not ranked again by a lower one.
    """
    snapshot, situation = run.snapshot, run.situation
    assignment = run.assignment(activity)
    draw = Draw(
        workspace=snapshot.workspace.code,
        activity=activity.number,
        unit=situation.unit,
        entry=0 if assignment is None else assignment.entry,
        percent=activity.percent,
    )
    same = _same(run, question, activity, matcher, assignment)
    if same is not None:
        others_lose(run, question, activity, not_kept(same.offer.offer.id), but=same.offer.uid)
        return [same]
    seen = assignment.seen if assignment is not None and _wants_new(assignment) else ()
    ranker = Ranker(question.sight, situation.models, draw, frozenset(seen))
    selections = sorted(snapshot.selections_at(activity, question.at), key=lambda each: -each.group)
    listed: dict[str, Ranked] = {}
    for _, group in groupby(selections, key=lambda each: each.group):
        best: dict[str, Ranked] = {}
        for selection in group:
            for each in _ranked(run, question, selection, matcher, ranker):
                uid = each.offer.uid
                if uid not in listed and (uid not in best or each.score > best[uid].score):
                    best[uid] = each
        listed.update((each.offer.uid, each) for each in in_order(list(best.values()), situation.seed))
    if question.losses is not None:
        for uid in listed:
            question.losses.drop(uid)
    return list(listed.values())


def _ranked(
    run: Run,
    question: Question,
    selection: CompiledSelection,
    matcher: Matcher,
    ranker: Ranker,
) -> Iterable[Ranked]:
    """The offers of one selection that match, with their scores."""
    asked = None if question.ask.offers is None else set(question.ask.offers)
    matching: list[CompiledOffer] = []
    for offer in run.snapshot.candidates(selection, question.sight):
        if asked is not None and offer.offer.id not in asked:
            continue
        if matcher.passes(offer, selection.when) and offer.offer.id not in ranker.excluded:
            matching.append(offer)
        elif question.losses is not None:
            seen = reason(
                "already-seen", "entry", clause="activity.goals", path="assignment.seen", wanted=False, seen=True
            )
            question.losses.add(offer, matcher.loses(offer, selection.when) or seen, selection.label)
    rank = run.learned(run.snapshot.ranked(selection.rank))
    return scored(rank, matching, ranker, selection, question.losses)


def scored(
    rank: CompiledRank,
    offers: Sequence[CompiledOffer],
    ranker: Ranker,
    selection: CompiledSelection,
    losses: Losses | None,
) -> list[Ranked]:
    """Offers with what a ranking says of them, without those that a traffic split did not pick."""
    ranked = []
    for index, (offer, score) in enumerate(zip(offers, ranker.scores(rank, offers), strict=True)):
        if score is not None:
            ranked.append(Ranked(offer, selection.label, rank.by, score, selection.group))
        elif losses is not None:
            losses.add(offer, ranker.not_picked(rank, offers, index), selection.label)
    return ranked


def not_kept(chosen: str) -> Reason:
    """Why an offer falls where another was chosen before."""
    return reason("not-kept", "entry", clause="activity.keep", path="choice", seen=chosen)


def not_pinned(pin: str) -> Reason:
    """Why an offer falls where the request pins another."""
    return reason("not-pinned", "entry", clause="request.pretend.pins", path="request.pretend.pins", seen=pin)


def _wants_new(assignment: Assignment) -> bool:
    return assignment.state == "released" and assignment.rule == "new"


def _same(
    run: Run, question: Question, activity: CompiledActivity, matcher: Matcher, assignment: Assignment | None
) -> Ranked | None:
    """The offer that a release wants to be given again, where it still matches."""
    if assignment is None or assignment.state != "released" or assignment.rule != "same" or not assignment.offer:
        return None
    for held in holdings(run, question, activity, assignment.offer, question.at):
        if matcher.passes(held.offer, held.when):
            return Ranked(held.offer, held.selection, "kept", 0.0)
    return None


def others_lose(run: Run, question: Question, activity: CompiledActivity, why: Reason, *, but: str = "") -> None:
    """Notes that every other candidate of an activity fell because a choice was made before."""
    if question.losses is None:
        return
    for selection in run.snapshot.selections_at(activity, question.at):
        for offer in run.snapshot.candidates(selection, question.sight):
            if offer.uid != but:
                question.losses.add(offer, why, selection.label)
