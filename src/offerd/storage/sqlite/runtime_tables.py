"""Tables of people, what was answered, what they did, counts, jobs and kept answers.

Instants are microseconds since 1970 in UTC; documents are JSON text. Every table with a `profile` column that is not
part of a count's name holds only what is that person's.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table

from offerd.storage.sqlite.metadata import metadata

#: Attributes and what else a profile's document holds; identities and memberships have their own tables.
profiles = Table(
    "profiles",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("parent", String),
    Column("created", Integer, nullable=False),
    Column("modified", Integer, nullable=False),
    Index("ix_profiles_workspace_parent", "workspace", "parent"),
)

identities = Table(
    "identities",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("namespace", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("profile", String, nullable=False),
    Column("position", Integer, nullable=False),
    Index("ix_identities_workspace_profile", "workspace", "profile"),
)

memberships = Table(
    "memberships",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("profile", String, primary_key=True),
    Column("audience", String, primary_key=True),
    Column("since", Integer),
    Column("until", Integer),
    Index("ix_memberships_workspace_audience", "workspace", "audience", "profile"),
)

assignments = Table(
    "assignments",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("profile", String, primary_key=True),
    Column("activity", String, primary_key=True),
    Column("document", LargeBinary, nullable=False),
)

#: What was answered, and in `inputs` what the engine was given.
decisions = Table(
    "decisions",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("profile", String),
    Column("at", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("inputs", LargeBinary, nullable=False),
    Index("ix_decisions_workspace_profile", "workspace", "profile", "at"),
    Index("ix_decisions_workspace_at", "workspace", "at", "id"),
)

#: Propositions that an activity keeps, and those that something closed.
propositions = Table(
    "propositions",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("decision", String, nullable=False),
    Column("profile", String),
    Column("activity", String),
    Column("placement", String),
    Column("state", String, nullable=False),
    Column("created", Integer, nullable=False),
    Column("document", LargeBinary),
    Index("ix_propositions_workspace_profile", "workspace", "profile", "state"),
    Index("ix_propositions_workspace_decision", "workspace", "decision"),
)

#: `dedupe` is what makes a repeat one: the sender's key, else proposition, offer, placement and type.
interactions = Table(
    "interactions",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("dedupe", String),
    Column("type", String, nullable=False),
    Column("profile", String),
    Column("decision", String),
    Column("proposition", String),
    Column("offer", String),
    Column("activity", String),
    Column("received", Integer, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Index("uq_interactions_workspace_dedupe", "workspace", "dedupe", unique=True),
    Index("ix_interactions_workspace_profile", "workspace", "profile"),
    Index("ix_interactions_workspace_decision", "workspace", "decision"),
    Index("ix_interactions_workspace_received", "workspace", "received", "id"),
    Index("ix_interactions_workspace_type", "workspace", "type", "received", "id"),
)

fulfilments = Table(
    "fulfilments",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("interaction", String, nullable=False),
    Column("profile", String),
    Column("state", String, nullable=False),
    Column("created", Integer, nullable=False),
    Column("deadline", Integer),
    Column("document", LargeBinary, nullable=False),
    Column("kind", String),
    Column("offer", String),
    Column("proposition", String),
    Index("ix_fulfilments_workspace_profile", "workspace", "profile"),
    Index("ix_fulfilments_workspace_interaction", "workspace", "interaction"),
    Index("ix_fulfilments_state_deadline", "state", "deadline"),
    Index("ix_fulfilments_workspace_created", "workspace", "created", "id"),
    Index("ix_fulfilments_workspace_proposition", "workspace", "proposition"),
)

#: What a fulfilment sends, under the fulfilment's id: a message as it was made when the choice was accepted.
deliveries = Table(
    "deliveries",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("profile", String),
    Column("state", String, nullable=False),
    Column("created", Integer, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Index("ix_deliveries_workspace_profile", "workspace", "profile"),
    Index("ix_deliveries_workspace_state", "workspace", "state", "created", "id"),
)

#: Counts for life and for calendar periods. An empty profile is everyone's count, and nobody's data.
counts = Table(
    "counts",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("profile", String, primary_key=True),
    Column("cap", String, primary_key=True),
    Column("placement", String, primary_key=True),
    Column("window", String, primary_key=True),
    Column("used", Integer, nullable=False),
    Column("expires", Integer),
    Index("ix_counts_expires", "expires"),
    sqlite_with_rowid=False,
)

#: What rolling counts count, each with its time.
moments = Table(
    "moments",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("profile", String, primary_key=True),
    Column("cap", String, primary_key=True),
    Column("placement", String, primary_key=True),
    Column("window", String, primary_key=True),
    Column("at", Integer, primary_key=True, autoincrement=False),
    Column("amount", Integer, nullable=False),
    Column("expires", Integer, nullable=False),
    Index("ix_moments_expires", "expires"),
    sqlite_with_rowid=False,
)

#: Places that are kept for interactions to come. `profile` names the count, `owner` is who the place is kept for.
holds = Table(
    "holds",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("profile", String, primary_key=True),
    Column("cap", String, primary_key=True),
    Column("placement", String, primary_key=True),
    Column("window", String, primary_key=True),
    Column("proposition", String, primary_key=True),
    Column("offer", String, primary_key=True),
    Column("owner", String),
    Column("amount", Integer, nullable=False),
    Column("expires", Integer, nullable=False),
    Index("ix_holds_expires", "expires"),
    Index("ix_holds_workspace_owner", "workspace", "owner"),
    sqlite_with_rowid=False,
)

#: Answers that are kept for their idempotency keys.
answers = Table(
    "answers",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("caller", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("at", Integer, nullable=False),
    Index("ix_answers_at", "at"),
)

#: Whose data a kept answer holds.
answer_people = Table(
    "answer_people",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("profile", String, primary_key=True),
    Column("caller", String, primary_key=True),
    Column("key", String, primary_key=True),
    sqlite_with_rowid=False,
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String, primary_key=True),
    Column("workspace", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("run_after", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Index("ix_jobs_state_run_after", "state", "run_after"),
    Index("ix_jobs_workspace_created", "workspace", "created", "id"),
)

#: Lines of an import that were refused.
job_faults = Table(
    "job_faults",
    metadata,
    Column("job", String, primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("pointer", String, nullable=False),
    Column("message", String, nullable=False),
    sqlite_with_rowid=False,
)

#: What was counted of activities, by experience, goal and day.
tallies = Table(
    "tallies",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("activity", String, primary_key=True),
    Column("offer", String, primary_key=True),
    Column("goal", String, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("visitors", Integer, nullable=False),
    Column("visits", Integer, nullable=False),
    Column("impressions", Integer, nullable=False),
    Column("orders", Integer, nullable=False),
    Column("value", String, nullable=False),
    sqlite_with_rowid=False,
)

#: A person's part in each activity that is counted.
visitors = Table(
    "visitors",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("profile", String, primary_key=True),
    Column("activity", String, primary_key=True),
    Column("document", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: The newest state of each learned model; decisions keep those that they were made with.
models = Table(
    "models",
    metadata,
    Column("workspace", String, primary_key=True),
    Column("model", String, primary_key=True),
    Column("document", LargeBinary, nullable=False),
)
