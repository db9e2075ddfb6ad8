"""The schemas of what this format keeps in `extensions`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from offerd.apis.chargebee.words import FORMAT, LONGEST, MAPPABLE
from offerd.model.codec import Fault, pointer
from offerd.services.catalogue import CatalogueService

_Member = Callable[[Any], str | None]

#: Custom fields of one placement.
_MOST = 500
_LONGEST_PATH = 255


def register(service: CatalogueService) -> None:
    """Lets this format keep what only it knows."""
    for kind, members in _SCHEMAS.items():
        service.register_extension(FORMAT, kind, _check(members))


def _check(members: Mapping[str, _Member]) -> Callable[[Any], list[Fault]]:
    def faults(value: Any) -> list[Fault]:
        if not isinstance(value, dict):
            return [Fault("", "expected an object")]
        found = []
        for name, each in value.items():
            judge = members.get(name)
            message = f"is no member; known: {', '.join(sorted(members))}" if judge is None else judge(each)
            if message is not None:
                found.append(Fault(pointer("", name), message))
        return found

    return faults


def _one_of(*names: str) -> _Member:
    return lambda value: None if value in names else f"expected one of {', '.join(names)}"


def _some_of(*names: str) -> _Member:
    def judge(value: Any) -> str | None:
        fits = isinstance(value, list) and all(isinstance(each, str) and each in names for each in value)
        return None if fits else f"expected a list of {', '.join(names)}"

    return judge


def _paths(value: Any) -> str | None:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return "expected a list of names of custom fields"
    if len(value) > _MOST:
        return f"expected at most {_MOST} names"
    if not all(each and len(each) <= _LONGEST_PATH and all(each.split(".")) for each in value):
        return f"expected names of 1 to {_LONGEST_PATH} characters, with a dot between those inside each other"
    if len({each.lower() for each in value}) < len(value):
        return "expected names that differ by more than their case"
    return None


def _brand(value: Any) -> str | None:
    fits = isinstance(value, str) and value.strip() != "" and len(value) <= LONGEST
    return None if fits else f"expected 1 to {LONGEST} characters"


_SCHEMAS: dict[str, dict[str, _Member]] = {
    "placements": {
        "fields": _some_of(*MAPPABLE),
        "custom": _paths,
        "customers": _one_of("any", "known"),
    },
    "properties": {"brand": _brand},
    "Choice": {"processing_layout": _one_of("in_app", "full_page")},
}
