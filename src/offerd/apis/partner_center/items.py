"""Items of the product catalogue: the rows of one table, by `product:sku:availability`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from offerd.apis.partner_center import words
from offerd.apis.partner_center.promotions import Name, name_of
from offerd.apis.partner_center.reading import Market
from offerd.model.condition import Table
from offerd.services.house import House

#: The id of the table that says which items there are.
TABLE = "catalog-items"


class Item(msgspec.Struct, frozen=True):
    """Something that a customer may buy.

    Attributes:
        id: as the catalogue writes it.
        name: its parts.
        row: what the table says of it.
    """

    id: str
    name: Name
    row: Mapping[str, Any]

    def seen(self) -> dict[str, Any]:
        """The item as rules see it, under `context.item`."""
        return {
            **self.row,
            "id": self.id,
            "product": self.name.product,
            "sku": self.name.sku,
            "availability": self.name.availability,
        }

    @property
    def country(self) -> str | None:
        """Where it is sold; None where the table does not say."""
        return words.country(self.row.get("country"))

    @property
    def segment(self) -> str | None:
        """To whom it is sold; None where the table does not say."""
        return words.segment(self.row.get("segment"))

    def sold_in(self, market: Market) -> bool:
        """Whether it is sold in a market; where the table does not say, it is sold in any."""
        in_country = self.row.get("country") is None or self.country == market.country
        return in_country and (self.row.get("segment") is None or self.segment == market.segment)


class Items:
    """The items of a workspace at one version of the table.

    Args:
        table: what says which there are; None where nothing does: then each id that can be one is.
    """

    def __init__(self, table: Table | None) -> None:
        self._any = table is None
        named = ((id_, name_of(id_), row) for id_, row in table.rows.items()) if table is not None else ()
        self._all = {name: Item(id_, name, row) for id_, name, row in named if name is not None}

    def find(self, text: Any) -> Item | None:
        """The item with an id; None where it is none, or there is none."""
        name = name_of(text)
        if name is None:
            return None
        return Item(str(text).strip(), name, {}) if self._any else self._all.get(name)

    def of(self, product: str, sku: str | None = None) -> Iterator[Item]:
        """Those of a product, or of one of its SKUs."""
        for name, item in self._all.items():
            if name.product == product and sku in {None, name.sku}:
                yield item


_KNOWN: WeakKeyDictionary[House, dict[str, tuple[Table | None, Items]]] = WeakKeyDictionary()


def items(house: House, workspace: str) -> Items:
    """The items of a workspace; gathered once a version of the table."""
    found = house.catalogue.catalogue(workspace).of("tables").get(TABLE)
    table = found if isinstance(found, Table) else None
    known = _KNOWN.setdefault(house, {})
    kept = known.get(workspace)
    if kept is None or kept[0] is not table:
        kept = known[workspace] = (table, Items(table))
    return kept[1]
