"""Writing an activity's experiences: locations, options and views become components of inline offers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from offerd.apis.target.admin import places
from offerd.apis.target.admin.bodies import Members
from offerd.apis.target.admin.desk import Desk
from offerd.apis.target.admin.kept import MORE, with_own
from offerd.apis.target.admin.layout import DEFAULT, LOCATION, OPTION, VIEW, Layout
from offerd.apis.target.admin.places import Locating
from offerd.apis.target.ids import own
from offerd.model.activity import Activity, Appearance
from offerd.model.offer import Component, Content, Offer

#: What a client may have of each in one activity.
MOST_EXPERIENCES, MOST_PARTS, MOST_PAIRS = 2_000, 10_000, 5_000
_LARGEST = 2**31 - 1


class Location(msgspec.Struct, frozen=True):
    """A place of an activity, as it was sent.

    Attributes:
        body: what says so.
        placement: the placement's id.
        visual: whether it is a selector on a page or in a view.
        selector: what it selects.
        audiences: numbers of who sees it.
        kept: whether it is as it was.
    """

    body: Members
    placement: str
    visual: bool
    selector: str | None
    audiences: tuple[int, ...]
    kept: bool


class Option(msgspec.Struct, frozen=True):
    """Something to show, as it was sent.

    Attributes:
        content: the content's id; None for what holds a place and shows nothing.
        kept: whether it is as it was.
    """

    content: str | None
    kept: bool


class Experiences:
    """The experiences of an activity that is written.

    Args:
        at: the request.
        body: what was sent.
        old: the activity as it was, and what clients saw of it.
    """

    def __init__(self, at: Desk, body: Members, old: tuple[Activity, Layout] | None) -> None:
        self._at = at
        self._body = body
        self._old = old
        self.locating = Locating(at)
        self.views = self._read_views()
        self._locations = self._read_locations()
        self._options = self._read_options()
        self.offers: dict[str, Offer] = {}
        self.shares: dict[str, Decimal | None] = {}
        self._read()

    @property
    def kept(self) -> dict[str, Any]:
        """What an extension keeps of how the client wrote it."""
        tree = self._body.tree
        return {name: tree.get(name) for name in ("locations", "options", "views")}

    def placements(self) -> dict[str, Appearance]:
        """Where the activity answers; visual ones share their place."""
        before = {} if self._old is None else self._old[0].placements
        shown = set() if self._old is None else {key.placement for key in self._old[1].places()}
        made = {name: one for name, one in before.items() if name not in shown}
        forms = {each.placement for each in self._locations.values() if not each.visual}
        for each in self._locations.values():
            if each.placement in shown and each.placement not in before:
                continue  # it shows something where the activity does not answer
            made[each.placement] = before.get(each.placement) or Appearance(shares=each.placement not in forms)
        ordered = {name: made[name] for name in before if name in made}
        return {**ordered, **made}

    def _read_views(self) -> dict[int, str]:
        found: dict[int, str] = {}
        for each in self._body.items("views"):
            local, wanted = _local(each, VIEW, found), each.whole("viewId", least=1, required=True)
            view = None if wanted is None else self.locating.view(wanted)
            if wanted is not None and view is None:
                each.fault("viewId", f"there is no view {wanted}")
            elif view is not None and local is not None:
                found[local] = view.id
        return found

    def _read_locations(self) -> dict[int, Location]:
        found: dict[int, Location] = {}
        inner = self._body.inner("locations")
        if inner is None:
            if self._old is None:
                self._body.fault("locations", "is required")
            return found
        listed = [(each, False) for each in inner.items("mboxes")] + [(each, True) for each in inner.items("selectors")]
        for each, visual in _bounded(inner, "mboxes", listed, MOST_PARTS):
            local = _local(each, LOCATION, found)
            placement = self._selected(each) if visual else self.locating.mbox(each)
            selector = each.text("selector", most=places.SELECTOR) if visual else None
            named = tuple(each.wholes("audienceIds"))
            if local is not None and placement is not None:
                kept = self._old is not None and self._was(visual=visual, local=local) == each.tree
                found[local] = Location(each, placement, visual, selector or None, named, kept)
        if not found and not self._body.faults and (self._old is None or self._old[1].places()):
            inner.fault("", "names no location")
        return found

    def _selected(self, each: Members) -> str | None:
        """The placement of a selector: a view's, or the page's."""
        local = each.whole(VIEW)
        each.text("name")
        if local is None:
            return self.locating.selected(each)
        if local not in self.views:
            each.fault(VIEW, f"there is no view {local} in this activity")
        return self.views.get(local)

    def _was(self, *, visual: bool, local: int) -> Any:
        assert self._old is not None  # noqa: S101 - asked of changes only
        layout = self._old[1]
        listed = layout.selectors if visual else layout.mboxes
        return next((tree for tree in listed if tree[LOCATION] == local), None)

    def _read_options(self) -> dict[int, Option]:
        found: dict[int, Option] = {}
        for each in _bounded(self._body, "options", self._body.items("options"), MOST_PARTS):
            local = _local(each, OPTION, found)
            each.text("name")
            offer = each.whole("offerId") or DEFAULT
            content = None if offer == DEFAULT else self._at.find(Content, "contents", offer)
            was = None if self._old is None else next(
                (tree for tree in self._old[1].options if tree[OPTION] == local), None
            )  # fmt: skip
            kept = was is not None and was == each.tree
            if offer != DEFAULT and content is None:
                each.fault("offerId", f"there is no offer {offer}")
            elif offer == DEFAULT and each.items("offerTemplates") and not kept:
                each.fault("offerTemplates", "an option of templates alone cannot be shown here; give it an offerId")
            elif local is not None:
                found[local] = Option(None if content is None else content.id, kept)
        return found

    def _read(self) -> None:
        trees = self._body.items("experiences")
        if not trees:
            self._body.fault("experiences", "names none")
        seen: set[int] = set()
        waiting = self._before()
        for each in _bounded(self._body, "experiences", trees, MOST_EXPERIENCES):
            local = _local(each, "experienceLocalId", seen)
            if local is None:
                continue
            seen.add(local)
            name, offer, index = waiting.pop(local, (f"experience-{local}", None, -1))
            while offer is None and name in self._taken():
                name += "-new"
            self.offers[name] = self._offer(each, local, offer, index)
            self.shares[name] = each.percent("visitorPercentage")

    def _taken(self) -> set[str]:
        return set(self.offers) | (set() if self._old is None else set(_inline(self._old[0])))

    def _before(self) -> dict[int, tuple[str, Offer | None, int]]:
        """Id, offer and place of each experience that there was, by its number."""
        if self._old is None:
            return {}
        inline = list(_inline(self._old[0]).items())
        found: dict[int, tuple[str, Offer | None, int]] = {}
        for index, tree in enumerate(self._old[1].experiences):
            found.setdefault(tree["experienceLocalId"], (*inline[index], index))
        return found

    def _offer(self, body: Members, local: int, old: Offer | None, index: int) -> Offer:
        name = body.text("name", required=True) or ""
        named = body.wholes("audienceIds")
        pairs = self._pairs(body)
        more = body.rest("visitorPercentage")
        base = old or Offer(status="approved")
        seen = None if old is None or self._old is None else self._old[1].experiences[index]
        eligible = places.condition(self._at, named, base.eligible, body)
        content = self._content(pairs, index if old is not None else None)
        written = old is None or own(old).get("experienceLocalId") is not None or local != index
        return replace(
            base,
            name=base.name if seen is not None and seen["name"] == name else name,
            eligible=eligible,
            content=content,
            extensions=with_own(base, experienceLocalId=local if written else None, **{MORE: more}),
        )

    def _pairs(self, body: Members) -> list[tuple[int, int]]:
        found = []
        for each in _bounded(body, "optionLocations", body.items("optionLocations"), MOST_PAIRS):
            location, option = each.whole(LOCATION, required=True), each.whole(OPTION, required=True)
            if location is not None and location not in self._locations:
                each.fault(LOCATION, f"there is no location {location} in this activity")
            elif option is not None and option not in self._options:
                each.fault(OPTION, f"there is no option {option} in this activity")
            elif location is not None and option is not None:
                found.append((location, option))
        return found

    def _content(self, pairs: list[tuple[int, int]], index: int | None) -> dict[str, list[Component]]:
        """The components of an experience; one whose location and option are as they were is as it was."""
        before = {} if index is None or self._old is None else self._old[1].components[index]
        left = {pair: list(components) for pair, components in before.items()}
        made: dict[str, list[Component]] = {}
        for pair in pairs:
            location, option = self._locations[pair[0]], self._options[pair[1]]
            old = left[pair].pop(0) if left.get(pair) else None
            if old is None or not (location.kept and option.kept):
                old = self._component(location, option, old)
            numbered = with_own(old, locationLocalId=pair[0], optionLocalId=pair[1])
            made.setdefault(location.placement, []).append(replace(old, extensions=numbered))
        return made

    def _component(self, location: Location, option: Option, old: Component | None) -> Component:
        base = old or Component()
        when = places.condition(self._at, location.audiences, base.when, location.body)
        if not option.kept or old is None:
            shows = {"type": None if option.content is not None else "default", "body": None, "ref": option.content}
            base = replace(base, **shows, template="none", format=None)
        return replace(base, locator=location.selector, when=when)


def _inline(thing: Activity) -> dict[str, Offer]:
    return {name: offer for selection in thing.selections for name, offer in (selection.inline or {}).items()}


def _local(body: Members, name: str, taken: Any) -> int | None:
    """The number of a thing within its activity, which nothing else may have."""
    local = body.whole(name, most=_LARGEST, required=True)
    if local is not None and local in taken:
        body.fault(name, f"{local} is there twice")
        return None
    return local


def _bounded(body: Members, name: str, items: list[Any], most: int) -> list[Any]:
    if len(items) > most:
        body.fault(name, f"expected at most {most}")
        return []
    return items
