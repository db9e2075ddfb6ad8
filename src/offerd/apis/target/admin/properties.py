"""Properties: the parts of a site that activities may be limited to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from offerd.apis.operation import Answer, Call, Operations
from offerd.apis.target.admin import lists, words
from offerd.apis.target.admin.bodies import TEXT, Members
from offerd.apis.target.admin.desk import desk
from offerd.apis.target.admin.kept import MORE, with_own
from offerd.apis.target.admin.offers import ANY
from offerd.apis.target.ids import number, own
from offerd.model.base import Object
from offerd.model.catalogue import Catalogue
from offerd.model.place import Property
from offerd.services.catalogue import Change, Put
from offerd.services.ids import uuid

operations = Operations("Properties")

_VERSIONS = (1,)
_CHANNELS = ("web", "mobile", "email", "other")
_FIELDS = ("id", "name", "description", "channel", "token", "createdAt", "modifiedAt", "modifiedByName")


@operations.add("GET", "/properties", "targetProperties", scope="catalogue:read", answers={200: {}}, searched=True)
async def every(call: Call) -> Answer:
    """Lists properties."""
    at = desk(call, _VERSIONS)
    wanted = lists.asked(call.search, _FIELDS)
    found = [_shown(each) for each in at.catalogue.of("properties").values()]
    return at.answer(lists.envelope("properties", sorted(found, key=lambda item: item["id"]), wanted))


@operations.add("POST", "/properties", "targetCreateProperty", scope="catalogue:write", limit="body_limit",
                payload=ANY, answers={201: {}})  # fmt: skip
async def create(call: Call) -> Answer:
    """Makes a property, whose token is given."""
    at = desk(call, _VERSIONS, body=True)

    def make(_catalogue: Catalogue) -> Sequence[Change]:
        return [Put(kind="properties", object=_read(call.body, None), create=True)]

    return await at.edit(make, lambda at, made: at.answer(_shown(made), 201))


@operations.add("GET", "/properties/{id}", "targetProperty", scope="catalogue:read", answers={200: {}})
async def read(call: Call) -> Answer:
    """Reads a property."""
    at = desk(call, _VERSIONS)
    return at.answer(_shown(at.named(Property, "properties", "properties")))


@operations.add("PUT", "/properties/{id}", "targetReplaceProperty", scope="catalogue:write", limit="body_limit",
                payload=ANY, answers={200: {}})  # fmt: skip
async def change(call: Call) -> Answer:
    """Changes a property; its token stays."""
    at = desk(call, _VERSIONS, body=True)

    def make(_catalogue: Catalogue) -> Sequence[Change]:
        old = at.named(Property, "properties", "properties")
        return [Put(kind="properties", object=_read(call.body, old), create=False)]

    return await at.edit(make, lambda at, made: at.answer(_shown(made)))


def _read(tree: Any, old: Property | None) -> Property:
    if old is not None and words.same(tree, _shown(old)):
        return old
    body = Members(tree)
    token = uuid()
    base = old or Property(id=token, token=token)
    name = body.text("name", required=True)
    description = body.text("description", most=TEXT)
    channel = body.choice("channel", _CHANNELS, required=old is None)
    workspaces = body.texts("workspaces")
    more = body.rest(*words.ASSIGNED, "token")
    body.check()
    return replace(
        base,
        name=words.name_of(old, name),
        description=description or "",
        extensions=with_own(base, channel=channel or own(base).get("channel"), workspaces=workspaces, **{MORE: more}),
    )


def _shown(thing: Object) -> dict[str, Any]:
    mine = own(thing)
    token = thing.token if isinstance(thing, Property) else ""
    return words.given(
        {
            **mine.get(MORE, {}),
            "id": number(thing),
            "name": thing.name or thing.id,
            "description": thing.description or None,
            "channel": mine.get("channel") or "web",
            "token": token or thing.id,
            "workspaces": mine.get("workspaces"),
            **words.stamp(thing),
        }
    )
