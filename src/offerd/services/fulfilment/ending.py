"""Ending: how a fulfilment is over, and the event that tells so."""

from __future__ import annotations

import msgspec

from offerd.model.interaction import Fulfilment, Interaction
from offerd.services.clock import instant
from offerd.services.errors import Unprocessable

#: The types of the events.
FULFILLED, FAILED = "fulfilled", "failed"

#: The code of what was not finished before its deadline.
EXPIRED = "expired"


class Ended(Unprocessable):
    """A fulfilment that is over in another way already.

    Attributes:
        fulfilment: how it ended.
    """

    def __init__(self, fulfilment: Fulfilment) -> None:
        super().__init__(f"The fulfilment is {fulfilment.state} already", "/state")
        self.fulfilment = fulfilment


def as_of(fulfilment: Fulfilment, now: int) -> Fulfilment:
    """A fulfilment as it is at a moment: one that is late has failed, whether or not that was noted yet."""
    deadline = fulfilment.deadline
    if fulfilment.state != "in_progress" or deadline is None or deadline > instant(now):
        return fulfilment
    error = {"code": EXPIRED, "message": "It was not finished before its deadline"}
    return ended(msgspec.structs.replace(fulfilment, finished=deadline), error)


def ended(fulfilment: Fulfilment, error: dict[str, str] | None) -> Fulfilment:
    """A fulfilment that is over: completed, or with an error failed; and its page with it."""
    page = fulfilment.page
    if page is not None:
        page = msgspec.structs.replace(page, state="cancelled" if error else "succeeded")
    return msgspec.structs.replace(fulfilment, state="failed" if error else "completed", error=error, page=page)


def event(fulfilment: Fulfilment, accept: Interaction) -> Interaction:
    """What is recorded of the end of a fulfilment, about what was accepted; caps and goals may count it."""
    data = {"fulfilment": fulfilment.id, "kind": fulfilment.kind}
    return Interaction(
        type=FAILED if fulfilment.state == "failed" else FULFILLED,
        decision=accept.decision,
        proposition=accept.proposition,
        item=accept.item,
        offer=accept.offer,
        activity=accept.activity,
        placement=accept.placement,
        choice=accept.choice,
        identities=accept.identities,
        profile=fulfilment.profile,
        data={**data, **({"error": fulfilment.error} if fulfilment.error else {})},
        at=fulfilment.finished,
        key=f"fulfilment:{fulfilment.id}",
    )
