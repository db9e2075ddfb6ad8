"""Fields that count: those of a request that the placement maps; the others are ignored, and told of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from offerd.apis.chargebee.places import Place
from offerd.apis.chargebee.words import Asked

#: Names in one warning, and the characters of each that it tells.
_NAMES = 20
_TOLD = 80

_NOTHING = object()


def person(asked: Asked, place: Place) -> dict[str, Any]:
    """What is said of the end user and counts; the user's id is called `id`."""
    counted = {name: value for name, value in asked.person.items() if name in place.fields}
    return {"id" if name == "external_user_id" else name: value for name, value in counted.items()}


def custom(asked: Asked, place: Place) -> dict[str, Any]:
    """The custom fields that count, spelled as the placement spells them, however they were sent."""
    made: dict[str, Any] = {}
    sent = _Sent(asked.custom)
    for path in place.custom:
        found = sent.at(path)
        if found is not _NOTHING:
            *way, last = path.split(".")
            below = made
            for step in way:
                inner = below.setdefault(step, {})
                below = inner if isinstance(inner, dict) else {}
            below[last] = found
    return made


def ignored(asked: Asked, place: Place) -> list[str]:
    """What was sent and does not count, as warnings of the decision."""
    unmapped = [name for name in asked.person if name not in place.fields]
    strangers = [f"custom.{path}" for path in _unmapped(asked.custom, place.custom)]
    told = []
    if unmapped or strangers:
        told.append(f"Ignored, because {place.placement.id} does not map it: {_names([*unmapped, *strangers])}")
    if asked.strange:
        told.append(f"Ignored, because this call has no such parameter: {_names(asked.strange)}")
    return told


def _unmapped(sent: Mapping[str, Any], custom: Sequence[str]) -> Iterator[str]:
    """The paths of custom fields that do not count, as they were sent; of what nothing counts, the outermost alone."""
    paths = {path.lower() for path in custom}
    above = {path[:at] for path in paths for at, char in enumerate(path) if char == "."}

    def below(tree: Mapping[str, Any], way: str) -> Iterator[str]:
        for name, value in tree.items():
            path = f"{way}{name}"
            if path.lower() in paths:
                continue
            if path.lower() in above and isinstance(value, Mapping):
                yield from below(value, f"{path}.")
            else:
                yield path

    return below(sent, "")


class _Sent:
    """What was sent, by names in any case; each object's names are gone through once, however many are looked for."""

    def __init__(self, tree: Any) -> None:
        self._tree: Mapping[str, Any] = tree if isinstance(tree, Mapping) else {}
        self._lower: dict[str, Any] = {name.lower(): value for name, value in list(self._tree.items())[::-1]}
        self._inside: dict[str, _Sent] = {}

    def at(self, path: str) -> Any:
        """What stands at a path; a name that is spelled alike counts before one that differs in case."""
        found = self._member(path)
        root, dot, rest = path.partition(".")
        if found is not _NOTHING or not dot:
            return found
        if root not in self._inside:
            self._inside[root] = _Sent(self._member(root))
        return self._inside[root].at(rest)

    def _member(self, name: str) -> Any:
        return self._tree[name] if name in self._tree else self._lower.get(name.lower(), _NOTHING)


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(name[:_TOLD] for name in names[:_NAMES])
    return f"{shown} and {len(names) - _NAMES} more" if len(names) > _NAMES else shown
