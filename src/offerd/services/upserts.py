"""Upserts: many profile documents at once, each laid over what is known of its person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from offerd.model import codec
from offerd.model.codec import Fault
from offerd.model.person import Identity, Profile
from offerd.services.catalogue.patch import merged
from offerd.services.clock import Clock, instant
from offerd.services.ids import uuid
from offerd.services.ledger import Ledger
from offerd.services.people import GENERATIONS, People
from offerd.services.turns import Turns
from offerd.services.who import all_in_turn
from offerd.storage.protocols import Transaction
from offerd.storage.protocols_runtime import LineFault, ProfileStore

#: Members that the server assigns; documents may carry them.
_ASSIGNED = ("version", "created", "modified")

#: Documents by the number of their line.
Documents = Sequence[tuple[int, Any]]


class Upserts:
    """Takes in profile documents.

    Attributes given are laid over those that are there; identities and memberships are added to those that are there.

    Args:
        store: where profiles are kept.
        clock: tells the time.
        people: those in memory.
        ledger: what is counted for them.
        turns: one after the other.
    """

    def __init__(self, store: ProfileStore, clock: Clock, *, people: People, ledger: Ledger, turns: Turns) -> None:
        self._store = store
        self._clock = clock
        self._people = people
        self._ledger = ledger
        self._turns = turns

    @asynccontextmanager
    async def batch(self, workspace: str, documents: Documents, *, create: bool = True) -> AsyncIterator[Batch]:
        """Judges documents while nothing else concerns their people.

        The caller commits `write` together with whatever says that it was done, then calls `settle`.

        Args:
            workspace: whose profiles.
            documents: by line.
            create: whether people who are unknown are made; else they are left out and counted.
        """
        given, faults = [], []
        for line, document in documents:
            built = _built(line, document)
            if isinstance(built, list):
                faults += built
            else:
                given.append((line, built))
        names = [identity for _, profile in given for identity in profile.identities]
        ids = {profile.id for _, profile in given if profile.id}
        async with all_in_turn(self._turns, self._people, workspace, names, ids):
            batch = Batch(self._store, self._people, self._ledger, workspace, self._clock.now())
            batch.creates = create
            batch.faults += faults
            for line, profile in given:
                batch.take(line, profile)
            yield batch


class Batch:
    """Documents on their way in.

    Attributes:
        faults: what is wrong, by line.
        created: how many profiles are new.
        changed: how many are changed.
        creates: whether people who are unknown are made.
        unknown: how many were not.
        taken: the documents that were laid over what is known; neither those with faults nor those left out.
    """

    def __init__(self, store: ProfileStore, people: People, ledger: Ledger, workspace: str, now: int) -> None:
        self._store = store
        self._people = people
        self._ledger = ledger
        self._workspace = workspace
        self._now = instant(now)
        self._after: dict[str, Profile] = {}
        self._names: dict[Identity, str] = {}
        self._new: set[str] = set()
        self.faults: list[LineFault] = []
        self.creates = True
        self.unknown = 0
        self.taken: list[Profile] = []

    @property
    def created(self) -> int:
        """How many profiles are new."""
        return len(self._new)

    @property
    def changed(self) -> int:
        """How many profiles are changed."""
        return len(self._after) - len(self._new)

    def take(self, line: int, given: Profile) -> None:
        """Lays a document over what is known, or notes what is wrong with it."""
        before = self._whose(given)
        if isinstance(before, Fault):
            self.faults.append(LineFault(line, before.pointer, before.message))
            return
        if before.version == 0 and not self.creates:
            self.unknown += 1
            return
        made = _laid_over(before, given, self._now)
        wrong = self._wrong_parent(made)
        if wrong is not None:
            self.faults.append(LineFault(line, wrong.pointer, wrong.message))
            return
        if before.version == 0:
            self._new.add(made.id)
        self.taken.append(given)
        self._after[made.id] = made
        self._names |= dict.fromkeys(made.identities, made.id)

    def write(self, transaction: Transaction) -> None:
        """Stores everybody; on the writer's thread."""
        for profile in self._after.values():
            self._store.put(transaction, self._workspace, profile)

    def settle(self) -> None:
        """Has memory follow what was committed."""
        self._people.forget(self._workspace, *self._after)
        for profile in self._new:
            self._ledger.fresh(self._workspace, profile)

    def _whose(self, given: Profile) -> Profile | Fault:
        """The profile that a document is about; a new one of version 0 where its identities are unknown."""
        found = {name for each in given.identities if (name := self._find(each)) is not None}
        if given.id:
            if self._get(given.id) is None:
                return Fault("/id", f"there is no profile {given.id}")
            found.add(given.id)
        if len(found) > 1:
            return Fault("/identities", "lead to several profiles; link those first")
        if found:
            known = self._get(found.pop())
            return known if known is not None else Fault("/identities", "lead to a profile that is gone")
        if not given.identities:
            return Fault("", "has neither an identity nor the id of a profile")
        return Profile(id=uuid(), created=self._now)

    def _find(self, identity: Identity) -> str | None:
        return self._names.get(identity) or self._people.find(self._workspace, identity)

    def _get(self, profile: str) -> Profile | None:
        if profile in self._after:
            return self._after[profile]
        known = self._people.get(self._workspace, profile)
        return known.profile if known is not None else None

    def _wrong_parent(self, profile: Profile) -> Fault | None:
        above, seen = profile.parent, {profile.id}
        while above is not None:
            if above in seen or len(seen) > GENERATIONS:
                return Fault("/parent", "a profile cannot be its own ancestor")
            seen.add(above)
            parent = self._get(above)
            if parent is None:
                return Fault("/parent", f"there is no profile {above}")
            above = parent.parent
        return None


def _built(line: int, document: Any) -> Profile | list[LineFault]:
    if not isinstance(document, Mapping):
        return [LineFault(line, "", "expected an object")]
    try:
        return codec.build(Profile, {key: value for key, value in document.items() if key not in _ASSIGNED})
    except codec.Invalid as error:
        return [LineFault(line, fault.pointer, fault.message) for fault in error.faults]


def _laid_over(before: Profile, given: Profile, now: Any) -> Profile:
    memberships = {each.audience: each for each in (*before.memberships, *given.memberships)}
    return msgspec.structs.replace(
        before,
        version=before.version + 1,
        identities=list(dict.fromkeys((*before.identities, *given.identities))),
        attributes={**before.attributes, **given.attributes},
        memberships=list(memberships.values()),
        parent=given.parent or before.parent,
        extensions=merged(before.extensions, given.extensions),
        unknown={**before.unknown, **given.unknown},
        modified=now,
    )
