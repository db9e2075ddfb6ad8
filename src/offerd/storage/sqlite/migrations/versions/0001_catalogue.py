"""Workspaces, tokens and catalogues."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes the first tables."""
    op.create_table(
        "workspaces",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workspaces"),
        sa.UniqueConstraint("code", name="uq_workspaces_code"),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("hash", name="uq_tokens_hash"),
    )
    op.create_index("ix_tokens_workspace", "tokens", ["workspace"])
    op.create_table(
        "revisions",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.Integer, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("message", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "number", name="pk_revisions"),
    )
    op.create_table(
        "changes",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("previous", sa.Integer),
        sa.Column("document", sa.LargeBinary),
        sa.PrimaryKeyConstraint("workspace", "kind", "id", "revision", name="pk_changes"),
    )
    op.create_index("ix_changes_workspace_revision", "changes", ["workspace", "revision"])
    op.create_table(
        "objects",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "kind", "id", name="pk_objects"),
    )
    op.create_table(
        "foreign_ids",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "system", "scope", "value", name="pk_foreign_ids"),
    )
    op.create_index("ix_foreign_ids_workspace_kind_id", "foreign_ids", ["workspace", "kind", "id"])
    op.create_table(
        "sequences",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("next", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("workspace", name="pk_sequences"),
    )
    op.create_table(
        "rules",
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("ast", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_rules"),
    )
