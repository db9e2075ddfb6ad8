"""What is counted of activities, and what is learned of it, in SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal

import msgspec
from sqlalchemy import Connection, bindparam, case, select
from sqlalchemy.dialects.sqlite import insert

from offerd.storage.protocols import Transaction
from offerd.storage.protocols_learning import Learned, Part, Seen, Tally
from offerd.storage.sqlite.runtime_tables import models, tallies, visitors

_SEEN = msgspec.json.Decoder(Seen)
_LEARNED = msgspec.json.Decoder(Learned)

#: Sums of values are exact to so many digits; what would be no number any more is not added.
_EXACTLY = Context(prec=60, traps=[])

_NAMES = ("workspace", "activity", "offer", "goal", "day")
_ADDED = ("visitors", "visits", "impressions", "orders")

_PART = select(visitors.c.document).where(
    visitors.c.workspace == bindparam("workspace"),
    visitors.c.profile == bindparam("profile"),
    visitors.c.activity == bindparam("activity"),
)
_SEE = insert(visitors)
_SEE = _SEE.on_conflict_do_update(
    index_elements=["workspace", "profile", "activity"], set_={"document": _SEE.excluded.document}
)
_VALUE = select(tallies.c.value).where(*(tallies.c[name] == bindparam(name) for name in _NAMES))
_ADD = insert(tallies)
_ADD = _ADD.on_conflict_do_update(
    index_elements=list(_NAMES),
    set_={
        **{name: tallies.c[name] + _ADD.excluded[name] for name in _ADDED},
        "value": case((_ADD.excluded.orders > 0, _ADD.excluded.value), else_=tallies.c.value),
    },
)
_PUT = insert(models)
_PUT = _PUT.on_conflict_do_update(index_elements=["workspace", "model"], set_={"document": _PUT.excluded.document})


class SqliteTallyStore:
    """The tallies of one data folder.

    Args:
        reader: what reads.
    """

    def __init__(self, reader: Connection) -> None:
        self._reader = reader

    def seen(self, transaction: Transaction, workspace: str, activity: str, profile: str) -> Seen:
        """A person's part in an activity; an empty one where there is none."""
        row = {"workspace": workspace, "profile": profile, "activity": activity}
        document = transaction.execute(_PART, row).scalar()
        return Seen() if document is None else _SEEN.decode(document)

    def see(self, transaction: Transaction, workspace: str, activity: str, profile: str, seen: Seen) -> None:
        """Stores a person's part in an activity."""
        row = {"workspace": workspace, "profile": profile, "activity": activity}
        transaction.execute(_SEE, {**row, "document": msgspec.json.encode(seen)})

    def add(self, transaction: Transaction, workspace: str, tallies: Sequence[Tally]) -> None:
        """Adds to what is counted; values are added here, since SQLite's own sums are not exact."""
        for each in tallies:
            row = {**msgspec.structs.asdict(each), "workspace": workspace}
            named = {name: row[name] for name in _NAMES}
            known = transaction.execute(_VALUE, named).scalar() if each.orders else None
            transaction.execute(_ADD, {**row, "value": str(_added(Decimal(known or 0), each.value))})

    def sums(self, workspace: str, activity: str, *, since: int | None = None, until: int | None = None) -> list[Tally]:
        """What was counted of an activity from a day on, and before a day."""
        own = tallies.c
        query = select(*(own[name] for name in (*_NAMES[1:], *_ADDED, "value")))
        query = query.where(own.workspace == workspace, own.activity == activity)
        if since is not None:
            query = query.where(own.day >= since)
        if until is not None:
            query = query.where(own.day < until)
        found: dict[tuple[str, str], Tally] = {}
        for row in self._reader.execute(query.order_by(own.day)).all():
            each = Tally(**{**row._asdict(), "value": Decimal(row.value)})
            name = (each.offer, each.goal)
            before = found.get(name)
            found[name] = each if before is None else _sum(before, each)
        return list(found.values())


class SqliteModelStore:
    """The learned models of one data folder.

    Args:
        reader: what reads.
    """

    def __init__(self, reader: Connection) -> None:
        self._reader = reader

    def latest(self) -> dict[tuple[str, str], Learned]:
        """The newest state of every model, by workspace and model."""
        query = select(models.c.workspace, models.c.model, models.c.document)
        return {(row[0], row[1]): _LEARNED.decode(row[2]) for row in self._reader.execute(query).all()}

    def put(self, transaction: Transaction, workspace: str, learned: Learned) -> None:
        """Stores a model's newest state."""
        document = msgspec.json.encode(learned)
        transaction.execute(_PUT, {"workspace": workspace, "model": learned.model, "document": document})


def joined(mine: bytes, other: bytes) -> bytes:
    """A person's part in an activity after another's became theirs: what either did is done."""
    seen, absorbed = _SEEN.decode(mine), _SEEN.decode(other)
    for offer, parts in absorbed.parts.items():
        own = seen.parts.setdefault(offer, {})
        for goal, part in parts.items():
            known = own.setdefault(goal, Part())
            known.visits = list(dict.fromkeys((*part.visits, *known.visits)))
            known.views = list(dict.fromkeys((*part.views, *known.views)))
    return msgspec.json.encode(seen)


def _sum(one: Tally, other: Tally) -> Tally:
    added = {name: getattr(one, name) + getattr(other, name) for name in _ADDED}
    return msgspec.structs.replace(one, **added, value=_added(one.value, other.value))


def _added(one: Decimal, other: Decimal) -> Decimal:
    total = _EXACTLY.add(one, other)
    return total if total.is_finite() else one
