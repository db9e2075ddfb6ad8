"""Catalogue documents: a whole catalogue as one tree, as people write it and as it is given back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from offerd.model import codec
from offerd.model.base import ASSIGNED, Object
from offerd.model.catalogue import Catalogue
from offerd.model.codec import Fault, pointer
from offerd.model.kinds import KINDS
from offerd.model.place import Workspace
from offerd.services.catalogue.changes import Change, Delete, Put
from offerd.services.catalogue.naming import SYSTEMS
from offerd.services.catalogue.settling import build
from offerd.services.errors import InvalidDocument


def changes_of(workspace: Workspace, document: Any, present: Catalogue, *, prune: bool) -> list[Change]:
    """What makes a catalogue as a document says.

    Args:
        workspace: its zone is that of bare dates.
        document: objects by kind, then by id.
        present: what there is now.
        prune: whether to delete what the document does not name.

    Raises:
        InvalidDocument: with a pointer to everything that is wrong in form.
    """
    if not isinstance(document, Mapping):
        raise InvalidDocument([Fault("", "a catalogue is a mapping of kinds")])
    faults: list[Fault] = []
    puts: list[Change] = []
    for kind, section in document.items():
        puts.extend(_section(workspace, kind, section, faults))
    if faults:
        raise InvalidDocument(faults)
    return puts + (list(_rest(document, present)) if prune else [])


def export(catalogue: Catalogue, *, short: bool = True, ids: bool = False) -> dict[str, Any]:
    """A catalogue as a document: kinds in their order, objects by id, nothing that the server assigns.

    Args:
        catalogue: what to export.
        short: whether to use the forms that people write.
        ids: whether to give the assigned foreign ids, too, so that they move to another server with it.
    """
    return {
        kind: {id_: _exported(objects[id_], short=short, ids=ids) for id_ in sorted(objects)}
        for kind in KINDS
        if (objects := catalogue.of(kind))
    }


def size(document: Any) -> int:
    """How many objects a document holds."""
    sections = document.values() if isinstance(document, Mapping) else ()
    return sum(len(section) for section in sections if isinstance(section, Mapping))


def _section(workspace: Workspace, kind: str, section: Any, faults: list[Fault]) -> Iterator[Change]:
    at = pointer("", kind)
    if kind not in KINDS:
        faults.append(Fault(at, f"is no kind; one of {', '.join(KINDS)}"))
    elif section is not None and not isinstance(section, Mapping):
        faults.append(Fault(at, f"expected {kind} by id"))
    else:
        for id_, tree in (section or {}).items():
            try:
                yield Put(kind=kind, object=build(workspace, kind, {} if tree is None else tree, str(id_)))
            except InvalidDocument as invalid:
                here = pointer(at, id_)
                faults.extend(Fault(f"{here}{fault.pointer}", fault.message) for fault in invalid.faults)


def _rest(document: Mapping[str, Any], present: Catalogue) -> Iterator[Change]:
    for kind in KINDS:
        wanted = document.get(kind) or {}
        for id_ in present.of(kind):
            if id_ not in wanted:
                yield Delete(kind=kind, id=id_)


def _exported(thing: Object, *, short: bool, ids: bool) -> Any:
    kept = thing.ids if ids else {name: value for name, value in thing.ids.items() if name not in SYSTEMS}
    bare = msgspec.structs.replace(thing, id="", ids=dict(sorted(kept.items())), **_BARE)
    tree = codec.tree(bare, short=short)
    for selection in _selections(tree):
        for key, offer in selection.get("inline", {}).items():
            if offer.get("id") == key:
                del offer["id"]
    return tree


def _selections(tree: Any) -> Iterator[dict[str, Any]]:
    """Where offers may be written in a document."""
    if isinstance(tree, dict):
        inner = tree.get("selections")
        for each in (tree, *(inner if isinstance(inner, list) else ())):
            if isinstance(each, dict) and isinstance(each.get("inline"), dict):
                yield each


_BARE: dict[str, Any] = {
    field.name: field.default for field in msgspec.structs.fields(Object) if field.name in ASSIGNED
}
