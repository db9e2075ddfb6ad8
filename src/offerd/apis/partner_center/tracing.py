"""The ids that a request and its answer carry."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping

#: Names one call; sent again with the same value, it is the same call.
REQUEST = "ms-requestid"

#: Names what several calls are part of.
CORRELATION = "ms-correlationid"

_ID = re.compile(r"[!-+\--~]{1,128}")


def named(headers: Mapping[str, str], name: str) -> str | None:
    """The id that a client sent; None without one, or for one that is too long or not printable."""
    sent = headers.get(name, "").strip()
    return sent if _ID.fullmatch(sent) else None


def headers(sent: Mapping[str, str], request: str) -> tuple[tuple[str, str], ...]:
    """What every answer carries: the ids that the client sent, or new ones.

    Args:
        sent: the request's headers, by name in lower case.
        request: what logs call the request, which is the id of one that has none.
    """
    own = named(sent, REQUEST) or _guid(request)
    return ((REQUEST, own), (CORRELATION, named(sent, CORRELATION) or str(uuid.uuid4())))


def _guid(request: str) -> str:
    try:
        return str(uuid.UUID(request))
    except ValueError:
        return str(uuid.uuid4())
