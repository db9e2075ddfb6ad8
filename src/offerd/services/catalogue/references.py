"""Who names whom: what makes a delete be refused, found without looking through the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from offerd.model.base import Object
from offerd.model.kinds import Reference, references
from offerd.pql import Program
from offerd.services.catalogue.changes import Key
from offerd.services.walk import texts

#: The kind that `inSegment` names.
AUDIENCES = "audiences"


def named(thing: Object, program: Callable[[str], Program]) -> Iterator[Reference]:
    """Everything that an object names, in its members and in `inSegment` of its rules."""
    yield from references(thing)
    yield from segments(thing, program)


def segments(thing: Object, program: Callable[[str], Program]) -> Iterator[Reference]:
    """The audiences that an object's rules name; they need not be in the catalogue."""
    for text in texts(thing):
        for audience in sorted(program(text.pql).segments):
            yield Reference(text.pointer, AUDIENCES, audience)


class Referrers:
    """The objects that name each object."""

    def __init__(self) -> None:
        self._of: dict[Key, set[Key]] = {}
        self._names: dict[Key, frozenset[Key]] = {}

    def of(self, key: Key) -> frozenset[Key]:
        """The objects that name `key`."""
        return frozenset(self._of.get(key, ()))

    def update(self, names: Mapping[Key, frozenset[Key]]) -> None:
        """Takes in what each of these objects names now; nothing for one that is gone."""
        for key, now in names.items():
            before = self._names.get(key, frozenset())
            for target in before - now:
                self._of[target].discard(key)
            for target in now - before:
                self._of.setdefault(target, set()).add(key)
            if now:
                self._names[key] = now
            else:
                self._names.pop(key, None)
