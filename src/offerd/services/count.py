"""One count of the cap ledger, in memory: what is used, what rolls out of the window, what is held, what is pending."""

from __future__ import annotations

from bisect import insort
from collections import deque
from heapq import heappop, heappush
from typing import NamedTuple

from offerd.engine.situation import CountKey


class Hold(NamedTuple):
    """A place that is kept for an interaction to come.

    Attributes:
        key: the count.
        proposition: what the interaction will name.
        offer: of the proposition.
        owner: the profile that it is kept for.
        amount: how many places.
        expires: when the place is free again, in microseconds.
    """

    key: CountKey
    proposition: str
    offer: str
    owner: str | None
    amount: int
    expires: int


class Count:
    """A count.

    Attributes:
        total: used for life or in a calendar period.
        expires: when a calendar period's count may be forgotten.
        pending: reserved and not committed yet.
        within: microseconds of a rolling count.
    """

    __slots__ = ("_ends", "_held", "_holds", "_marks", "_sum", "expires", "pending", "total", "within")

    def __init__(self) -> None:
        self.total = 0
        self.expires: int | None = None
        self.pending = 0
        self.within = 0
        #: When and how much, by time; `_sum` is of all of them.
        self._marks: deque[tuple[int, int]] = deque()
        self._sum = 0
        #: By proposition and offer; `_held` is of all of them, `_ends` a heap of when they end, some of them gone.
        self._holds: dict[tuple[str, str], Hold] = {}
        self._held = 0
        self._ends: list[tuple[int, tuple[str, str]]] = []

    def used(self, now: int, *, live: bool = False) -> int:
        """How much is used, held and pending at a moment.

        Args:
            now: the moment.
            live: whether it is the present. Then what was counted later than that counts, too: the clock was put back.
        """
        used = self.total + self.pending
        if self._marks:
            used += self._rolling(now, live=live)
        if self._holds:
            used += self._kept(now)
        return used

    def mark(self, at: int, amount: int, within: int) -> None:
        """Counts something in a rolling count."""
        self.within = within
        self._sum += amount
        if not self._marks or self._marks[-1][0] <= at:
            self._marks.append((at, amount))
        else:
            insort(self._marks, (at, amount))

    def hold(self, hold: Hold) -> None:
        """Keeps a place; one that the same interaction had grows."""
        name = (hold.proposition, hold.offer)
        had = self._holds.get(name)
        self._held += hold.amount
        self._holds[name] = hold if had is None else hold._replace(amount=had.amount + hold.amount)
        heappush(self._ends, (hold.expires, name))

    def free(self, proposition: str, offer: str) -> Hold | None:
        """Gives back the place that is kept for an interaction with an offer, if there is one."""
        hold = self._holds.pop((proposition, offer), None)
        if hold is not None:
            self._held -= hold.amount
        return hold

    def kept(self, proposition: str, offer: str, now: int) -> int:
        """How much is kept for an interaction with an offer."""
        hold = self._holds.get((proposition, offer))
        return hold.amount if hold is not None and hold.expires > now else 0

    def drop(self, owners: set[str]) -> None:
        """Gives back the places that are kept for these people."""
        for hold in [hold for hold in self._holds.values() if hold.owner in owners]:
            self.free(hold.proposition, hold.offer)

    def rename(self, owner: str, to: str) -> None:
        """Keeps one person's places for another."""
        for name, hold in self._holds.items():
            if hold.owner == owner:
                self._holds[name] = hold._replace(owner=to)

    def prune(self, now: int) -> None:
        """Forgets what rolled out of the window, and places that nobody came for; `now` never goes back."""
        while self._marks and self._marks[0][0] <= now - self.within:
            self._sum -= self._marks.popleft()[1]
        while self._ends and self._ends[0][0] <= now:
            hold = self._holds.get(heappop(self._ends)[1])
            if hold is not None and hold.expires <= now:
                self.free(hold.proposition, hold.offer)

    def is_over(self, now: int) -> bool:
        """Whether nothing can look at it any more."""
        if self.pending:
            return False
        if self.expires is not None and self.expires <= now:
            return True
        self.prune(now)
        return not (self.total or self._marks or self._holds)

    def _rolling(self, now: int, *, live: bool) -> int:
        """The sum of what lies in the window that ends now."""
        begin = now - self.within
        if self._marks[0][0] > begin and (live or self._marks[-1][0] <= now):
            return self._sum
        return sum(amount for at, amount in self._marks if begin < at and (live or at <= now))

    def _kept(self, now: int) -> int:
        """The sum of the places that are still kept."""
        if self._ends[0][0] > now:
            return self._held
        return sum(hold.amount for hold in self._holds.values() if hold.expires > now)
