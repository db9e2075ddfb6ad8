"""Opening a data folder: who may read it, and whether it can be written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.exc import OperationalError

from offerd.storage.sqlite.connections import DATABASE_NAME
from offerd.storage.sqlite.lock import FolderLock
from offerd.storage.sqlite.storage import SqliteStorage


@pytest.fixture
def umask() -> Iterator[None]:
    """The process hides nothing of what it makes."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.usefixtures("umask")
def test_a_new_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    SqliteStorage.open(tmp_path / "var" / "offerd").close()
    assert mode(tmp_path / "var" / "offerd") == 0o700
    assert mode(tmp_path / "var") == 0o777


@pytest.mark.usefixtures("umask")
def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "offerd"
    folder.mkdir(mode=0o750)
    SqliteStorage.open(folder).close()
    assert mode(folder) == 0o750


def test_a_database_that_cannot_be_written_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    SqliteStorage.open(tmp_path).close()

    def unwritable(folder: Path) -> Engine:
        return create_engine(f"sqlite+pysqlite:///file:{folder / DATABASE_NAME}?mode=ro&uri=true", poolclass=NullPool)

    with monkeypatch.context() as patched:
        patched.setattr("offerd.storage.sqlite.connections._engine", unwritable)
        with pytest.raises(OperationalError, match="readonly"):
            SqliteStorage.open(tmp_path)
    FolderLock(tmp_path).close()  # which was let go
