"""The answer of delivery: places with their options and metrics, event tokens, response tokens and macros."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from offerd.apis.target import ids
from offerd.apis.target.delivery import contents, macros, meta
from offerd.apis.target.delivery.contents import Option
from offerd.apis.target.delivery.deciding import Given
from offerd.apis.target.delivery.visitors import Visitor, profile_of
from offerd.apis.target.places import view_name
from offerd.apis.target.tokens import Event, Tokens
from offerd.model.activity import Activity
from offerd.model.catalogue import Catalogue
from offerd.model.decision import Item, Proposition
from offerd.model.person import Profile
from offerd.services.house import House

_METHOD = "server-side"
#: Response tokens that are not of an activity, and where their values come from.
_PROFILE = "profile."
_GEO = "geo."


class Answers:
    """What a request's places are shown.

    Args:
        house: the services.
        workspace: the workspace's id.
        visitor: who it is for.
        facts: what rules saw of the situation.
    """

    def __init__(self, house: House, workspace: str, visitor: Visitor, facts: Mapping[str, Any]) -> None:
        self._catalogue: Catalogue = house.catalogue.catalogue(workspace)
        self._tokens = Tokens(house, workspace)
        self._named = house.settings.target_tokens.split()
        self._visitor = visitor
        self._facts = facts
        self._profile: Profile | None = profile_of(house, workspace, visitor.identities)

    def mbox(self, given: Given) -> dict[str, Any]:
        """An mbox; one where nothing answers has neither options nor metrics."""
        made: dict[str, Any] = {"index": given.asked.index, "name": given.asked.name}
        if given.asked.prefetch:
            made["state"] = self._tokens.state(given.asked.name)
        return {**made, **self._shown(given)}

    def page(self, given: Given) -> dict[str, Any]:
        """A whole page."""
        state = {"state": self._tokens.state("")} if given.asked.prefetch else {}
        return {**state, **self._shown(given)}

    def view(self, given: Given) -> dict[str, Any] | None:
        """A view; None where nothing answers."""
        if given.placement is None:
            return None
        shown = self._shown(given)
        if not shown:
            return None
        name = view_name(given.placement)
        number = given.placement.ids.get("number", "")
        return {"id": number, "name": name.lower(), "key": name, "state": self._tokens.state(name), **shown}

    def options(self, given: Given) -> list[dict[str, Any]]:
        """The options of a place, the lowest activity's first, so that a higher one has the last word on a page."""
        return [
            option
            for proposition in reversed(given.propositions)
            for item in proposition.items
            for option in self._of_item(given, proposition, item)
        ]

    def metrics(self, given: Given) -> list[dict[str, Any]]:
        """The clicks that are to be told of at a place, each once."""
        made: dict[str, dict[str, Any]] = {}
        for proposition in given.propositions:
            for item in proposition.items:
                for metric in self._clicks(given, proposition, item):
                    made.setdefault(metric["eventToken"], metric)
        return list(made.values())

    def displays(self, given: Given) -> list[str]:
        """The tokens by which a client tells that a place was shown, also where an experience shows nothing there."""
        given_here = ((one, item) for one in given.propositions for item in one.items)
        tokens = (self._display(one, item) for one, item in given_here if item.components or not item.fallback)
        return list(dict.fromkeys(each for each in tokens if each is not None))

    def _shown(self, given: Given) -> dict[str, Any]:
        options = self.options(given)
        if given.asked.prefetch:
            options = [*self._held(given, options), *options]
        found = {"options": options, "metrics": self.metrics(given)}
        return {name: listed for name, listed in found.items() if listed}

    def _held(self, given: Given, options: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """Options without an action, for what holds a place and shows nothing there: so it is told and counted too."""
        told = {each.get("eventToken") for each in options}
        for token in self.displays(given):
            if token not in told:
                yield {"type": "actions", "content": [], "eventToken": token}

    def _display(self, proposition: Proposition, item: Item) -> str | None:
        activity = self._activity(proposition)
        return None if activity is None else self._tokens.event(Event(activity.id, item.offer, proposition.placement))

    def _of_item(self, given: Given, proposition: Proposition, item: Item) -> Iterator[dict[str, Any]]:
        activity = self._activity(proposition)
        for option in contents.options(item.components):
            known = self._meta(given, activity, item, option)
            made: dict[str, Any] = {"type": option.type, "content": option.content}
            if option.macros:
                made = macros.filled(made, {**self._of_request(given), **known})
            if given.asked.prefetch and (token := self._display(proposition, item)) is not None:
                made["eventToken"] = token
            tokens = {name: str(known[name]) for name in self._named if known.get(name) is not None}
            if tokens:
                made["responseTokens"] = tokens
            yield made

    def _clicks(self, given: Given, proposition: Proposition, item: Item) -> Iterator[dict[str, Any]]:
        activity = self._activity(proposition)
        if activity is None or item.fallback:
            return
        alone = given.asked.kind == "mbox"
        goals: list[tuple[str | None, str | None]] = list(meta.clicks(activity, proposition.placement, alone=alone))
        counts = not any(goal.on == "click" and goal.at in {None, proposition.placement} for goal in activity.goals)
        if alone and counts and any(cap.counts.type == "click" for cap in self._caps(activity, item)):
            goals = [(None, None)]  # no goal, but a cap that counts clicks
        for name, selector in goals:
            event = Event(activity.id, item.offer, proposition.placement, None, name)
            metric: dict[str, Any] = {"type": "click", "eventToken": self._tokens.event(event)}
            yield metric if selector is None else {**metric, "selector": selector}

    def _caps(self, activity: Activity, item: Item) -> list[Any]:
        found = ids.experience(self._catalogue, activity, item.offer)
        return [] if found is None else found.offer.caps

    def _activity(self, proposition: Proposition) -> Activity | None:
        found = self._catalogue.of("activities").get(proposition.activity or "")
        return found if isinstance(found, Activity) else None

    def _meta(self, given: Given, activity: Activity | None, item: Item, option: Option) -> dict[str, Any]:
        """What response tokens and macros may tell of an option."""
        made: dict[str, Any] = dict(self._of_visitor())
        made["location.name"] = given.asked.name or ids.GLOBAL
        made["location.type"] = "view" if given.asked.kind == "view" else "mbox"
        if activity is None:
            return made
        placement = given.placement.id if given.placement is not None else ""
        made["activity.decisioningMethod"] = _METHOD
        return made | meta.meta(self._catalogue, activity, item.offer, placement, option)

    def _of_visitor(self) -> Iterator[tuple[str, Any]]:
        yield "profile.tntId", self._visitor.tnt
        for name in ("thirdPartyId", "marketingCloudVisitorId"):
            if name in self._visitor.echo:
                yield _PROFILE + name, self._visitor.echo[name]
        for name, value in (self._profile.attributes if self._profile is not None else {}).items():
            if not isinstance(value, (dict, list)):
                yield _PROFILE + name, value
        geo = self._facts.get("geo")
        if isinstance(geo, dict):
            for name, value in {**geo, "state": geo.get("region")}.items():
                yield _GEO + name, value

    def _of_request(self, given: Given) -> dict[str, Any]:
        return {**given.asked.details.parameters, "name": given.asked.name, "index": given.asked.index}
