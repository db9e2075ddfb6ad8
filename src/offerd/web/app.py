"""The ASGI application: every wire format's routes, health, metrics and the API's page, behind one door."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, cast

from litestar import Litestar, Request, Response, asgi, route
from litestar.exceptions import HTTPException, MethodNotAllowedException
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, ControllerRouterHandler, Message, Receive, Scope, Send

from offerd.apis import chargebee, journey_optimizer, microsoft_store, native, partner_center, target
from offerd.apis.errors import HttpError, NoSuchMethod, NoSuchRoute
from offerd.apis.operation import Api, Operation
from offerd.services.house import House
from offerd.web import server
from offerd.web.authentication import Authentication
from offerd.web.endpoint import Endpoint, allowed, failed
from offerd.web.exchange import KEY, Exchange, request_id
from offerd.web.limits import Limit, Limits
from offerd.web.logs import logger
from offerd.web.metrics import Metrics
from offerd.web.sharing import Sharing

#: The wire formats that are served.
APIS: tuple[Api, ...] = (
    native.API,
    *journey_optimizer.APIS,
    *target.APIS,
    *chargebee.APIS,
    microsoft_store.API,
    *partner_center.APIS,
)

#: On every answer, unless the answer has its own.
_SAFE: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)


class App(Litestar):
    """Litestar, behind the door that every request passes: request ids, safe headers, metrics and one log line.

    Paths are routed as they were encoded, so that an id may hold `/`; HEAD is answered as GET is.

    Args:
        house: the services.
        metrics: counts what is answered.
        more: as Litestar's.
    """

    def __init__(self, *, house: House, metrics: Metrics, **more: Any) -> None:
        super().__init__(**more)
        self.house = house
        self.metrics = metrics

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers one connection."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        exchange = Exchange(request=request_id(scope["headers"]), method=scope["method"])
        encoded = scope.get("raw_path") or scope["path"].encode()
        own: Any = {**scope, KEY: exchange, "path": encoded.decode("latin-1")}
        if own["method"] == "HEAD":  # the server leaves the body out
            own["method"] = "GET"
        try:
            await super().__call__(own, receive, _marked(send, exchange))
        finally:
            self._observe(exchange)

    def _observe(self, exchange: Exchange) -> None:
        self.metrics.answered(exchange)
        caller = exchange.caller
        known = {} if caller is None or not caller.id else {"workspace": caller.workspace, "token": caller.id}
        refused = {} if exchange.problem is None else {"problem": exchange.problem}
        logger.info(
            "request",
            request=exchange.request,
            method=exchange.method,
            route=exchange.route,
            status=exchange.status,
            milliseconds=round(exchange.seconds * 1000, 3),
            **known,
            **refused,
        )


def create_app(house: House, *, local_secret: str | None = None, more: Sequence[Api] = ()) -> App:
    """The application over a house that is open; it does not close it.

    Args:
        house: the services.
        local_secret: a bearer token of this process alone, with scope admin.
        more: what is served beside the wire formats.

    Raises:
        SettingsError: the settings limit a wire format that there is not.
    """
    for api in APIS:
        if api.install is not None and house.installs(api.name):
            api.install(house)
    authentication = Authentication(house, local_secret)
    metrics = Metrics(house)
    own = (*more, server.api(house, metrics))
    limits = Limits(house.settings, house.clock, (api.name for api in APIS), (api.name for api in own))
    handlers: list[ControllerRouterHandler] = [
        handler for api in (*APIS, *own) for handler in _mounted(api, house, authentication, limits.of(api.name))
    ]
    return App(
        house=house,
        metrics=metrics,
        route_handlers=handlers,
        exception_handlers={HTTPException: _nowhere, Exception: _broken},
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


def _mounted(
    api: Api, house: House, authentication: Authentication, limit: Limit | None
) -> Iterable[BaseRouteHandler]:
    by_path = sorted(api.operations, key=lambda operation: operation.path)
    for path, group in groupby(by_path, key=lambda operation: operation.path):
        operations = list(group)
        yield _handler(api.prefix + path, operations, Endpoint(api, operations, house, authentication, limit))


def _handler(path: str, operations: Sequence[Operation], endpoint: Endpoint) -> BaseRouteHandler:
    """Mounts an endpoint: plain ASGI where it can be, for speed; Litestar's own route where the path has parameters."""
    declared = {operation.method: {"scope": operation.scope, "body_limit": operation.limit} for operation in operations}

    if "{" not in path:

        @asgi(path, opt={"operations": declared}, copy_scope=False)
        async def handle(scope: Scope, receive: Receive, send: Send) -> None:
            await endpoint(scope, receive, send)

        return handle

    methods: Any = [*declared, "OPTIONS"]

    @route(path.replace("}", ":str}"), http_method=methods, status_code=200, opt={"operations": declared})
    async def found() -> ASGIApp:
        return endpoint

    return found


def _marked(send: Send, exchange: Exchange) -> Send:
    """Adds what every answer carries, and notes its status."""

    async def mark(message: Message) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
            headers = list(message["headers"])
            own = {name for name, _ in headers}
            headers.append((b"x-request-id", exchange.request.encode()))
            headers.extend(pair for pair in _SAFE if pair[0] not in own)
            message["headers"] = headers
        await send(message)

    return mark


def _nowhere(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What Litestar's router refuses: paths that lead nowhere, and methods."""
    refused: HttpError = NoSuchRoute("The path leads nowhere")
    if isinstance(error, MethodNotAllowedException):
        named = (error.headers or {}).get("allow", "").split(", ")
        refused = NoSuchMethod("The path does not take this method", (("allow", allowed(named)),))
    elif error.status_code != NoSuchRoute.status:
        refused = HttpError("The request cannot be read")
    return _refused(request, refused)


def _broken(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    return _refused(request, error)


def _refused(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    scope = request.scope
    api = next((one for one in APIS if one.holds(scope["path"])), native.API)
    clock = cast("App", request.app).house.clock
    answer = failed(api, error, scope[KEY], scope=scope, now=clock.now())  # type: ignore[literal-required]
    sharing = Sharing.of(api, cast("App", request.app).house.settings)
    if sharing is not None:
        answer = sharing.shared(answer, scope["headers"], dict(answer.headers).get("allow", ""))
    return Response(
        content=answer.body, status_code=answer.status, media_type=answer.media, headers=dict(answer.headers)
    )
