"""Routes of activities: A/B, experience targeting and auto-allocate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from offerd.apis.operation import Answer, Call, Operations
from offerd.apis.target.admin import activity, lists
from offerd.apis.target.admin.bodies import Members
from offerd.apis.target.admin.desk import Desk, desk
from offerd.apis.target.admin.offers import ANY
from offerd.apis.target.admin.problems import Unsupported
from offerd.apis.target.ids import number
from offerd.model.activity import Activity
from offerd.model.base import Object
from offerd.model.catalogue import Catalogue
from offerd.services.catalogue import Change, Put
from offerd.services.errors import NotFound

operations = Operations("Activities")

#: The versions of whole activities, and of changes to one member.
VERSIONS, PARTIAL = (1, 3), (1,)

_FIELDS = ("id", "name", "thirdPartyId", "type", "state", "startsAt", "endsAt", "priority", "reportingSource",
           "workspace", "propertyIds", "createdAt", "modifiedAt", "modifiedByName")  # fmt: skip

#: What changes one member, by the last part of the path.
_MEMBERS: dict[str, Callable[[Members, Activity], Activity]] = {
    "state": activity.with_state,
    "priority": activity.with_priority,
    "schedule": activity.with_schedule,
    "name": activity.with_name,
}

_DELETED = "deleted"


@operations.add("GET", "/activities", "targetActivities", scope="catalogue:read", answers={200: {}}, searched=True)
async def every(call: Call) -> Answer:
    """Lists activities that this API can tell of."""
    at = desk(call, VERSIONS)
    wanted = lists.asked(call.search, _FIELDS)
    known = [each for each in at.catalogue.of("activities").values() if isinstance(each, Activity)]
    found = [activity.listed(at, each) for each in known if activity.path_of(each) is not None]
    return at.answer(lists.envelope("activities", sorted(found, key=lambda item: item["id"]), wanted))


def _routes(kind: str) -> None:
    """Declares the routes of one kind of activity."""
    word = kind.title()

    @operations.add("POST", f"/activities/{kind}", f"targetCreateActivity{word}", scope="catalogue:write",
                    limit="body_limit", payload=ANY, answers={201: {}})  # fmt: skip
    async def create(call: Call) -> Answer:
        """Makes an activity, and the mboxes that it names for the first time."""
        at = desk(call, VERSIONS, body=True)

        def make(_catalogue: Catalogue) -> Sequence[Change]:
            return activity.written(at, kind, call.body, None)

        return await at.edit(make, lambda at, made: at.answer(_shown(at, made), 201))

    @operations.add("GET", f"/activities/{kind}/{{id}}", f"targetActivity{word}", scope="catalogue:read",
                    answers={200: {}})  # fmt: skip
    async def read(call: Call) -> Answer:
        """Reads an activity."""
        at = desk(call, VERSIONS)
        return at.answer(activity.shown(at, found(at, kind)))

    @operations.add("PUT", f"/activities/{kind}/{{id}}", f"targetReplaceActivity{word}", scope="catalogue:write",
                    limit="body_limit", payload=ANY, answers={200: {}})  # fmt: skip
    async def change(call: Call) -> Answer:
        """Replaces what this API can say of an activity."""
        at = desk(call, VERSIONS, body=True)
        if isinstance(call.body, dict) and call.body.get("state") == _DELETED:
            return await _delete(at, kind)

        def make(_catalogue: Catalogue) -> Sequence[Change]:
            return activity.written(at, kind, call.body, found(at, kind))

        return await at.edit(make, lambda at, made: at.answer(_shown(at, made)))

    @operations.add("DELETE", f"/activities/{kind}/{{id}}", f"targetDeleteActivity{word}", scope="catalogue:write",
                    answers={200: {}})  # fmt: skip
    async def delete(call: Call) -> Answer:
        """Removes an activity."""
        return await _delete(desk(call, VERSIONS), kind)

    for member in _MEMBERS:
        _member(f"/activities/{kind}/{{id}}/{member}", f"targetActivity{word}{member.title()}", kind, member)


def _member(path: str, operation: str, kind: str | None, member: str) -> None:
    """Declares the route that changes one member."""

    @operations.add("PUT", path, operation, scope="catalogue:write", limit="body_limit", payload=ANY, answers={200: {}})
    async def change(call: Call) -> Answer:
        """Changes one member of an activity."""
        at = desk(call, PARTIAL, body=True)
        if member == "state" and isinstance(call.body, dict) and call.body.get("state") == _DELETED:
            return await _delete(at, kind)

        def make(_catalogue: Catalogue) -> Sequence[Change]:
            body = Members(call.body)
            thing = _MEMBERS[member](body, found(at, kind))
            body.check()
            return [Put(kind="activities", object=thing, create=False)]

        return await at.edit(make, lambda at, made: at.answer(_listed(at, made)))


for _kind in activity.TYPES:
    _routes(_kind)
for _name in _MEMBERS:
    _member(f"/activities/{{id}}/{_name}", f"targetActivity{_name.title()}", None, _name)


@operations.add("POST", "/activities/abt", "targetCreateActivityAbt", scope="catalogue:write", limit="body_limit",
                payload=ANY, answers={201: {}})  # fmt: skip
async def create_abt(_call: Call) -> Answer:
    """Refuses an automated personalization: nothing here learns which visitor likes which experience."""
    raise Unsupported("Activities of type abt (auto-target) are not there; use ab, xt or autoallocate")


def found(at: Desk, kind: str | None) -> Activity:
    """The activity that the path names.

    Args:
        at: the request.
        kind: what the path calls its kind; None where it does not.

    Raises:
        NotFound: there is none of this kind that clients can be told of.
    """
    thing = at.named(Activity, "activities", "activities")
    known = activity.path_of(thing)
    if known is None or kind not in {None, known}:
        raise NotFound("activities", at.call.path["id"])
    return thing


async def _delete(at: Desk, kind: str | None) -> Answer:
    thing = found(at, kind)
    body = {"id": number(thing), "name": thing.name or thing.id, "state": _DELETED}
    return await at.delete("activities", thing.id, "activities", lambda: at.answer(body))


def _shown(at: Desk, thing: Object) -> dict[str, Any]:
    assert isinstance(thing, Activity)  # noqa: S101 - what was written
    return activity.shown(at, thing)


def _listed(at: Desk, thing: Object) -> dict[str, Any]:
    assert isinstance(thing, Activity)  # noqa: S101 - what was written
    return activity.listed(at, thing)
