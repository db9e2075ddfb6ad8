"""Tokens in SQLite."""

from __future__ import annotations

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from offerd.storage.protocols import TokenRow, Transaction
from offerd.storage.sqlite import tables


class SqliteTokenStore:
    """The tokens of one data folder.

    Args:
        reader: what reads.
    """

    def __init__(self, reader: Connection) -> None:
        self._reader = reader

    def all(self) -> list[TokenRow]:
        """Every token, revoked ones too."""
        columns = tables.tokens.c
        query = select(columns.id, columns.workspace, columns.hash, columns.document).order_by(columns.id)
        return [TokenRow(*row) for row in self._reader.execute(query).all()]

    def put(self, transaction: Transaction, row: TokenRow) -> None:
        """Stores a token, new or changed."""
        values = {"workspace": row.workspace, "hash": row.hash, "document": row.document}
        statement = insert(tables.tokens).values(id=row.id, **values)
        transaction.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
