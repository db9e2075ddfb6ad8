"""Offers: the contents that options of activities show, as HTML or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from msgspec.structs import replace

from offerd.apis.operation import Answer, Call, Operations, Payload
from offerd.apis.target.admin import lists, words
from offerd.apis.target.admin.bodies import Members
from offerd.apis.target.admin.desk import Desk, desk
from offerd.apis.target.admin.kept import MORE, with_own
from offerd.apis.target.ids import number, own
from offerd.model.base import Object
from offerd.model.catalogue import Catalogue
from offerd.model.offer import Content
from offerd.services.catalogue import Change, Put
from offerd.services.errors import NotFound
from offerd.services.ids import uuid

operations = Operations("Offers")

#: What a body may be; its version is in its type.
ANY = Payload(shapes={"*/*": {}})
_VERSIONS = (2,)
_FIELDS = ("id", "name", "type", "workspace", "createdAt", "modifiedAt", "modifiedByName")

#: The model's type of each type of offer.
_TYPES = {"content": "html", "json": "json"}
_OF_MODEL = {model: wire for wire, model in _TYPES.items()}
#: The most characters of an offer's content.
_LONGEST = 1_048_576

Kind = Literal["content", "json"]


@operations.add("GET", "/offers", "targetOffers", scope="catalogue:read", answers={200: {}}, searched=True)
async def every(call: Call) -> Answer:
    """Lists offers."""
    at = desk(call, _VERSIONS)
    wanted = lists.asked(call.search, _FIELDS)
    found = [_listed(each) for each in at.catalogue.of("contents").values() if _kind(each) is not None]
    return at.answer(lists.envelope("offers", sorted(found, key=lambda item: item["id"]), wanted))


def _routes(kind: Kind) -> None:
    """Declares the routes of one type of offer."""

    @operations.add(
        "POST", f"/offers/{kind}", f"targetCreateOffer{kind.title()}", scope="catalogue:write", limit="body_limit",
        payload=ANY, answers={201: {}},
    )  # fmt: skip
    async def create(call: Call) -> Answer:
        """Makes an offer."""
        at = desk(call, _VERSIONS, body=True)
        thing = _read(call.body, Content(id=uuid(), type=_TYPES[kind], template=_template(kind)), kind)

        def make(_catalogue: Catalogue) -> Sequence[Change]:
            return [Put(kind="contents", object=thing, create=True)]

        return await at.edit(make, lambda at, made: at.answer(_shown(made), 201))

    @operations.add("GET", f"/offers/{kind}/{{id}}", f"targetOffer{kind.title()}", scope="catalogue:read",
                    answers={200: {}})  # fmt: skip
    async def read(call: Call) -> Answer:
        """Reads an offer."""
        at = desk(call, _VERSIONS)
        return at.answer(_shown(_found(at, kind)))

    @operations.add(
        "PUT", f"/offers/{kind}/{{id}}", f"targetReplaceOffer{kind.title()}", scope="catalogue:write",
        limit="body_limit", payload=ANY, answers={200: {}},
    )  # fmt: skip
    async def change(call: Call) -> Answer:
        """Changes an offer."""
        at = desk(call, _VERSIONS, body=True)

        def make(_catalogue: Catalogue) -> Sequence[Change]:
            return [Put(kind="contents", object=_read(call.body, _found(at, kind), kind), create=False)]

        return await at.edit(make, lambda at, made: at.answer(_shown(made)))

    @operations.add("DELETE", f"/offers/{kind}/{{id}}", f"targetDeleteOffer{kind.title()}", scope="catalogue:write",
                    answers={200: {}})  # fmt: skip
    async def delete(call: Call) -> Answer:
        """Removes an offer that no activity shows."""
        at = desk(call, _VERSIONS)
        thing = _found(at, kind)
        return await at.delete("contents", thing.id, "offers", lambda: at.answer(_shown(thing)))


_routes("content")
_routes("json")


def _found(at: Desk, kind: Kind) -> Content:
    thing = at.named(Content, "contents", "offers")
    if _kind(thing) != kind:
        raise NotFound("offers", at.call.path["id"])
    return thing


def _kind(thing: Object) -> str | None:
    """The type of an offer as clients know it; None for a content that they cannot be told of."""
    return _OF_MODEL.get(thing.type) if isinstance(thing, Content) else None


def _template(kind: Kind) -> Literal["none", "macros"]:
    return "macros" if kind == "content" else "none"


def _read(tree: Any, old: Content, kind: Kind) -> Content:
    """The offer that a body makes of what there was; what it does not say stays."""
    if words.same(tree, _shown(old)):
        return old
    body = Members(tree)
    name = body.text("name", required=True)
    workspace = body.text("workspace")
    content: Any
    if kind == "content":
        content = body.get("content")
        if not isinstance(content, str) or len(content) > _LONGEST:
            body.fault("content", f"expected text of at most {_LONGEST} characters")
    else:
        content = body.get("content")
        if content is None:
            body.fault("content", "is required: any JSON but null")
    more = body.rest(*words.ASSIGNED, "type")
    body.check()
    return replace(
        old,
        name=words.name_of(old, name),
        body=content,
        extensions=with_own(old, workspace=workspace or own(old).get("workspace"), **{MORE: more}),
    )


def _listed(thing: Object) -> dict[str, Any]:
    return words.given(
        {
            "id": number(thing),
            "name": thing.name or thing.id,
            "type": _kind(thing),
            "workspace": own(thing).get("workspace"),
            **words.stamp(thing),
        }
    )


def _shown(thing: Object) -> dict[str, Any]:
    content = thing.body if isinstance(thing, Content) else None
    return {**own(thing).get(MORE, {}), **_listed(thing), "content": content}
