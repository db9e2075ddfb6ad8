"""What lists of fulfilments and interactions look for, and what fulfilments send."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Gives fulfilments the columns that they are found by, and makes the table of deliveries."""
    for name in ("kind", "offer", "proposition"):
        op.add_column("fulfilments", sa.Column(name, sa.String))
        found = f"json_extract(CAST(document AS TEXT), '$.{name}')"
        op.execute(f"UPDATE fulfilments SET {name} = {found}")  # noqa: S608 - constants of this module
    op.execute("UPDATE fulfilments SET kind = 'none' WHERE kind IS NULL")
    op.create_index("ix_fulfilments_workspace_created", "fulfilments", ["workspace", "created", "id"])
    op.create_index("ix_fulfilments_workspace_proposition", "fulfilments", ["workspace", "proposition"])
    op.create_index("ix_interactions_workspace_type", "interactions", ["workspace", "type", "received", "id"])
    op.create_table(
        "deliveries",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("profile", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("created", sa.Integer, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_workspace_profile", "deliveries", ["workspace", "profile"])
    op.create_index("ix_deliveries_workspace_state", "deliveries", ["workspace", "state", "created", "id"])
