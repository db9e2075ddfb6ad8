"""Keeping: open propositions that are given again, and choices that are remembered."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from offerd.engine.activities import CompiledActivity
from offerd.engine.arbitration import components
from offerd.engine.conditions import Test
from offerd.engine.entry import not_in_audience
from offerd.engine.matching import Matcher
from offerd.engine.offers import CompiledOffer
from offerd.engine.reasons import failed, instant, reason
from offerd.engine.run import Question, Run
from offerd.engine.situation import Given
from offerd.model.decision import Item, Proposition, Reason
from offerd.model.instants import instant as moment
from offerd.model.instants import micros
from offerd.model.person import Assignment

_STAGE = "activity"


class Holding(NamedTuple):
    """An offer in a selection.

    Attributes:
        offer: the offer.
        when: who the selection is for.
        selection: what answers call the selection.
    """

    offer: CompiledOffer
    when: Test | None
    selection: str


def holdings(
    run: Run, question: Question, activity: CompiledActivity, offer: str, placement: str | None
) -> list[Holding]:
    """The selections of an activity, used at a placement or at any, that hold an offer of this id."""
    found = []
    for selection in run.snapshot.selections_at(activity, placement):
        compiled = run.snapshot.candidate(selection, offer, question.sight)
        if compiled is not None:
            found.append(Holding(compiled, selection.when, selection.label))
    return found


def lapsed(
    run: Run, question: Question, activity: CompiledActivity, matcher: Matcher, kept: Proposition
) -> Reason | None:
    """Why an open proposition is not given again; caps, ranking and percentage are not asked."""
    if kept.state != "open":
        path = "proposition.state"
        return reason("proposition-closed", _STAGE, clause=path, path=path, wanted="open", seen=kept.state)
    if kept.expires is not None and micros(kept.expires) <= run.situation.now:
        return reason(
            "proposition-expired", _STAGE, clause="proposition.expires", path="now",
            wanted=instant(micros(kept.expires) - 1), seen=instant(run.situation.now),
        )  # fmt: skip
    if not kept.items or any(item.fallback for item in kept.items):
        return reason("proposition-empty", _STAGE, clause="proposition.items")
    found = not_in_audience(activity, question.sight, explain=True)
    if found is not None:
        return found
    for item in kept.items:
        found = _lapsed_item(run, question, activity, matcher, item)
        if found is not None:
            return msgspec.structs.replace(found, facts={**found.facts, "offer": item.offer})
    return None


def _lapsed_item(
    run: Run, question: Question, activity: CompiledActivity, matcher: Matcher, item: Item
) -> Reason | None:
    """Why one offer of a kept proposition does not hold any more."""
    held = holdings(run, question, activity, item.offer, question.at)
    if not held:
        path = f"offers.{item.offer}"
        return reason("left-selection", "selection", clause="activity.selections", path=path, wanted=True, seen=False)
    offer = held[0].offer
    if offer.offer.version != item.version:
        return reason(
            "offer-changed", "candidate", clause="offer.version", path="offer.version", wanted=item.version,
            seen=offer.offer.version,
        )  # fmt: skip
    matcher.sight.look(offer.view)
    found = matcher.not_live(offer)
    if found is not None:
        return found
    conditions = [each.when for each in held]
    if not any(when is None or when.holds(matcher.sight) for when in conditions) and conditions[0] is not None:
        return failed("selection-condition", "selection", conditions[0].failing(matcher.sight))
    return matcher.not_eligible(offer)


def remembered(run: Run, activity: CompiledActivity) -> str | None:
    """The offer that an activity gave this person before, and gives again: in this request, or by an assignment."""
    if not activity.one_choice:
        return None
    if activity.id in run.choices:
        return run.choices[activity.id]
    if activity.activity.keep != "profile":
        return None
    assignment = run.assignment(activity)
    return None if assignment is None or assignment.state != "assigned" else assignment.offer


def again(run: Run, question: Question, activity: CompiledActivity, matcher: Matcher, offer: str) -> Holding | None:
    """The remembered offer, where the activity still has it and it is still approved and in its window."""
    found = holdings(run, question, activity, offer, None)
    return found[0] if found and matcher.is_live(found[0].offer) else None


def given_again(run: Run, question: Question, holding: Holding, how: str) -> Given:
    """A remembered or pinned offer as it is given: neither capped nor counted."""
    return Given(
        offer=holding.offer.offer,
        components=components(run, question, holding.offer.content, holding.offer.view),
        selection=holding.selection,
        rank=how,
    )


def remember(run: Run, activity: CompiledActivity, offer: str) -> None:
    """Notes the choice of an activity: for the request, and for the person where there is one."""
    run.choices[activity.id] = offer
    profile = run.situation.person.id
    if activity.activity.keep != "profile" or profile is None:
        return
    before = run.assignment(activity) or Assignment(profile=profile, activity=activity.id)
    run.assignments[activity.id] = msgspec.structs.replace(
        before,
        profile=profile,
        state="assigned",
        offer=offer,
        rule=None,
        seen=before.seen if offer in before.seen else [*before.seen, offer],
        at=moment(run.situation.now),
    )
