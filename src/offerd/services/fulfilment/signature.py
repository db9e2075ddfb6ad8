"""Signatures of what is sent, as Standard Webhooks has them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from offerd.settings import SettingsError

_PREFIX = "whsec_"

#: The fewest bytes of a key.
_LEAST = 16


class Keys:
    """What signs messages: a workspace's own keys, where it has some, else those of all workspaces.

    Args:
        secrets: with blanks between them, each base64 after `whsec_`; one that is a workspace's own has the workspace's
            id and a colon before it.

    Raises:
        SettingsError: one is none.
    """

    def __init__(self, secrets: str) -> None:
        self._by_workspace: dict[str, list[bytes]] = {}
        for each in secrets.split():
            workspace, _, secret = each.rpartition(":")
            self._by_workspace.setdefault(workspace, []).append(_key(secret))

    def of(self, workspace: str) -> Sequence[bytes]:
        """The keys that sign what a workspace sends; none where it is not signed."""
        return self._by_workspace.get(workspace) or self._by_workspace.get("", [])


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < _LEAST:
        raise SettingsError(f"webhook_secret: expected base64 of at least {_LEAST} bytes, after {_PREFIX}")
    return key


def signed(keys: Sequence[bytes], name: str, at: int, body: bytes) -> dict[str, str]:
    """The headers of a message.

    Args:
        keys: each signs; without any there is no signature.
        name: the message's id, the same at every attempt.
        at: when it is sent, in seconds since 1970.
        body: what is sent.
    """
    headers = {"webhook-id": name, "webhook-timestamp": str(at)}
    content = f"{name}.{at}.".encode() + body
    if keys:
        made = (base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode() for key in keys)
        headers["webhook-signature"] = " ".join(f"v1,{signature}" for signature in made)
    return headers
