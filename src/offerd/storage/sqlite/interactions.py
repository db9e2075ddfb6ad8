"""Interactions in SQLite."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, Row, bindparam, select, tuple_
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import IntegrityError

from offerd.model import codec, json
from offerd.model.instants import micros
from offerd.model.interaction import Interaction
from offerd.storage.protocols import Transaction
from offerd.storage.protocols_runtime import InteractionQuery, Taken
from offerd.storage.sqlite.runtime_tables import interactions

_APPEND = insert(interactions)
_REPEATED = select(interactions.c.document, interactions.c.profile).where(
    interactions.c.workspace == bindparam("workspace"), interactions.c.dedupe == bindparam("dedupe")
)
_READ = select(interactions.c.document, interactions.c.profile).where(
    interactions.c.workspace == bindparam("workspace"), interactions.c.id == bindparam("id")
)


class SqliteInteractionStore:
    """The interactions of one data folder.

    Args:
        reader: what reads.
    """

    def __init__(self, reader: Connection) -> None:
        self._reader = reader

    def repeated(self, workspace: str, dedupe: str) -> Interaction | None:
        """The interaction that this one repeats."""
        return _interaction(self._reader.execute(_REPEATED, {"workspace": workspace, "dedupe": dedupe}).first())

    def append(self, transaction: Transaction, workspace: str, interaction: Interaction, dedupe: str | None) -> None:
        """Stores an interaction; raises `Taken` where it repeats another."""
        row = {
            "workspace": workspace,
            "id": interaction.id,
            "dedupe": dedupe,
            "type": interaction.type,
            "profile": interaction.profile,
            "decision": interaction.decision,
            "proposition": interaction.proposition,
            "offer": interaction.offer,
            "activity": interaction.activity,
            "received": micros(interaction.received) if interaction.received else 0,
            "document": codec.dumps(interaction),
        }
        try:
            transaction.execute(_APPEND, row)
        except IntegrityError as error:
            raise Taken("the interaction repeats another") from error

    def read(self, workspace: str, interaction: str) -> Interaction | None:
        """An interaction."""
        return _interaction(self._reader.execute(_READ, {"workspace": workspace, "id": interaction}).first())

    def find(
        self,
        workspace: str,
        query: InteractionQuery,
        *,
        before: tuple[int, str] | None,
        limit: int,
    ) -> list[Interaction]:
        """Interactions, the latest first, from the one before `before`."""
        own = interactions.c
        wanted = select(own.document, own.profile).where(own.workspace == workspace)
        for name in ("profile", "decision", "proposition", "offer", "activity"):
            value = getattr(query, name)
            if value is not None:
                wanted = wanted.where(own[name] == value)
        if query.types:
            wanted = wanted.where(own.type.in_(query.types))
        if query.since is not None:
            wanted = wanted.where(own.received >= query.since)
        if query.until is not None:
            wanted = wanted.where(own.received < query.until)
        if before is not None:
            wanted = wanted.where(tuple_(own.received, own.id) < tuple_(*before))
        wanted = wanted.order_by(own.received.desc(), own.id.desc()).limit(limit)
        return [_built(row[0], row[1]) for row in self._reader.execute(wanted).all()]


def _interaction(row: Row[bytes, str | None] | None) -> Interaction | None:
    return None if row is None else _built(row[0], row[1])


def _built(document: bytes, profile: str | None) -> Interaction:
    """An interaction; after two people became one, its document still names the one who did it."""
    made: Interaction = codec.build(Interaction, json.loads(document))
    return msgspec.structs.replace(made, profile=profile)
