"""Workspaces in SQLite."""

from __future__ import annotations

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from offerd.model import codec, json
from offerd.model.place import Workspace
from offerd.storage.protocols import Transaction
from offerd.storage.sqlite import tables


class SqliteWorkspaceStore:
    """The workspaces of one data folder.

    Args:
        reader: what reads.
    """

    def __init__(self, reader: Connection) -> None:
        self._reader = reader

    def all(self) -> list[Workspace]:
        """Every workspace, by id."""
        query = select(tables.workspaces.c.document).order_by(tables.workspaces.c.id)
        return [codec.build(Workspace, json.loads(row)) for row in self._reader.scalars(query).all()]

    def put(self, transaction: Transaction, workspace: Workspace) -> None:
        """Stores a workspace, new or changed."""
        values = {"code": workspace.code, "document": codec.dumps(workspace)}
        statement = insert(tables.workspaces).values(id=workspace.id, **values)
        transaction.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
