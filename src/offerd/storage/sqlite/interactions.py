"""Interactions and fulfilments in SQLite."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, Row, bindparam, select, tuple_
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import IntegrityError

from offerd.model import codec, json
from offerd.model.instants import micros
from offerd.model.interaction import Fulfilment, Interaction
from offerd.storage.protocols import Transaction
from offerd.storage.protocols_runtime import Taken
from offerd.storage.sqlite.runtime_tables import fulfilments, interactions

_APPEND = insert(interactions)
_REPEATED = select(interactions.c.document, interactions.c.profile).where(
    interactions.c.workspace == bindparam("workspace"), interactions.c.dedupe == bindparam("dedupe")
)
_READ = select(interactions.c.document, interactions.c.profile).where(
    interactions.c.workspace == bindparam("workspace"), interactions.c.id == bindparam("id")
)
_FULFIL = insert(fulfilments)
_FULFIL = _FULFIL.on_conflict_do_update(
    index_elements=["workspace", "id"],
    set_={name: _FULFIL.excluded[name] for name in ("state", "deadline", "document")},
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
        *,
        profile: str | None,
        decision: str | None,
        type: str | None,  # noqa: A002 - the model's word
        before: tuple[int, str] | None,
        limit: int,
    ) -> list[Interaction]:
        """Interactions, the latest first, from the one before `before`."""
        own = interactions.c
        query = select(own.document, own.profile).where(own.workspace == workspace)
        for column, value in ((own.profile, profile), (own.decision, decision), (own.type, type)):
            if value is not None:
                query = query.where(column == value)
        if before is not None:
            query = query.where(tuple_(own.received, own.id) < tuple_(*before))
        query = query.order_by(own.received.desc(), own.id.desc()).limit(limit)
        return [_built(row[0], row[1]) for row in self._reader.execute(query).all()]

    def fulfil(self, transaction: Transaction, workspace: str, fulfilment: Fulfilment, profile: str | None) -> None:
        """Stores a fulfilment, new or changed."""
        row = {
            "workspace": workspace,
            "id": fulfilment.id,
            "interaction": fulfilment.interaction,
            "profile": profile,
            "state": fulfilment.state,
            "created": micros(fulfilment.created) if fulfilment.created else 0,
            "deadline": micros(fulfilment.deadline) if fulfilment.deadline else None,
            "document": codec.dumps(fulfilment),
        }
        transaction.execute(_FULFIL, row)

    def fulfilment(self, workspace: str, fulfilment: str) -> Fulfilment | None:
        """A fulfilment by its id."""
        own = fulfilments.c
        query = select(own.document).where(own.workspace == workspace, own.id == fulfilment)
        return _fulfilment(self._reader.execute(query).scalar())

    def fulfilment_of(self, workspace: str, interaction: str) -> Fulfilment | None:
        """The fulfilment that an interaction set going."""
        own = fulfilments.c
        query = select(own.document).where(own.workspace == workspace, own.interaction == interaction)
        return _fulfilment(self._reader.execute(query).scalar())


def _interaction(row: Row[bytes, str | None] | None) -> Interaction | None:
    return None if row is None else _built(row[0], row[1])


def _built(document: bytes, profile: str | None) -> Interaction:
    """An interaction; after two people became one, its document still names the one who did it."""
    made: Interaction = codec.build(Interaction, json.loads(document))
    return msgspec.structs.replace(made, profile=profile)


def _fulfilment(document: bytes | None) -> Fulfilment | None:
    return None if document is None else codec.build(Fulfilment, json.loads(document))
