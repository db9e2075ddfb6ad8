"""Tables of workspaces, tokens and catalogues. Instants are microseconds since 1970 in UTC; documents are JSON text."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from offerd.storage.sqlite.metadata import metadata

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", String, primary_key=True),
    Column("code", String, nullable=False),
    Column("document", LargeBinary, nullable=False),
    UniqueConstraint("code"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String, primary_key=True),
    Column("workspace", String, nullable=False, index=True),
    Column("hash", LargeBinary, nullable=False),
    Column("document", LargeBinary, nullable=False),
    UniqueConstraint("hash"),
)

#: One row for each write of a catalogue.
revisions = Table(
    "revisions",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Integer, nullable=False),
    Column("author", String, nullable=False),
    Column("message", String, nullable=False),
)

#: What each revision changed: the document after it (none where it was deleted), and the revision that the
#: document before it is found at (none where it was created).
changes = Table(
    "changes",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("previous", Integer),
    Column("document", LargeBinary),
    Index("ix_changes_workspace_revision", "workspace", "revision"),
)

#: The objects that exist now, each with the revision whose change holds its document.
objects = Table(
    "objects",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("revision", Integer, nullable=False),
)

#: `scope` is empty for ids that are unique in the whole workspace, else the kind within which they are.
foreign_ids = Table(
    "foreign_ids",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("system", String, primary_key=True),
    Column("scope", String, primary_key=True),
    Column("value", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("id", String, nullable=False),
    Index("ix_foreign_ids_workspace_kind_id", "workspace", "kind", "id"),
)

#: The next number of each workspace's sequence.
sequences = Table(
    "sequences",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("next", Integer, nullable=False),
)

#: The syntax tree of every rule that was ever saved, by the SHA-256 of its text.
rules = Table(
    "rules",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("ast", LargeBinary, nullable=False),
)
