"""Speaking to a server over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx

from offerd.cli.failure import Exit, Failure, refusal
from offerd.model import json

T = TypeVar("T")

#: What every path of the native API begins with.
PREFIX = "/offerd/v1"

#: How long one answer may take, in seconds; imports and large catalogues take their time.
_PATIENCE = 300.0


class Api:
    """The native API, as commands use it.

    Attributes:
        client: the asynchronous client under it, for commands that send many requests at once.
    """

    def __init__(self, client: httpx.AsyncClient, runner: asyncio.Runner) -> None:
        self.client = client
        self._runner = runner

    def run(self, work: Callable[[httpx.AsyncClient], Awaitable[T]]) -> T:
        """Runs something asynchronous with the client."""

        async def go() -> T:
            return await work(self.client)

        with _reaching(self.client.base_url):
            return self._runner.run(go())

    def wait(self, seconds: float) -> None:
        """Lets time pass; a folder that is open here works on meanwhile."""
        self._runner.run(asyncio.sleep(seconds))

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request; the answer was not refused.

        Args:
            method: in capitals.
            path: below the API's prefix.
            more: what httpx takes, such as `content`, `headers`, `params`.

        Raises:
            Failure: it was refused, nobody answers, or what answers is no offerd server.
        """

        async def go(client: httpx.AsyncClient) -> httpx.Response:
            return await client.request(method, PREFIX + path, **more)

        response = self.run(go)
        settle(response)
        return response

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Sends a JSON body and reads the JSON answer; None where there is none.

        Raises:
            Failure: it was refused, nobody answers, or what answers is no offerd server.
        """
        if body is not None:
            headers = {"Content-Type": "application/json", **more.pop("headers", {})}
            more |= {"content": json.dumps(body), "headers": headers}
        response = self.send(method, path, **more)
        return json.loads(response.content) if response.content else None


def settle(response: httpx.Response) -> None:
    """Sees that a request was done; the body of one that was not must have been read.

    Raises:
        Failure: it was refused, or what answered is no offerd server.
    """
    media = response.headers.get("Content-Type", "")
    if response.is_success and (media.startswith("application/") or response.status_code == httpx.codes.NO_CONTENT):
        return
    try:
        problem = json.loads(response.content) if response.is_error else None
    except json.Malformed:
        problem = None
    if not isinstance(problem, dict):
        status = f"{response.status_code} {response.reason_phrase}".strip()
        here = response.url.copy_with(path="/", query=None)
        raise Failure(f"What answers at {here} is no offerd server: {status}, {media or 'no type'}", Exit.UNREACHABLE)
    raise refusal(problem, response.status_code)


@contextmanager
def to_server(server: str, token: str | None, workspace: str | None = None) -> Iterator[Api]:
    """Speaks to a running server."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with _reaching(server):
        client = httpx.AsyncClient(base_url=server.rstrip("/"), headers=headers | naming(workspace), timeout=_PATIENCE)
    with asyncio.Runner() as runner:
        try:
            yield Api(client, runner)
        finally:
            runner.run(client.aclose())


def naming(workspace: str | None) -> dict[str, str]:
    """The header that says which workspace an administrator works in."""
    return {"Offerd-Workspace": workspace} if workspace else {}


@contextmanager
def _reaching(server: object) -> Iterator[None]:
    try:
        yield
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise Failure(f"{server} is not the address of a server: {error}", Exit.USAGE) from None
    except httpx.TransportError as error:
        reason = str(error) or type(error).__name__
        raise Failure(f"No server answers at {server}: {reason}", Exit.UNREACHABLE) from None
