"""Who an event is of: its identities, and the visitor id that the Edge keeps in a cookie."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from offerd.apis.journey_optimizer.edge.reading import Event, mapping
from offerd.apis.journey_optimizer.runtime.reading import identities
from offerd.model import json
from offerd.model.person import Identity

ECID = "ECID"

#: Seconds for which a visitor is known: 395 days.
REMEMBERED = 34_128_000
#: Seconds for which a client stays with a location.
NEAR = 1_800
#: The location that clients are told where they name none.
HINT = "or2"

_DIGITS = 38
_VISITOR = re.compile(r"[0-9]{1,38}")


class Visitor:
    """Who a request is of.

    Args:
        workspace: the workspace's id.
        organisation: whose cookies they are.
        entries: the client's state, as it sent it.
        events: what it sent.

    Attributes:
        ecid: the visitor's id: the client's, or a new one; for a client that names somebody and keeps no cookie it is
            the same each time.
    """

    def __init__(
        self, workspace: str, organisation: str, entries: Iterable[Mapping[str, Any]], events: Iterable[Event]
    ) -> None:
        self._prefix = f"kndctr_{organisation.replace('@', '_')}_"
        named = [identities(mapping(event.xdm, "identityMap")) for event in events]
        everyone = [each for listed in named for each in listed]
        known = next((each.id for each in everyone if each.namespace == ECID and _VISITOR.fullmatch(each.id)), None)
        kept = known or self._kept(entries)
        self.ecid = kept or (_derived(workspace, everyone[0]) if everyone else _random())
        self._named = named

    def of(self, index: int) -> list[Identity]:
        """The identities of an event, the primary one first; the visitor's id is always among them."""
        found = self._named[index]
        own = Identity(namespace=ECID, id=self.ecid)
        return found if own in found else [*found, own]

    def handles(self, hint: str) -> list[dict[str, Any]]:
        """What the client is to remember."""
        remembered = [
            {"key": f"{self._prefix}identity", "value": _written(self.ecid), "maxAge": REMEMBERED},
            {"key": f"{self._prefix}cluster", "value": hint, "maxAge": NEAR},
        ]
        return [
            {"type": "identity:result", "payload": [{"id": self.ecid, "namespace": {"code": ECID}}]},
            {"type": "locationHint:result", "payload": [{"scope": "EdgeNetwork", "hint": hint, "ttlSeconds": NEAR}]},
            {"type": "state:store", "payload": remembered},
        ]

    @staticmethod
    def _kept(entries: Iterable[Mapping[str, Any]]) -> str | None:
        """The visitor's id in a cookie of any organisation; None where there is none, or it is not ours."""
        for entry in entries:
            key, value = entry.get("key"), entry.get("value")
            if (
                isinstance(key, str)
                and isinstance(value, str)
                and key.startswith("kndctr_")
                and key.endswith("_identity")
            ):
                return _read(value)
        return None


def _written(ecid: str) -> str:
    return base64.urlsafe_b64encode(json.dumps({ECID: ecid})).decode().rstrip("=")


def _read(value: str) -> str | None:
    try:
        tree = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    except (binascii.Error, ValueError):
        return None
    found = tree.get(ECID) if isinstance(tree, dict) else None
    return found if isinstance(found, str) and _VISITOR.fullmatch(found) else None


def _random() -> str:
    return f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"


def _derived(workspace: str, identity: Identity) -> str:
    """A visitor's id for somebody who is named: so that calls without a cookie do not add one each."""
    words = "\n".join((workspace, identity.namespace, identity.id)).encode()
    return f"{int.from_bytes(hashlib.sha256(words).digest()) % 10**_DIGITS:0{_DIGITS}d}"
