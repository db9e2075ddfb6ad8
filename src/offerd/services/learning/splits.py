"""The splits of traffic that activities make, named selections and rankings looked up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from offerd import engine
from offerd.engine.activities import CompiledActivity


class Split(NamedTuple):
    """A split of an activity's traffic.

    Attributes:
        model: the learned model that gives the shares; None where they are written.
        offers: the ids of what it is split between, in order.
    """

    model: str | None
    offers: list[str]


def splits(snapshot: engine.Snapshot, activity: CompiledActivity) -> Iterator[Split]:
    """The splits of an activity."""
    for selection in snapshot.selections_at(activity, None):
        rank = snapshot.ranked(selection.rank)
        if rank.by == "traffic":
            pool = snapshot.pool(selection)
            gathered = () if pool is None else pool.members
            model = rank.model if rank.traffic is None else None
            yield Split(model, list(dict.fromkeys((*(each.offer.id for each in selection.inline), *gathered))))


def is_counted(snapshot: engine.Snapshot, activity: CompiledActivity) -> bool:
    """Whether it is counted who is given what: an activity is for something, or splits its traffic."""
    return bool(activity.goals) or next(splits(snapshot, activity), None) is not None
