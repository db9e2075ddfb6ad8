from __future__ import annotations

import asyncio

import pytest

from offerd.services.turns import Turns

pytestmark = pytest.mark.anyio


async def test_what_concerns_one_name_happens_one_after_the_other_in_order() -> None:
    turns, log = Turns(), []

    async def work(name: int) -> None:
        async with turns.of("a", f"own {name}"):
            log.append(("begin", name))
            await asyncio.sleep(0)
            log.append(("end", name))

    await asyncio.gather(*(work(name) for name in range(3)))
    assert log == [(what, name) for name in range(3) for what in ("begin", "end")]
    assert turns._waiting == {}


async def test_names_in_another_order_do_not_wait_in_a_circle() -> None:
    turns = Turns()

    async def work(*names: str) -> None:
        async with turns.of(*names):
            await asyncio.sleep(0)

    await asyncio.wait_for(asyncio.gather(*(work(*pair) for pair in [("a", "b"), ("b", "a")] * 5)), 30)
    assert turns._waiting == {}


async def test_who_stops_waiting_or_fails_lets_the_next_go_on() -> None:
    turns, done = Turns(), asyncio.Event()

    async def hold() -> None:
        async with turns.of("a"):
            await done.wait()
            raise ValueError("failed")

    async def wait() -> str:
        async with turns.of("a"):
            return "had a turn"

    first = asyncio.create_task(hold())
    await asyncio.sleep(0)
    second, third, last = (asyncio.create_task(wait()) for _ in range(3))
    await asyncio.sleep(0)
    second.cancel()
    done.set()
    await asyncio.sleep(0)
    third.cancel()
    assert await last == "had a turn"
    with pytest.raises(ValueError, match="failed"):
        await first
    await asyncio.gather(second, third, return_exceptions=True)
    assert turns._waiting == {}
