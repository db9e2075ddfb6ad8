"""Savings: what each offer that covers a purchase would take off its price, in decimals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Annotated, Any

import msgspec

from offerd.model import json
from offerd.model.base import Part
from offerd.model.catalogue import Catalogue
from offerd.model.decision import Reason, Verdict
from offerd.model.offer import Offer
from offerd.services.errors import Unprocessable

Place = Annotated[
    str,
    msgspec.Meta(
        max_length=255,
        pattern=r"^(attributes|extensions)(\.[^.]+)+(?![\s\S])",
        description="a place within the offer such as attributes.discount",
    ),
]

Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]{3}(?![\s\S])", description="three letters, as in ISO 4217")]

#: Enough for any price, quantity and fraction to be multiplied exactly.
_EXACT = Context(prec=120, rounding=ROUND_HALF_UP)

#: The digits that a price may have on either side of its point.
_MOST_DIGITS = 18

_FRACTION_DIGITS = 30


class Price(Part, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """What is paid without an offer, and where offers say what they take off.

    Attributes:
        unit: the price of one.
        currency: ISO 4217, given back.
        fraction: where an offer says which fraction it takes off: `"0.2"` is a fifth.
        amount: where an offer says how much it takes off each one.
        digits: of the totals, behind the point; they are rounded once, at the end, halves up.
    """

    unit: Decimal
    currency: Currency | None = None
    fraction: Place = "attributes.discount"
    amount: Place | None = None
    digits: Annotated[int, msgspec.Meta(ge=0, le=9)] = 2


class Saving(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """What one offer takes off, and whether it can be had.

    Attributes:
        ask: the index of the ask.
        ask_id: the client's own id of the ask.
        offer: its id.
        name: its name.
        passed: whether every requirement and cap holds, so that it can be had.
        fraction: which fraction it takes off.
        amount: how much it takes off each one.
        unit: what one costs with it, not rounded.
        total: what all cost with it.
        saved: how much less that is than without it.
        reasons: everything that does not hold.
    """

    ask: int
    ask_id: str | None = None
    offer: str
    name: str
    passed: bool
    fraction: Decimal | None = None
    amount: Decimal | None = None
    unit: Decimal
    total: Decimal
    saved: Decimal
    reasons: list[Reason] = []


class Off(msgspec.Struct, frozen=True):
    """What an offer says that it takes off.

    Attributes:
        fraction: of the price; None where it says none.
        amount: of each one; None where it says none.
    """

    fraction: Decimal | None
    amount: Decimal | None

    @classmethod
    def of(cls, offer: Offer, price: Price) -> Off | None:
        """What an offer says in the places that a price names; None where it says nothing that can be."""
        fraction, amount = _at(offer, price.fraction), _at(offer, price.amount)
        if fraction is not None and fraction > 1:
            fraction = None
        return None if fraction is None and amount is None else cls(fraction, amount)

    def unit(self, price: Decimal) -> Decimal:
        """What one costs; never less than nothing."""
        less = price * (1 - self.fraction) if self.fraction is not None else price
        return max(Decimal(0), less - self.amount if self.amount is not None else less)


def check(price: Price) -> None:
    """Refuses a price that is none.

    Raises:
        Unprocessable: it is negative, or has more digits than prices have.
    """
    unit = price.unit
    if unit < 0:
        raise Unprocessable("A price is at least 0", "/price/unit")
    if unit and (unit.adjusted() >= _MOST_DIGITS or -int(unit.as_tuple().exponent) > _MOST_DIGITS):
        raise Unprocessable(f"A price has at most {_MOST_DIGITS} digits on either side of its point", "/price/unit")


def stating(catalogue: Catalogue, price: Price) -> list[str]:
    """The approved offers that say what they take off, by id."""
    offers = (each for each in catalogue.of("offers").values() if isinstance(each, Offer))
    return sorted(each.id for each in offers if each.status == "approved" and Off.of(each, price) is not None)


def savings(
    verdicts: Iterable[Verdict], catalogue: Catalogue, price: Price, quantities: Mapping[int, int]
) -> list[Saving]:
    """What offers take off: ask by ask, those that can be had first, and of these the most first.

    Offers that do not cover what is bought, or do not say what they take off, are not among them. What saves the same
    goes by id.

    Args:
        verdicts: of a check.
        catalogue: what the check was made with.
        price: of one.
        quantities: how many are bought, by the ask's index.
    """
    found = [saving for each in verdicts for saving in _saving(each, catalogue, price, quantities[each.ask])]
    return sorted(found, key=lambda each: (each.ask, not each.passed, -each.saved, each.offer))


def _saving(verdict: Verdict, catalogue: Catalogue, price: Price, quantity: int) -> Iterator[Saving]:
    offer = catalogue.of("offers").get(verdict.offer)
    if not verdict.covered or not isinstance(offer, Offer):
        return
    off = Off.of(offer, price)
    if off is None:
        return
    with localcontext(_EXACT):
        full = price.unit.copy_abs()  # -0 is 0
        unit = off.unit(full)
        without, total = (_rounded(each * quantity, price.digits) for each in (full, unit))
        yield Saving(
            ask=verdict.ask,
            ask_id=verdict.ask_id,
            offer=offer.id,
            name=offer.name or offer.id,
            passed=verdict.passed,
            fraction=off.fraction,
            amount=off.amount,
            unit=_plain(unit),
            total=total,
            saved=without - total,
            reasons=verdict.reasons,
        )


def _rounded(exact: Decimal, digits: int) -> Decimal:
    return exact.quantize(Decimal(1).scaleb(-digits))


def _plain(exact: Decimal) -> Decimal:
    """The same number without zeros at its end, and without an exponent."""
    short = exact.normalize()
    return short.quantize(Decimal(1)) if int(short.as_tuple().exponent) > 0 else short


def _at(offer: Offer, place: str | None) -> Decimal | None:
    """The decimal at a place within an offer, of as many digits as can be multiplied exactly; else None."""
    if place is None:
        return None
    root, *names = place.split(".")
    value: Any = offer.attributes if root == "attributes" else offer.extensions
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    found = json.decimal(value)
    if found is None or found < 0 or found.adjusted() >= _MOST_DIGITS:
        return None
    return found if -int(found.as_tuple().exponent) <= _FRACTION_DIGITS else None
