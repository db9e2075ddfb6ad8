"""Compiled caps: which count one looks at, how much it wants of it, and whether there is room."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from offerd.engine.conditions import Programs
from offerd.engine.periods import Period, seconds
from offerd.engine.sight import Sight
from offerd.engine.situation import CountKey, Reservation
from offerd.model.offer import Cap
from offerd.pql import Program

_MOST = 2**63 - 1
_MICROS = 1_000_000


class CompiledCap(msgspec.Struct, frozen=True, kw_only=True):
    """A cap that is ready to be asked.

    Attributes:
        id: the cap's.
        code: what a verdict calls it.
        key: the start of its count's name.
        limit: a number, or the formula that gives it.
        per_profile: whether each profile has its own count.
        each: whether each placement has its own count.
        only: the placements it is about; None means all.
        type: `decision`, or the type of interaction that it counts.
        when: what an interaction must be to count.
        by_quantity: whether an interaction counts by its quantity.
        period: the calendar period; None without one.
        within: the seconds of a rolling count; None without one.
        hold: the microseconds for which a decision keeps a place for the interaction to come.
    """

    id: str
    code: str
    key: str
    limit: int | Program
    per_profile: bool
    each: bool
    only: frozenset[str] | None
    type: str
    when: Program | None
    by_quantity: bool
    period: Period | None
    within: int | None
    hold: int | None


class Room(NamedTuple):
    """How much room a cap has.

    Attributes:
        cap: the cap.
        key: the count it looks at; None where it needs a profile and there is none.
        used: how much is used or held.
        wanted: how much more is wanted.
        limit: how much there may be.
        expires: when the count may be forgotten.
    """

    cap: CompiledCap
    key: CountKey | None
    used: int
    wanted: int
    limit: int
    expires: int | None

    @property
    def enough(self) -> bool:
        """Whether what is wanted fits."""
        return self.key is not None and self.used + self.wanted <= self.limit

    def reserve(self, offer: str, *, hold: int | None = None) -> Reservation:
        """The reservation that takes what is wanted."""
        if self.key is None:
            raise ValueError("There is no count to reserve in")
        return Reservation(
            key=self.key, amount=self.wanted, limit=self.limit, offer=offer, cap=self.cap.id, hold=hold,
            expires=self.expires, within=self.cap.within,
        )  # fmt: skip


class Counts:
    """The counts of the ledger, and what the answers to this request took already.

    Attributes:
        taken: by count, what this request took.
    """

    __slots__ = ("_ledger", "taken")

    def __init__(self, ledger: Mapping[CountKey, int]) -> None:
        """Look at a ledger, of which only the counts that are needed are read."""
        self._ledger = ledger
        self.taken: dict[CountKey, int] = {}

    def used(self, key: CountKey) -> int:
        """How much of a count is used."""
        return self._ledger.get(key, 0) + self.taken.get(key, 0)

    def take(self, reservations: tuple[Reservation, ...]) -> None:
        """Counts what an answer needs for the asks that follow."""
        for each in reservations:
            self.taken[each.key] = self.taken.get(each.key, 0) + each.amount


def compile_cap(cap: Cap, offer: str, programs: Programs, zone: ZoneInfo) -> CompiledCap:
    """A cap ready to be asked.

    Args:
        cap: as it was written.
        offer: the name of the offer that has it.
        programs: gives the programs of its rules.
        zone: the workspace's, where the cap names none.
    """
    only = frozenset(cap.placements) if isinstance(cap.placements, list) else None
    return CompiledCap(
        id=cap.id,
        code=cap.code or cap.id,
        key=cap.key or f"{offer}/{cap.id}",
        limit=programs(cap.limit) if isinstance(cap.limit, str) else cap.limit,
        per_profile=cap.per == "profile",
        each=cap.placements == "each",
        only=only,
        type=cap.counts.type,
        when=None if cap.counts.when is None else programs(cap.counts.when),
        by_quantity=cap.counts.by == "quantity",
        period=None if cap.every is None else Period.read(cap.every, ZoneInfo(cap.zone) if cap.zone else zone),
        within=None if cap.within is None else seconds(cap.within),
        hold=None if cap.hold is None else seconds(cap.hold) * _MICROS,
    )


def applies(cap: CompiledCap, placement: str) -> bool:
    """Whether a cap is about what happens at a placement; empty for no placement in particular."""
    return cap.only is None or placement in cap.only


def room(cap: CompiledCap, sight: Sight, counts: Counts, placement: str, quantity: int) -> Room:
    """How much room a cap has for the offer that is being looked at."""
    key, expires = count_key(cap, sight, placement)
    wanted = quantity if cap.by_quantity else 1
    used = 0 if key is None else counts.used(key)
    return Room(cap, key, used, wanted, limit(cap, sight), expires)


def count_key(cap: CompiledCap, sight: Sight, placement: str) -> tuple[CountKey | None, int | None]:
    """The count of a cap, and when it may be forgotten; no count where it needs a profile and there is none."""
    profile = ""
    if cap.per_profile:
        if sight.person.id is None:
            return None, None
        profile = sight.person.id
    window, expires = "", None
    if cap.period is not None:
        window, expires = sight.window(cap.period)
    elif cap.within is not None:
        window = f"within:{cap.within}"
    return CountKey(cap.key, placement if cap.each else "", profile, window), expires


def limit(cap: CompiledCap, sight: Sight) -> int:
    """How much a cap lets through: a formula that fails, or is negative, lets nothing through."""
    if isinstance(cap.limit, int):
        return cap.limit
    number = sight.number(cap.limit)
    return min(_MOST, math.floor(number)) if number > 0 else 0
