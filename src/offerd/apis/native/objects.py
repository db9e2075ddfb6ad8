"""Routes of every kind of catalogue object: the same six of each."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from offerd.apis.native.pages import CURSOR, LIMIT, page, page_of, page_size
from offerd.apis.native.versions import expected, only_new, versioned
from offerd.apis.operation import (
    JSON,
    JSON_PATCH,
    MERGE_PATCH,
    Answer,
    Call,
    Handler,
    Operations,
    Parameter,
    Payload,
    answer,
)
from offerd.model.base import Object
from offerd.model.codec import Fault, Invalid
from offerd.model.kinds import KINDS
from offerd.services.catalogue import Query, parse_filter

#: What a patch may be, by media type.
PATCHES: dict[str, Any] = {
    MERGE_PATCH: {"type": "object", "description": "The members that change; null removes one (RFC 7396)."},
    JSON_PATCH: {
        "type": "array",
        "description": "Operations, applied in order, all or none (RFC 6902).",
        "items": {
            "type": "object",
            "properties": {
                "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
                "path": {"type": "string"},
                "from": {"type": "string"},
                "value": {},
            },
            "required": ["op", "path"],
        },
    },
}

MESSAGE = Parameter(name="message", default="", description="What the revision's author says of it.")

_LIST = (
    Parameter(
        name="filter",
        repeated=True,
        description="What a member must be: `status=approved`, `attributes.margin>=4`, `tags~shipping`, or "
        "`window.until` for one that is there. Of several, all must hold.",
    ),
    Parameter(name="search", default="", description="Words that the id, name, description or tags must hold."),
    Parameter(
        name="order", default="", description="Members, with `-` before one for the greatest first: `-priority,id`."
    ),
    LIMIT,
    CURSOR,
)


def operations() -> list[Operations]:
    """The operations of each kind."""
    return [_Kind(kind, struct).operations for kind, struct in KINDS.items()]


class _Kind:
    """The six routes of one kind.

    Args:
        kind: its plural.
        struct: its Struct.
    """

    def __init__(self, kind: str, struct: type[Object]) -> None:
        self.kind = kind
        self.struct = struct
        self.operations = Operations(kind.capitalize())
        self._declare(struct.__name__)

    def _declare(self, name: str) -> None:
        kind, path = self.kind, f"/{self.kind}"
        word = name.lower()
        one = f"an {word}" if word[0] in "aeiou" else f"a {word}"
        page_struct = page_of(self.struct, f"{name}Page", counted=True)
        body = Payload(shapes={JSON: self.struct})
        stored = {200: self.struct, 201: self.struct}
        self._add("GET", path, f"list{kind.capitalize()}", self.list, f"Lists {kind}.",
                  query=_LIST, refuses=(422,), answers={200: page_struct})  # fmt: skip
        self._add("POST", path, f"create{name}", self.create, f"Makes {one}.",
                  payload=body, answers={201: self.struct}, versioned=True,
                  description="It is given an id where it has none.")  # fmt: skip
        path += "/{id}"
        self._add("GET", path, f"read{name}", self.read, f"Reads {one}.", answers={200: self.struct}, versioned=True)
        self._add("PUT", path, f"replace{name}", self.replace, f"Stores {one}, new or changed.",
                  payload=body, answers=stored, versioned=True)  # fmt: skip
        self._add("PATCH", path, f"patch{name}", self.patch, f"Changes members of {one}.",
                  payload=Payload(shapes=PATCHES), answers={200: self.struct}, versioned=True)  # fmt: skip
        self._add("DELETE", path, f"delete{name}", self.delete, f"Removes {one} that nothing else names.",
                  answers={204: None}, versioned=True)  # fmt: skip

    def _add(self, method: str, path: str, operation: str, handler: Handler, summary: str, **more: Any) -> None:
        words = {"summary": summary, **more}
        if method == "GET":
            words["scope"] = "catalogue:read"
        else:
            words |= {"scope": "catalogue:write", "query": (MESSAGE,)}
        words["limit"] = "body_limit" if "payload" in more else "none"
        self.operations.add(method, path, operation, **words)(handler)

    async def list(self, call: Call) -> Answer:
        query = Query(
            filter=[parse_filter(text) for text in call.query["filter"]],
            search=call.query["search"],
            order=call.query["order"],
            limit=page_size(call),
            cursor=call.query["cursor"],
        )
        found = await call.house.catalogue.find(call.workspace, self.kind, query)
        return answer(page(found.objects, found.cursor, found.total))

    async def create(self, call: Call) -> Answer:
        def made(thing: Object) -> Answer:
            location = f"/offerd/v1/{self.kind}/{quote(thing.id, safe='')}"
            return versioned(call, thing, thing.version, 201, location=location)

        created = await call.house.catalogue.create(
            call.workspace, self.kind, call.body, keep=call.keep(made), **_words(call)
        )
        return made(created)

    async def read(self, call: Call) -> Answer:
        found = call.house.catalogue.get(call.workspace, self.kind, call.path["id"])
        return versioned(call, found, found.version)

    async def replace(self, call: Call) -> Answer:
        stored = await call.house.catalogue.replace(
            call.workspace, self.kind, call.body, id=call.path["id"], if_version=expected(call),
            create=only_new(call) or None, **_words(call),
        )  # fmt: skip
        return versioned(call, stored, stored.version, 201 if stored.version == 1 else 200)

    async def patch(self, call: Call) -> Answer:
        stored = await call.house.catalogue.patch(
            call.workspace, self.kind, call.path["id"], patch_of(call), if_version=expected(call), **_words(call)
        )
        return versioned(call, stored, stored.version)

    async def delete(self, call: Call) -> Answer:
        await call.house.catalogue.delete(
            call.workspace, self.kind, call.path["id"], if_version=expected(call), **_words(call)
        )
        return Answer(status=204)


def patch_of(call: Call) -> Any:
    """The patch that a request holds, which is of the form that its media type says.

    Raises:
        Invalid: it is not.
    """
    wanted, sort = (list, "a list of operations") if call.media == JSON_PATCH else (dict, "an object")
    if not isinstance(call.body, wanted):
        raise Invalid(Fault("", f"expected {sort}"))
    return call.body


def _words(call: Call) -> dict[str, Any]:
    """What the revision says of a write."""
    return {"author": call.caller.name, "message": call.query["message"]}
