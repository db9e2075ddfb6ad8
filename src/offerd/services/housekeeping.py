"""Housekeeping: what expired is removed, a piece at a time."""

from __future__ import annotations

from collections.abc import Callable

from offerd.services.clock import Clock
from offerd.services.idempotency import IdempotencyService
from offerd.services.ledger import Ledger
from offerd.storage.protocols import Transaction, Writer
from offerd.storage.protocols_counts import CountStore
from offerd.storage.protocols_runtime import DecisionStore

_DAY = 24 * 3600 * 1_000_000

#: Decisions that are removed in one transaction.
_PIECE = 1_000


class Housekeeping:
    """Removes counts that nothing can look at any more, old kept answers, and decisions that are old enough.

    Args:
        counts: the cap ledger's store.
        decisions: what was answered.
        writer: what commits.
        clock: tells the time.
        ledger: the counts in memory.
        idempotency: the kept answers.
        days: how long decisions are kept; 0 keeps them for ever.
    """

    def __init__(
        self,
        counts: CountStore,
        decisions: DecisionStore,
        writer: Writer,
        clock: Clock,
        *,
        ledger: Ledger,
        idempotency: IdempotencyService,
        days: int = 0,
    ) -> None:
        self._counts = counts
        self._decisions = decisions
        self._writer = writer
        self._clock = clock
        self._ledger = ledger
        self._idempotency = idempotency
        self._days = days

    async def sweep(self) -> None:
        """Removes everything that expired by now."""
        now = self._clock.now()

        def work(transaction: Transaction) -> None:
            self._counts.forget(transaction, now - _DAY)  # a clock that is put back a little finds them still
            self._idempotency.forget(transaction)

        await self._writer.submit(work)
        self._ledger.sweep(now)
        while self._days and await self._writer.submit(self._forget_decisions(now - self._days * _DAY)) == _PIECE:
            pass

    def _forget_decisions(self, before: int) -> Callable[[Transaction], int]:
        return lambda transaction: self._decisions.forget(transaction, before, _PIECE)
