"""Cursors of lists that are ordered by time: opaque to clients, stable while rows are added."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from offerd.model.instants import micros
from offerd.services.errors import Unprocessable


class _Row(Protocol):
    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=_Row)


def cut(found: Sequence[R], limit: int, at: Callable[[R], int | datetime | None]) -> tuple[list[R], str | None]:
    """A page of rows, and the cursor after it; None after the last page.

    Args:
        found: one row more than the page may have, where there are so many.
        limit: how many the page may have.
        at: the moment that a row is listed by.
    """
    page = list(found[:limit])
    moment = at(page[-1]) if len(found) > limit else None
    if moment is None:
        return page, None
    marked = f"{moment if isinstance(moment, int) else micros(moment)}:{page[-1].id}"
    return page, base64.urlsafe_b64encode(marked.encode()).decode().rstrip("=")


def unmarked(cursor: str | None) -> tuple[int, str] | None:
    """The row that a cursor stands after.

    Raises:
        Unprocessable: it is none of ours.
    """
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, name = text.partition(":")
        return int(at), name
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise Unprocessable("The cursor is not one that this list gave", "/cursor") from None
