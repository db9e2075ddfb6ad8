"""How large a rule may be."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """What a rule may cost.

    Attributes:
        size: operators and values of a rule, counted together.
        depth: how deeply operators and lists nest.
    """

    size: int = 20_000
    depth: int = 100
