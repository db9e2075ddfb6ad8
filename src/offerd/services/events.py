"""Decision events: every decision that is kept, in the shape of a wire format, for whoever collects them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from offerd.model import json
from offerd.model.decision import Decision
from offerd.services.clock import micros
from offerd.services.errors import NotFound
from offerd.services.ids import uuid
from offerd.services.parquet import Columns, ParquetFile
from offerd.storage.protocols_runtime import DecisionStore

#: Decisions that are read at once.
_PAGE = 500

#: Makes the event of one decision after another.
Encoder = Callable[[Decision], dict[str, Any]]


class Shape(msgspec.Struct, frozen=True):
    """How a wire format shows decisions as events.

    Attributes:
        name: the format's.
        encoder: makes what encodes a workspace's decisions, told the `batch` that they are of, and whether `content`
            is wanted.
        columns: makes the columns of a Parquet file of them.
    """

    name: str
    encoder: Callable[..., Encoder]
    columns: Columns


class EventService:
    """Exports decision events.

    Args:
        store: where decisions are kept.
        folder: where files are made before they are sent.
    """

    def __init__(self, store: DecisionStore, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._shapes: dict[str, Shape] = {}

    def register(self, shape: Shape) -> None:
        """Takes in a wire format's shape."""
        self._shapes[shape.name] = shape

    @property
    def names(self) -> list[str]:
        """The shapes that there are."""
        return sorted(self._shapes)

    def shape(self, name: str) -> Shape:
        """A wire format's shape.

        Raises:
            NotFound: there is none.
        """
        found = self._shapes.get(name)
        if found is None:
            raise NotFound("shapes", name)
        return found

    def decisions(
        self, workspace: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[list[Decision]]:
        """Decisions that are kept, the oldest first, some at a time."""
        begin, end = (None if each is None else micros(each) for each in (since, until))
        after: tuple[int, str] | None = None
        while page := self._store.walk(workspace, since=begin, until=end, after=after, limit=_PAGE):
            yield page
            after = (micros(page[-1].at), page[-1].id)

    async def ndjson(
        self, workspace: str, shape: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> AsyncIterator[bytes]:
        """Events as lines of JSON, some at a time."""
        encode = self.shape(shape).encoder(workspace)
        for page in self.decisions(workspace, since=since, until=until):
            yield b"".join(json.dumps(encode(each)) + b"\n" for each in page)
            await asyncio.sleep(0)  # others have waited for a page

    async def parquet(
        self, workspace: str, shape: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> Path:
        """Events in a new Parquet file, which the caller removes.

        Raises:
            Unprocessable: what writes Parquet is not installed.
        """
        found = self.shape(shape)
        encode = found.encoder(workspace)
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        path = self._folder / f"events-{uuid()}.parquet"
        with ParquetFile(path, found.columns) as file:
            for page in self.decisions(workspace, since=since, until=until):
                rows: Sequence[dict[str, Any]] = [encode(each) for each in page]
                await asyncio.to_thread(file.write, rows)
        return path
