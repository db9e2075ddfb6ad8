"""The cap ledger's counts in SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from offerd.storage.protocols import Transaction
from offerd.storage.protocols_counts import Book, HoldRow, Name
from offerd.storage.sqlite.runtime_tables import counts, holds, moments

_NAME = ("cap", "placement", "profile", "window")


def _select(table: Table, *columns: str) -> Any:
    chosen = [table.c[name] for name in (*_NAME, *columns)]
    own = (table.c.workspace == bindparam("workspace"), table.c.profile == bindparam("own"))
    return select(*chosen).where(*own)


_COUNTS = _select(counts, "used", "expires")
_MOMENTS = _select(moments, "at", "amount", "expires")
_HOLDS = _select(holds, "proposition", "offer", "owner", "amount", "expires")
_ADD = insert(counts)
_ADD = _ADD.on_conflict_do_update(
    index_elements=["workspace", "profile", "cap", "placement", "window"],
    set_={"used": counts.c.used + _ADD.excluded.used, "expires": _ADD.excluded.expires},
)
_MARK = insert(moments)
_MARK = _MARK.on_conflict_do_update(
    index_elements=["workspace", "profile", "cap", "placement", "window", "at"],
    set_={"amount": moments.c.amount + _MARK.excluded.amount},
)
_HOLD = insert(holds)
_HOLD = _HOLD.on_conflict_do_update(
    index_elements=["workspace", "profile", "cap", "placement", "window", "proposition", "offer"],
    set_={"amount": holds.c.amount + _HOLD.excluded.amount, "expires": _HOLD.excluded.expires},
)
_FREE = delete(holds).where(
    holds.c.workspace == bindparam("ws"),
    holds.c.profile == bindparam("own"),
    holds.c.cap == bindparam("counted"),
    holds.c.placement == bindparam("place"),
    holds.c.window == bindparam("during"),
    holds.c.proposition == bindparam("given"),
    holds.c.offer == bindparam("what"),
)


class SqliteCountStore:
    """The counts of one data folder.

    Args:
        reader: what reads.
    """

    def __init__(self, reader: Connection) -> None:
        self._reader = reader

    def book(self, workspace: str, profile: str) -> Book:
        """Every count of a profile; of everyone where it is empty."""
        own = {"workspace": workspace, "own": profile}
        return Book(
            [(tuple(row[:4]), row[4], row[5]) for row in self._reader.execute(_COUNTS, own).all()],
            [(tuple(row[:4]), *row[4:]) for row in self._reader.execute(_MOMENTS, own).all()],
            [HoldRow(tuple(row[:4]), *row[4:]) for row in self._reader.execute(_HOLDS, own).all()],
        )

    def add(self, transaction: Transaction, workspace: str, rows: Sequence[tuple[Name, int, int | None]]) -> None:
        """Adds to counts: name, amount, expires."""
        if rows:
            values = [_named(workspace, name) | {"used": used, "expires": until} for name, used, until in rows]
            transaction.execute(_ADD, values)

    def mark(self, transaction: Transaction, workspace: str, rows: Sequence[tuple[Name, int, int, int]]) -> None:
        """Adds to rolling counts: name, at, amount, expires."""
        if rows:
            values = [
                _named(workspace, name) | {"at": at, "amount": amount, "expires": until}
                for name, at, amount, until in rows
            ]
            transaction.execute(_MARK, values)

    def hold(self, transaction: Transaction, workspace: str, rows: Sequence[HoldRow]) -> None:
        """Keeps places."""
        if rows:
            values = [
                _named(workspace, row.name)
                | {"proposition": row.proposition, "offer": row.offer, "owner": row.owner}
                | {"amount": row.amount, "expires": row.expires}
                for row in rows
            ]
            transaction.execute(_HOLD, values)

    def free(self, transaction: Transaction, workspace: str, rows: Sequence[HoldRow]) -> None:
        """Gives places back."""
        for row in rows:
            cap, placement, profile, window = row.name
            name = {"ws": workspace, "own": profile, "counted": cap, "place": placement, "during": window}
            transaction.execute(_FREE, name | {"given": row.proposition, "what": row.offer})

    def forget(self, transaction: Transaction, now: int) -> int:
        """Removes what expired; gives how many rows."""
        return sum(
            transaction.execute(delete(table).where(table.c.expires <= now)).rowcount
            for table in (counts, moments, holds)
        )


def _named(workspace: str, name: Name) -> dict[str, Any]:
    cap, placement, profile, window = name
    return {"workspace": workspace, "cap": cap, "placement": placement, "profile": profile, "window": window}
