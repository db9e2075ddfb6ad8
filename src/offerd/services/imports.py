"""Imports of profiles: the file is kept first, then read in the background, some lines a transaction."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from offerd.model.condition import Audience
from offerd.model.person import Profile
from offerd.services.catalogue.service import CatalogueService
from offerd.services.errors import Unprocessable
from offerd.services.ids import uuid
from offerd.services.jobs import JobFailed, JobService, Run
from offerd.services.lines import FORMATS, BadHeader, Line, lines
from offerd.services.upserts import Upserts
from offerd.storage.protocols import Keep
from offerd.storage.protocols_runtime import Job, LineFault

KIND = "import-profiles"

#: Lines that are stored in one transaction.
_CHUNK = 200

#: How many unknown names a report counts one by one, and how much of a longer name it keeps.
_NAMES = 100
_LONGEST = 100

#: What the header of a CSV file may hold.
_COLUMNS = "identity.NAMESPACE, attributes.NAME, memberships, parent and id"


class ImportService:
    """Imports profiles.

    Args:
        folder: where files wait to be read.
        jobs: reads them in the background.
        upserts: takes the profiles in.
        catalogue: tells which audiences there are.
        limit: bytes of one file.
        depth: how deeply the JSON of a line may nest.
    """

    def __init__(
        self,
        folder: Path,
        jobs: JobService,
        upserts: Upserts,
        *,
        catalogue: CatalogueService,
        limit: int = 67_108_864,
        depth: int = 100,
    ) -> None:
        self._folder = folder
        self._jobs = jobs
        self._upserts = upserts
        self._limit = limit
        self._depth = depth
        self._catalogue = catalogue
        jobs.register(KIND, self._import)

    async def submit(
        self,
        workspace: str,
        form: str,
        content: AsyncIterable[bytes],
        *,
        create: bool = True,
        keep: Keep | None = None,
    ) -> Job:
        """Keeps a file and queues its import; the file is on disk when this returns.

        Args:
            workspace: whose profiles.
            form: `ndjson` or `csv`.
            content: the file, in pieces.
            create: whether people who are unknown are made; else they are left out, and counted as `unknown`.
            keep: stores the answer with the job.

        Raises:
            Unprocessable: the format is none of these, or the file is too large; nothing was kept.
        """
        if form not in FORMATS:
            raise Unprocessable(f"expected one of {', '.join(FORMATS)}", "/format")
        path = self._folder / f"{uuid()}.{form}"
        try:
            await self._keep_file(path, content)
            only = {} if create else {"create": False}
            return await self._jobs.submit(workspace, KIND, {"file": path.name, "format": form, **only}, keep=keep)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def tidy(self, running: set[str]) -> None:
        """Removes files that no job needs any more, such as of uploads that were cut off.

        Args:
            running: names of files that are still needed.
        """
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                if path.name not in running:
                    path.unlink(missing_ok=True)

    async def _keep_file(self, path: Path, content: AsyncIterable[bytes]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        size = 0
        with path.open("wb") as file:
            async for piece in content:
                size += len(piece)
                if size > self._limit:
                    raise Unprocessable(f"The file is larger than {self._limit} bytes")
                file.write(piece)
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())

    async def _import(self, run: Run) -> None:
        """Reads a file from where the last attempt was."""
        job = run.job
        path = self._folder / str(job.payload["file"])
        form = str(job.payload["format"])
        if not path.exists():
            raise JobFailed("the file is gone")
        if job.total is None:
            total = await asyncio.to_thread(lambda: sum(1 for _ in self._lines(path, form)))
            await run.advance(total=total)
        waiting = islice(self._lines(path, form), job.done, None)
        while chunk := await asyncio.to_thread(lambda: list(islice(waiting, _CHUNK))):
            faults = [LineFault(each.number, at.pointer, at.message) for each in chunk for at in each.faults]
            documents = [(each.number, each.document) for each in chunk if not each.faults]
            create = bool(job.payload.get("create", True))
            async with self._upserts.batch(run.job.workspace, documents, create=create) as batch:
                before = run.job.report
                report: dict[str, Any] = {
                    "created": before.get("created", 0) + batch.created,
                    "changed": before.get("changed", 0) + batch.changed,
                }
                if not create:
                    report["unknown"] = before.get("unknown", 0) + batch.unknown
                report |= self._unknown(run.job.workspace, before, batch.taken)
                done = run.job.done + len(chunk)
                await run.advance(batch.write, done=done, report=report, faults=[*faults, *batch.faults])
                batch.settle()
        path.unlink(missing_ok=True)

    def _unknown(self, workspace: str, before: Mapping[str, Any], taken: Iterable[Profile]) -> dict[str, Any]:
        """What a report says of audiences and members that nothing here knows, after some more documents."""
        audiences, members = _Names(before.get("audiencesUnknown")), _Names(before.get("membersUnknown"))
        known = self._catalogue.catalogue(workspace).of("audiences")
        for profile in taken:
            members.count(profile.unknown)
            named = {each.audience for each in profile.memberships}
            audiences.count(name for name in named if not _imported(known.get(name)))
        counted = {"audiencesUnknown": audiences.report(), "membersUnknown": members.report()}
        return {name: each for name, each in counted.items() if each["total"]}

    def _lines(self, path: Path, form: str) -> Iterator[Line]:
        try:
            yield from lines(path, form, depth=self._depth)
        except BadHeader as error:
            raise JobFailed(f"line 1: {error}; a header has columns of {_COLUMNS}") from None


class _Names:
    """Lines counted by the unknown names in them: the first names one by one, all of them in the total.

    Args:
        before: the report of those that were counted before.
    """

    def __init__(self, before: Mapping[str, Any] | None) -> None:
        self._total: int = before["total"] if before else 0
        self._named: dict[str, int] = dict(before["named"]) if before else {}

    def count(self, names: Iterable[str]) -> None:
        """Counts one line, once for each of its names."""
        for name in sorted(names):
            short = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"
            self._total += 1
            if short in self._named or len(self._named) < _NAMES:
                self._named[short] = self._named.get(short, 0) + 1

    def report(self) -> dict[str, Any]:
        """The counts as a job keeps them."""
        return {"total": self._total, "named": self._named}


def _imported(audience: object) -> bool:
    return isinstance(audience, Audience) and audience.imported
