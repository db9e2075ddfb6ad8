"""The Protocol of the cap ledger's counts.

As in `protocols`: reading methods see what was committed last; methods that take a `Transaction` write in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import msgspec

from offerd.storage.protocols import Transaction

#: A count's name within a workspace: cap, placement, profile, window, as the engine's CountKey.
Name: TypeAlias = tuple[str, str, str, str]


class HoldRow(msgspec.Struct, frozen=True):
    """A place that is kept for an interaction to come.

    Attributes:
        name: the count.
        proposition: what the interaction will name.
        offer: of the proposition.
        owner: the profile that it is kept for.
        amount: how many places.
        expires: when the place is free again, in microseconds.
    """

    name: Name
    proposition: str
    offer: str
    owner: str | None
    amount: int
    expires: int


class Book(msgspec.Struct, frozen=True):
    """Every count of one profile, or of everyone.

    Attributes:
        counts: for life and calendar periods: name, used, expires.
        moments: of rolling counts: name, at, amount, expires.
        holds: places that are kept.
    """

    counts: list[tuple[Name, int, int | None]]
    moments: list[tuple[Name, int, int, int]]
    holds: list[HoldRow]


class CountStore(Protocol):
    """The cap ledger's counts."""

    def book(self, workspace: str, profile: str) -> Book:
        """Every count of a profile; of everyone where it is empty."""
        ...

    def add(self, transaction: Transaction, workspace: str, rows: Sequence[tuple[Name, int, int | None]]) -> None:
        """Adds to counts: name, amount, expires."""
        ...

    def mark(self, transaction: Transaction, workspace: str, rows: Sequence[tuple[Name, int, int, int]]) -> None:
        """Adds to rolling counts: name, at, amount, expires."""
        ...

    def hold(self, transaction: Transaction, workspace: str, rows: Sequence[HoldRow]) -> None:
        """Keeps places."""
        ...

    def free(self, transaction: Transaction, workspace: str, rows: Sequence[HoldRow]) -> None:
        """Gives places back."""
        ...

    def forget(self, transaction: Transaction, now: int) -> int:
        """Removes what expired; gives how many rows."""
        ...
