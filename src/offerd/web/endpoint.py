"""The one way from an ASGI request to a handler of a wire format, and back."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast
from urllib.parse import unquote_to_bytes

from litestar.types import HTTPScope, Receive, Scope, Send

from offerd.apis.errors import MalformedBody, NoSuchMethod, NoSuchRoute, UnsupportedMedia
from offerd.apis.operation import YAML, Answer, Api, Call, Circumstances, Operation, Payload
from offerd.model import json
from offerd.services.document import read_yaml
from offerd.services.errors import StorageFault
from offerd.services.house import House
from offerd.web import body, parameters
from offerd.web.authentication import Authentication
from offerd.web.exchange import KEY, Exchange
from offerd.web.idempotency import answer_once, fingerprint
from offerd.web.limits import Limit, who
from offerd.web.logs import logger
from offerd.web.sharing import Sharing

#: Among the shapes of a payload: any media type, whose sense the handler makes.
ANYTHING = "*/*"

#: Bytes of a body above which it is read in a thread, so that decisions are answered meanwhile.
_LONG = 65_536

_BODILESS = frozenset((204, 304))


class Endpoint:
    """Everything that is served at one path.

    Args:
        api: whose path it is.
        operations: one for each method.
        house: the services.
        authentication: finds the caller.
        limit: how many calls each caller may make; None for any number.
    """

    def __init__(
        self,
        api: Api,
        operations: Sequence[Operation],
        house: House,
        authentication: Authentication,
        limit: Limit | None = None,
    ) -> None:
        self._api = api
        self._house = house
        self._authentication = authentication
        self._limit = limit
        self._methods = {operation.method: operation for operation in operations}
        self._route = api.prefix + operations[0].path
        self._sharing = Sharing.of(api, house.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        request = cast("HTTPScope", scope)
        exchange: Exchange = scope[KEY]  # type: ignore[literal-required]
        exchange.route = self._route
        try:
            if request["method"] == "OPTIONS":
                answer = Answer(status=204, headers=(("allow", allowed(self._methods)),))
            else:
                answer = await self._answer(request, receive, exchange)
        except body.ClientGone:
            logger.info("abandoned", request=exchange.request, route=exchange.route)
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets the format's own error
            answer = failed(self._api, error, exchange, scope=scope, now=self._house.clock.now())
        if self._sharing is not None:
            answer = self._sharing.shared(answer, request["headers"], allowed(self._methods))
        await respond(send, answer)

    async def _answer(self, scope: HTTPScope, receive: Receive, exchange: Exchange) -> Answer:
        operation = self._operation(scope["method"])
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if self._sharing is not None:
            self._sharing.check(headers.get("origin"))
        caller = exchange.caller = await self._authentication.caller(
            headers, operation.scope, basic=self._api.basic
        )
        if self._limit is not None:
            self._limit.take(who(caller, scope["client"]))
        call = Call(
            house=self._house,
            caller=caller,
            path=_path(scope["path_params"]),
            query={} if operation.searched else parameters.read(operation.query, scope["query_string"]),
            headers=headers,
            request=exchange.request,
            search=scope["query_string"].decode("latin-1"),
        )
        digest = await self._read(call, operation, receive)
        try:
            # Callers without a token share no keys: one would be given the answer to another.
            keyed = self._api.keyed
            if operation.method == "POST" and keyed.header in headers and operation.scope != "public":
                return await answer_once(operation, call, fingerprint(scope, call, digest, self._api.addressed), keyed)
            return await operation.handler(call)
        finally:
            if call.spool is not None:
                body.discard(call.spool)

    def _operation(self, method: str) -> Operation:
        operation = self._methods.get(method)
        if operation is None:
            raise NoSuchMethod("The path does not take this method", (("allow", allowed(self._methods)),))
        return operation

    async def _read(self, call: Call, operation: Operation, receive: Receive) -> bytes:
        """Puts the body into the call, and gives the SHA-256 of its bytes."""
        payload = operation.payload
        if payload is None:
            body.refuse(call.headers)
            return b""
        limit = cast("int", getattr(self._house.settings, operation.limit))
        call.media = _media(call.headers, payload)
        if payload.spooled:
            call.spool, digest = await body.spool(receive, call.headers, limit, self._house.storage.folder / body.SPOOL)
            return digest
        raw = await body.read(receive, call.headers, limit)
        if payload.raw:
            call.raw = raw
            return hashlib.sha256(raw).digest()
        depth = self._house.settings.json_depth
        if len(raw) > _LONG:
            call.body = await asyncio.to_thread(_decode, raw, call.media, depth)
        else:
            call.body = _decode(raw, call.media, depth)
        return hashlib.sha256(raw).digest()


def allowed(methods: Iterable[str]) -> str:
    """What `Allow` says of a path with these methods."""
    named = set(methods)
    return ", ".join(sorted(named | {"OPTIONS"} | ({"HEAD"} if "GET" in named else set())))


async def respond(send: Send, answer: Answer) -> None:
    """Sends an answer."""
    headers = []
    if answer.status not in _BODILESS and answer.stream is None:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    if answer.body or answer.stream is not None:
        headers.append((b"content-type", answer.media.encode()))
    headers.extend((name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.stream is not None:
        async for piece in answer.stream:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})


def failed(api: Api, error: Exception, exchange: Exchange, *, scope: Scope, now: int) -> Answer:
    """The format's answer to an error; an error of the server's own is logged.

    Args:
        api: the format.
        error: what went wrong.
        exchange: notes it.
        scope: of the request.
        now: microseconds since 1970.
    """
    answer = (
        api.failure(error) if api.failure_at is None else api.failure_at(error, _circumstances(exchange, scope, now))
    )
    exchange.problem = _problem(error)
    if answer.status >= 500:  # noqa: PLR2004 - where HTTP's server errors begin
        # Where the storage is at fault a traceback says nothing, and every request may have one.
        more = {"words": str(error)} if isinstance(error, StorageFault) else {"exc_info": error}
        logger.error("request_failed", request=exchange.request, route=exchange.route, **more)
    return answer


def _problem(error: Exception) -> str:
    """What the log calls an error; codes of libraries' errors are no codes of ours."""
    own = type(error).__module__.startswith("offerd.")
    return getattr(error, "code", type(error).__name__) if own else "internal"


