"""The keys of an issuer, as many ask for them at once and somebody goes away."""

from __future__ import annotations

import asyncio
import json

import pytest
from joserfc.jwk import ECKey

from offerd.services.clock import ManualClock
from offerd.services.trust.ring import KeyRing

pytestmark = pytest.mark.anyio


class Slow:
    """A source that answers when it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = asyncio.Event()
        key = ECKey.generate_key("P-256", {"kid": "k-1"})
        self.keys = json.dumps({"keys": [key.as_dict(private=False)]}).encode()

    async def read(self) -> bytes:
        self.asked += 1
        await self.go.wait()
        return self.keys


@pytest.fixture
async def slow() -> Slow:
    return Slow()


@pytest.fixture
def ring(slow: Slow, clock: ManualClock) -> KeyRing:
    return KeyRing("https://issuer.example", slow, clock, minutes=10, hours=1)


async def begun(slow: Slow, times: int = 1) -> None:
    while slow.asked < times:  # noqa: ASYNC110 - turns of the loop, not time
        await asyncio.sleep(0)


async def test_who_goes_away_does_not_end_the_look_for_others(ring: KeyRing, slow: Slow) -> None:
    first, second = (asyncio.ensure_future(ring.find("k-1", "ES256")) for _ in range(2))
    await begun(slow)
    first.cancel()
    slow.go.set()
    found = await second
    assert found is not None
    assert found.kid == "k-1"
    assert first.cancelled()
    assert slow.asked == 1


async def test_a_look_that_is_under_way_ends_with_the_server(ring: KeyRing, slow: Slow) -> None:
    waiting = asyncio.ensure_future(ring.find("k-1", "ES256"))
    await begun(slow)
    await ring.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await ring.close()


async def test_known_keys_wait_for_nobody(ring: KeyRing, slow: Slow, clock: ManualClock) -> None:
    slow.go.set()
    assert await ring.find("k-1", "ES256") is not None
    slow.go.clear()
    clock.advance(minutes=10)
    assert await ring.find("k-1", "ES256") is not None
    await begun(slow, 2)
    assert await ring.find("k-1", "ES256") is not None
    assert slow.asked == 2
    await ring.close()


async def test_whatever_goes_wrong_known_keys_stay(ring: KeyRing, slow: Slow, clock: ManualClock) -> None:
    slow.go.set()
    assert await ring.find("k-1", "ES256") is not None

    async def broken() -> bytes:
        slow.asked += 1
        raise RuntimeError("nobody thought of this")

    slow.read = broken  # type: ignore[method-assign]
    clock.advance(minutes=10)
    assert await ring.find("k-1", "ES256") is not None
    await begun(slow, 2)
    assert await ring.find("k-1", "ES256") is not None
    assert await ring.find("k-2", "ES256") is None
    clock.advance(minutes=50)
    assert await ring.find("k-1", "ES256") is None
