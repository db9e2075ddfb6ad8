"""Brings a data folder's tables up to date."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

_MIGRATIONS = Path(__file__).parent / "migrations"


class NewerSchema(Exception):
    """The folder was written by a newer version."""


def migrate(connection: Connection) -> None:
    """Runs the steps that are missing, in the transaction that `connection` is in.

    Raises:
        NewerSchema: the folder has steps that are not known here.
    """
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    at = MigrationContext.configure(connection).get_current_revision()
    if at is not None and at not in known:
        raise NewerSchema(f"The data folder was written by a newer version (its tables are at step {at})")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
