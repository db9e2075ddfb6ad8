"""Revisions: what each write did, catalogues as they were, and the way back."""

from __future__ import annotations

from asyncio import Lock
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from offerd import engine
from offerd.engine.offers import CompiledOffer
from offerd.model.activity import Activity
from offerd.model.base import Object
from offerd.model.catalogue import Catalogue
from offerd.services.catalogue.catalogues import MANY, Catalogues, heavy
from offerd.services.catalogue.changes import Change, Delete, Difference, Key, Restored, Revision, Revisions, Written
from offerd.services.catalogue.diff import difference
from offerd.services.catalogue.plan import across
from offerd.services.catalogue.rules import Rules
from offerd.services.catalogue.state import State, assembled, compiled, compiled_aside, thawed
from offerd.services.clock import instant
from offerd.services.errors import NotFound, Unprocessable
from offerd.storage.protocols import CatalogueStore, ChangeRow, Keep, RevisionRow

#: Snapshots of old revisions that are kept.
_KEPT = 4

#: Digits of a cursor, below what the database takes.
_DIGITS = 19


class History:
    """The revisions of all workspaces; workspaces are named by their ids.

    Args:
        store: where they are kept.
        rules: gives the programs of old rules.
        catalogues: what there is now.
        steps: how many steps one evaluation of a rule may take.
    """

    def __init__(self, store: CatalogueStore, rules: Rules, catalogues: Catalogues, *, steps: int) -> None:
        self._store = store
        self._rules = rules
        self._catalogues = catalogues
        self._steps = steps
        self._snapshots: OrderedDict[tuple[str, int], engine.Snapshot] = OrderedDict()
        self._lock = Lock()

    def list(self, workspace: str, limit: int = 50, cursor: str | None = None) -> Revisions:
        """Revisions, the last first, without what they changed.

        Raises:
            NotFound: there is no such workspace.
            Unprocessable: the cursor is not one.
        """
        if cursor is not None and not (cursor.isdecimal() and len(cursor) < _DIGITS):
            raise Unprocessable("the cursor is not one that this list gave", "/cursor")
        rows = self._store.revisions(self._id(workspace), before=int(cursor) if cursor else None, limit=limit + 1)
        page = [_revision(row, []) for row in rows[:limit]]
        return Revisions(page, str(page[-1].number) if len(rows) > limit and page else None)

    def revised(self, workspace: str) -> int | None:
        """When the catalogue became what it is, in microseconds; None for one that nobody has written."""
        home = self._id(workspace)
        row = self._store.revision(home, self._catalogues.state(home).catalogue.revision)
        return None if row is None else row.at

    async def read(self, workspace: str, number: int) -> Revision:
        """One revision with what it changed.

        Raises:
            NotFound: there is none of this number.
        """
        row = self._store.revision(self._id(workspace), number)
        if row is None:
            raise NotFound("revisions", str(number))
        changes = self._store.changes(self._id(workspace), number)

        def differences() -> Sequence[Difference]:
            found = []
            for change, before in changes:
                old = thawed(change.kind, before) if before is not None else None
                new = thawed(change.kind, change.document) if change.document is not None else None
                found.append(difference((change.kind, change.id), old, new))
            return [each for each in found if each is not None]

        return _revision(row, await heavy(differences, len(changes) > MANY))

    async def compare(self, workspace: str, one: int, other: int) -> Sequence[Difference]:
        """What differs at revision `other` from revision `one`; 0 is the empty catalogue.

        Raises:
            NotFound: there is none of these numbers.
        """
        home = self._id(workspace)
        self._check(home, one)
        self._check(home, other)
        keys = self._store.changed_between(home, min(one, other), max(one, other))
        first, last = self._store.documents_at(home, one, keys), self._store.documents_at(home, other, keys)

        def differences() -> Sequence[Difference]:
            before, after = _objects(first), _objects(last)
            found = (difference(key, before.get(key), after.get(key)) for key in sorted(keys))
            return [each for each in found if each is not None]

        return await heavy(differences, len(keys) > MANY)

    async def rollback(
        self, workspace: str, number: int, author: str, *, message: str = "", keep: Keep | None = None
    ) -> Written:
        """Makes the catalogue as it was at a revision, which is a new revision.

        Raises:
            NotFound: there is none of this number.
            InvalidDocument: what was right then is wrong now.
        """
        home = self._id(workspace)
        self._check(home, number)

        def make(state: State) -> Sequence[Change]:
            keys = self._store.changed_between(home, number, state.catalogue.revision)
            objects = _objects(self._store.documents_at(home, number, keys))
            return [
                Restored(kind=kind, object=objects[kind, id_]) if (kind, id_) in objects else Delete(kind=kind, id=id_)
                for kind, id_ in keys
                if (kind, id_) in objects or state.get((kind, id_)) is not None
            ]

        return await self._catalogues.write(
            home, make, author=author, message=message or f"Back to revision {number}", refuse=across, keep=keep
        )

    def catalogue(self, workspace: str, number: int) -> Catalogue:
        """Everything as it was at a revision, in the workspace as it is now.

        Raises:
            NotFound: there is none of this number.
        """
        return self.reading(workspace, number)()

    def reading(self, workspace: str, number: int) -> Callable[[], Catalogue]:
        """Reads everything as it was at a revision; what this gives makes the catalogue of it, in whichever thread.

        Raises:
            NotFound: there is none of this number.
        """
        present = self._catalogues.state(workspace).catalogue
        if number == present.revision:
            return lambda: present
        home = present.workspace
        self._check(home.id, number)
        rows = self._store.objects_at(home.id, number)
        return lambda: assembled(home, number, rows)

    async def at(self, workspace: str, number: int) -> engine.Snapshot:
        """What decided at a revision; an old one is compiled anew in a thread, one at a time, and the last are kept.

        Raises:
            NotFound: there is none of this number.
        """
        async with self._lock:
            found = self._found(workspace, number)
            if found is None:
                found = await compiled_aside(self.reading(workspace, number), self._rules, steps=self._steps)
            return self._keep(found)

    def offer(self, workspace: str, number: int, name: str, activity: str | None = None) -> CompiledOffer | None:
        """What `at(...).offer(name, activity)` gives; no more is read and compiled than that takes.

        Raises:
            NotFound: there is no such revision.
        """
        found = self._found(workspace, number)
        if found is not None:
            return found.offer(name, activity)
        home = self._catalogues.state(workspace).catalogue.workspace
        self._check(home.id, number)
        owner, _, written = name.partition("#")
        keys = [("offers", name), ("activities", activity or owner), *([("offers", written)] if written else [])]
        rows = self._store.documents_at(home.id, number, keys)
        activities = cast("Mapping[str, Activity]", assembled(home, number, rows).of("activities"))
        named = dict.fromkeys(each.strategy for thing in activities.values() for each in thing.selections)
        keys = [("selections", strategy) for strategy in named if strategy is not None]
        few = assembled(home, number, [*rows, *self._store.documents_at(home.id, number, keys)])
        return compiled(few, self._rules, steps=self._steps).offer(name, activity)

    def _found(self, workspace: str, number: int) -> engine.Snapshot | None:
        """The snapshot of a revision, if it is at hand."""
        present = self._catalogues.state(workspace).snapshot
        if number == present.revision:
            return present
        found = self._snapshots.get((present.workspace.id, number))
        return found if found is not None and found.workspace == present.workspace else None

    def _keep(self, snapshot: engine.Snapshot) -> engine.Snapshot:
        """Keeps the snapshot of an old revision, and lets those go that were not used for longest."""
        home = snapshot.workspace.id
        if snapshot is not self._catalogues.state(home).snapshot:
            self._snapshots[home, snapshot.revision] = snapshot
            self._snapshots.move_to_end((home, snapshot.revision))
            while len(self._snapshots) > _KEPT:
                self._snapshots.popitem(last=False)
        return snapshot

    def _id(self, workspace: str) -> str:
        return self._catalogues.state(workspace).catalogue.workspace.id

    def _check(self, workspace: str, number: int) -> None:
        if number != 0 and self._store.revision(workspace, number) is None:
            raise NotFound("revisions", str(number))


def _objects(rows: Iterable[ChangeRow]) -> dict[Key, Object]:
    return {(row.kind, row.id): thawed(row.kind, row.document) for row in rows if row.document is not None}


def _revision(row: RevisionRow, changes: Iterable[Difference]) -> Revision:
    return Revision(row.number, row.author, instant(row.at), row.message, list(changes))
