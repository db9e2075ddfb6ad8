"""How large a rule may be, and how long it may take."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """Guards against abuse, not against work: the defaults are far above any sensible rule.

    Attributes:
        size: characters in the text of a rule.
        depth: levels of nesting in its syntax tree.
        steps: elements and nested nodes that one evaluation may visit.
    """

    size: int = 65_536
    depth: int = 100
    steps: int = 100_000
