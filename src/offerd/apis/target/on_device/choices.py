"""What an activity chooses at a placement, as a list of offers with the conditions under which each is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from offerd.apis.target.on_device import moments
from offerd.apis.target.on_device.conditions import Conditions
from offerd.apis.target.on_device.inexpressible import Inexpressible
from offerd.apis.target.on_device.logic import ALLOCATION, Logic, every, names, negated, some, variable
from offerd.apis.target.on_device.variables import OF_A_PLACE
from offerd.services.compiled import (
    WHOLE,
    CompiledActivity,
    CompiledOffer,
    CompiledPlacement,
    CompiledRank,
    CompiledSelection,
    Snapshot,
    taken,
)

_HUNDREDTH = Decimal("0.01")
_LAST = Decimal("99.99")
_LARGEST = 2**53


class Choice(NamedTuple):
    """An offer that may be chosen.

    Attributes:
        when: the condition; the first choice for which it holds counts.
        offer: the offer.
    """

    when: Logic
    offer: CompiledOffer


class Choices:
    """The choices of a catalogue's activities.

    Args:
        snapshot: the compiled catalogue.
        now: microseconds since 1970; what is over by then is left out.
    """

    def __init__(self, snapshot: Snapshot, now: int) -> None:
        self._snapshot = snapshot
        self._conditions = Conditions(snapshot)
        self._now = now

    def of(self, activity: CompiledActivity, placement: CompiledPlacement) -> list[Choice]:
        """What an activity chooses at a placement for a visitor who was not in it before.

        Raises:
            Inexpressible: a device would choose otherwise than the server.
        """
        _check(activity)
        entry = [self._conditions.said(activity.audience), entered(activity.percent)]
        found = self._chosen(activity, placement)
        _check_once(activity, placement, [*entry, *(each.when for each in found)])
        standing = moments.window(activity.starts, activity.ends, self._now)
        here = self._conditions.said(activity.placements[placement.id])
        before = every((standing, here, *entry))
        made = [Choice(every((before, each.when)), each.offer) for each in self._shown(found, activity, placement)]
        return [each for each in made if each.when is not False]

    def _chosen(self, activity: CompiledActivity, placement: CompiledPlacement) -> list[Choice]:
        """The choices of all selections, the highest group first, wherever they show something."""
        selections = sorted(self._snapshot.selections_at(activity, placement.id), key=lambda each: -each.group)
        groups = [each.group for each in selections]
        if len(set(groups)) != len(groups):
            raise Inexpressible("selections of one group are ranked together")
        places = self._places(activity, placement)
        made = [each for selection in selections for each in self._of_selection(selection, activity, places)]
        uids = [each.offer.uid for each in made]
        if len(set(uids)) != len(uids):
            raise Inexpressible("an offer is in several selections")
        _check_count(activity, placement, made, selections)
        return made

    def _of_selection(
        self, selection: CompiledSelection, activity: CompiledActivity, places: Sequence[CompiledPlacement]
    ) -> list[Choice]:
        when = self._conditions.said(selection.when)
        offers = [Choice(self._passes(each, places), each) for each in self._candidates(selection)]
        offers = [each for each in offers if each.when is not False]
        for each in offers:
            if each.offer.caps or each.offer.requires:
                raise Inexpressible(f"the offer {each.offer.offer.id} has caps or requirements")
        ordered = _ranked(self._snapshot.ranked(selection.rank), offers, activity.percent)
        return [Choice(every((when, each.when)), each.offer) for each in ordered]

    def _candidates(self, selection: CompiledSelection) -> Iterable[CompiledOffer]:
        pool = self._snapshot.pool(selection)
        if pool is None:
            return selection.inline
        if not pool.fixed:
            raise Inexpressible("a collection depends on more than its offers")
        known = self._snapshot.offers
        return (*selection.inline, *(known[name] for name in pool.members if name in known))

    def _passes(self, offer: CompiledOffer, places: Sequence[CompiledPlacement]) -> Logic:
        if not offer.approved:
            return False
        standing = moments.window(offer.starts, offer.ends, self._now)
        if standing is False:
            return False
        fits = some([self._fits(offer, each) for each in places])
        return every((standing, fits, self._conditions.said(offer.eligible)))

    def _fits(self, offer: CompiledOffer, placement: CompiledPlacement) -> Logic:
        """Whether an offer has something to show at a placement."""
        if not placement.types:
            return True
        components = taken(offer.content.get(placement.id, ()), placement.types, self._snapshot.contents)
        return some([self._conditions.said(each.when) for each in components])

    def _places(self, activity: CompiledActivity, placement: CompiledPlacement) -> list[CompiledPlacement]:
        """The placements at one of which an offer must fit."""
        if not activity.one_choice:
            return [placement]
        known = self._snapshot.placements
        return [placement, *(known[name] for name in activity.placements if name in known and name != placement.id)]

    def _shown(
        self, found: Sequence[Choice], activity: CompiledActivity, placement: CompiledPlacement
    ) -> Iterable[Choice]:
        """The choices that show something here; one that does not is chosen all the same, and none after it."""
        silent: list[Logic] = []
        for each in found:
            fits = self._fits(each.offer, placement) if activity.one_choice else True
            yield Choice(every((*silent, fits, each.when)), each.offer)
            if fits is not True:
                silent.append(negated(every((each.when, negated(fits)))))


def entered(percent: Decimal) -> Logic:
    """Whether an allocation is within an entry percentage."""
    if percent <= 0:
        return False
    return True if percent >= WHOLE else _at_most(percent)


def _check(activity: CompiledActivity) -> None:
    """Refuses what depends on more than the moment.

    Raises:
        Inexpressible: a visitor's earlier decisions count, or the activity has no number that clients can hash.
    """
    number = activity.number
    if not (number.isascii() and number.isdecimal() and str(int(number)) == number and int(number) < _LARGEST):
        raise Inexpressible("the activity has no number")
    if activity.activity.keep == "proposition":
        raise Inexpressible("propositions stay open")
    follows = {goal.then for goal in activity.goals}
    if "bar" in follows:
        raise Inexpressible("a goal bars visitors")
    # Who is released to the same choice again is seen to stay; who has no assignment is never released.
    if activity.activity.keep == "profile" and follows & {"release_random", "release_new"}:
        raise Inexpressible("a goal moves visitors to another choice")
    if activity.activity.fallback is not None:
        raise Inexpressible("it has a fallback")


def _check_once(activity: CompiledActivity, placement: CompiledPlacement, choosing: Sequence[Logic]) -> None:
    """Refuses one choice for all of a request that depends on the place which is asked first.

    Raises:
        Inexpressible: it does.
    """
    if not activity.one_choice:
        return
    several = len(activity.placements) > 1 or activity.activity.keep == "request"
    if several and any(selection.placements for selection in activity.selections):
        raise Inexpressible("the choice for all placements depends on which is asked first")
    if several and any(name.startswith(OF_A_PLACE) for each in choosing for name in names(each)):
        raise Inexpressible(f"the choice for all placements depends on what is said of {placement.id}")


def _check_count(
    activity: CompiledActivity,
    placement: CompiledPlacement,
    made: Sequence[Choice],
    selections: Sequence[CompiledSelection],
) -> None:
    """Refuses more than one offer at a time.

    Raises:
        Inexpressible: there may be.
    """
    if activity.one_choice or placement.placement.count == 1 or len(made) < 2:  # noqa: PLR2004 - more than one
        return
    if len(selections) > 1 or selections[0].rank.by != "traffic":
        raise Inexpressible("it may give several offers at once")


def _ranked(rank: CompiledRank, offers: list[Choice], percent: Decimal) -> list[Choice]:
    """The choices of a selection in the order in which they are made."""
    if rank.by == "model" or rank.model is not None:
        raise Inexpressible("a model ranks")
    if rank.by == "traffic":
        return _split(rank, offers, percent)
    if rank.by == "order" or len(offers) < 2:  # noqa: PLR2004 - one needs no order
        return offers
    if rank.by != "priority":
        raise Inexpressible("a formula ranks")
    priorities = [each.offer.offer.priority for each in offers]
    if len(set(priorities)) != len(priorities):
        raise Inexpressible("offers of one priority are ranked by chance")
    return sorted(offers, key=lambda each: -each.offer.offer.priority)


def _split(rank: CompiledRank, offers: Sequence[Choice], percent: Decimal) -> list[Choice]:
    """A traffic split as ranges of the allocation; the first is closed below, the others open."""
    if rank.salt is not None:
        raise Inexpressible("the draw has a salt of its own")
    shares = [(rank.traffic or {}).get(each.offer.offer.id, Decimal(0)) for each in offers]
    drawn = [(share, each) for share, each in zip(shares, offers, strict=True) if share > 0]
    if any(each.when is not True for _, each in drawn):
        raise Inexpressible("a split is among the offers that fit")
    total = sum((share for share, _ in drawn), Decimal(0))
    made: list[Choice] = []
    upper, lower = Decimal(0), None
    for index, (share, each) in enumerate(drawn):
        upper += share
        last = index == len(drawn) - 1
        bound = upper * percent / total
        above = {"<=": [0, variable(ALLOCATION)]} if lower is None else _above(lower)
        made.append(Choice(every((above, _at_most(min(percent, WHOLE) if last else bound))), each.offer))
        lower = bound
    return made


def _at_most(bound: Decimal) -> Logic:
    return {">=": [_hundredths(bound), variable(ALLOCATION)]}


def _above(bound: Decimal) -> Logic:
    return False if bound >= _LAST else {"<": [_hundredths(bound), variable(ALLOCATION)]}


def _hundredths(bound: Decimal) -> int | float:
    """A bound as devices compare it: allocations have two digits after the point, so what is beyond says nothing."""
    exact = min(bound, WHOLE).quantize(_HUNDREDTH, ROUND_FLOOR)
    return int(exact) if exact == exact.to_integral_value() else float(exact)