def _circumstances(exchange: Exchange, scope: Scope, now: int) -> Circumstances:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    workspace = "" if exchange.caller is None else exchange.caller.workspace
    return Circumstances(request=exchange.request, path=scope["path"], headers=headers, workspace=workspace, now=now)


def _path(encoded: Mapping[str, Any]) -> dict[str, str]:
    """The path's parameters, decoded one by one so that an id may hold any character."""
    try:
        return {name: unquote_to_bytes(value).decode() for name, value in encoded.items()}
    except UnicodeDecodeError:
        raise NoSuchRoute("The path is not percent-encoded UTF-8") from None


def _media(headers: Mapping[str, str], payload: Payload) -> str:
    """The body's media type; the first that the operation takes where the client says none."""
    taken = list(payload.shapes)
    named = headers.get("content-type")
    if named is None:
        return taken[0]
    media = named.partition(";")[0].strip().lower()
    if media not in payload.shapes and ANYTHING not in payload.shapes:
        raise UnsupportedMedia(f"This route takes {', '.join(taken)}", (("accept", ", ".join(taken)),))
    return media


def _decode(raw: bytes, media: str, depth: int) -> Any:
    try:
        if media == YAML:
            return read_yaml(raw.decode())
        return json.loads(raw, depth=depth)
    except (json.Malformed, UnicodeDecodeError) as error:
        raise MalformedBody(f"The body cannot be read: {error}") from None
