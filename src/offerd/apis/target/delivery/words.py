"""What a request of delivery says, in whichever wire it came."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

import msgspec

Kind = Literal["mbox", "page", "view"]

#: Namespaces of identities.
TNT = "tntId"
THIRD_PARTY = "thirdPartyId"
ECID = "ECID"

#: No integration code is one of these.
OWN_NAMESPACES = frozenset((TNT, THIRD_PARTY, ECID))


class Order(msgspec.Struct, frozen=True):
    """What was bought.

    Attributes:
        id: the client's; an order counts once.
        total: its worth.
        products: what was in it.
    """

    id: str | None = None
    total: Decimal | None = None
    products: list[str] = []


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of one place.

    Attributes:
        parameters: of the mbox.
        profile: attributes of the visitor.
        order: what was bought there.
        product: what is looked at there: `id`, `categoryId`.
        address: `url` and `referringUrl`, where they are another page's than the request's.
    """

    parameters: Mapping[str, str] = {}
    profile: Mapping[str, str] = {}
    order: Order | None = None
    product: Mapping[str, str] = {}
    address: Mapping[str, str] | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One place that is asked for.

    Attributes:
        kind: what sort of place.
        prefetch: whether what it is given is kept for later, instead of shown at once.
        name: of the mbox, or of the view; empty for the page, and for all views.
        index: the client's.
        details: what is said of it.
    """

    kind: Kind
    prefetch: bool = False
    name: str = ""
    index: int = 0
    details: Details = Details()


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """What came of something that was shown.

    Attributes:
        id: the client's.
        type: what happened.
        at: when, in microseconds; None where it does not say.
        tokens: of what it happened to.
        impression: the page view.
        kind: what sort of place it happened at; None for none in particular.
        name: of the mbox or the view.
        details: what is said of the place.
    """

    id: str
    type: Literal["display", "click"]
    at: int | None = None
    tokens: list[str] = []
    impression: str | None = None
    kind: Kind | None = None
    name: str = ""
    details: Details = Details()


class VisitorId(msgspec.Struct, frozen=True, kw_only=True):
    """Who a request says it is for.

    Attributes:
        tnt: the visitor's id, without the place that it was given at.
        third_party: the client's own id of a person.
        ecid: the visitor's id in the Experience Cloud.
        customers: customer ids with their integration codes; the authenticated ones.
        echo: the whole, as it is answered.
    """

    tnt: str | None = None
    third_party: str | None = None
    ecid: str | None = None
    customers: list[tuple[str, str]] = []
    echo: Mapping[str, Any] = {}


class QaMode(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody who checks activities wants to see.

    Attributes:
        token: what lets them.
        listed_only: whether nothing but the token's activities is shown.
        audiences: whether the visitor is in each of these audiences, by their numbers.
        pins: experiences by activity, each by its place from 1; None for the one that the visitor would get.
    """

    token: str
    listed_only: bool = False
    audiences: Mapping[int, bool] = {}
    pins: Mapping[int, int | None] = {}


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One request.

    Attributes:
        request: the client's name of it.
        session: the visit.
        impression: the page view.
        visitor: who it is for.
        property: the part of the workspace that asks, by its token.
        trace: the secret of somebody who wants to know why.
        facts: what rules see of the situation.
        languages: BCP 47 tags in order of preference.
        profile: attributes of the visitor that are said of no place.
        asked: the places that are asked for.
        notifications: what came of what was shown before.
        qa: what somebody who checks activities wants to see.
        preview: the token of what somebody previews.
        beacon: whether nobody reads the answer.
    """

    request: str
    session: str
    impression: str | None = None
    visitor: VisitorId = VisitorId()
    property: str | None = None
    trace: str | None = None
    facts: Mapping[str, Any] = {}
    languages: list[str] = []
    profile: Mapping[str, str] = {}
    asked: list[Asked] = []
    notifications: list[Notification] = []
    qa: QaMode | None = None
    preview: str | None = None
    beacon: bool = False
