"""Ranges: a variable between two numbers, as one comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from offerd.jsonlogic import loosely
from offerd.jsonlogic.variables import Truth, Value


class Part(Protocol):
    """What a range needs to know of an operand."""

    @property
    def value(self) -> Value:
        """Makes its value."""

    @property
    def constant(self) -> bool:
        """Whether that is always the same."""

    @property
    def known(self) -> Any:
        """That value."""

    @property
    def path(self) -> str | None:
        """Where it is in the data, of a variable."""


class Span(NamedTuple):
    """Numbers between two others.

    Attributes:
        path: of the variable that is held against them.
        value: finds it.
        low: the lower end.
        high: the upper end.
        from_low: whether the lower end is one of them.
        to_high: whether the upper end is.
    """

    path: str
    value: Value
    low: float = -math.inf
    high: float = math.inf
    from_low: bool = True
    to_high: bool = True

    def truth(self) -> Truth:
        """Whether the variable is among them."""
        return _MAKERS[self.from_low, self.to_high](self.value, self.low, self.high)


def of(parts: Sequence[Part], *, closed: bool) -> Span | None:
    """The range that an ordered comparison of two or three operands is; None where it is none."""
    variables = [part for part in parts if part.path is not None]
    bounds = [part for part in parts if part.constant and type(part.known) in {int, float}]
    if len(variables) != 1 or len(bounds) != len(parts) - 1 or any(math.isnan(each.known) for each in bounds):
        return None
    at = parts.index(variables[0])
    if len(parts) == 3 and at != 1:  # noqa: PLR2004
        return None
    found = variables[0]
    span = Span(found.path or "", found.value)
    if at:
        span = span._replace(low=parts[0].known, from_low=closed)
    return span._replace(high=parts[-1].known, to_high=closed) if at < len(parts) - 1 else span


def both(a: Span | None, b: Span | None) -> Span | None:
    """What two ranges of one variable have in common; None where they are not of one."""
    if a is None or b is None or a.path != b.path:
        return None
    low, from_low = max((a.low, not a.from_low), (b.low, not b.from_low))
    high, to_high = min((a.high, a.to_high), (b.high, b.to_high))
    return Span(a.path, a.value, low, high, not from_low, to_high)


def _closed(find: Value, low: float, high: float) -> Truth:
    def holds(data: Any) -> bool:
        value = find(data)
        if value.__class__ is float or value.__class__ is int:
            return low <= value <= high
        return loosely.at_most(low, value) and loosely.at_most(value, high)

    return holds


def _open_below(find: Value, low: float, high: float) -> Truth:
    def holds(data: Any) -> bool:
        value = find(data)
        if value.__class__ is float or value.__class__ is int:
            return low < value <= high
        return loosely.less(low, value) and loosely.at_most(value, high)

    return holds


def _open_above(find: Value, low: float, high: float) -> Truth:
    def holds(data: Any) -> bool:
        value = find(data)
        if value.__class__ is float or value.__class__ is int:
            return low <= value < high
        return loosely.at_most(low, value) and loosely.less(value, high)

    return holds


def _open(find: Value, low: float, high: float) -> Truth:
    def holds(data: Any) -> bool:
        value = find(data)
        if value.__class__ is float or value.__class__ is int:
            return low < value < high
        return loosely.less(low, value) and loosely.less(value, high)

    return holds


_MAKERS = {(True, True): _closed, (False, True): _open_below, (True, False): _open_above, (False, False): _open}
