"""Activities, selections, rankings and goals: how."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

from offerd.model.base import Duration, Id, Object, Part, Window
from offerd.model.condition import Condition
from offerd.model.offer import Offer


class Rank(Part, kw_only=True, frozen=True, omit_defaults=True):
    """How the offers of a selection are put in order; a bare string is `by`.

    Attributes:
        by: `priority` (highest first), `order` (as listed), `formula`, `traffic`, `model` or `ranking`. May be left
            out where another member says it.
        formula: PQL that gives a number for each offer; the highest is first.
        traffic: shares in percent by offer; the unit's hash picks one.
        model: the id of a learned model, which scores offers, or where `by` is `traffic` gives the shares.
        ranking: the id of a named ranking.
        salt: distinguishes this draw from others of the same activity.
    """

    by: Literal["priority", "order", "formula", "traffic", "model", "ranking"] = "priority"
    formula: str | None = None
    traffic: dict[Id, Decimal] | None = None
    model: str | None = None
    ranking: Id | None = None
    salt: str | None = None

    @classmethod
    def from_short(cls, value: Any) -> Any:
        """A string is `by`; a member that only one way of ranking has says `by` itself."""
        if isinstance(value, str):
            return {"by": value}
        if isinstance(value, dict) and "by" not in value:
            named = [key for key in ("formula", "traffic", "model", "ranking") if value.get(key) is not None]
            if len(named) == 1:
                return {"by": named[0], **value}
        return value

    @classmethod
    def to_short(cls, tree: dict[str, Any]) -> Any:
        """`by` is left out where another member says it."""
        by = tree.get("by", "priority")
        if tree.keys() <= {"by"}:
            return by
        return {key: item for key, item in tree.items() if key != "by"} if by in tree else tree


class Ranking(Object, kw_only=True, frozen=True, omit_defaults=True):
    """A named way to rank.

    Attributes:
        rank: the way; never another named ranking.
    """

    rank: Rank


class InlineCollection(Part, kw_only=True, frozen=True, omit_defaults=True):
    """A collection's id (a bare string), or its members written in place.

    Attributes:
        ref: the id of a named collection.
        any_tags: as a Collection's.
        all_tags: as a Collection's.
        offers: as a Collection's.
        where: as a Collection's.
    """

    ref: Id | None = None
    any_tags: list[Id] | None = None
    all_tags: list[Id] | None = None
    offers: list[Id] | None = None
    where: str | None = None

    @classmethod
    def from_short(cls, value: Any) -> Any:
        """A string names a collection."""
        return {"ref": value} if isinstance(value, str) else value

    @classmethod
    def to_short(cls, tree: dict[str, Any]) -> Any:
        """A name alone is a string."""
        return tree["ref"] if tree.keys() == {"ref"} else tree


class Selection(Object, kw_only=True, frozen=True, omit_defaults=True):
    """Which offers an activity may choose from, and in which order; named ones serve several activities.

    Attributes:
        collection: the offers: a named collection's id, or a collection written here.
        offers: these offers, in this order.
        inline: offers written here, which belong to this activity alone, by id.
        when: who this selection is for.
        rank: how its offers are ordered.
        placements: where it is used; none means at every placement of the activity.
        group: selections of one group rank together, the best score of an offer counts; higher groups go first
            and are never overtaken by lower ones.
    """

    collection: InlineCollection | None = None
    offers: list[Id] | None = None
    inline: dict[Id, Offer] | None = None
    when: Condition | None = None
    rank: Rank = Rank()
    placements: list[Id] = []
    group: int = 0


class ActivitySelection(Selection, kw_only=True, frozen=True, omit_defaults=True):
    """A selection within an activity: written here, or the id of a named one (a bare string).

    Attributes:
        strategy: the id of a named selection; then only `placements` and `group` may stand beside it.
    """

    strategy: Id | None = None

    @classmethod
    def from_short(cls, value: Any) -> Any:
        """A string names a selection."""
        return {"strategy": value} if isinstance(value, str) else value

    @classmethod
    def to_short(cls, tree: dict[str, Any]) -> Any:
        """A name alone is a string."""
        return tree["strategy"] if tree.keys() == {"strategy"} else tree


class Appearance(Part, kw_only=True, frozen=True, omit_defaults=True):
    """How an activity uses one of its placements.

    Attributes:
        when: who sees the activity here.
        shares: whether other activities may answer here too.
    """

    when: Condition | None = None
    shares: bool = False


class Goal(Part, kw_only=True, frozen=True, omit_defaults=True):
    """An interaction that an activity is for, and what follows when it comes.

    Attributes:
        id: names its count within the activity and survives edits; its place among the goals, from 0, where absent.
        on: the type of interaction.
        at: only at this placement.
        selector: only on what this selector finds.
        when: PQL over `event`, the interaction.
        once: whether it counts once for a person.
        then: keep the assignment, release it (to the same choice again, a random one or one not yet seen), or
            bar the person from the activity.
    """

    id: Id | None = None
    on: str
    at: Id | None = None
    selector: str | None = None
    when: str | None = None
    once: bool = False
    then: Literal["keep", "release_same", "release_random", "release_new", "bar"] = "keep"


class Activity(Object, kw_only=True, frozen=True, omit_defaults=True):
    """What answers an ask: it chooses among offers for its placements.

    Attributes:
        status: only live activities answer.
        window: when it may answer.
        priority: higher first where several answer for one placement.
        properties: it answers only for these; none means everywhere.
        audience: who may enter it.
        percent: how many of those, by the unit's hash, 0 to 100.
        placements: where it answers.
        selections: what it chooses from.
        keep: what is remembered of a choice: `nothing`, for the `request`, for the `profile` (an assignment), or
            as an open `proposition`.
        lasts: how long a proposition stays open; the placement's where absent.
        goals: what it is for.
        fallback: what it shows when it has nothing else.
    """

    status: Literal["draft", "live", "completed", "archived"] = "draft"
    window: Window = Window()
    priority: int = 0
    properties: list[Id] = []
    audience: Condition | None = None
    percent: Decimal = Decimal(100)
    placements: dict[Id, Appearance] = {}
    selections: list[ActivitySelection] = []
    keep: Literal["nothing", "request", "profile", "proposition"] = "nothing"
    lasts: Duration | None = None
    goals: list[Goal] = []
    fallback: Id | None = None

    @classmethod
    def from_short(cls, value: Any) -> Any:
        """A list of placements is a mapping to nothing in particular."""
        if isinstance(value, dict) and isinstance(value.get("placements"), list):
            names = value["placements"]
            if all(isinstance(name, str) for name in names):
                return {**value, "placements": {name: {} for name in names}}
        return value

    @classmethod
    def to_short(cls, tree: dict[str, Any]) -> Any:
        """A mapping to nothing in particular is a list of placements."""
        places = tree.get("placements")
        return {**tree, "placements": list(places)} if places and not any(places.values()) else tree


def named_goals(goals: Sequence[Goal]) -> list[tuple[str, Goal]]:
    """An activity's goals, each with what its count is called: its id, or its place."""
    return [(str(index) if goal.id is None else goal.id, goal) for index, goal in enumerate(goals)]
