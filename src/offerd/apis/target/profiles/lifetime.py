"""How long a visitor is known: profiles that only visitors' ids lead to end some days after their last sign."""

from __future__ import annotations

from offerd.apis.target.delivery.words import ECID, THIRD_PARTY, TNT
from offerd.services.house import House

#: Seconds between two looks.
EVERY = 6 * 3600

_DAY = 24 * 3600 * 1_000_000


async def lapse(house: House) -> int:
    """Ends the profiles whose time is over; gives how many."""
    days = house.settings.target_profile_days
    if not days:
        return 0
    before = house.clock.now() - days * _DAY
    ended = 0
    for workspace in house.workspaces.list():
        ended += await house.profiles.lapse(workspace.id, (TNT, ECID, THIRD_PARTY), before)
    return ended
