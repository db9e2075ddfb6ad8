"""Tokens that clients carry for the server: signed, and read without looking anything up.

An event token says what was shown or clicked: activity, experience, placement, component and goal. A preview token says
which activities and experiences somebody may look at before they are live. Both are base64url text of a JSON list and
the first 16 bytes of its HMAC-SHA256, whose key the data folder keeps; a token of one workspace is none of another.
The same content always gives the same token, so that what holds them can be cached.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Any

import msgspec

from offerd.apis.target.runtime import runtime
from offerd.services.house import House

_SIGNATURE = 16
_LONGEST = 16_384


class Event(msgspec.Struct, frozen=True, array_like=True):
    """What an event token stands for; ids are the model's.

    Attributes:
        activity: the activity's id.
        experience: the offer's, within the activity.
        placement: the placement's.
        component: the index of the component within what was shown there; None for all of it.
        goal: the name of the activity's goal that a click reaches.
    """

    activity: str
    experience: str
    placement: str | None = None
    component: int | None = None
    goal: str | None = None


class Preview(msgspec.Struct, frozen=True, array_like=True):
    """What a preview token lets its bearer see.

    Attributes:
        activities: ids of activities, in the order in which clients number them from 1.
        experiences: the experience that is shown of each; None, or nothing, for the one that the visitor would get.
    """

    activities: list[str]
    experiences: list[str | None] = []


class Tokens:
    """Issues and reads the tokens of a workspace.

    Args:
        house: the services.
        workspace: the workspace's id.
    """

    def __init__(self, house: House, workspace: str) -> None:
        self._key = hmac.digest(runtime(house).key, workspace.encode(), hashlib.sha256)

    def event(self, event: Event) -> str:
        """The token of an event."""
        return self._issued(b"e", event)

    def read_event(self, token: str) -> Event | None:
        """What an event token stands for; None where it is none of ours."""
        found = self._read(b"e", token, Event)
        return found if isinstance(found, Event) else None

    def preview(self, preview: Preview) -> str:
        """The token of a preview."""
        return self._issued(b"p", preview)

    def read_preview(self, token: str) -> Preview | None:
        """What a preview token stands for; None where it is none of ours."""
        found = self._read(b"p", token, Preview)
        return found if isinstance(found, Preview) else None

    def state(self, placement: str) -> str:
        """What a client gives back with a notification about prefetched content; nothing reads it."""
        return self._issued(b"s", [placement])

    def _issued(self, use: bytes, content: Any) -> str:
        text = msgspec.json.encode(content)
        return base64.urlsafe_b64encode(self._signature(use, text) + text).decode().rstrip("=")

    def _read(self, use: bytes, token: str, kind: type[Any]) -> Any:
        if len(token) > _LONGEST:
            return None
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        signature, text = raw[:_SIGNATURE], raw[_SIGNATURE:]
        if not hmac.compare_digest(signature, self._signature(use, text)):
            return None
        try:
            return msgspec.json.decode(text, type=kind)
        except msgspec.MsgspecError:
            return None

    def _signature(self, use: bytes, text: bytes) -> bytes:
        return hmac.digest(self._key, use + b"\0" + text, hashlib.sha256)[:_SIGNATURE]
