"""Segments: how many people are in each audience, counted in the background and told with its age."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from offerd.engine import Person, Snapshot
from offerd.engine.sight import Sight
from offerd.model.base import Instant
from offerd.model.condition import Audience
from offerd.services.catalogue.service import CatalogueService
from offerd.services.clock import Clock, instant
from offerd.services.errors import NotFound
from offerd.services.jobs import Job, JobService, Policy, Run
from offerd.services.people import People, known_of
from offerd.services.workspaces import WorkspaceService
from offerd.storage.protocols import Keep
from offerd.storage.protocols_runtime import ProfileStore

KIND = "count-audiences"

#: Seconds between two looks at which counts have grown old.
EVERY = 3_600

#: People that are read together, and that are looked at before how far it is is kept.
_PIECE = 20
_CHUNK = 2_000

#: Rules that are asked before others have their turn: a millisecond or two, however many audiences there are.
TURN = 50

#: Jobs that are looked at for an audience's last count.
_PAGES = 10
_PAGE = 100

_HOUR = 3_600_000_000
_SECOND = 1_000_000


class Count(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """How many people are in an audience.

    Attributes:
        audience: its id.
        imported: whether its members are imported; then the count is of this moment.
        members: how many there are; absent where nobody has counted yet.
        profiles: among how many.
        counted: when the counting began.
        age: seconds since then.
        revision: of the catalogue whose rules were asked.
        job: what is counting now; absent where nothing is.
    """

    audience: str
    imported: bool
    members: int | None = None
    profiles: int | None = None
    counted: Instant | None = None
    age: int | None = None
    revision: int | None = None
    job: str | None = None


class Progress(msgspec.Struct, omit_defaults=True, rename="camel"):
    """How far a count is, and what came of it; the report of its job.

    Attributes:
        counted: when it began, in microseconds; 0 where it has not.
        revision: of the catalogue when it began.
        after: the last profile that was looked at.
        profiles: how many were.
        members: by audience.
    """

    counted: int = 0
    revision: int = 0
    after: str = ""
    profiles: int = 0
    members: dict[str, int] = {}


class SegmentService:
    """Counts the members of audiences.

    An audience is a rule that is asked whenever somebody is decided for; its count is for people who look at it, and
    no decision reads it. A count goes on where it was when the server ended.

    Args:
        store: where profiles are kept.
        jobs: the queue.
        catalogue: audiences and their rules.
        people: parents, whose attributes are inherited.
        workspaces: whose audiences are counted regularly.
        clock: tells the time.
        hours: how often; 0 for never.
    """

    def __init__(
        self,
        store: ProfileStore,
        jobs: JobService,
        *,
        catalogue: CatalogueService,
        people: People,
        workspaces: WorkspaceService,
        clock: Clock,
        hours: int,
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._catalogue = catalogue
        self._people = people
        self._workspaces = workspaces
        self._clock = clock
        self._hours = hours
        self._last: dict[str, dict[str, Progress]] = {}
        jobs.register(KIND, self._run, Policy(lane="segments"))

    def count(self, workspace: str, audience: str) -> Count:
        """An audience's count.

        Raises:
            NotFound: there is no such audience.
        """
        now = self._clock.now()
        if self._is_imported(workspace, audience):
            return Count(
                audience=audience,
                imported=True,
                members=self._store.members(workspace, audience),
                profiles=self._store.count(workspace),
                counted=instant(now),
                age=0,
            )
        under_way = self._under_way(workspace, audience)
        job = None if under_way is None else under_way.id
        last = self._known(workspace).get(audience)
        if last is None:
            return Count(audience=audience, imported=False, job=job)
        return Count(
            audience=audience,
            imported=False,
            members=last.members[audience],
            profiles=last.profiles,
            counted=instant(last.counted),
            age=max(0, now - last.counted) // _SECOND,
            revision=last.revision,
            job=job,
        )

    async def submit(self, workspace: str, audience: str, *, keep: Keep | None = None) -> Job:
        """Has an audience counted; one that is being counted is not counted twice.

        Args:
            workspace: the workspace's id.
            audience: the audience's id.
            keep: stores the answer with the job.

        Raises:
            NotFound: there is no such audience.
        """
        self._is_imported(workspace, audience)
        found = self._under_way(workspace, audience, whole=False)
        if found is not None:
            return found
        return await self._jobs.submit(workspace, KIND, {"audiences": [audience]}, keep=keep)

    async def refresh(self) -> None:
        """Has every workspace's rules counted whose last count is too old."""
        if not self._hours:
            return
        for workspace in self._workspaces.list():
            if self._is_due(workspace.id):
                await self._jobs.submit(workspace.id, KIND, {"audiences": []})

    def _is_due(self, workspace: str) -> bool:
        names = _rules(self._catalogue.catalogue(workspace).of("audiences").values())
        if not names or not self._store.count(workspace) or any(self._pending(workspace)):
            return False
        known, oldest = self._known(workspace), self._clock.now() - self._hours * _HOUR
        return any(name not in known or known[name].counted <= oldest for name in names)

    def _is_imported(self, workspace: str, audience: str) -> bool:
        found = self._catalogue.catalogue(workspace).of("audiences").get(audience)
        if isinstance(found, Audience):
            return found.imported or found.rule is None
        if not self._store.members(workspace, audience):
            raise NotFound("audiences", audience)
        return True

    def _pending(self, workspace: str) -> Iterator[Job]:
        for state in ("running", "queued"):
            yield from self._jobs.list(workspace, kind=KIND, state=state, limit=_PAGE).jobs

    def _under_way(self, workspace: str, audience: str, *, whole: bool = True) -> Job | None:
        """The job that counts an audience, alone or with all others."""
        for job in self._pending(workspace):
            named = job.payload["audiences"]
            if audience in named or (whole and not named):
                return job
        return None

    def _known(self, workspace: str) -> dict[str, Progress]:
        """The last count of each audience; read once from the jobs that are done."""
        known = self._last.get(workspace)
        if known is None:
            known = self._last[workspace] = {}
            for job in self._done(workspace):
                found = msgspec.convert(job.report, Progress)
                for audience in found.members:
                    known.setdefault(audience, found)
        return known

    def _done(self, workspace: str) -> Iterator[Job]:
        """Counts that are done, the latest first."""
        cursor: str | None = None
        for _ in range(_PAGES):
            page = self._jobs.list(workspace, kind=KIND, state="done", limit=_PAGE, cursor=cursor)
            yield from page.jobs
            cursor = page.cursor
            if cursor is None:
                return

    async def _run(self, run: Run) -> None:
        workspace, snapshot = run.job.workspace, self._catalogue.snapshot(run.job.workspace)
        progress = msgspec.convert(run.job.report, Progress)
        if not progress.counted:
            named = run.job.payload["audiences"] or _rules(snapshot.catalogue.of("audiences").values())
            progress.counted, progress.revision = self._clock.now(), snapshot.revision
            progress.members = dict.fromkeys(named, 0)
        while page := self._store.list(workspace, after=progress.after, limit=_PIECE):
            await self._look(workspace, page, progress)
            progress.after = page[-1]
            progress.profiles += len(page)
            if progress.profiles % _CHUNK < _PIECE:
                await run.advance(done=progress.profiles, report=_report(progress))
            await asyncio.sleep(0)
        await run.advance(done=progress.profiles, total=progress.profiles, report=_report(progress))
        self._known(workspace).update(dict.fromkeys(progress.members, progress))

    async def _look(self, workspace: str, page: Sequence[str], progress: Progress) -> None:
        """Counts some people; they are read past the memory of people, which is for those who are decided for."""
        snapshot, now, asked = self._catalogue.snapshot(workspace), self._clock.now(), 0
        for name in page:
            sight = self._sight(workspace, snapshot, name, now)
            if sight is None:
                continue
            for audience in progress.members:
                progress.members[audience] += sight.in_audience(audience)
                asked += 1
                if asked % TURN == 0:
                    await asyncio.sleep(0)

    def _sight(self, workspace: str, snapshot: Snapshot, profile: str, now: int) -> Sight | None:
        found = self._store.read(workspace, profile)
        if found is None:
            return None
        attributes = self._people.attributes(workspace, found)
        memberships = known_of(found, [], []).memberships(now)
        return Sight(snapshot, Person(id=profile, attributes=attributes, memberships=memberships), now)


def _rules(audiences: Any) -> list[str]:
    """The ids of audiences that are rules and have members at all."""
    return sorted(
        each.id
        for each in audiences
        if isinstance(each, Audience) and each.rule is not None and each.status == "live" and not each.imported
    )


def _report(progress: Progress) -> dict[str, Any]:
    """A copy: a report that waits to be stored must not change."""
    tree: dict[str, Any] = msgspec.to_builtins(progress)
    return {**tree, "members": dict(progress.members)}
