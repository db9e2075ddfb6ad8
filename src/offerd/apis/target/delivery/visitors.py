"""Who a request is for: the visitor's own id, and the profiles that the ids in a request lead to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from offerd.apis.target.delivery.words import ECID, THIRD_PARTY, TNT, VisitorId
from offerd.apis.target.profiles.attributes import fits
from offerd.model.person import Identity, Profile
from offerd.services.errors import NotFound, Unprocessable
from offerd.services.house import House
from offerd.services.ids import uuid

#: The most names of one profile; whoever has them is known by these. A person's name that pages give to everybody, such
#: as a guest's, would otherwise join all visitors, and make each request slower than the one before.
MOST_NAMES = 200

_HEX = re.compile(r"[0-9a-f]{32}")


class Visitor(msgspec.Struct, frozen=True):
    """Who a request is for.

    Attributes:
        tnt: the visitor's id, the client's own or a new one.
        identities: the names to decide for, those of persons before those of browsers.
        unit: what splits traffic.
        profile: the profile as far as one is known.
        echo: the ids as they are answered.
    """

    tnt: str
    identities: list[Identity]
    unit: str
    profile: Profile | None
    echo: Mapping[str, Any]


async def visitor(house: House, workspace: str, said: VisitorId, session: str, *, joins: bool = True) -> Visitor:
    """The visitor of a request; a browser whose person is named for the first time is joined to the person's profile.

    What the person's profile knows wins, and what it does not know is taken over from the browser's. A browser that
    is known to be somebody else's is not joined, nor is one where the person would have too many names or attributes:
    the person's profile alone counts.

    Args:
        house: the services.
        workspace: the workspace's id.
        said: who the request says it is for.
        session: the visit.
        joins: whether profiles may be joined.
    """
    persons = _persons(said)
    tnt = said.tnt or _known(house, workspace, [*persons, *_ecid(said)]) or _new(workspace, said, persons, session)
    browsers = [*_ecid(said), Identity(namespace=TNT, id=tnt)]
    person = profile_of(house, workspace, persons)
    own = [each for each in browsers if not _is_of_another(profile_of(house, workspace, [each]), persons)]
    if joins and person is not None and not _is_full(person):
        for each in own:
            person = await _joined(house, workspace, person, profile_of(house, workspace, [each]))
    identities = [*persons, *own] or browsers[-1:]
    profile = person or profile_of(house, workspace, identities)
    if profile is not None and _is_full(profile):
        identities = [each for each in identities if each in profile.identities]
    return Visitor(
        tnt=tnt,
        identities=identities,
        unit=said.ecid or said.tnt or said.third_party or tnt,
        profile=profile,
        echo={"tntId": tnt, **said.echo},
    )


def _persons(said: VisitorId) -> list[Identity]:
    third = [(THIRD_PARTY, said.third_party)] if said.third_party is not None else []
    named = dict.fromkeys((*third, *said.customers))
    return [Identity(namespace=namespace, id=name) for namespace, name in named]


def _ecid(said: VisitorId) -> list[Identity]:
    return [Identity(namespace=ECID, id=said.ecid)] if said.ecid is not None else []


def profile_of(house: House, workspace: str, identities: Sequence[Identity]) -> Profile | None:
    """The first profile that identities lead to; None where all are unknown."""
    found = (house.profiles.find_identity(workspace, each) for each in identities)
    return next((each for each in found if each is not None), None)


def _is_of_another(profile: Profile | None, persons: Sequence[Identity]) -> bool:
    """Whether a profile has another name where a person has one."""
    if profile is None or not persons:
        return False
    named = {each.namespace: each.id for each in persons}
    return any(
        each.id != named[each.namespace] for each in profile.identities if each.namespace in named
    ) and not any(each in profile.identities for each in persons)


def _is_full(profile: Profile) -> bool:
    return len(profile.identities) >= MOST_NAMES


async def _joined(house: House, workspace: str, person: Profile, browser: Profile | None) -> Profile:
    if browser is None or browser.id == person.id or not fits(browser.attributes, person.attributes):
        return person
    try:
        return await house.profiles.link(workspace, person.id, browser.id)
    except (NotFound, Unprocessable):  # another request joined them meanwhile, or they are parent and child
        return person


def _known(house: House, workspace: str, identities: Sequence[Identity]) -> str | None:
    """The id of the browser that a person was last seen with."""
    profile = profile_of(house, workspace, identities)
    known = [each.id for each in profile.identities if each.namespace == TNT] if profile is not None else []
    return known[-1] if known else None


def _new(workspace: str, said: VisitorId, persons: Sequence[Identity], session: str) -> str:
    """A visitor's id: always the same for a person, and for a visit whose name is one that nobody else has."""
    named = [*persons, *_ecid(said)]
    if named:
        words = "\n".join((workspace, named[0].namespace, named[0].id))
        return hashlib.sha256(words.encode()).hexdigest()[:32]
    plain = session.replace("-", "").lower()
    return plain if _HEX.fullmatch(plain) else uuid().replace("-", "")
