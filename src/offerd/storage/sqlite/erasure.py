"""Erasing a person, and making two people one: over every table that holds what is theirs."""

from __future__ import annotations

from sqlalchemy import Table, and_, delete, exists, select, text, update

from offerd.storage.protocols import Transaction
from offerd.storage.sqlite import runtime_tables as tables
from offerd.storage.sqlite.learning import joined

#: Tables whose column `profile` says whose row it is.
_OWNED: tuple[Table, ...] = (
    tables.identities,
    tables.memberships,
    tables.assignments,
    tables.decisions,
    tables.propositions,
    tables.interactions,
    tables.fulfilments,
    tables.deliveries,
    tables.counts,
    tables.moments,
    tables.holds,
    tables.visitors,
)

#: Of those, the ones that tell what happened.
_HISTORY = frozenset((tables.decisions, tables.interactions, tables.fulfilments))

#: Of those, the ones where both people may have the same row; the survivor's stays, or amounts are added.
_KEYED = {tables.memberships: "audience", tables.assignments: "activity", tables.visitors: "activity"}

_ADDED = (
    ("counts", "cap, placement, window, used, expires", "cap, placement, window", "used"),
    ("moments", "cap, placement, window, at, amount, expires", "cap, placement, window, at", "amount"),
    (
        "holds",
        "cap, placement, window, proposition, offer, owner, amount, expires",
        "cap, placement, window, proposition, offer",
        "amount",
    ),
)


def erase(transaction: Transaction, workspace: str, profile: str) -> None:
    """Removes every row that is a person's; counts of everyone stay as they are.

    Kept answers that hold their data go, places held for them are free, and those whose parent they were have none.
    """
    answers, whose = tables.answers.c, tables.answer_people.c
    theirs = exists().where(
        whose.workspace == answers.workspace,
        whose.caller == answers.caller,
        whose.key == answers.key,
        whose.profile == profile,
    )
    transaction.execute(delete(tables.answers).where(answers.workspace == workspace, theirs))
    orphans = exists().where(
        answers.workspace == whose.workspace, answers.caller == whose.caller, answers.key == whose.key
    )
    transaction.execute(delete(tables.answer_people).where(whose.workspace == workspace, ~orphans))
    holds, profiles = tables.holds.c, tables.profiles.c
    transaction.execute(delete(tables.holds).where(holds.workspace == workspace, holds.owner == profile))
    for table in _OWNED:
        transaction.execute(delete(table).where(table.c.workspace == workspace, table.c.profile == profile))
    children = and_(profiles.workspace == workspace, profiles.parent == profile)
    transaction.execute(update(tables.profiles).where(children).values(parent=None, version=profiles.version + 1))
    transaction.execute(delete(tables.profiles).where(profiles.workspace == workspace, profiles.id == profile))


def lapse(transaction: Transaction, workspace: str, profile: str) -> None:
    """Removes a profile and what is kept for it; what it was given and did stays, and says no more who it was."""
    holds, profiles = tables.holds.c, tables.profiles.c
    transaction.execute(delete(tables.holds).where(holds.workspace == workspace, holds.owner == profile))
    for table in _OWNED:
        if table not in _HISTORY:
            transaction.execute(delete(table).where(table.c.workspace == workspace, table.c.profile == profile))
    children = and_(profiles.workspace == workspace, profiles.parent == profile)
    transaction.execute(update(tables.profiles).where(children).values(parent=None, version=profiles.version + 1))
    transaction.execute(delete(tables.profiles).where(profiles.workspace == workspace, profiles.id == profile))


def _join_parts(transaction: Transaction, both: dict[str, str]) -> None:
    """Has the survivor remember what the other did in activities that both were in, so that nothing counts again."""
    own = tables.visitors.c
    theirs = select(own.activity, own.document).where(own.workspace == both["workspace"])
    found = transaction.execute(theirs.where(own.profile == both["absorbed"])).all()
    absorbed = {row.activity: row.document for row in found}
    for activity, document in transaction.execute(theirs.where(own.profile == both["survivor"])).all():
        if activity in absorbed:
            made = joined(document, absorbed[activity])
            rows = and_(own.workspace == both["workspace"], own.profile == both["survivor"], own.activity == activity)
            transaction.execute(update(tables.visitors).where(rows).values(document=made))


def merge(transaction: Transaction, workspace: str, survivor: str, absorbed: str) -> None:
    """Makes every row of `absorbed` the survivor's: counts add, the survivor's own rows win, the rest moves."""
    both = {"workspace": workspace, "survivor": survivor, "absorbed": absorbed}
    for name, columns, names, amount in _ADDED:
        # All parts are constants of this module.
        added = (
            f"INSERT INTO {name} (workspace, profile, {columns}) "  # noqa: S608
            f"SELECT workspace, :survivor, {columns} FROM {name} "
            "WHERE workspace = :workspace AND profile = :absorbed "
            f"ON CONFLICT (workspace, profile, {names}) DO UPDATE SET {amount} = {amount} + excluded.{amount}"
        )
        transaction.execute(text(added), both)
        gone = f"DELETE FROM {name} WHERE workspace = :workspace AND profile = :absorbed"  # noqa: S608
        transaction.execute(text(gone), both)
    _join_parts(transaction, both)
    for table, key in _KEYED.items():
        had = table.alias()
        own = select(had.c[key]).where(had.c.workspace == workspace, had.c.profile == survivor)
        rows = and_(table.c.workspace == workspace, table.c.profile == absorbed)
        transaction.execute(delete(table).where(rows, table.c[key].in_(own)))
    for table in (*_OWNED, tables.answer_people):
        if table not in {tables.counts, tables.moments, tables.holds}:
            rows = and_(table.c.workspace == workspace, table.c.profile == absorbed)
            transaction.execute(update(table).where(rows).prefix_with("OR REPLACE").values(profile=survivor))
    holds, profiles = tables.holds.c, tables.profiles.c
    owned = and_(holds.workspace == workspace, holds.owner == absorbed)
    transaction.execute(update(tables.holds).where(owned).values(owner=survivor))
    children = and_(profiles.workspace == workspace, profiles.parent == absorbed)
    transaction.execute(update(tables.profiles).where(children).values(parent=survivor))
    transaction.execute(delete(tables.profiles).where(profiles.workspace == workspace, profiles.id == absorbed))
