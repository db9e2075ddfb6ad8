"""Protocols for what accepts set going: fulfilments, and what they send.

As in `protocols`: reading methods see what was committed last; methods that take a `Transaction` write in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from offerd.model.interaction import Fulfilment
from offerd.storage.protocols import Transaction


class FulfilmentQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which fulfilments are looked for; None is any.

    Attributes:
        now: those in progress whose deadline is not after it have failed, in microseconds.
        state: `in_progress`, `completed` or `failed`, as they are now.
        kind: how they are carried out.
        profile: whose they are.
        offer: of this offer.
        proposition: of this proposition.
        since: started then or later, in microseconds.
    """

    now: int
    state: str | None = None
    kind: str | None = None
    profile: str | None = None
    offer: str | None = None
    proposition: str | None = None
    since: int | None = None


class FulfilmentStore(Protocol):
    """What accepts set going."""

    def add(self, transaction: Transaction, workspace: str, fulfilment: Fulfilment) -> None:
        """Stores a new fulfilment, for the profile that it names."""
        ...

    def change(self, transaction: Transaction, workspace: str, fulfilment: Fulfilment) -> bool:
        """Stores a fulfilment anew where it is still there and in progress; gives whether it was."""
        ...

    def read(self, workspace: str, fulfilment: str) -> Fulfilment | None:
        """A fulfilment by its id."""
        ...

    def of(self, workspace: str, interaction: str) -> Fulfilment | None:
        """The fulfilment that an interaction set going."""
        ...

    def find(
        self, workspace: str, query: FulfilmentQuery, *, before: tuple[int, str] | None, limit: int
    ) -> list[Fulfilment]:
        """Fulfilments, the latest first, from the one before `before`."""
        ...

    def overdue(self, now: int, limit: int) -> Sequence[tuple[str, str]]:
        """Workspaces and ids of what is in progress past its deadline, the longest first."""
        ...

    def states(self) -> dict[str, int]:
        """How many fulfilments there are in each state, of all workspaces."""
        ...


class Delivery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What a fulfilment sends, made when the choice was accepted.

    Attributes:
        id: the fulfilment's; the same at every attempt.
        workspace: whose it is.
        profile: whom it concerns.
        kind: the fulfilment's.
        fulfiller: what sends it.
        completes: when its fulfilment is completed, as `Fulfil.completes`.
        url: where it goes, for what goes to an address.
        settings: the choice's, filled in.
        state: `waiting`, `delivered`, `dead` when every attempt failed, `dropped` when it was not needed any more.
        attempts: how often it was tried.
        error: why the last attempt failed.
        created: when the choice was accepted, in microseconds.
        tried: when it was tried last.
        due: when it is tried next; absent where it is not.
        finished: when it was delivered, dead or dropped.
    """

    id: str
    workspace: str
    profile: str | None = None
    kind: str
    fulfiller: str
    completes: str = "reported"
    url: str | None = None
    settings: dict[str, Any] = {}
    state: str = "waiting"
    attempts: int = 0
    error: str = ""
    created: int = 0
    tried: int | None = None
    due: int | None = None
    finished: int | None = None


class DeliveryStore(Protocol):
    """What fulfilments send."""

    def add(self, transaction: Transaction, delivery: Delivery) -> None:
        """Stores a new delivery."""
        ...

    def change(self, transaction: Transaction, delivery: Delivery, *, was: str) -> bool:
        """Stores a delivery anew where it is still there, in the state that it was; gives whether it was."""
        ...

    def read(self, workspace: str, delivery: str) -> Delivery | None:
        """A delivery by its id."""
        ...

    def find(
        self,
        workspace: str,
        *,
        state: str | None,
        profile: str | None,
        before: tuple[int, str] | None,
        limit: int,
    ) -> list[Delivery]:
        """Deliveries, the latest first, from the one before `before`."""
        ...
