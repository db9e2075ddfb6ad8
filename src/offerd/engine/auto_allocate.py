"""Auto-allocation: how traffic moves to what works, given how often each experience was seen and how often it worked.

Three stages. Until every experience has enough visitors and conversions all get the same share. Then most of the
traffic goes to the two that matter, and the rest is spread over all, so that none is ever given up. Once one is better
than every other beyond doubt, it gets that greater part alone. With just two experiences the stages go by the
confidence that they differ.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

Phase: TypeAlias = Literal["warm-up", "even", "leaning", "winner"]

#: What every experience must have before the shares move.
LEAST_VISITORS = 1_000
LEAST_CONVERSIONS = 50

#: How sure the bounds of a rate are, both together.
CONFIDENCE = 0.95

#: With two experiences: the confidence from which the better one gets more, and from which it has won.
LEANS = 0.75
WINS = 0.95

#: Parts of the traffic, in percent: for those that matter, and for all alike.
_EXPLOITED = 80.0
_EXPLORED = 20.0

_PAIR = 2


class Tried(NamedTuple):
    """What came of an experience.

    Attributes:
        visitors: who saw it.
        conversions: how many of them did what the activity is for.
    """

    visitors: int
    conversions: int


class Allocation(NamedTuple):
    """How traffic is to be split.

    Attributes:
        phase: `warm-up` until there is enough to judge by; `even` while two are too close; `leaning` while the better
            ones get more; `winner` once one has won.
        shares: in percent, by experience; together 100.
        best: the experience with the highest rate; None before there is enough to judge by.
        confidence: with two experiences, the confidence that their rates differ.
        bounds: the rate of each, with how low and how high it may be.
    """

    phase: Phase
    shares: dict[str, float]
    best: str | None = None
    confidence: float | None = None
    bounds: dict[str, tuple[float, float, float]] = {}


def allocate(tried: Mapping[str, Tried]) -> Allocation:
    """The split that follows from what was seen.

    Args:
        tried: by experience, in order; of equal rates the first one counts as the better.
    """
    even = dict.fromkeys(tried, 100.0 / len(tried)) if tried else {}
    if len(tried) < _PAIR or any(
        each.visitors < LEAST_VISITORS or each.conversions < LEAST_CONVERSIONS for each in tried.values()
    ):
        return Allocation("warm-up", even)
    bounds = {name: bounded(each) for name, each in tried.items()}
    best = max(tried, key=lambda name: bounds[name][0])
    if len(tried) == _PAIR:
        return _of_two(tried, best, even, bounds)
    others = {name: seen for name, seen in bounds.items() if name != best}
    challenger = max(others, key=lambda name: others[name][2])
    won = bounds[best][1] > others[challenger][2]
    matter = (best,) if won else (best, challenger)
    shares = {name: _EXPLORED / len(tried) + (_EXPLOITED / len(matter) if name in matter else 0.0) for name in tried}
    return Allocation("winner" if won else "leaning", shares, best, None, bounds)


def _of_two(
    tried: Mapping[str, Tried], best: str, even: dict[str, float], bounds: dict[str, tuple[float, float, float]]
) -> Allocation:
    sure = confidence(*tried.values())
    if sure < LEANS:
        return Allocation("even", even, best, sure, bounds)
    phase: Phase
    phase, share = ("winner", 90.0) if sure >= WINS else ("leaning", 200.0 / 3)
    return Allocation(phase, {name: share if name == best else 100.0 - share for name in tried}, best, sure, bounds)


def bounded(tried: Tried) -> tuple[float, float, float]:
    """A conversion rate, and the lowest and highest that it may be, by the empirical Bernstein inequality.

    With n visitors and the sample variance V of what each did (1 or 0), the rate is off by more than
    sqrt(2 V ln(2/d) / n) + 7 ln(2/d) / (3 (n - 1)) to one side with a chance of at most d (Maurer and Pontil, Empirical
    Bernstein Bounds and Sample Variance Penalization, 2009, theorem 4). Here d is half of what `CONFIDENCE` leaves for
    each side.
    """
    visitors, conversions = tried.visitors, min(tried.conversions, tried.visitors)
    if visitors < _PAIR:
        return (float(conversions), 0.0, 1.0)
    rate = conversions / visitors
    variance = conversions * (visitors - conversions) / (visitors * (visitors - 1))
    logarithm = math.log(2 / ((1 - CONFIDENCE) / 2))
    off = math.sqrt(2 * variance * logarithm / visitors) + 7 * logarithm / (3 * (visitors - 1))
    return (rate, max(0.0, rate - off), min(1.0, rate + off))


def confidence(one: Tried, other: Tried) -> float:
    """The confidence that two rates differ: 1 less the two-sided p-value of Welch's test.

    There are so many visitors that Student's distribution is the normal one.
    """
    rates = [min(each.conversions, each.visitors) / each.visitors for each in (one, other)]
    spread = sum(rate * (1 - rate) / each.visitors for rate, each in zip(rates, (one, other), strict=True))
    apart = abs(rates[0] - rates[1])
    if spread == 0:
        return 1.0 if apart else 0.0
    return math.erf(apart / math.sqrt(2 * spread))
