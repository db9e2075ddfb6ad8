"""What a rule is judged against: the person, the request, the offer, and the moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from offerd.pql.errors import OverBudget

_EMPTY: Mapping[str, Any] = {}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Scope:
    """The data of one evaluation. Nothing in it is changed, and no value in it can make a rule raise.

    Attributes:
        profile: the person's attributes; where a bare name looks.
        context: the request's members, under `context`.
        offer: the candidate, under `offer`; None where there is none.
        event: what happened, under `event` and `xEvent`: one event, or a list of them.
        items: the context's typed items, by the text between the braces of `@{…}`: a value, or a list of them.
        tables: reference rows, under `tables` and `elsData`: table, then row key.
        segments: the audiences that the person is in, or a function that tells.
        now: the moment of the decision, in microseconds since 1970 in UTC; in the years 1 to 9999.
        zone: the workspace's time zone, which calendar words go by.
        steps: what each evaluation may spend.
        left: what the running evaluation may still spend.
        frame: the values of the running evaluation's variables.
    """

    __slots__ = (
        "context", "event", "frame", "items", "left", "now", "offer", "profile", "segments", "steps",
        "tables", "zone",
    )  # fmt: skip

    def __init__(
        self,
        profile: Mapping[str, Any] = _EMPTY,
        context: Mapping[str, Any] = _EMPTY,
        *,
        offer: Mapping[str, Any] | None = None,
        event: Mapping[str, Any] | list[Any] | None = None,
        items: Mapping[str, Any] = _EMPTY,
        tables: Mapping[str, Mapping[str, Any]] = _EMPTY,
        segments: Callable[[str], bool] | frozenset[str] = frozenset(),
        now: int = 0,
        zone: tzinfo = UTC,
        steps: int = 100_000,
    ) -> None:
        """Take the data as it is; nothing is copied."""
        self.profile = profile
        self.context = context
        self.offer = offer
        self.event = event
        self.items = items
        self.tables = tables
        self.segments = segments
        self.now = now
        self.zone = zone
        self.steps = steps
        self.left = steps
        self.frame: list[Any] = []

    def spend(self, steps: int) -> None:
        """Take from the budget of the running evaluation.

        Raises:
            OverBudget: there is not enough left.
        """
        self.left -= steps
        if self.left < 0:
            raise OverBudget

    def moment(self) -> datetime:
        """Give `now` as a time in UTC."""
        return _EPOCH + timedelta(microseconds=self.now)

    def in_segment(self, segment: str) -> bool:
        """Tell whether the person is in an audience."""
        if isinstance(self.segments, frozenset | set):
            return segment in self.segments
        return bool(self.segments(segment))
