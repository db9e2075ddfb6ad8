"""Fulfilments and what they send, in SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, or_, select, tuple_, update

from offerd.model import codec, json
from offerd.model.instants import micros
from offerd.model.interaction import Fulfilment
from offerd.storage.protocols import Transaction
from offerd.storage.protocols_fulfilment import Delivery, FulfilmentQuery
from offerd.storage.sqlite.runtime_tables import deliveries, fulfilments

_DELIVERY = msgspec.json.Decoder(Delivery)


class SqliteFulfilmentStore:
    """The fulfilments of one data folder.

    Args:
        reader: what reads.
    """

    def __init__(self, reader: Connection) -> None:
        self._reader = reader

    def add(self, transaction: Transaction, workspace: str, fulfilment: Fulfilment) -> None:
        """Stores a new fulfilment, for the profile that it names."""
        row = {
            "workspace": workspace,
            "id": fulfilment.id,
            "interaction": fulfilment.interaction,
            "profile": fulfilment.profile,
            "created": micros(fulfilment.created) if fulfilment.created else 0,
            "kind": fulfilment.kind,
            "offer": fulfilment.offer,
            "proposition": fulfilment.proposition,
            **_changing(fulfilment),
        }
        transaction.execute(insert(fulfilments), row)

    def change(self, transaction: Transaction, workspace: str, fulfilment: Fulfilment) -> bool:
        """Stores a fulfilment anew where it is still there and in progress; gives whether it was."""
        own = fulfilments.c
        rows = and_(own.workspace == workspace, own.id == fulfilment.id, own.state == "in_progress")
        return transaction.execute(update(fulfilments).where(rows).values(**_changing(fulfilment))).rowcount > 0

    def read(self, workspace: str, fulfilment: str) -> Fulfilment | None:
        """A fulfilment by its id."""
        return self._first(_ALL.where(fulfilments.c.workspace == workspace, fulfilments.c.id == fulfilment))

    def of(self, workspace: str, interaction: str) -> Fulfilment | None:
        """The fulfilment that an interaction set going."""
        own = fulfilments.c
        return self._first(_ALL.where(own.workspace == workspace, own.interaction == interaction))

    def find(
        self, workspace: str, query: FulfilmentQuery, *, before: tuple[int, str] | None, limit: int
    ) -> list[Fulfilment]:
        """Fulfilments, the latest first, from the one before `before`."""
        own = fulfilments.c
        wanted = _ALL.where(own.workspace == workspace)
        for column, value in (
            (own.kind, query.kind),
            (own.profile, query.profile),
            (own.offer, query.offer),
            (own.proposition, query.proposition),
        ):
            if value is not None:
                wanted = wanted.where(column == value)
        if query.since is not None:
            wanted = wanted.where(own.created >= query.since)
        if query.state is not None:
            wanted = wanted.where(_in_state(query.state, query.now))
        if before is not None:
            wanted = wanted.where(tuple_(own.created, own.id) < tuple_(*before))
        wanted = wanted.order_by(own.created.desc(), own.id.desc()).limit(limit)
        return [_built(*row) for row in self._reader.execute(wanted).all()]

    def overdue(self, now: int, limit: int) -> Sequence[tuple[str, str]]:
        """Workspaces and ids of what is in progress past its deadline, the longest first."""
        own = fulfilments.c
        query = (
            select(own.workspace, own.id)
            .where(own.state == "in_progress", own.deadline <= now)
            .order_by(own.deadline)
            .limit(limit)
        )
        return [(workspace, name) for workspace, name in self._reader.execute(query).all()]

    def states(self) -> dict[str, int]:
        """How many fulfilments there are in each state, of all workspaces."""
        own = fulfilments.c
        query = select(own.state, func.count()).group_by(own.state)
        return {state: count for state, count in self._reader.execute(query).all()}  # noqa: C416 - rows are no pairs

    def _first(self, query: Select[Any]) -> Fulfilment | None:
        row = self._reader.execute(query).first()
        return None if row is None else _built(*row)


class SqliteDeliveryStore:
    """The deliveries of one data folder.

    Args:
        reader: what reads.
    """

    def __init__(self, reader: Connection) -> None:
        self._reader = reader

    def add(self, transaction: Transaction, delivery: Delivery) -> None:
        """Stores a new delivery."""
        row = {"workspace": delivery.workspace, "id": delivery.id, "profile": delivery.profile}
        kept = {"state": delivery.state, "created": delivery.created, "document": json.dumps(delivery)}
        transaction.execute(insert(deliveries), {**row, **kept})

    def change(self, transaction: Transaction, delivery: Delivery, *, was: str) -> bool:
        """Stores a delivery anew where it is still there, in the state that it was; gives whether it was."""
        own = deliveries.c
        rows = and_(own.workspace == delivery.workspace, own.id == delivery.id, own.state == was)
        changed = {"state": delivery.state, "document": json.dumps(delivery)}
        return transaction.execute(update(deliveries).where(rows).values(**changed)).rowcount > 0

    def read(self, workspace: str, delivery: str) -> Delivery | None:
        """A delivery by its id."""
        own = deliveries.c
        query = select(own.document, own.profile).where(own.workspace == workspace, own.id == delivery)
        row = self._reader.execute(query).first()
        return None if row is None else _delivery(*row)

    def find(
        self,
        workspace: str,
        *,
        state: str | None,
        profile: str | None,
        before: tuple[int, str] | None,
        limit: int,
    ) -> list[Delivery]:
        """Deliveries, the latest first, from the one before `before`."""
        own = deliveries.c
        query = select(own.document, own.profile).where(own.workspace == workspace)
        for column, value in ((own.state, state), (own.profile, profile)):
            if value is not None:
                query = query.where(column == value)
        if before is not None:
            query = query.where(tuple_(own.created, own.id) < tuple_(*before))
        query = query.order_by(own.created.desc(), own.id.desc()).limit(limit)
        return [_delivery(*row) for row in self._reader.execute(query).all()]


_ALL = select(fulfilments.c.document, fulfilments.c.profile)


def _changing(fulfilment: Fulfilment) -> dict[str, Any]:
    return {
        "state": fulfilment.state,
        "deadline": micros(fulfilment.deadline) if fulfilment.deadline else None,
        "document": codec.dumps(fulfilment),
    }


def _in_state(state: str, now: int) -> ColumnElement[bool]:
    """Whether a fulfilment is in a state now: one that is late has failed before anybody notes it."""
    own = fulfilments.c
    late = and_(own.state == "in_progress", own.deadline <= now)
    if state == "in_progress":
        return and_(own.state == "in_progress", or_(own.deadline.is_(None), own.deadline > now))
    return or_(own.state == state, late) if state == "failed" else own.state == state


def _built(document: bytes, profile: str | None) -> Fulfilment:
    """A fulfilment; after two people became one, its document still names the one who accepted."""
    # Documents that were written before these were required leave them out where they are the usual.
    made: Fulfilment = codec.build(Fulfilment, {"kind": "none", "state": "in_progress", **json.loads(document)})
    return msgspec.structs.replace(made, profile=profile)


def _delivery(document: bytes, profile: str | None) -> Delivery:
    return msgspec.structs.replace(_DELIVERY.decode(document), profile=profile)
