"""Kept answers in SQLite."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, delete, exists, select
from sqlalchemy.dialects.sqlite import insert

from offerd.storage.protocols import Transaction
from offerd.storage.protocols_runtime import AnswerRow
from offerd.storage.sqlite.runtime_tables import answer_people, answers

_ROW = answers.c
_READ = select(_ROW.fingerprint, _ROW.answer, _ROW.at).where(
    _ROW.workspace == bindparam("workspace"), _ROW.caller == bindparam("caller"), _ROW.key == bindparam("key")
)
_KEEP = insert(answers)
_KEEP = _KEEP.on_conflict_do_update(
    index_elements=["workspace", "caller", "key"],
    set_={name: _KEEP.excluded[name] for name in ("fingerprint", "answer", "at")},
)
_WHOSE = insert(answer_people).on_conflict_do_nothing()


class SqliteIdempotencyStore:
    """The kept answers of one data folder.

    Args:
        reader: what reads.
    """

    def __init__(self, reader: Connection) -> None:
        self._reader = reader

    def read(self, workspace: str, caller: str, key: str) -> AnswerRow | None:
        """A kept answer."""
        row = self._reader.execute(_READ, {"workspace": workspace, "caller": caller, "key": key}).first()
        return AnswerRow(*row) if row else None

    def keep(
        self, transaction: Transaction, workspace: str, caller: str, key: str, row: AnswerRow, *, people: Iterable[str]
    ) -> None:
        """Keeps an answer, which holds the data of `people`."""
        name = {"workspace": workspace, "caller": caller, "key": key}
        values = {"fingerprint": row.fingerprint, "answer": row.answer, "at": row.at}
        transaction.execute(_KEEP, name | values)
        if whose := [name | {"profile": profile} for profile in sorted(set(people))]:
            transaction.execute(_WHOSE, whose)

    def forget(self, transaction: Transaction, before: int) -> int:
        """Removes answers that were kept at a moment or before; gives how many."""
        gone = transaction.execute(delete(answers).where(_ROW.at <= before)).rowcount
        if gone:
            whose = answer_people.c
            kept = exists().where(_ROW.workspace == whose.workspace, _ROW.caller == whose.caller, _ROW.key == whose.key)
            transaction.execute(delete(answer_people).where(~kept))
        return gone
