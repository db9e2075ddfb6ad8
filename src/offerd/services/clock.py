"""The one clock, which tests set."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Protocol

from offerd.model.instants import instant, micros

__all__ = ["Clock", "ManualClock", "SystemClock", "instant", "micros"]


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> int:
        """Microseconds since 1970 in UTC."""
        ...


class SystemClock:
    """The machine's clock, which never goes back while the process runs."""

    def __init__(self) -> None:
        self._last = 0

    def now(self) -> int:
        """Microseconds since 1970 in UTC."""
        self._last = max(self._last, time.time_ns() // 1000)
        return self._last


class ManualClock:
    """A clock that stands still until it is moved.

    Args:
        start: microseconds since 1970 in UTC, or an aware datetime.
    """

    def __init__(self, start: int | datetime = 1_767_225_600_000_000) -> None:
        self._now = _micros(start)

    def now(self) -> int:
        """Microseconds since 1970 in UTC."""
        return self._now

    def set(self, moment: int | datetime) -> None:
        """Moves to a moment."""
        self._now = _micros(moment)

    def advance(self, by: timedelta | None = None, **parts: float) -> None:
        """Moves on by a timedelta, or by the parts of one: `advance(hours=2)`."""
        self._now += (by or timedelta(**parts)) // timedelta(microseconds=1)


def _micros(moment: int | datetime) -> int:
    return micros(moment) if isinstance(moment, datetime) else moment
