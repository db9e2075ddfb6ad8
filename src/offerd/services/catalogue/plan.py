"""A write that is being prepared: what it changes, whether it may, and what is to be stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from offerd import engine
from offerd.model import codec
from offerd.model.base import Object
from offerd.model.catalogue import Catalogue
from offerd.model.codec import Fault, pointer
from offerd.pql import PQLError, Program
from offerd.services.catalogue import checks, placing
from offerd.services.catalogue.changes import Change, Delete, Difference, Key, Put, Restored
from offerd.services.catalogue.diff import difference
from offerd.services.catalogue.naming import Naming
from offerd.services.catalogue.references import named
from offerd.services.catalogue.rules import Prepared, Rules
from offerd.services.catalogue.settling import stamped, struct_of, tidied
from offerd.services.catalogue.state import State, changed, names_of
from offerd.services.clock import instant
from offerd.services.errors import Exists, InvalidDocument, NotFound, Referenced, Referrer, Stale, Unprocessable
from offerd.services.extensions import Extensions
from offerd.services.walk import saved, texts
from offerd.storage.protocols import ChangeRow


class Plan:
    """What a write would do to a workspace's catalogue; makes it in the steps in which the methods stand.

    Args:
        state: the catalogue before.
        author: the token's name that writes.
        now: microseconds since 1970.

    Attributes:
        after: each changed object as it will be, None where it will be gone.
        objects: the objects of all puts, changed or not.
        differences: what differs.
        naming: the foreign ids that come and go.
    """

    def __init__(self, state: State, *, author: str, now: int) -> None:
        self.state = state
        self.author = author
        self.now = now
        self.revision = state.catalogue.revision + 1
        self.after: dict[Key, Object | None] = {}
        self.objects: list[Object] = []
        self.differences: list[Difference] = []
        self.naming = Naming(state.ids, now)
        self._restored: set[Key] = set()

    def settle(self, changes: Sequence[Change]) -> None:
        """Works out what each object will be; what stays as it is falls out.

        Raises:
            NotFound: something that must be there is not.
            Exists: something that must be new is not.
            Stale: something is at another version.
            Unprocessable: an object is named twice.
        """
        seen: set[Key] = set()
        for change in changes:
            key = (change.kind, change.object.id if isinstance(change, Put) else change.id)
            struct_of(change.kind)
            if key in seen:
                raise Unprocessable(f"{'/'.join(key)} is in the write twice", _at(key))
            seen.add(key)
            self._settle(key, change)

    def texts(self) -> set[str]:
        """The rules of every object that is changed."""
        return {text for thing in self.after.values() if thing is not None for text in saved(thing)}

    def check(self, prepared: Prepared, rules: Rules, extensions: Extensions) -> list[tuple[Key, Fault]]:
        """Everything that is wrong, with the object it is wrong with.

        Raises:
            Referenced: an object that is deleted is still named.
        """
        wrong = [(key, fault) for key in self.after for fault in self._own_faults(key, prepared, extensions)]
        if wrong:
            return wrong  # what else is wrong may only follow from this
        catalogue, program = self.catalogue(), rules.with_(prepared)
        self._check_deletes(program)
        return [(key, fault) for key in self.after for fault in self._faults_in_place(key, catalogue, program)]

    def catalogue(self) -> Catalogue:
        """The catalogue after the write."""
        return changed(self.state.catalogue, self.after, self.revision)

    def compile(self, rules: Rules, prepared: Prepared, *, steps: int) -> engine.Snapshot:
        """The snapshot after the write; compiles only what changed."""
        return engine.compile(
            self.catalogue(),
            rules.with_(prepared),
            self.state.snapshot,
            list(self.after),
            steps=steps,
            views=rules.views,
        )

    def rows(self) -> list[ChangeRow]:
        """The changes as they are stored."""
        return [
            ChangeRow(*key, self.revision, self.state.origins.get(key), codec.dumps(thing) if thing else None)
            for key, thing in self.after.items()
        ]

    def names(self, program: Callable[[str], Program]) -> dict[Key, frozenset[Key]]:
        """What every object that is changed names."""
        return {key: names_of(thing, program) if thing else frozenset() for key, thing in self.after.items()}

    def commit(self, snapshot: engine.Snapshot, names: Mapping[Key, frozenset[Key]]) -> None:
        """Makes the state what was stored."""
        self.state.referrers.update(names)
        self.state.ids.commit(self.naming)
        for key, thing in self.after.items():
            if thing is None:
                self.state.origins.pop(key, None)
            else:
                self.state.origins[key] = self.revision
        self.state.swap(snapshot, self.after)

    def _settle(self, key: Key, change: Change) -> None:
        old = self.state.get(key)
        wanted = isinstance(change, Delete) or change.create is False or change.if_version is not None
        if old is None and wanted:
            raise NotFound(*key)
        if old is not None and change.if_version not in {None, old.version}:
            raise Stale(*key, old.version)
        if isinstance(change, Delete):
            if old is not None:
                self.naming.drop(key, old)
            self._change(key, old, None)
            return
        if old is not None and change.create:
            raise Exists(*key)
        self._put(key, change, old)

    def _put(self, key: Key, put: Put, old: Object | None) -> None:
        thing, restored = tidied(put.object), isinstance(put, Restored)
        if restored:
            self._restored.add(key)
        ids = self.naming.name(key, thing, old, exactly=restored)
        before = put.object if restored and old is None else old
        new = stamped(thing, before, ids_=ids, author=self.author, at=instant(self.now))
        changed_ = self._change(key, old, new)
        self.objects.append(new if changed_ or old is None else old)

    def _change(self, key: Key, old: Object | None, new: Object | None) -> bool:
        found = difference(key, old, new)
        if found is not None:
            self.differences.append(found)
            self.after[key] = new
        return found is not None

    def _own_faults(self, key: Key, prepared: Prepared, extensions: Extensions) -> Iterator[Fault]:
        thing = self.after[key]
        if thing is None:
            return
        yield from checks.faults(thing)
        yield from self.naming.faults(key, thing, None if key in self._restored else self.state.get(key))
        yield from extensions.faults(thing)
        for text in texts(thing):
            error = prepared.errors.get(text.pql)
            if error is not None:
                yield RuleFault.of(text.pointer, error)

    def _faults_in_place(self, key: Key, catalogue: Catalogue, program: Callable[[str], Program]) -> Iterator[Fault]:
        thing = self.after[key]
        if thing is None:
            return
        yield from placing.missing(thing, catalogue)
        yield from placing.misplaced(thing, catalogue)
        yield from placing.strangers(thing, catalogue)
        yield from placing.doubled(thing, catalogue)
        yield from placing.circular(thing, catalogue, program)
        others = [other for other in self.state.referrers.of(key) if other not in self.after]
        yield from placing.unsettled(thing, self.state.get(key), others, catalogue)

    def _check_deletes(self, program: Callable[[str], Program]) -> None:
        gone = {key for key, thing in self.after.items() if thing is None}
        if not gone:
            return
        now = {key: names_of(thing, program) for key, thing in self.after.items() if thing is not None}
        fresh: dict[Key, set[Key]] = {}
        for other, names in now.items():
            for key in names & gone:
                fresh.setdefault(key, set()).add(other)
        for key in sorted(gone):
            by = self.state.referrers.of(key) - self.after.keys() | fresh.get(key, set())
            if by:
                raise Referenced(*key, [name for other in sorted(by) for name in self._naming(other, key, program)])

    def _naming(self, other: Key, key: Key, program: Callable[[str], Program]) -> Iterator[Referrer]:
        """Where an object names another."""
        thing = self.after.get(other) or self.state.get(other)
        for reference in named(thing, program) if thing else ():
            if (reference.kind, reference.id) == key:
                yield Referrer(reference.pointer, *other)


class RuleFault(Fault, frozen=True, omit_defaults=True):
    """A rule that is not one.

    Attributes:
        line: where in the rule, from 1.
        column: where in the line, from 1.
        expected: what could stand there instead.
    """

    line: int = 0
    column: int = 0
    expected: list[str] = []

    @classmethod
    def of(cls, at: str, error: PQLError) -> RuleFault:
        """The fault at a pointer that an error of PQL comes to."""
        return cls(at, str(error), error.line, error.column, list(error.expected))


def within(wrong: Sequence[tuple[Key, Fault]]) -> InvalidDocument:
    """Refuses a write of one object; pointers are within it."""
    return InvalidDocument([fault for _, fault in wrong])


def across(wrong: Sequence[tuple[Key, Fault]]) -> InvalidDocument:
    """Refuses a write of several objects; pointers begin with kind and id, as in a catalogue document."""
    return InvalidDocument([_prefixed(key, fault) for key, fault in wrong])


def _prefixed(key: Key, fault: Fault) -> Fault:
    return msgspec.structs.replace(fault, pointer=f"{_at(key)}{fault.pointer}")


def _at(key: Key) -> str:
    return pointer(pointer("", key[0]), key[1])
