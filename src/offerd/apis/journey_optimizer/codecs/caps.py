"""Capping: the two caps of the first generation, and frequency capping."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec.structs import replace

from offerd.apis.journey_optimizer.codecs.context import Context
from offerd.apis.journey_optimizer.codecs.reading import FORMAT, LASTING, Reader, own, paired, shown
from offerd.apis.journey_optimizer.shapes import shape
from offerd.model.offer import Cap, Counting, Offer

#: Where entries are kept that are switched off.
OFF = f"{LASTING}off"

#: Ids of the first generation's caps; they count decisions, for life.
GLOBAL, PROFILE = "globalCap", "profileCap"

#: Calendar periods are those of this zone, whatever the workspace's.
ZONE = "UTC"

CAPPING = shape(GLOBAL, PROFILE)

REPEAT = shape("enabled", "unit", "unitCount")

FREQUENCY = shape(
    "enabled",
    "limit",
    "scope",
    "entity",
    "placement",
    "placements",
    "events",
    "customQuery",
    "startDate",
    "endDate",
    "duration",
    "index",
    "dynamicCappingThresholdEnabled",
    "dynamicCappingThresholdQuery",
    repeat=REPEAT,
)

#: The model's type of interaction for each event.
_EVENTS = {"decisioning": "decision", "click": "click", "impression": "display", "custom": "custom"}
_WORDS = {type_: event for event, type_ in _EVENTS.items()}
_SCOPES = {"global": "everyone", "profile": "profile"}
_ENTITIES = {"offer": "offer", "placement": "placement"}
_UNITS = {unit: unit for unit in ("day", "week", "month")}
_PERIOD = re.compile(r"(?:(\d+) )?(day|week|month)s?")


class Rule(msgspec.Struct, frozen=True):
    """One entry of frequency capping, and the caps that it is in the model.

    Attributes:
        tree: as clients see it.
        caps: one for each event that it counts; none where it is switched off.
    """

    tree: dict[str, Any]
    caps: list[Cap]


def capping(caps: Iterable[Cap]) -> dict[str, Any] | None:
    """The caps of the first generation; None without any."""
    found = {cap.id: cap.limit for cap in caps if cap.id in {GLOBAL, PROFILE} and isinstance(cap.limit, int)}
    return found or None


def rules(caps: Iterable[Cap], context: Context) -> list[Rule]:
    """Frequency capping as clients see it; what it cannot say is not among it."""
    made: list[Rule] = []
    by_key: dict[str, int] = {}
    for cap in caps:
        if cap.id in {GLOBAL, PROFILE} or not _sayable(cap):
            continue
        if cap.key is not None and cap.key in by_key:  # one entry with several events is a cap for each
            first = made[by_key[cap.key]]
            events = [*first.tree["events"], _WORDS[cap.counts.type]]
            query = {"customQuery": cap.counts.when} if cap.counts.when else {}
            made[by_key[cap.key]] = Rule({**first.tree, "events": events, **query}, [*first.caps, cap])
            continue
        if cap.key is not None:
            by_key[cap.key] = len(made)
        made.append(Rule(_tree(cap, context), [cap]))
    return made


def decode_capping(reader: Reader, old: Iterable[Cap]) -> list[Cap]:
    """The caps of the first generation."""
    inner = reader.inner("cappingConstraint")
    before = {cap.id: cap for cap in old}
    made = []
    for name, per in ((GLOBAL, "everyone"), (PROFILE, "profile")):
        limit = inner.whole(name, least=1)
        if limit:
            base = before.get(name) or Cap(id=name, limit=limit)
            made.append(replace(base, limit=limit, per=per))
    return made


def decode_rules(reader: Reader, offer: Offer, *, least: int = 1) -> tuple[list[Cap], list[Any]]:
    """The caps of frequency capping, those that clients cannot see among them; and the entries that are switched off.

    Args:
        reader: of the object with the entries.
        offer: as it was before.
        least: the least limit; dynamic ones may be 0.
    """
    name, context, old = "frequencyCappingConstraints", reader.context, offer.caps
    before = rules(old, context)
    shown_caps = {id(cap) for rule in before for cap in rule.caps}
    hidden = [cap for cap in old if id(cap) not in shown_caps and cap.id not in {GLOBAL, PROFILE}]
    if not reader.says(name):
        return [cap for cap in old if cap.id not in {GLOBAL, PROFILE}], own(offer).get(OFF, [])
    trees = reader.items(name)
    views = [rule.tree for rule in before]
    taken = {cap.id for cap in old}
    made: list[Cap] = []
    off: list[list[Any]] = []
    for index, (tree, known) in enumerate(zip(trees, paired(before, views, trees), strict=True)):
        if known is not None and known.tree == tree:
            made.extend(known.caps)
            continue
        inner = Reader(context, tree, FREQUENCY, f"{reader.here(name)}/{index}")
        if inner.peek("enabled") is False:
            off.append([index, tree])
            continue
        base = known.caps[0] if known else None
        number = _free(taken) if base is None else base.id
        taken.add(number)
        made.extend(_caps(inner, number, offer.id, base, least=least))
    for place, cap in enumerate(old):  # what clients cannot see stays where it was
        if cap in hidden:
            made.insert(min(place, len(made)), cap)
    return made, off


def with_off(offer: Offer, off: list[Any]) -> Offer:
    """An offer that keeps the entries that are switched off, each with its place."""
    kept = {name: value for name, value in own(offer).items() if name != OFF} | ({OFF: off} if off else {})
    others = {name: value for name, value in offer.extensions.items() if name != FORMAT}
    return replace(offer, extensions={**others, FORMAT: kept} if kept else others)


def arranged(old: list[Cap], new: list[Cap]) -> list[Cap]:
    """The new caps, in the old order where they are the old ones."""
    return old if len(old) == len(new) and all(cap in old for cap in new) and _sequence(old) == _sequence(new) else new


def _sequence(caps: list[Cap]) -> list[str]:
    """The ids of entries in the order in which clients see them."""
    return [cap.id for cap in caps if cap.id not in {GLOBAL, PROFILE} and _sayable(cap)]


def trees(offer: Offer, context: Context) -> list[dict[str, Any]] | None:
    """All entries of frequency capping, those that are switched off in their places; None without any."""
    made = [rule.tree for rule in rules(offer.caps, context)]
    for entry in own(offer).get(OFF, []):
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], int):  # noqa: PLR2004 - place and tree
            made.insert(entry[0], entry[1])
    return made or None


def _free(taken: set[str]) -> str:
    number = 1
    while f"frequency-{number}" in taken:
        number += 1
    return f"frequency-{number}"


def _sayable(cap: Cap) -> bool:
    """Whether clients can be told of a cap."""
    return cap.within is None and cap.counts.type in _WORDS and cap.counts.by == "one"


def _tree(cap: Cap, context: Context) -> dict[str, Any]:
    tree: dict[str, Any] = {
        "limit": cap.limit if isinstance(cap.limit, int) else own(cap).get("limit", 0),
        "scope": "global" if cap.per == "everyone" else "profile",
        "entity": "offer" if cap.placements == "all" else "placement",
        "events": [_WORDS[cap.counts.type]],
    }
    if isinstance(cap.placements, list):
        tree["placements"] = [context.uri("placements", place) for place in cap.placements]
    if cap.counts.when:
        tree["customQuery"] = cap.counts.when
    if cap.every is not None and (found := _PERIOD.fullmatch(cap.every)):
        tree["repeat"] = {"enabled": True, "unit": found[2], "unitCount": int(found[1] or 1)}
    if isinstance(cap.limit, str):
        tree |= {"dynamicCappingThresholdEnabled": True, "dynamicCappingThresholdQuery": cap.limit}
    kept = shown(tree, cap, FREQUENCY, context)
    if own(cap).get("~events") is False:
        kept.pop("events", None)
    return kept


def _caps(reader: Reader, number: str, offer: str, old: Cap | None, *, least: int) -> list[Cap]:
    """The caps of one entry: one for each event, of which all share a count."""
    given = reader.items("events")
    types = [_EVENTS.get(event) if isinstance(event, str) else None for event in given or ["decisioning"]]
    for index, type_ in enumerate(types):
        if type_ is None:
            reader.context.fault(f"{reader.here('events')}/{index}", f"expected one of {', '.join(_EVENTS)}")
    if not given and reader.peek("events") is None:
        reader.put("~events", value=False)
    query = reader.text("customQuery") or None
    limit = _limit(reader, least=least)
    per = reader.choice("scope", _SCOPES, default="")
    if not per:
        reader.context.fault(reader.here("scope"), "is required")
    placements = _placements(reader)
    every = _every(reader)
    reader.drop("enabled")
    base = Cap(
        id=number,
        key=old.key if old else None,
        code=old.code if old else None,
        hold=old.hold if old else None,
        limit=limit,
        per="profile" if per == "profile" else "everyone",
        placements=placements,
        every=every,
        zone=ZONE if every else None,
        extensions=reader.extensions(old),
    )
    named = list(dict.fromkeys(type_ for type_ in types if type_))
    shared = f"{offer}/{number}" if len(named) > 1 else base.key
    made = []
    for index, type_ in enumerate(named):
        counts = Counting(type=type_, when=query if type_ == "custom" else None)
        id_ = number if index == 0 else f"{number}-{type_}"
        made.append(replace(base, id=id_, key=shared, counts=counts, hold=None if type_ == "decision" else base.hold))
    return made


def _limit(reader: Reader, *, least: int) -> int | str:
    dynamic = reader.flag("dynamicCappingThresholdEnabled")
    if not dynamic:
        return reader.whole("limit", least=least, old=least, required=True)
    formula = reader.text("dynamicCappingThresholdQuery", required=True)
    if reader.peek("scope") == "profile":
        reader.context.fault(reader.here("scope"), "a dynamic threshold is for the scope global alone")
    return formula or 0


def _placements(reader: Reader) -> Any:
    entity = reader.choice("entity", _ENTITIES, default="offer")
    listed = reader.names("placements", "placements")
    if entity == "offer":
        return "all"
    single = reader.take("placement") if not listed else None
    found = reader.context.find("placements", single, reader.here("placement")) if single else None
    return listed or ([found] if found else "each")


def _every(reader: Reader) -> str | None:
    inner = reader.inner("repeat")
    enabled = inner.peek("enabled")
    if enabled is not True:
        if enabled not in (None, False):
            inner.context.fault(inner.here("enabled"), "expected true or false")
        return None  # what stands beside `false` is kept as it is
    inner.drop("enabled")
    unit = inner.choice("unit", _UNITS, default="day")
    count = inner.whole("unitCount", least=1, old=1)
    return unit if count == 1 else f"{count} {unit}s"
