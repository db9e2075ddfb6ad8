"""Decision scopes: the text that names a decision and a placement on the Edge, base64 of a small JSON object."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec

from offerd.model import json

_URL_SAFE = str.maketrans("-_", "+/")
#: A scope holds two ids and a number; what is longer is somebody else's.
_LONGEST = 4_096


class Scope(msgspec.Struct, frozen=True):
    """What is decided: a decision at a placement.

    Attributes:
        activity: the decision's id on the wire.
        placement: the placement's; None means each placement of the decision.
        count: how many items; the placement's where None.
    """

    activity: str
    placement: str | None = None
    count: int | None = None


def decode(text: str) -> Scope | None:
    """The scope that a text names; None where it is not ours, such as the name of an mbox.

    Padding may be missing, the alphabet may be the one for URLs, and the members may lack their prefix.
    """
    tree = _tree(text)
    if tree is None:
        return None
    activity, placement, count = (_member(tree, name) for name in ("activityId", "placementId", "itemCount"))
    if not isinstance(activity, str) or not isinstance(placement, str) or not activity or not placement:
        return None
    return Scope(activity, placement, count if type(count) is int else None)


def _tree(text: str) -> Mapping[str, Any] | None:
    if len(text) > _LONGEST:
        return None
    plain = text.strip().rstrip("=").translate(_URL_SAFE)
    try:
        raw = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        tree = json.loads(raw)
    except (binascii.Error, ValueError):
        return None
    return tree if isinstance(tree, dict) else None


def _member(tree: Mapping[str, Any], name: str) -> Any:
    return tree.get(f"xdm:{name}", tree.get(name))
