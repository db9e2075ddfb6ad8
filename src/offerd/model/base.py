"""The Structs that every other one is built from, and the types they share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

#: An instant in UTC, to the microsecond. A bare date means 00:00 in the workspace's zone.
Instant = Annotated[datetime, msgspec.Meta(tz=True)]

# None of the patterns below ends in `$`, which would let a line break follow.
_END = r"(?![\s\S])"

#: What a person or another system calls an object.
Id = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=255,
        pattern=r"^[^\s\x00-\x1f\x7f]+" + _END,
        description="1 to 255 printable characters without white space",
    ),
]

#: A length of time as a person writes it.
Duration = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[1-9][0-9]{0,8} (second|minute|hour|day|week)s?" + _END,
        description="a length of time such as 30 seconds, 10 minutes, 24 hours, 14 days or 2 weeks",
    ),
]

#: Calendar periods.
Period = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^([1-9][0-9]{0,3} )?(day|week|month)s?" + _END,
        description="a calendar period such as day, week, month, 3 days, 2 weeks or 6 months",
    ),
]

#: A word that programs share, such as a type of interaction.
Word = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z][A-Za-z0-9_.:-]*" + _END,
        description="a letter, then up to 63 letters, digits, and any of _ . : -",
    ),
]


class Part(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A piece of the model that keeps what it does not know.

    Attributes:
        extensions: what only one wire format knows, by the format's name; checked by that format's schema.
        unknown: members that nothing here knows, given back unchanged beside the known ones.
    """

    extensions: dict[str, Any] = {}
    unknown: dict[str, Any] = msgspec.field(default_factory=dict, name="(unknown)")

    @classmethod
    def from_short(cls, value: Any) -> Any:
        """Turns a form that a person may write instead of an object into the object; others pass through."""
        return value

    @classmethod
    def to_short(cls, tree: dict[str, Any]) -> Any:
        """The shortest form that `from_short` turns back into `tree`."""
        return tree


class Object(Part, kw_only=True, frozen=True, omit_defaults=True):
    """What the catalogue keeps: a Part with an identity, a version and a history.

    Attributes:
        id: unique among the objects of its kind in a workspace, chosen by the author or given.
        name: for people; the id where absent.
        description: for people.
        version: 1 when created, one more at each change; the entity tag is made of it.
        ids: foreign ids by system, assigned once and kept: `time` (63-bit time id, hexadecimal), `uuid`
            (version 1), `number` (below 2^53, unique in the workspace), and aliases that an author gives.
        created: when it was first stored.
        modified: when it was last changed.
        created_by: the token's name that created it.
        modified_by: the token's name that last changed it.
    """

    id: Id = ""
    name: str = ""
    description: str = ""
    version: int = 0
    ids: dict[str, str] = {}
    created: Instant | None = None
    modified: Instant | None = None
    created_by: str = ""
    modified_by: str = ""


#: Members of an Object that the server assigns; a write that carries them does not change them.
ASSIGNED = ("version", "created", "modified", "created_by", "modified_by")


class Window(Part, kw_only=True, frozen=True, omit_defaults=True):
    """When something may be used.

    Attributes:
        from_: the first instant; absent means always before.
        until: the first instant at which it is over (exclusive); absent means open.
    """

    from_: Instant | None = msgspec.field(default=None, name="from")
    until: Instant | None = None
