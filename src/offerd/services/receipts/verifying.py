"""What a verifier of receipts is given, what it says, and how one is plugged in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

import msgspec

from offerd.model.person import Identity
from offerd.settings import Settings


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt as somebody shows it.

    Attributes:
        workspace: the workspace's id.
        subject: who shows it.
        text: the receipt, as it was sent.
        products: ids of the products that it may be for, the most likely one first.
    """

    workspace: str
    subject: Identity
    text: str
    products: tuple[str, ...]


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase that a receipt tells of.

    Attributes:
        id: what makes the purchase one: the same for every receipt that tells of it.
        product: the id of what was bought; None where the receipt does not say.
        app: what the receipt calls the application; None where it does not say.
        at: when it was bought; None where the receipt does not say.
        verified: whether somebody who is trusted vouches for it. False means that it is well formed and no more.
    """

    id: str
    product: str | None = None
    app: str | None = None
    at: datetime | None = None
    verified: bool = False


class Unproved(Exception):
    """A receipt that proves nothing; the message says why, for the person who shows it."""


class Verifier(Protocol):
    """Reads receipts of one sort. It may ask another server, if its operator wants that."""

    async def verify(self, shown: Shown) -> Sequence[Purchase] | None:
        """The purchases that a receipt tells of; None where it is not of the sort that this verifier reads.

        Raises:
            Unproved: it is of this sort and proves nothing.
        """
        ...


#: What an entry point of the group `offerd.receipts` is: it makes a verifier once, when the server starts.
Factory: TypeAlias = Callable[[Settings], Verifier]
