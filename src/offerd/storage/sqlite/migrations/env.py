"""What Alembic runs: the steps, on the connection it was handed, in one transaction."""

from __future__ import annotations

from alembic import context

from offerd.storage.sqlite.metadata import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
context.run_migrations()
