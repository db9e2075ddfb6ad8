"""Interactions and fulfilments: what people did, and what it set going."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec

from offerd.model.base import Id, Instant, Part, Word
from offerd.model.person import Identity

#: Types that are asked and may be refused; every other one is reported and never is.
ASKED = frozenset(("accept", "claim"))


class Interaction(Part, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """Something a person did with what was given.

    It names a decision, a proposition, an item or a token; or with none of these an offer or an activity.

    Attributes:
        id: assigned, a UUID.
        type: `display`, `click`, `accept`, `dismiss`, `claim`, `conversion`, `purchase`, or any other name.
        decision: a decision's id.
        proposition: a proposition's id.
        item: an item's id.
        token: what an answer gave instead of ids.
        offer: an offer's id.
        activity: an activity's id.
        placement: where it happened; the proposition's where absent.
        choice: the id of the offer's choice, for an accept.
        identities: who did it; the decision's where absent.
        profile: assigned: the profile's id.
        quantity: how many.
        value: money or any other measure.
        currency: ISO 4217, of `value`.
        selector: what was clicked.
        session: the client's visit in which it happened; the decision's where absent.
        data: any JSON, `event.data` in rules.
        at: when it happened; now where absent.
        received: assigned: when it was acknowledged.
        key: the sender's own; a repeat of it counts once.
    """

    id: str = ""
    type: Word
    decision: str | None = None
    proposition: str | None = None
    item: str | None = None
    token: str | None = None
    offer: Id | None = None
    activity: Id | None = None
    placement: Id | None = None
    choice: Id | None = None
    identities: list[Identity] = []
    profile: str | None = None
    quantity: Annotated[int, msgspec.Meta(ge=1, le=2**53)] = 1
    value: Decimal | None = None
    currency: str | None = None
    selector: str | None = None
    session: str | None = None
    data: dict[str, Any] = {}
    at: Instant | None = None
    received: Instant | None = None
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | None = None


class Page(Part, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """A hosted page on which a person carries out what they accepted, such as a checkout.

    Attributes:
        id: a UUID.
        url: where it is.
        type: what it is for, in the words of the choice's settings.
        state: `created`, `succeeded` when its fulfilment is completed, `cancelled` when that failed.
        created: when it was made.
        expires: when it can no longer be used.
    """

    id: str
    url: str
    type: str = "checkout"
    state: Literal["created", "succeeded", "cancelled"] = "created"
    created: Instant
    expires: Instant


class Fulfilment(Part, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """What an accept set going; it follows the revision of its proposition.

    Attributes:
        id: a UUID.
        interaction: the accept that started it.
        proposition: the proposition that was accepted.
        offer: the offer.
        activity: the activity that gave it.
        choice: the choice.
        profile: assigned: whose it is; absent where nobody is known.
        kind: how it is carried out.
        url: where a redirect goes.
        page: the hosted page on which it is carried out.
        revision: the catalogue's revision it follows.
        state: `in_progress`, `completed`, `failed`.
        created: when it started.
        finished: when it was completed or failed.
        deadline: when it is to be finished; one that is not has failed with the code `expired`.
        error: why it failed: a code and a message.
    """

    id: str
    interaction: str
    proposition: str | None = None
    offer: str
    activity: str | None = None
    choice: str | None = None
    profile: str | None = None
    kind: str
    url: str | None = None
    page: Page | None = None
    revision: int = 0
    state: Literal["in_progress", "completed", "failed"]
    created: Instant | None = None
    finished: Instant | None = None
    deadline: Instant | None = None
    error: dict[str, str] | None = None
