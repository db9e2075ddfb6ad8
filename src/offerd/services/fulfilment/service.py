"""Fulfilments: how they stand, and how they end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
import structlog

from offerd.model.interaction import Fulfilment, Interaction, Page
from offerd.services.clock import Clock, instant, micros
from offerd.services.cursors import cut, unmarked
from offerd.services.errors import NotFound
from offerd.services.finishing import finish
from offerd.services.fulfilment.ending import EXPIRED, Ended, as_of, ended, event
from offerd.services.ids import uuid
from offerd.services.interactions import InteractionService
from offerd.storage.protocols import Keep, Transaction, Writer
from offerd.storage.protocols_fulfilment import FulfilmentQuery, FulfilmentStore
from offerd.storage.protocols_runtime import Taken

__all__ = ["EXPIRED", "Ended", "FulfilmentPage", "FulfilmentService"]

_LOG = structlog.get_logger("offerd.fulfilments")

#: Fulfilments that one look of the sweep takes.
_PIECE = 200


class FulfilmentPage(msgspec.Struct, frozen=True):
    """Some of the fulfilments, the latest first.

    Attributes:
        fulfilments: of this page.
        cursor: where the next page begins; None after the last.
    """

    fulfilments: list[Fulfilment]
    cursor: str | None


class FulfilmentService:
    """Reads fulfilments and ends them.

    Every one is told as it is at this moment: one that is late has failed with the code `expired`, even before the
    sweep notes it.

    Args:
        store: where they are kept.
        writer: what commits.
        clock: tells the time.
        interactions: records how they end.
    """

    def __init__(
        self, store: FulfilmentStore, writer: Writer, clock: Clock, *, interactions: InteractionService
    ) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._interactions = interactions

    def read(self, workspace: str, fulfilment: str) -> Fulfilment:
        """A fulfilment.

        Raises:
            NotFound: there is none.
        """
        found = self._store.read(workspace, fulfilment)
        if found is None:
            raise NotFound("fulfilments", fulfilment)
        return as_of(found, self._clock.now())

    def find(
        self,
        workspace: str,
        *,
        state: str | None = None,
        kind: str | None = None,
        profile: str | None = None,
        offer: str | None = None,
        proposition: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> FulfilmentPage:
        """Fulfilments, the latest first.

        Args:
            workspace: the workspace's id.
            state: `in_progress`, `completed` or `failed`.
            kind: how they are carried out.
            profile: the id of whose they are.
            offer: of this offer.
            proposition: of this proposition.
            since: started then or later.
            limit: how many at most.
            cursor: of the page before.

        Raises:
            Unprocessable: the cursor is none of ours.
        """
        now = self._clock.now()
        query = FulfilmentQuery(
            now=now,
            state=state,
            kind=kind,
            profile=profile,
            offer=offer,
            proposition=proposition,
            since=None if since is None else micros(since),
        )
        found = self._store.find(workspace, query, before=unmarked(cursor), limit=limit + 1)
        page, following = cut(found, limit, lambda fulfilment: fulfilment.created)
        return FulfilmentPage([as_of(each, now) for each in page], following)

    def states(self) -> dict[str, int]:
        """How many fulfilments there are in each state, of all workspaces."""
        return self._store.states()

    async def complete(self, workspace: str, fulfilment: str, *, keep: Keep | None = None) -> Fulfilment:
        """Says that a fulfilment is completed; one that is already stays as it is.

        Raises:
            NotFound: there is none.
            Ended: it has failed.
        """
        return await self._end(workspace, fulfilment, None, keep)

    async def fail(
        self, workspace: str, fulfilment: str, code: str, message: str = "", *, keep: Keep | None = None
    ) -> Fulfilment:
        """Says that a fulfilment has failed; one that has already stays as it is, with its first error.

        Raises:
            NotFound: there is none.
            Ended: it is completed.
        """
        return await self._end(workspace, fulfilment, {"code": code, "message": message}, keep)

    async def place(self, workspace: str, fulfilment: str, url: str) -> None:
        """Tells the page on which a fulfilment goes on, where it is in progress.

        Raises:
            NotFound: there is none.
        """
        found = self.read(workspace, fulfilment)
        if found.state != "in_progress":
            return
        created = instant(self._clock.now())
        page = found.page or Page(
            id=uuid(), url=url, type=found.kind, created=created, expires=found.deadline or created
        )
        placed = msgspec.structs.replace(found, page=msgspec.structs.replace(page, url=url))
        await finish(self._writer.submit(lambda transaction: self._store.change(transaction, workspace, placed)))

    async def sweep(self) -> None:
        """Notes that everything late has failed."""
        while overdue := self._store.overdue(self._clock.now(), _PIECE):
            ended_now = [await self._expire(workspace, fulfilment) for workspace, fulfilment in overdue]
            if len(overdue) < _PIECE or not any(ended_now):
                return

    async def _expire(self, workspace: str, fulfilment: str) -> bool:
        try:
            await self._record(workspace, fulfilment, lambda stored: as_of(stored, self._clock.now()))
        except NotFound:
            return False  # Erased in the meantime.
        except Exception:  # noqa: BLE001 - the others must end all the same; what was wrong is in the log
            _LOG.exception("fulfilment_not_expired", fulfilment=fulfilment)
            return False
        return True

    async def _end(
        self, workspace: str, fulfilment: str, error: dict[str, str] | None, keep: Keep | None
    ) -> Fulfilment:
        found = self.read(workspace, fulfilment)
        if found.state == "in_progress":
            now = instant(self._clock.now())
            recorded = await self._record(
                workspace, fulfilment, lambda stored: ended(msgspec.structs.replace(stored, finished=now), error), keep
            )
            if recorded is not None:
                return recorded
            found = self.read(workspace, fulfilment)
        if found.state != ("failed" if error else "completed"):
            raise Ended(found)
        if keep is not None:
            await self._writer.submit(lambda transaction: keep(transaction, found))
        return found

    async def _record(
        self,
        workspace: str,
        fulfilment: str,
        ending: Callable[[Fulfilment], Fulfilment],
        keep: Keep | None = None,
    ) -> Fulfilment | None:
        """Commits an end and its event together; gives the end, or None where it had ended before."""
        end: Fulfilment | None = None

        def make() -> Interaction | None:
            nonlocal end
            stored = self._store.read(workspace, fulfilment)
            if stored is None:
                raise NotFound("fulfilments", fulfilment)
            if stored.state != "in_progress":
                end = None
                return None
            end = ending(stored)
            return event(end, self._accept(workspace, end))

        def write(transaction: Transaction) -> None:
            if end is None or not self._store.change(transaction, workspace, end):
                raise Taken("the fulfilment has ended")
            if keep is not None:
                keep(transaction, end)

        await self._interactions.note(workspace, make, write)
        return end

    def _accept(self, workspace: str, fulfilment: Fulfilment) -> Interaction:
        """The accept that started it, or what the fulfilment tells of one that is gone."""
        try:
            return self._interactions.read(workspace, fulfilment.interaction)
        except NotFound:
            return Interaction(type="accept", offer=fulfilment.offer, activity=fulfilment.activity)
