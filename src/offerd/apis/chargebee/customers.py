"""Who an offer is for: the customer's profile, or the end user's below it; the subscription and its brand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from offerd.apis.chargebee.places import Brand, Place
from offerd.apis.chargebee.problems import unknown, wrong
from offerd.apis.chargebee.words import CUSTOMER, USER, Asked
from offerd.model.person import Identity, Profile
from offerd.services.errors import Stale
from offerd.services.house import House

#: The attribute of a customer's profile that lists the subscriptions.
SUBSCRIPTIONS = "subscriptions"

#: Which subscription is meant where none is named: by status, the first of these first.
_BY_STATUS = ("active", "non_renewing", "in_trial", "future", "paused", "cancelled")
_BEGUN = ("started_at", "activated_at", "created_at")


class Whom(msgspec.Struct, frozen=True):
    """Who an offer is for.

    Attributes:
        identity: of the profile that is decided for.
        subscription: what is known of the subscription; None where there is none.
        brand: the subscription's; None where there is none.
        warnings: what was odd.
    """

    identity: Identity
    subscription: Mapping[str, Any] | None
    brand: Brand | None
    warnings: tuple[str, ...] = ()


async def whom(house: House, workspace: str, asked: Asked, place: Place, brands: Mapping[str, Brand]) -> Whom:
    """Who an offer is for; the end user's profile is made below the customer's where it is new.

    Raises:
        Rejected: the subscription has to be named and is not; or nobody knows the customer or the subscription, and the
            placement takes none but those.
    """
    if len(brands) > 1 and asked.subscription is None:
        raise wrong("subscription_id", "cannot be blank, because the site has several brands")
    customer = Identity(namespace=CUSTOMER, id=asked.customer)
    profile = house.profiles.find_identity(workspace, customer)
    if profile is None and place.known_only:
        raise unknown("customer_id", asked.customer)
    subscription, warnings = _subscription(profile, asked.subscription, known_only=place.known_only)
    brand, odd = _brand(subscription, brands)
    user = asked.person.get("external_user_id") if "external_user_id" in place.fields else None
    identity = customer if user is None else await _user(house, workspace, customer, user)
    return Whom(identity, subscription, brand, (*warnings, *odd))


async def _user(house: House, workspace: str, customer: Identity, user: str) -> Identity:
    """The identity of a customer's user, whose profile is there then and has the customer's as its parent."""
    own = Identity(namespace=USER, id=f"{quote(customer.id, safe='')}/{quote(user, safe='')}")
    if house.profiles.find_identity(workspace, own) is None:
        parent = await _made(house, workspace, customer, {})
        await _made(house, workspace, own, {"parent": parent.id} if parent is not None else {})
    return own


async def _made(house: House, workspace: str, identity: Identity, document: Mapping[str, Any]) -> Profile | None:
    """The profile with an identity, made where there is none."""
    found = house.profiles.find_identity(workspace, identity)
    if found is not None:
        return found
    try:
        return await house.profiles.put(workspace, f"{identity.namespace}:{identity.id}", document, create=True)
    except Stale:  # another request made it meanwhile
        return house.profiles.find_identity(workspace, identity)


def _subscription(
    profile: Profile | None, named: str | None, *, known_only: bool
) -> tuple[Mapping[str, Any] | None, tuple[str, ...]]:
    """The subscription that is named, else the one that counts most; and what was odd about it."""
    listed = profile.attributes.get(SUBSCRIPTIONS) if profile is not None else None
    known = [each for each in listed if _is_subscription(each)] if isinstance(listed, list) else []
    if named is None:
        return (min(known, key=_order) if known else None), ()
    found = next((each for each in known if each["id"] == named), None)
    if found is not None:
        return found, ()
    if known_only:
        raise unknown("subscription_id", named)
    odd = (f"The customer's profile knows no subscription {named}",) if known else ()
    return {"id": named}, odd


def _is_subscription(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("id"), str)


def _order(subscription: Mapping[str, Any]) -> tuple[int, tuple[int, float, str], str]:
    """What puts subscriptions in order: by status, then the latest first, then by id."""
    status = subscription.get("status")
    place = _BY_STATUS.index(status) if status in _BY_STATUS else len(_BY_STATUS)
    begun = next((value for name in _BEGUN if (value := subscription.get(name)) is not None), None)
    return place, _latest_first(begun), subscription["id"]


def _latest_first(begun: Any) -> tuple[int, float, str]:
    """Sorts moments backwards: unix seconds, then dates as text, then what is none."""
    if isinstance(begun, (int, float)) and not isinstance(begun, bool):
        return 0, -float(begun), ""
    if isinstance(begun, str):
        return 1, 0.0, "".join(chr(0x10FFFF - ord(char)) for char in begun)
    return 2, 0.0, ""


def _brand(subscription: Mapping[str, Any] | None, brands: Mapping[str, Brand]) -> tuple[Brand | None, tuple[str, ...]]:
    """The brand of a subscription; a site with one brand has no other."""
    said = subscription.get("brand") if subscription is not None else None
    if not brands or (said is None and len(brands) == 1):
        return next(iter(brands.values()), None), ()
    found = brands.get(said) if isinstance(said, str) else None
    if found is not None:
        return found, ()
    name = subscription["id"] if subscription is not None else ""
    return None, (f"The subscription {name} is of no brand that is known",)
