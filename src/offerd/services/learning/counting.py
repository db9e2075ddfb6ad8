"""Counting: who was given which experience of an activity, and which of its goals they reached.

What is counted is committed with the display or the interaction that it follows from: nothing is lost, nothing counts
twice. A person counts once for each experience and goal, a visit once, an impression whenever it comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from offerd import engine
from offerd.engine.situation import Person
from offerd.model.interaction import Interaction
from offerd.services.clock import micros
from offerd.services.learning.splits import is_counted
from offerd.storage.protocols import Transaction
from offerd.storage.protocols_learning import ENTRIES, Part, Seen, Tally, TallyStore

_DAY = 86_400_000_000

#: Visits and page views of which it is remembered that they counted, of each person, experience and goal.
REMEMBERED = 8


class Noted(msgspec.Struct, frozen=True):
    """What is to be counted of an interaction.

    Attributes:
        activity: the activity's id.
        offer: the experience that it names.
        given: whether it names the item in which that was given, so that it need not have been seen.
        profile: who did it.
        session: in which visit.
        impression: in which page view; empty where that is not known.
        entered: whether they were given the experience.
        goals: the goals that were reached, by name.
        once: those of them that count once for a person.
        value: what it was worth.
        day: days since 1970-01-01 in UTC.
    """

    activity: str
    offer: str | None
    given: bool
    profile: str | None
    session: str
    impression: str
    entered: bool
    goals: Sequence[str]
    once: Sequence[str]
    value: Decimal | None
    day: int


class Counting:
    """Counts activities that have goals, or whose traffic is split.

    Args:
        tallies: where it is kept.
    """

    def __init__(self, tallies: TallyStore) -> None:
        self._tallies = tallies

    def note(
        self,
        snapshot: engine.Snapshot,
        interaction: Interaction,
        *,
        person: Person,
        session: str | None,
        impression: str | None = None,
    ) -> Noted | None:
        """What is to be counted of an interaction; None for nothing.

        Args:
            snapshot: the compiled catalogue.
            interaction: complete.
            person: who rules of goals see.
            session: the visit, where the interaction names none.
            impression: the page view.
        """
        name = interaction.activity
        activity = snapshot.activities.get(name) if name is not None else None
        if name is None or activity is None or interaction.received is None or not is_counted(snapshot, activity):
            return None
        entered = interaction.type == "display" and interaction.offer is not None
        received = micros(interaction.received)
        goals = engine.reached(
            snapshot, name, interaction, placement=interaction.placement, now=received, person=person
        )
        if not entered and not goals:
            return None
        return Noted(
            activity=name,
            offer=interaction.offer,
            given=interaction.item is not None,
            profile=interaction.profile,
            session=interaction.session or session or "",
            impression=impression or "",
            entered=entered,
            goals=[goal.name for goal in goals],
            once=[goal.name for goal in goals if goal.once],
            value=interaction.value,
            day=received // _DAY,
        )

    def write(self, transaction: Transaction, workspace: str, noted: Iterable[Noted]) -> None:
        """Counts; on the writer's thread, within the transaction that stores what was done."""
        for each in noted:
            if each.profile is None:
                tallies = _anonymous(each)
            else:
                seen = self._tallies.seen(transaction, workspace, each.activity, each.profile)
                tallies = _counted(each, seen)
                if tallies:
                    self._tallies.see(transaction, workspace, each.activity, each.profile, seen)
            self._tallies.add(transaction, workspace, tallies)


def _anonymous(noted: Noted) -> list[Tally]:
    """What counts of somebody whom nothing is kept of: that it happened."""
    if noted.offer is None:
        return []
    goals = [ENTRIES, *noted.goals] if noted.entered else noted.goals
    return [_tally(noted, noted.offer, goal, impressions=1) for goal in goals]


def _counted(noted: Noted, seen: Seen) -> list[Tally]:
    """What counts, given a person's part so far, which becomes what it is now."""
    made = []
    if noted.entered and noted.offer is not None:
        seen.offer = noted.offer
        made.append(_did(noted, seen, noted.offer, ENTRIES))
    # Whoever reaches a goal does so for the experience that they were given; without one it is nobody's.
    offer = noted.offer if noted.given or noted.offer in seen.parts else seen.offer
    made += [
        _did(noted, seen, offer, goal)
        for goal in noted.goals
        if offer and not (goal in noted.once and goal in seen.parts.get(offer, {}))
    ]
    return made


def _did(noted: Noted, seen: Seen, offer: str, goal: str) -> Tally:
    parts = seen.parts.setdefault(offer, {})
    before = parts.get(goal)
    part = parts[goal] = before or Part()
    visit = _is_new(part.visits, noted.session)
    # Nobody knows which page view it is without its id: then each is one.
    view = not noted.impression or _is_new(part.views, noted.impression)
    return _tally(noted, offer, goal, visitors=int(before is None), visits=int(visit), impressions=int(view))


def _is_new(known: list[str], name: str) -> bool:
    """Whether a name is not among the latest, where it is from now on."""
    if name in known:
        return False
    known.append(name)
    del known[:-REMEMBERED]
    return True


def _tally(noted: Noted, offer: str, goal: str, *, visitors: int = 0, visits: int = 0, impressions: int = 0) -> Tally:
    value = noted.value if goal != ENTRIES else None
    return Tally(
        activity=noted.activity,
        offer=offer,
        goal=goal,
        day=noted.day,
        visitors=visitors,
        visits=visits,
        impressions=impressions,
        orders=int(value is not None),
        value=value or Decimal(0),
    )
