"""Where activities answer, as clients write it: mboxes, selectors on pages, and views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from offerd.apis.target.admin.bodies import Members
from offerd.apis.target.admin.desk import Desk
from offerd.apis.target.ids import GLOBAL, number
from offerd.apis.target.places import view_name
from offerd.model.condition import Audience, Condition
from offerd.model.place import Placement
from offerd.services.catalogue import Put

#: The most characters of an mbox's name and of a selector.
MBOX, SELECTOR = 250, 5_000

_RESERVED = frozenset(("** display mboxes **", "** any mbox **", "** click from display mbox **"))


class Key(msgspec.Struct, frozen=True):
    """What a location is, whatever its number.

    Attributes:
        placement: the placement's id.
        selector: on a page or a view; None for an mbox.
        audiences: numbers of those who see it; any of them is enough.
    """

    placement: str
    selector: str | None = None
    audiences: tuple[int, ...] = ()


class Locating:
    """Placements by the names of mboxes and the numbers of views; those that are new are noted.

    Args:
        at: the request.

    Attributes:
        new: placements that the write must make.
    """

    def __init__(self, at: Desk) -> None:
        self._at = at
        self.new: dict[str, Put] = {}

    def mbox(self, body: Members, member: str = "name") -> str | None:
        """The placement of the mbox that a member names; a new one where there is none."""
        name = body.text(member, most=MBOX, required=True)
        if name is None:
            return None
        if name in _RESERVED or name.endswith("-clicked") or any(each.isspace() for each in name):
            body.fault(member, "is no name of an mbox")
            return None
        return self.of_mbox(name)

    def of_mbox(self, name: str) -> str:
        """The placement of an mbox; a new one where there is none."""
        found = self._at.mbox(name)
        if found is not None:
            return found.id
        taken = name in self._at.catalogue.of("placements")
        made = Placement(id=f"mbox:{name}" if taken else name, ids={"mbox": name} if taken else {})
        if name == GLOBAL:
            made = msgspec.structs.replace(made, kind="page", activities="all")
        self.new[name] = Put(kind="placements", object=made, create=True)
        return made.id

    def selected(self, body: Members) -> str | None:
        """The placement that a selector is on: the page, or the mbox that it names."""
        return self.page() if body.get("mbox") is None else self.mbox(body, "mbox")

    def page(self) -> str:
        """The placement of a whole page; a new one where there is none."""
        found = self._at.page()
        return self.of_mbox(GLOBAL) if found is None else found.id

    def view(self, wanted: int) -> Placement | None:
        """The view with a number."""
        found = self._at.find(Placement, "placements", wanted)
        return found if found is not None and found.kind == "view" else None


def mbox_name(placement: Placement) -> str:
    """What clients call an mbox."""
    return placement.ids.get("mbox", placement.id)


def name_of(placement: Placement) -> str:
    """What clients call a place."""
    return view_name(placement) if placement.kind == "view" else mbox_name(placement)


def mbox_of(at: Desk, placement: Placement) -> dict[str, str]:
    """What a selector says of its place beside a view: nothing of the page, else the mbox."""
    page = at.page()
    return {} if page is not None and page.id == placement.id else {"mbox": mbox_name(placement)}


def placement_of(at: Desk, name: str) -> Placement:
    """The placement with an id; an empty one where there is none."""
    return at.get(Placement, "placements", name) or Placement(id=name)


def view_number(placement: Placement) -> int:
    """What clients call a view in activities."""
    return number(placement)


def condition(at: Desk, numbers: Sequence[int], old: Condition | None, body: Members) -> Condition | None:
    """The condition that somebody is in one of these audiences; the old one where it says so already.

    A condition that no list of audiences says stays where none are listed, as it was not shown.
    """
    if tuple(numbers) == audiences(at, old):
        return old
    names = []
    for wanted in numbers:
        found = at.find(Audience, "audiences", wanted)
        if found is None:
            body.fault("audienceIds", f"there is no audience {wanted}")
        else:
            names.append(found.id)
    if not names:
        return None
    return Condition(audience=names[0]) if len(names) == 1 else Condition(any_audiences=names)


def audiences(at: Desk, when: Condition | None) -> tuple[int, ...]:
    """The numbers of the audiences of which a condition wants one; nothing for a condition of another sort."""
    if when is None:
        return ()
    named = [when.audience] if when.audience is not None else when.any_audiences or when.all_audiences or []
    if when.all_audiences is not None and len(named) > 1:
        return ()
    return tuple(numbers_of(at, "audiences", named))


def numbers_of(at: Desk, kind: str, names: Sequence[str]) -> list[int]:
    """The numbers of objects."""
    return [each for name in names if (each := at.number_of(kind, name)) is not None]


def hint(value: Any, id_name: str) -> list[dict[str, Any]]:
    """What an extension keeps of a list of things with numbers, as far as it can be read."""
    found = value if isinstance(value, list) else []
    return [each for each in found if isinstance(each, dict) and type(each.get(id_name)) is int]


def numbers(value: Any) -> tuple[int, ...]:
    """A list of numbers that an extension keeps."""
    return tuple(each for each in (value if isinstance(value, list) else []) if type(each) is int)
