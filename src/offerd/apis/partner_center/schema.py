"""The schema of what this format keeps in the `extensions` of an offer: what makes it a promotion."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from offerd.apis.partner_center import words
from offerd.model import json
from offerd.model.codec import Fault, pointer
from offerd.services.catalogue import CatalogueService

_Check = Callable[[Any, str], Iterator[Fault]]

_BIG_ID = re.compile(r"[^\s:/]{1,64}/[^\s:/]{1,64}")
_NAME = re.compile(r"[^\s:/]{1,64}")


def register(service: CatalogueService) -> None:
    """Lets offers be promotions, so that what is wrong with one is told whoever writes it."""
    service.register_extension(words.FORMAT, "offers", faults)


def faults(value: Any) -> list[Fault]:
    """What is wrong with an extension; pointers are relative to it."""
    return list(_promotion(value, ""))


def _object(required: Mapping[str, _Check], optional: Mapping[str, _Check]) -> _Check:
    known = {**required, **optional}

    def check(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield Fault(at, "expected an object")
            return
        for name in required:
            if name not in value:
                yield Fault(at, f"{name} is required")
        for name, each in value.items():
            if name in known:
                yield from known[name](each, pointer(at, name))
            else:
                yield Fault(pointer(at, name), f"is no member that is kept here; known: {', '.join(sorted(known))}")

    return check


def _list(each: _Check, *, least: int = 0) -> _Check:
    def check(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, list) or len(value) < least:
            yield Fault(at, "expected a list with at least one element" if least else "expected a list")
            return
        for index, item in enumerate(value):
            yield from each(item, f"{at}/{index}")

    return check


def _that(holds: Callable[[Any], bool], expected: str) -> _Check:
    def check(value: Any, at: str) -> Iterator[Fault]:
        if not holds(value):
            yield Fault(at, f"expected {expected}")

    return check


def _is_share(value: Any) -> bool:
    found = json.decimal(value)
    return found is not None and not found.is_signed() and found <= Decimal(1)


def _is_text(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _policy(value: Any, at: str) -> Iterator[Fault]:
    yield from _POLICY(value, at)
    if isinstance(value, dict) and value.get("policyType") == "PercentDiscount" and "value" in value:
        yield from _that(_is_share, 'a decimal from 0 to 1 as text, such as "0.05"')(value["value"], f"{at}/value")


_TEXT = _that(lambda value: isinstance(value, str) and bool(value.strip()), "text")
_COUNT = _that(lambda value: type(value) is int and 0 <= value < 2**31, "a whole number from 0")
_FLAG = _that(lambda value: isinstance(value, bool), "true or false")
_DECIMAL = _that(lambda value: words.decimal_text(value) is not None, "a decimal as text")
_CYCLES = tuple(words.BILLING_CYCLES.values())
_PART = _that(_is_text(_NAME), "a product's or SKU's id")

_POLICY = _object({"policyType": _TEXT, "value": _DECIMAL}, {})
_TERM = _object(
    {
        "duration": _that(lambda value: words.term(value) == value, "a term such as P1M, P1Y or P3Y"),
        "billingCycle": _that(lambda value: value in _CYCLES, f"one of {', '.join(_CYCLES)}"),
    },
    {},
)
_PRODUCT = _object({"productId": _PART, "skuId": _PART, "term": _TERM, "pricingPolicies": _list(_policy)}, {})
_OWNED = _object(
    {"bigId": _that(_is_text(_BIG_ID), "product/sku")}, {"minSeats": _COUNT, "maxSeats": _COUNT}
)  # fmt: skip
_CONSTRAINTS = _object(
    {},
    {
        "seatConstraints": _list(_object({"type": _TEXT}, {"minSeats": _COUNT, "maxSeats": _COUNT})),
        "assetOwnershipLimits": _list(_object({"type": _TEXT}, {"minAssets": _COUNT, "maxAssets": _COUNT})),
        "eligibilityConstraints": _list(_object({"type": _TEXT, "isApplicable": _FLAG}, {})),
        "productOwnershipConstraints": _list(_list(_OWNED)),
    },
)
_promotion = _object(
    {"requiredProducts": _list(_PRODUCT, least=1)},
    {
        "isAutoApplicable": _FLAG,
        "countries": _list(
            _that(lambda value: words.country(value) == value, "a country of two capitals"), least=1
        ),
        "segments": _list(
            _that(lambda value: words.segment(value) == value, f"one of {', '.join(words.SEGMENTS)}"), least=1
        ),
        "promotionConstraints": _CONSTRAINTS,
    },
)  # fmt: skip
