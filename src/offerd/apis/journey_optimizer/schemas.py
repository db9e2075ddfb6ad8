"""The schema of what this format keeps in `extensions`, at every level where it keeps something."""

from __future__ import annotations

from typing import Any

from offerd.apis.journey_optimizer.codecs.reading import FORMAT, HIDDEN, LASTING
from offerd.model.codec import Fault, pointer
from offerd.services.catalogue import CatalogueService

#: The kinds and parts that carry an extension of this format.
_PARTS = (
    "placements", "tags", "collections", "rules", "offers", "fallbacks", "activities", "rankings", "selections",
    "Component", "Cap", "Condition", "Rank", "ActivitySelection",
)  # fmt: skip

#: What members that no client sees must be.
_TYPES: dict[str, type] = {
    "~status": str,
    "~untyped": bool,
    "~everywhere": bool,
    "~flat": bool,
    "~copyline": bool,
    "~events": bool,
    "~channel": str,
    "~model": str,
    "~condition": dict,
    "~expression": dict,
    "~constraints": dict,
    "~representations": dict,
    "~~clients": list,
    "~~bare": list,
    "~~off": list,
    "~~item": dict,
    "~~surface": dict,
    "~~item-collection": dict,
}

_WORDS = {str: "text", bool: "true or false", list: "a list", dict: "an object"}


def register(service: CatalogueService) -> None:
    """Lets this format keep what only it knows."""
    for part in _PARTS:
        service.register_extension(FORMAT, part, faults)


def faults(value: Any) -> list[Fault]:
    """What is wrong with an extension: it is an object, and what no client sees is of its type.

    Other members are what clients sent and the model has no place for, so they may be any JSON.
    """
    if not isinstance(value, dict):
        return [Fault("", "expected an object")]
    found = []
    for name, each in value.items():
        if not name.startswith(HIDDEN):
            continue
        kind = _TYPES.get(name)
        if kind is None:
            known = ", ".join(sorted(_TYPES))
            found.append(Fault(pointer("", name), f"is no member that is kept here; known: {known}"))
        elif not isinstance(each, kind):
            found.append(Fault(pointer("", name), f"expected {_WORDS[kind]}"))
        elif name.startswith(LASTING) and kind is dict:
            found.extend(Fault(pointer("", name) + fault.pointer, fault.message) for fault in faults(each))
    return found
