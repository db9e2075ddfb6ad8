"""Routes of the container dialect: `/data/core/xcore`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import quote

from offerd.apis.errors import BadParameter
from offerd.apis.journey_optimizer import ids, media, names, parameters, views
from offerd.apis.journey_optimizer.codecs import CODECS, Codec
from offerd.apis.journey_optimizer.codecs.context import microseconds
from offerd.apis.journey_optimizer.cursors import Cursors
from offerd.apis.journey_optimizer.names import Resource
from offerd.apis.journey_optimizer.problems import BadFilter
from offerd.apis.journey_optimizer.searching import Paths, Present, identified, named, order, search, tests
from offerd.apis.journey_optimizer.tenancy import Tenant, container, sandboxes, tenant
from offerd.apis.journey_optimizer.writing import Writer
from offerd.apis.operation import Answer, Call, Operations, Payload, answer
from offerd.model.base import Object
from offerd.model.codec import Fault
from offerd.services.catalogue.asking import Path, Predicate, Search
from offerd.services.catalogue.filters import values
from offerd.services.catalogue.patch import patched
from offerd.services.clock import instant
from offerd.services.errors import InvalidDocument, NotFound

operations = Operations("Containers")

_ANY = Payload(shapes={"*/*": {}})
_OBJECT: dict[str, Any] = {"type": "object"}

#: What each resource of this dialect shows, by the model's kind.
_OF_KIND = {resource.kind: resource for resource in reversed(names.RESOURCES) if resource.schema}

_INSTANCE_ID = "instanceId"

#: Parameters of lists that next links carry behind their own.
_CARRIED = ("id", "name", "property", "q", "qop", "field")


@operations.add("GET", "/xcore", "listContainers", scope="catalogue:read", answers={200: _OBJECT}, query=None)
async def home(call: Call) -> Answer:
    """Lists the containers that the caller sees."""
    own = tenant(call)
    found = [
        _container(call, workspace, sandbox, own)
        for sandbox, workspace in sandboxes(call).items()
        if {"acp", "dma_offers"} & set(parameters.every(call, "product") or ["acp"])
    ]
    for text in parameters.every(call, "property"):
        found = [tree for tree in found if _has(tree, text)]
    tree = {
        "_embedded": {names.CONTAINER: found[: parameters.page_size(call)]},
        "_links": {"self": {"href": parameters.link("/", _pairs(call)), "@type": names.HOME}},
    }
    return _hal(tree, media.HOME)


@operations.add(
    "POST", "/xcore/{container}/instances", "createInstance", scope="catalogue:write", limit="body_limit",
    payload=_ANY, answers={201: _OBJECT}, query=None,
)  # fmt: skip
async def create(call: Call) -> Answer:
    """Makes an object of the schema that the type of the body names."""
    own = container(call, call.path["container"])
    resource = media.body_schema(call.headers.get("content-type"), required=True)
    writer, codec = _writer(call, own, resource or names.OFFER)

    def made(thing: Object) -> Answer:
        at = f"{ids.container_id(own.workspace)}/instances/{ids.instance_id(thing)}"
        base = call.headers.get("host", "")
        headers = (("location", at), ("content-base", f"http://{base}/data/core/xcore/"))
        return _receipt(views.receipt(codec, thing, writer.context()), thing, 201, headers)

    return await writer.create(call.body, made)


@operations.add(
    "GET", "/xcore/{container}/instances/{instance}", "readInstance", scope="catalogue:read", answers={200: _OBJECT},
    query=None,
)  # fmt: skip
async def read(call: Call) -> Answer:
    """Reads one object by its instance id."""
    own = container(call, call.path["container"])
    codec, thing = _instance(call, own)
    headers = (("etag", f'"{thing.version}"'),)
    if thing.version in parameters.known(call):
        return Answer(status=304, headers=headers)
    writer, _ = _writer(call, own, codec.resource)
    tree = views.envelope(codec, thing, writer.context(), own)
    return _hal(tree, media.with_schema(media.HAL, codec.resource.versioned), headers)


@operations.add(
    "PUT", "/xcore/{container}/instances/{instance}", "replaceInstance", scope="catalogue:write", limit="body_limit",
    payload=_ANY, answers={200: _OBJECT}, query=None,
)  # fmt: skip
async def replace(call: Call) -> Answer:
    """Replaces what this dialect can say of an object."""
    return await _change(call, lambda _seen: call.body)


@operations.add(
    "PATCH", "/xcore/{container}/instances/{instance}", "patchInstance", scope="catalogue:write", limit="body_limit",
    payload=_ANY, answers={200: _OBJECT}, query=None,
)  # fmt: skip
async def patch(call: Call) -> Answer:
    """Applies a JSON Patch, whose pointers begin at the envelope."""
    return await _change(call, lambda seen: patched(seen, call.body))


@operations.add(
    "DELETE", "/xcore/{container}/instances/{instance}", "deleteInstance", scope="catalogue:write",
    answers={202: None}, query=None,
)  # fmt: skip
async def delete(call: Call) -> Answer:
    """Removes an object that nothing else names."""
    own = container(call, call.path["container"])
    codec, thing = _instance(call, own)
    writer, _ = _writer(call, own, codec.resource)
    await writer.delete(thing.id, if_version=parameters.expected(call))
    return Answer(status=202)


@operations.add(
    "GET", "/xcore/{container}/instances", "listInstances", scope="catalogue:read", answers={200: _OBJECT}, query=None
)
async def list_instances(call: Call) -> Answer:
    """Lists objects of a schema, or looks some up by their ids or names."""
    return await _list(call, "instances", searching=False)


@operations.add(
    "GET", "/xcore/{container}/queries/core/search", "searchInstances", scope="catalogue:read",
    answers={200: _OBJECT}, query=None,
)  # fmt: skip
async def search_instances(call: Call) -> Answer:
    """Searches objects of a schema."""
    return await _list(call, "queries/core/search", searching=True)


async def _list(call: Call, path: str, *, searching: bool) -> Answer:
    own = container(call, call.path["container"])
    schema = parameters.last(call, "schema").strip().strip("\"'").strip()
    resource = names.by_schema(schema)
    if resource is None:
        raise BadParameter(
            "schema", f"expected a schema that is known here, got {schema!r}" if schema else "is required"
        )
    codec = CODECS[resource.name]
    service = call.house.catalogue
    context = Present(service, own.workspace, "container", zulu=False)
    paths = Paths(codec, context)
    wanted = _tests(call, codec, paths)
    text = _search(call, paths) if searching else None
    keys = order(
        paths, [name for each in parameters.every(call, "orderby") for name in each.split(",") if name.strip()]
    )
    if _INSTANCE_ID not in [name for name, _ in keys]:
        keys += order(paths, [_INSTANCE_ID])
    cursors = Cursors([key for _, key in keys], [paths.is_instant(name) for name, _ in keys])
    start, limit = parameters.last(call, "start"), parameters.page_size(call)
    after = cursors.read(start) if start else None
    index = await service.listing(own.workspace, resource.kind, wanted, text, cursors.keys)
    page = index.page(wanted, text, cursors.keys, after=after, limit=limit)
    links = {"self": _link(_href(call, own, path, _pairs(call)))}
    if page.more is not None:
        ordered = ",".join(f"{'-' if key.descending else ''}{name}" for name, key in keys)
        pairs = [("start", cursors.after(page.objects[-1])), ("orderby", ordered), ("schema", schema)]
        pairs += [("limit", parameters.last(call, "limit"))] if parameters.last(call, "limit") else []
        pairs += [(name, value) for name in _CARRIED for value in parameters.every(call, name)]
        links["next"] = _link(_href(call, own, path, pairs))
    tree = {
        "containerId": ids.container_id(own.workspace),
        "schemaNs": schema if ";" in schema else resource.versioned,
        "requestTime": microseconds(instant(call.house.clock.now())),
        "_embedded": {
            "results": [views.envelope(codec, thing, context, own, scored=not searching) for thing in page.objects],
            "total": page.total,
            "count": len(page.objects),
        },
        "_links": links,
    }
    return _hal(tree, media.with_schema(media.HAL, names.RESULTS))


def _tests(call: Call, codec: Codec, paths: Paths) -> list[Predicate]:
    identifiers, wanted_names = parameters.every(call, "id"), parameters.every(call, "name")
    if identifiers and wanted_names:
        raise BadFilter("id and name cannot be combined")
    found = tests(paths, parameters.every(call, "property"))
    if identifiers:
        found.append(identified(identifiers))
    found += [named(paths, "_instance.xdm:name", pattern) for pattern in wanted_names]
    return [*visible(codec), *found]


def visible(codec: Codec) -> list[Predicate]:
    """That an object can be shown as a resource at all."""
    if codec.resource.name not in {"formula", "strategy"}:
        return []
    shows = codec.shows
    path = Path(("shows", codec.resource.name), lambda thing: True if shows(thing) else None)
    return [Predicate("shows", path, bool)]


def _search(call: Call, paths: Paths) -> Search | None:
    fields = [name for each in parameters.every(call, "field") for name in each.split(",") if name.strip()]
    return search(paths, " ".join(parameters.every(call, "q")), parameters.last(call, "qop"), fields)


def _writer(call: Call, own: Tenant, resource: Resource) -> tuple[Writer, Codec]:
    codec = CODECS[resource.name]
    return Writer(call, own, codec, "container"), codec


def _instance(call: Call, own: Tenant) -> tuple[Codec, Object]:
    """The object that a path names.

    Raises:
        NotFound: there is none, or none that this dialect can show.
    """
    name = call.path["instance"].lower()
    found = call.house.catalogue.find_foreign(own.workspace, "uuid", name)
    resource = _OF_KIND.get(found[0]) if found else None
    if found is None or resource is None or not CODECS[resource.name].shows(found[1]):
        raise NotFound("instances", call.path["instance"])
    return CODECS[resource.name], found[1]


async def _change(call: Call, make: Callable[[dict[str, Any]], Any]) -> Answer:
    own = container(call, call.path["container"])
    said = media.body_schema(call.headers.get("content-type"), required=False)
    codec, thing = _instance(call, own)
    if said is not None and said is not codec.resource:
        raise InvalidDocument([Fault("", f"the instance is a {codec.resource.word}, not a {said.word}")])
    writer, _ = _writer(call, own, codec.resource)

    def changed(stored: Object) -> Answer:
        return _receipt(views.receipt(codec, stored, writer.context()), stored, 200)

    return await writer.change(thing.id, make, changed, if_version=parameters.expected(call))


def _receipt(tree: dict[str, Any], thing: Object, status: int, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    made = answer(tree, status)
    tagged = (("etag", f'"{thing.version}"'), *headers)
    return Answer(status=status, body=made.body, media=media.RECEIPT, headers=tagged)


def _hal(tree: dict[str, Any], kind: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(body=answer(tree).body, media=kind, headers=headers)


def _link(href: str) -> dict[str, str]:
    return {"href": href, "@type": names.RESULTS}


def _href(_call: Call, own: Tenant, path: str, pairs: list[tuple[str, str]]) -> str:
    at = f"/{ids.container_id(own.workspace)}/{path}"
    return parameters.link(at, pairs, full=frozenset(("start", "orderby", "q")))


def _pairs(call: Call) -> list[tuple[str, str]]:
    """The parameters as the client gave them."""
    return [
        (name, value.strip("\"'") if name == "schema" else value) for name in call.query for value in call.query[name]
    ]


def _container(call: Call, workspace: str, sandbox: str, own: Tenant) -> dict[str, Any]:
    """A container as the home lists it."""
    home_ = call.house.workspaces.get(workspace)
    made = microseconds(home_.created) if home_.created else microseconds(instant(0))
    number = ids.container_id(workspace)
    return {
        "instanceId": number,
        "schemas": [f"{names.CONTAINER};version={names.CONTAINER_VERSION}"],
        "productContexts": ["acp"],
        "repo:etag": 1,
        "repo:createdDate": made,
        "repo:lastModifiedDate": made,
        "repo:createdBy": views.NOBODY,
        "repo:lastModifiedBy": views.NOBODY,
        "repo:createdByClientId": views.NOBODY,
        "repo:lastModifiedByClientId": views.NOBODY,
        "_instance": {
            "containerType": "decisioning",
            "repo:name": f"{sandbox} decisioning",
            "dataCenter": "LOCAL",
            "parentName": sandbox,
            "parentId": own.sandbox_id if workspace == own.workspace else ids.sandbox_id(workspace),
        },
        "_links": {"self": {"href": f"/containers/{quote(number)}"}},
    }


def _has(tree: Mapping[str, Any], text: str) -> bool:
    """Whether a container is what a property expression says."""
    wanted = tests(_Names(), [text])[0]
    path = cast("tuple[str, ...]", wanted.path.key)
    found = [each for value in values(tree, path) for each in (value if isinstance(value, list) else [value])]
    return (any(map(wanted.holds, found)) if found else wanted.absent) is not wanted.negated


class _Names:
    """The members of containers, which are no objects of the catalogue."""

    def is_instant(self, _name: str) -> bool:
        """Containers are compared as text."""
        return False

    def compared(self, name: str) -> Path:
        """A member by its name alone."""
        return Path(tuple(name.split(".")), bool)

    there = compared
