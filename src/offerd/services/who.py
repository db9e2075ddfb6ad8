"""Who a request is for: the profile that its identities lead to, or a new one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

import msgspec

from offerd.model.person import Identity, Profile
from offerd.services.clock import instant
from offerd.services.ids import uuid
from offerd.services.people import Known, People, known_of
from offerd.services.turns import Turns


class Who(msgspec.Struct, frozen=True):
    """Who a request is for.

    Attributes:
        known: the profile and what is remembered of it; None without any identity.
        new: whether the profile is new and is still to be stored.
        attached: identities that are new to the profile and are to be stored with it.
        warnings: what was odd about the identities.
    """

    known: Known | None = None
    new: bool = False
    attached: tuple[Identity, ...] = ()
    warnings: tuple[str, ...] = ()


def who(people: People, workspace: str, identities: Sequence[Identity], now: int) -> Who:
    """Finds the first known profile among identities; where all are unknown, makes one of them.

    Unknown identities that come together with a known one become its own. Several known profiles are not made one:
    the first counts, and a warning says so.
    """
    if not identities:
        return Who()
    found = [(each, people.find(workspace, each)) for each in dict.fromkeys(identities)]
    known = next((one for _, name in found if name is not None and (one := people.get(workspace, name))), None)
    if known is None:
        names = [each for each, _ in found]
        made = Profile(id=uuid(), version=1, identities=names, created=instant(now), modified=instant(now))
        return Who(known_of(made, [], []), new=True, attached=tuple(names))
    others = [each for each, name in found if name is not None and name != known.profile.id]
    warnings = [
        f"{each.namespace}:{each.id} is another profile's identity; link the profiles to make them one"
        for each in others
    ]
    unknown = tuple(each for each, name in found if name is None)
    if unknown:
        profile = msgspec.structs.replace(
            known.profile,
            version=known.profile.version + 1,
            identities=[*known.profile.identities, *unknown],
            modified=instant(now),
        )
        known = msgspec.structs.replace(known, profile=profile)
    return Who(known, attached=unknown, warnings=tuple(warnings))


@asynccontextmanager
async def in_turn(turns: Turns, people: People, workspace: str, identities: Sequence[Identity]) -> AsyncIterator[None]:
    """Waits until nothing else concerns these identities, or the profile that they lead to."""
    if not identities:
        yield
        return
    async with turns.of(*((workspace, each.namespace, each.id) for each in identities)):
        while True:
            profile = _leads_to(people, workspace, identities)
            if profile is None:
                yield
                return
            async with turns.of((workspace, profile)):
                # While this waited, the profile may have become another's part, or nobody's.
                if _leads_to(people, workspace, identities) == profile:
                    yield
                    return


@asynccontextmanager
async def all_in_turn(
    turns: Turns, people: People, workspace: str, identities: Sequence[Identity], profiles: Collection[str] = ()
) -> AsyncIterator[None]:
    """Waits until nothing else concerns any of these identities, the profiles that they lead to, or these profiles."""

    def led_to() -> set[str]:
        return {name for each in identities if (name := people.find(workspace, each)) is not None}

    async with turns.of(*((workspace, each.namespace, each.id) for each in identities)):
        while True:
            found = led_to()
            async with turns.of(*((workspace, profile) for profile in {*found, *profiles})):
                # While this waited, one of them may have become another's part, or nobody's.
                if led_to() == found:
                    yield
                    return


def _leads_to(people: People, workspace: str, identities: Sequence[Identity]) -> str | None:
    return next((name for each in identities if (name := people.find(workspace, each)) is not None), None)
