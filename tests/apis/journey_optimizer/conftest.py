"""A client of the library in a workspace of its own, which says things shorter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from offerd.apis.journey_optimizer import ids

SCHEMAS = "https://ns.adobe.com/experience/offer-management/"


class Library:
    """Both dialects of the library.

    Attributes:
        http: the client.
        container: the id of the workspace's container.
    """

    def __init__(self, http: httpx.Client, workspace: str) -> None:
        self.http = http
        self.workspace = workspace
        self.container = ids.container_id(workspace)
        self.base = f"/data/core/xcore/{self.container}"

    def send(self, method: str, path: str, body: Any = None, media: str = "application/json", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            named["content-type"] = media
        return self.http.request(method, path, content=None if body is None else json.dumps(body), headers=named)

    def create(self, word: str, body: Any) -> Any:
        """Makes an object in the container dialect, and gives its receipt."""
        media = f'application/schema-instance+json; version=1; schema="{SCHEMAS}{word}"'
        answer = self.send("POST", f"{self.base}/instances", body, media)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def plain(self, path: str, body: Any) -> str:
        """Makes an object in the plain dialect, and gives its id."""
        answer = self.send("POST", f"/data/core/dps{path}", body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def instance(self, receipt: Any) -> Any:
        """An object as the container dialect shows it, without its id."""
        answer = self.http.get(f"{self.base}/instances/{receipt['instanceId']}")
        assert answer.status_code == 200, answer.text
        tree = answer.json()["_instance"]
        del tree["@id"]
        return tree

    def seen(self, path: str) -> Any:
        """What the plain dialect gives."""
        answer = self.http.get(f"/data/core/dps{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def own(self, path: str) -> Any:
        """The members of an object that the plain dialect does not assign."""
        assigned = {"created", "modified", "etag", "schemas", "createdBy", "lastModifiedBy", "id"}
        return {name: value for name, value in self.seen(path).items() if name not in assigned}

    def patch(self, receipt: Any, operations: Any, **headers: str) -> Any:
        return self.send("PATCH", f"{self.base}/instances/{receipt['instanceId']}", operations, **headers)

    def replace(self, receipt: Any, body: Any, **headers: str) -> Any:
        return self.send("PUT", f"{self.base}/instances/{receipt['instanceId']}", body, **headers)

    def list(self, word: str, *, search: bool = False, **query: Any) -> Any:
        path = "queries/core/search" if search else "instances"
        answer = self.http.get(f"{self.base}/{path}", params={"schema": SCHEMAS + word, **query})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def names(self, word: str, **query: Any) -> list[str]:
        return [each["_instance"]["xdm:name"] for each in self.list(word, **query)["_embedded"]["results"]]

    def apply(self, document: Any) -> None:
        """Stores objects natively."""
        answer = self.send("POST", "/offerd/v1/catalogue/apply", document)
        assert answer.status_code == 200, answer.text

    def native(self, path: str) -> Any:
        answer = self.http.get(f"/offerd/v1/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def library(server: Any, workspace: str) -> Iterator[Library]:
    with server.client(workspace=workspace) as client:
        yield Library(client, workspace)
