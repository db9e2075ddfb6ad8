"""What the server makes of an object before it is stored: its id, version, times and authors."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from offerd.model import codec
from offerd.model.activity import Activity, Selection
from offerd.model.base import ASSIGNED, Id, Object
from offerd.model.codec import Fault
from offerd.model.kinds import KINDS
from offerd.model.place import Workspace
from offerd.services import ids
from offerd.services.errors import InvalidDocument, NotFound
from offerd.services.workspaces import zone_of

S = TypeVar("S", bound=Selection)

#: What an object within another has of the members that only whole objects are assigned.
_UNASSIGNED: dict[str, Any] = {
    field.name: field.default for field in msgspec.structs.fields(Object) if field.name in ASSIGNED
}


def struct_of(kind: str) -> type[Object]:
    """The Struct of a kind.

    Raises:
        NotFound: there is no such kind.
    """
    if kind not in KINDS:
        raise NotFound("kinds", kind)
    return KINDS[kind]


def build(workspace: Workspace, kind: str, tree: Any, id: str | None = None) -> Object:  # noqa: A002
    """An object of a tree of plain values, in which short forms may stand.

    Args:
        workspace: its zone is that of bare dates.
        kind: the plural of the kind.
        tree: the document.
        id: what the object is called from outside, by a path or a key; then the document need not say it. An
            object that nobody names gets a UUID.

    Raises:
        NotFound: there is no such kind.
        InvalidDocument: the document is not of the kind, or calls itself something else.
    """
    struct = struct_of(kind)
    try:
        made = codec.build(struct, tree, zone=zone_of(workspace))
        if id is not None:
            msgspec.convert(id, Id)
    except codec.Invalid as invalid:
        raise InvalidDocument(invalid.faults) from None
    except msgspec.ValidationError:
        raise InvalidDocument([Fault("/id", f"{id!r} is no id: 1 to 255 characters, no white space")]) from None
    if id is not None and made.id not in {"", id}:
        raise InvalidDocument([Fault("/id", f"is {made.id!r}, where the object is {id!r}")])
    return replace(made, id=id or made.id or ids.uuid())


def rebuilt(workspace: Workspace, kind: str, thing: Object) -> Object:
    """The same object, its types checked: Structs that are made in code are not.

    Raises:
        InvalidDocument: a member is of the wrong type, or the object is not of the kind.
    """
    if type(thing) is not struct_of(kind):
        raise InvalidDocument([Fault("", f"a {type(thing).__name__} is not one of the {kind}")])
    return build(workspace, kind, codec.tree(thing), thing.id or None)


def tidied(thing: Object) -> Object:
    """An object whose inner objects carry nothing that only whole objects are assigned."""
    if isinstance(thing, Activity):
        return replace(thing, selections=[_tidy_selection(replace(one, **_UNASSIGNED)) for one in thing.selections])
    return _tidy_selection(thing) if isinstance(thing, Selection) else thing


def stamped(thing: Object, old: Object | None, *, ids_: dict[str, str], author: str, at: datetime) -> Object:
    """An object with the next version, and who changed it when.

    Args:
        thing: as its author wants it.
        old: as it is stored, None where it is not.
        ids_: its foreign ids.
        author: the token's name that writes.
        at: when.
    """
    return replace(
        thing,
        ids=ids_,
        version=old.version + 1 if old else 1,
        created=old.created if old else at,
        created_by=old.created_by if old else author,
        modified=at,
        modified_by=author,
    )


def _tidy_selection(selection: S) -> S:
    """Offers that are written in a selection are called by their keys."""
    if not selection.inline:
        return selection
    inline = {key: replace(offer, id=key, **_UNASSIGNED) for key, offer in selection.inline.items()}
    return replace(selection, inline=inline)
