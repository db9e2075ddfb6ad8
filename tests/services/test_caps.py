"""Windows of caps through the ledger, the clock and restarts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from offerd.model.decision import Decision

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.anyio


async def _with_cap(shop: Shop, **cap: Any) -> None:
    await shop.offer(caps=[{"id": "c", "limit": 1, **cap}])


async def test_a_calendar_day_ends_at_midnight_of_the_caps_zone(shop: Shop) -> None:
    await _with_cap(shop, every="day", zone="America/New_York")
    shop.clock.set(datetime(2026, 3, 1, 4, 59, tzinfo=UTC))
    assert [await shop.given(), await shop.given()] == [["o"], []]
    await shop.restart()
    assert await shop.given() == []
    shop.clock.advance(minutes=1)
    assert [await shop.given(), await shop.given()] == [["o"], []]
    assert [row["window"] for row in shop.rows("counts")] == ["day:2026-02-28", "day:2026-03-01"]


async def test_a_week_begins_on_sunday(shop: Shop) -> None:
    await _with_cap(shop, every="week")
    shop.clock.set(datetime(2026, 1, 3, 23, 59, tzinfo=UTC))  # a Saturday
    assert [await shop.given(), await shop.given()] == [["o"], []]
    shop.clock.advance(minutes=1)
    assert await shop.given() == ["o"]


async def test_a_month_is_a_calendar_month(shop: Shop) -> None:
    await _with_cap(shop, every="month", per="profile")
    shop.clock.set(datetime(2026, 2, 28, 23, 59, tzinfo=UTC))
    assert [await shop.given("ann"), await shop.given("ann"), await shop.given("bob")] == [["o"], [], ["o"]]
    shop.clock.advance(minutes=1)
    assert await shop.given("ann") == ["o"]


async def test_a_rolling_time_ends_now(shop: Shop) -> None:
    await _with_cap(shop, within="24 hours", limit=2)
    assert await shop.given() == ["o"]
    shop.clock.advance(hours=12)
    assert [await shop.given(), await shop.given()] == [["o"], []]
    await shop.restart()
    shop.clock.advance(hours=11, minutes=59)
    assert await shop.given() == []
    shop.clock.advance(minutes=1)
    assert [await shop.given(), await shop.given()] == [["o"], []]
    await shop.restart()
    assert await shop.given() == []
    shop.clock.advance(hours=12)
    assert await shop.given() == ["o"]


async def test_a_rolling_cap_of_a_profile_is_there_after_a_restart(shop: Shop) -> None:
    await _with_cap(shop, within="1 hour", per="profile")
    await shop.ask("ann")
    await shop.restart()
    assert [await shop.given("ann"), await shop.given("bob")] == [[], ["o"]]


async def test_a_dry_run_looks_at_the_counts_of_its_moment(shop: Shop) -> None:
    await _with_cap(shop, within="1 hour")
    await shop.ask()
    assert await shop.given(dryRun=True) == []
    assert await shop.given(dryRun=True, at="2026-01-01T12:59:59Z") == []
    assert await shop.given(dryRun=True, at="2026-01-01T13:00:00Z") == ["o"]
    assert await shop.given(dryRun=True, at="2026-01-01T11:00:00Z") == ["o"]
    assert await shop.given() == []


async def test_a_count_survives_edits_of_its_cap(shop: Shop) -> None:
    await _with_cap(shop, limit=2)
    await shop.ask()
    await _with_cap(shop, limit=3)
    answers = [await shop.given() for _ in range(3)]
    assert answers == [["o"], ["o"], []]


async def test_caps_with_one_key_share_a_count(shop: Shop) -> None:
    def offer(priority: int) -> dict[str, Any]:
        caps = [{"id": "c", "key": "shared", "limit": 2, "per": "profile"}]
        return {"status": "approved", "priority": priority, "content": {"p": {"html": "x"}}, "caps": caps}

    await shop.apply(offers={"x": offer(2), "y": offer(1)})
    assert [await shop.given("ann") for _ in range(3)] == [["x"], ["x"], []]


async def test_each_placement_may_have_its_own_count(shop: Shop) -> None:
    html = {"html": "x"}
    document = {
        "placements": {"p": {}, "q": {}},
        "offers": {"o": {"status": "approved", "content": {"p": html, "q": html}, "caps": [
            {"id": "c", "limit": 1, "placements": "each"}]}},
        "activities": {"a": {"status": "live", "placements": ["p", "q"], "selections": [{"offers": ["o"]}]}},
    }  # fmt: skip
    await shop.house.catalogue.apply("default", document, author="test")
    answers = [await shop.given(asks=[{"placement": place}]) for place in ("p", "p", "q", "q")]
    assert answers == [["o"], [], ["o"], []]


async def test_one_request_counts_for_its_later_asks(shop: Shop) -> None:
    await _with_cap(shop, per="profile")
    decision: Decision = await shop.ask("ann", asks=[{"placement": "p"}, {"placement": "p"}], duplicates=True)
    assert [len(each.items) for each in decision.propositions] == [1, 0]


@pytest.mark.parametrize("cap", [{"every": "day"}, {"within": "1 hour"}])
async def test_a_clock_that_was_put_back_gives_nothing_again(shop: Shop, cap: dict[str, str]) -> None:
    await _with_cap(shop, **cap)
    assert await shop.given() == ["o"]
    begun = shop.clock.now()
    shop.clock.advance(hours=23)
    await shop.house.jobs.drain()
    shop.clock.set(begun - 1)
    await shop.restart()
    assert await shop.given() == []


async def test_a_sweep_removes_what_expired_and_nothing_else(shop: Shop) -> None:
    caps = [
        {"id": "life", "limit": 9},
        {"id": "day", "limit": 9, "every": "day"},
        {"id": "roll", "limit": 9, "within": "1 hour"},
        {"id": "hold", "limit": 9, "counts": "accept", "hold": "1 hour"},
    ]
    await shop.offer(caps=caps)
    await shop.ask("ann")
    shop.clock.advance(days=2)  # what expired is kept for a day, in case the clock is put back
    await shop.house.jobs.drain()
    assert [row["cap"] for table in ("counts", "moments", "holds") for row in shop.rows(table)] == ["o/life"]
    assert await shop.given("ann") == ["o"]
