"""Fulfillers: what carries out an accepted choice; packages bring further ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from offerd.model.interaction import Fulfilment
from offerd.settings import Settings


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What a fulfiller is to carry out.

    Attributes:
        id: the same at every attempt; what came before under this id must not be done twice.
        workspace: where.
        fulfilment: what is to be carried out.
        url: where it goes, for what goes to an address.
        settings: the choice's, filled in when it was accepted.
        at: when this attempt is made, in microseconds.
        accepted: when the choice was accepted, in microseconds.
    """

    id: str
    workspace: str
    fulfilment: Fulfilment
    url: str | None
    settings: Mapping[str, Any]
    at: int
    accepted: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an errand.

    Attributes:
        state: `sent`: it is on its way, and whether it is completed by that is the choice's to say; `completed`;
            `failed`; `in_progress`: somebody will say how it ended.
        code: why it failed, for programs.
        message: why it failed, for people.
        page: the address of the page on which the person goes on.
    """

    state: Literal["sent", "completed", "failed", "in_progress"] = "sent"
    code: str = "failed"
    message: str = ""
    page: str | None = None


class Undelivered(Exception):
    """An attempt that came to nothing; the message says why, and holds nothing of a person.

    Attributes:
        final: whether another attempt would come to nothing too.
        after: seconds for which whoever was to take it wants to be left alone.
    """

    def __init__(self, message: str, *, final: bool = False, after: int = 0) -> None:
        super().__init__(message)
        self.final = final
        self.after = after


class Fulfiller(Protocol):
    """Carries out accepted choices."""

    async def fulfil(self, errand: Errand) -> Outcome:
        """Carries out an errand, or sets it going.

        Raises:
            Undelivered: it came to nothing; it is tried again later unless that says otherwise.
        """
        ...


#: Makes a fulfiller; what an entry point of the group `offerd.fulfillers` leads to.
Factory: TypeAlias = Callable[[Settings], Fulfiller]
