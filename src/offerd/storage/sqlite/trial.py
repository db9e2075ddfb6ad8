"""Whether what is written is kept: found out again after it was not, since a server out of rotation gets no work."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from sqlalchemy import Connection, text

from offerd.storage.sqlite.writer import GroupWriter, WriterClosed

#: Changes nothing, and needs what every write needs.
TOUCH = text("UPDATE alembic_version SET version_num = version_num")

#: Bytes that there must be room for. One page may fit where a decision does not.
ROOM = 1_048_576

#: Seconds that an asker waits for a trial at most.
_PATIENCE = 5.0


class Trial:
    """Tells whether what is written is kept.

    Args:
        writer: what writes.
        folder: the data folder.
    """

    def __init__(self, writer: GroupWriter, folder: Path) -> None:
        self._writer = writer
        self._folder = folder
        self._overcome = 0
        self._running: asyncio.Task[None] | None = None

    async def passed(self) -> bool:
        """Whether the writer is alive and the storage kept what it was given last.

        Where it did not, it is tried whether it does now; those who ask meanwhile wait for the same trial.
        """
        if self._writer.alive and self._writer.faults > self._overcome:
            if self._running is None or self._running.done():
                self._running = asyncio.create_task(self._run(), name="offerd-trial")
            await asyncio.wait((self._running,), timeout=_PATIENCE)
        return self._writer.alive and self._writer.faults == self._overcome

    async def _run(self) -> None:
        faults = self._writer.faults  # of those that come meanwhile it says nothing
        with suppress(OSError, WriterClosed):
            await self._writer.submit(self._write)
            self._overcome = faults

    def _write(self, connection: Connection) -> None:
        connection.execute(TOUCH)
        with TemporaryFile(dir=self._folder) as file:
            file.write(bytes(ROOM))
