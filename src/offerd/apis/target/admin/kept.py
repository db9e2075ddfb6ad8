"""What only this format knows: the members of `extensions.target`, and their schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offerd.apis.target.ids import FORMAT, own
from offerd.model.base import Part
from offerd.model.codec import Fault, pointer
from offerd.services.catalogue import CatalogueService

#: The member that holds what a client sent and nothing here knows.
MORE = "more"

#: What an extension may hold, by the kind or part that carries it.
_MEMBERS: dict[str, dict[str, type]] = {
    "activities": {
        "thirdPartyId": str, "workspace": str, "reportingSource": str, "state": str, "applicationContext": dict,
        "reportingAudiences": list, "autoAllocateTraffic": dict, "entryConstraint": dict, "locations": dict,
        "options": list, "views": list, "metrics": list, MORE: dict,
    },
    "Offer": {"experienceLocalId": int, MORE: dict},
    "Component": {"locationLocalId": int, "optionLocalId": int},
    "Goal": {"metricLocalId": int},
    "audiences": {
        "origin": str, "type": str, "workspace": str, "targetRule": dict, "audienceRule": dict, MORE: dict,
    },
    "contents": {"workspace": str, MORE: dict},
    "properties": {"channel": str, "workspaces": list, MORE: dict},
}  # fmt: skip

_WORDS = {str: "text", int: "a whole number", list: "a list", dict: "an object"}


def register(service: CatalogueService) -> None:
    """Lets this format keep what only it knows."""
    for part, members in _MEMBERS.items():
        service.register_extension(FORMAT, part, _check(members))


def with_own(part: Part | None, **members: Any) -> dict[str, Any]:
    """The extensions of a part with this format's members changed; one that is None or empty is left out."""
    before = {} if part is None else part.extensions
    mine = {**({} if part is None else own(part)), **members}
    mine = {name: value for name, value in mine.items() if value is not None and value not in ({}, [])}
    others = {name: value for name, value in before.items() if name != FORMAT}
    return {**others, FORMAT: mine} if mine else others


def _check(members: Mapping[str, type]) -> Any:
    def faults(value: Any) -> list[Fault]:
        if not isinstance(value, dict):
            return [Fault("", "expected an object")]
        found = []
        for name, each in value.items():
            kind = members.get(name)
            if kind is None:
                found.append(Fault(pointer("", name), f"is not kept here; known: {', '.join(sorted(members))}"))
            elif type(each) is not kind:
                found.append(Fault(pointer("", name), f"expected {_WORDS[kind]}"))
        return found

    return faults
