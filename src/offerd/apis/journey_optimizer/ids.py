"""The ids of Journey Optimizer's clients: object URIs, instance ids, container ids, and what they lead to."""

from __future__ import annotations

import hashlib
import re
import uuid as uuids

from offerd.model.base import Object

_HEX = re.compile(r"0*([0-9a-fA-F]{1,16})")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def uri(prefix: str, thing: Object) -> str:
    """The id of an object as clients know it: `xcore:offer-placement:124e0be5699743d3`.

    Args:
        prefix: of the resource it is shown as, with its last colon.
        thing: the object.
    """
    return f"{prefix}{thing.ids['time']}"


def time_id(text: str) -> str | None:
    """The hexadecimal id in an object URI of any prefix; None where the text is none.

    Leading zeros and the case of letters do not matter. The text must have a colon: a bare word is somebody's own id.
    """
    head, colon, last = text.strip().rpartition(":")
    found = _HEX.fullmatch(last) if colon and head else None
    return None if found is None else found[1].lower()


def instance_id(thing: Object) -> str:
    """What container URLs call an object."""
    return thing.ids["uuid"]


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID."""
    return _UUID.fullmatch(text) is not None


def container_id(workspace: str) -> str:
    """The UUID of a workspace's container; always the same."""
    return str(uuids.uuid5(uuids.NAMESPACE_URL, f"urn:offerd:workspace:{workspace}"))


def sandbox_id(workspace: str) -> str:
    """The UUID of the sandbox that a workspace stands for; always the same."""
    return str(uuids.uuid5(uuids.NAMESPACE_URL, f"urn:offerd:sandbox:{workspace}"))


def tenant_segment(workspace: str) -> str:
    """The 48 hexadecimal digits that stand in the ids of a workspace's decision items."""
    return hashlib.sha256(workspace.encode()).hexdigest()[:48]
