"""People, decisions, interactions, counts, jobs and kept answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Makes the tables of what happens."""
    _make_people()
    _make_decisions()
    _make_interactions()
    _make_counts()
    _make_queues()


def _make_people() -> None:
    op.create_table(
        "profiles",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("parent", sa.String),
        sa.Column("created", sa.Integer, nullable=False),
        sa.Column("modified", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "id", name="pk_profiles"),
    )
    op.create_index("ix_profiles_workspace_parent", "profiles", ["workspace", "parent"])
    op.create_table(
        "identities",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("namespace", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("profile", sa.String, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "namespace", "name", name="pk_identities"),
    )
    op.create_index("ix_identities_workspace_profile", "identities", ["workspace", "profile"])
    op.create_table(
        "memberships",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("profile", sa.String, nullable=False),
        sa.Column("audience", sa.String, nullable=False),
        sa.Column("since", sa.Integer),
        sa.Column("until", sa.Integer),
        sa.PrimaryKeyConstraint("workspace", "profile", "audience", name="pk_memberships"),
    )
    op.create_index("ix_memberships_workspace_audience", "memberships", ["workspace", "audience", "profile"])
    op.create_table(
        "assignments",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("profile", sa.String, nullable=False),
        sa.Column("activity", sa.String, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "profile", "activity", name="pk_assignments"),
    )


def _make_decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("profile", sa.String),
        sa.Column("at", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("inputs", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_workspace_at", "decisions", ["workspace", "at", "id"])
    op.create_index("ix_decisions_workspace_profile", "decisions", ["workspace", "profile", "at"])
    op.create_table(
        "propositions",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("profile", sa.String),
        sa.Column("activity", sa.String),
        sa.Column("placement", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("created", sa.Integer, nullable=False),
        sa.Column("document", sa.LargeBinary),
        sa.PrimaryKeyConstraint("workspace", "id", name="pk_propositions"),
    )
    op.create_index("ix_propositions_workspace_decision", "propositions", ["workspace", "decision"])
    op.create_index("ix_propositions_workspace_profile", "propositions", ["workspace", "profile", "state"])


def _make_interactions() -> None:
    op.create_table(
        "interactions",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("dedupe", sa.String),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("profile", sa.String),
        sa.Column("decision", sa.String),
        sa.Column("proposition", sa.String),
        sa.Column("offer", sa.String),
        sa.Column("activity", sa.String),
        sa.Column("received", sa.Integer, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "id", name="pk_interactions"),
    )
    op.create_index("ix_interactions_workspace_decision", "interactions", ["workspace", "decision"])
    op.create_index("ix_interactions_workspace_profile", "interactions", ["workspace", "profile"])
    op.create_index("ix_interactions_workspace_received", "interactions", ["workspace", "received", "id"])
    op.create_index("uq_interactions_workspace_dedupe", "interactions", ["workspace", "dedupe"], unique=True)
    op.create_table(
        "fulfilments",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("interaction", sa.String, nullable=False),
        sa.Column("profile", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("created", sa.Integer, nullable=False),
        sa.Column("deadline", sa.Integer),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "id", name="pk_fulfilments"),
    )
    op.create_index("ix_fulfilments_state_deadline", "fulfilments", ["state", "deadline"])
    op.create_index("ix_fulfilments_workspace_interaction", "fulfilments", ["workspace", "interaction"])
    op.create_index("ix_fulfilments_workspace_profile", "fulfilments", ["workspace", "profile"])


def _make_counts() -> None:
    op.create_table(
        "counts",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("profile", sa.String, nullable=False),
        sa.Column("cap", sa.String, nullable=False),
        sa.Column("placement", sa.String, nullable=False),
        sa.Column("window", sa.String, nullable=False),
        sa.Column("used", sa.Integer, nullable=False),
        sa.Column("expires", sa.Integer),
        sa.PrimaryKeyConstraint("workspace", "profile", "cap", "placement", "window", name="pk_counts"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_counts_expires", "counts", ["expires"])
    op.create_table(
        "moments",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("profile", sa.String, nullable=False),
        sa.Column("cap", sa.String, nullable=False),
        sa.Column("placement", sa.String, nullable=False),
        sa.Column("window", sa.String, nullable=False),
        sa.Column("at", sa.Integer, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("expires", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "profile", "cap", "placement", "window", "at", name="pk_moments"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_moments_expires", "moments", ["expires"])
    op.create_table(
        "holds",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("profile", sa.String, nullable=False),
        sa.Column("cap", sa.String, nullable=False),
        sa.Column("placement", sa.String, nullable=False),
        sa.Column("window", sa.String, nullable=False),
        sa.Column("proposition", sa.String, nullable=False),
        sa.Column("offer", sa.String, nullable=False),
        sa.Column("owner", sa.String),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("expires", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint(
            "workspace", "profile", "cap", "placement", "window", "proposition", "offer", name="pk_holds"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_holds_expires", "holds", ["expires"])
    op.create_index("ix_holds_workspace_owner", "holds", ["workspace", "owner"])


def _make_queues() -> None:
    op.create_table(
        "answers",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("caller", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "caller", "key", name="pk_answers"),
    )
    op.create_index("ix_answers_at", "answers", ["at"])
    op.create_table(
        "answer_people",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("profile", sa.String, nullable=False),
        sa.Column("caller", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "profile", "caller", "key", name="pk_answer_people"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("run_after", sa.Integer, nullable=False),
        sa.Column("created", sa.Integer, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_state_run_after", "jobs", ["state", "run_after"])
    op.create_index("ix_jobs_workspace_created", "jobs", ["workspace", "created", "id"])
    op.create_table(
        "job_faults",
        sa.Column("job", sa.String, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("pointer", sa.String, nullable=False),
        sa.Column("message", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("job", "line", "position", name="pk_job_faults"),
        sqlite_with_rowid=False,
    )
