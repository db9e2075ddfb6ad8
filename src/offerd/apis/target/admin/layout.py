"""What clients see of an activity's experiences: locations, options, views, and which option is where.

The model is the truth. What an extension keeps of how a client wrote it is shown where the model still says it.
"""

from __future__ import annotations

from typing import Any

from offerd.apis.target import ids
from offerd.apis.target.admin import places
from offerd.apis.target.admin.desk import Desk
from offerd.apis.target.admin.kept import MORE
from offerd.apis.target.admin.places import Key, hint, numbers
from offerd.apis.target.ids import own
from offerd.model.activity import Activity
from offerd.model.condition import Condition
from offerd.model.offer import Component, Content

LOCATION, OPTION, VIEW = "locationLocalId", "optionLocalId", "viewLocalId"

#: The number of the offer that holds a place and shows nothing.
DEFAULT = 0


class Layout:
    """What clients see of where an activity's experiences are.

    Args:
        at: the request.
        thing: the activity.

    Attributes:
        mboxes: locations that are mboxes.
        selectors: locations on pages and in views.
        options: what is shown.
        views: those that are named by number.
        experiences: in their order.
        components: what each pair of location and option is in an experience, in order; by the experience's index.
    """

    def __init__(self, at: Desk, thing: Activity) -> None:
        self._at = at
        kept = own(thing)
        locations = kept.get("locations")
        kept_places = locations if isinstance(locations, dict) else {}
        self._views: dict[str, int] = {}
        self.views: list[dict[str, Any]] = []
        for tree in hint(kept.get("views"), VIEW):
            self._known_view(tree)
        self._keys: dict[int, Key] = {}
        self._numbers_of: dict[Key, int] = {}
        self._free = 0
        self.mboxes = [tree for tree in hint(kept_places.get("mboxes"), LOCATION) if self._known(tree, visual=False)]
        self.selectors = [tree for tree in hint(kept_places.get("selectors"), LOCATION) if self._known(tree)]
        self.options = [tree for tree in hint(kept.get("options"), OPTION) if self._offered(tree)]
        self._offers: dict[int, int | None] = {}
        self._options_of: dict[int, int] = {}
        self._free_option = 0
        for tree in self.options:
            self._show(tree[OPTION], tree.get("offerId"))
        self.experiences: list[dict[str, Any]] = []
        self.components: list[dict[tuple[int, int], list[Component]]] = []
        shared, names = shares(thing), [name for each in thing.selections for name in each.inline or ()]
        for each, name in zip(ids.experiences(thing), names, strict=True):
            self._experience(each, shared.get(name))

    def places(self) -> list[Key]:
        """What the locations are."""
        return list(self._keys.values())

    def _experience(self, each: ids.Experience, share: float | None) -> None:
        pairs: dict[tuple[int, int], list[Component]] = {}
        listed = []
        for placement, components in each.offer.content.items():
            for component in components:
                pair = (self._location(placement, component), self._option(component))
                pairs.setdefault(pair, []).append(component)
                listed.append({LOCATION: pair[0], OPTION: pair[1]})
        tree: dict[str, Any] = {"experienceLocalId": each.id, "name": each.name}
        if share is not None:
            tree["visitorPercentage"] = share
        named = places.audiences(self._at, each.offer.eligible)
        tree["audienceIds"] = list(named)
        tree["optionLocations"] = listed
        more = own(each.offer).get(MORE)
        self.experiences.append({**more, **tree} if isinstance(more, dict) else tree)
        self.components.append(pairs)

    def _known_view(self, tree: dict[str, Any]) -> None:
        wanted = tree.get("viewId")
        found = places.Locating(self._at).view(wanted) if type(wanted) is int else None
        if found is not None:
            self.views.append(tree)
            self._views.setdefault(found.id, tree[VIEW])

    def _known(self, tree: dict[str, Any], *, visual: bool = True) -> bool:
        """Whether a location that was kept is there still; then its number is taken."""
        if tree[LOCATION] in self._keys:
            return False
        if visual:
            local = tree.get(VIEW)
            place = next((name for name, each in self._views.items() if each == local), None)
            if local is None:
                found = self._at.page() if tree.get("mbox") is None else self._at.mbox(str(tree["mbox"]))
                place = None if found is None else found.id
        else:
            named = self._at.mbox(str(tree.get("name")))
            place = None if named is None else named.id
        if place is None:
            return False
        selector = str(tree.get("selector") or "") if visual else None
        self._locate(tree[LOCATION], Key(place, selector or None, numbers(tree.get("audienceIds"))))
        return True

    def _locate(self, local: int, key: Key) -> None:
        self._keys[local] = key
        self._numbers_of.setdefault(key, local)
        self._free = max(self._free, local + 1)

    def _offered(self, tree: dict[str, Any]) -> bool:
        wanted = tree.get("offerId", DEFAULT)
        return wanted == DEFAULT or (type(wanted) is int and self._at.find(Content, "contents", wanted) is not None)

    def _location(self, placement: str, component: Component) -> int:
        """The number of the location where a component is."""
        wanted = Key(placement, component.locator, self._numbers(component.when))
        local = own(component).get(LOCATION)
        if type(local) is int and self._keys.get(local) == wanted:
            return int(local)
        found = self._numbers_of.get(wanted)
        return self._new_location(wanted) if found is None else found

    def _new_location(self, key: Key) -> int:
        local = self._free
        self._locate(local, key)
        place = places.placement_of(self._at, key.placement)
        tree: dict[str, Any] = {LOCATION: local, "name": places.name_of(place)}
        if key.selector is not None or place.kind == "view":
            tree["selector"] = key.selector or ""
            if place.kind == "view":
                tree[VIEW] = self._view(place.id, places.view_number(place))
            else:
                tree |= places.mbox_of(self._at, place)
            self.selectors.append(tree)
        else:
            self.mboxes.append(tree)
        if key.audiences:
            tree["audienceIds"] = list(key.audiences)
        return local

    def _view(self, placement: str, number: int) -> int:
        if placement not in self._views:
            local = max((each[VIEW] for each in self.views), default=-1) + 1
            self._views[placement] = local
            self.views.append({VIEW: local, "viewId": number})
        return self._views[placement]

    def view_of(self, placement: str, number: int) -> int:
        """The number in this activity of a view."""
        return self._view(placement, number)

    def _option(self, component: Component) -> int:
        """The number of the option that a component is; a body that is written in place has no offer."""
        local = own(component).get(OPTION)
        offer = self._offer(component)
        # An option that names no offer may be the one that holds the place, or a body that is written in place.
        known = {offer, None} if offer == DEFAULT else {offer}
        if type(local) is int and local in self._offers and self._offers[local] in known:
            return int(local)
        found = None if offer is None else self._options_of.get(offer)
        if found is not None:
            return found
        made = self._free_option
        self._show(made, offer)
        content = self._at.get(Content, "contents", component.ref or "")
        name = "Default content" if offer == DEFAULT else f"Option {made}"
        tree = {OPTION: made, "name": (content.name or content.id) if content is not None else name}
        self.options.append(tree if offer is None else {**tree, "offerId": offer})
        return made

    def _show(self, local: int, offer: int | None) -> None:
        self._offers[local] = offer
        if offer is not None:
            self._options_of.setdefault(offer, local)
        self._free_option = max(self._free_option, local + 1)

    def _offer(self, component: Component) -> int | None:
        if component.ref is not None:
            return self._at.number_of("contents", component.ref)
        return DEFAULT if component.type == "default" else None

    def _numbers(self, when: Condition | None) -> tuple[int, ...]:
        return places.audiences(self._at, when)


def shares(thing: Activity) -> dict[str, int | float]:
    """The percentage of each offer of an A/B activity."""
    traffic = thing.selections[0].rank.traffic if thing.selections else None
    return {
        name: int(share) if share == share.to_integral_value() else float(share)
        for name, share in (traffic or {}).items()
    }
