"""Compiled activities, selections and rankings: what they choose from, and how, ready to be asked."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from offerd.engine.conditions import Programs, Test, compile_condition
from offerd.engine.offers import CompiledOffer, compile_offer, window
from offerd.engine.periods import seconds
from offerd.engine.pools import PoolKey, pool_key
from offerd.engine.views import NONE, Views
from offerd.model.activity import Activity, ActivitySelection, Rank, Selection, named_goals
from offerd.model.instants import micros
from offerd.pql import Program

_MICROS = 1_000_000
_LAST = 2**63
#: A share above this, or a percentage, is none that anyone means, and would only grow.
_LARGEST = Decimal(10**12)


class CompiledRank(msgspec.Struct, frozen=True):
    """A ranking that is ready.

    Attributes:
        by: as the Rank's.
        formula: its program.
        traffic: shares by offer; None where a model gives them.
        model: the learned model's id.
        ranking: the id of the named ranking that is meant.
        salt: makes this draw another than the activity's.
    """

    by: Literal["priority", "order", "formula", "traffic", "model", "ranking"]
    formula: Program | None
    traffic: dict[str, Decimal] | None
    model: str | None
    ranking: str | None
    salt: str | None


class CompiledSelection(msgspec.Struct, frozen=True, kw_only=True):
    """A selection that is ready.

    Attributes:
        label: what answers call it.
        strategy: the id of the named selection that is meant; then the rest, but for placements and group, is its.
        collection: the id of a named collection.
        pool: what else it gathers by.
        inline: offers written in it.
        when: who it is for.
        rank: how its offers are ordered.
        placements: where it is used; none means everywhere.
        group: higher ones go first.
    """

    label: str
    strategy: str | None
    collection: str | None
    pool: PoolKey | None
    inline: tuple[CompiledOffer, ...]
    when: Test | None
    rank: CompiledRank
    placements: frozenset[str]
    group: int


class CompiledGoal(msgspec.Struct, frozen=True, kw_only=True):
    """A goal that is ready.

    Attributes:
        name: what its count is called.
        on: the type of interaction.
        at: only at this placement.
        selector: only on what this selector finds.
        when: its rule.
        once: whether it counts once.
        then: what follows.
    """

    name: str
    on: str
    at: str | None
    selector: str | None
    when: Program | None
    once: bool
    then: Literal["keep", "release_same", "release_random", "release_new", "bar"]


class CompiledActivity(msgspec.Struct, frozen=True, kw_only=True):
    """An activity that is ready to answer.

    Attributes:
        activity: as it was written.
        number: what the traffic hash calls it: its number, else its id.
        live: whether its status lets it answer.
        starts: the first instant of its window in microseconds.
        ends: the instant at which its window is over.
        properties: those it answers for; none means all.
        audience: who may enter.
        percent: how many of those.
        placements: its conditions by placement.
        selections: what it chooses from.
        lasts: microseconds that a proposition stays open; None where the placement says.
        goals: what it is for.
        order: where it stands among the activities of a placement.
    """

    activity: Activity
    number: str
    live: bool
    starts: int | None
    ends: int | None
    properties: frozenset[str]
    audience: Test | None
    percent: Decimal
    placements: dict[str, Test | None]
    selections: tuple[CompiledSelection, ...]
    lasts: int | None
    goals: tuple[CompiledGoal, ...]
    order: tuple[int, bool, int, str]

    @property
    def id(self) -> str:
        """The activity's id."""
        return self.activity.id

    @property
    def one_choice(self) -> bool:
        """Whether it gives one offer at all its placements."""
        return self.activity.keep in {"request", "profile"}


def compile_activity(
    activity: Activity, programs: Programs, zone: ZoneInfo, views: Views = NONE
) -> CompiledActivity:
    """An activity ready to answer."""
    starts, ends = window(activity.window)
    since = activity.modified or activity.created
    return CompiledActivity(
        activity=activity,
        number=activity.ids.get("number", activity.id),
        live=activity.status == "live",
        starts=starts,
        ends=ends,
        properties=frozenset(activity.properties),
        audience=compile_condition(activity.audience, programs),
        percent=min(activity.percent, _LARGEST),
        placements={name: compile_condition(each.when, programs) for name, each in activity.placements.items()},
        selections=tuple(
            compile_selection(each, programs, zone, activity, f"{activity.id}#{index}", views=views)
            for index, each in enumerate(activity.selections)
        ),
        lasts=None if activity.lasts is None else seconds(activity.lasts) * _MICROS,
        goals=tuple(
            CompiledGoal(
                name=name, on=goal.on, at=goal.at, selector=goal.selector, once=goal.once, then=goal.then,
                when=None if goal.when is None else programs(goal.when),
            )
            for name, goal in named_goals(activity.goals)
        ),
        order=(
            -activity.priority, activity.audience is None, _LAST if since is None else micros(since), activity.id,
        ),
    )  # fmt: skip


def compile_selection(
    selection: Selection,
    programs: Programs,
    zone: ZoneInfo,
    owner: Activity | None = None,
    label: str = "",
    *,
    views: Views = NONE,
) -> CompiledSelection:
    """A selection ready to be chosen from; `owner` is the activity it is written in, else it is a named one."""
    collection = selection.collection
    named = owner is None
    pool = None
    if selection.offers is not None:
        pool = PoolKey("offers", tuple(dict.fromkeys(selection.offers)))
    elif collection is not None and collection.ref is None:
        pool = pool_key(collection)
    version = selection.version if owner is None else owner.version
    return CompiledSelection(
        label=selection.id if named else selection.name or selection.id or label,
        strategy=selection.strategy if isinstance(selection, ActivitySelection) else None,
        collection=None if collection is None or pool is not None else collection.ref,
        pool=pool,
        inline=tuple(
            compile_offer(
                msgspec.structs.replace(offer, id=offer_id, version=version), programs, zone,
                owner=selection.id if owner is None else owner.id, views=views,
            )
            for offer_id, offer in (selection.inline or {}).items()
        ),
        when=compile_condition(selection.when, programs),
        rank=compile_rank(selection.rank, programs),
        placements=frozenset(selection.placements),
        group=selection.group,
    )  # fmt: skip


def compile_rank(rank: Rank, programs: Programs) -> CompiledRank:
    """A ranking ready to be used."""
    return CompiledRank(
        by=rank.by,
        formula=None if rank.formula is None else programs(rank.formula),
        traffic=None if rank.traffic is None else {
            offer: min(share, _LARGEST) for offer, share in rank.traffic.items()
        },
        model=rank.model,
        ranking=rank.ranking,
        salt=rank.salt,
    )  # fmt: skip
