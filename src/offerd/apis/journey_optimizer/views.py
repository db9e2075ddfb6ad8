"""The library's objects as either dialect shows them: envelopes, receipts and bare objects."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from offerd.apis.journey_optimizer import ids
from offerd.apis.journey_optimizer.codecs.codec import Codec
from offerd.apis.journey_optimizer.codecs.context import Context, microseconds, milliseconds
from offerd.apis.journey_optimizer.codecs.reading import LASTING, own
from offerd.apis.journey_optimizer.names import PLAIN_ASSIGNED
from offerd.apis.journey_optimizer.shapes import to_container
from offerd.apis.journey_optimizer.tenancy import Tenant
from offerd.model.base import Object

#: Where the clients that made and last changed an object are kept.
CLIENTS = f"{LASTING}clients"

#: Where it is kept which members came without their prefix.
BARE = f"{LASTING}bare"

#: Who did what nobody's name is kept of.
NOBODY = "offerd"

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def instance(codec: Codec, thing: Object, context: Context) -> dict[str, Any]:
    """An object as the container dialect writes it; its id comes last."""
    bare = own(thing).get(BARE, ())
    tree = to_container(codec.encode(thing, context), codec.shape, frozenset(bare))
    return {**tree, "@id": context.id_of(thing, codec.resource)}


def envelope(codec: Codec, thing: Object, context: Context, tenant: Tenant, *, scored: bool = False) -> dict[str, Any]:
    """An object of the container dialect with what the repository says of it.

    Args:
        codec: of its resource.
        thing: the object.
        context: of the request.
        tenant: whose it is.
        scored: whether it has a score, as in lists that are not searches.
    """
    schema, instance_id = codec.resource.versioned, ids.instance_id(thing)
    container = ids.container_id(tenant.workspace)
    return {
        "instanceId": instance_id,
        "schemas": [schema],
        "productContexts": ["acp"],
        **_repository(thing),
        **({"_score": 0} if scored else {}),
        "_instance": instance(codec, thing, context),
        "_links": {
            "self": {
                "name": f"{schema}#{instance_id}",
                "href": f"/{container}/instances/{instance_id}",
                "@type": schema,
            }
        },
        "sandboxName": tenant.sandbox,
    }


def receipt(codec: Codec, thing: Object, context: Context) -> dict[str, Any]:
    """What a write through the container dialect answers."""
    return {
        "instanceId": ids.instance_id(thing),
        "@id": context.id_of(thing, codec.resource),
        **_repository(thing),
    }


def plain(codec: Codec, thing: Object, context: Context) -> dict[str, Any]:
    """An object as the plain dialect writes it."""
    zulu, version = codec.resource.tenanted, codec.resource.plain_version
    schemas = {"schemas": [f"{codec.resource.schema};version={version}"]} if version else {}
    assigned = {
        "created": milliseconds(thing.created or _NEVER, zulu=zulu),
        "modified": milliseconds(thing.modified or _NEVER, zulu=zulu),
        "etag": thing.version,
        **schemas,
        "createdBy": thing.created_by or NOBODY,
        "lastModifiedBy": thing.modified_by or NOBODY,
        "id": context.id_of(thing, codec.resource),
    }
    members = codec.encode(thing, context)
    return {**assigned, **{name: value for name, value in members.items() if name not in PLAIN_ASSIGNED}}


def plain_receipt(codec: Codec, thing: Object, context: Context, tenant: Tenant) -> dict[str, Any]:
    """What a write through the plain dialect answers."""
    made, changed = clients(thing)
    return {
        "etag": thing.version,
        "createdBy": thing.created_by or NOBODY,
        "lastModifiedBy": thing.modified_by or NOBODY,
        "id": context.id_of(thing, codec.resource),
        "sandboxId": tenant.sandbox_id,
        "createdDate": milliseconds(thing.created or _NEVER, zulu=True),
        "lastModifiedDate": milliseconds(thing.modified or _NEVER, zulu=True),
        "createdByClientId": made,
        "lastModifiedByClientId": changed,
    }


def clients(thing: Object) -> tuple[str, str]:
    """The ids of the clients that made and last changed an object."""
    kept = own(thing).get(CLIENTS)
    if isinstance(kept, list) and len(kept) == 2 and all(isinstance(each, str) for each in kept):  # noqa: PLR2004 - a pair
        return kept[0], kept[1]
    return NOBODY, NOBODY


def _repository(thing: Object) -> dict[str, Any]:
    made, changed = clients(thing)
    return {
        "repo:etag": thing.version,
        "repo:createdDate": microseconds(thing.created or _NEVER),
        "repo:lastModifiedDate": microseconds(thing.modified or _NEVER),
        "repo:createdBy": thing.created_by or NOBODY,
        "repo:lastModifiedBy": thing.modified_by or NOBODY,
        "repo:createdByClientId": made,
        "repo:lastModifiedByClientId": changed,
    }
