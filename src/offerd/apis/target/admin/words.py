"""Words that several resources share: times, authors, and where things were made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from offerd.model import codec
from offerd.model.base import Object

#: Members that the server gives; a write that carries them does not change them.
ASSIGNED = ("id", "modifiedAt", "modifiedBy", "modifiedByName", "createdAt", "createdBy", "createdByName", "etag")


def instant(at: datetime | None) -> str | None:
    """A time as clients see it: without seconds where there are none."""
    if at is None:
        return None
    text = codec.instant_text(at)
    return text.replace(":00Z", "Z") if text.endswith(":00Z") and not at.second and not at.microsecond else text


def stamp(thing: Object) -> dict[str, Any]:
    """When and by whom an object was made and changed."""
    return given(
        {
            "createdAt": None if thing.created is None else codec.instant_text(thing.created),
            "modifiedAt": None if thing.modified is None else codec.instant_text(thing.modified),
            "modifiedByName": thing.modified_by or None,
        }
    )


def given(tree: dict[str, Any]) -> dict[str, Any]:
    """The members that are there."""
    return {name: value for name, value in tree.items() if value is not None}


def same(tree: Any, seen: dict[str, Any]) -> bool:
    """Whether a write says just what was seen, but for what the server gives."""
    if not isinstance(tree, dict):
        return False
    return {name: value for name, value in tree.items() if name not in ASSIGNED} == {
        name: value for name, value in seen.items() if name not in ASSIGNED
    }


def name_of(old: Object | None, given_name: str | None) -> str:
    """The name of an object after a write; one that only showed its id as its name stays without one."""
    if old is not None and given_name == (old.name or old.id):
        return old.name
    return given_name or ""
