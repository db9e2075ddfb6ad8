"""Problems of requests that could not be decided: they have the id and the moment of the decision that was not made."""

from __future__ import annotations

from typing import Any

import msgspec

from offerd.apis.journey_optimizer import problems
from offerd.apis.operation import Answer, Circumstances, answer
from offerd.services.errors import Unprocessable
from offerd.services.ids import uuid


class Undecided(Unprocessable):
    """A decision request that leads nowhere, or asks for more than there may be."""


def failure(error: Exception, at: Circumstances | None = None) -> Answer:
    """The answer to anything that went wrong.

    Args:
        error: what it was.
        at: the request that it answers.
    """
    if not isinstance(error, Undecided) or at is None:
        return problems.failure(error, at)
    listed = [{"pointer": fault.pointer, "message": fault.message} for fault in error.faults]
    body: dict[str, Any] = {
        "xdm:propositionID": uuid(),
        **problems.document(error.code, error.message, at, errors=listed),
        "ode:createDate": at.now // 1000,
    }
    return msgspec.structs.replace(answer(body, body["status"]), media=problems.MEDIA)
