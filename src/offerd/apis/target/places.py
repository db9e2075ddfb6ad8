"""Which placements mboxes, views and whole pages are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from offerd.apis.target.ids import GLOBAL
from offerd.model.catalogue import Catalogue
from offerd.model.place import Placement
from offerd.services.house import House


class Places:
    """The placements of a workspace, by the names that clients have for them.

    An mbox is the placement with its name as id, or with its name as alias `mbox`; a view one of kind `view`, with its
    name as id or as alias `view`; a whole page `target-global-mbox`, else the first placement of kind `page`.

    Args:
        house: the services.
        workspace: the workspace's id.
    """

    def __init__(self, house: House, workspace: str) -> None:
        self._house = house
        self._workspace = workspace
        self._catalogue: Catalogue = house.catalogue.catalogue(workspace)

    def mbox(self, name: str) -> Placement | None:
        """The placement of an mbox; a view is none."""
        return self.page() if name == GLOBAL else self._named(name)

    def page(self) -> Placement | None:
        """The placement of a whole page."""
        known = self._named(GLOBAL)
        return known if known is not None else self._page

    def view(self, name: str) -> Placement | None:
        """The placement of a view, however its name is capitalised."""
        return next((each for each in self._views if view_name(each).lower() == name.lower()), None)

    def views(self) -> list[Placement]:
        """The placements of all views, by name."""
        return list(self._views)

    def answered(self, placement: Placement) -> bool:
        """Whether any activity may answer there."""
        return bool(self._house.catalogue.snapshot(self._workspace).at.get(placement.id))

    @cached_property
    def _page(self) -> Placement | None:
        pages = (each for each in self._all() if each.kind == "page")
        return min(pages, key=lambda each: each.id, default=None)

    @cached_property
    def _views(self) -> list[Placement]:
        return sorted((each for each in self._all() if each.kind == "view"), key=view_name)

    def _named(self, name: str) -> Placement | None:
        found = self._catalogue.of("placements").get(name)
        if found is None:
            named = self._house.catalogue.find_foreign(self._workspace, "mbox", name, "placements")
            found = named[1] if named is not None else None
        return found if isinstance(found, Placement) and found.kind != "view" else None

    def _all(self) -> Iterator[Placement]:
        return (each for each in self._catalogue.of("placements").values() if isinstance(each, Placement))


def view_name(placement: Placement) -> str:
    """What clients call a view."""
    return placement.ids.get("view", placement.id)
