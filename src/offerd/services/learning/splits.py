"""The splits of traffic that activities make, named selections and rankings looked up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from offerd import engine
from offerd.engine.activities import CompiledActivity, CompiledRank, CompiledSelection
from offerd.engine.offers import CompiledOffer


class Split(NamedTuple):
    """A split of an activity's traffic.

    Attributes:
        model: the learned model that gives the shares; None where they are written.
        offers: the ids of what it is split between now, in order.
    """

    model: str | None
    offers: list[str]


def splits(snapshot: engine.Snapshot, activity: CompiledActivity, now: int) -> Iterator[Split]:
    """The splits of an activity.

    Args:
        snapshot: the compiled catalogue.
        activity: the activity.
        now: in microseconds; an offer that nobody may get then takes no part.
    """
    for selection, rank in _splitting(snapshot, activity):
        pool = snapshot.pool(selection)
        gathered = () if pool is None else pool.members
        known = (snapshot.offers[name] for name in gathered if name in snapshot.offers)
        offers = [each.offer.id for each in (*selection.inline, *known) if _is_given(each, now)]
        yield Split(rank.model if rank.traffic is None else None, list(dict.fromkeys(offers)))


def is_counted(snapshot: engine.Snapshot, activity: CompiledActivity) -> bool:
    """Whether it is counted who is given what: an activity is for something, or splits its traffic."""
    return bool(activity.goals) or next(_splitting(snapshot, activity), None) is not None


def _splitting(
    snapshot: engine.Snapshot, activity: CompiledActivity
) -> Iterator[tuple[CompiledSelection, CompiledRank]]:
    """The selections of an activity that split its traffic, each with its ranking."""
    for selection in snapshot.selections_at(activity, None):
        rank = snapshot.ranked(selection.rank)
        if rank.by == "traffic":
            yield selection, rank


def _is_given(offer: CompiledOffer, now: int) -> bool:
    begun = offer.starts is None or offer.starts <= now
    return offer.approved and begun and (offer.ends is None or offer.ends > now)
