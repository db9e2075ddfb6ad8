"""Decisions and kept propositions in SQLite."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, select, tuple_
from sqlalchemy.dialects.sqlite import insert

from offerd.model import json
from offerd.model.decision import Decision, Proposition
from offerd.model.instants import micros
from offerd.storage.protocols import Transaction
from offerd.storage.protocols_runtime import DecisionRow, OpenRow
from offerd.storage.sqlite.runtime_tables import decisions, propositions

_APPEND = insert(decisions)
_READ = select(decisions.c.document, decisions.c.profile, decisions.c.inputs).where(
    decisions.c.workspace == bindparam("workspace"), decisions.c.id == bindparam("id")
)
_STATES = select(propositions.c.id, propositions.c.state).where(
    propositions.c.workspace == bindparam("workspace"), propositions.c.decision == bindparam("id")
)
_STATE = select(propositions.c.state).where(
    propositions.c.workspace == bindparam("workspace"), propositions.c.id == bindparam("id")
)
_ONE = select(propositions.c.decision, propositions.c.profile, propositions.c.document, propositions.c.state).where(
    propositions.c.workspace == bindparam("workspace"), propositions.c.id == bindparam("id")
)
_KEEP = insert(propositions)
_CLOSE = insert(propositions)
_CLOSE = _CLOSE.on_conflict_do_update(index_elements=["workspace", "id"], set_={"state": _CLOSE.excluded.state})

_DECISION = msgspec.json.Decoder(Decision, float_hook=json.spelled)
_PROPOSITION = msgspec.json.Decoder(Proposition, float_hook=json.spelled)


class SqliteDecisionStore:
    """The decisions of one data folder.

    Args:
        reader: what reads.
    """

    def __init__(self, reader: Connection) -> None:
        self._reader = reader

    def append(self, transaction: Transaction, workspace: str, decision: Decision, inputs: bytes, at: int) -> None:
        """Stores a decision."""
        row = {
            "workspace": workspace,
            "id": decision.id,
            "profile": decision.profile,
            "at": at,
            "revision": decision.revision,
            "document": json.dumps(decision),
            "inputs": inputs,
        }
        transaction.execute(_APPEND, row)

    def read(self, workspace: str, decision: str) -> DecisionRow | None:
        """A decision, with the states of its propositions."""
        row = self._reader.execute(_READ, {"workspace": workspace, "id": decision}).first()
        if row is None:
            return None
        made = _decoded(row[0], row[1])
        states = self._reader.execute(_STATES, {"workspace": workspace, "id": decision}).all()
        ended: dict[str, str] = {row[0]: row[1] for row in states}
        for proposition in made.propositions:
            if proposition.kept and proposition.id not in ended:
                state = self._reader.execute(_STATE, {"workspace": workspace, "id": proposition.id}).scalar()
                ended |= {proposition.id: state} if state else {}
        return DecisionRow(_with_states(made, ended), row[2])

    def proposition(self, workspace: str, proposition: str) -> OpenRow | None:
        """A kept proposition."""
        row = self._reader.execute(_ONE, {"workspace": workspace, "id": proposition}).first()
        if row is None or row[2] is None:
            return None
        decision, profile, document, state = row
        return OpenRow(decision, profile, msgspec.structs.replace(_PROPOSITION.decode(document), state=state))

    def keep_open(self, transaction: Transaction, workspace: str, row: OpenRow) -> None:
        """Stores a proposition that its activity keeps."""
        own = row.proposition
        values = {
            "workspace": workspace,
            "id": own.id,
            "decision": row.decision,
            "profile": row.profile,
            "activity": own.activity,
            "placement": own.placement,
            "state": own.state,
            "created": micros(own.created) if own.created else 0,
            "document": json.dumps(own),
        }
        transaction.execute(_KEEP, values)

    def close(
        self,
        transaction: Transaction,
        workspace: str,
        proposition: str,
        state: str,
        *,
        decision: str,
        profile: str | None,
    ) -> None:
        """Ends a proposition, kept or not."""
        values: dict[str, Any] = {"workspace": workspace, "id": proposition, "decision": decision, "state": state}
        transaction.execute(_CLOSE, values | {"profile": profile, "created": 0})

    def find(
        self, workspace: str, *, profile: str | None, since: int | None, before: tuple[int, str] | None, limit: int
    ) -> list[Decision]:
        """Decisions, the latest first, from the one before `before`."""
        own = decisions.c
        query = select(own.document, own.profile).where(own.workspace == workspace)
        if profile is not None:
            query = query.where(own.profile == profile)
        if since is not None:
            query = query.where(own.at >= since)
        if before is not None:
            query = query.where(tuple_(own.at, own.id) < tuple_(*before))
        query = query.order_by(own.at.desc(), own.id.desc()).limit(limit)
        return [_decoded(*row) for row in self._reader.execute(query).all()]

    def walk(
        self, workspace: str, *, since: int | None, until: int | None, after: tuple[int, str] | None, limit: int
    ) -> list[Decision]:
        """Decisions, the oldest first, from the one after `after`; those made before `until`."""
        own = decisions.c
        query = select(own.document, own.profile).where(own.workspace == workspace)
        if since is not None:
            query = query.where(own.at >= since)
        if until is not None:
            query = query.where(own.at < until)
        if after is not None:
            query = query.where(tuple_(own.at, own.id) > tuple_(*after))
        query = query.order_by(own.at, own.id).limit(limit)
        return [_decoded(*row) for row in self._reader.execute(query).all()]

    def forget(self, transaction: Transaction, before: int, limit: int) -> int:
        """Removes decisions that were made before a moment; gives how many."""
        old = select(decisions.c.workspace, decisions.c.id).where(decisions.c.at < before).limit(limit)
        named = tuple_(decisions.c.workspace, decisions.c.id)
        return transaction.execute(delete(decisions).where(named.in_(old))).rowcount


def _with_states(decision: Decision, states: dict[str, str]) -> Decision:
    if not states:
        return decision
    made = [
        msgspec.structs.replace(one, state=states[one.id]) if one.id in states else one for one in decision.propositions
    ]
    return msgspec.structs.replace(decision, propositions=made)


def _decoded(document: bytes, profile: str | None) -> Decision:
    """A decision; after two people became one, its document still names the one it was made for."""
    made = _DECISION.decode(document)
    return made if made.profile == profile else msgspec.structs.replace(made, profile=profile)
