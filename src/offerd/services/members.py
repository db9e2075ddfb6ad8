"""Members: who is in which imported audience."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from offerd.model.base import Instant
from offerd.model.person import Identity, Membership, Profile
from offerd.services.clock import Clock, instant
from offerd.services.finishing import finish
from offerd.services.ids import uuid
from offerd.services.people import People
from offerd.services.turns import Turns
from offerd.services.who import all_in_turn
from offerd.storage.protocols import Keep, Transaction, Writer
from offerd.storage.protocols_runtime import ProfileStore


class Members(msgspec.Struct, frozen=True, rename="camel"):
    """What came of a change of an imported audience.

    Attributes:
        audience: its id.
        joined: how many were put in.
        left: how many were taken out.
        unknown: how many were to be taken out and are not known.
        total: how many are in it now.
    """

    audience: str
    joined: int
    left: int
    unknown: int
    total: int


class MemberService:
    """The imported audiences of all workspaces.

    Args:
        store: where profiles are kept.
        writer: what commits.
        clock: tells the time.
        people: those in memory.
        turns: one after the other.
    """

    def __init__(self, store: ProfileStore, writer: Writer, clock: Clock, *, people: People, turns: Turns) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._people = people
        self._turns = turns

    async def change(
        self,
        workspace: str,
        audience: str,
        *,
        join: Iterable[Identity] = (),
        leave: Iterable[Identity] = (),
        since: Instant | None = None,
        until: Instant | None = None,
        keep: Keep | None = None,
    ) -> Members:
        """Puts people into an imported audience and takes others out; unknown ones who come in are made.

        Args:
            workspace: whose profiles.
            audience: the audience's id, which need not be in the catalogue yet.
            join: who comes in.
            leave: who goes out.
            since: from when those who come in are members.
            until: until when.
            keep: stores the answer with it.
        """
        coming, going = list(dict.fromkeys(join)), list(dict.fromkeys(leave))
        membership = Membership(audience=audience, since=since, until=until)
        everybody = (*coming, *going)

        async def work() -> Members:
            async with all_in_turn(self._turns, self._people, workspace, everybody):
                found = {each: self._people.find(workspace, each) for each in everybody}
                return await self._change(workspace, membership, coming=coming, going=going, found=found, keep=keep)

        return await finish(work())

    def count(self, workspace: str, audience: str) -> int:
        """How many profiles are in an imported audience."""
        return self._store.members(workspace, audience)

    async def _change(
        self,
        workspace: str,
        membership: Membership,
        *,
        coming: Sequence[Identity],
        going: Sequence[Identity],
        found: Mapping[Identity, str | None],
        keep: Keep | None,
    ) -> Members:
        now = self._clock.now()
        new = {
            each: Profile(id=uuid(), version=1, identities=[each], created=instant(now), modified=instant(now))
            for each in coming
            if found[each] is None
        }
        left = sorted({profile for each in going if (profile := found[each]) is not None})
        known = sorted({profile for each in coming if (profile := found[each]) is not None})

        def write(transaction: Transaction) -> None:
            for profile in new.values():
                self._store.put(transaction, workspace, profile)
                self._store.join(transaction, workspace, profile.id, membership)
            for each in known:
                self._store.join(transaction, workspace, each, membership)
                self._store.touch(transaction, workspace, each, now)
            for each in left:
                self._store.leave(transaction, workspace, each, membership.audience)
                self._store.touch(transaction, workspace, each, now)
            if keep is not None:
                keep(transaction, result)

        joined = {*known, *(profile.id for profile in new.values())}
        # The commit joins first and lets go afterwards, so that who does both is out.
        come = sum(not self._is_in(workspace, each, membership.audience) for each in joined - set(left))
        gone = sum(self._is_in(workspace, each, membership.audience) for each in left)
        total = self._store.members(workspace, membership.audience) + come - gone
        unknown = sum(found[each] is None for each in going)
        result = Members(membership.audience, len(joined), len(left), unknown, total)
        await self._writer.submit(write)
        self._people.forget(workspace, *known, *left)
        return result

    def _is_in(self, workspace: str, profile: str, audience: str) -> bool:
        known = self._people.get(workspace, profile)
        return known is not None and any(each.audience == audience for each in known.profile.memberships)
