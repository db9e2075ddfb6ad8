"""The calendar in variables of devices: the day of the week, the time of day as four digits, the time in milliseconds.

All of them are in UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from offerd.apis.target.on_device.inexpressible import Inexpressible
from offerd.apis.target.on_device.logic import Logic, every, negated, variable
from offerd.model.instants import micros

#: Milliseconds since 1970, which Python clients round up to the second.
NOW = "current_timestamp"
_DAY = "current_day"
_CLOCK = "current_time"
_MICROS = 1_000
_HOURS = 24
_FIRST_YEAR, _LAST_YEAR = 1, 9_999

_Span = tuple[Logic, Logic]


def calendar(word: str, op: str, value: Any) -> Logic:
    """How a word of the calendar in UTC compares with a value.

    Args:
        word: `weekday`, `hour`, `date` or `year`.
        op: `=`, `!=`, `<`, `<=`, `>` or `>=`.
        value: a whole number; of `date`, text such as `2026-03-01`.

    Raises:
        Inexpressible: devices cannot tell.
    """
    if word == "weekday":
        return _of_number(op, variable(_DAY), _whole(value))
    if word == "hour":
        return _of_span(op, _hour(_whole(value)))
    if word == "date":
        return _of_span(op, _date(value))
    if word == "year":
        return _of_span(op, _year(_whole(value)))
    raise Inexpressible(f"devices do not know the {word}")


def window(starts: int | None, ends: int | None, now: int) -> Logic:
    """Whether it is within a window.

    Args:
        starts: its first instant in microseconds; None for always.
        ends: the instant at which it is over; None for never.
        now: when that is asked first; what lies before is not asked again.
    """
    begun = True if starts is None or starts <= now else since(starts)
    if ends is None:
        return begun
    return False if ends <= now else every((begun, negated(since(ends))))


def since(instant: int) -> Logic:
    """Whether an instant, in microseconds, has come."""
    return {"<=": [-(-instant // _MICROS), variable(NOW)]}


def _of_number(op: str, seen: Logic, value: int) -> Logic:
    equal: Logic = {"==": [value, seen]}
    made: dict[str, Callable[[], Logic]] = {
        "=": lambda: equal,
        "!=": lambda: negated(equal),
        "<": lambda: {"<": [seen, value]},
        "<=": lambda: {"<=": [seen, value]},
        ">": lambda: {">": [seen, value]},
        ">=": lambda: {">=": [seen, value]},
    }
    return made[op]()


def _of_span(op: str, span: _Span) -> Logic:
    """A comparison with a span of time, by whether it has begun and whether it is over."""
    begun, over = span
    made = {
        "=": every((begun, negated(over))),
        "!=": negated(every((begun, negated(over)))),
        "<": negated(begun),
        "<=": negated(over),
        ">": over,
        ">=": begun,
    }
    return made[op]


def _hour(value: int) -> _Span:
    return _time_of_day(value), _time_of_day(value + 1)


def _time_of_day(hour: int) -> Logic:
    if hour <= 0:
        return True
    return False if hour >= _HOURS else {"<=": [f"{hour:02}00", variable(_CLOCK)]}


def _date(value: Any) -> _Span:
    try:
        day = date.fromisoformat(value)
        if day.isoformat() != value:
            raise ValueError
        return _from(day), _from(day + timedelta(days=1))
    except (TypeError, ValueError, OverflowError):
        raise Inexpressible(f"{value!r} is no date") from None


def _year(value: int) -> _Span:
    return _new_year(value), _new_year(value + 1)


def _new_year(year: int) -> Logic:
    if year <= _FIRST_YEAR:
        return True
    return False if year > _LAST_YEAR else _from(date(year, 1, 1))


def _from(day: date) -> Logic:
    return since(micros(datetime(day.year, day.month, day.day, tzinfo=UTC)))


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise Inexpressible(f"{value!r} is no whole number")
    return value
