"""Deciding: from the asks of a request to their answers."""

from __future__ import annotations

import msgspec

from offerd.engine.activities import CompiledActivity
from offerd.engine.answering import attempt, latest_end, matcher_for, open_proposition
from offerd.engine.arbitration import arbitrate
from offerd.engine.checking import asked_verdicts
from offerd.engine.entry import barred, not_here, not_standing
from offerd.engine.keeping import lapsed
from offerd.engine.ranking import Ranked
from offerd.engine.reasons import reason
from offerd.engine.run import Losses, Question, Run
from offerd.engine.situation import Answer, Outcome, Situation
from offerd.engine.snapshot import Snapshot
from offerd.model.decision import Explanation, Reason
from offerd.model.request import Ask


def decide(snapshot: Snapshot, situation: Situation, *, explain: bool = False) -> Outcome:
    """Answers the asks of a request in their order; what one is given counts for those after it.

    Args:
        snapshot: the compiled catalogue.
        situation: everything else that the answer may depend on.
        explain: whether to say why each candidate and activity was not given. It changes nothing else.

    Returns:
        The answers, at least one an ask; verdicts for asks that are checks; and what is to be kept.
    """
    run = Run(snapshot, situation, explain=explain)
    for index, ask in enumerate(situation.request.asks):
        if ask.check:
            run.verdicts.extend(asked_verdicts(run, index, ask))
        elif ask.activity is not None:
            _ask_activity(run, index, ask, ask.activity)
        elif ask.placement is not None:
            _ask_placement(run, index, ask, ask.placement)
        else:
            _ask_offers(run, index, ask)
    return Outcome(
        answers=tuple(run.answers),
        verdicts=tuple(run.verdicts),
        assignments=tuple(run.assignments.values()),
        closed=run.closed,
        warnings=tuple(run.warnings),
    )


def _ask_activity(run: Run, index: int, ask: Ask, name: str) -> None:
    """Asks one activity, at one of its placements or at each."""
    activity = run.snapshot.activities.get(name)
    if activity is None:
        run.warn(f"There is no activity {name}")
        path = f"activities.{name}"
        why = reason("activity-unknown", "activity", clause=path, path=path, wanted=True, seen=False)
        _nothing(run, index, why, activity=name, placement=ask.placement)
        return
    sight = run.sight(ask)
    for place in (ask.placement,) if ask.placement is not None else (*activity.placements,) or (None,):
        placement = run.snapshot.placements.get(place or "")
        if place is not None and placement is None:
            _nothing(run, index, _unknown_placement(run, place), activity=name, placement=place)
            continue
        question = Question(index, ask, sight, placement, run.losses())
        result = attempt(run, question, activity)
        if isinstance(result, Answer):
            run.answers.append(_explained(run, result, losses=question.losses))
        else:
            empty = Answer(ask=index, activity=name, placement=place)
            run.answers.append(_explained(run, empty, {name: result}))


def _ask_placement(run: Run, index: int, ask: Ask, name: str) -> None:
    """Asks the activities of a placement in their order, until one answers, or all that match."""
    placement = run.snapshot.placements.get(name)
    if placement is None:
        _nothing(run, index, _unknown_placement(run, name), placement=name)
        return
    question = Question(index, ask, run.sight(ask), placement)
    takes_all = placement.placement.activities == "all"
    first = len(run.answers)
    noted: list[Losses | None] = []
    silent: dict[str, Reason] = {}
    empty = run.losses()
    for activity in _in_turn(run, question):
        if noted and not (takes_all and activity.activity.placements[name].shares):
            if run.explain:
                silent[activity.id] = _too_late(run, activity, takes_all=takes_all)
            elif not takes_all:
                break
            continue
        turn = msgspec.structs.replace(question, losses=run.losses())
        result = attempt(run, turn, activity)
        if isinstance(result, Answer) and (result.given or result.kept):
            noted.append(turn.losses)
            run.answers.append(result)
            continue
        silent[activity.id] = result if isinstance(result, Reason) else _empty(activity)
        if empty is not None and turn.losses is not None:
            empty.merge(turn.losses)
    if not noted:
        noted.append(run.losses())
        run.answers.append(Answer(ask=index, placement=name))
    if run.explain:
        _explain_all(run, first, noted, silent, empty)


