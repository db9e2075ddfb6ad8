"""Promotions: the offers that carry what this format needs, found by id, by product and by market."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import msgspec

from offerd.apis.partner_center import words
from offerd.model.offer import Offer
from offerd.services.house import House

#: The system of the alias that is a promotion's id: `ids: {promotion: "product:sku:availability"}`.
SYSTEM = "promotion"

_PARTS = 3


class Name(NamedTuple):
    """What a promotion, or an item of the product catalogue, is called, in capitals.

    Attributes:
        product: the product's id.
        sku: the SKU's, with its leading zeros.
        availability: the availability's, which changes often.
    """

    product: str
    sku: str
    availability: str


def name_of(text: Any) -> Name | None:
    """The parts of `product:sku:availability`; None for anything else."""
    parts = text.strip().upper().split(":") if isinstance(text, str) else []
    return Name(*parts) if len(parts) == _PARTS and all(parts) else None


class Promotion(msgspec.Struct, frozen=True):
    """An offer that this format can show.

    Attributes:
        offer: the offer.
        name: its id's parts.
        own: what it carries of this format.
    """

    offer: Offer
    name: Name
    own: Mapping[str, Any]

    @classmethod
    def of(cls, offer: Offer) -> Promotion | None:
        """The promotion that an offer is; None for a draft, and for one that does not carry what is needed."""
        own = offer.extensions.get(words.FORMAT)
        name = name_of(offer.ids.get(SYSTEM))
        if offer.status == "draft" or name is None or not isinstance(own, dict):
            return None
        return cls(offer, name, own)

    @property
    def id(self) -> str:
        """Its id as the author wrote it."""
        return self.offer.ids[SYSTEM]

    @property
    def products(self) -> list[Mapping[str, Any]]:
        """The products that it applies to, each with a term."""
        return list(self.own["requiredProducts"])

    def sold_in(self, country: str | None, segment: str | None) -> bool:
        """Whether it names a market's country and segment; what it does not name, or None, is any."""
        countries, segments = self.own.get("countries"), self.own.get("segments")
        in_country = countries is None or country is None or country in countries
        return in_country and (segments is None or segment is None or segment in segments)


class Promotions:
    """All promotions of a workspace at one revision.

    Args:
        offers: the catalogue's.

    Attributes:
        all: every one, by the offer's id.
    """

    def __init__(self, offers: Iterable[Offer]) -> None:
        made = (Promotion.of(offer) for offer in offers)
        self.all = sorted((each for each in made if each is not None), key=lambda each: each.offer.id)
        self._by_name = {each.name: each for each in self.all}
        self._by_sku: dict[tuple[str, str], list[Promotion]] = {}
        self._covering: dict[tuple[str, str], list[Promotion]] = {}
        for each in self.all:
            self._by_sku.setdefault(each.name[:2], []).append(each)
            for sku in {(one["productId"].upper(), one["skuId"].upper()) for one in each.products}:
                self._covering.setdefault(sku, []).append(each)
        for found in self._by_sku.values():
            found.sort(key=_begins, reverse=True)

    def named(self, text: str) -> list[Promotion]:
        """The promotion with an id; else those of its product and SKU, whose availability may be another by now.

        The latest come first; an empty list where there is none.
        """
        name = name_of(text)
        if name is None:
            return []
        exact = self._by_name.get(name)
        return self._by_sku.get(name[:2], []) if exact is None else [exact]

    def covering(self, product: str, sku: str) -> list[Promotion]:
        """Those that apply to a product and SKU."""
        return self._covering.get((product, sku), [])


_KNOWN: WeakKeyDictionary[House, dict[str, tuple[int, Promotions]]] = WeakKeyDictionary()


def promotions(house: House, workspace: str) -> Promotions:
    """The promotions of a workspace; gathered once a revision."""
    catalogue = house.catalogue.catalogue(workspace)
    known = _KNOWN.setdefault(house, {})
    found = known.get(workspace)
    if found is None or found[0] != catalogue.revision:
        offers = (each for each in catalogue.of("offers").values() if isinstance(each, Offer))
        found = known[workspace] = (catalogue.revision, Promotions(offers))
    return found[1]


def _begins(promotion: Promotion) -> str:
    return words.start_text(promotion.offer.window, promotion.offer.created)
