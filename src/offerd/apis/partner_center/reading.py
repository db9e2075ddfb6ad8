"""Reading what clients send: members in any case, ids that are numbers or text, markets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from offerd.apis.operation import Call
from offerd.apis.partner_center import words
from offerd.apis.partner_center.problems import Flaw, invalid

_MOST = 2**31 - 1


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a request for eligibilities.

    Attributes:
        id: the client's own, given back.
        catalog_item: as it was sent.
        quantity: how many seats or licences.
        term: in ISO 8601.
        billing_cycle: as catalogues call it.
        promotion: the promotion that is asked about; None for every one.
    """

    id: int
    catalog_item: str
    quantity: int
    term: str
    billing_cycle: str
    promotion: str | None


class Market(msgspec.Struct, frozen=True):
    """Where and to whom something is sold.

    Attributes:
        country: two capitals; None where it may be any.
        segment: in lower case; None where it may be any.
    """

    country: str | None
    segment: str | None


def market(call: Call, *, segment: str) -> Market:
    """The market that a query names.

    Args:
        call: its query has every name in lower case.
        segment: the parameter that names the segment.

    Raises:
        Rejected: one of the two is missing or none.
    """
    found = Market(words.country(_one(call, "country")), words.segment(_one(call, segment)))
    flaws = []
    if found.country is None:
        flaws.append(Flaw("country", "expected a country of two letters, such as US"))
    if found.segment is None:
        flaws.append(Flaw(segment, f"expected one of {', '.join(words.SEGMENTS)}"))
    if flaws:
        raise invalid(*flaws)
    return found


def country(call: Call) -> str | None:
    """The country that a query names; None where it names none.

    Raises:
        Rejected: it names something else.
    """
    text = _one(call, "country")
    found = words.country(text)
    if text is not None and found is None:
        raise invalid(Flaw("country", "expected a country of two letters, such as US"))
    return found


def wanted(body: Any) -> list[Wanted]:
    """The items of a request for eligibilities.

    Raises:
        Rejected: with everything that is wrong.
    """
    sent = _members(body).get("items") if isinstance(body, Mapping) else None
    if not isinstance(sent, list) or not sent:
        raise invalid(Flaw("items", "expected a list with at least one item"))
    flaws: list[Flaw] = []
    read = [_item(each, f"items[{index}]", flaws) for index, each in enumerate(sent)]
    if flaws:
        raise invalid(*flaws)
    return [each for each in read if each is not None]


def _item(sent: Any, at: str, flaws: list[Flaw]) -> Wanted | None:
    if not isinstance(sent, Mapping):
        flaws.append(Flaw(at, "expected an object"))
        return None
    members = _members(sent)
    id_, catalog_item, quantity = _id(members.get("id")), members.get("catalogitemid"), members.get("quantity")
    term, cycle = words.term(members.get("termduration")), words.billing_cycle(members.get("billingcycle"))
    promotion = members.get("promotionid")
    wrong = [
        Flaw(f"{at}.{name}", f"expected {expected}")
        for name, is_right, expected in (
            ("id", id_ is not None, "a whole number"),
            ("catalogItemId", _is_text(catalog_item), "text such as product:sku:availability"),
            ("quantity", _counts(quantity), "a whole number from 1"),
            ("termDuration", term is not None, "a term such as P1M, P1Y or P3Y"),
            ("billingCycle", cycle is not None, f"one of {', '.join(words.BILLING_CYCLES.values())}"),
            ("promotionId", promotion is None or isinstance(promotion, str), "text such as product:sku:availability"),
        )
        if not is_right
    ]
    flaws.extend(wrong)
    if wrong:
        return None
    return Wanted(
        id=id_ or 0,
        catalog_item=str(catalog_item),
        quantity=int(quantity or 0),
        term=term or "",
        billing_cycle=cycle or "",
        promotion=(promotion or "").strip() or None,
    )


def _members(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The members by their names in lower case."""
    return {name.lower(): value for name, value in sent.items()}


def _one(call: Call, name: str) -> str | None:
    given: Iterator[str] = iter(call.query.get(name, ()))
    return next(given, None)


def _id(sent: Any) -> int | None:
    """A number, or text of one; 0 where there is none."""
    if sent is None:
        return 0
    if isinstance(sent, str) and sent.isascii() and sent.removeprefix("-").isdigit() and len(sent) <= len(str(_MOST)):
        sent = int(sent)
    return sent if type(sent) is int and -_MOST <= sent <= _MOST else None


def _is_text(sent: Any) -> bool:
    return isinstance(sent, str) and bool(sent.strip())


def _counts(sent: Any) -> bool:
    return type(sent) is int and 1 <= sent <= _MOST
