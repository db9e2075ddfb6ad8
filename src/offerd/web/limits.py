"""How many calls a caller may make in a minute, of any wire format."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from itertools import islice

from offerd.apis.operation import Caller
from offerd.services.clock import Clock
from offerd.services.errors import TooMany
from offerd.settings import Settings, SettingsError
from offerd.web.authentication import LOCAL

_SECOND = 1_000_000
_MINUTE = 60 * _SECOND

#: Callers that one limit remembers at most; of more, those that it saw first are forgotten.
ROOM = 100_000

#: Of an IPv6 address, what one household or machine has to itself.
_NETWORK = 64


class Limit:
    """What one wire format lets through.

    Each caller has room for a minute's calls, which fills up again evenly. Of a caller one number is kept: the moment
    at which the room would be full again. A call that is refused moves nothing, so whoever goes on hammering is
    answered as soon as one who waits would be.

    Args:
        calls: in a minute, of one caller.
        clock: tells the time.
        room: how many callers are remembered.
    """

    def __init__(self, calls: int, clock: Clock, *, room: int = ROOM) -> None:
        self._each = max(1, _MINUTE // calls)
        self._clock = clock
        self._room = room
        self._full_at: dict[str, int] = {}

    def __len__(self) -> int:
        """How many callers are remembered."""
        return len(self._full_at)

    def take(self, caller: str | None) -> None:
        """Lets a call through.

        Args:
            caller: who makes it; None for the server itself.

        Raises:
            TooMany: the caller made all that a minute has room for.
        """
        if caller is None:
            return
        now = self._clock.now()
        # A clock that was set back holds nobody for more than a minute.
        full = min(max(self._full_at.get(caller, 0), now), now + _MINUTE) + self._each
        over = full - now - _MINUTE
        if over > 0:
            raise TooMany(-(-over // _SECOND))
        self._full_at[caller] = full
        if len(self._full_at) > self._room:
            self._tidy(now)

    def _tidy(self, now: int) -> None:
        """Forgets those who have all their room again, and, where that is not enough, whom it saw first."""
        self._full_at = {caller: full for caller, full in self._full_at.items() if full > now}
        excess = len(self._full_at) - self._room * 3 // 4
        for caller in list(islice(self._full_at, max(0, excess))):
            del self._full_at[caller]


class Limits:
    """The limits of all wire formats, as the settings say.

    Args:
        settings: `rate_limit`, and `rate_limits` by the wire format's name; 0 is no limit.
        clock: tells the time.
        names: of the wire formats, which the former is for.
        others: what the server answers besides, which only the latter can limit.

    Raises:
        SettingsError: the settings name a wire format that there is not.
    """

    def __init__(self, settings: Settings, clock: Clock, names: Iterable[str], others: Iterable[str] = ()) -> None:
        calls = {**dict.fromkeys(others, 0), **dict.fromkeys(names, settings.rate_limit)}
        if unknown := sorted(settings.rate_limits.keys() - calls):
            known = ", ".join(sorted(calls))
            raise SettingsError(f"rate_limits: there is no {', '.join(unknown)}; there are {known}")
        calls |= settings.rate_limits
        self._limits = {name: Limit(most, clock) for name, most in calls.items() if most}

    def of(self, name: str) -> Limit | None:
        """The limit of a wire format; None without one."""
        return self._limits.get(name)


def who(caller: Caller, client: tuple[str, int] | None) -> str | None:
    """Whose calls are counted together: a token's, else those of a client's address; None for the server itself.

    Args:
        caller: who calls; without an id where the route is public.
        client: the address and port of the other end, as uvicorn gives it.
    """
    if caller.id == LOCAL:
        return None
    if caller.id:
        return f"token {caller.id}"
    host = client[0] if client else ""
    if ":" not in host:
        return host
    try:
        return str(ipaddress.ip_network((host.partition("%")[0], _NETWORK), strict=False))
    except ValueError:
        return host
