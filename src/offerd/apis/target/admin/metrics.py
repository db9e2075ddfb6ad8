"""Metrics of activities, each of which stands for goals: what is counted, and what follows when it comes."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from itertools import count
from typing import Any, Literal

from msgspec.structs import replace

from offerd import pql
from offerd.apis.target.admin import places
from offerd.apis.target.admin.bodies import Members
from offerd.apis.target.admin.desk import Desk
from offerd.apis.target.admin.kept import with_own
from offerd.apis.target.admin.layout import VIEW, Layout
from offerd.apis.target.admin.places import Locating, hint
from offerd.apis.target.admin.rules import join
from offerd.apis.target.ids import own
from offerd.model.activity import Activity, Goal, named_goals
from offerd.model.condition import Audience
from offerd.pql import ast
from offerd.pql.ast import Node

METRIC = "metricLocalId"
#: The most metrics of an activity, and the most mboxes, selectors and views of all of them.
MOST, MOST_PLACES = 200, 2_000
_LARGEST = 2**31 - 1

_Said = tuple[str, str | None, str | None, str | None, bool, str]
_Then = Literal["keep", "release_same", "release_random", "release_new", "bar"]

#: Whether a goal counts once, and what follows, for each action.
ACTIONS: dict[str, tuple[bool, _Then]] = {
    "count_once": (True, "keep"),
    "count_landings": (False, "keep"),
    "always_convert": (False, "keep"),
    "restart_same_experience": (False, "release_same"),
    "restart_random_experience": (False, "release_random"),
    "restart_new_experience": (False, "release_new"),
    "exclude_to_same_experience": (False, "bar"),
    "ban_from_campaign": (False, "bar"),
}
_ENGAGEMENTS = ("page_count", "score", "time_on_site", "none")
#: The type of interaction that each event of an mbox is.
_EVENTS = {"mbox_shown": "conversion", "mbox_clicked": "click"}
_OF_GOAL = {on: event for event, on in _EVENTS.items()}


class Goals:
    """The goals that metrics stand for.

    Args:
        at: the request.
        locating: finds placements.
        views: placements of views, by their number in the activity.
    """

    def __init__(self, at: Desk, locating: Locating, views: dict[int, str]) -> None:
        self._at = at
        self._locating = locating
        self._views = views

    def read(self, listed: list[Members], old: Activity | None, seen: list[dict[str, Any]]) -> list[Goal]:
        """The goals of metrics; those of a metric that is as it was stay, and those that clients do not see."""
        trees = [body.tree.get(name) for body in listed for name in ("mboxes", "clickTrackSelectors", "views")]
        if sum(len(tree) for tree in trees if isinstance(tree, list)) > MOST_PLACES:
            listed[0].fault("", f"expected at most {MOST_PLACES} mboxes, selectors and views in all metrics")
            return []
        made: list[tuple[Members, list[Goal]]] = []
        taken: set[int] = set()
        for body in listed[:MOST]:
            local = body.whole(METRIC, most=_LARGEST, required=True)
            if local is not None and local in taken:
                body.fault(METRIC, f"{local} is there twice")
            taken.add(-1 if local is None else local)
            goals = list(self._of(body))
            made.append((body, [replace(goal, extensions=with_own(goal, metricLocalId=local)) for goal in goals]))
        if len(listed) > MOST:
            listed[MOST].fault("", f"expected at most {MOST} metrics")
        return _placed(made, old, seen)

    def _of(self, body: Members) -> Iterator[Goal]:
        """The goals that one metric stands for."""
        body.text("name")
        conversion = bool(body.flag("conversion"))
        body.choice("engagement", _ENGAGEMENTS)
        once, then = self._action(body, conversion=conversion)
        for each in body.items("mboxes"):
            place = self._locating.mbox(each)
            event = each.choice("successEvent", tuple(_EVENTS)) or "mbox_shown"
            if place is not None:
                yield Goal(on=_EVENTS[event], at=place, when=self._when(each), once=once, then=then)
        for each in body.items("clickTrackSelectors"):
            selector = each.text("selector", most=places.SELECTOR, required=True)
            local = each.whole(VIEW)
            place = self._locating.selected(each) if local is None else self._view(each, local)
            if place is not None and selector is not None:
                yield Goal(on="click", at=place, selector=selector, when=self._when(each), once=once, then=then)
        for each in body.items("views"):
            local = each.whole(VIEW, required=True)
            place = None if local is None else self._view(each, local)
            if place is not None:
                yield Goal(on="conversion", at=place, when=self._when(each), once=once, then=then)

    def _action(self, body: Members, *, conversion: bool) -> tuple[bool, _Then]:
        action = body.inner("action")
        kind = None if action is None else action.choice("type", tuple(ACTIONS))
        if action is not None:
            action.choice("onConditionsMetAction", tuple(ACTIONS))
            action.inner("conditions")
        return ACTIONS[kind or ("restart_same_experience" if conversion else "count_once")]

    def _view(self, body: Members, local: int) -> str | None:
        if local not in self._views:
            body.fault(VIEW, f"there is no view {local} in this activity")
        return self._views.get(local)

    def _when(self, body: Members) -> str | None:
        """The rule that somebody is in one of a list of audiences."""
        nodes: list[Node] = []
        for wanted in body.wholes("audienceIds"):
            found = self._at.find(Audience, "audiences", wanted)
            if found is None:
                body.fault("audienceIds", f"there is no audience {wanted}")
            else:
                nodes.append(ast.Function("inSegment", (ast.Text(found.id),)))
        node = join("or", nodes)
        return None if node is None else pql.to_text(node)


def shown(at: Desk, thing: Activity, layout: Layout) -> list[dict[str, Any]]:
    """The metrics of an activity as clients see them: as they were sent, where its goals still say so."""
    kept = hint(own(thing).get("metrics"), METRIC)
    by_metric: dict[int, list[Goal]] = {}
    loose = []
    for goal in thing.goals:
        local = own(goal).get(METRIC)
        if type(local) is int and any(tree[METRIC] == local for tree in kept):
            by_metric.setdefault(local, []).append(goal)
        elif _sayable(goal):
            loose.append(goal)
    made = [_shown(at, tree, by_metric.get(tree[METRIC], []), layout) for tree in kept]
    taken = {tree[METRIC] for tree in made}
    for goal in loose:
        local = max(taken, default=0) + 1
        taken.add(local)
        made.append(_of_goal(at, local, goal, layout))
    return made


def _shown(at: Desk, tree: dict[str, Any], goals: list[Goal], layout: Layout) -> dict[str, Any]:
    """A metric that was kept; what its goals do not say any more is made of them."""
    views = {each[VIEW]: view for each in layout.views if (view := _view_id(at, each)) is not None}
    locating = Locating(at)
    said = list(Goals(at, locating, views)._of(Members(tree)))  # noqa: SLF001 - its own module
    if Counter(map(_said, said)) == Counter(map(_said, goals)) and not locating.new:
        return tree
    first = {name: tree[name] for name in (METRIC, "name", "conversion", "engagement") if name in tree}
    return {**first, **_asked(at, [goal for goal in goals if _sayable(goal)], layout)}


def _view_id(at: Desk, tree: dict[str, Any]) -> str | None:
    wanted = tree.get("viewId")
    found = Locating(at).view(wanted) if type(wanted) is int else None
    return None if found is None else found.id


def _of_goal(at: Desk, local: int, goal: Goal, layout: Layout) -> dict[str, Any]:
    place = "" if goal.at is None else f" at {goal.at}"
    first = {METRIC: local, "name": f"{goal.on}{place}", "conversion": goal.on == "conversion"}
    return {**first, **_asked(at, [goal], layout)}


def _asked(at: Desk, goals: list[Goal], layout: Layout) -> dict[str, Any]:
    """The action, mboxes, selectors and views of goals."""
    made: dict[str, Any] = {"mboxes": [], "clickTrackSelectors": [], "views": []}
    if goals:
        made["action"] = {"type": _action_of(goals[0])}
    for goal in goals:
        place = places.placement_of(at, goal.at or "")
        if goal.selector is not None:
            tree: dict[str, Any] = {"selector": goal.selector}
            if place.kind == "view":
                tree[VIEW] = layout.view_of(place.id, places.view_number(place))
            else:
                tree |= places.mbox_of(at, place)
            made["clickTrackSelectors"].append(tree)
        elif place.kind == "view":
            tree = {VIEW: layout.view_of(place.id, places.view_number(place))}
            made["views"].append(tree)
        else:
            tree = {"name": places.mbox_name(place), "successEvent": _OF_GOAL[goal.on]}
            made["mboxes"].append(tree)
        named = _segments(at, goal.when)
        if named:
            tree["audienceIds"] = named
    return {name: value for name, value in made.items() if value}


def _segments(at: Desk, when: str | None) -> list[int]:
    """The numbers of the audiences that a goal's rule names."""
    if when is None:
        return []
    node = pql.parse(when)
    nodes = node.operands if isinstance(node, ast.Or) else (node,)
    found = []
    for each in nodes:
        name = each.args[0] if isinstance(each, ast.Function) and each.name == "inSegment" else None
        number = at.number_of("audiences", name.value) if isinstance(name, ast.Text) else None
        if number is not None:
            found.append(number)
    return found


