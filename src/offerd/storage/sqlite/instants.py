"""Instants as columns hold them: microseconds since 1970 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(at: int) -> datetime:
    """The aware UTC datetime of a column."""
    return _EPOCH + timedelta(microseconds=at)


def micros(at: datetime) -> int:
    """The column of an aware datetime."""
    return (at - _EPOCH) // timedelta(microseconds=1)
