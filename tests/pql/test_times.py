"""The calendar: where periods begin, and moving by units over changes of the clocks."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from offerd.pql import times

NEW_YORK = ZoneInfo("America/New_York")
KOLKATA = ZoneInfo("Asia/Kolkata")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("millisecond", "2026-03-11T14:45:50.123-04:00"),
        ("second", "2026-03-11T14:45:50-04:00"),
        ("minute", "2026-03-11T14:45:00-04:00"),
        ("hour", "2026-03-11T14:00:00-04:00"),
        ("day", "2026-03-11T00:00:00-04:00"),
        ("week", "2026-03-08T00:00:00-05:00"),
        ("month", "2026-03-01T00:00:00-05:00"),
        ("year", "2026-01-01T00:00:00-05:00"),
        ("decade", "2020-01-01T00:00:00-05:00"),
        ("century", "2000-01-01T00:00:00-05:00"),
        ("millennium", "2000-01-01T00:00:00-05:00"),
    ],
)
def test_a_unit_begins_by_the_zones_clocks(unit: times.Unit, expected: str) -> None:
    moment = at("2026-03-11T14:45:50.123456-04:00")
    found = times.start(moment, unit, NEW_YORK)
    assert found == at(expected)
    assert found.tzinfo is UTC
    assert times.start(found, unit, NEW_YORK) == found
    assert times.start(found - timedelta(microseconds=1), unit, NEW_YORK) < found


def test_an_hour_begins_on_the_zones_own_hour() -> None:
    assert times.start(at("2026-03-11T14:45:00Z"), "hour", KOLKATA) == at("2026-03-11T14:30:00Z")


def test_a_sunday_begins_its_week_and_a_saturday_ends_it() -> None:
    assert times.start(at("2026-03-08T10:00:00Z"), "week", UTC) == at("2026-03-08T00:00:00Z")
    assert times.start(at("2026-03-14T23:59:59Z"), "week", UTC) == at("2026-03-08T00:00:00Z")


@pytest.mark.parametrize(
    "moment", ["2026-11-01T00:30:00-04:00", "2026-11-01T00:30:00-05:00", "2026-11-01T12:00:00-05:00"]
)
def test_a_day_whose_midnight_comes_twice_begins_at_the_first(moment: str) -> None:
    assert times.start(at(moment), "day", ZoneInfo("America/Havana")) == at("2026-11-01T00:00:00-04:00")


def test_the_hour_that_comes_twice_has_two_beginnings() -> None:
    assert times.start(at("2026-11-01T01:30:00-04:00"), "hour", NEW_YORK) == at("2026-11-01T01:00:00-04:00")
    assert times.start(at("2026-11-01T01:30:00-05:00"), "hour", NEW_YORK) == at("2026-11-01T01:00:00-05:00")


@pytest.mark.parametrize(
    ("begin", "count", "unit", "expected"),
    [
        ("2026-03-07T12:00:00-05:00", 1, "day", "2026-03-08T12:00:00-04:00"),
        ("2026-03-07T12:00:00-05:00", 24, "hour", "2026-03-08T13:00:00-04:00"),
        ("2026-03-08T12:00:00-04:00", -1, "day", "2026-03-07T12:00:00-05:00"),
        ("2026-03-07T02:30:00-05:00", 1, "day", "2026-03-08T03:30:00-04:00"),
        ("2026-03-07T12:00:00-05:00", 1, "week", "2026-03-14T12:00:00-04:00"),
        ("2026-01-31T12:00:00-05:00", 1, "month", "2026-02-28T12:00:00-05:00"),
        ("2026-01-31T12:00:00-05:00", 2, "month", "2026-03-31T12:00:00-04:00"),
        ("2026-01-31T12:00:00-05:00", -2, "month", "2025-11-30T12:00:00-05:00"),
        ("2026-12-01T12:00:00-05:00", 1, "month", "2027-01-01T12:00:00-05:00"),
        ("2024-02-29T12:00:00-05:00", 1, "year", "2025-02-28T12:00:00-05:00"),
        ("2024-02-29T12:00:00-05:00", 4, "year", "2028-02-29T12:00:00-05:00"),
        ("2024-02-29T12:00:00-05:00", 1, "decade", "2034-02-28T12:00:00-05:00"),
        ("2024-01-01T12:00:00-05:00", 1, "century", "2124-01-01T12:00:00-05:00"),
        ("2024-01-01T12:00:00-05:00", 1, "millennium", "3024-01-01T12:00:00-05:00"),
        ("2026-03-07T12:00:00Z", 5, "minute", "2026-03-07T12:05:00Z"),
        ("2026-03-07T12:00:00Z", -5, "second", "2026-03-07T11:59:55Z"),
        ("2026-03-07T12:00:00Z", 5, "millisecond", "2026-03-07T12:00:00.005Z"),
        ("2026-11-01T01:30:00-05:00", 0, "day", "2026-11-01T01:30:00-05:00"),
    ],
)
def test_moving_by_units(begin: str, count: int, unit: times.Unit, expected: str) -> None:
    assert times.shift(at(begin), count, unit, NEW_YORK) == at(expected)


@pytest.mark.parametrize(
    ("count", "unit"), [(9, "millennium"), (-9, "millennium"), (10**9, "day"), (10**12, "hour"), (-2100, "year")]
)
def test_the_calendar_ends(count: int, unit: times.Unit) -> None:
    with pytest.raises(OverflowError):
        times.shift(at("2026-03-07T12:00:00Z"), count, unit, UTC)


def test_the_last_and_the_first_year_can_be_reached() -> None:
    assert times.shift(at("2026-03-07T12:00:00Z"), 7973, "year", UTC).year == 9999
    assert times.shift(at("2026-03-07T12:00:00Z"), -2025, "year", UTC).year == 1


def test_the_first_decade_has_no_beginning() -> None:
    with pytest.raises(OverflowError):
        times.start(at("0005-03-07T12:00:00Z"), "decade", UTC)
    assert times.start(at("0015-03-07T12:00:00Z"), "decade", UTC) == at("0010-01-01T00:00:00Z")


def test_words_and_periods() -> None:
    now = at("2026-03-08T18:30:00Z")
    assert times.word("now", now, NEW_YORK) == now
    assert times.word("today", now, NEW_YORK) == at("2026-03-08T00:00:00-05:00")
    assert times.word("tomorrow", now, NEW_YORK) == at("2026-03-09T00:00:00-04:00")
    assert times.word("yesterday", now, NEW_YORK) == at("2026-03-07T00:00:00-05:00")
    assert times.period("this", "month", now, NEW_YORK) == at("2026-03-01T00:00:00-05:00")
    assert times.period("next", "month", now, NEW_YORK) == at("2026-04-01T00:00:00-04:00")
    assert times.period("last", "month", now, NEW_YORK) == at("2026-02-01T00:00:00-05:00")


def test_a_part_of_a_moment_beyond_the_zones_calendar_is_null() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    assert times.part("year", last, UTC) == 9999
    assert times.part("year", last, timezone(timedelta(hours=1))) is None


@pytest.mark.parametrize(
    "value",
    ["2026-03-08", date(2026, 3, 8), datetime(2026, 3, 8), datetime(2026, 3, 8, tzinfo=NEW_YORK), 1_772_946_000_000],  # noqa: DTZ001
)
def test_whatever_is_a_time_is_given_in_utc(value: object) -> None:
    found = times.instant(value, NEW_YORK)
    assert found == at("2026-03-08T05:00:00Z")
    assert found.tzinfo is UTC


def test_a_time_is_at_most_64_characters_long() -> None:
    longest = "2026-03-08T05:00:00." + "0" * 43 + "Z"
    assert len(longest) == 64
    assert times.instant(longest, UTC) == at("2026-03-08T05:00:00Z")
    assert times.instant(longest.replace("Z", "0Z"), UTC) is None


def test_the_edges_of_what_is_a_time() -> None:
    assert times.instant("9999-12-31T23:59:59-01:00", UTC) is None
    assert times.instant("0001-01-01T00:00:00+01:00", UTC) is None
    assert times.instant("0001-01-01", UTC) == datetime.min.replace(tzinfo=UTC)
    assert times.instant("0001-01-01", timezone(timedelta(hours=1))) is None
    assert times.day(1, 1, 1, timezone(timedelta(hours=1))) is None
    assert times.day(2026, 1, True, UTC) is None
    assert times.instant(-1, UTC) == at("1969-12-31T23:59:59.999Z")
