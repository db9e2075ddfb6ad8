from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offerd.engine.situation import CountKey, Reservation
from offerd.services.count import Count, Hold
from offerd.services.ledger import Ledger, Place, Ticket, places
from offerd.storage.protocols_counts import Book, HoldRow

NOW = 1_000_000_000


class Store:
    """Counts in memory."""

    def __init__(self) -> None:
        self.books: dict[str, Book] = {}
        self.read: list[str] = []

    def book(self, _workspace: str, profile: str) -> Book:
        self.read.append(profile)
        return self.books.get(profile, Book([], [], []))


def _key(profile: str = "", window: str = "") -> CountKey:
    return CountKey("o/c", "", profile, window)


def _want(limit: int | None = 2, *, amount: int = 1, profile: str = "", **rest: Any) -> Reservation:
    key = _key(profile, f"within:{rest['within']}" if rest.get("within") else "")
    return Reservation(key=key, amount=amount, limit=limit, offer="o", cap="c", **rest)


def _reserved(ledger: Ledger, *wanted: Reservation, now: int = NOW, proposition: str = "") -> Ticket | Place:
    return ledger.reserve("w", places(list(wanted), proposition=proposition), now)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store, people=3)  # type: ignore[arg-type]


def _used(ledger: Ledger, key: CountKey, now: int = NOW) -> int:
    return ledger.counts("w", now)[key]


def test_reserved_places_count_before_they_are_confirmed_and_not_after_they_are_released(ledger: Ledger) -> None:
    first, second = _reserved(ledger, _want()), _reserved(ledger, _want())
    assert isinstance(first, Ticket)
    assert isinstance(second, Ticket)
    assert isinstance(_reserved(ledger, _want()), Place)
    ledger.confirm(first, NOW)
    assert _used(ledger, _key()) == 2
    ledger.release(second)
    assert _used(ledger, _key()) == 1


def test_all_places_are_taken_or_none(ledger: Ledger) -> None:
    refused = _reserved(ledger, _want(), _want(profile="ann"), _want(1, amount=2))
    assert isinstance(refused, Place)
    assert refused.reservation.limit == 1
    assert _used(ledger, _key()) == _used(ledger, _key("ann")) == 0


def test_a_count_without_a_limit_never_refuses(ledger: Ledger) -> None:
    for _ in range(3):
        assert isinstance(_reserved(ledger, _want(None, amount=1000)), Ticket)


def test_people_leave_memory_when_it_is_full_but_not_while_something_is_reserved(ledger: Ledger, store: Store) -> None:
    ticket = _reserved(ledger, _want(profile="p0"))
    for index in range(1, 9):
        _used(ledger, _key(f"p{index}"))
    assert _used(ledger, _key("p0")) == 1
    assert store.read.count("p0") == 1
    assert isinstance(ticket, Ticket)
    ledger.confirm(ticket, NOW)
    for index in range(1, 9):
        _used(ledger, _key(f"p{index}"))
    _used(ledger, _key("p0"))
    assert store.read.count("p0") == 2


def test_a_fresh_profile_is_not_looked_up(ledger: Ledger, store: Store) -> None:
    ledger.fresh("w", "ann")
    assert _used(ledger, _key("ann")) == 0
    assert store.read == []


def test_stored_counts_are_read_once(ledger: Ledger, store: Store) -> None:
    hold = HoldRow(("o/c", "", "", ""), "p", "o", None, 3, NOW + 5)
    rolling = ("o/c", "", "", "within:10")
    store.books[""] = Book([(("o/c", "", "", ""), 4, None)], [(rolling, NOW - 5, 2, NOW + 9_999_995)], [hold])
    assert _used(ledger, _key()) == 7
    assert _used(ledger, _key(window="within:10")) == 2
    assert _used(ledger, _key(), NOW + 5) == 4
    assert store.read == [""]


def test_a_held_place_is_taken_by_its_interaction_or_given_back(ledger: Ledger) -> None:
    held = _reserved(ledger, _want(1, hold=100), proposition="p")
    assert isinstance(held, Ticket)
    ledger.confirm(held, NOW)
    assert isinstance(_reserved(ledger, _want(1), proposition="q"), Place)
    own = _reserved(ledger, _want(1), proposition="p")
    assert isinstance(own, Ticket)
    assert [hold.proposition for _, hold in own.freed] == ["p"]
    ledger.release(own)
    assert _used(ledger, _key()) == 1
    assert isinstance(_reserved(ledger, _want(0), proposition="p"), Place)
    assert _used(ledger, _key()) == 1
    assert ledger.counts("w", NOW, proposition="p", offer="o")[_key()] == 0
    assert _used(ledger, _key(), NOW + 100) == 0


def test_a_reading_remembers_what_was_read(ledger: Ledger) -> None:
    ticket = _reserved(ledger, _want())
    reading = ledger.counts("w", NOW)
    assert (reading.get(_key()), reading.get(_key("ann"), 7)) == (1, 0)
    assert isinstance(ticket, Ticket)
    ledger.release(ticket)
    assert reading[_key()] == 1
    assert (len(reading), set(reading)) == (2, {_key(), _key("ann")})
    assert reading.counted() == {_key(): 1}


def test_a_sweep_forgets_what_is_over(ledger: Ledger) -> None:
    for wanted in (_want(expires=NOW + 10), _want(within=1), _want(None)):
        ticket = _reserved(ledger, wanted)
        assert isinstance(ticket, Ticket)
        ledger.confirm(ticket, NOW)
    ledger.sweep(NOW + 2_000_000)
    assert ledger.look("w", _key(window="within:1")) is None


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 5)), max_size=30), st.integers(0, 120))
def test_a_rolling_count_is_what_lies_in_its_window(marks: list[tuple[int, int]], now: int) -> None:
    count = Count()
    for at, amount in marks:
        count.mark(at, amount, 20)
    wanted = sum(amount for at, amount in marks if now - 20 < at <= now)
    ahead = sum(amount for at, amount in marks if now < at)
    assert count.used(now) == wanted
    assert count.used(now, live=True) == wanted + ahead
    count.prune(now)
    assert count.used(now) == wanted
    assert count.used(now, live=True) == wanted + ahead


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 100), st.integers(1, 5)), max_size=30), st.integers(0, 120))
def test_a_held_count_is_what_did_not_run_out(holds: list[tuple[int, int, int]], now: int) -> None:
    count, kept = Count(), {}
    for name, expires, amount in holds:
        count.hold(Hold(_key(), str(name), "o", None, amount, expires))
        kept[name] = (expires, amount + kept.get(name, (0, 0))[1])
    wanted = sum(amount for expires, amount in kept.values() if expires > now)
    assert count.used(now) == wanted
    count.prune(now)
    assert count.used(now) == wanted
    for name in kept:
        count.free(str(name), "o")
    assert count.is_over(now)


def test_somebody_new_costs_no_look_at_everybody_who_is_known() -> None:
    class Watched(OrderedDict[Any, Any]):
        looked = 0

        def items(self) -> Any:
            for each in super().items():
                self.looked += 1
                yield each

    ledger = Ledger(Store(), people=1_000)  # type: ignore[arg-type]
    known = ledger._persons = Watched()
    for number in range(1_100):
        ledger.fresh("w", f"p{number}")
    assert (len(known), next(iter(known))) == (1_000, ("w", "p100"))
    assert known.looked == 100
