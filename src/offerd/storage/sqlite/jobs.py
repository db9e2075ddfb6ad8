"""Jobs in SQLite."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, case, delete, func, select, tuple_
from sqlalchemy.dialects.sqlite import insert

from offerd.model import json
from offerd.storage.protocols import Transaction
from offerd.storage.protocols_runtime import Among, Job, LineFault
from offerd.storage.sqlite.runtime_tables import job_faults, jobs

_JOB = msgspec.json.Decoder(Job)
_PUT = insert(jobs)
_PUT = _PUT.on_conflict_do_update(
    index_elements=["id"], set_={name: _PUT.excluded[name] for name in ("state", "run_after", "document")}
)


class SqliteJobStore:
    """The jobs of one data folder.

    Args:
        reader: what reads.
    """

    def __init__(self, reader: Connection) -> None:
        self._reader = reader

    def read(self, job: str) -> Job | None:
        """A job by its id."""
        row = self._reader.execute(select(jobs.c.document).where(jobs.c.id == job)).scalar()
        return None if row is None else _JOB.decode(row)

    def list(
        self, workspace: str, *, kind: str | None, state: str | None, before: tuple[int, str] | None, limit: int
    ) -> Sequence[Job]:
        """Jobs, the latest first, from the one before `before`."""
        query = select(jobs.c.document).where(jobs.c.workspace == workspace)
        for column, value in ((jobs.c.kind, kind), (jobs.c.state, state)):
            if value is not None:
                query = query.where(column == value)
        if before is not None:
            query = query.where(tuple_(jobs.c.created, jobs.c.id) < tuple_(*before))
        query = query.order_by(jobs.c.created.desc(), jobs.c.id.desc()).limit(limit)
        return [_JOB.decode(row) for row in self._reader.execute(query).scalars()]

    def states(self) -> dict[str, int]:
        """How many jobs there are in each state, of all workspaces."""
        query = select(jobs.c.state, func.count()).group_by(jobs.c.state)
        return {state: count for state, count in self._reader.execute(query).all()}  # noqa: C416 - rows are no pairs

    def due(self, now: int, among: Among) -> Job | None:
        """The job that should run next: one that was running when the server ended first, then the oldest due."""
        running = case((jobs.c.state == "running", 0), else_=1)
        query = (
            select(jobs.c.document)
            .where(*_waiting(among), jobs.c.run_after <= now)
            .order_by(running, jobs.c.run_after, jobs.c.created, jobs.c.id)
            .limit(1)
        )
        row = self._reader.execute(query).scalar()
        return None if row is None else _JOB.decode(row)

    def next_due(self, among: Among) -> int | None:
        """When the next job may run."""
        return self._reader.execute(select(func.min(jobs.c.run_after)).where(*_waiting(among))).scalar()

    def waiting_files(self) -> set[str]:
        """Names of files that jobs which are not finished still need."""
        query = select(jobs.c.document).where(jobs.c.state.in_(("running", "queued")))
        found = (_JOB.decode(row).payload.get("file") for row in self._reader.execute(query).scalars())
        return {name for name in found if isinstance(name, str)}

    def put(self, transaction: Transaction, job: Job) -> None:
        """Stores a job, new or changed."""
        names = {"workspace": job.workspace, "kind": job.kind, "state": job.state}
        times = {"run_after": job.run_after, "created": job.created}
        transaction.execute(_PUT, {"id": job.id, **names, **times, "document": json.dumps(job)})

    def remove(self, transaction: Transaction, job: str) -> None:
        """Removes a job."""
        transaction.execute(delete(jobs).where(jobs.c.id == job))

    def refuse(self, transaction: Transaction, job: str, faults: Sequence[LineFault]) -> None:
        """Adds to what a job refused."""
        if not faults:
            return
        at: dict[int, int] = {}
        rows = []
        for fault in faults:
            at[fault.line] = at.get(fault.line, -1) + 1
            rows.append({"job": job, "position": at[fault.line], **msgspec.structs.asdict(fault)})
        transaction.execute(insert(job_faults).on_conflict_do_nothing(), rows)

    def faults(self, job: str, *, after: int, limit: int) -> Sequence[LineFault]:
        """What a job refused, by line, from the first line after `after`."""
        own = job_faults.c
        query = (
            select(own.line, own.pointer, own.message)
            .where(own.job == job, own.line > after)
            .order_by(own.line, own.position)
            .limit(limit)
        )
        return [LineFault(*row) for row in self._reader.execute(query).all()]


def _waiting(among: Among) -> list[ColumnElement[bool]]:
    """Conditions of the jobs that are not ended, among some."""
    kinds = jobs.c.kind.not_in(among.kinds) if among.but else jobs.c.kind.in_(among.kinds)
    return [jobs.c.state.in_(("running", "queued")), kinds, jobs.c.id.not_in(among.busy)]
