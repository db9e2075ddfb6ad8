"""Decisions, which were offer activities: criteria in groups, and a fallback."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from offerd.apis.journey_optimizer.codecs import constraints, orders
from offerd.apis.journey_optimizer.codecs.codec import Codec, described
from offerd.apis.journey_optimizer.codecs.context import Context
from offerd.apis.journey_optimizer.codecs.offers import window
from offerd.apis.journey_optimizer.codecs.reading import Reader, own, paired, shown
from offerd.apis.journey_optimizer.codecs.words import description, read_status, read_title, status, title
from offerd.apis.journey_optimizer.names import DECISION
from offerd.apis.journey_optimizer.shapes import Member, shape
from offerd.model.activity import Activity, ActivitySelection, Appearance, InlineCollection, Rank
from offerd.model.offer import Fallback

#: The model's status for each word of clients.
STATUSES = {
    "draft": "draft",
    "live": "live",
    "complete": "completed",
    "completed": "completed",
    "archived": "archived",
}

OPTIONS = shape("filter", "optionSelectionType", "options")

CRITERION = shape(
    "description",
    "placements",
    "placement",
    "filter",
    optionSelection=OPTIONS,
    profileConstraint=Member("xdm:profileConstraints", constraints.CONSTRAINT),
    rank=Member("xdm:ranking", orders.RANK),
)


def options(collection: InlineCollection | None, listed: list[str] | None, context: Context) -> dict[str, Any] | None:
    """What a selection chooses from, as clients see it."""
    if collection is not None and collection.ref is not None:
        return {"filter": context.uri("collections", collection.ref)}
    if listed is not None:
        return {
            "optionSelectionType": "directList",
            "options": [context.uri("offers", offer) for offer in listed],
        }
    return None


def read_options(
    reader: Reader, collection: InlineCollection | None, listed: list[str] | None, *, required: bool = True
) -> tuple[InlineCollection | None, list[str] | None]:
    """The collection or the offers that a selection chooses from; what was there where that is still said."""
    given, before = reader.peek("optionSelection"), options(collection, listed, reader.context)
    if (collection is not None or listed is not None) and (given or None) == before:
        reader.drop("optionSelection")
        return collection, listed
    inner = reader.inner("optionSelection")
    if inner.peek("optionSelectionType") == "directList" or (inner.has("options") and not inner.has("filter")):
        inner.drop("optionSelectionType")
        return None, inner.names("options", "offers")
    text = inner.take("filter")
    if text is None:
        if required:
            reader.context.fault(inner.here("filter"), "is required")
        return None, None
    if inner.peek("optionSelectionType") == "filter":
        inner.put("optionSelectionType", "filter")
    found = reader.context.find("collections", text, inner.here("filter"))
    same = collection is not None and collection.ref == found
    return (collection if same else InlineCollection(ref=found)), None


def _criteria(thing: Activity, context: Context) -> list[dict[str, Any]] | None:
    if own(thing).get("~flat"):
        return None
    made = [_criterion(one, thing, context) for one in thing.selections if _sayable(one)]
    return made or None


def _sayable(selection: ActivitySelection) -> bool:
    """Whether clients can be told of a selection: not of one with a name, or with offers, of its own."""
    return selection.strategy is None and selection.inline is None


def _criterion(one: ActivitySelection, thing: Activity, context: Context) -> dict[str, Any]:
    everywhere = bool(own(one).get("~everywhere"))
    places = one.placements or ([] if everywhere else list(thing.placements))
    tree: dict[str, Any] = {
        "description": one.description or None,
        "placements": [context.uri("placements", place) for place in places] or None,
        "optionSelection": options(one.collection, one.offers, context),
        "profileConstraint": constraints.encoded(one.when, context) or None,
        "rank": orders.encoded(one.rank, one.group, context),
    }
    return shown(tree, one, CRITERION, context)


def _flat(thing: Activity, context: Context) -> dict[str, Any] | None:
    """The members of the first generation's form: one placement and one filter, without criteria."""
    if not own(thing).get("~flat") or not thing.selections:
        return None
    return _criterion(thing.selections[0], thing, context)


def _flat_placement(thing: Activity, context: Context) -> str | None:
    found: list[str] = (_flat(thing, context) or {}).get("placements") or []
    return found[0] if found else None


def _flat_filter(thing: Activity, context: Context) -> str | None:
    found = (_flat(thing, context) or {}).get("optionSelection") or {}
    return found.get("filter")


