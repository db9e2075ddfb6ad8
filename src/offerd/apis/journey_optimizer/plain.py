"""Routes of the plain dialect: `/data/core/dps`."""

from __future__ import annotations

from typing import Any

from offerd.apis.errors import BadParameter
from offerd.apis.journey_optimizer import names, parameters, views
from offerd.apis.journey_optimizer.codecs import CODECS, Codec
from offerd.apis.journey_optimizer.containers import visible
from offerd.apis.journey_optimizer.cursors import Cursors
from offerd.apis.journey_optimizer.names import Resource
from offerd.apis.journey_optimizer.searching import Paths, Present, order, split, tests
from offerd.apis.journey_optimizer.tenancy import Tenant, tenant
from offerd.apis.journey_optimizer.writing import Writer
from offerd.apis.operation import JSON, Answer, Call, Operations, Payload, answer
from offerd.model.base import Object
from offerd.services.catalogue.asking import Key, Slice
from offerd.services.catalogue.patch import patched
from offerd.services.errors import NotFound

_ANY = Payload(shapes={JSON: {}, "application/json-patch+json": {}, "*/*": {}})
_OBJECT: dict[str, Any] = {"type": "object"}

_NEWEST = ("-modified",)

#: The member that tells tied objects apart.
_TIE = "instanceId"

_OFFER_TYPES = {resource.offer_type: resource for resource in names.RESOURCES if resource.offer_type}

#: Other paths that documentation names for a resource.
_ALIASES = {"/eligibility-rules": names.RULE}