def _explain_all(
    run: Run, first: int, noted: list[Losses | None], silent: dict[str, Reason], empty: Losses | None
) -> None:
    """Explains the answers at one placement; what is about all of them stands with the first."""
    given = {each.offer.id for answer in run.answers[first:] for each in answer.given}
    for at, losses in enumerate(noted, first):
        run.answers[at] = _explained(run, run.answers[at], silent if at == first else {}, losses)
    head = run.answers[first]
    if empty is not None and head.explanation is not None:
        known = {each.offer for each in head.explanation.lost}
        more = [each for each in empty.candidates() if each.offer not in given | known]
        silence = None if silent or head.activity else _no_activity(head)
        explanation = msgspec.structs.replace(head.explanation, reason=silence, lost=[*head.explanation.lost, *more])
        run.answers[first] = msgspec.structs.replace(head, explanation=explanation)


def _ask_offers(run: Run, index: int, ask: Ask) -> None:
    """Judges offers that are asked for without an activity or a placement, in the order in which they are listed."""
    if ask.offers is None:
        why = reason("nothing-asked", "activity", clause="ask", path="ask.activity", wanted=True)
        _nothing(run, index, why)
        return
    losses = run.losses()
    question = Question(index, ask, run.sight(ask), None, losses)
    matcher = matcher_for(run, question, ())
    ranked = []
    for position, name in enumerate(dict.fromkeys(ask.offers)):
        offer = run.snapshot.offers.get(name)
        if offer is None:
            run.warn(f"There is no offer {name}")
            if losses is not None:
                losses.unknown(name)
        elif matcher.passes(offer, None):
            ranked.append(Ranked(offer, None, "order", float(-position)))
        elif losses is not None:
            losses.note(offer, matcher.loses(offer, None))
    given = arbitrate(run, question, None, matcher, ranked)
    ends = latest_end(None, [each.offer for each in given])
    run.answers.append(_explained(run, Answer(ask=index, given=tuple(given), expires=ends), losses=losses))


def _in_turn(run: Run, question: Question) -> list[CompiledActivity]:
    """The activities of a placement in the order in which they are asked: those with an open proposition first."""
    activities = [run.snapshot.activities[name] for name in run.snapshot.at.get(question.at, ())]
    return sorted(activities, key=lambda each: not _has_open(run, question, each))


def _has_open(run: Run, question: Question, activity: CompiledActivity) -> bool:
    """Whether an activity has an open proposition here that still holds."""
    kept = open_proposition(run, question, activity)
    if kept is None or not_standing(run, activity) or barred(run, activity) or not_here(run, activity, question):
        return False
    return lapsed(run, question, activity, matcher_for(run, question, ()), kept) is None


def _too_late(run: Run, activity: CompiledActivity, *, takes_all: bool) -> Reason:
    if takes_all:
        path = "activity.placements.shares"
        return reason("not-shared", "activity", clause=path, path=path, wanted=True, seen=False)
    first = run.snapshot.activities[run.answers[-1].activity or ""].activity.priority
    return reason(
        "activity-outranked", "activity", clause="activity.priority", path="activity.priority", wanted=first + 1,
        seen=activity.activity.priority,
    )  # fmt: skip


def _empty(activity: CompiledActivity) -> Reason:
    return reason("empty", "activity", clause="activity.selections", facts={"fallback": activity.activity.fallback})


def _unknown_placement(run: Run, name: str) -> Reason:
    run.warn(f"There is no placement {name}")
    path = f"placements.{name}"
    return reason("placement-unknown", "activity", clause=path, path=path, wanted=True, seen=False)


def _no_activity(answer: Answer) -> Reason:
    return reason(
        "no-activity", "activity", clause="activity.placements", path="activity.placements", wanted=answer.placement
    )


def _nothing(run: Run, index: int, why: Reason, *, activity: str | None = None, placement: str | None = None) -> None:
    """Answers an ask that names something that there is not."""
    explanation = Explanation(reason=why) if run.explain else None
    run.answers.append(Answer(ask=index, activity=activity, placement=placement, explanation=explanation))


def _explained(
    run: Run, answer: Answer, activities: dict[str, Reason] | None = None, losses: Losses | None = None
) -> Answer:
    if not run.explain:
        return answer
    lost = [] if losses is None else losses.candidates()
    return msgspec.structs.replace(answer, explanation=Explanation(activities=activities or {}, lost=lost))
