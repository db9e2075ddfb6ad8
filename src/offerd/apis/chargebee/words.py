"""The words of the wire: names, lengths and the members of each request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

#: The format's name in `extensions`, and of the component that holds a card.
FORMAT = "chargebee"
CARD = "offer-card"

#: Namespaces: customers, and the users of a customer.
CUSTOMER = "chargebee_customer"
USER = "chargebee_user"

#: The longest id, and the longest label of an option.
LONGEST = 50

#: The longest address of a redirect.
LONGEST_URL = 250

#: What clients call each way of carrying out an option, by the kind of fulfilment.
PROCESSING: Mapping[str, str] = {
    "billing_update": "billing_update",
    "checkout": "checkout",
    "redirect": "url_redirect",
    "webhook": "webhook",
    "email": "email",
}

#: Those that the client itself says the end of.
TOLD_BY_CLIENT = frozenset(("url_redirect", "webhook", "email"))

#: Members of a request that count only where the placement maps them.
MAPPABLE = ("first_name", "last_name", "email", "roles", "external_user_id")

#: How long every fact of the page may be.
PAGE: Mapping[str, int] = {"user_agent": 255, "locale": 50, "timezone": 64, "url": 250, "referrer_url": 250}

#: What may be told of an offer, and what it is called here.
EVENTS: Mapping[str, str] = {"viewed": "display", "dismissed": "dismiss"}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request for a customer's offer.

    Attributes:
        customer: the customer's id.
        subscription: the subscription's.
        person: what is said of the end user, by member.
        custom: anything else that is said.
        page: facts of the page that would show the offer.
        strange: members that are none of this call.
    """

    customer: str
    subscription: str | None = None
    person: Mapping[str, Any] = {}
    custom: Mapping[str, Any] = {}
    page: Mapping[str, str] = {}
    strange: tuple[str, ...] = ()


class Accepted(msgspec.Struct, frozen=True):
    """That an option was chosen: the personalized offer's id, and the option's."""

    proposition: str
    option: str


class Ended(msgspec.Struct, frozen=True):
    """How a fulfillment ended: its state, and for a failure the reason."""

    status: Literal["completed", "failed"]
    reason: str | None = None


class Told(msgspec.Struct, frozen=True):
    """What happened to a personalized offer: its id, and the type of interaction."""

    proposition: str
    type: str
