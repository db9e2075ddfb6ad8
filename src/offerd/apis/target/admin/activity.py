"""One activity in the words of clients, and back: a write changes what clients can say and nothing else."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from msgspec.structs import replace

from offerd.apis.target import ids
from offerd.apis.target.admin import entering, metrics, words
from offerd.apis.target.admin.bodies import Members
from offerd.apis.target.admin.desk import Desk
from offerd.apis.target.admin.experiences import Experiences
from offerd.apis.target.admin.kept import MORE, with_own
from offerd.apis.target.admin.layout import Layout
from offerd.apis.target.admin.places import numbers_of
from offerd.apis.target.admin.version_1 import from_v1, to_v1
from offerd.apis.target.ids import number, own
from offerd.model.activity import Activity, ActivitySelection, Rank
from offerd.model.base import Window
from offerd.model.place import Property
from offerd.services.catalogue import Change, Put
from offerd.services.ids import uuid

#: What paths call each kind of activity, and what lists call it.
TYPES = {"ab": "ab", "xt": "xt", "autoallocate": "auto_allocate"}
_PATHS = {ids.AB: "ab", ids.XT: "xt", ids.AUTO_ALLOCATE: "autoallocate"}

#: The model's status for each state of clients.
STATES = {"approved": "live", "saved": "draft", "deactivated": "archived"}
_OF_STATUS = {"live": "approved", "draft": "saved", "archived": "deactivated", "completed": "deactivated"}

MOST_PRIORITY = 999
SOURCES = ("target", "analytics", "customer_journey_analytics")
CRITERIA = ("conversion_rate", "rpv", "engagement")
_CHANNELS = ("web", "mobile")
#: Members that clients see and the server gives.
_GIVEN = ("type", "lifetime")
_WHOLE = Decimal(100)


def path_of(thing: object) -> str | None:
    """What paths call an activity's kind; None for one that clients cannot be told of.

    They know activities with one list of experiences that are written in them, shared out by traffic, which a model may
    split, or asked in their order.
    """
    if not isinstance(thing, Activity) or len(thing.selections) != 1:
        return None
    selection = thing.selections[0]
    if not selection.inline or selection.when is not None or selection.placements or selection.strategy is not None:
        return None
    by = selection.rank.by
    alone = by == "priority" and len(selection.inline) == 1
    return _PATHS[ids.kind(thing)] if alone or by in {"traffic", "order"} else None


def listed(at: Desk, thing: Activity) -> dict[str, Any]:
    """An activity as lists show it."""
    mine = own(thing)
    starts, ends = words.instant(thing.window.from_), words.instant(thing.window.until)
    return words.given(
        {
            "id": number(thing),
            "name": thing.name or thing.id,
            "thirdPartyId": mine.get("thirdPartyId"),
            "type": TYPES[path_of(thing) or "ab"],
            "state": state(thing),
            "startsAt": starts,
            "endsAt": ends,
            "lifetime": words.given({"start": starts, "end": ends}) or None,
            "priority": thing.priority,
            "reportingSource": mine.get("reportingSource") or SOURCES[0],
            "workspace": mine.get("workspace"),
            "propertyIds": numbers_of(at, "properties", thing.properties),
            **words.stamp(thing),
        }
    )


def state(thing: Activity) -> str:
    """The state of an activity."""
    return _OF_STATUS[thing.status]


def shown(at: Desk, thing: Activity) -> dict[str, Any]:
    """An activity as clients see it, in the version of the request."""
    tree = whole(at, thing)[0]
    return to_v1(tree) if at.version == 1 else tree


def whole(at: Desk, thing: Activity) -> tuple[dict[str, Any], Layout]:
    """An activity in version 3, and where its experiences are."""
    layout = Layout(at, thing)
    counted = metrics.shown(at, thing, layout)
    mine = own(thing)
    more = mine.get(MORE)
    locations = {"mboxes": layout.mboxes, "selectors": layout.selectors}
    tree = {
        **(more if isinstance(more, dict) else {}),
        **listed(at, thing),
        "entryConstraint": entering.shown(at, thing),
        "applicationContext": mine.get("applicationContext"),
        "locations": {name: found for name, found in locations.items() if found or name in _kept_places(mine)},
        "options": layout.options,
        "views": layout.views or None,
        "experiences": layout.experiences,
        "metrics": counted,
        "reportingAudiences": mine.get("reportingAudiences"),
        "autoAllocateTraffic": _allocation(thing),
    }
    return words.given(tree), layout


def written(at: Desk, kind: str, tree: Any, old: Activity | None) -> list[Change]:
    """What a write of an activity changes.

    Args:
        at: the request.
        kind: what the path calls the activity's kind.
        tree: the body.
        old: the activity as it is.

    Raises:
        InvalidDocument: something is wrong with the body; every fault is told.
    """
    before = None if old is None else whole(at, old)
    sent = from_v1(tree, None if before is None else before[0]) if at.version == 1 else tree
    if old is not None and before is not None and words.same(_without(sent, before[0]), before[0]):
        return [Put(kind="activities", object=old, create=False)]
    body = Members(sent)
    known = None if old is None or before is None else (old, before[1])
    experiences = Experiences(at, body, known)
    goals = metrics.Goals(at, experiences.locating, experiences.views).read(
        body.items("metrics"), old, [] if before is None else before[0]["metrics"]
    )
    base = old or Activity(id=uuid(), keep="profile")
    made = replace(
        _plain(at, body, base, before[0] if before is not None else None),
        keep=_keep(kind, old, len(experiences.offers)),
        placements=experiences.placements(),
        selections=[_selection(kind, body, base, experiences)],
        goals=goals,
    )
    more = body.rest(*words.ASSIGNED, *_GIVEN)
    body.check()
    kept = {
        **experiences.kept,
        "metrics": body.tree.get("metrics"),
        "entryConstraint": body.tree.get("entryConstraint"),
        MORE: more,
    }
    made = replace(made, extensions=with_own(made, **kept))
    return [*experiences.locating.new.values(), Put(kind="activities", object=made, create=old is None)]


def with_state(body: Members, thing: Activity) -> Activity:
    """The activity in the state that a body names."""
    wanted = body.choice("state", tuple(STATES), required=True)
    return thing if wanted is None or wanted == state(thing) else replace(thing, status=STATES[wanted])


def with_priority(body: Members, thing: Activity) -> Activity:
    """The activity with the priority that a body names."""
    wanted = body.whole("priority", most=MOST_PRIORITY, required=True)
    return thing if wanted is None else replace(thing, priority=wanted)


def with_name(body: Members, thing: Activity) -> Activity:
    """The activity with the name that a body names."""
    return replace(thing, name=words.name_of(thing, body.text("name", required=True)))


def with_schedule(body: Members, thing: Activity) -> Activity:
    """The activity with the times that a body names; one that is absent is open."""
    return replace(thing, window=_window(body, thing.window))


def _plain(at: Desk, body: Members, base: Activity, seen: dict[str, Any] | None) -> Activity:
    """The members that have nothing to do with places."""
    name = body.text("name", required=True)
    wanted = body.choice("state", tuple(STATES)) or (state(base) if seen is not None else "saved")
    status = base.status if seen is not None and wanted == state(base) else STATES[wanted]
    priority = body.whole("priority", most=max(MOST_PRIORITY, base.priority))
    properties = body.wholes("propertyIds")
    texts = {member: body.text(member) for member in ("thirdPartyId", "workspace")}
    source = body.choice("reportingSource", SOURCES)
    audience, percent = entering.entered(at, body, base)
    context = body.inner("applicationContext")
    if context is not None:
        context.choice("channel", _CHANNELS)
    for each in body.items("reportingAudiences"):
        each.whole("audienceId", least=1)
    traffic = _criteria(body)
    return replace(
        base,
        name=words.name_of(base if seen is not None else None, name),
        status=status,
        window=_window(body, base.window),
        priority=priority if priority is not None else base.priority,
        properties=_properties(at, body, base, properties),
        audience=audience,
        percent=percent,
        extensions=with_own(
            base,
            **texts,
            reportingSource=source or own(base).get("reportingSource"),
            applicationContext=body.tree.get("applicationContext"),
            reportingAudiences=body.tree.get("reportingAudiences"),
            autoAllocateTraffic=traffic,
        ),
    )


def _properties(at: Desk, body: Members, base: Activity, wanted: list[int]) -> list[str]:
    if wanted == numbers_of(at, "properties", base.properties):
        return base.properties
    names = []
    for each in wanted:
        found = at.find(Property, "properties", each)
        if found is None:
            body.fault("propertyIds", f"there is no property {each}")
        else:
            names.append(found.id)
    return names


def _window(body: Members, old: Window) -> Window:
    made = {}
    for name, member in (("startsAt", "from_"), ("endsAt", "until")):
        before: datetime | None = getattr(old, member)
        text = body.get(name)
        made[member] = before if text is not None and text == words.instant(before) else body.instant(name)
    if made["from_"] and made["until"] and made["from_"] >= made["until"]:
        body.fault("endsAt", "is not after startsAt")
    return replace(old, **made)


def _criteria(body: Members) -> dict[str, Any] | None:
    inner = body.inner("autoAllocateTraffic")
    if inner is None:
        return None
    if inner.flag("enabled") is False:
        inner.fault("enabled", "expected true; a split that stays is an activity of type ab")
    inner.choice("successEvaluationCriteria", CRITERIA)
    return dict(inner.tree)


def _allocation(thing: Activity) -> dict[str, Any] | None:
    kept = own(thing).get("autoAllocateTraffic")
    if kept is None and path_of(thing) == "autoallocate":
        return {"enabled": True, "successEvaluationCriteria": CRITERIA[0]}
    return kept if isinstance(kept, dict) else None


def _keep(kind: str, old: Activity | None, experiences: int) -> Literal["nothing", "request", "profile", "proposition"]:
    """What is remembered of a visitor: the experience; of targeted ones only where there is no other to go to."""
    if kind != "xt":
        return "profile" if old is None else old.keep
    alone = experiences == 1
    if old is not None and (alone == (len(ids.experiences(old)) == 1) or old.keep not in {"nothing", "profile"}):
        return old.keep
    return "profile" if alone else "nothing"


def _selection(kind: str, body: Members, base: Activity, made: Experiences) -> ActivitySelection:
    old = base.selections[0] if base.selections else ActivitySelection()
    return replace(old, inline=made.offers, rank=_rank(kind, body, base, old.rank, made))


def _rank(kind: str, body: Members, base: Activity, old: Rank, made: Experiences) -> Rank:
    if kind == "autoallocate":
        return old if old.by == "traffic" and old.model is not None else Rank(by="traffic", model=base.id)
    if kind == "xt":
        return old if old.by == "order" or (len(made.offers) == 1 and base.selections) else Rank(by="order")
    given = made.shares
    if any(share is None for share in given.values()):
        if any(share is not None for share in given.values()):
            body.fault("experiences", "expected a visitorPercentage of every experience, or of none")
        equal = (_WHOLE / max(len(given), 1)).quantize(Decimal("0.01"))
        given = dict.fromkeys(given, equal)
    elif not body.faults and abs(sum(given.values()) - _WHOLE) > Decimal("0.05") * len(given):  # type: ignore[arg-type]
        body.fault("experiences", "the visitorPercentages do not come to 100")
    traffic = {name: share for name, share in given.items() if share is not None}
    return old if old.traffic == traffic else replace(old, by="traffic", traffic=traffic, model=None)


def _kept_places(mine: Any) -> dict[str, Any]:
    kept = mine.get("locations")
    return kept if isinstance(kept, dict) else {}


def _without(tree: Any, seen: dict[str, Any]) -> Any:
    """A body without what the server gives, which is as it was whatever it says."""
    if not isinstance(tree, dict):
        return tree
    return tree | {name: seen[name] for name in _GIVEN if name in seen}
