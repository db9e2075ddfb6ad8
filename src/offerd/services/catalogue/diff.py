"""What differs between two versions of an object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from offerd.model import codec, json
from offerd.model.base import ASSIGNED, Object
from offerd.model.codec import pointer
from offerd.services.catalogue.changes import Difference, Key, Step

#: Members whose order says something, and so is part of their value.
_ORDERED = re.compile(r"(/selections/\d+)?/(placements|inline|rank/traffic|inline/[^/]+/content)")


def difference(key: Key, before: Object | None, after: Object | None) -> Difference | None:
    """What became of an object; None where nothing did.

    What the server assigns at every write (version, times, authors) is left out of the comparison.
    """
    kind, id_ = key
    if before is None and after is None:
        return None
    if before is None:
        return Difference(kind, id_, "created", [Step("", after=content(after))])
    if after is None:
        return Difference(kind, id_, "deleted", [Step("", before=content(before))])
    steps = list(compare(content(before), content(after)))
    return Difference(kind, id_, "changed", steps) if steps else None


def content(thing: Object | None) -> dict[str, Any]:
    """An object's tree without what the server assigns at every write."""
    tree: dict[str, Any] = codec.tree(thing)
    return {name: value for name, value in tree.items() if name not in ASSIGNED}


def compare(before: Any, after: Any, at: str = "") -> Iterator[Step]:
    """Every member that differs between two trees; numbers differ where their spelling does."""
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _members(before, after, at)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from compare(old, new, f"{at}/{index}")
    elif not same(before, after):
        yield Step(at, before, after)


def same(one: Any, other: Any) -> bool:
    """Whether two trees are equal, down to the spelling of numbers; the order of members does not count."""
    return one is other or json.dumps(one, sort=True) == json.dumps(other, sort=True)


def _members(before: dict[str, Any], after: dict[str, Any], at: str) -> Iterator[Step]:
    if _ORDERED.fullmatch(at) and before.keys() == after.keys() and list(before) != list(after):
        yield Step(at, before, after)
        return
    for name, old in before.items():
        if name not in after:
            yield Step(pointer(at, name), before=old)
        else:
            yield from compare(old, after[name], pointer(at, name))
    for name, new in after.items():
        if name not in before:
            yield Step(pointer(at, name), after=new)
