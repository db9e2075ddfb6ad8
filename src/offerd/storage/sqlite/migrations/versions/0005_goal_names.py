"""Goals go by their names: what was counted, and what people reached, by places before."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_COPIED = "workspace, activity, offer, CAST(goal AS TEXT), day, visitors, visits, impressions, orders, value"
_CHUNK = 1_000


def upgrade() -> None:
    """Makes texts of numbers; a goal that has no id goes by its place as text."""
    op.rename_table("tallies", "tallies_before")
    op.create_table(
        "tallies",
        sa.Column("workspace", sa.String, nullable=False),
        sa.Column("activity", sa.String, nullable=False),
        sa.Column("offer", sa.String, nullable=False),
        sa.Column("goal", sa.String, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("visitors", sa.Integer, nullable=False),
        sa.Column("visits", sa.Integer, nullable=False),
        sa.Column("impressions", sa.Integer, nullable=False),
        sa.Column("orders", sa.Integer, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "activity", "offer", "goal", "day", name="pk_tallies"),
        sqlite_with_rowid=False,
    )
    op.execute(f"INSERT INTO tallies SELECT {_COPIED} FROM tallies_before")  # noqa: S608 - a constant of this module
    op.execute("UPDATE tallies SET goal = '' WHERE goal = '-1'")
    op.drop_table("tallies_before")
    _rewrite("visitors", _part)
    _rewrite("assignments", _assignment)


def _part(document: dict[str, Any]) -> None:
    """Being given an experience was the goal -1."""
    for parts in document.get("parts", {}).values():
        if "-1" in parts:
            parts[""] = parts.pop("-1")


def _assignment(document: dict[str, Any]) -> None:
    goals = document.pop("goals", None)
    if goals:
        document["reached"] = [str(goal) for goal in goals]


def _rewrite(table: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Rewrites the documents of a table whose rows are a person's in an activity, some at a time."""
    connection, after = op.get_bind(), ("", "", "")
    names = "workspace, profile, activity"
    read = sa.text(
        f"SELECT {names}, document FROM {table} WHERE ({names}) > (:a, :b, :c) ORDER BY {names} LIMIT {_CHUNK}"  # noqa: S608
    )
    write = sa.text(f"UPDATE {table} SET document = :d WHERE ({names}) = (:a, :b, :c)")  # noqa: S608
    while rows := connection.execute(read, _keyed(after)).all():
        for row in rows:
            document = json.loads(row.document)
            change(document)
            written = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
            if written != bytes(row.document):
                connection.execute(write, {**_keyed(row[:3]), "d": written})
        after = tuple(rows[-1][:3])


def _keyed(key: Sequence[str]) -> dict[str, str]:
    return dict(zip("abc", key, strict=True))
