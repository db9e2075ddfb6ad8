"""Profiles, identities and assignments: who."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from offerd.model.base import Instant, Part

Namespace = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class Identity(msgspec.Struct, kw_only=True, frozen=True, order=True):
    """One name of a person in one namespace; both are case-sensitive.

    Attributes:
        namespace: such as `email`, `crm`, `ECID`.
        id: unique in its namespace.
    """

    namespace: Namespace
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]


class Membership(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """That a profile is in an imported audience.

    Attributes:
        audience: the audience's id, which need not be in the catalogue yet.
        since: when it entered.
        until: when the membership ends (exclusive); absent means open.
    """

    audience: str
    since: Instant | None = None
    until: Instant | None = None


class Profile(Part, kw_only=True, frozen=True, omit_defaults=True):
    """What is known of a person.

    Attributes:
        id: assigned once, a UUID.
        version: one more at each change; the entity tag is made of it.
        identities: every name it has.
        attributes: any JSON.
        memberships: the imported audiences that it is in.
        parent: the id of the profile whose attributes it inherits, such as the customer of an end user.
        created: when it was first seen.
        modified: when it was last changed.
    """

    id: str = ""
    version: int = 0
    identities: list[Identity] = []
    attributes: dict[str, Any] = {}
    memberships: list[Membership] = []
    parent: str | None = None
    created: Instant | None = None
    modified: Instant | None = None


class Assignment(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The choice that an activity keeps for a profile.

    Attributes:
        profile: the profile's id.
        activity: the activity's id.
        state: `assigned` to `offer`; `released` (enters anew at the next ask); `barred` (never enters again).
        offer: what was chosen; kept when released, so that the same can be given again.
        entry: how often the profile entered before, part of the hash's salt: 0 the first time.
        seen: every offer it was assigned to, in order.
        rule: how a released one chooses again.
        reached: names of the activity's goals that were reached.
        at: when it last changed.
    """

    profile: str
    activity: str
    state: Literal["assigned", "released", "barred"] = "assigned"
    offer: str | None = None
    entry: int = 0
    seen: list[str] = []
    rule: Literal["same", "random", "new"] | None = None
    reached: list[str] = []
    at: Instant | None = None
