"""Traffic shares: the hash, the allocation, the ranges."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offerd.engine import ModelState
from offerd.engine.traffic import allocation, enters, murmur, pick, tie

MASK = 0xFFFFFFFF


def reference(text: str) -> int:
    """MurmurHash3 x86 over UTF-16 code units, two of them a block, written out."""
    units = [
        int.from_bytes(pair, "little")
        for pair in zip(*[iter(text.encode("utf-16-le", "surrogatepass"))] * 2, strict=True)
    ]
    state = 0

    def mixed(block: int) -> int:
        block = block * 0xCC9E2D51 & MASK
        return ((block << 15 | block >> 17) & MASK) * 0x1B873593 & MASK

    for low, high in zip(units[::2], units[1::2], strict=False):
        state ^= mixed(low | high << 16)
        state = ((state << 13 | state >> 19) & MASK) * 5 + 0xE6546B64 & MASK
    if len(units) % 2:
        state ^= mixed(units[-1])
    state ^= 2 * len(units)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        state = (state ^ state >> shift) * factor & MASK
    return state - (1 << 32) if state & 0x80000000 else state


def test_a_known_hash() -> None:
    assert murmur("acmeclient.1111.702ff4d0-83b1-4e2e-a0a6-22cbe460eb15.experience") == -919077116


@given(st.text())
def test_the_hash_is_the_reference(text: str) -> None:
    assert murmur(text) == reference(text)


@pytest.mark.parametrize(("unit", "at"), [("ecid123", "29.06"), ("tntId123", "21.94"), ("thirtPartyId123", "73.15")])
def test_known_allocations(unit: str, at: str) -> None:
    assert allocation("someClientId", "123456", unit, "salty") == Decimal(at)


@given(st.text(), st.text())
def test_an_allocation_is_a_hundredth_from_0_to_99_99(unit: str, salt: str) -> None:
    at = allocation("w", "a", unit, salt)
    assert at == round(abs(murmur(f"w.a.{unit}.{salt}")) % 10000 / 100, 2) or float(at) == round(
        abs(murmur(f"w.a.{unit}.{salt}")) % 10000 / 100, 2
    )
    assert 0 <= at < 100


def test_half_a_character_has_a_hash_too() -> None:
    assert murmur("u\ud800v") == reference("u\ud800v")


def test_the_first_salt_is_0() -> None:
    assert allocation("w", "a", "u") == allocation("w", "a", "u", "0")


@pytest.mark.parametrize(
    ("at", "percent", "inside"),
    [("0", "0", False), ("0", "0.01", True), ("50", "50", True), ("50.01", "50", False), ("99.99", "100", True)],
)
def test_entry_is_closed_above_and_0_lets_no_one_in(at: str, percent: str, inside: bool) -> None:
    assert enters(Decimal(at), Decimal(percent)) is inside


@pytest.mark.parametrize(
    ("at", "shares", "percent", "index"),
    [
        ("0", [50, 50], 100, 0),
        ("50", [50, 50], 100, 0),
        ("50.01", [50, 50], 100, 1),
        ("99.99", [50, 50], 100, 1),
        ("0", [0, 0, 100], 100, 2),
        ("34", [34, 33, 33], 100, 0),
        ("34.01", [34, 33, 33], 100, 1),
        ("67", [34, 33, 33], 100, 1),
        ("67.01", [34, 33, 33], 100, 2),
        ("50", [1, 1], 100, 0),
        ("25", [50, 50], 50, 0),
        ("25.01", [50, 50], 50, 1),
        ("10", [0, 0], 100, None),
        ("10", [], 100, None),
        ("10", [-5, 1], 100, 1),
        ("99.99", [100, 0], 100, 0),
        ("99.99", [1, 1], 50, 1),
    ],
)
def test_the_range_that_an_allocation_falls_into(at: str, shares: list[int], percent: int, index: int | None) -> None:
    assert pick(Decimal(at), [Decimal(share) for share in shares], Decimal(percent)) == index


def test_without_a_percentage_the_shares_fill_the_whole() -> None:
    assert pick(Decimal("50.01"), [Decimal(1), Decimal(1)]) == 1


def test_a_model_s_scores_are_shares_where_they_are_above_0_and_finite(tools: Any) -> None:
    names = ["good", "negative", "nan", "infinite", "zero", "unknown"]
    document = {
        "placements": {"p": {"content": []}},
        "offers": {name: {"status": "approved"} for name in names},
        "activities": {
            "A": {
                "status": "live",
                "placements": ["p"],
                "selections": [{"offers": names, "rank": {"by": "traffic", "model": "m"}}],
            }
        },
    }
    scores = {"good": 0.25, "negative": -1.0, "nan": float("nan"), "infinite": float("inf"), "zero": 0.0}
    models = {"m": ModelState(version=1, scores=scores)}
    units = [f"u{number}" for number in range(20)]
    assert {str(tools.given(document, {"activity": "A"}, models=models, unit=unit)) for unit in units} == {"[['good']]"}
    evenly = {str(tools.given(document, {"activity": "A"}, unit=f"u{number}")) for number in range(80)}
    assert evenly == {f"[['{name}']]" for name in names}


def test_ties_go_by_the_seed_and_the_offer() -> None:
    assert tie("s", "a") != tie("s", "b")
    assert tie("s", "a") != tie("t", "a")
    assert tie("s", "a") == tie("s", "a")


@pytest.mark.parametrize(
    ("seed", "offer", "number"),
    [("s", "a", 423494028), ("s", "b", 582488545), ("season", "café", -1233181849), ("s", "\ud800", 834647973)],
)
def test_an_order_by_the_seed_stays_from_version_to_version(seed: str, offer: str, number: int) -> None:
    assert tie(seed, offer) == number


def test_equal_scores_come_in_an_order_that_only_the_seed_changes(tools: Any) -> None:
    names = [f"o{number}" for number in range(8)]
    document = {
        "placements": {"p": {"content": [], "count": "all"}},
        "offers": {name: {"status": "approved"} for name in names},
        "activities": {
            "A": {"status": "live", "placements": ["p"], "selections": [{"offers": names}]},
            "B": {"status": "live", "placements": ["p"], "selections": [{"offers": names[::-1]}]},
        },
    }
    orders = set()
    for seed in ("1", "2", "3"):
        one, other = tools.given(document, {"activity": "A"}, {"activity": "B"}, seed=seed, duplicates=True)
        assert one == other == sorted(names, key=lambda name: tie(seed, name))
        orders.add(tuple(one))
    assert len(orders) == 3
