"""Protocols for what is counted of activities, and for what is learned of it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Protocol

import msgspec

from offerd.storage.protocols import Transaction

#: The goal of tallies that count who was given an experience; no goal is called so.
ENTRIES = ""


class Tally(msgspec.Struct, frozen=True):
    """What was counted of an experience on one day, or over several.

    Attributes:
        activity: the activity's id.
        offer: the experience's.
        goal: the name of the activity's goal that was reached; `ENTRIES` for being given the experience at all.
        day: days since 1970-01-01 in UTC; the first one of several.
        visitors: people who did so for the first time.
        visits: visits in which they did so for the first time.
        impressions: how often it was done.
        orders: how often it came with a value.
        value: the sum of these values.
    """

    activity: str
    offer: str
    goal: str
    day: int
    visitors: int = 0
    visits: int = 0
    impressions: int = 0
    orders: int = 0
    value: Decimal = Decimal(0)


class Part(msgspec.Struct, omit_defaults=True):
    """How often a person did something: were given an experience, or reached a goal.

    Attributes:
        visits: the last visits in which they did.
        views: the last page views in which they did.
    """

    visits: list[str] = []
    views: list[str] = []


class Seen(msgspec.Struct, omit_defaults=True):
    """A person's part in an activity.

    Attributes:
        offer: the experience that they were given last.
        parts: by experience, and in it by goal, or `ENTRIES`.
    """

    offer: str = ""
    parts: dict[str, dict[str, Part]] = {}


class TallyStore(Protocol):
    """What is counted of activities."""

    def seen(self, transaction: Transaction, workspace: str, activity: str, profile: str) -> Seen:
        """A person's part in an activity; an empty one where there is none."""
        ...

    def see(self, transaction: Transaction, workspace: str, activity: str, profile: str, seen: Seen) -> None:
        """Stores a person's part in an activity."""
        ...

    def add(self, transaction: Transaction, workspace: str, tallies: Sequence[Tally]) -> None:
        """Adds to what is counted."""
        ...

    def sums(self, workspace: str, activity: str, *, since: int | None = None, until: int | None = None) -> list[Tally]:
        """What was counted of an activity from a day on, and before a day."""
        ...


class Learned(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The state of a learned model.

    Attributes:
        model: its id.
        version: one more at each change.
        at: when it was learned, in microseconds.
        scores: by offer.
        phase: how far learning has come, in the words of the way it is learned.
        facts: what it follows from.
    """

    model: str
    version: int
    at: int
    scores: dict[str, float]
    phase: str = ""
    facts: dict[str, Any] = {}


class ModelStore(Protocol):
    """What was learned."""

    def latest(self) -> dict[tuple[str, str], Learned]:
        """The newest state of every model, by workspace and model."""
        ...

    def put(self, transaction: Transaction, workspace: str, learned: Learned) -> None:
        """Stores a model's newest state."""
        ...
