"""Batches: a whole audience decided in the background, its decision events written to one Parquet file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from offerd.engine import Person
from offerd.engine.sight import Sight
from offerd.model import codec, json
from offerd.model.decision import Decision
from offerd.model.request import Request
from offerd.services.catalogue.service import CatalogueService
from offerd.services.clock import Clock
from offerd.services.decided import Decided
from offerd.services.decisioning import DecisionService
from offerd.services.errors import NotFound
from offerd.services.events import EventService
from offerd.services.jobs import Job, JobService, Run
from offerd.services.parquet import ParquetFile, arrow
from offerd.services.people import People
from offerd.storage.protocols import Keep, Transaction
from offerd.storage.protocols_runtime import JobStore, ProfileStore

KIND = "batch"

#: People that are decided for at once; what of them is done is kept with the job.
_CHUNK = 64

#: Stages of a running batch.
DECIDING, WRITING = "deciding", "writing"


class Stores(msgspec.Struct, frozen=True):
    """Where people and jobs are kept."""

    profiles: ProfileStore
    jobs: JobStore


class Progress(msgspec.Struct, omit_defaults=True):
    """How far a batch is; kept with its job.

    Attributes:
        stage: `deciding`, then `writing`.
        after: the last profile of the parts that are whole.
        parts: how many parts are whole.
        chunk: the profiles of the part that is being made.
        done: the decisions of it that are committed, by profile.
        decided: how many people were decided for.
        skipped: how many were not, since they have no identity or are gone.
    """

    stage: str = DECIDING
    after: str = ""
    parts: int = 0
    chunk: list[str] = []
    done: dict[str, str] = {}
    decided: int = 0
    skipped: int = 0


class BatchService:
    """Decides for audiences.

    A batch goes on where it was when the server ended: each decision is committed together with the note that it is
    made, and the file appears when it is whole. So each person is decided for once, and is once in the result.

    Args:
        stores: where people and jobs are kept.
        jobs: the queue.
        decisioning: what decides.
        decided: what reads decisions back.
        events: makes events of decisions.
        catalogue: audiences and their rules.
        people: what rules of audiences read.
        clock: tells the time.
        folder: where the results are.
    """

    def __init__(
        self,
        stores: Stores,
        jobs: JobService,
        decisioning: DecisionService,
        *,
        decided: Decided,
        events: EventService,
        catalogue: CatalogueService,
        people: People,
        clock: Clock,
        folder: Path,
    ) -> None:
        self._stores = stores
        self._jobs = jobs
        self._decisioning = decisioning
        self._decided = decided
        self._events = events
        self._catalogue = catalogue
        self._people = people
        self._clock = clock
        self._folder = folder
        jobs.register(KIND, self._run)

    async def submit(
        self,
        workspace: str,
        audience: str,
        request: Request,
        *,
        shape: str,
        content: bool = False,
        facts: dict[str, Any] | None = None,
        keep: Keep | None = None,
    ) -> Job:
        """Queues a batch.

        Args:
            workspace: the workspace's id.
            audience: whom to decide for.
            request: what to ask for each of them; its identities are replaced.
            shape: the wire format whose events the result holds.
            content: whether the events hold content.
            facts: what the wire format wants to know of it again.
            keep: stores the answer with the job.

        Raises:
            NotFound: there is no such audience or shape.
            Unprocessable: what writes Parquet is not installed.
        """
        arrow()
        self._events.shape(shape)
        known = audience in self._catalogue.catalogue(workspace).of("audiences")
        if not known and not self._stores.profiles.members(workspace, audience):
            raise NotFound("audiences", audience)
        payload = {
            "audience": audience, "request": codec.tree(request), "shape": shape, "content": content,
            "facts": facts or {},
        }  # fmt: skip
        return await self._jobs.submit(workspace, KIND, payload, keep=keep)

    def read(self, workspace: str, batch: str) -> Job:
        """A batch's job.

        Raises:
            NotFound: there is none.
        """
        found = self._jobs.read(workspace, batch)
        if found.kind != KIND:
            raise NotFound("batches", batch)
        return found

    def result(self, workspace: str, batch: str) -> Path:
        """The file of a batch that is done.

        Raises:
            NotFound: there is none, or not yet.
        """
        path = self._file(self.read(workspace, batch).id)
        if not path.exists():
            raise NotFound("results", batch)
        return path

    async def _run(self, run: Run) -> None:
        progress = msgspec.convert(run.job.report, Progress)
        await asyncio.to_thread(self._parts(run.job.id).mkdir, parents=True, exist_ok=True)
        while progress.stage == DECIDING:
            if not progress.chunk:
                progress.chunk = self._next(run.job, progress.after)
                progress.stage = DECIDING if progress.chunk else WRITING
                await run.advance(done=progress.decided, report=_report(progress))
                continue
            await self._decide(run, progress)
        if not self._file(run.job.id).exists():  # it has its name only when it is whole
            await self._write(run)
        await asyncio.to_thread(self._tidy, run.job.id)

    def _next(self, job: Job, after: str) -> list[str]:
        """The next people of the audience, in the order of their ids."""
        workspace, audience = job.workspace, job.payload["audience"]
        snapshot = self._catalogue.snapshot(workspace)
        compiled = snapshot.audiences.get(audience)
        if compiled is None or compiled.program is None:
            archived = compiled is not None and compiled.archived
            listed = self._stores.profiles.list(workspace, after=after, limit=_CHUNK, audience=audience)
            return [] if archived else list(listed)
        found: list[str] = []
        while len(found) < _CHUNK and (page := self._stores.profiles.list(workspace, after=after, limit=_CHUNK)):
            after = page[-1]
            found += [name for name in page if self._is_in(workspace, name, audience)]
        return found

    def _is_in(self, workspace: str, profile: str, audience: str) -> bool:
        known = self._people.get(workspace, profile)
        if known is None:
            return False
        now = self._clock.now()
        attributes = self._people.attributes(workspace, known.profile)
        person = Person(id=profile, attributes=attributes, memberships=known.memberships(now))
        return Sight(self._catalogue.snapshot(workspace), person, now).in_audience(audience)

    async def _decide(self, run: Run, progress: Progress) -> None:
        """Decides for everybody of a part, and makes the part whole."""
        left = [name for name in progress.chunk if name not in progress.done]
        made = await asyncio.gather(*(self._one(run, progress, name) for name in left), return_exceptions=True)
        wrong = {name: each for name, each in zip(left, made, strict=True) if isinstance(each, BaseException)}
        if wrong:  # what was made stays made, and is not made again when the job is tried again
            progress.done = {name: each for name, each in progress.done.items() if name not in wrong}
            await run.advance(report=_report(progress))
            raise next(iter(wrong.values()))
        await asyncio.to_thread(self._keep_part, run.job.id, progress)
        progress.decided += len(progress.done)
        progress.skipped += made.count(False)
        progress.after = progress.chunk[-1]
        progress.parts += 1
        progress.chunk, progress.done = [], {}
        await run.advance(done=progress.decided, report=_report(progress))

    async def _one(self, run: Run, progress: Progress, profile: str) -> bool:
        """Decides for one person; False where there is nobody to decide for."""
        job = run.job
        known = self._people.get(job.workspace, profile)
        if known is None or not known.profile.identities:
            return False

        def keep(transaction: Transaction, decision: Decision) -> None:
            progress.done[profile] = decision.id
            self._stores.jobs.put(transaction, msgspec.structs.replace(job, report=_report(progress)))

        asked = _request(job)
        request = msgspec.structs.replace(asked, identities=known.profile.identities)
        await self._decisioning.decide(job.workspace, request, keep=keep)
        return True

    def _keep_part(self, batch: str, progress: Progress) -> None:
        """Writes the ids of a part's decisions, in the order of the people."""
        names = [progress.done[name] for name in progress.chunk if name in progress.done]
        path = self._part(batch, progress.parts)
        draft = path.with_suffix(".draft")
        with draft.open("w", encoding="ascii") as file:
            file.write("".join(f"{name}\n" for name in names))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    async def _write(self, run: Run) -> None:
        """Writes the result of the parts; whoever was erased meanwhile is not in it."""
        job, progress = run.job, msgspec.convert(run.job.report, Progress)
        shape = self._events.shape(job.payload["shape"])
        encode = shape.encoder(job.workspace, batch=job.id, content=job.payload["content"])
        with ParquetFile(self._file(job.id), shape.columns) as file:
            for number in range(progress.parts):
                names = await asyncio.to_thread(self._part(job.id, number).read_text, "ascii")
                rows = [encode(each) for each in self._decisions(job.workspace, names.split())]
                await asyncio.to_thread(file.write, rows)

    def _decisions(self, workspace: str, names: Sequence[str]) -> Iterator[Decision]:
        for name in names:
            try:
                yield self._decided.read(workspace, name)
            except NotFound:
                continue

    def _tidy(self, batch: str) -> None:
        folder = self._parts(batch)
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()

    def _file(self, batch: str) -> Path:
        return self._folder / f"{batch}.parquet"

    def _parts(self, batch: str) -> Path:
        return self._folder / batch

    def _part(self, batch: str, number: int) -> Path:
        return self._parts(batch) / f"{number:08d}"


def _request(job: Job) -> Request:
    return codec.build(Request, job.payload["request"])


def _report(progress: Progress) -> dict[str, Any]:
    """A copy: a report that waits to be stored must not change."""
    tree: dict[str, Any] = json.loads(json.dumps(progress))
    return tree


def stage(job: Job) -> str:
    """The stage of a batch that runs."""
    return str(job.report.get("stage", DECIDING))
