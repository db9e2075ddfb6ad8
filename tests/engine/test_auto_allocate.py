"""Auto-allocation: the split that follows from what was seen."""

from __future__ import annotations

import math
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offerd.engine import Tried, allocate
from offerd.engine.auto_allocate import bounded, confidence

seen = st.integers(0, 20_000).flatmap(
    lambda visitors: st.builds(Tried, st.just(visitors), st.integers(0, max(visitors, 0)))
)
several = st.lists(seen, min_size=1, max_size=6).map(lambda each: {f"e{n}": one for n, one in enumerate(each)})


def test_nobody_knows_anything_at_first() -> None:
    assert allocate({}).shares == {}
    assert allocate({"a": Tried(0, 0)}) == ("warm-up", {"a": 100.0}, None, None, {})
    assert allocate({"a": Tried(0, 0), "b": Tried(0, 0)}).shares == {"a": 50.0, "b": 50.0}


@pytest.mark.parametrize("lacking", [Tried(999, 400), Tried(5_000, 49)])
def test_warming_up_lasts_until_each_has_enough(lacking: Tried) -> None:
    tried = {"a": Tried(9_000, 3_000), "b": Tried(1_000, 50), "c": lacking}
    assert allocate(tried).phase == "warm-up"
    assert set(allocate(tried).shares.values()) == {100 / 3}
    assert allocate({**tried, "c": Tried(1_000, 50)}).phase != "warm-up"


def test_most_goes_to_the_best_and_to_who_may_be_better_still() -> None:
    # d has the lower rate of the two, and may have the higher one, since so few saw it.
    tried = {"a": Tried(4_000, 400), "b": Tried(4_000, 600), "c": Tried(9_000, 1_260), "d": Tried(1_000, 135)}
    made = allocate(tried)
    assert (made.phase, made.best) == ("leaning", "b")
    assert bounded(tried["d"])[2] > bounded(tried["c"])[2]
    assert made.shares == {"a": 5.0, "b": 45.0, "c": 5.0, "d": 45.0}


def test_a_winner_gets_the_greater_part_alone() -> None:
    made = allocate({"a": Tried(2_000, 200), "b": Tried(2_000, 800), "c": Tried(2_000, 300), "d": Tried(2_000, 100)})
    assert (made.phase, made.best) == ("winner", "b")
    assert made.shares == {"a": 5.0, "b": 85.0, "c": 5.0, "d": 5.0}


@pytest.mark.parametrize(
    ("conversions", "phase", "shares"),
    [(505, "even", (50.0, 50.0)), (540, "leaning", (100 / 3, 200 / 3)), (580, "winner", (10.0, 90.0))],
)
def test_of_two_the_confidence_decides(conversions: int, phase: str, shares: tuple[float, float]) -> None:
    made = allocate({"a": Tried(5_000, 500), "b": Tried(5_000, conversions)})
    assert made.phase == phase
    assert list(made.shares.values()) == pytest.approx(shares)


def test_the_bounds_are_those_of_the_inequality() -> None:
    # By hand: V = 100 * 900 / (1000 * 999) = 0.0900901, ln(2 / 0.025) = 4.3820266.
    rate, low, high = bounded(Tried(1_000, 100))
    off = math.sqrt(2 * 0.0900901 * 4.3820266 / 1_000) + 7 * 4.3820266 / (3 * 999)
    assert (rate, low, high) == pytest.approx((0.1, 0.1 - off, 0.1 + off), abs=1e-6)
    assert bounded(Tried(1, 1)) == (1.0, 0.0, 1.0)


def test_the_confidence_is_that_of_the_normal_distribution() -> None:
    # 1.959964 standard errors apart: 95 %.
    error = math.sqrt(0.5 * 0.5 / 10_000 * 2)
    apart = round(1.959964 * error * 10_000)
    assert confidence(Tried(10_000, 5_000), Tried(10_000, 5_000 + apart)) == pytest.approx(0.95, abs=0.001)
    assert confidence(Tried(10, 0), Tried(10, 0)) == 0.0
    assert confidence(Tried(10, 0), Tried(10, 10)) == 1.0


@given(several)
def test_shares_are_of_everything_and_leave_nobody_out(tried: dict[str, Tried]) -> None:
    made = allocate(tried)
    assert list(made.shares) == list(tried)
    assert sum(made.shares.values()) == pytest.approx(100)
    assert min(made.shares.values()) >= min(10.0, 20 / len(tried)) - 1e-9
    for rate, low, high in made.bounds.values():
        assert 0 <= low <= rate <= high <= 1


@given(several, st.randoms(use_true_random=False))
def test_the_order_changes_nothing_but_ties(tried: dict[str, Tried], random: Random) -> None:
    rates = [round(each.conversions / each.visitors, 6) if each.visitors else 0 for each in tried.values()]
    if len(set(rates)) < len(rates):
        return
    names = list(tried)
    random.shuffle(names)
    assert allocate({name: tried[name] for name in names}).shares == pytest.approx(allocate(tried).shares)


@given(several)
def test_the_best_never_gets_less_than_another(tried: dict[str, Tried]) -> None:
    made = allocate(tried)
    if made.best is not None:
        assert made.shares[made.best] == max(made.shares.values())


def test_over_many_visitors_it_warms_up_leans_and_finds_the_winner() -> None:
    random, rates = Random(11), {"a": 0.10, "b": 0.12, "c": 0.16}
    visitors, conversions, phases = Counter(dict.fromkeys(rates, 0)), Counter[str](), []
    while not phases or (phases[-1] != "winner" and visitors.total() < 60_000):
        made = allocate({name: Tried(visitors[name], conversions[name]) for name in rates})
        if not phases or phases[-1] != made.phase:
            phases.append(made.phase)
        for name in random.choices(list(rates), list(made.shares.values()), k=500):
            visitors[name] += 1
            conversions[name] += random.random() < rates[name]
    assert phases == ["warm-up", "leaning", "winner"]
    assert allocate({name: Tried(visitors[name], conversions[name]) for name in rates}).best == "c"
    assert visitors["c"] > visitors["a"] > 1_000
