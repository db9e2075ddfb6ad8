"""Turns: what concerns one person happens one after the other."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class Turns:
    """Locks by name, which exist while somebody has or wants one.

    Two requests of one person at the same moment would otherwise both find no assignment, no open proposition and no
    profile, and each would make its own.
    """

    def __init__(self) -> None:
        self._waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def of(self, *names: Hashable) -> AsyncIterator[None]:
        """Has the turn of every name; names are taken in a fixed order, so that nobody waits in a circle."""
        held: list[Hashable] = []
        try:
            for name in sorted(set(names), key=repr):
                await self._take(name)
                held.append(name)
            yield
        finally:
            for name in held:
                self._give(name)

    async def _take(self, name: Hashable) -> None:
        queue = self._waiting.get(name)
        if queue is None:
            self._waiting[name] = deque()
            return
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give(name)
            raise

    def _give(self, name: Hashable) -> None:
        queue = self._waiting[name]
        while queue:
            turn = queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._waiting[name]
