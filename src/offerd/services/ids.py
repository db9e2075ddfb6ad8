"""Identifiers that the server assigns."""

from __future__ import annotations

import hashlib
import secrets
import uuid as uuids
from threading import Lock

from offerd.services.randomness import random_bytes

#: Milliseconds at which time ids begin.
TIME_ID_EPOCH = 1_288_834_974_657

#: 100-nanosecond steps from 1582-10-15, where version 1 UUIDs begin, to 1970.
_UUID1_OFFSET = 0x01B21DD213814000

#: What every token starts with, so that one is known where it leaks.
TOKEN_PREFIX = "ofd_"  # noqa: S105 - not a secret


def uuid() -> str:
    """A random UUID (version 4)."""
    return str(uuids.UUID(bytes=secrets.token_bytes(16), version=4))


class _Ordered:
    """Version 7 UUIDs as RFC 9562 has them: milliseconds, then random bits that only grow while those stand still."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last = 0

    def after(self, now: int) -> int:
        """The next one of a moment in microseconds."""
        fresh, step = random_bytes(10), random_bytes(4)
        with self._lock:
            # The version and the variant stand between these 122 bits; the topmost random one is left for growth.
            made = now // 1000 << 74 | int.from_bytes(fresh, "big") >> 7
            self._last = made if made > self._last else self._last + 1 + int.from_bytes(step, "big")
            return self._last


_ORDERED = _Ordered()


def uuid7(now: int) -> str:
    """A UUID (version 7) of a moment in microseconds, which sorts after every one that this process gave before.

    So what came at one moment is listed in the order in which it came.
    """
    bits = _ORDERED.after(now)
    head, middle, tail = bits >> 74, bits >> 62 & 0xFFF, bits & (1 << 62) - 1
    return str(uuids.UUID(int=head << 80 | 7 << 76 | middle << 64 | 0b10 << 62 | tail))


def uuid1(now: int) -> str:
    """A version 1 UUID of a moment in microseconds; its node is random, as RFC 9562 allows."""
    steps = now * 10 + _UUID1_OFFSET + secrets.randbelow(10)
    node = secrets.randbits(48) | 1 << 40
    fields = (steps & 0xFFFFFFFF, steps >> 32 & 0xFFFF, steps >> 48 & 0x0FFF, 0, 0, node)
    made = uuids.UUID(fields=fields, version=1)
    return str(uuids.UUID(int=made.int | secrets.randbits(14) << 48))


def time_id(now: int) -> str:
    """A 63-bit id that sorts by time, in lower-case hexadecimal: milliseconds, then 22 random bits."""
    return f"{(now // 1000 - TIME_ID_EPOCH) << 22 | secrets.randbits(22):x}"


def token_secret() -> str:
    """A new token's secret, of 256 random bits."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def token_hash(secret: str) -> bytes:
    """What is stored of a token's secret; so much randomness needs no slow hash."""
    return hashlib.sha256(secret.encode()).digest()
