from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from offerd.services import ids
from offerd.services.catalogue.naming import SYSTEMS
from offerd.services.clock import ManualClock, SystemClock, instant, micros

MOMENT = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)


def test_a_manual_clock_moves_only_when_it_is_told() -> None:
    clock = ManualClock(MOMENT)
    assert instant(clock.now()) == MOMENT
    clock.advance(hours=1)
    clock.advance(timedelta(microseconds=1))
    assert instant(clock.now()) == MOMENT + timedelta(hours=1, microseconds=1)
    clock.set(5)
    assert clock.now() == 5
    assert micros(MOMENT) == 1_767_268_800_123_456


def test_the_system_clock_never_goes_back() -> None:
    clock = SystemClock()
    clock._last = 2**60
    assert clock.now() == 2**60


def test_time_ids_are_63_bits_and_sort_by_time() -> None:
    first, second = ids.time_id(micros(MOMENT)), ids.time_id(micros(MOMENT) + 1000)
    assert int(first, 16) < int(second, 16) < 2**63
    assert int(first, 16) >> 22 == micros(MOMENT) // 1000 - 1_288_834_974_657
    assert SYSTEMS["time"].fullmatch(first)


def test_uuids_of_version_1_carry_the_time() -> None:
    made = ids.uuids.UUID(ids.uuid1(micros(MOMENT)))
    assert made.version == 1
    assert (made.time - 0x01B21DD213814000) // 10 == micros(MOMENT)
    assert SYSTEMS["uuid"].fullmatch(str(made))
    assert ids.uuids.UUID(ids.uuid()).version == 4


def test_uuids_of_version_7_sort_as_they_were_given_whatever_the_clock_does() -> None:
    moments = [micros(MOMENT)] * 200 + [micros(MOMENT) + 1000, micros(MOMENT) - 5_000_000, micros(MOMENT) + 2_000_000]
    made = [ids.uuid7(moment) for moment in moments]
    assert sorted(set(made)) == made
    assert {(each.version, each.variant) for each in map(ids.uuids.UUID, made)} == {(7, ids.uuids.RFC_4122)}


def test_uuids_of_version_7_carry_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_ORDERED", ids._Ordered())
    made = ids.uuids.UUID(ids.uuid7(micros(MOMENT)))
    assert made.int >> 80 == micros(MOMENT) // 1000
    assert made.variant == ids.uuids.RFC_4122
