"""Times: how data is read as one, the calendar's periods, and moving by units. All in UTC, but for the calendar."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta, tzinfo
from typing import Any

from offerd.pql.ast import MomentWord, PeriodWord, Unit
from offerd.pql.scope import Scope
from offerd.pql.values import is_list

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:?\d\d)?)?", re.ASCII)
_LONGEST = 64
_EXACT: dict[str, timedelta] = {
    "millisecond": timedelta(milliseconds=1),
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
}
_MONTHS = {"month": 1, "year": 12, "decade": 120, "century": 1200, "millennium": 12000}
_YEARS = {"decade": 10, "century": 100, "millennium": 1000}
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_PERIODS = {"last": -1, "this": 0, "next": 1}


def instant(value: Any, zone: tzinfo) -> datetime | None:
    """Read a value as a time.

    Args:
        value: RFC 3339 text, a datetime, a date, or a number of milliseconds since 1970.
        zone: what a text or a datetime without an offset is in; a bare date is the start of its day there.

    Returns:
        The time in UTC, or None when the value is not one.
    """
    try:
        if isinstance(value, datetime):
            return utc(value, zone)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=zone).astimezone(UTC)
        if isinstance(value, str):
            return _read(value, zone)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _EPOCH + timedelta(milliseconds=value)
    except (ValueError, OverflowError):
        return None
    return None


def _read(text: str, zone: tzinfo) -> datetime | None:
    if len(text) > _LONGEST or _RFC_3339.fullmatch(text) is None:
        return None
    return utc(datetime.fromisoformat(text.upper()), zone)


def utc(value: datetime, zone: tzinfo) -> datetime:
    """Bring a time to UTC; one without an offset is in the zone."""
    return (value if value.tzinfo is not None else value.replace(tzinfo=zone)).astimezone(UTC)


def day(year: Any, month: Any, number: Any, zone: tzinfo) -> datetime | None:
    """Give the start of a day in the zone, or None when there is no such day."""
    if any(type(each) is not int for each in (year, month, number)):
        return None
    try:
        return datetime(year, month, number, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def word(which: MomentWord, now: datetime, zone: tzinfo) -> datetime:
    """Give the moment that a word stands for: `now`, or the start of a day.

    Raises:
        OverflowError: the calendar ends before it.
    """
    if which == "now":
        return now
    return shift(start(now, "day", zone), _DAYS[which], "day", zone)


def period(which: PeriodWord, unit: Unit, now: datetime, zone: tzinfo) -> datetime:
    """Give the start of this, the last or the next unit.

    Raises:
        OverflowError: the calendar ends before it.
    """
    return shift(start(now, unit, zone), _PERIODS[which], unit, zone)


def start(moment: datetime, unit: Unit, zone: tzinfo) -> datetime:
    """Give the start of the unit that a moment is in; weeks begin on Sunday, centuries in years like 1900.

    Raises:
        OverflowError: the calendar begins after it.
    """
    local = moment.astimezone(zone)
    if unit == "millisecond":
        return (local - timedelta(microseconds=local.microsecond % 1000)).astimezone(UTC)
    if unit in _EXACT:
        minute = 0 if unit == "hour" else local.minute
        second = local.second if unit == "second" else 0
        return local.replace(minute=minute, second=second, microsecond=0).astimezone(UTC)
    first = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None, fold=0)
    if unit == "week":
        first -= timedelta(days=first.isoweekday() % 7)
    elif unit == "month":
        first = first.replace(day=1)
    elif unit == "year":
        first = first.replace(month=1, day=1)
    elif unit in _YEARS:
        year = first.year - first.year % _YEARS[unit]
        if year < MINYEAR:
            raise OverflowError("before the first year")
        first = first.replace(year=year, month=1, day=1)
    return utc(first, zone)


def shift(moment: datetime, count: int, unit: Unit, zone: tzinfo) -> datetime:
    """Move a moment by units: hours and shorter by their length, days and longer by the zone's calendar.

    A day that the month does not have becomes its last one. A time of day that a change of the clocks skips
    moves on by what was skipped.

    Raises:
        OverflowError: the calendar ends before it.
    """
    if count == 0:
        return moment
    if unit in _EXACT:
        return moment + _EXACT[unit] * count
    local = moment.astimezone(zone).replace(tzinfo=None)
    if unit in _MONTHS:
        years, month = divmod(local.month - 1 + count * _MONTHS[unit], 12)
        year = local.year + years
        if not MINYEAR <= year <= MAXYEAR:
            raise OverflowError("beyond the calendar")
        last = calendar.monthrange(year, month + 1)[1]
        local = local.replace(year=year, month=month + 1, day=min(local.day, last))
    else:
        local += timedelta(days=count * (7 if unit == "week" else 1))
    return utc(local, zone)


def part(name: str, moment: datetime, zone: tzinfo) -> int | None:
    """Read the `year`, `month` or `day` of a moment off the zone's calendar; null where that has none."""
    try:
        return int(getattr(moment.astimezone(zone), name))
    except OverflowError:
        return None


def reader(name: str) -> Callable[[Scope, Any], Any]:
    """Make `getMonth`, `getYear` or `getDayOfMonth`: null for what is no time, a list for a list."""

    def single(scope: Scope, value: Any) -> int | None:
        scope.spend(1)
        read = instant(value, scope.zone)
        return None if read is None else part(name, read, scope.zone)

    def run(scope: Scope, value: Any) -> Any:
        if not is_list(value):
            return single(scope, value)
        return [found for each in value if (found := single(scope, each)) is not None]

    return run
