"""Lengths of time and calendar periods: which count of a cap an instant belongs to."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from offerd.model.instants import instant, micros

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
#: Sunday; periods of several days or weeks are counted from here, periods of months from January of year 0.
_ANCHOR = date(1970, 1, 4).toordinal()
_MONTHS = 12


def seconds(duration: str) -> int:
    """The seconds of a length of time such as `14 days`."""
    amount, unit = duration.split(" ")
    return int(amount) * _SECONDS[unit.removesuffix("s")]


def local(at: int, zone: ZoneInfo) -> datetime:
    """The local time of an instant; in UTC where the calendar ends before the zone's offset is added."""
    moment = instant(at)
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


class Period(msgspec.Struct, frozen=True):
    """Calendar days, weeks (from Sunday) or months in a zone, one or several at a time.

    Periods of several units follow each other without a gap since a fixed day: days and weeks since Sunday, 4 January
    1970, months since January of year 0, so `3 months` are the quarters of the year and `6 months` its halves.

    Attributes:
        unit: `day`, `week` or `month`.
        every: how many of them.
        zone: whose midnight begins a day.
    """

    unit: Literal["day", "week", "month"]
    every: int
    zone: ZoneInfo

    @classmethod
    def read(cls, text: str, zone: ZoneInfo) -> Period:
        """The period that `day`, `2 weeks` or `3 months` says."""
        found = re.fullmatch(r"(?:(\d+) )?(day|week|month)s?", text)
        if found is None:
            raise ValueError(f"{text} is not a calendar period")
        return cls(found[2], int(found[1] or 1), zone)  # type: ignore[arg-type]

    def window(self, now: int) -> tuple[str, int | None]:
        """The name of the period that `now` is in, and when it ends in microseconds (None: after the calendar).

        The name has the first day, such as `day:2026-11-20`; several units say how many, such as `2-week:2026-11-15`.
        """
        first, after = self._days(local(now, self.zone).date())
        name = self.unit if self.every == 1 else f"{self.every}-{self.unit}"
        return f"{name}:{first.isoformat()}", self._midnight(after)

    def _days(self, today: date) -> tuple[date, date | None]:
        """The first day of the period, and the first of the next one."""
        if self.unit == "month":
            first = (today.year * _MONTHS + today.month - 1) // self.every * self.every
            return _month(first) or date.min, _month(first + self.every)
        length = self.every * (7 if self.unit == "week" else 1)
        begin = _ANCHOR + (today.toordinal() - _ANCHOR) // length * length
        return _day(begin) or date.min, _day(begin + length)

    def _midnight(self, day: date | None) -> int | None:
        """When a day begins in the zone; where the clocks skip midnight, the instant that it would have been."""
        return None if day is None else micros(datetime.combine(day, time(), self.zone))


def _month(index: int) -> date | None:
    year, month = divmod(index, _MONTHS)
    return date(year, month + 1, 1) if date.min.year <= year <= date.max.year else None


def _day(ordinal: int) -> date | None:
    return date.fromordinal(ordinal) if 1 <= ordinal <= date.max.toordinal() else None
