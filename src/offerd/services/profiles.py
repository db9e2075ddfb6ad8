"""Profiles: what is known of people, who is who, and what of theirs is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from offerd.model import codec
from offerd.model.codec import Fault
from offerd.model.person import Assignment, Identity, Membership, Profile
from offerd.services.catalogue.patch import merged, patched
from offerd.services.clock import Clock, instant
from offerd.services.errors import InvalidDocument, NotFound, Stale, Unprocessable
from offerd.services.finishing import finish
from offerd.services.ids import uuid
from offerd.services.ledger import Ledger
from offerd.services.people import GENERATIONS, Known, People
from offerd.services.turns import Turns
from offerd.storage.protocols import Keep, Transaction, Writer
from offerd.storage.protocols_runtime import ProfileStore, Taken

T = TypeVar("T")

_KIND = "profiles"

#: Profiles that are looked at together.
_PIECE = 500

#: Members that the server assigns; a write that carries them does not change them.
ASSIGNED = ("id", "version", "created", "modified")


class ProfilePage(msgspec.Struct, frozen=True):
    """Some of the profiles.

    Attributes:
        profiles: by id.
        cursor: where the next page begins; None after the last.
        total: how many profiles there are, where nothing was filtered.
    """

    profiles: list[Profile]
    cursor: str | None
    total: int | None


class _Wish(msgspec.Struct, frozen=True):
    """What a write asks beside its document: see `ProfileService.put`."""

    if_version: int | None
    create: bool | None
    keep: Keep | None


class ProfileService:
    """The profiles of all workspaces.

    Args:
        store: where they are kept.
        writer: what commits.
        clock: tells the time.
        people: those in memory.
        ledger: what is counted for them.
        turns: one after the other.
    """

    def __init__(
        self, store: ProfileStore, writer: Writer, clock: Clock, *, people: People, ledger: Ledger, turns: Turns
    ) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._people = people
        self._ledger = ledger
        self._turns = turns
        self._leaving: list[Callable[[str, str], None]] = []

    def leaving(self, work: Callable[[str, str], None]) -> None:
        """Has `work` called with workspace and id before a person is erased, for what is kept outside the storage."""
        self._leaving.append(work)

    def resolve(self, workspace: str, key: str) -> str:
        """The id of a profile that is named by its id, or as `namespace:id`.

        Raises:
            NotFound: there is none.
        """
        if self._people.get(workspace, key) is not None:
            return key
        identity = identity_of(key)
        found = self._people.find(workspace, identity) if identity is not None else None
        if found is None:
            raise NotFound(_KIND, key)
        return found

    def get(self, workspace: str, key: str) -> Profile:
        """A profile, by its id or as `namespace:id`.

        Raises:
            NotFound: there is none.
        """
        return self._known(workspace, key).profile

    def find_identity(self, workspace: str, identity: Identity) -> Profile | None:
        """The profile with an identity."""
        found = self._people.find(workspace, identity)
        known = self._people.get(workspace, found) if found is not None else None
        return known.profile if known is not None else None

    def list(
        self,
        workspace: str,
        *,
        limit: int = 100,
        cursor: str | None = None,
        audience: str | None = None,
        parent: str | None = None,
    ) -> ProfilePage:
        """Profiles by id, of an imported audience or of a parent where one is named."""
        ids = self._store.list(workspace, after=cursor or "", limit=limit + 1, audience=audience, parent=parent)
        found = [read for each in ids[:limit] if (read := self._store.read(workspace, each)) is not None]
        total = self._store.count(workspace) if audience is None and parent is None else None
        return ProfilePage(found, ids[limit - 1] if len(ids) > limit else None, total)

    async def put(
        self,
        workspace: str,
        key: str | None,
        document: Mapping[str, Any],
        *,
        if_version: int | None = None,
        create: bool | None = None,
        keep: Keep | None = None,
    ) -> Profile:
        """Stores a profile: its attributes and parent as given, its identities and memberships where they are given.

        Args:
            workspace: whose profiles.
            key: the profile's id, or one of its identities as `namespace:id`, which makes it where there is none.
                None makes a new one, or changes the one that has the document's first known identity.
            document: a Profile's members as plain values.
            if_version: only at this version.
            create: True: only where there is none; False: only where there is one.
            keep: stores the answer with it.

        Raises:
            NotFound, Stale, InvalidDocument, Unprocessable: as their names say; nothing was stored.
        """
        given = _built(document)
        names, wish = _names(key, given), _Wish(if_version, create, keep)
        return await finish(
            self._in_turn(workspace, key, names, lambda: self._put(workspace, key, names, document, wish))
        )

    async def patch(
        self, workspace: str, key: str, patch: Any, *, if_version: int | None = None, keep: Keep | None = None
    ) -> Profile:
        """Changes a profile by a JSON Patch (a list) or a merge patch (an object).

        Raises:
            NotFound, Stale, InvalidDocument, Unprocessable: as their names say; nothing was stored.
        """
        profile = self.resolve(workspace, key)

        async def work() -> Profile:
            known = self._at_version(workspace, profile, if_version)
            before = {"identities": [], "attributes": {}, "memberships": [], **codec.tree(known.profile)}
            after = patched(before, patch) if isinstance(patch, list) else merged(before, patch)
            return await self._store_one(workspace, known.profile, _built(after), keep)

        return await finish(self._in_turn(workspace, profile, (), work))

    async def learn(
        self,
        workspace: str,
        identities: Sequence[Identity],
        attributes: Mapping[str, Any],
        *,
        create: bool = True,
        extensions: Mapping[str, Any] | None = None,
    ) -> Profile:
        """Lays attributes over what is known of the person whom identities lead to.

        Identities that lead to nobody become the person's; those of others are left to them.

        Args:
            workspace: whose profiles.
            identities: names of the person; the first that is known counts.
            attributes: by name; the others stay.
            create: whether to make a profile where there is none.
            extensions: what wire formats keep, laid over what they kept.

        Raises:
            NotFound: there is none, and none is to be made.
        """

        async def work() -> Profile:
            known = self._at(workspace, None, identities)
            if known is None and not create:
                raise NotFound(_KIND, "".join(f"{each.namespace}:{each.id}" for each in identities[:1]))
            before = known.profile if known is not None else Profile(id=uuid(), created=instant(self._clock.now()))
            free = [each for each in identities if self._people.find(workspace, each) is None]
            given = msgspec.structs.replace(
                before,
                identities=[*before.identities, *free],
                attributes={**before.attributes, **attributes},
                extensions=merged(before.extensions, extensions or {}),
            )
            return await self._store_one(workspace, before, given, None)

        return await finish(self._in_turn(workspace, None, identities, work))

    async def lapse(self, workspace: str, namespaces: Sequence[str], before: int) -> int:
        """Forgets people who gave no sign since a moment and have no names but passing ones; gives how many.

        Their attributes, names and assignments go; what they were given and did stays, and is nobody's.

        Args:
            workspace: whose profiles.
            namespaces: of passing names; the first is one that all of these people have.
            before: in microseconds.
        """
        lapsed, after = 0, ""
        while page := self._store.list(workspace, after=after, limit=_PIECE):
            after = page[-1]
            for profile in self._store.idle(workspace, page, namespaces, before):
                lapsed += await finish(self._lapse(workspace, profile, namespaces, before))
            await asyncio.sleep(0)
        return lapsed

    async def _lapse(self, workspace: str, profile: str, namespaces: Sequence[str], before: int) -> bool:
        async with self._turns.of((workspace, profile)):
            if not self._store.idle(workspace, [profile], namespaces, before):
                return False
            await self._writer.submit(lambda transaction: self._store.lapse(transaction, workspace, profile))
            self._people.forget_family(workspace, profile)
            self._ledger.forget(workspace, profile)
            return True

    async def erase(self, workspace: str, key: str, *, if_version: int | None = None, keep: Keep | None = None) -> str:
        """Removes everything of a person's; counts of everyone stay. Gives the id that it had.

        Raises:
            NotFound, Stale: as their names say; nothing was removed.
        """
        profile = self.resolve(workspace, key)

        async def work() -> str:
            self._at_version(workspace, profile, if_version)
            for leave in self._leaving:
                leave(workspace, profile)

            def write(transaction: Transaction) -> None:
                self._store.erase(transaction, workspace, profile)
                if keep is not None:
                    keep(transaction, profile)

            await self._writer.submit(write)
            self._people.forget_family(workspace, profile)
            self._ledger.forget(workspace, profile)
            return profile

        return await finish(self._in_turn(workspace, profile, (), work))

    async def link(self, workspace: str, survivor: str, absorbed: str, *, keep: Keep | None = None) -> Profile:
        """Makes two profiles one: counts add, what the survivor has wins, everything else moves to it.

        Raises:
            NotFound: one of them is not there.
            Unprocessable: they are one already, or one is the other's parent.
        """
        first, second = self.resolve(workspace, survivor), self.resolve(workspace, absorbed)
        if first == second:
            raise Unprocessable("Both are the same profile already", "/absorbed")

        async def work() -> Profile:
            async with self._turns.of(*sorted(((workspace, first), (workspace, second)))):
                return await self._link(workspace, first, second, keep)

        return await finish(work())

    def assignments(self, workspace: str, key: str) -> Sequence[Assignment]:
        """What activities remember of a profile, by activity.

        Raises:
            NotFound: there is no such profile.
        """
        kept = self._known(workspace, key).assignments
        return [kept[activity] for activity in sorted(kept)]

    async def forget_assignment(self, workspace: str, key: str, activity: str, *, keep: Keep | None = None) -> None:
        """Forgets what an activity chose for a profile, which enters anew at the next ask.

        Raises:
            NotFound: there is no such profile, or no such assignment.
        """
        profile = self.resolve(workspace, key)

        async def work() -> None:
            if activity not in self._known(workspace, profile).assignments:
                raise NotFound("assignments", activity)

            def write(transaction: Transaction) -> None:
                self._store.unassign(transaction, workspace, profile, activity)
                if keep is not None:
                    keep(transaction, None)

            await self._writer.submit(write)
            self._people.forget(workspace, profile)

        await finish(self._in_turn(workspace, profile, (), work))

    async def _put(
        self, workspace: str, key: str | None, names: Sequence[Identity], document: Mapping[str, Any], wish: _Wish
    ) -> Profile:
        known = self._at(workspace, key, names)
        given = _built(document)
        if known is None:
            return await self._create(workspace, key, names, given, wish)
        if wish.create is True:
            raise Stale(_KIND, known.profile.id, known.profile.version)
        self._at_version(workspace, known.profile.id, wish.if_version)
        identities = given.identities if "identities" in document else known.profile.identities
        made = msgspec.structs.replace(
            given,
            # The name that it was addressed by stays one of its names.
            identities=[*identities, *names[:1]] if key and key != known.profile.id else identities,
            memberships=given.memberships if "memberships" in document else known.profile.memberships,
        )
        return await self._store_one(workspace, known.profile, made, wish.keep)

    async def _create(
        self, workspace: str, key: str | None, names: Sequence[Identity], given: Profile, wish: _Wish
    ) -> Profile:
        if wish.create is False or wish.if_version is not None or (key is not None and identity_of(key) is None):
            raise NotFound(_KIND, key or "")
        fresh = Profile(id=uuid(), created=instant(self._clock.now()))
        made = msgspec.structs.replace(given, identities=[*names, *given.identities])
        return await self._store_one(workspace, fresh, made, wish.keep)

    async def _store_one(self, workspace: str, before: Profile, given: Profile, keep: Keep | None) -> Profile:
        """Stores what a profile is to be; what the server assigns is the earlier one's."""
        made = msgspec.structs.replace(
            given,
            id=before.id,
            version=before.version + 1,
            identities=list(dict.fromkeys(given.identities)),
            memberships=_by_audience(given.memberships),
            created=before.created,
            modified=instant(self._clock.now()),
        )
        self._check_parent(workspace, made)

        def write(transaction: Transaction) -> None:
            self._store.put(transaction, workspace, made)
            if keep is not None:
                keep(transaction, made)

        try:
            await self._writer.submit(write)
        except Taken:
            raise InvalidDocument(list(self._taken(workspace, made))) from None
        self._people.forget(workspace, made.id)
        if before.version == 0:
            self._ledger.fresh(workspace, made.id)
        return made

    def _taken(self, workspace: str, profile: Profile) -> Iterable[Fault]:
        for index, identity in enumerate(profile.identities):
            owner = self._store.find(workspace, identity)
            if owner is not None and owner != profile.id:
                yield Fault(f"/identities/{index}", f"is an identity of the profile {owner}; link the two instead")

    def _check_parent(self, workspace: str, profile: Profile) -> None:
        above, seen = profile.parent, {profile.id}
        while above is not None:
            if above in seen:
                raise InvalidDocument([Fault("/parent", "a profile cannot be its own ancestor")])
            if len(seen) > GENERATIONS:
                raise InvalidDocument([Fault("/parent", f"more than {GENERATIONS} generations")])
            seen.add(above)
            known = self._people.get(workspace, above)
            if known is None:
                raise InvalidDocument([Fault("/parent", f"there is no profile {above}")])
            above = known.profile.parent

    async def _link(self, workspace: str, survivor: str, absorbed: str, keep: Keep | None) -> Profile:
        first, second = self._known(workspace, survivor).profile, self._known(workspace, absorbed).profile
        parent = first.parent or second.parent
        made = msgspec.structs.replace(
            first,
            version=first.version + 1,
            identities=list(dict.fromkeys((*first.identities, *second.identities))),
            attributes={**second.attributes, **first.attributes},
            memberships=_by_audience([*second.memberships, *first.memberships]),
            parent=parent,
            modified=instant(self._clock.now()),
            extensions={**second.extensions, **first.extensions},
            unknown={**second.unknown, **first.unknown},
        )
        if absorbed in {first.parent} or survivor in {second.parent}:
            raise Unprocessable("One of them is the other's parent", "/absorbed")
        self._check_parent(workspace, made)

        def write(transaction: Transaction) -> None:
            self._store.merge(transaction, workspace, survivor, absorbed)
            self._store.put(transaction, workspace, made)
            if keep is not None:
                keep(transaction, made)

        await self._writer.submit(write)
        self._people.forget_family(workspace, survivor, absorbed)
        self._ledger.moved(workspace, survivor, absorbed)
        return made

    async def _in_turn(
        self, workspace: str, key: str | None, names: Sequence[Identity], work: Callable[[], Awaitable[T]]
    ) -> T:
        """Runs `work` when nothing else concerns these names or the profile they lead to."""
        async with self._turns.of(*((workspace, each.namespace, each.id) for each in names)):
            while (known := self._at(workspace, key, names)) is not None:
                async with self._turns.of((workspace, known.profile.id)):
                    # While this waited, the profile may have become another's part, or nobody's.
                    now = self._at(workspace, key, names)
                    if now is not None and now.profile.id == known.profile.id:
                        return await work()
            return await work()

    def _at(self, workspace: str, key: str | None, names: Sequence[Identity]) -> Known | None:
        """The profile that a key, else the first known name, leads to."""
        if key is not None and (known := self._people.get(workspace, key)) is not None:
            return known
        for each in names:
            found = self._people.find(workspace, each)
            if found is not None and (known := self._people.get(workspace, found)) is not None:
                return known
        return None

    def _known(self, workspace: str, key: str) -> Known:
        known = self._people.get(workspace, self.resolve(workspace, key))
        if known is None:
            raise NotFound(_KIND, key)
        return known

    def _at_version(self, workspace: str, profile: str, version: int | None) -> Known:
        known = self._known(workspace, profile)
        if version is not None and known.profile.version != version:
            raise Stale(_KIND, profile, known.profile.version)
        return known


def identity_of(key: str) -> Identity | None:
    """The identity that `namespace:id` names; None where it names none."""
    namespace, colon, name = key.partition(":")
    if not colon or not namespace or not name:
        return None
    try:
        return msgspec.convert({"namespace": namespace, "id": name}, Identity)
    except msgspec.ValidationError:
        return None


def _by_audience(memberships: Sequence[Membership]) -> list[Membership]:
    """One membership of each audience, the last that is given, in the order in which they are stored."""
    last = {each.audience: each for each in memberships}
    return [last[audience] for audience in sorted(last)]


def _names(key: str | None, given: Profile) -> list[Identity]:
    """The identities that say whose profile is meant."""
    if key is None:
        return list(given.identities)
    identity = identity_of(key)
    return [identity] if identity is not None else []


def _built(document: Any) -> Profile:
    if not isinstance(document, Mapping):
        raise InvalidDocument([Fault("", "expected an object")])
    try:
        return codec.build(Profile, {key: value for key, value in document.items() if key not in ASSIGNED})
    except codec.Invalid as error:
        raise InvalidDocument(error.faults) from None
