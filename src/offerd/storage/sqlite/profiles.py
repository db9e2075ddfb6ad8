"""Profiles, identities, memberships and assignments in SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BindParameter, ColumnElement, Connection, Table, bindparam, delete, exists, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import IntegrityError

from offerd.model import codec, json
from offerd.model.decision import Proposition
from offerd.model.instants import instant, micros
from offerd.model.person import Assignment, Identity, Membership, Profile
from offerd.storage.protocols import Transaction
from offerd.storage.protocols_runtime import PersonState, Taken
from offerd.storage.sqlite import erasure
from offerd.storage.sqlite.runtime_tables import (
    assignments,
    decisions,
    identities,
    interactions,
    memberships,
    profiles,
    propositions,
)

_OWN: dict[str, BindParameter[str]] = {"workspace": bindparam("workspace"), "profile": bindparam("profile")}

_FIND = select(identities.c.profile).where(
    identities.c.workspace == bindparam("workspace"),
    identities.c.namespace == bindparam("namespace"),
    identities.c.name == bindparam("name"),
)
_READ = select(
    profiles.c.version, profiles.c.document, profiles.c.parent, profiles.c.created, profiles.c.modified
).where(profiles.c.workspace == _OWN["workspace"], profiles.c.id == _OWN["profile"])
_IDENTITIES = (
    select(identities.c.namespace, identities.c.name)
    .where(identities.c.workspace == _OWN["workspace"], identities.c.profile == _OWN["profile"])
    .order_by(identities.c.position)
)
_MEMBERSHIPS = (
    select(memberships.c.audience, memberships.c.since, memberships.c.until)
    .where(memberships.c.workspace == _OWN["workspace"], memberships.c.profile == _OWN["profile"])
    .order_by(memberships.c.audience)
)
_ASSIGNMENTS = select(assignments.c.document).where(
    assignments.c.workspace == _OWN["workspace"], assignments.c.profile == _OWN["profile"]
)
_OPEN = (
    select(propositions.c.document)
    .where(
        propositions.c.workspace == _OWN["workspace"],
        propositions.c.profile == _OWN["profile"],
        propositions.c.state == "open",
    )
    .order_by(propositions.c.created)
)
_EXISTS = select(profiles.c.version).where(profiles.c.workspace == _OWN["workspace"], profiles.c.id == _OWN["profile"])
_PUT = insert(profiles)
_PUT = _PUT.on_conflict_do_update(
    index_elements=["workspace", "id"],
    set_={name: _PUT.excluded[name] for name in ("version", "document", "parent", "modified")},
)
_NAME = insert(identities)
_VERSION = (
    update(profiles)
    .where(profiles.c.workspace == bindparam("ws"), profiles.c.id == bindparam("own"))
    .values(version=bindparam("next"), modified=bindparam("at"))
)
_JOIN = insert(memberships)
_JOIN = _JOIN.on_conflict_do_update(
    index_elements=["workspace", "profile", "audience"],
    set_={"since": _JOIN.excluded.since, "until": _JOIN.excluded.until},
)
_ASSIGN = insert(assignments)
_ASSIGN = _ASSIGN.on_conflict_do_update(
    index_elements=["workspace", "profile", "activity"], set_={"document": _ASSIGN.excluded.document}
)

_ASSIGNMENT = msgspec.json.Decoder(Assignment)
_PROPOSITION = msgspec.json.Decoder(Proposition, float_hook=json.spelled)

#: What a profile's document leaves to columns and other tables.
_ELSEWHERE = ("id", "version", "identities", "memberships", "parent", "created", "modified")


class SqliteProfileStore:
    """The profiles of one data folder.

    Args:
        reader: what reads.
    """

    def __init__(self, reader: Connection) -> None:
        self._reader = reader

    def find(self, workspace: str, identity: Identity) -> str | None:
        """The id of the profile with this identity."""
        values = {"workspace": workspace, "namespace": identity.namespace, "name": identity.id}
        return self._reader.execute(_FIND, values).scalar()

    def read(self, workspace: str, profile: str) -> Profile | None:
        """A profile, whole."""
        own = {"workspace": workspace, "profile": profile}
        row = self._reader.execute(_READ, own).first()
        if row is None:
            return None
        version, document, parent, created, modified = row
        names = [Identity(namespace=space, id=name) for space, name in self._reader.execute(_IDENTITIES, own).all()]
        lists = [
            Membership(audience=audience, since=_instant(since), until=_instant(until))
            for audience, since, until in self._reader.execute(_MEMBERSHIPS, own).all()
        ]
        made: Profile = codec.build(Profile, json.loads(document))
        return msgspec.structs.replace(
            made,
            id=profile,
            version=version,
            identities=names,
            memberships=lists,
            parent=parent,
            created=instant(created),
            modified=instant(modified),
        )

    def state(self, workspace: str, profile: str) -> PersonState:
        """What activities remember of a profile."""
        own = {"workspace": workspace, "profile": profile}
        return PersonState(
            [
                # After two people became one, the document still names the one it was written for.
                msgspec.structs.replace(_ASSIGNMENT.decode(row), profile=profile)
                for row in self._reader.execute(_ASSIGNMENTS, own).scalars()
            ],
            [_PROPOSITION.decode(row) for row in self._reader.execute(_OPEN, own).scalars()],
        )

    def list(
        self, workspace: str, *, after: str, limit: int, audience: str | None = None, parent: str | None = None
    ) -> Sequence[str]:
        """Ids of profiles in their order, from the first after `after`."""
        query = select(profiles.c.id).where(profiles.c.workspace == workspace, profiles.c.id > after)
        if parent is not None:
            query = query.where(profiles.c.parent == parent)
        if audience is not None:
            inside = select(memberships.c.profile).where(
                memberships.c.workspace == workspace, memberships.c.audience == audience
            )
            query = query.where(profiles.c.id.in_(inside))
        return self._reader.execute(query.order_by(profiles.c.id).limit(limit)).scalars().all()

    def count(self, workspace: str) -> int:
        """How many profiles there are."""
        query = select(func.count()).select_from(profiles).where(profiles.c.workspace == workspace)
        return self._reader.execute(query).scalar_one()

    def members(self, workspace: str, audience: str) -> int:
        """How many profiles are in an imported audience."""
        own = (memberships.c.workspace == workspace, memberships.c.audience == audience)
        return self._reader.execute(select(func.count()).select_from(memberships).where(*own)).scalar_one()

    def exists(self, transaction: Transaction, workspace: str, profile: str) -> bool:
        """Whether there is such a profile."""
        return transaction.execute(_EXISTS, {"workspace": workspace, "profile": profile}).first() is not None

    def put(self, transaction: Transaction, workspace: str, profile: Profile) -> None:
        """Stores a profile whole, new or changed; raises `Taken` where an identity is another's."""
        transaction.execute(_PUT, _columns(workspace, profile))
        for table in (identities, memberships):
            own = (table.c.workspace == workspace, table.c.profile == profile.id)
            transaction.execute(delete(table).where(*own))
        self._name(transaction, workspace, profile.id, profile.identities, 0)
        for membership in profile.memberships:
            self.join(transaction, workspace, profile.id, membership)

    def add_identities(
        self, transaction: Transaction, workspace: str, profile: Profile, new: Sequence[Identity]
    ) -> None:
        """Stores a profile's new identities, with its new version; raises `Taken` where one is another's."""
        at = micros(profile.modified) if profile.modified else 0
        transaction.execute(_VERSION, {"ws": workspace, "own": profile.id, "next": profile.version, "at": at})
        self._name(transaction, workspace, profile.id, new, len(profile.identities) - len(new))

    def join(self, transaction: Transaction, workspace: str, profile: str, membership: Membership) -> None:
        """Puts a profile into an imported audience."""
        times = {"since": _micros(membership.since), "until": _micros(membership.until)}
        transaction.execute(
            _JOIN, {"workspace": workspace, "profile": profile, "audience": membership.audience, **times}
        )

    def leave(self, transaction: Transaction, workspace: str, profile: str, audience: str) -> None:
        """Takes a profile out of an imported audience."""
        own = (memberships.c.workspace == workspace, memberships.c.profile == profile)
        transaction.execute(delete(memberships).where(*own, memberships.c.audience == audience))

    def touch(self, transaction: Transaction, workspace: str, profile: str, now: int) -> None:
        """Gives a profile its next version."""
        own = (profiles.c.workspace == workspace, profiles.c.id == profile)
        transaction.execute(update(profiles).where(*own).values(version=profiles.c.version + 1, modified=now))

    def assign(self, transaction: Transaction, workspace: str, assignment: Assignment) -> None:
        """Stores an assignment, new or changed."""
        values = {"profile": assignment.profile, "activity": assignment.activity}
        transaction.execute(_ASSIGN, {"workspace": workspace, "document": json.dumps(assignment), **values})

    def unassign(self, transaction: Transaction, workspace: str, profile: str, activity: str) -> None:
        """Forgets an assignment."""
        own = (assignments.c.workspace == workspace, assignments.c.profile == profile)
        transaction.execute(delete(assignments).where(*own, assignments.c.activity == activity))

    def erase(self, transaction: Transaction, workspace: str, profile: str) -> None:
        """Removes everything of a person's."""
        erasure.erase(transaction, workspace, profile)

    def merge(self, transaction: Transaction, workspace: str, survivor: str, absorbed: str) -> None:
        """Makes everything of one person another's, except the profile itself, whose row is removed."""
        erasure.merge(transaction, workspace, survivor, absorbed)

    def idle(
        self, workspace: str, among: Sequence[str], namespaces: Sequence[str], before: int
    ) -> Sequence[str]:
        """Of some profiles, those with a name in the first namespace, none in others, and no sign since a moment."""

        def has(table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
            own = (table.c.workspace == profiles.c.workspace, table.c.profile == profiles.c.id)
            return exists().where(*own, *conditions)

        query = select(profiles.c.id).where(
            profiles.c.workspace == workspace,
            profiles.c.id.in_(among),
            profiles.c.modified < before,
            has(identities, identities.c.namespace == namespaces[0]),
            ~has(identities, identities.c.namespace.not_in(namespaces)),
            ~has(decisions, decisions.c.at >= before),
            ~has(interactions, interactions.c.received >= before),
        )
        return self._reader.execute(query).scalars().all()

    def lapse(self, transaction: Transaction, workspace: str, profile: str) -> None:
        """Removes a profile and what is kept for it; what it was given and did stays."""
        erasure.lapse(transaction, workspace, profile)

    @staticmethod
    def _name(transaction: Transaction, workspace: str, profile: str, names: Sequence[Identity], first: int) -> None:
        if not names:
            return
        rows = [
            {
                "workspace": workspace,
                "namespace": identity.namespace,
                "name": identity.id,
                "profile": profile,
                "position": first + index,
            }
            for index, identity in enumerate(names)
        ]
        try:
            transaction.execute(_NAME, rows)
        except IntegrityError as error:
            raise Taken("an identity is another profile's") from error


def _columns(workspace: str, profile: Profile) -> dict[str, Any]:
    document = {key: value for key, value in codec.tree(profile).items() if key not in _ELSEWHERE}
    return {
        "workspace": workspace,
        "id": profile.id,
        "version": profile.version,
        "document": json.dumps(document),
        "parent": profile.parent,
        "created": _micros(profile.created) or 0,
        "modified": _micros(profile.modified) or 0,
    }


def _instant(at: int | None) -> datetime | None:
    return None if at is None else instant(at)


def _micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)
