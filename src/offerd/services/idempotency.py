"""Idempotency keys: the same request gets the same answer, and has its effect once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

from offerd.model.decision import Decision
from offerd.model.interaction import Fulfilment, Interaction
from offerd.model.person import Assignment, Profile
from offerd.services.clock import Clock
from offerd.services.errors import KeyReused
from offerd.services.finishing import finish
from offerd.storage.protocols import Keep, Transaction, Writer
from offerd.storage.protocols_fulfilment import Delivery
from offerd.storage.protocols_runtime import AnswerRow, IdempotencyStore

T = TypeVar("T")

_HOUR = 3_600_000_000

#: What names the profile that it is about.
_THEIRS = (Decision, Interaction, Assignment, Fulfilment, Delivery)


class Kept(msgspec.Struct, frozen=True):
    """The answer that an earlier request with the same key was given.

    Attributes:
        answer: as it was stored.
    """

    answer: bytes


class Pending:
    """A request that is the first with its key, until `finish` is called; others with the same key wait for it.

    Args:
        service: what made it.
        name: workspace, caller and key.
        fingerprint: of the request.
    """

    def __init__(self, service: IdempotencyService, name: tuple[str, str, str], fingerprint: bytes) -> None:
        self._service = service
        self.name = name
        self.fingerprint = fingerprint
        self.done = asyncio.Event()

    def keeps(self, encode: Callable[[Any], bytes]) -> Keep:
        """What a writing service takes as `keep`: it stores the answer in the transaction of the effect.

        Args:
            encode: turns the service's result into the answer that is stored; runs on the writer's thread.
        """

        def keep(transaction: Transaction, result: Any) -> None:
            self._service.store(transaction, self, encode(result), people=set(_people(result)))

        return keep

    async def store(self, answer: bytes) -> None:
        """Keeps the answer of a request that had no effect of its own to commit with."""
        await finish(self._service.submit(lambda transaction: self._service.store(transaction, self, answer)))

    def finish(self) -> None:
        """Lets the next request with this key go on; always to be called, whatever happened."""
        self._service.end(self)


class IdempotencyService:
    """Remembers answers by workspace, caller and key.

    An answer is stored in the same transaction as the effect, so a request that is sent again after a crash finds
    either both or neither. A request that failed is not remembered: nothing was stored.

    Args:
        store: where answers are kept.
        writer: what commits.
        clock: tells the time.
        hours: how long an answer is kept.
    """

    def __init__(self, store: IdempotencyStore, writer: Writer, clock: Clock, *, hours: int = 168) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._lasts = hours * _HOUR
        self._pending: dict[tuple[str, str, str], Pending] = {}

    async def begin(self, workspace: str, caller: str, key: str, fingerprint: bytes) -> Kept | Pending:
        """Asks whether a request was answered before; waits while another with the same key is being answered.

        Args:
            workspace: the workspace's id.
            caller: who sends it: keys of different callers do not meet.
            key: the sender's.
            fingerprint: of everything that makes the request what it is: method, path, body.

        Returns:
            The kept answer, or a `Pending` that the caller must `finish`.

        Raises:
            KeyReused: the key came with another request before.
        """
        name = (workspace, caller, key)
        while (first := self._pending.get(name)) is not None:
            if first.fingerprint != fingerprint:
                raise KeyReused(key)
            await first.done.wait()
        row = self._store.read(*name)
        if row is not None and row.at > self._clock.now() - self._lasts:
            if row.fingerprint != fingerprint:
                raise KeyReused(key)
            return Kept(row.answer)
        pending = self._pending[name] = Pending(self, name, fingerprint)
        return pending

    def store(self, transaction: Transaction, pending: Pending, answer: bytes, people: set[str] | None = None) -> None:
        """Keeps an answer in a transaction."""
        row = AnswerRow(pending.fingerprint, answer, self._clock.now())
        self._store.keep(transaction, *pending.name, row, people=people or ())

    async def submit(self, work: Callable[[Transaction], T]) -> T:
        """Runs a unit of work of its own."""
        return await self._writer.submit(work)

    def end(self, pending: Pending) -> None:
        """Lets those that wait for a request go on."""
        if self._pending.get(pending.name) is pending:
            del self._pending[pending.name]
        pending.done.set()

    def forget(self, transaction: Transaction) -> int:
        """Removes answers that are old enough; gives how many."""
        return self._store.forget(transaction, self._clock.now() - self._lasts)


def _people(result: Any) -> Iterator[str]:
    """The profiles whose data an answer holds, so that erasing one removes the answer."""
    if isinstance(result, Profile):
        yield result.id
    elif isinstance(result, _THEIRS):
        if result.profile is not None:
            yield result.profile
    elif isinstance(result, (list, tuple)):
        for item in result:
            yield from _people(item)
    elif isinstance(result, msgspec.Struct):
        for name in result.__struct_fields__:
            value = getattr(result, name)
            if isinstance(value, (Profile, *_THEIRS, list)):
                yield from _people(value)
