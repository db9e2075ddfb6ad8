"""The routes of artifacts, which anybody may read."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache

from msgspec.structs import replace

from offerd.apis.encoding import takes_gzip
from offerd.apis.operation import JSON, Answer, Call, Operations
from offerd.apis.target.delivery.routes import fields
from offerd.apis.target.on_device.obfuscation import obfuscated
from offerd.apis.target.on_device.publishing import Published, publisher
from offerd.apis.target.problems import NotPublished, UnknownArtifact, UnknownClient
from offerd.apis.target.tenancy import Tenant, tenant

operations = Operations("On-device artifact")

#: What every path of artifacts begins with.
PREFIX = "/{client}/{environment}/v1"

_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}")
_BINARY = "application/octet-stream"
_ORGANISATION = "@"
#: Seconds for which nobody need ask again.
_HEADERS = (("cache-control", "public, max-age=60"), ("access-control-expose-headers", "etag"))
_BY_CODING = ("vary", "accept-encoding")
#: Bytes from which compressing is worth it, and artifacts that are kept compressed.
_LARGE, _MOST_KEPT = 1_024, 16
_TAG = re.compile(r'(?:W/)?("[^"]*")')


@operations.add(
    "GET", "/rules.json", "targetArtifact", scope="public", searched=True, answers={200: {"type": "object"}, 304: None}
)
async def rules(call: Call) -> Answer:
    """The rules by which devices decide without asking.

    The entity tag changes with a write to the catalogue, and when a window begins or ends. An unknown client or
    property is 404.
    """
    return await _plain(call)


@operations.add(
    "GET", "/{property}/rules.json", "targetArtifactOfProperty", scope="public", searched=True,
    answers={200: {"type": "object"}, 304: None},
)  # fmt: skip
async def rules_of_property(call: Call) -> Answer:
    """The rules that matter to one property, named by its token."""
    return await _plain(call)


@operations.add(
    "GET", "/rules.bin", "targetArtifactObfuscated", scope="public", searched=True, media=(_BINARY,),
    answers={200: {"type": "string", "format": "binary"}, 304: None},
)  # fmt: skip
async def obfuscated_rules(call: Call) -> Answer:
    """The same rules, obfuscated with the organisation's id.

    The id is `imsOrgId` of the query, else the setting's key of the workspace that looks like one, else the client.
    """
    return await _obfuscated(call)


@operations.add(
    "GET", "/{property}/rules.bin", "targetArtifactOfPropertyObfuscated", scope="public", searched=True,
    media=(_BINARY,), answers={200: {"type": "string", "format": "binary"}, 304: None},
)  # fmt: skip
async def obfuscated_rules_of_property(call: Call) -> Answer:
    """The rules that matter to one property, obfuscated with the organisation's id."""
    return await _obfuscated(call)


async def _plain(call: Call) -> Answer:
    """The rules as JSON, compressed for whoever takes it so."""
    published = await _artifact(call, _tenant(call))
    answer = _sent(call, published, JSON, _BY_CODING)
    if len(answer.body) < _LARGE or not takes_gzip(call.headers.get("accept-encoding", "")):
        return answer
    zipped = await asyncio.to_thread(_zipped, published.body)
    return replace(answer, body=zipped, headers=(*answer.headers, ("content-encoding", "gzip")))


async def _obfuscated(call: Call) -> Answer:
    who = _tenant(call)
    published = await _artifact(call, who)
    made = await asyncio.to_thread(obfuscated, published.body, _organisation(call, who))
    return _sent(call, Published(made, f'"{hashlib.sha256(made).hexdigest()[:32]}"'), _BINARY)


def _tenant(call: Call) -> Tenant:
    if not call.house.settings.target_on_device:
        raise NotPublished("On-device artifacts are not published here")
    try:
        return tenant(call.house, call.path["client"])
    except UnknownClient:
        raise UnknownArtifact("The client that the path names is not known here") from None


async def _artifact(call: Call, who: Tenant) -> Published:
    """The artifact that a path names."""
    environment = call.path["environment"]
    if not _ENVIRONMENT.fullmatch(environment):
        raise UnknownArtifact("An environment has 1 to 64 letters, digits, dots, - and _")
    named = call.path.get("property")
    return await publisher(call.house).artifact(who.workspace, environment, named, client=call.path["client"])


def _organisation(call: Call, who: Tenant) -> str:
    """The id that the workspace's clients are configured with."""
    named = fields(call.search).get("imsOrgId")
    if named:
        try:
            found = tenant(call.house, None, named)
        except UnknownClient:
            found = None
        if found is None or found.workspace != who.workspace:
            raise UnknownArtifact("The organisation that the query names is not this client's")
        return named
    keys: Mapping[str, str] = call.house.settings.workspace_keys
    leading = (key for key, workspace in keys.items() if workspace == who.workspace and _ORGANISATION in key)
    return next(leading, call.path["client"])


def _sent(call: Call, published: Published, media: str, *more: tuple[str, str]) -> Answer:
    headers = (*_HEADERS, *more, ("etag", published.etag))
    if _known(call.headers.get("if-none-match", ""), published.etag):
        return Answer(status=304, headers=headers)
    return Answer(body=published.body, media=media, headers=headers)


def _known(listed: str, etag: str) -> bool:
    """Whether a client has what a tag stands for; weak tags are as good as strong ones here."""
    return listed.strip() == "*" or etag in _TAG.findall(listed)


@lru_cache(maxsize=_MOST_KEPT)
def _zipped(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)
