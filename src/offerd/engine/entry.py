"""Entry: whether an activity may answer here at all, and whether this person may enter it."""

from __future__ import annotations

from offerd.engine.activities import CompiledActivity
from offerd.engine.reasons import failed, outside, reason
from offerd.engine.run import Question, Run
from offerd.engine.sight import Sight
from offerd.engine.traffic import allocation, enters
from offerd.model.decision import Reason

_STAGE = "activity"
#: What stands for a reason where nobody asks for reasons.
_UNSAID = Reason(code="unsaid", stage=_STAGE)


def not_standing(run: Run, activity: CompiledActivity) -> Reason | None:
    """Why an activity answers nobody now: its status or its window."""
    status = activity.activity.status
    if not (activity.live or (run.drafts and status == "draft")):
        path = "activity.status"
        return reason("activity-status", _STAGE, clause=path, path=path, wanted="live", seen=status)
    return outside("activity", activity.starts, activity.ends, run.situation.now, _STAGE)


def barred(run: Run, activity: CompiledActivity) -> Reason | None:
    """Why an activity never answers this person again."""
    assignment = run.assignment(activity)
    if assignment is None or assignment.state != "barred":
        return None
    path = f"assignments.{activity.id}.state"
    return reason("barred", _STAGE, clause="activity.goals", path=path, wanted="released", seen="barred")


def not_here(run: Run, activity: CompiledActivity, question: Question) -> Reason | None:
    """Why an activity does not answer for this property, at this placement."""
    if activity.properties and run.property not in activity.properties:
        return reason(
            "property", _STAGE, clause="activity.properties", path="request.property",
            wanted=min(activity.properties), seen=run.situation.request.property,
        )  # fmt: skip
    anywhere = not activity.placements and question.placement is not None
    if not anywhere and question.at not in activity.placements:
        return reason(
            "not-placed", _STAGE, clause="activity.placements", path="ask.placement",
            wanted=next(iter(activity.placements), None), seen=question.at,
        )  # fmt: skip
    when = activity.placements.get(question.at)
    if when is None or when.holds(question.sight):
        return None
    return failed("placement-condition", _STAGE, when.failing(question.sight)) if run.explain else _UNSAID


def not_in_audience(activity: CompiledActivity, sight: Sight, *, explain: bool) -> Reason | None:
    """Why the person is not one whom the activity is for."""
    if activity.audience is None or activity.audience.holds(sight):
        return None
    return failed("audience", "entry", activity.audience.failing(sight)) if explain else _UNSAID


def not_drawn(run: Run, activity: CompiledActivity) -> Reason | None:
    """Why the unit is not among those that the activity lets in."""
    at = allocation(run.snapshot.workspace.code, activity.number, run.situation.unit)
    if enters(at, activity.percent):
        return None
    return reason(
        "percent", "entry", clause="activity.percent", path="activity.percent", wanted=max(float(at), 0.01),
        seen=float(activity.percent), facts={"allocation": float(at)},
    )  # fmt: skip
