"""Why a promotion cannot be had: the reasons of a verdict as this format's eight types of error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from offerd.apis.partner_center import words
from offerd.apis.partner_center.promotions import Promotion
from offerd.model.decision import Reason

#: What each type says, in the order in which an answer has them.
DESCRIPTIONS = {
    "InvalidCatalogItemId": "The provided CatalogItemId is invalid.",
    "InvalidPromotion": "The provided promotion is invalid.",
    "NoPromotionsAvailable": "There are no promotions available at this time.",
    "Term": "The provided term isn't applicable for the promotion.",
    "SeatCount": (
        "The provided quantity doesn't satisfy the minimum or maximum seat requirements for the promotion."
    ),
    "RedemptionLimit": "The redemption limit for this promotion has been met.",
    "OfferPurchasedPreviously": "This offer has been purchased previously for this customer.",
    "PrerequisiteProductOwnership": (
        "The customer doesn't meet the prerequisite product ownership requirements to be eligible for this promotion."
    ),
}  # fmt: skip

#: What requirements and caps may call themselves, beside the types' own names.
CODES = {
    "term": "Term",
    "seats": "SeatCount",
    "redemptions": "RedemptionLimit",
    "first-purchase": "OfferPurchasedPreviously",
    "ownership": "PrerequisiteProductOwnership",
    **{name: name for name in DESCRIPTIONS},
}

_ORDER = {name: number for number, name in enumerate(DESCRIPTIONS)}


class Judged(msgspec.Struct, frozen=True):
    """What a verdict is about.

    Attributes:
        promotion: the promotion.
        product: the product of the item that is wanted.
        sku: its SKU.
        left: tells how many seats the promotion has left for the customer; None where nothing counts them.
    """

    promotion: Promotion
    product: str
    sku: str
    left: Callable[[], Mapping[str, Any] | None]


def error(type_: str, **facts: Any) -> dict[str, Any]:
    """An error of one of the eight types; facts that are None are left out."""
    known = {name: value for name, value in facts.items() if value is not None}
    return {**known, "type": type_, "description": DESCRIPTIONS[type_]}


def errors(reasons: Sequence[Reason], judged: Judged) -> list[dict[str, Any]]:
    """The errors of a verdict, one of each type; a reason whose code is none of these is one of its own type."""
    by_type: dict[str, list[Reason]] = {}
    for each in reasons:
        by_type.setdefault(CODES.get(each.code, each.code), []).append(each)
    names = sorted(by_type, key=lambda name: _ORDER.get(name, len(_ORDER)))
    return [_error(name, by_type[name], judged) for name in names]


def _error(type_: str, reasons: Sequence[Reason], judged: Judged) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for each in reversed(reasons):
        told |= each.facts
    if type_ not in DESCRIPTIONS:
        return {"type": type_, "description": reasons[0].message or type_}
    cap = next((each.facts for each in reasons if each.stage == "cap"), None)
    if type_ == "Term":
        return error(type_, eligibleTerms=_terms(judged))
    if type_ == "SeatCount":
        return error(type_, **_seats(told, cap, judged))
    if type_ == "RedemptionLimit":
        return error(type_, **_redemptions(cap, judged.promotion))
    return error(type_)


def _terms(judged: Judged) -> list[dict[str, str]]:
    """The terms in which the promotion applies to what is wanted."""
    wanted = (judged.product, judged.sku)
    return [
        {"billingCycle": words.snake(each["term"]["billingCycle"]), "duration": each["term"]["duration"]}
        for each in judged.promotion.products
        if (each["productId"].upper(), each["skuId"].upper()) == wanted
    ]


def _seats(told: Mapping[str, Any], cap: Mapping[str, Any] | None, judged: Judged) -> dict[str, Any]:
    counted = cap if cap is not None else judged.left()
    bounds = _constraint(judged.promotion, "seatConstraints", "SubscriptionQuantity")
    most = counted["limit"] if counted is not None else told.get("maximum", bounds.get("maxSeats"))
    return {
        "minimumRequiredSeats": told.get("minimum", bounds.get("minSeats")),
        "maximumRequiredSeats": most,
        "availableSeats": counted["left"] if counted is not None else most,
    }


def _redemptions(cap: Mapping[str, Any] | None, promotion: Promotion) -> dict[str, Any]:
    if cap is not None:
        most, left = cap["limit"], cap["left"]
    else:
        limits = _constraint(promotion, "assetOwnershipLimits", "LifetimeRedemptionCount")
        most, left = limits.get("maxAssets"), 0
    return {"maxPromotionRedemptionCount": most, "remainingPromotionRedemptionCount": left}


def _constraint(promotion: Promotion, name: str, type_: str) -> Mapping[str, Any]:
    """The constraint of a type that the promotion tells; empty where it tells none."""
    listed = promotion.own.get("promotionConstraints", {}).get(name, ())
    found: Mapping[str, Any] = next((each for each in listed if each["type"] == type_), {})
    return found