def _decode(reader: Reader, old: Activity | None) -> Activity:
    context, base = reader.context, old or Activity()
    chosen = read_status(reader, "status", STATUSES, default="draft")
    fallback = _fallback(reader, old)
    before = _criteria(base, context)
    if before is not None and reader.peek("criteria") == before:
        reader.drop("criteria")
        selections, placements = base.selections, base.placements
    else:
        selections = _selections(reader, base)
        placements = _placements(selections, base, fallback, context)
        hidden = [one for one in base.selections if not _sayable(one)]
        selections = [*selections, *hidden]
    return replace(
        base,
        name=read_title(reader, old),
        description=reader.text("description", old=base.description),
        status=chosen,
        window=window(reader, base.window, context),
        fallback=fallback,
        selections=selections,
        placements=placements,
        extensions=reader.extensions(old),
        **described(old),
    )


def _fallback(reader: Reader, old: Activity | None) -> str | None:
    text = reader.take("fallback")
    if text is None:
        if old is None or old.fallback is not None:
            reader.context.fault(reader.here("fallback"), "is required")
        return None
    return reader.context.find("fallbacks", text, reader.here("fallback"))


def _selections(reader: Reader, base: Activity) -> list[ActivitySelection]:
    context = reader.context
    trees = reader.items("criteria")
    if not trees and (reader.has("placement") or reader.has("filter")):
        reader.put("~flat", value=True)
        trees = [{"placement": reader.take("placement"), "filter": reader.take("filter")}]
    known = [one for one in base.selections if _sayable(one)]
    views = [_criterion(one, base, context) for one in known]
    made = []
    for index, (tree, old) in enumerate(zip(trees, paired(known, views, trees), strict=True)):
        if old is not None and tree == _criterion(old, base, context):
            made.append(old)
        else:
            made.append(_selection(Reader(context, tree, CRITERION, f"{reader.here('criteria')}/{index}"), old))
    return made


def _selection(reader: Reader, old: ActivitySelection | None) -> ActivitySelection:
    base = old or ActivitySelection()
    _modern(reader)
    places = reader.names("placements", "placements")
    if not places:
        reader.put("~everywhere", value=True)
    collection, listed = read_options(reader, base.collection, base.offers)
    who = reader.inner("profileConstraint")
    when = constraints.decoded(who, base.when)
    rank, group = orders.decoded(reader, "rank", base.rank if old else Rank(), base.group)
    return replace(
        base,
        description=reader.text("description"),
        placements=places,
        collection=collection,
        offers=listed,
        when=when,
        rank=rank,
        group=group,
        extensions=reader.extensions(old),
    )


def _modern(reader: Reader) -> None:
    """Says what the first generation's members say with the present ones."""
    place, filter_ = reader.take("placement"), reader.take("filter")
    if place is not None and not reader.has("placements"):
        reader.put("placements", [place])
    if filter_ is not None and not reader.has("optionSelection"):
        reader.put("optionSelection", {"filter": filter_})


def _placements(
    selections: list[ActivitySelection], base: Activity, fallback: str | None, context: Context
) -> dict[str, Appearance]:
    """Where the activity answers: at the placements of its criteria.

    A criterion without placements is for any: these are the ones that the fallback has something to show at, which it
    must have for each placement where the decision is asked for.
    """
    named = [place for one in selections for place in one.placements]
    if any(not one.placements for one in selections):
        shown_ = context.catalogue.of("fallbacks").get(fallback or "")
        named += [*base.placements, *(shown_.content if isinstance(shown_, Fallback) else ())]
    return {place: base.placements.get(place, Appearance()) for place in dict.fromkeys(named)}


def _start(thing: Activity, context: Context) -> str | None:
    return None if thing.window.from_ is None else context.instant(thing.window.from_)


def _end(thing: Activity, context: Context) -> str | None:
    return None if thing.window.until is None else context.instant(thing.window.until)


CODEC = Codec(
    resource=DECISION,
    shape=shape(
        "name",
        "status",
        "startDate",
        "endDate",
        "fallback",
        "placement",
        "filter",
        description=None,
        criteria=CRITERION,
    ),
    members={
        "name": title,
        "description": description,
        "status": lambda thing, _context: status(thing, STATUSES),
        "startDate": _start,
        "endDate": _end,
        "fallback": lambda thing, context: context.uri("fallbacks", thing.fallback) if thing.fallback else None,
        "criteria": _criteria,
        "placement": _flat_placement,
        "filter": _flat_filter,
    },
    decode=_decode,
    instants={"startDate": lambda thing: thing.window.from_, "endDate": lambda thing: thing.window.until},
    rules={
        "/window/from": "/startDate",
        "/window/until": "/endDate",
        "/selections": "/criteria",
        "/placements": "/criteria",
    },
)
