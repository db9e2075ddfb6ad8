"""Foreign ids: assigned once, unique, and found without a search."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from offerd.model.base import Object
from offerd.model.codec import Fault, pointer
from offerd.model.kinds import KINDS
from offerd.services import ids
from offerd.services.catalogue.changes import Key
from offerd.storage.protocols import ForeignId

#: The systems whose ids the server assigns, and what one looks like. They are unique in a workspace; the aliases
#: that authors give for other systems are unique within a kind.
SYSTEMS = {
    "time": re.compile(r"[1-7]?[0-9a-f]{1,15}"),
    "uuid": re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    "number": re.compile(r"[1-9][0-9]{0,15}"),
}

_NUMBERS = 2**53

#: System, scope and value.
_Name = tuple[str, str, str]


def scope(system: str, kind: str) -> str:
    """Within what an id of a system is unique: the workspace (empty) or a kind."""
    return "" if system in SYSTEMS else kind


class ForeignIds:
    """The foreign ids of a workspace.

    Args:
        following: the first number of its sequence that is not taken.
    """

    def __init__(self, following: int) -> None:
        self.following = following
        self._keys: dict[_Name, Key] = {}

    def find(self, system: str, value: str, kind: str | None = None) -> Key | None:
        """The object with an id in a system; `kind` narrows aliases, which several kinds may share."""
        kinds = [""] if system in SYSTEMS else [kind] if kind else list(KINDS)
        for each in kinds:
            found = self._keys.get((system, each, value))
            if found is not None and kind in {None, found[0]}:
                return found
        return None

    def holder(self, name: _Name) -> Key | None:
        """The object that has a name."""
        return self._keys.get(name)

    def learn(self, key: Key, thing: Object) -> None:
        """Takes in an object that was loaded."""
        for name in names(key, thing):
            self._keys[name] = key

    def commit(self, naming: Naming) -> None:
        """Takes in a write that was committed."""
        self.following = naming.following
        for name in naming.gone:
            self._keys.pop(name, None)
        self._keys.update(naming.come)


class Naming:
    """The foreign ids that one write gives and takes away.

    Args:
        ids_: those of the workspace before it.
        now: when it happens, in microseconds.

    Attributes:
        gone: names that are free after it.
        come: new names and whose they are.
        following: the first number that is not taken after it.
    """

    def __init__(self, ids_: ForeignIds, now: int) -> None:
        self._ids = ids_
        self._now = now
        self.gone: set[_Name] = set()
        self.come: dict[_Name, Key] = {}
        self.following = ids_.following
        self._twice: list[tuple[Key, str]] = []

    def name(self, key: Key, thing: Object, old: Object | None, *, exactly: bool = False) -> dict[str, str]:
        """The foreign ids of an object: those it had are kept, those it gives are added, the rest is assigned.

        An alias with an empty value is taken away; with `exactly`, all that it does not give.
        """
        kept = dict(old.ids) if old is not None and not exactly else {}
        made = {system: value for system, value in (kept | thing.ids).items() if value}
        for system, make in self._makers():
            if system not in made:
                made[system] = make()
        before = names(key, old) if old is not None else set()
        after = {(system, scope(system, key[0]), value) for system, value in made.items()}
        self.gone |= before - after
        for name in sorted(after - before):
            if name in self.come:
                self._twice.append((key, name[0]))
            self.come[name] = key
        return made

    def drop(self, key: Key, old: Object) -> None:
        """Frees the names of an object that is deleted."""
        self.gone |= names(key, old)

    def faults(self, key: Key, thing: Object, old: Object | None) -> Iterator[Fault]:
        """What is wrong with the foreign ids of an object that was named."""
        for system, value in thing.ids.items():
            at = pointer("/ids", system)
            pattern = SYSTEMS.get(system)
            if old is not None and pattern and old.ids.get(system, value) != value:
                yield Fault(at, f"was assigned once and stays {old.ids[system]}")
            elif pattern and not _is_good(system, value):
                yield Fault(at, f"{value!r} is no {system} id")
            name = (system, scope(system, key[0]), value)
            holder = self._ids.holder(name)
            if name in self.come and holder not in {None, key} and name not in self.gone:
                yield Fault(at, f"{value!r} is the {system} id of {'/'.join(holder or key)} already")
            if (key, system) in self._twice:
                yield Fault(at, f"{value!r} is given to another object, too")

    def rows(self) -> tuple[list[ForeignId], list[ForeignId]]:
        """What to forget and what to add."""
        gone = [ForeignId(*name, "", "") for name in sorted(self.gone)]
        return gone, [ForeignId(*name, *key) for name, key in self.come.items()]

    def _makers(self) -> list[tuple[str, Callable[[], str]]]:
        return [
            ("time", lambda: self._fresh("time", lambda: ids.time_id(self._now))),
            ("uuid", lambda: self._fresh("uuid", lambda: ids.uuid1(self._now))),
            ("number", lambda: self._fresh("number", self._number)),
        ]

    def _fresh(self, system: str, make: Callable[[], str]) -> str:
        while True:
            value = make()
            name = (system, "", value)
            if self._ids.holder(name) is None and name not in self.come:
                return value

    def _number(self) -> str:
        self.following += 1
        return str(self.following - 1)


def names(key: Key, thing: Object) -> set[_Name]:
    """The names of an object as they are unique."""
    return {(system, scope(system, key[0]), value) for system, value in thing.ids.items()}


def _is_good(system: str, value: str) -> bool:
    if not SYSTEMS[system].fullmatch(value):
        return False
    return system != "number" or int(value) < _NUMBERS
