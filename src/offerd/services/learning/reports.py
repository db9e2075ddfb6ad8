"""Reports: what was counted of an activity, by experience and goal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from offerd.model.activity import Activity, named_goals
from offerd.services.catalogue.service import CatalogueService
from offerd.services.clock import micros
from offerd.services.errors import Unprocessable
from offerd.storage.protocols_learning import ENTRIES, Tally, TallyStore

_DAY = 86_400_000_000


class Units(msgspec.Struct, frozen=True, kw_only=True):
    """A count by three units.

    Attributes:
        visitors: people, each once.
        visits: visits, each once.
        impressions: every time.
    """

    visitors: int
    visits: int
    impressions: int


class GoalReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one goal.

    Attributes:
        goal: its id, or its place among the goals, from 0, where it has none.
        conversions: who reached it.
        orders: how often it came with a value.
        value: the sum of these values.
    """

    goal: str
    conversions: Units
    orders: int
    value: Decimal


class ExperienceReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of one experience, or of all together.

    Attributes:
        offer: the experience's id; absent for all together.
        name: its name.
        entries: who was given it.
        goals: one for each goal of the activity.
    """

    offer: str | None = None
    name: str = ""
    entries: Units
    goals: list[GoalReport]


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was counted of an activity.

    Attributes:
        activity: its id.
        since: the first day that is counted, in UTC; absent for all.
        until: the first day that is not.
        totals: of all experiences.
        experiences: in the activity's order, then those that it had before.
    """

    activity: str
    since: datetime | None = None
    until: datetime | None = None
    totals: ExperienceReport
    experiences: list[ExperienceReport]


class ReportService:
    """Reports of activities.

    Args:
        tallies: what was counted.
        catalogue: the activities.
    """

    def __init__(self, tallies: TallyStore, catalogue: CatalogueService) -> None:
        self._tallies = tallies
        self._catalogue = catalogue

    def performance(
        self, workspace: str, activity: str, since: datetime | None = None, until: datetime | None = None
    ) -> Report:
        """What was counted of an activity.

        Args:
            workspace: the workspace's id.
            activity: the activity's id.
            since: counts from the beginning of this day on, in UTC.
            until: counts to the end of the day before this one; where it is not the beginning of a day, to its end.

        Raises:
            NotFound: there is no such activity.
            Unprocessable: the days are in the wrong order.
        """
        if since is not None and until is not None and until < since:
            raise Unprocessable("until is before since", "/until")
        found = self._catalogue.get(workspace, "activities", activity)
        assert isinstance(found, Activity)  # noqa: S101 - the kind says so
        first = None if since is None else micros(since) // _DAY
        last = None if until is None else -(-micros(until) // _DAY)
        tallies = self._tallies.sums(workspace, found.id, since=first, until=last)
        names = {name: offer.name for selection in found.selections for name, offer in (selection.inline or {}).items()}
        listed = (name for selection in found.selections for name in selection.offers or ())
        offers = dict.fromkeys((*names, *listed, *sorted(each.offer for each in tallies)))
        by_offer: dict[str, list[Tally]] = {}
        for each in tallies:
            by_offer.setdefault(each.offer, []).append(each)
        blank = [_goal(goal, ()) for goal, _ in named_goals(found.goals)]
        return Report(
            activity=found.id,
            since=since,
            until=until,
            totals=_reported(tallies, blank),
            experiences=[_reported(by_offer.get(each, ()), blank, each, names.get(each, "")) for each in offers],
        )


def _reported(
    tallies: Iterable[Tally], blank: list[GoalReport], offer: str | None = None, name: str = ""
) -> ExperienceReport:
    """What came of an experience; `blank` are the goals that nobody reached, of which there may be very many."""
    by_goal: dict[str, list[Tally]] = {}
    for each in tallies:
        by_goal.setdefault(each.goal, []).append(each)
    entries = _units(by_goal.pop(ENTRIES, ()))
    goals = blank
    if by_goal:
        goals = [_goal(each.goal, by_goal[each.goal]) if each.goal in by_goal else each for each in blank]
    return ExperienceReport(offer=offer, name=name, entries=entries, goals=goals)


def _goal(goal: str, tallies: Sequence[Tally]) -> GoalReport:
    return GoalReport(
        goal=goal,
        conversions=_units(tallies),
        orders=sum(each.orders for each in tallies),
        value=sum((each.value for each in tallies), Decimal(0)),
    )


def _units(tallies: Sequence[Tally]) -> Units:
    return Units(
        visitors=sum(each.visitors for each in tallies),
        visits=sum(each.visits for each in tallies),
        impressions=sum(each.impressions for each in tallies),
    )
