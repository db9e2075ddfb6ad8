"""The demonstration's page: coupons in a web page, and the clicks on them, counted."""

from __future__ import annotations

import secrets
from collections import Counter
from importlib.resources import files

import httpx

from offerd.apis import native
from offerd.apis.operation import Answer, Api, Call, Operations, answer
from offerd.demo.loader import PREFIX, checked
from offerd.services.house import House

#: The page's own workspace, so that nothing in it counts for the drivers' coupons.
WORKSPACE = "demo-page"

#: Where the page is.
PATH = "/demo"

_FILES = files("offerd.demo") / "pages"
_TEXT = {"type": "string"}
_CLICKS = {
    "type": "array",
    "items": {"type": "object", "properties": {"name": {"type": "string"}, "clicks": {"type": "integer"}}},
}
_MEDIA = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}

#: How many clicks, the latest, are counted for the page.
_LATEST = 1_000


async def load(client: httpx.AsyncClient) -> None:
    """Makes the page's workspace, with its catalogue, where there is none.

    Args:
        client: speaks to the server as an administrator.

    Raises:
        LoadError: the server refused.
    """
    found = await client.get(f"{PREFIX}/workspaces/{WORKSPACE}")
    if found.status_code == httpx.codes.OK:
        return
    checked(await client.post(f"{PREFIX}/workspaces", json={"id": WORKSPACE, "name": "The demonstration's page"}))
    checked(
        await client.post(
            f"{PREFIX}/catalogue/apply",
            params={"message": "What the demonstration's page shows"},
            content=_read("site.yaml"),
            headers={"Content-Type": "application/yaml", "Offerd-Workspace": WORKSPACE},
        )
    )


def api() -> Api:
    """The page's routes; anyone may see it."""
    operations = Operations("Demonstration")

    @operations.add("GET", PATH, "demoPage", scope="public", query=None, answers={200: _TEXT}, media=("text/html",))
    async def page(_call: Call) -> Answer:
        """Shows offers in a page, whose policy allows no script and no style without its nonce."""
        nonce = secrets.token_urlsafe(16)
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; connect-src 'self'; "
            "img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )
        body = _read("site.html").replace("NONCE", nonce).encode()
        return Answer(body=body, media="text/html; charset=utf-8", headers=(("content-security-policy", policy),))

    @operations.add("GET", f"{PATH}/clicks", "demoClicks", scope="public", answers={200: _CLICKS})
    async def clicks(call: Call) -> Answer:
        """Counts the clicks on each coupon, among the latest thousand."""
        return answer([{"name": name, "clicks": count} for name, count in counted(call.house)])

    for name in ("site.css", "site.js", "settings.js"):
        _file(operations, name)
    return Api(name="demo", prefix="", operations=tuple(operations), failure=native.API.failure)


def counted(house: House) -> list[tuple[str, int]]:
    """How often each coupon was clicked, the most clicked first."""
    found = house.interactions.find(WORKSPACE, type="click", limit=_LATEST).interactions
    return Counter(each.offer or "" for each in found).most_common()


def _file(operations: Operations, name: str) -> None:
    media = _MEDIA[name.rpartition(".")[2]]

    @operations.add("GET", f"{PATH}/{name}", f"demo:{name}", scope="public", answers={200: _TEXT}, media=(media,))
    async def file(_call: Call) -> Answer:
        """Gives a file that the page needs."""
        return Answer(body=_read(name).encode(), media=media)


def _read(name: str) -> str:
    return _FILES.joinpath(name).read_text(encoding="utf-8")
