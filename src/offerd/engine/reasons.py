"""Why something was not given: every code there is, and how a reason is made."""

from __future__ import annotations

from typing import Any, NamedTuple

from offerd.model import instants
from offerd.model.codec import instant_text
from offerd.model.decision import Reason

#: Every code that the engine gives, with what it means. A check gives the author's own codes for requirements and
#: caps besides. docs/reasons.md tells what is wanted and seen with each.
CODES: dict[str, str] = {
    # an ask, or an activity as a whole
    "nothing-asked": "The ask names neither an activity nor a placement nor offers.",
    "activity-unknown": "The catalogue has no activity of this id.",
    "placement-unknown": "The catalogue has no placement of this id.",
    "no-activity": "No activity answers at this placement.",
    "not-placed": "The activity does not answer at this placement.",
    "activity-status": "The activity is not live.",
    "activity-not-started": "The activity's window has not begun.",
    "activity-ended": "The activity's window is over.",
    "property": "The activity answers only for other properties.",
    "placement-condition": "The activity's condition for this placement does not hold.",
    "barred": "A goal barred the person from the activity.",
    "audience": "The person is not in the activity's audience.",
    "percent": "The unit's hash is outside the activity's entry percentage.",
    "empty": "The activity had nothing to give, and no fallback for this placement.",
    "activity-outranked": "Another activity answered first, and the placement takes one.",
    "not-shared": "Another activity answered first, and this one does not share its placement.",
    # an offer
    "offer-unknown": "The catalogue, or the activity, has no offer of this id.",
    "offer-status": "The offer is not approved.",
    "offer-not-started": "The offer's window has not begun.",
    "offer-ended": "The offer's window is over.",
    "no-content": "The offer has no component that the placement takes.",
    "component-condition": "No component of the offer for this placement is for this person.",
    "selection-condition": "The selection is not for this person.",
    "not-eligible": "The offer's rule does not hold.",
    "rule-unknown": "The condition names a rule that the catalogue does not have.",
    "cap-reached": "A cap of the offer is reached.",
    "cap-refused": "The last place under a cap was taken while this was decided.",
    "cap-needs-profile": "The offer has a cap for each profile, and the request names no one.",
    "traffic": "The unit's hash picked another offer.",
    "no-share": "The offer has no share of the traffic.",
    "already-seen": "The activity was released to an offer that the person has not seen, and this one was.",
    "not-pinned": "The request pinned another offer.",
    "not-kept": "The activity's choice was made before, and was another.",
    "not-chosen": "The activity gives one offer at all its placements, and another ranked higher.",
    "duplicate": "The request gave the offer elsewhere, and duplicates are off.",
    "outranked": "Others ranked higher, and the count was full.",
    # a requirement; an answer has the author's code in its place
    "not-met": "The requirement does not hold.",
    # a proposition that was kept
    "proposition-expired": "The kept proposition is past its time.",
    "proposition-closed": "The kept proposition is not open any more.",
    "proposition-empty": "The kept proposition holds nothing, or only a fallback.",
    "offer-changed": "An offer of the kept proposition has another version now.",
    "left-selection": "No selection of the activity holds an offer of the kept proposition any more.",
}



class Failing(NamedTuple):
    """The smallest part of a condition that failed.

    Attributes:
        clause: as PQL, or what was looked at.
        path: of the value that was seen.
        wanted: a value that would have passed.
        seen: the value that did not.
        code: where the part says better than its owner why it failed.
    """

    clause: str | None
    path: str | None
    wanted: Any
    seen: Any
    code: str | None = None


def reason(
    code: str,
    stage: str,
    *,
    clause: str | None = None,
    path: str | None = None,
    wanted: Any = None,
    seen: Any = None,
    facts: dict[str, Any] | None = None,
) -> Reason:
    """A reason with the message of its code."""
    return Reason(
        code=code, stage=stage, clause=clause, path=path, wanted=wanted, seen=seen, message=CODES[code],
        facts=facts or {},
    )  # fmt: skip


def failed(code: str, stage: str, failing: Failing, /, **facts: Any) -> Reason:
    """A reason for a condition that does not hold."""
    return reason(
        failing.code or code, stage, clause=failing.clause, path=failing.path, wanted=failing.wanted,
        seen=failing.seen, facts=facts,
    )  # fmt: skip


def instant(at: int) -> str:
    """The text of an instant that is given in microseconds."""
    return instant_text(instants.instant(at))


def outside(what: str, starts: int | None, ends: int | None, now: int, stage: str) -> Reason | None:
    """Why `now` is outside a window; None where it is inside. `what` begins the code: `activity` or `offer`."""
    if starts is not None and now < starts:
        return reason(
            f"{what}-not-started", stage, clause=f"{what}.window.from", path="now", wanted=instant(starts),
            seen=instant(now),
        )  # fmt: skip
    if ends is not None and now >= ends:
        return reason(
            f"{what}-ended", stage, clause=f"{what}.window.until", path="now", wanted=instant(ends - 1),
            seen=instant(now),
        )  # fmt: skip
    return None
