"""One request and its answer, as logs and metrics see them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from time import perf_counter

import msgspec

from offerd.apis.operation import Caller

#: Where the exchange is kept in the ASGI scope.
KEY = "offerd.exchange"

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")


class Exchange(msgspec.Struct, kw_only=True):
    """What is known of a request while it is answered.

    Attributes:
        request: the client's `X-Request-Id` where it is short and printable, else a new one.
        method: the request's.
        started: by the monotonic clock, in seconds.
        route: the template of the route; None until one is found.
        caller: who calls, once it is known.
        status: of the answer; 0 before it.
        problem: the code of what went wrong.
    """

    request: str
    method: str
    started: float = msgspec.field(default_factory=perf_counter)
    route: str | None = None
    caller: Caller | None = None
    status: int = 0
    problem: str | None = None

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return perf_counter() - self.started


def request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The client's name of the request where it can be trusted in a log line, else a new one."""
    for name, value in headers:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return value.decode("ascii")
    return uuid.uuid4().hex
