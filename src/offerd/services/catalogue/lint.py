"""What is allowed in a catalogue and probably not meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Any, Literal

import msgspec

from offerd.model.activity import Activity, ActivitySelection, Selection
from offerd.model.base import ASSIGNED, Object, Part
from offerd.model.catalogue import Catalogue
from offerd.model.codec import Fault, pointer
from offerd.model.condition import Audience
from offerd.model.kinds import KINDS
from offerd.model.offer import Collection, Fallback, Offer
from offerd.model.place import Placement
from offerd.pql import Program
from offerd.services.catalogue.references import named, segments
from offerd.services.clock import micros
from offerd.services.walk import parts

#: How alike a member is to one that was meant, from 0 to 1. Two other letters of seven are another word: `comment`
#: is not `content`.
_ALIKE = 0.72
#: Longer names are compared with none.
_LONGEST_NAME = 64


class Finding(msgspec.Struct, frozen=True):
    """One thing that a person should look at.

    Attributes:
        pointer: where in the catalogue document, beginning with kind and id.
        severity: `error` where the document cannot be applied, `warning` where something will not work as it
            looks, `hint` where something has no use.
        code: stable, for programs.
        message: one sentence for people.
    """

    pointer: str
    severity: Literal["error", "warning", "hint"]
    code: str
    message: str

    def concerns(self, document: Mapping[str, Any]) -> bool:
        """Whether it is about an object that a document holds."""
        kind, id_ = (token.replace("~1", "/").replace("~0", "~") for token in self.pointer.split("/")[1:3])
        return id_ in (document.get(kind) or ())


def wrong_document(faults: tuple[Fault, ...]) -> list[Finding]:
    """The findings of a document that cannot be applied."""
    return [Finding(fault.pointer, "error", "invalid", fault.message) for fault in faults]


def lint(catalogue: Catalogue, program: Callable[[str], Program], *, now: int) -> list[Finding]:
    """Everything that is odd in a catalogue, in the order of its kinds and ids.

    Args:
        catalogue: what to look at.
        program: gives the programs of its rules.
        now: microseconds since 1970; what is over by then has no use.
    """
    linter = _Linter(catalogue, program, now)
    return [
        finding
        for kind in KINDS
        for id_, thing in sorted(catalogue.of(kind).items())
        for finding in linter.look(kind, id_, thing)
    ]


_Found = Iterator[Finding]


class _Linter:
    def __init__(self, catalogue: Catalogue, program: Callable[[str], Program], now: int) -> None:
        self.catalogue = catalogue
        self.program = program
        self.now = now
        everything = [thing for objects in catalogue.objects.values() for thing in objects.values()]
        self.named = {(name.kind, name.id) for thing in everything for name in named(thing, program)}
        self.gathered = {tag for thing in everything for tag in _tags(thing)}
        self.by_rule = any(_gathers_by_rule(thing) for thing in everything)

    def look(self, kind: str, id_: str, thing: Object) -> _Found:
        at = pointer(pointer("", kind), id_)
        if isinstance(thing, Offer):
            yield from self._offer(at, thing)
        if isinstance(thing, Activity):
            yield from self._activity(at, thing)
        if kind in {"rules", "contents", "collections", "rankings", "selections", "tags"}:
            yield from self._unused(at, kind, id_)
        yield from self._strangers(at, thing)
        for where, part in parts(thing):
            yield from _unknown(f"{at}{where}", part)

    def _offer(self, at: str, offer: Offer) -> _Found:
        if offer.status == "archived":
            return
        used = ("offers", offer.id) in self.named or self.by_rule or bool(self.gathered & set(offer.tags))
        if not used:
            yield Finding(at, "warning", "offer-unused", "no collection or selection can choose this offer")
        if offer.window.until is not None and micros(offer.window.until) <= self.now:
            yield Finding(f"{at}/window/until", "hint", "offer-over", "the offer's window is over")
        for index, cap in enumerate(offer.caps):
            if cap.limit == 0:
                yield Finding(f"{at}/caps/{index}/limit", "warning", "cap-zero", "the cap lets nothing through")
            if cap.counts.type == "decision" and cap.counts.when is not None:
                where = f"{at}/caps/{index}/counts/when"
                yield Finding(where, "warning", "cap-event", "a decision has no event to ask about")

    def _activity(self, at: str, activity: Activity) -> _Found:
        if activity.status != "live":
            return
        for name in ("placements", "selections"):
            if not getattr(activity, name):
                yield Finding(
                    at, "warning", f"activity-without-{name}", f"a live activity without {name} answers nothing"
                )
        if activity.percent == 0:
            yield Finding(f"{at}/percent", "warning", "activity-without-traffic", "nobody enters at 0 percent")
        if activity.window.until is not None and micros(activity.window.until) <= self.now:
            yield Finding(f"{at}/window/until", "hint", "activity-over", "the activity's window is over")
        for index, selection in enumerate(activity.selections):
            yield from self._selection(f"{at}/selections/{index}", selection)
        yield from self._fallback(at, activity)

    def _selection(self, at: str, selection: ActivitySelection) -> _Found:
        chosen: Selection | Object | None = selection
        if selection.strategy is not None:
            chosen = self.catalogue.of("selections").get(selection.strategy)
        if not isinstance(chosen, Selection):
            return
        if chosen.inline is not None:
            offers: list[Object | None] = list(chosen.inline.values())
        elif chosen.offers is not None:
            offers = [self.catalogue.of("offers").get(id_) for id_ in chosen.offers]
        else:
            return
        if not any(isinstance(offer, Offer) and offer.status == "approved" for offer in offers):
            yield Finding(at, "warning", "selection-without-offers", "none of its offers is approved")

    def _fallback(self, at: str, activity: Activity) -> _Found:
        if activity.fallback is None:
            return
        fallback = self.catalogue.of("fallbacks").get(activity.fallback)
        if not isinstance(fallback, Fallback):
            return
        if fallback.status != "approved":
            message = f"the fallback {activity.fallback!r} is {fallback.status} and never shown"
            yield Finding(f"{at}/fallback", "warning", "fallback-not-approved", message)
        for place in activity.placements:
            placement = self.catalogue.of("placements").get(place)
            if isinstance(placement, Placement) and placement.content and place not in fallback.content:
                message = f"the fallback {activity.fallback!r} shows nothing at {place!r}"
                yield Finding(f"{at}/fallback", "warning", "fallback-without-content", message)

    def _unused(self, at: str, kind: str, id_: str) -> _Found:
        used = (kind, id_) in self.named
        if kind == "tags":
            offers = self.catalogue.of("offers").values()
            used = id_ in self.gathered or any(isinstance(o, Offer) and id_ in o.tags for o in offers)
        if not used:
            yield Finding(at, "hint", "unused", f"nothing uses this {kind.removesuffix('s')}")

    def _strangers(self, at: str, thing: Object) -> _Found:
        audiences = self.catalogue.of("audiences")
        for reference in segments(thing, self.program):
            audience = audiences.get(reference.id)
            where = f"{at}{reference.pointer}"
            if audience is None:
                message = f"there is no {reference.id!r} among the audiences: only imported memberships can say so"
                yield Finding(where, "warning", "audience-unknown", message)
            elif isinstance(audience, Audience) and audience.status == "archived":
                message = f"{reference.id!r} is archived and has no members"
                yield Finding(where, "warning", "audience-archived", message)


def _unknown(at: str, part: Part) -> _Found:
    """The members of a part that nothing here knows: kept, and without effect."""
    for name in part.unknown:
        where, told = pointer(at, name), "nothing here knows this member"
        meant, owners = _meant(type(part), name), _owners().get(name)
        if meant is not None:
            yield Finding(where, "warning", "member-unknown", f"{told}; did you mean {meant}?")
        elif owners is not None:
            yield Finding(where, "hint", "member-unknown", f"{told}; it belongs to {' and '.join(owners)}")
        elif not isinstance(part, Object):  # Objects may carry notes of their authors.
            yield Finding(where, "hint", "member-unknown", told)


@lru_cache(maxsize=4096)
def _meant(struct: type[Part], name: str) -> str | None:
    """The member of a Struct that a name is probably a slip for."""
    if len(name) > _LONGEST_NAME:
        return None
    written, members = name.lower(), _members(struct)
    swapped = [member for member in members if sorted(member) == sorted(written)]
    return next(iter(swapped or get_close_matches(written, members, 1, _ALIKE)), None)


@cache
def _members(struct: type[Part]) -> tuple[str, ...]:
    """The members that an author may write."""
    fields = msgspec.structs.fields(struct)
    return tuple(each.encode_name for each in fields if each.name not in {"unknown", *ASSIGNED})


@cache
def _owners() -> dict[str, list[str]]:
    """The kinds that have a member, of the members that not all of them have."""
    owners: dict[str, list[str]] = {}
    for kind, struct in KINDS.items():
        for name in set(_members(struct)).difference(_members(Object)):
            owners.setdefault(name, []).append(kind)
    return owners


def _tags(thing: Object) -> Iterator[str]:
    """The labels that a collection gathers by, wherever it is written."""
    for collection in _collections(thing):
        yield from collection.any_tags or ()
        yield from collection.all_tags or ()


def _gathers_by_rule(thing: Object) -> bool:
    return any(collection.where is not None for collection in _collections(thing))


def _collections(thing: Object) -> Iterator[Any]:
    if isinstance(thing, Collection):
        yield thing
    selections = thing.selections if isinstance(thing, Activity) else [thing] if isinstance(thing, Selection) else []
    yield from (selection.collection for selection in selections if selection.collection is not None)
