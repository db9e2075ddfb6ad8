"""Calendar periods: which one an instant is in, across time zones and changes of the clock."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offerd.engine.periods import Period, local, seconds
from offerd.model.instants import micros

UTC = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("1 second", 1),
        ("90 seconds", 90),
        ("2 minutes", 120),
        ("24 hours", 86400),
        ("1 day", 86400),
        ("2 weeks", 1209600),
    ],
)
def test_the_seconds_of_a_duration(text: str, length: int) -> None:
    assert seconds(text) == length


def test_an_instant_is_a_whole_number_of_microseconds_to_the_end_of_the_calendar() -> None:
    last = micros(datetime.max.replace(tzinfo=ZoneInfo("UTC")))
    assert last == 253_402_300_799_999_999
    assert type(last) is int


@pytest.mark.parametrize(
    ("text", "at", "zone", "name", "end"),
    [
        ("day", "2026-11-20T00:00:00Z", "UTC", "day:2026-11-20", "2026-11-21T00:00:00Z"),
        ("day", "2026-11-20T23:59:59.999999Z", "UTC", "day:2026-11-20", "2026-11-21T00:00:00Z"),
        ("day", "2026-11-20T03:00:00Z", "America/New_York", "day:2026-11-19", "2026-11-20T05:00:00Z"),
        ("day", "2026-03-29T00:30:00Z", "Europe/Berlin", "day:2026-03-29", "2026-03-29T22:00:00Z"),
        ("day", "2026-10-25T00:30:00Z", "Europe/Berlin", "day:2026-10-25", "2026-10-25T23:00:00Z"),
        ("day", "2026-10-24T22:00:00Z", "Europe/Berlin", "day:2026-10-25", "2026-10-25T23:00:00Z"),
        ("week", "2026-11-20T12:00:00Z", "UTC", "week:2026-11-15", "2026-11-22T00:00:00Z"),
        ("week", "2026-11-15T00:00:00Z", "UTC", "week:2026-11-15", "2026-11-22T00:00:00Z"),
        ("week", "2026-11-14T23:59:59Z", "UTC", "week:2026-11-08", "2026-11-15T00:00:00Z"),
        ("month", "2026-11-30T23:59:59Z", "UTC", "month:2026-11-01", "2026-12-01T00:00:00Z"),
        ("month", "2026-12-01T00:00:00Z", "UTC", "month:2026-12-01", "2027-01-01T00:00:00Z"),
        ("1 day", "2026-11-20T00:00:00Z", "UTC", "day:2026-11-20", "2026-11-21T00:00:00Z"),
        ("2 days", "1970-01-04T00:00:00Z", "UTC", "2-day:1970-01-04", "1970-01-06T00:00:00Z"),
        ("2 days", "1970-01-03T00:00:00Z", "UTC", "2-day:1970-01-02", "1970-01-04T00:00:00Z"),
        ("2 weeks", "1970-01-17T23:00:00Z", "UTC", "2-week:1970-01-04", "1970-01-18T00:00:00Z"),
        ("3 months", "2026-11-20T00:00:00Z", "UTC", "3-month:2026-10-01", "2027-01-01T00:00:00Z"),
        ("6 months", "2026-11-20T00:00:00Z", "UTC", "6-month:2026-07-01", "2027-01-01T00:00:00Z"),
        ("12 months", "2026-11-20T00:00:00Z", "UTC", "12-month:2026-01-01", "2027-01-01T00:00:00Z"),
        ("day", "9999-12-31T12:00:00Z", "UTC", "day:9999-12-31", None),
        ("month", "9999-12-31T12:00:00Z", "UTC", "month:9999-12-01", None),
        ("week", "9999-12-31T23:00:00Z", "Asia/Tokyo", "week:9999-12-26", None),
        ("month", "0001-01-10T00:00:00Z", "UTC", "month:0001-01-01", "0001-02-01T00:00:00Z"),
        ("month", "0001-05-10T00:00:00Z", "UTC", "month:0001-05-01", "0001-06-01T00:00:00Z"),
        ("999 weeks", "0001-01-01T00:00:00Z", "UTC", "999-week:0001-01-01", None),
    ],
)
def test_the_window_of_an_instant(tools: Any, *, text: str, at: str, zone: str, name: str, end: str | None) -> None:
    found, ends = Period.read(text, ZoneInfo(zone)).window(tools.micros(at))
    assert found == name
    if text != "999 weeks":
        assert ends == (None if end is None else tools.micros(end))


def test_a_period_that_is_none() -> None:
    with pytest.raises(ValueError, match="fortnight is not a calendar period"):
        Period.read("fortnight", UTC)


@given(
    st.integers(0, 4_000_000_000_000_000),
    st.sampled_from(["day", "3 days", "week", "5 weeks", "month", "5 months"]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "America/Santiago"]),
)
def test_a_window_ends_after_the_instant_and_the_next_one_begins_there(now: int, text: str, zone: str) -> None:
    period = Period.read(text, ZoneInfo(zone))
    name, end = period.window(now)
    assert end is not None
    assert end > now
    assert period.window(end)[0] != name
    assert period.window(end - 1)[0] == name


def test_the_local_time_at_the_end_of_the_calendar(tools: Any) -> None:
    assert local(tools.micros("9999-12-31T23:00:00Z"), ZoneInfo("Asia/Tokyo")).hour == 23
    assert local(tools.micros("2026-01-01T23:00:00Z"), ZoneInfo("Asia/Tokyo")).hour == 8
