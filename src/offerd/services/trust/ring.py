"""The keys of an issuer as they are known here: looked at again now and then, and when a token names another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from offerd.services.clock import Clock
from offerd.services.trust.keys import PublicKey, WrongKeys, chosen, keys_of
from offerd.services.trust.sources import Source

_LOG = structlog.get_logger("offerd.trust")

#: Microseconds between two looks at the source, so that tokens with made-up names of keys cannot have it asked often.
PAUSE = 30_000_000

_MINUTE = 60_000_000


class KeyRing:
    """Keys, and when they were looked at.

    Args:
        issuer: whose they are, for the log.
        source: where they are.
        clock: tells the time.
        minutes: after which they are looked at again, while they go on being used.
        hours: after which they are used no more where nobody could look.
    """

    def __init__(self, issuer: str, source: Source, clock: Clock, *, minutes: int, hours: int) -> None:
        self._issuer = issuer
        self._source = source
        self._clock = clock
        self._fresh = minutes * _MINUTE
        self._useful = max(hours * 60, minutes) * _MINUTE
        self._keys: Sequence[PublicKey] = ()
        self._seen: int | None = None
        self._tried: int | None = None
        self._looking: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, algorithm: str) -> PublicKey | None:
        """The key for a signature; the source is looked at before it is said that there is none."""
        now = self._clock.now()
        if self._seen is not None and now - self._seen >= self._useful:
            self._keys = ()
        found = chosen(self._keys, kid, algorithm)
        if found is not None:
            if self._seen is None or now - self._seen >= self._fresh:
                self._look(now)
            return found
        self._look(now)
        if self._looking is None:
            return None
        # Whoever goes away meanwhile does not end the look that others wait for.
        await asyncio.shield(self._looking)
        return chosen(self._keys, kid, algorithm)

    async def close(self) -> None:
        """Ends a look that is under way."""
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.cancel()
            await asyncio.wait({looking})

    def _look(self, now: int) -> None:
        """Begins to look at the source, unless that is being done, or was done just now."""
        if self._looking is not None or (self._tried is not None and now - self._tried < PAUSE):
            return
        self._tried = now
        self._looking = asyncio.get_running_loop().create_task(self._looked(now), name="offerd-issuer-keys")

    async def _looked(self, now: int) -> None:
        try:
            self._keys = await asyncio.to_thread(keys_of, await self._source.read())
            self._seen = now
        except Exception as error:  # noqa: BLE001 - whatever it is, the keys that are known stay, and the log tells of it
            # What was answered may be anybody's words; the type, and our own words, say enough.
            words = str(error) if isinstance(error, WrongKeys) else type(error).__name__
            _LOG.warning("issuer_keys_unread", issuer=self._issuer, words=words)
        finally:
            self._looking = None
