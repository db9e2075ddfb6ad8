from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from offerd.storage.sqlite.connections import reading_engine, writing_engine
from offerd.storage.sqlite.metadata import metadata
from offerd.storage.sqlite.schema import NewerSchema, migrate
from offerd.storage.sqlite.storage import SqliteStorage


def test_the_migrations_make_the_tables_that_the_stores_use(tmp_path: Path) -> None:
    SqliteStorage.open(tmp_path).close()
    with writing_engine(tmp_path).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        with writing_engine(tmp_path).begin() as connection:
            migrate(connection)


def test_a_folder_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    SqliteStorage.open(tmp_path).close()
    with writing_engine(tmp_path).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerSchema, match="newer version"):
        SqliteStorage.open(tmp_path)
    with writing_engine(tmp_path).begin() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_writes_are_on_disk_when_they_are_committed(tmp_path: Path) -> None:
    with writing_engine(tmp_path).connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    SqliteStorage.open(tmp_path).close()
    with reading_engine(tmp_path).connect() as connection, pytest.raises(Exception, match="readonly"):
        connection.execute(text("DELETE FROM workspaces"))
