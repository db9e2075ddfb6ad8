"""The rules of one placement, or that it is the server's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from offerd.apis.target.on_device.choices import Choice, Choices
from offerd.apis.target.on_device.consequences import Consequences, Spot
from offerd.apis.target.on_device.inexpressible import Inexpressible
from offerd.apis.target.on_device.logic import ALLOCATION, names
from offerd.apis.target.tokens import Tokens
from offerd.model.place import Property
from offerd.services.compiled import CompiledActivity, CompiledPlacement, Snapshot

Rule = dict[str, Any]
#: The most rules of one placement; where there are more, asking the server is less work.
_MOST_RULES = 10_000


class Rules:
    """Makes the rules of a catalogue's placements.

    Args:
        snapshot: the compiled catalogue.
        tokens: those of the workspace.
        now: microseconds since 1970; what is over by then is left out.
        property: the only property that matters; None for all.
        hashed: whether clients draw with the workspace's code; where they have another name for it, no traffic can
            be split on a device.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        tokens: Tokens,
        now: int,
        property: str | None = None,  # noqa: A002 - it is what it is called
        *,
        hashed: bool = True,
    ) -> None:
        self._snapshot = snapshot
        self._choices = Choices(snapshot, now)
        self._consequences = Consequences(snapshot, tokens)
        self._now = now
        self._property = property
        self._hashed = hashed

    def standing(self, placement: CompiledPlacement) -> list[CompiledActivity]:
        """The activities that answer at a placement now or later, in the order in which they are asked."""
        found = [self._snapshot.activities[name] for name in self._snapshot.at.get(placement.id, ())]
        return [
            each
            for each in found
            if each.live
            and (each.ends is None or each.ends > self._now)
            and (self._property is None or not each.properties or self._property in each.properties)
        ]

    def of(self, placement: CompiledPlacement, name: str, kind: str) -> list[Rule]:
        """The rules of a placement under one of its names.

        Args:
            placement: the placement.
            name: what clients call it.
            kind: `mbox`, where the first rule that holds counts; `page` or `view`, where all do, one an activity.

        Raises:
            Inexpressible: a device would decide otherwise than the server.
        """
        chosen = [(each, self._choices.of(each, placement)) for each in self.standing(placement)]
        answering = [(activity, choices) for activity, choices in chosen if choices]
        _check_together(placement, kind, [activity for activity, _ in answering])
        # Where all count, what comes last has the last word on a page.
        ordered = answering if kind == "mbox" else answering[::-1]
        made = [
            rule
            for activity, choices in ordered
            for rule in self._of_activity(activity, choices, Spot(placement, name, kind))
        ]
        if len(made) > _MOST_RULES:
            raise Inexpressible("there are too many rules")
        if not self._hashed and any(ALLOCATION in names(rule["condition"]) for rule in made):
            raise Inexpressible("clients would draw with another name of the workspace")
        return made

    def _of_activity(self, activity: CompiledActivity, choices: Sequence[Choice], spot: Spot) -> list[Rule]:
        location = spot.location(activity)
        several = len(activity.placements) > 1 or spot.kind != "mbox"
        number = int(activity.number)
        tokens = self._tokens_of(activity)
        common: Rule = {"ruleKey": f"{number}-{location}" if several else str(number), "activityId": number}
        return [
            {
                **common,
                **({"propertyTokens": tokens} if tokens else {}),
                "meta": each.meta,
                "condition": each.when,
                "consequence": each.tree,
            }
            for choice in choices
            for each in self._consequences.of(activity, choice, spot)
        ]

    def _tokens_of(self, activity: CompiledActivity) -> list[str]:
        """What clients may name an activity's properties by."""
        known = self._snapshot.catalogue.of("properties")
        made: list[str] = []
        for each in sorted(activity.properties):
            found = known.get(each)
            token = found.token if isinstance(found, Property) else ""
            made += [name for name in (token, each) if self._snapshot.properties.get(name) == each]
        if activity.properties and not made:
            raise Inexpressible("its property is not known")
        return list(dict.fromkeys(made))


def _check_together(placement: CompiledPlacement, kind: str, activities: Sequence[CompiledActivity]) -> None:
    """Refuses places where devices let other activities answer together than the server does.

    Raises:
        Inexpressible: they would.
    """
    if len(activities) < 2:  # noqa: PLR2004 - one is alone
        return
    takes_all = placement.placement.activities == "all"
    if takes_all != (kind != "mbox"):
        raise Inexpressible("devices take one activity in an mbox, and all of them on a page and in a view")
    if takes_all and not all(each.activity.placements[placement.id].shares for each in activities[1:]):
        raise Inexpressible("an activity answers only where no other does")
