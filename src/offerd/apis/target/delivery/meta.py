"""What answers and artifacts tell of an option beside its content, and which clicks they want to be told of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from offerd.apis.target import ids
from offerd.apis.target.delivery.contents import Option
from offerd.model.activity import Activity, named_goals
from offerd.model.catalogue import Catalogue
from offerd.model.decision import Component
from offerd.model.offer import Component as Written


def meta(
    catalogue: Catalogue, activity: Activity, offer: str, placement: str, option: Option | None = None
) -> dict[str, Any]:
    """What response tokens and macros may tell of an activity, an experience and an option, by name.

    Args:
        catalogue: what both are in.
        activity: the activity.
        offer: the id of the offer that it gives.
        placement: the id of the placement where it is given.
        option: what is shown of it; None for nothing in particular.
    """
    made: dict[str, Any] = {
        "activity.id": ids.number(activity),
        "activity.name": activity.name or activity.id,
        "activity.type": ids.kind(activity),
    }
    experience = ids.experience(catalogue, activity, offer)
    if experience is None:
        return made
    made |= {"experience.id": experience.id, "experience.name": experience.name}
    if option is None:
        return made
    number, called = _authored(activity, experience.offer.content, placement, option.component)
    content = catalogue.of("contents").get(option.component.ref or "")
    name = experience.name if content is None else content.name or content.id
    return made | {
        "option.id": number,
        "option.name": called or name,
        "offer.id": number if content is None else ids.number(content),
        "offer.name": name,
    }


def clicks(activity: Activity, placement: str | None, *, alone: bool) -> Iterator[tuple[str, str | None]]:
    """The goals that clicks at a placement reach: the name of each, and the selector of what is clicked.

    Args:
        activity: whose goals they are.
        placement: the placement's id.
        alone: whether the place is what is clicked where nothing in it is named; on a page it is not.
    """
    for name, goal in named_goals(activity.goals):
        if goal.on == "click" and goal.at in {None, placement} and (goal.selector is not None or alone):
            yield name, goal.selector


def _authored(
    activity: Activity, content: Mapping[str, Sequence[Written]], placement: str, shown: Component
) -> tuple[int, str | None]:
    """The number of a component and the name of its option: the author's, else its place among all of its offer's."""
    flat = [(place, one) for place, components in content.items() for one in components]
    places = [(place, one.locator, one.ref) for place, one in flat]
    wanted = (placement, shown.locator, shown.ref)
    if wanted not in places:
        return 1, None
    index = places.index(wanted)
    local = ids.own(flat[index][1]).get("optionLocalId")
    if type(local) is not int:
        return index + 1, None
    options = (each for each in ids.own(activity).get("options", ()) if isinstance(each, dict))
    name = next((each.get("name") for each in options if each.get("optionLocalId") == local), None)
    return local, name if isinstance(name, str) else None