def _action_of(goal: Goal) -> str:
    return next(
        (name for name, (once, then) in ACTIONS.items() if then == goal.then and (once == goal.once or then != "keep")),
        "always_convert",
    )


def _sayable(goal: Goal) -> bool:
    """Whether clients can be told of a goal: one of showing or clicking something at a place."""
    return goal.on in _OF_GOAL and goal.at is not None and (goal.selector is None or goal.on == "click")


def _placed(made: list[tuple[Members, list[Goal]]], old: Activity | None, seen: list[dict[str, Any]]) -> list[Goal]:
    """Goals in their order, each under its name, by which counts, tokens and assignments know it.

    Old ones stay where they are. New ones come after them, those of metrics that count as conversions first: learning
    goes by the first goal.
    """
    before = {} if old is None else dict(named_goals(old.goals))
    known = {} if old is None else names(old, seen)
    placed: dict[str, Goal | None] = {name: None if _sayable(goal) else goal for name, goal in before.items()}
    fresh: list[tuple[bool, str, Goal]] = []
    for body, goals in made:
        local = body.tree.get(METRIC)
        left = dict.fromkeys(known.get(local, ())) if type(local) is int else {}
        same = any(tree == body.tree for tree in seen)
        waiting: dict[_Said, deque[str]] = {}
        for name in left:
            waiting.setdefault(_said(before[name]), deque()).append(name)
        kept = [replace(before[name], extensions=with_own(before[name], metricLocalId=local)) for name in left]
        new = []
        for goal in kept if same else goals:
            alike = waiting.get(_said(goal))
            if alike:
                name = alike.popleft()
                del left[name]
                placed[name] = goal
            else:
                new.append(goal)
        placed.update(zip(left, new, strict=False))
        free = (name for name in _named(local) if name not in before)
        fresh += [(not body.tree.get("conversion"), next(free), goal) for goal in new[len(left) :]]
    ordered = [(name, goal) for name, goal in placed.items() if goal is not None]
    ordered += [(name, goal) for _, name, goal in sorted(fresh, key=lambda one: one[0])]
    # Who had no name goes by its place; where that is another one now, the old one becomes its name.
    return [
        replace(goal, id=name if name not in before or before[name].id or name != str(index) else None)
        for index, (name, goal) in enumerate(ordered)
    ]


def _named(local: Any) -> Iterator[str]:
    """What the goals of a metric may be called."""
    yield f"metric-{local}"
    yield from (f"metric-{local}-{index}" for index in count(2))


def _said(goal: Goal) -> _Said:
    """What a goal says: all but its name, and what formats keep with it."""
    return (goal.on, goal.at, goal.selector, goal.when, goal.once, goal.then)


def names(thing: Activity, seen: list[dict[str, Any]]) -> dict[int, list[str]]:
    """The names of the goals that each metric stands for, by the metric's number."""
    found: dict[int, list[str]] = {}
    kept = {tree[METRIC] for tree in hint(own(thing).get("metrics"), METRIC)}
    others = iter([tree[METRIC] for tree in seen if tree[METRIC] not in kept])
    for name, goal in named_goals(thing.goals):
        if not _sayable(goal):
            continue
        local = own(goal).get(METRIC)
        if local not in kept:
            local = next(others, None)
        if type(local) is int:
            found.setdefault(local, []).append(name)
    return found
