"""Cursors of lists that are ordered by time: opaque to clients, stable while rows are added."""

from __future__ import annotations

import base64
import binascii

from offerd.services.errors import Unprocessable


def marked(at: int, name: str) -> str:
    """The cursor after a row."""
    return base64.urlsafe_b64encode(f"{at}:{name}".encode()).decode().rstrip("=")


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
