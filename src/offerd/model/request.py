"""Requests, asks and contexts: what a client wants to know."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from offerd.model.base import Id, Instant, Part
from offerd.model.person import Identity

ItemCount = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class Context(Part, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """The situation of a request.

    Attributes:
        members: any JSON, the root `context` of rules.
        items: typed items, `@{type}` in rules: a value or a list of values by type.
        event: the event that is being answered, `xEvent` in rules.
    """

    members: dict[str, Any] = {}
    items: dict[str, Any] = {}
    event: Any = None


class Ask(Part, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """One question of a request: it names an activity, a placement, both, or offers.

    Attributes:
        id: the client's own, given back.
        activity: the activity to answer; at each of its placements where no placement is named.
        placement: the place; its activities answer by priority where no activity is named.
        offers: only these offers are candidates; with neither activity nor placement, they are judged directly.
        count: how many items; the placement's where absent.
        context: laid over the request's context.
        check: whether to answer with verdicts instead of offers.
        quantity: how much of the offer is wanted, for caps that count by quantity.
        displayed: whether what this ask is given is shown at once; as the request says where absent.
    """

    id: str | None = None
    activity: Id | None = None
    placement: Id | None = None
    offers: list[Id] | None = None
    count: ItemCount | Literal["all"] | None = None
    context: Context | None = None
    check: bool = False
    quantity: ItemCount = 1
    displayed: bool | None = None


class Pretence(Part, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """What to take for granted, to see what would happen; implies a dry run.

    Attributes:
        pins: the offer that each of these activities chooses.
        audiences: whether the person is in each of these audiences.
        drafts: whether drafts answer as if they were live and approved.
    """

    pins: dict[Id, Id] = {}
    audiences: dict[Id, bool] = {}
    drafts: bool = False


#: Characters of what a request is about.
LONGEST_SUBJECT = 255


class Request(Part, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """What the engine is asked.

    Attributes:
        asks: the questions, answered in order.
        identities: who it is for, the primary one first.
        attributes: laid over the profile's for this request; never stored in the profile.
        unit: what splits traffic; the primary identity's id, else the profile's, where absent.
        session: the client's visit, for reports.
        impression: the client's page view, for reports and duplicates.
        languages: BCP 47 tags in order of preference.
        property: the part of the workspace that asks, by id or token.
        about: what of the person's it is about, such as one of several subscriptions; an open proposition is given
            again only for the same.
        context: the situation.
        duplicates: whether an offer may be given more than once, across activities and placements; where absent,
            the placements say.
        displayed: whether what is given is shown at once, so that its display is committed with the decision.
        dry_run: whether to commit nothing.
        pretend: what to take for granted.
        at: the moment to decide for; only in a dry run.
        seed: what breaks ties; drawn by the server where absent.
        unfilled: templates, such as `macros`, whose text is given as it is, because the caller fills it in.
    """

    asks: Annotated[list[Ask], msgspec.Meta(min_length=1)]
    identities: list[Identity] = []
    attributes: dict[str, Any] = {}
    unit: str | None = None
    session: str | None = None
    impression: str | None = None
    languages: list[str] = []
    property: str | None = None
    about: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_SUBJECT)] | None = None
    context: Context = Context()
    duplicates: Duplicates | None = None
    displayed: bool = False
    dry_run: bool = False
    pretend: Pretence | None = None
    at: Instant | None = None
    seed: str | None = None
    unfilled: list[Literal["liquid", "macros"]] = []

    def shows(self, ask: int) -> bool:
        """Whether what an ask is given is shown at once."""
        own = self.asks[ask].displayed
        return self.displayed if own is None else own


class Duplicates(Part, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """Where one offer may be given more than once in a request; a bare boolean says both.

    Attributes:
        across_activities: by several activities.
        across_placements: at several placements.
    """

    across_activities: bool = False
    across_placements: bool = False

    @classmethod
    def from_short(cls, value: Any) -> Any:
        """A boolean says both."""
        if isinstance(value, bool):
            return {"acrossActivities": value, "acrossPlacements": value}
        return value
