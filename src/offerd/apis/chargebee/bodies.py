"""What the operations share of bodies: what they take, what they send, and moments as clients write them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from offerd.apis.operation import Answer, Payload
from offerd.model import json

#: Any media type: clients send JSON, others forms.
ANY_BODY = Payload(shapes={"*/*": {"type": "object"}}, raw=True)


def document(tree: Any, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> Answer:
    """An answer of JSON."""
    return Answer(status=status, body=json.dumps(tree), headers=tuple(headers))


def seconds(at: datetime) -> int:
    """A moment in whole seconds since 1970; a part of a second is left out."""
    return int(at.timestamp())
