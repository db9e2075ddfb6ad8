"""Workspaces, properties and placements: where."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from offerd.model.base import Duration, Instant, Object, Part

Count = Annotated[int, msgspec.Meta(ge=1)]


class Workspace(Part, kw_only=True, frozen=True, omit_defaults=True):
    """What isolates everything: catalogue, profiles, decisions, tokens.

    Attributes:
        id: its key in storage and settings.
        code: what wire formats and the traffic hash call it.
        name: for people.
        zone: the IANA time zone of its calendar.
        created: when it was made.
    """

    id: str = ""
    code: str = ""
    name: str = ""
    zone: str = "UTC"
    created: Instant | None = None


class Property(Object, kw_only=True, frozen=True, omit_defaults=True):
    """A part of a workspace: a web property, a brand.

    Attributes:
        token: what a client sends to name it; the id where absent.
    """

    token: str = ""


class Placement(Object, kw_only=True, frozen=True, omit_defaults=True):
    """A place where offers appear.

    Attributes:
        channel: such as `web`, `email`, `mobile`.
        kind: a slot in a page, a whole page, or a view of an application.
        content: the component types it takes; none means that any offer fits.
        count: how many items a proposition holds here unless the ask says otherwise.
        activities: whether one activity answers here or all that match.
        duplicates: whether an offer that this request gave elsewhere may be given here again.
        lasts: how long a proposition made here stays open.
    """

    channel: str = ""
    kind: Literal["slot", "page", "view"] = "slot"
    content: list[str] = []
    count: Count | Literal["all"] = 1
    activities: Literal["one", "all"] = "one"
    duplicates: bool = False
    lasts: Duration | None = None
