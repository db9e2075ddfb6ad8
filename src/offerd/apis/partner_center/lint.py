"""What a catalogue's author should look at, since it keeps promotions from being what they look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from offerd.apis.partner_center import words
from offerd.apis.partner_center.failings import CODES
from offerd.apis.partner_center.items import TABLE
from offerd.apis.partner_center.promotions import SYSTEM, name_of
from offerd.model.catalogue import Catalogue
from offerd.model.codec import pointer
from offerd.model.condition import Table
from offerd.model.offer import Offer
from offerd.services.catalogue.lint import Finding

#: By type of error, the code by which rules and caps of an author call it.
_OWN = {type_: code for code, type_ in CODES.items() if code != type_}


def findings(catalogue: Catalogue) -> Iterator[Finding]:
    """What is odd about promotions, and about the items that they are for."""
    for offer in catalogue.of("offers").values():
        if isinstance(offer, Offer) and offer.status != "archived":
            yield from _of_offer(offer)
    table = catalogue.of("tables").get(TABLE)
    if isinstance(table, Table):
        for id_, row in table.rows.items():
            yield from _of_row(id_, row)


def _of_offer(offer: Offer) -> Iterator[Finding]:
    at, own = pointer("/offers", offer.id), offer.extensions.get(words.FORMAT)
    if own is None and SYSTEM not in offer.ids:
        return
    if own is None:
        message = f"without extensions.{words.FORMAT} it is not shown as a promotion"
        yield Finding(f"{at}/ids/{SYSTEM}", "warning", "promotion-extension", message)
    elif name_of(offer.ids.get(SYSTEM)) is None:
        message = f"without an ids.{SYSTEM} that is product:sku:availability it is not shown as a promotion"
        yield Finding(f"{at}/ids", "warning", "promotion-id", message)
    else:
        yield from _unchecked(offer, own, at)


def _unchecked(offer: Offer, own: Mapping[str, Any], at: str) -> Iterator[Finding]:
    """What clients are told of a promotion, and nothing of it checks."""
    codes = [each.code for each in offer.requires] + [each.code or each.id for each in offer.caps]
    checked = {CODES.get(code) for code in codes}
    for type_, where in _told(own):
        if type_ not in checked:
            message = f"clients are told of it, and no requirement or cap with the code {_OWN[type_]} checks it"
            yield Finding(f"{at}/extensions/{words.FORMAT}/{where}", "warning", "promotion-unchecked", message)


def _told(own: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The types of error that a promotion's extension speaks of, and where."""
    yield "Term", "requiredProducts"
    constraints = own.get("promotionConstraints", {})
    for name, type_ in (
        ("seatConstraints", "SeatCount"),
        ("assetOwnershipLimits", "RedemptionLimit"),
        ("productOwnershipConstraints", "PrerequisiteProductOwnership"),
    ):
        if constraints.get(name):
            yield type_, f"promotionConstraints/{name}"
    if any(each.get("isApplicable", True) for each in constraints.get("eligibilityConstraints", ())):
        yield "OfferPurchasedPreviously", "promotionConstraints/eligibilityConstraints"


def _of_row(id_: str, row: Mapping[str, Any]) -> Iterator[Finding]:
    at = pointer(f"{pointer('/tables', TABLE)}/rows", id_)
    if name_of(id_) is None:
        message = "its name is not product:sku:availability, so nobody can ask about it"
        yield Finding(at, "warning", "promotion-item", message)
    for name, read in (("country", words.country), ("segment", words.segment)):
        if row.get(name) is not None and read(row[name]) is None:
            yield Finding(pointer(at, name), "warning", "promotion-item", f"it is no {name}, so this is sold nowhere")
