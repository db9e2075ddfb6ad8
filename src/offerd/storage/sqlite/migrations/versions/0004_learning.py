"""What is counted of activities, and what is learned of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "tallies",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("activity", sa.String, nullable=False),
        sa.Column("offer", sa.String, nullable=False),
        sa.Column("goal", sa.Integer, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("visitors", sa.Integer, nullable=False),
        sa.Column("visits", sa.Integer, nullable=False),
        sa.Column("impressions", sa.Integer, nullable=False),
        sa.Column("orders", sa.Integer, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "activity", "offer", "goal", "day", name="pk_tallies"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "visitors",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("profile", sa.String, nullable=False),
        sa.Column("activity", sa.String, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "profile", "activity", name="pk_visitors"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "models",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "model", name="pk_models"),
    )
