"""Goals: what an interaction that an activity is for does to the person's assignment."""

from __future__ import annotations

import msgspec

from offerd.engine.activities import CompiledGoal
from offerd.engine.counting import event_view
from offerd.engine.sight import Sight
from offerd.engine.situation import Person
from offerd.engine.snapshot import Snapshot
from offerd.model.instants import instant
from offerd.model.interaction import Interaction
from offerd.model.person import Assignment

_RELEASES = {"release_same": "same", "release_random": "random", "release_new": "new"}


def advance(
    snapshot: Snapshot,
    activity_id: str,
    assignment: Assignment | None,
    interaction: Interaction,
    *,
    placement: str | None,
    now: int,
    person: Person | None = None,
) -> Assignment | None:
    """What an interaction does to a person's assignment in an activity.

    Every goal that it reaches is noted; a goal that counts once is reached once. The first that releases an assignment
    releases it, which makes the next entry one more; one that bars stands over everything.

    Args:
        snapshot: the compiled catalogue.
        activity_id: the activity.
        assignment: the person's, where there is one.
        interaction: what happened.
        placement: where it happened.
        now: in microseconds.
        person: who rules of goals see beside the event; only the event where absent.

    Returns:
        The assignment as it is now, or None where nothing changed. Without one before, only a goal that bars makes
        one, and only for a known profile.
    """
    activity = snapshot.activities.get(activity_id)
    if activity is None or (assignment is not None and assignment.state == "barred"):
        return None
    met = [
        goal
        for goal in reached(snapshot, activity_id, interaction, placement=placement, now=now, person=person)
        if not (goal.once and assignment is not None and goal.name in assignment.reached)
    ]
    if not met:
        return None
    follows = [goal.then for goal in met]
    if assignment is None:
        if "bar" not in follows or interaction.profile is None:
            return None
        assignment = Assignment(profile=interaction.profile, activity=activity_id, state="released")
    after = msgspec.structs.replace(assignment, reached=sorted({*assignment.reached, *(goal.name for goal in met)}))
    release = next((_RELEASES[then] for then in follows if then in _RELEASES), None)
    if "bar" in follows:
        after = msgspec.structs.replace(after, state="barred")
    elif release is not None and assignment.state == "assigned":
        after = msgspec.structs.replace(after, state="released", rule=release, entry=assignment.entry + 1)
    if after == assignment:
        return None
    return msgspec.structs.replace(after, at=instant(now))


def reached(
    snapshot: Snapshot,
    activity_id: str,
    interaction: Interaction,
    *,
    placement: str | None,
    now: int,
    person: Person | None = None,
) -> list[CompiledGoal]:
    """The goals of an activity that an interaction reaches, whether or not they were reached before.

    Args:
        snapshot: the compiled catalogue.
        activity_id: the activity.
        interaction: what happened.
        placement: where it happened.
        now: in microseconds.
        person: who rules of goals see beside the event; only the event where absent.
    """
    activity = snapshot.activities.get(activity_id)
    if activity is None or not activity.goals:
        return []
    sight = Sight(snapshot, person or Person(), now, event=event_view(interaction))
    return [goal for goal in activity.goals if _is_reached(goal, sight, interaction, placement)]


def _is_reached(goal: CompiledGoal, sight: Sight, interaction: Interaction, placement: str | None) -> bool:
    if goal.on != interaction.type or (goal.at is not None and goal.at != placement):
        return False
    if goal.selector is not None and goal.selector != interaction.selector:
        return False
    return goal.when is None or sight.truth(goal.when)