class _Routes:
    """The five routes of a path.

    Args:
        path: below the base.
        resources: those that it shows: one, or those that `offer-type` tells apart.
    """

    def __init__(self, path: str, resources: list[Resource]) -> None:
        self._path = path
        self._resources = resources
        word = "".join(part.capitalize() for part in path[1:].split("-"))
        self.operations = Operations("Plain library")
        one = "/dps" + path + "/{id}"
        body: dict[str, Any] = {"limit": "body_limit", "payload": _ANY, "query": None}
        add = self.operations.add
        add("POST", "/dps" + path, f"plainCreate{word}", scope="catalogue:write", answers={201: _OBJECT},
            summary=f"Makes one of the {path[1:]}.", **body)(self.create)  # fmt: skip
        add("GET", "/dps" + path, f"plainList{word}", scope="catalogue:read", answers={200: _OBJECT}, query=None,
            summary=f"Lists {path[1:]}.")(self.list_all)  # fmt: skip
        add("GET", one, f"plainRead{word}", scope="catalogue:read", answers={200: _OBJECT}, query=None,
            summary=f"Reads one of the {path[1:]}.")(self.read)  # fmt: skip
        add("PATCH", one, f"plainPatch{word}", scope="catalogue:write", answers={200: _OBJECT},
            summary=f"Applies a JSON Patch to one of the {path[1:]}.", **body)(self.patch)  # fmt: skip
        add("DELETE", one, f"plainDelete{word}", scope="catalogue:write", answers={200: None}, query=None,
            summary=f"Removes one of the {path[1:]} that nothing names.")(self.delete)  # fmt: skip

    async def create(self, call: Call) -> Answer:
        own = tenant(call)
        resource = self._resource(call, required=True)
        writer, codec = _writer(call, own, resource)

        def made(thing: Object) -> Answer:
            return answer(views.plain_receipt(codec, thing, writer.context(), own), 201, etag=f'"{thing.version}"')

        return await writer.create(call.body, made)

    async def read(self, call: Call) -> Answer:
        own = tenant(call)
        codec, thing = self._found(call, own)
        tag = f'"{thing.version}"'
        if thing.version in parameters.known(call):
            return Answer(status=304, headers=(("etag", tag),))
        writer, _ = _writer(call, own, codec.resource)
        return answer(views.plain(codec, thing, writer.context()), etag=tag)

    async def patch(self, call: Call) -> Answer:
        own = tenant(call)
        codec, thing = self._found(call, own)
        writer, _ = _writer(call, own, codec.resource)

        def changed(stored: Object) -> Answer:
            return answer(views.plain_receipt(codec, stored, writer.context(), own), etag=f'"{stored.version}"')

        return await writer.change(
            thing.id, lambda seen: patched(seen, call.body), changed, if_version=parameters.expected(call)
        )

    async def delete(self, call: Call) -> Answer:
        own = tenant(call)
        codec, thing = self._found(call, own)
        writer, _ = _writer(call, own, codec.resource)
        await writer.delete(thing.id, if_version=parameters.expected(call))
        return Answer(status=200)

    async def list_all(self, call: Call) -> Answer:
        own, resource = tenant(call), self._resource(call, required=False)
        codec, service = CODECS[resource.name], call.house.catalogue
        context = Present(service, own.workspace, "plain", zulu=resource.tenanted)
        paths = Paths(codec, context)
        wanted = [*visible(codec), *tests(paths, split(parameters.every(call, "property")))]
        given = split(parameters.every(call, "orderby")) or list(_NEWEST)
        keys = order(paths, given)
        every = [*(key for _, key in keys), Key(_tie(own, service))]
        cursors = Cursors(every, [*(paths.is_instant(name) for name, _ in keys), False], dates=True)
        start, limit = parameters.last(call, "start"), parameters.page_size(call)
        after = cursors.read(start) if start else None
        index = await service.listing(own.workspace, resource.kind, wanted, None, every)
        page = index.page(wanted, None, every, after=after, limit=limit)
        links = {"self": self._link(call, resource, given, start)}
        if page.more is not None:
            links["next"] = self._link(call, resource, given, cursors.after_unless_tied(page.objects[-1], page.more))
        if page.before and start:
            place = page.before - limit
            before = index.back(wanted, None, every, place=place - 1) if place > 0 else None
            following = index.back(wanted, None, every, place=place) if before is not None else None
            begin = cursors.after_unless_tied(before, following) if before is not None else ""
            links["prev"] = self._link(call, resource, given, begin)
        return answer(_page(page, codec, context, links))

    def _link(self, call: Call, resource: Resource, given: list[str], start: str) -> dict[str, str]:
        pairs = [("orderby", ",".join(given))]
        if parameters.last(call, "limit"):
            pairs.append(("limit", parameters.last(call, "limit")))
        if start:
            pairs.append(("start", start))
        if resource.offer_type:
            pairs.append(("offer-type", resource.offer_type.upper()))
        pairs += [("property", text) for text in parameters.every(call, "property")]
        return {"href": parameters.link(self._path, pairs), "type": JSON}

    def _resource(self, call: Call, *, required: bool) -> Resource:
        """The resource that a request is for."""
        if len(self._resources) == 1:
            return self._resources[0]
        text = parameters.last(call, "offer-type").strip().lower()
        if not text and not required:
            return self._resources[0]
        if text not in _OFFER_TYPES:
            raise BadParameter("offer-type", f"expected one of {', '.join(_OFFER_TYPES)}")
        return _OFFER_TYPES[text]

    def _found(self, call: Call, own: Tenant) -> tuple[Codec, Object]:
        """The object that a path names.

        Raises:
            NotFound: there is none.
        """
        name = call.path["id"]
        said = parameters.last(call, "offer-type")
        for resource in [self._resource(call, required=True)] if said else self._resources:
            codec = CODECS[resource.name]
            thing = Present(call.house.catalogue, own.workspace, "plain", zulu=False).lookup(resource.kind, name)
            if thing is not None and codec.shows(thing):
                return codec, thing
        raise NotFound(self._path[1:], name)


def _tie(own: Tenant, service: Any) -> Any:
    paths = Paths(CODECS[names.TAG.name], Present(service, own.workspace, "container", zulu=False))
    return paths.sorted(_TIE)


def _writer(call: Call, own: Tenant, resource: Resource) -> tuple[Writer, Codec]:
    codec = CODECS[resource.name]
    return Writer(call, own, codec, "plain"), codec


def _page(page: Slice, codec: Codec, context: Present, links: dict[str, Any]) -> dict[str, Any]:
    return {
        "results": [views.plain(codec, thing, context) for thing in page.objects],
        "count": len(page.objects),
        "total": page.total,
        "_links": links,
    }


def _routes() -> list[_Routes]:
    paths: dict[str, list[Resource]] = {}
    for resource in names.RESOURCES:
        paths.setdefault(resource.path, []).append(resource)
    for path, resource in _ALIASES.items():
        paths[path] = [resource]
    return [_Routes(path, resources) for path, resources in paths.items()]


#: Everything below `/data/core/dps`.
operations = tuple(operation for routes in _routes() for operation in routes.operations)
