"""The page client's routes: offerd.js, under a name that changes and under one that never does."""

from __future__ import annotations

from offerd.apis.encoding import takes_gzip
from offerd.apis.operation import Answer, Call, Operations, answer
from offerd.browser import PageClient, page_client, types

_SCRIPT = "text/javascript; charset=utf-8"
_TYPES = "text/plain; charset=utf-8"
_TEXT = {"type": "string"}
_RELEASE = {
    "type": "object",
    "properties": {
        "version": {"type": "string"},
        "script": {"type": "string"},
        "integrity": {"type": "string", "pattern": "^sha384-"},
        "size": {"type": "integer"},
        "compressed": {"type": "integer"},
    },
    "required": ["version", "script", "integrity", "size", "compressed"],
}

#: Pages of any origin may load these, and check that they are what was published.
_SHARED = (("cross-origin-resource-policy", "cross-origin"), ("access-control-allow-origin", "*"))
_SHORT = ("cache-control", "public, max-age=300")
_FOREVER = ("cache-control", "public, max-age=31536000, immutable")


def operations() -> Operations:
    """The routes; anyone may ask for them."""
    client = page_client()
    forever = f"/offerd-{client.version}.js"
    routes = Operations("Page client")

    @routes.add("GET", "/offerd.js", "pageClient", scope="public", answers={200: _TEXT, 304: None}, media=(_SCRIPT,))
    async def current(call: Call) -> Answer:
        """Gives the script that puts offers in pages, of whatever release the server is."""
        return _script(call, client, _SHORT)

    @routes.add("GET", forever, "pageClientRelease", scope="public", answers={200: _TEXT, 304: None}, media=(_SCRIPT,))
    async def release(call: Call) -> Answer:
        """Gives the script of this release, which never changes."""
        return _script(call, client, _FOREVER)

    @routes.add("GET", "/offerd.json", "pageClientIntegrity", scope="public", answers={200: _RELEASE})
    async def integrity(_call: Call) -> Answer:
        """Says where the script of this release is, and the integrity hash that a page names for it."""
        told = {
            "version": client.version,
            "script": forever,
            "integrity": client.integrity,
            "size": len(client.served),
            "compressed": len(client.compressed),
        }
        given = answer(told)
        return Answer(body=given.body, headers=(*_SHARED, _SHORT))

    @routes.add("GET", "/offerd.d.ts", "pageClientTypes", scope="public", answers={200: _TEXT}, media=(_TYPES,))
    async def declarations(_call: Call) -> Answer:
        """Gives the script's types, for TypeScript."""
        return Answer(body=types(), media=_TYPES, headers=(*_SHARED, _SHORT))

    return routes


def _script(call: Call, client: PageClient, caching: tuple[str, str]) -> Answer:
    """The script, compressed for whoever takes it so; 304 for whoever has it, however it came: its tag is weak."""
    tag = f'"{client.integrity}"'
    headers = (*_SHARED, caching, ("etag", f"W/{tag}"), ("x-integrity", client.integrity), ("vary", "accept-encoding"))
    if tag in call.headers.get("if-none-match", ""):
        return Answer(status=304, headers=headers)
    if takes_gzip(call.headers.get("accept-encoding", "")):
        return Answer(body=client.compressed, media=_SCRIPT, headers=(*headers, ("content-encoding", "gzip")))
    return Answer(body=client.served, media=_SCRIPT, headers=headers)
