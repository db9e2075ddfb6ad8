"""What a catalogue write asks for and what comes of it."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET

from offerd.model.base import Instant, Object

#: Kind (plural) and id of an object.
Key: TypeAlias = tuple[str, str]


class Put(msgspec.Struct, frozen=True, kw_only=True):
    """Stores an object, new or changed.

    Attributes:
        kind: the plural of its kind.
        object: as it shall be; what the server assigns is taken from the stored one.
        if_version: the version that the stored object must have.
        create: whether it must be new (True), must be there (False), or either.
    """

    kind: str
    object: Object
    if_version: int | None = None
    create: bool | None = None


class Restored(Put, frozen=True, kw_only=True):
    """Stores an object as an earlier revision had it, its creation and all of its foreign ids too."""


class Delete(msgspec.Struct, frozen=True, kw_only=True):
    """Removes an object that nothing else names.

    Attributes:
        kind: the plural of its kind.
        id: its id.
        if_version: the version that the stored object must have.
    """

    kind: str
    id: str
    if_version: int | None = None


Change: TypeAlias = Put | Delete


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One member that differs.

    Attributes:
        pointer: where in the object, as a JSON pointer.
        before: its value; left out where it was not there.
        after: its value; left out where it is not there any more.
    """

    pointer: str
    before: Any = UNSET
    after: Any = UNSET


class Difference(msgspec.Struct, frozen=True, omit_defaults=True):
    """What differs of one object.

    Attributes:
        kind: the plural of its kind.
        id: its id.
        what: what happened to it.
        changes: which members; everything for an object that was created or deleted is one step at the root.
    """

    kind: str
    id: str
    what: Literal["created", "changed", "deleted"]
    changes: list[Step] = []


class Written(msgspec.Struct, frozen=True):
    """What a write did.

    Attributes:
        revision: the catalogue's number after it.
        changes: what differs from before; empty where the write changed nothing, which makes no revision.
        objects: the objects of its puts as they are now, in the order in which they were given.
    """

    revision: int
    changes: list[Difference]
    objects: list[Object]


class Revision(msgspec.Struct, frozen=True, omit_defaults=True):
    """One write of the past.

    Attributes:
        number: the catalogue's number after it.
        author: the token's name that wrote it.
        at: when.
        message: what the author says of it.
        changes: what it did; only where one revision is asked for.
    """

    number: int
    author: str
    at: Instant
    message: str = ""
    changes: list[Difference] = []


class Revisions(msgspec.Struct, frozen=True):
    """A page of revisions.

    Attributes:
        revisions: the last first.
        cursor: where the next page begins; None after the first revision.
    """

    revisions: list[Revision]
    cursor: str | None = None
