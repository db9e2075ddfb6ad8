"""The server's own routes: the root, health, readiness, metrics, the page client, the description and its page."""

from __future__ import annotations

from offerd.apis import native
from offerd.apis.operation import Answer, Api, Call, Operations, Scope, answer
from offerd.services.house import House
from offerd.web import metrics as counting
from offerd.web import page_client
from offerd.web.assets import Assets, page
from offerd.web.metrics import Metrics

_HEALTH = {"type": "object", "properties": {"status": {"const": "ok"}}, "required": ["status"]}
_PLACES = {
    "name": "offerd",
    "docs": "/docs",
    "openapi": "/openapi.json",
    "health": "/healthz",
    "readiness": "/readyz",
}
_WELCOME = {
    "type": "object",
    "properties": {place: {"const": path} for place, path in _PLACES.items()},
    "required": list(_PLACES),
}
_READINESS = {
    "type": "object",
    "properties": {
        "status": {"enum": ["ready", "not ready"]},
        "checks": {"type": "object", "additionalProperties": {"type": "boolean"}},
    },
    "required": ["status", "checks"],
}
_TEXT = {"type": "string"}


def api(house: House, metrics: Metrics) -> Api:
    """The server's own routes, and the description of all.

    Args:
        house: whose readiness is asked.
        metrics: what is exposed.
    """
    operations = _health(house)
    _observability(operations, house, metrics)
    operations.all.extend(page_client.operations())
    _description(operations, house)
    return Api(name="server", prefix="", operations=tuple(operations), failure=native.API.failure)


def _health(house: House) -> Operations:
    operations = Operations("Server")

    @operations.add("GET", "/", "welcome", scope="public", answers={200: _WELCOME})
    async def welcome(_call: Call) -> Answer:
        """Tells where the description of the API is, and what tells how the server is."""
        return answer(_PLACES)

    @operations.add("GET", "/healthz", "health", scope="public", answers={200: _HEALTH})
    async def health(_call: Call) -> Answer:
        """Answers as long as the process does."""
        return answer({"status": "ok"})

    @operations.add("GET", "/readyz", "readiness", scope="public", answers={200: _READINESS, 503: _READINESS})
    async def readiness(_call: Call) -> Answer:
        """Answers 200 when requests can be served.

        That is when every workspace's catalogue is loaded and what is written is kept; 503 otherwise. After a write
        that was not kept each call tries again.
        """
        checks = {"catalogues": _loaded(house), "writer": await house.storage.trial.passed()}
        ready = all(checks.values())
        return answer({"status": "ready" if ready else "not ready", "checks": checks}, 200 if ready else 503)

    return operations


def _observability(operations: Operations, house: House, metrics: Metrics) -> None:
    scope: Scope = "public" if house.settings.metrics_public else "admin"

    @operations.add("GET", "/metrics", "metrics", scope=scope, answers={200: _TEXT}, media=(counting.MEDIA,))
    async def expose(_call: Call) -> Answer:
        """Gives every metric in Prometheus' text format."""
        return Answer(body=metrics.expose(), media=counting.MEDIA)


def _description(operations: Operations, house: House) -> None:
    scope: Scope = "public" if house.settings.docs_public else "admin"
    assets = Assets()

    @operations.add("GET", "/openapi.json", "description", scope=scope, answers={200: {"type": "object"}})
    async def description(_call: Call) -> Answer:
        """Describes every operation, in OpenAPI 3.1."""
        return document

    @operations.add("GET", "/docs", "page", scope=scope, answers={200: _TEXT}, media=("text/html",))
    async def docs(_call: Call) -> Answer:
        """Shows the description as a page."""
        return page("docs.html")

    @operations.add(
        "GET", "/docs/assets/{package}/{name}", "asset", scope=scope, answers={200: _TEXT},
        media=("text/javascript", "text/css"),
    )  # fmt: skip
    async def asset(call: Call) -> Answer:
        """Gives a file that the page needs."""
        return assets.get(call.path["package"], call.path["name"])

    document = native.description({native.API.prefix: native.API.operations, "": tuple(operations)})


def _loaded(house: House) -> bool:
    """Whether every workspace has a snapshot to decide with."""
    try:
        for workspace in house.workspaces.list():
            house.catalogue.snapshot(workspace.id)
    except Exception:  # noqa: BLE001 - whatever it is, requests would meet it too
        return False
    return True
