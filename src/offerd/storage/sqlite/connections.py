"""Engines and connections: WAL, synchronous FULL, explicit transactions for the writer, none for readers."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, create_engine, event

DATABASE_NAME = "offerd.db"

#: Milliseconds to wait for a lock that a checkpoint or a backup tool holds.
_BUSY = 10_000


def writing_engine(folder: Path) -> Engine:
    """Makes an engine whose transactions start with BEGIN IMMEDIATE and are on disk when COMMIT returns.

    Python's driver begins transactions by its own rules, which break savepoints, so that is switched off and BEGIN
    is sent here.
    """
    engine = _engine(folder)

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode = WAL", "synchronous = FULL", f"busy_timeout = {_BUSY}", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def reading_engine(folder: Path) -> Engine:
    """Makes an engine that can only read, one statement at a time: each sees all that was committed before it."""
    engine = _engine(folder)

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("query_only = ON", f"busy_timeout = {_BUSY}"):
            connection.execute(f"PRAGMA {pragma}").close()

    return engine


def _engine(folder: Path) -> Engine:
    url = f"sqlite+pysqlite:///{folder / DATABASE_NAME}"
    return create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,  # what a statement was given may be anybody's, and errors are logged
        connect_args={"check_same_thread": False, "cached_statements": 512},
    )
