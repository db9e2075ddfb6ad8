"""Catalogues, revisions and the syntax trees of rules in SQLite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from offerd.storage.protocols import ChangeRow, ForeignId, RevisionRow, Transaction
from offerd.storage.sqlite.tables import changes, foreign_ids, objects, revisions, rules, sequences

#: Values in one IN list, well below SQLite's bound of parameters.
_CHUNK = 500

_CHANGE = (changes.c.kind, changes.c.id, changes.c.revision, changes.c.previous, changes.c.document)
_REVISION = (revisions.c.number, revisions.c.at, revisions.c.author, revisions.c.message)


class SqliteCatalogueStore:
    """The catalogues of one data folder.

    Args:
        reader: what reads.
    """

    def __init__(self, reader: Connection) -> None:
        self._reader = reader

    def head(self, workspace: str) -> int:
        """The number of the last revision; 0 before the first."""
        query = select(func.max(revisions.c.number)).where(revisions.c.workspace == workspace)
        return self._reader.scalar(query) or 0

    def objects(self, workspace: str) -> list[ChangeRow]:
        """The objects that exist now, each as the change that made it what it is."""
        same = and_(
            changes.c.workspace == objects.c.workspace,
            changes.c.kind == objects.c.kind,
            changes.c.id == objects.c.id,
            changes.c.revision == objects.c.revision,
        )
        query = select(*_CHANGE).select_from(objects.join(changes, same)).where(objects.c.workspace == workspace)
        return _changes(self._reader.execute(query).all())

    def objects_at(self, workspace: str, revision: int) -> list[ChangeRow]:
        """The objects that existed at a revision."""
        last = (
            select(changes.c.kind, changes.c.id, func.max(changes.c.revision).label("revision"))
            .where(changes.c.workspace == workspace, changes.c.revision <= revision)
            .group_by(changes.c.kind, changes.c.id)
            .subquery()
        )
        same = and_(changes.c.kind == last.c.kind, changes.c.id == last.c.id, changes.c.revision == last.c.revision)
        query = (
            select(*_CHANGE)
            .select_from(changes.join(last, same))
            .where(changes.c.workspace == workspace, changes.c.document.is_not(None))
        )
        return _changes(self._reader.execute(query).all())

    def changes(self, workspace: str, revision: int) -> list[tuple[ChangeRow, bytes | None]]:
        """What a revision changed, each with the document before."""
        before = changes.alias("before")
        same = and_(
            before.c.workspace == changes.c.workspace,
            before.c.kind == changes.c.kind,
            before.c.id == changes.c.id,
            before.c.revision == changes.c.previous,
        )
        query = (
            select(*_CHANGE, before.c.document.label("before"))
            .select_from(changes.outerjoin(before, same))
            .where(changes.c.workspace == workspace, changes.c.revision == revision)
            .order_by(changes.c.kind, changes.c.id)
        )
        return [
            (ChangeRow(row.kind, row.id, row.revision, row.previous, row.document), row.before)
            for row in self._reader.execute(query).all()
        ]

    def changed_between(self, workspace: str, after: int, upto: int) -> list[tuple[str, str]]:
        """Kind and id of every object that a revision behind `after`, up to `upto`, changed."""
        query = (
            select(changes.c.kind, changes.c.id)
            .distinct()
            .where(changes.c.workspace == workspace, changes.c.revision > after, changes.c.revision <= upto)
        )
        return [(kind, id_) for kind, id_ in self._reader.execute(query).all()]

    def documents_at(self, workspace: str, revision: int, keys: Iterable[tuple[str, str]]) -> list[ChangeRow]:
        """Some objects by kind and id as they were at a revision; those that did not exist are left out."""
        query = (
            select(*_CHANGE)
            .where(
                changes.c.workspace == workspace,
                changes.c.kind == bindparam("kind_"),
                changes.c.id == bindparam("id_"),
                changes.c.revision <= revision,
            )
            .order_by(changes.c.revision.desc())
            .limit(1)
        )
        rows = (self._reader.execute(query, {"kind_": kind, "id_": id_}).first() for kind, id_ in keys)
        return [change for row in rows if row and (change := ChangeRow(*row)).document is not None]

    def revision(self, workspace: str, number: int) -> RevisionRow | None:
        """One revision; None where there is none."""
        query = select(*_REVISION).where(revisions.c.workspace == workspace, revisions.c.number == number)
        row = self._reader.execute(query).first()
        return RevisionRow(*row) if row else None

    def revisions(self, workspace: str, *, before: int | None, limit: int) -> list[RevisionRow]:
        """Revisions, the last first, from the one before `before`."""
        query = select(*_REVISION).where(revisions.c.workspace == workspace)
        if before is not None:
            query = query.where(revisions.c.number < before)
        rows = self._reader.execute(query.order_by(revisions.c.number.desc()).limit(limit)).all()
        return [RevisionRow(*row) for row in rows]

    def append(self, transaction: Transaction, workspace: str, row: RevisionRow, changes_: Sequence[ChangeRow]) -> None:
        """Adds a revision and makes its objects the present ones."""
        transaction.execute(
            insert(revisions),
            {"workspace": workspace, "number": row.number, "at": row.at, "author": row.author, "message": row.message},
        )
        if not changes_:
            return
        transaction.execute(insert(changes), [_values(workspace, change) for change in changes_])
        present = [change for change in changes_ if change.document is not None]
        if present:
            statement = insert(objects)
            statement = statement.on_conflict_do_update(
                index_elements=["workspace", "kind", "id"], set_={"revision": statement.excluded.revision}
            )
            transaction.execute(statement, [_head(workspace, change) for change in present])
        for change in changes_:
            if change.document is None:
                transaction.execute(
                    delete(objects).where(
                        objects.c.workspace == workspace, objects.c.kind == change.kind, objects.c.id == change.id
                    )
                )

    def name(
        self, transaction: Transaction, workspace: str, *, gone: Iterable[ForeignId], come: Iterable[ForeignId]
    ) -> None:
        """Forgets foreign ids and adds others."""
        for one in gone:
            transaction.execute(
                delete(foreign_ids).where(
                    foreign_ids.c.workspace == workspace,
                    foreign_ids.c.system == one.system,
                    foreign_ids.c.scope == one.scope,
                    foreign_ids.c.value == one.value,
                )
            )
        rows = [{"workspace": workspace, **_foreign(one)} for one in come]
        if rows:
            transaction.execute(insert(foreign_ids), rows)

    def take_numbers(self, transaction: Transaction, workspace: str, following: int) -> None:
        """Notes that `following` is the first number of the workspace's sequence that is not taken."""
        statement = insert(sequences).values(workspace=workspace, next=following)
        transaction.execute(
            statement.on_conflict_do_update(index_elements=["workspace"], set_={"next": statement.excluded.next})
        )

    def next_number(self, workspace: str) -> int:
        """The first number of the workspace's sequence that is not taken."""
        return self._reader.scalar(select(sequences.c.next).where(sequences.c.workspace == workspace)) or 1

    def trees(self, hashes: Iterable[bytes]) -> dict[bytes, bytes]:
        """The stored syntax trees of rules, by the hash of their text; those that are not stored are left out."""
        found: dict[bytes, bytes] = {}
        for chunk in _chunks(list(hashes)):
            query = select(rules.c.hash, rules.c.ast).where(rules.c.hash.in_(chunk))
            found.update((key, ast) for key, ast in self._reader.execute(query).all())
        return found

    def keep_trees(self, transaction: Transaction, trees: Mapping[bytes, bytes]) -> None:
        """Stores syntax trees that are not stored yet."""
        if trees:
            rows = [{"hash": key, "ast": ast} for key, ast in trees.items()]
            transaction.execute(insert(rules).on_conflict_do_nothing(), rows)


def _changes(rows: Iterable[Iterable[Any]]) -> list[ChangeRow]:
    return [ChangeRow(*row) for row in rows]


def _values(workspace: str, change: ChangeRow) -> dict[str, object]:
    return {
        "workspace": workspace,
        "kind": change.kind,
        "id": change.id,
        "revision": change.revision,
        "previous": change.previous,
        "document": change.document,
    }


def _head(workspace: str, change: ChangeRow) -> dict[str, object]:
    return {"workspace": workspace, "kind": change.kind, "id": change.id, "revision": change.revision}


def _foreign(one: ForeignId) -> dict[str, object]:
    return {"system": one.system, "scope": one.scope, "value": one.value, "kind": one.kind, "id": one.id}


def _chunks(values: list[bytes]) -> Iterator[list[bytes]]:
    return (values[at : at + _CHUNK] for at in range(0, len(values), _CHUNK))
