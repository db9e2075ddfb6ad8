"""What a rule gives: the options that delivery would show, their event tokens, and the clicks to be told of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import msgspec

from offerd.apis.target import ids
from offerd.apis.target.delivery import contents, macros
from offerd.apis.target.delivery.contents import Option
from offerd.apis.target.delivery.meta import clicks, meta
from offerd.apis.target.on_device.choices import Choice
from offerd.apis.target.on_device.conditions import Conditions
from offerd.apis.target.on_device.inexpressible import Inexpressible
from offerd.apis.target.on_device.logic import Logic, every, negated
from offerd.apis.target.tokens import Event, Tokens
from offerd.model.decision import Component as Shown
from offerd.services.compiled import CompiledActivity, CompiledComponent, CompiledPlacement, Snapshot, shown, taken
from offerd.services.rendering import as_it_is

#: What clients take for a macro, in whatever content it stands.
_MACRO = re.compile(r"\$\{([a-z0-9_.]*?)\}", re.IGNORECASE)
_MOST_CONDITIONS = 4
_OF_OPTIONS = ("option.", "offer.")


class Spot(NamedTuple):
    """Where a consequence shows.

    Attributes:
        placement: the placement.
        name: what clients call it.
        kind: `mbox`, `page` or `view`.
    """

    placement: CompiledPlacement
    name: str
    kind: str

    def location(self, activity: CompiledActivity) -> int:
        """Its number within an activity."""
        return list(activity.placements).index(self.placement.id)


class Consequence(NamedTuple):
    """What is shown under a condition.

    Attributes:
        when: the condition.
        meta: what response tokens tell.
        tree: name, options and metrics.
    """

    when: Logic
    meta: dict[str, Any]
    tree: dict[str, Any]


class Consequences:
    """Makes the consequences of choices.

    Args:
        snapshot: the compiled catalogue.
        tokens: those of the workspace.
    """

    def __init__(self, snapshot: Snapshot, tokens: Tokens) -> None:
        self._snapshot = snapshot
        self._tokens = tokens
        self._conditions = Conditions(snapshot)

    def of(self, activity: CompiledActivity, choice: Choice, spot: Spot) -> Iterator[Consequence]:
        """What a choice shows: one consequence for each way in which the conditions of its components may fall.

        Raises:
            Inexpressible: a device would show something else than the server.
        """
        placement = spot.placement
        offered = choice.offer.content.get(placement.id, ())
        components = list(taken(offered, placement.types, self._snapshot.contents))
        _check_languages(components)
        asked = [self._conditions.said(each.when) for each in components]
        open_ = [at for at, piece in enumerate(asked) if not isinstance(piece, bool)]
        if len(open_) > _MOST_CONDITIONS:
            raise Inexpressible(f"more than {_MOST_CONDITIONS} components have conditions")
        for held in product((True, False), repeat=len(open_)):
            ways = dict(zip(open_, held, strict=True))
            case = [asked[at] if truth else negated(asked[at]) for at, truth in ways.items()]
            when = every((choice.when, *case))
            if when is False:
                continue
            seen = [
                msgspec.structs.replace(each, when=None)
                for at, each in enumerate(components)
                if ways.get(at, asked[at]) is True
            ]
            yield self._consequence(activity, choice, spot, when, self._options(seen, placement))

    def _options(self, seen: Sequence[CompiledComponent], placement: CompiledPlacement) -> list[Option]:
        # Nothing is left to be asked, so nobody's eyes are needed.
        chosen = shown(tuple(seen), placement.types, self._snapshot.contents, None, ())  # type: ignore[arg-type]
        if any(each.template == "liquid" for each in chosen):
            raise Inexpressible("content is filled in for a person")
        return contents.options([_as_shown(each) for each in chosen])

    def _consequence(
        self, activity: CompiledActivity, choice: Choice, spot: Spot, when: Logic, options: Sequence[Option]
    ) -> Consequence:
        offer, placement = choice.offer.offer.id, spot.placement.id
        token = self._tokens.event(Event(activity.id, offer, placement))
        told = [self._told(activity, offer, spot, option) for option in options]
        listed = [
            {**_plain(option, {**values, "name": "" if spot.kind == "page" else spot.name}), "eventToken": token}
            for option, values in zip(options, told, strict=True)
        ]
        # A client that shows nothing tells of it by an option without a type, and gives it to nobody.
        tree: dict[str, Any] = {"name": spot.name, "options": listed or [{"eventToken": token}], "metrics": []}
        for index, selector in clicks(activity.activity, placement, alone=spot.kind == "mbox"):
            event = Event(activity.id, offer, placement, None, index)
            click = {"type": "click", "eventToken": self._tokens.event(event)}
            tree["metrics"].append(click if selector is None else {**click, "selector": selector})
        common = _common(told) if told else self._told(activity, offer, spot, None)
        return Consequence(when, common, tree)

    def _told(self, activity: CompiledActivity, offer: str, spot: Spot, option: Option | None) -> dict[str, Any]:
        catalogue = self._snapshot.catalogue
        audience = activity.activity.audience
        named = audience.audience if audience is not None else None
        known = catalogue.of("audiences").get(named or "")
        return meta(catalogue, activity.activity, offer, spot.placement.id, option) | {
            "location.name": spot.name,
            "location.type": "view" if spot.kind == "view" else "mbox",
            "location.id": spot.location(activity),
            "audience.ids": [] if known is None else [ids.number(known)],
        }


def _as_shown(component: Any) -> Shown:
    return msgspec.structs.replace(as_it_is(component), template=component.template)


def _common(told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is true of all options; a rule cannot tell of each."""
    return {
        name: value
        for name, value in told[0].items()
        if not name.startswith(_OF_OPTIONS) or all(each.get(name) == value for each in told)
    }


def _plain(option: Option, values: Mapping[str, Any]) -> dict[str, Any]:
    """An option as clients show it, with nothing left to fill in.

    Raises:
        Inexpressible: it has macros that only a request answers, or that clients would fill in and the server not.
    """
    tree = {"type": option.type, "content": option.content}
    if option.macros:
        for name in _macros(tree["content"]):
            if values.get(macros.key(name)) is None:
                raise Inexpressible(f"${{{name}}} is filled in for a request")
        tree = macros.filled(tree, values)
    if option.type in {"html", "actions"} and any(True for _ in _macros(tree["content"])):
        raise Inexpressible("clients fill in ${…} in any content")
    return tree


def _macros(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield from (found[1] for found in _MACRO.finditer(content))
    elif isinstance(content, Mapping):
        for each in content.values():
            yield from _macros(each)
    elif isinstance(content, list):
        for each in content:
            yield from _macros(each)


def _check_languages(components: Sequence[CompiledComponent]) -> None:
    """Refuses variants of which a visitor sees the one in a language.

    Raises:
        Inexpressible: there are.
    """
    locators = [each.component.locator for each in components]
    for each in components:
        if each.component.language and locators.count(each.component.locator) > 1:
            raise Inexpressible("a visitor's language chooses among components")
