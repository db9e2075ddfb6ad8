"""What can be wrong with an object in its place: what it names, and what names it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from offerd.model.activity import Activity, Selection
from offerd.model.base import Object
from offerd.model.catalogue import Catalogue
from offerd.model.codec import Fault, pointer
from offerd.model.condition import Audience
from offerd.model.kinds import references
from offerd.model.offer import Component, Content, Fallback, Offer
from offerd.model.place import Placement, Property
from offerd.pql import Program
from offerd.services.catalogue.changes import Key

#: Other objects that are named in one sentence.
_MENTIONED = 5


def missing(thing: Object, catalogue: Catalogue) -> Iterator[Fault]:
    """Names that lead nowhere."""
    for reference in references(thing):
        if reference.id not in catalogue.of(reference.kind):
            yield Fault(reference.pointer, f"there is no {reference.id!r} among the {reference.kind}")


def misplaced(thing: Object, catalogue: Catalogue) -> Iterator[Fault]:
    """Components of a type that their placement does not take."""
    for at, content in _contents(thing):
        for place, components in content.items():
            placement = catalogue.of("placements").get(place)
            if not isinstance(placement, Placement) or not placement.content:
                continue
            for index, component in enumerate(components):
                kind = _type(component, catalogue)
                if kind not in {None, "default", *placement.content}:
                    where = pointer(pointer(f"{at}/content", place), index)
                    yield Fault(where, f"{place!r} takes {' or '.join(placement.content)}, not {kind}")


def strangers(thing: Object, catalogue: Catalogue) -> Iterator[Fault]:
    """Shares of traffic for offers that do not exist, where a collection says which there are."""
    selections = thing.selections if isinstance(thing, Activity) else [thing] if isinstance(thing, Selection) else []
    for index, selection in enumerate(selections):
        if selection.collection is None or not selection.rank.traffic:
            continue
        at = f"/selections/{index}" if isinstance(thing, Activity) else ""
        for offer in selection.rank.traffic:
            if offer not in catalogue.of("offers"):
                yield Fault(pointer(f"{at}/rank/traffic", offer), f"there is no {offer!r} among the offers")


def doubled(thing: Object, catalogue: Catalogue) -> Iterator[Fault]:
    """A property's token that another property has."""
    if isinstance(thing, Property):
        own = thing.token or thing.id
        for other in catalogue.of("properties").values():
            if isinstance(other, Property) and other.id != thing.id and own in {other.token or other.id, other.id}:
                yield Fault("/token", f"{own!r} is what clients call properties/{other.id}")


def circular(thing: Object, catalogue: Catalogue, program: Callable[[str], Program]) -> Iterator[Fault]:
    """An audience whose rule asks, over other audiences, whether the person is in itself."""
    if not isinstance(thing, Audience):
        return
    waiting, seen = [thing.id], set[str]()
    while waiting:
        audience = catalogue.of("audiences").get(waiting.pop())
        if not isinstance(audience, Audience) or audience.rule is None:
            continue
        for name in program(audience.rule).segments:
            if name == thing.id:
                yield Fault("/rule", f"asks whether the person is in {thing.id!r} itself")
                return
            if name not in seen:
                seen.add(name)
                waiting.append(name)


def unsettled(thing: Object, old: Object | None, referrers: Iterable[Key], catalogue: Catalogue) -> Iterator[Fault]:
    """Objects that are wrong now because a placement or content that they name changed."""
    if isinstance(thing, Placement) and isinstance(old, Placement):
        where = "/content" if thing.content != old.content else None
    elif isinstance(thing, Content) and isinstance(old, Content):
        where = "/type" if thing.type != old.type else None
    else:
        return
    if where is None:
        return
    for count, (kind, id_) in enumerate(sorted(_wronged(referrers, catalogue))):
        if count == _MENTIONED:
            yield Fault(where, "and more objects")
            return
        yield Fault(where, f"{kind}/{id_} has a component that would not fit any more")


def _wronged(referrers: Iterable[Key], catalogue: Catalogue) -> Iterator[Key]:
    for kind, id_ in referrers:
        other = catalogue.of(kind).get(id_)
        if other is not None and any(True for _ in misplaced(other, catalogue)):
            yield kind, id_


def _type(component: Component, catalogue: Catalogue) -> str | None:
    """What a component shows; None where its content is missing."""
    if component.ref is None or component.type is not None:
        return component.type
    named = catalogue.of("contents").get(component.ref)
    return named.type if isinstance(named, Content) else None


def _contents(thing: Object) -> Iterator[tuple[str, dict[str, list[Component]]]]:
    """The content of an object and of the offers within it, with the pointer of its owner."""
    if isinstance(thing, (Offer, Fallback)):
        yield "", thing.content
    elif isinstance(thing, Activity):
        for index, selection in enumerate(thing.selections):
            yield from _inline(selection, f"/selections/{index}")
    elif isinstance(thing, Selection):
        yield from _inline(thing, "")


def _inline(selection: Selection, at: str) -> Iterator[tuple[str, dict[str, list[Component]]]]:
    for key, offer in (selection.inline or {}).items():
        yield pointer(f"{at}/inline", key), offer.content
