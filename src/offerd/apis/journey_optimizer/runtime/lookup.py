"""Finding the catalogue's objects by the ids that clients of the runtime send, and the ids that they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar, cast

from offerd.apis.journey_optimizer import ids, names
from offerd.apis.journey_optimizer.names import Dialect
from offerd.apis.journey_optimizer.runtime.refusals import Undecided
from offerd.model.activity import Activity
from offerd.model.base import Object
from offerd.model.kinds import PLURAL
from offerd.model.place import Placement
from offerd.services.errors import NotFound
from offerd.services.house import House

T = TypeVar("T", bound=Object)


class Library:
    """The catalogue of one workspace, as the runtime looks things up in it.

    Args:
        house: the services.
        workspace: the workspace's id.
    """

    def __init__(self, house: House, workspace: str) -> None:
        self.house = house
        self.workspace = workspace
        self.objects = house.catalogue.catalogue(workspace)

    def get(self, struct: type[T], name: str) -> T | None:
        """An object by the model's id; None where there is none."""
        return cast("T | None", self.objects.of(PLURAL[struct]).get(name))

    def find(self, struct: type[T], wire: str) -> T | None:
        """An object by the id that a client sends: a URI of either dialect, or the model's own id."""
        kind = PLURAL[struct]
        time = ids.time_id(wire)
        found = self.house.catalogue.find_foreign(self.workspace, "time", time, kind) if time is not None else None
        if found is not None:
            return cast("T", found[1])
        try:
            return cast("T", self.house.catalogue.get(self.workspace, kind, wire))
        except NotFound:
            return None

    def activity(self, wire: str, now: datetime) -> Activity:
        """A decision that answers.

        Raises:
            Undecided: there is none, or it is not live now.
        """
        found = self.find(Activity, wire)
        if found is None:
            raise Undecided(f"No activity found for {wire}", "/xdm:activityId")
        begins, ends = found.window.from_, found.window.until
        if found.status != "live" or (begins is not None and now < begins) or (ends is not None and ends <= now):
            raise Undecided(f"The decision {wire} is not live", "/xdm:activityId")
        return found

    def placement(self, wire: str, activity: Activity) -> Placement:
        """A placement of a decision.

        Raises:
            Undecided: there is none, or the decision does not use it.
        """
        found = self.find(Placement, wire)
        if found is None:
            raise Undecided(f"No placement found for {wire}", "/xdm:placementId")
        if activity.placements and found.id not in activity.placements:
            raise Undecided(f"The decision has no criteria for the placement {wire}", "/xdm:placementId")
        return found


def wire_id(dialect: Dialect, thing: Object) -> str:
    """What clients of a dialect call an object."""
    return ids.uri(names.prefix(names.OF_KIND[PLURAL[type(thing)]], dialect), thing)


def dialect_of(wire: str, default: Dialect) -> Dialect:
    """The dialect of an id that a client sent."""
    return _DIALECTS.get(wire.partition(":")[0], default)


_DIALECTS: Mapping[str, Dialect] = {"xcore": "container", "dps": "plain"}
