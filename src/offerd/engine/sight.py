"""What rules see while one ask is answered: the person, the context, one offer after another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from offerd import pql
from offerd.engine.periods import Period, local
from offerd.engine.reasons import Failing
from offerd.engine.situation import Person
from offerd.model.request import Context
from offerd.pql import Program, Scope

if TYPE_CHECKING:
    from offerd.engine.snapshot import Snapshot

_UTC = ZoneInfo("UTC")


class Sight:
    """The values that conditions and formulas read, with what was already found out kept for the same ask.

    Attributes:
        snapshot: the compiled catalogue.
        person: who it is about.
        scope: what programs read; its offer changes from candidate to candidate.
    """

    __slots__ = ("_audiences", "_pretended", "_truths", "_windows", "person", "scope", "snapshot")

    def __init__(
        self,
        snapshot: Snapshot,
        person: Person,
        now: int,
        context: Context | None = None,
        *,
        event: Any = None,
        pretended: Mapping[str, bool] | None = None,
    ) -> None:
        """Look with a person's eyes at a moment; `event` is there where something happened."""
        self.snapshot = snapshot
        self.person = person
        self._pretended = pretended or {}
        self._truths: dict[int, bool] = {}
        self._audiences: dict[str, bool] = {}
        self._windows: dict[Period, tuple[str, int | None]] = {}
        members = dict(context.members) if context is not None else {}
        members["time"] = calendar_facts(now, snapshot.zone)
        self.scope = Scope(
            profile=snapshot.views.person(person),
            context=members,
            event=event if event is not None or context is None else context.event,
            items=context.items if context is not None else {},
            tables=snapshot.tables,
            segments=self.in_audience,
            now=now,
            zone=snapshot.zone,
            steps=snapshot.steps,
        )

    def look(self, offer: Mapping[str, Any] | None) -> None:
        """Turns to an offer, as rules see it."""
        self.scope.offer = offer

    def truth(self, program: Program) -> bool:
        """Whether a rule holds; a rule that reads no offer is asked once."""
        if program.reads_offer:
            return program.truth(self.scope)
        known = self._truths.get(id(program))
        if known is None:
            known = self._truths[id(program)] = program.truth(self.scope)
        return known

    def number(self, program: Program) -> float:
        """The number of a formula, which is finite; 0 where it has none."""
        return float(program.number(self.scope))

    def window(self, period: Period) -> tuple[str, int | None]:
        """The calendar period that it is now, and when that ends."""
        known = self._windows.get(period)
        if known is None:
            known = self._windows[period] = period.window(self.scope.now)
        return known

    def why(self, program: Program) -> Failing:
        """The first clause for which a rule does not hold."""
        clause = next(iter(pql.why(program, self.scope)), None)
        if clause is None:
            return Failing(program.source, None, None, None)
        return Failing(clause.text, clause.path, clause.wanted, clause.seen)

    def in_audience(self, audience: str) -> bool:
        """Whether the person is in an audience: as pretended, by its rule, or by import."""
        known = self._audiences.get(audience)
        if known is None:
            self._audiences[audience] = False  # an audience that asks for itself holds nobody
            known = self._audiences[audience] = self._is_in(audience)
        return known

    def _is_in(self, audience: str) -> bool:
        if audience in self._pretended:
            return self._pretended[audience]
        compiled = self.snapshot.audiences.get(audience)
        if compiled is None:
            return audience in self.person.memberships
        if compiled.archived:
            return False
        if compiled.program is None:
            return audience in self.person.memberships
        here = self.scope
        return compiled.program.truth(
            Scope(
                profile=here.profile, context=here.context, event=here.event, items=here.items, tables=here.tables,
                segments=self.in_audience, now=here.now, zone=here.zone, steps=here.steps,
            )
        )  # fmt: skip


def calendar_facts(now: int, zone: ZoneInfo) -> dict[str, Any]:
    """What `context.time` holds: the wall clock in the workspace's zone, and under `utc` in UTC.

    Weekdays go from 1, Monday, to 7, Sunday.
    """
    facts = _facts(local(now, zone))
    facts["utc"] = _facts(local(now, _UTC)) if zone is not _UTC else dict(facts)
    return facts


def _facts(at: datetime) -> dict[str, Any]:
    return {
        "hour": at.hour,
        "minute": at.minute,
        "weekday": at.isoweekday(),
        "day": at.day,
        "month": at.month,
        "year": at.year,
        "date": at.date().isoformat(),
    }
