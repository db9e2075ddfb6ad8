"""Traffic shares: which part of all units a unit falls into, by a hash that anyone can repeat.

One number, the allocation, decides both whether a unit enters an activity and which offer it gets. A unit enters
when its allocation is at most the activity's percentage; the shares are then scaled so that together they fill just
that percentage, each range open below and closed above, the first one closed at 0 too. So the whole split is a list of
ranges of one number, which a device without this engine can be given.
"""

from __future__ import annotations

from codecs import utf_16_le_encode
from collections.abc import Sequence
from decimal import Decimal

import mmh3

#: The salt of everyone who enters for the first time.
FIRST = "0"
WHOLE = Decimal(100)
_PARTS = 10_000


def murmur(text: str) -> int:
    """MurmurHash3 (x86, 32 bits, seed 0) of the text's UTF-16 code units, as a signed number."""
    return mmh3.hash(utf_16_le_encode(text, "surrogatepass")[0], 0, True)


def allocation(workspace: str, activity: str, unit: str, salt: str = FIRST) -> Decimal:
    """Where a unit falls between 0.00 and 99.99.

    Args:
        workspace: the workspace's code.
        activity: the activity's number, or its id where it has none.
        unit: what splits traffic.
        salt: `0`, unless this is another draw for the same unit.
    """
    return Decimal(position(f"{workspace}.{activity}.{unit}.{salt}")) / 100


def position(drawn: str) -> int:
    """Where `workspace.activity.unit.salt` falls, in hundredths: 0 to 9999."""
    return abs(murmur(drawn)) % _PARTS


def enters(at: Decimal, percent: Decimal) -> bool:
    """Whether an allocation is within an entry percentage; 0 lets no one in."""
    return percent > 0 and at <= percent


def pick(at: Decimal, shares: Sequence[Decimal], percent: Decimal = WHOLE) -> int | None:
    """The index of the range that an allocation falls into, None where no share is above 0.

    Args:
        at: the allocation.
        shares: in order; they are scaled to fill `percent`.
        percent: what the ranges fill together.
    """
    total = sum((share for share in shares if share > 0), Decimal(0))
    chosen, upper = None, Decimal(0)
    for index, share in enumerate(shares):
        if share <= 0:
            continue
        chosen, upper = index, upper + share
        if at * total <= upper * percent:
            break
    return chosen


def tie(seed: str, offer: str) -> int:
    """The number that puts offers of one score in an order which only the seed changes."""
    return mmh3.hash(f"{seed}.{offer}".encode("utf-8", "surrogatepass"), 0, signed=True)
