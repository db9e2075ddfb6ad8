"""Attributes of a visitor: bounded, and each with the time of its last change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from offerd.apis.target.ids import FORMAT
from offerd.apis.target.problems import Rejected
from offerd.model import codec, json
from offerd.model.person import Identity, Profile
from offerd.services.clock import instant
from offerd.services.house import House

#: Bytes of all attributes of one visitor.
LARGEST = 65_536

_MODIFIED = "modifiedAt"


def check(known: Profile | None, attributes: Mapping[str, str]) -> None:
    """Refuses attributes that are too many for a visitor.

    Raises:
        Rejected: all attributes together would be larger than 64 KB.
    """
    new = _new(known, attributes)
    if new and not fits(known.attributes if known is not None else {}, new):
        raise Rejected(f"profileParameters: the profile would be larger than {LARGEST} bytes")


def fits(attributes: Mapping[str, Any], more: Mapping[str, Any]) -> bool:
    """Whether one visitor may have attributes together with others."""
    return len(json.dumps({**attributes, **more})) <= LARGEST


async def learn(
    house: House,
    workspace: str,
    identities: Sequence[Identity],
    attributes: Mapping[str, str],
    *,
    known: Profile | None,
    create: bool = True,
) -> Profile | None:
    """Lays attributes over a visitor's; nothing is written where they say nothing new.

    Args:
        house: the services.
        workspace: the workspace's id.
        identities: of the visitor.
        attributes: by name.
        known: the profile as far as one is known.
        create: whether to make a profile where there is none.

    Raises:
        NotFound: there is no profile, and none is to be made.
    """
    new = _new(known, attributes)
    if not new and (known is not None or create):
        return known
    at = codec.instant_text(instant(house.clock.now()))
    kept = {_MODIFIED: dict.fromkeys(new, at)}
    return await house.profiles.learn(workspace, identities, new, create=create, extensions={FORMAT: kept})


def changes(profile: Profile | None) -> Mapping[str, str]:
    """When each attribute was last changed, as far as this format changed it."""
    kept = profile.extensions.get(FORMAT) if profile is not None else None
    found = kept.get(_MODIFIED) if isinstance(kept, dict) else None
    return found if isinstance(found, dict) else {}


def shown(profile: Profile) -> dict[str, Any]:
    """Attributes as they are answered, each with the time of its last change."""
    at, whole = changes(profile), _text(profile.modified)
    return {
        name: {"value": value, _MODIFIED: at.get(name, whole)} for name, value in sorted(profile.attributes.items())
    }


def _new(known: Profile | None, attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes that say something new of a visitor."""
    before = known.attributes if known is not None else {}
    return {name: value for name, value in attributes.items() if before.get(name) != value}


def _text(at: datetime | None) -> str:
    return "" if at is None else codec.instant_text(at)
