"""Deliveries: what fulfilments send, tried until it arrives or every attempt has failed."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import structlog

from offerd.model.interaction import Fulfilment
from offerd.services.clock import Clock
from offerd.services.cursors import cut, unmarked
from offerd.services.errors import NotFound, Unprocessable
from offerd.services.finishing import finish
from offerd.services.fulfilment.ending import Ended
from offerd.services.fulfilment.fulfiller import Errand, Outcome, Undelivered
from offerd.services.fulfilment.fulfillers import Fulfillers
from offerd.services.fulfilment.outbox import KIND, Outbox
from offerd.services.fulfilment.service import FulfilmentService
from offerd.services.jobs import Again, JobService, Policy, Run
from offerd.storage.protocols import Keep, Transaction, Writer
from offerd.storage.protocols_fulfilment import Delivery, DeliveryStore

__all__ = ["PAUSES", "Delivery", "DeliveryPage", "DeliveryService"]

_LOG = structlog.get_logger("offerd.deliveries")

#: Seconds before each attempt but the first: three days all together.
PAUSES = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)

#: Deliveries that are looked at together.
_PIECE = 500

#: How many are on their way at a time.
_WIDTH = 8

_SECOND = 1_000_000


class DeliveryPage(msgspec.Struct, frozen=True):
    """Some of the deliveries, the latest first.

    Attributes:
        deliveries: of this page.
        cursor: where the next page begins; None after the last.
    """

    deliveries: list[Delivery]
    cursor: str | None


class DeliveryService:
    """Delivers, and tells what was delivered and what is dead.

    Args:
        store: where deliveries are kept.
        writer: what commits.
        clock: tells the time.
        jobs: the queue.
        outbox: puts deliveries on it.
        fulfilments: what they are for.
        fulfillers: what carries them out.
    """

    def __init__(
        self,
        store: DeliveryStore,
        writer: Writer,
        clock: Clock,
        *,
        jobs: JobService,
        outbox: Outbox,
        fulfilments: FulfilmentService,
        fulfillers: Fulfillers,
    ) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._jobs = jobs
        self._outbox = outbox
        self._fulfilments = fulfilments
        self._fulfillers = fulfillers
        self._watchers: list[Callable[[str, str], None]] = []
        jobs.register(KIND, self._deliver, Policy(lane=KIND, width=_WIDTH, pauses=PAUSES, kept=False))

    def watch(self, watcher: Callable[[str, str], None]) -> None:
        """Has `watcher` called with the fulfiller and what came of each attempt: `delivered`, `failed` or `dead`."""
        self._watchers.append(watcher)

    def read(self, workspace: str, delivery: str) -> Delivery:
        """A delivery, by the id of its fulfilment.

        Raises:
            NotFound: there is none.
        """
        found = self._store.read(workspace, delivery)
        if found is None:
            raise NotFound("deliveries", delivery)
        return found

    def find(
        self,
        workspace: str,
        *,
        state: str | None = None,
        profile: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> DeliveryPage:
        """Deliveries, the latest first.

        Args:
            workspace: the workspace's id.
            state: `waiting`, `delivered`, `dead` or `dropped`.
            profile: the id of whom they concern.
            limit: how many at most.
            cursor: of the page before.

        Raises:
            Unprocessable: the cursor is none of ours.
        """
        found = self._store.find(workspace, state=state, profile=profile, before=unmarked(cursor), limit=limit + 1)
        return DeliveryPage(*cut(found, limit, lambda delivery: delivery.created))

    async def resend(self, workspace: str, delivery: str, *, keep: Keep | None = None) -> Delivery:
        """Puts a dead delivery on the queue again, with every attempt before it.

        Raises:
            NotFound: there is none.
            Unprocessable: it is not dead, or there is nothing to send.
            Ended: its fulfilment is over.
        """
        found = self.read(workspace, delivery)
        if found.state != "dead":
            raise Unprocessable(f"The delivery is {found.state}", "/state")
        if not found.attempts:
            raise Unprocessable("The message could not be made, so there is nothing to send", "/state")
        fulfilment = self._fulfilments.read(workspace, delivery)
        if _moot(found, fulfilment):
            raise Ended(fulfilment)
        again = msgspec.structs.replace(found, state="waiting", due=self._clock.now(), finished=None)

        def write(transaction: Transaction) -> None:
            if not self._store.change(transaction, again, was="dead"):
                raise Unprocessable("The delivery is not dead any more", "/state")
            self._outbox.queue(transaction, again)
            if keep is not None:
                keep(transaction, again)

        await finish(self._writer.submit(write))
        self._jobs.wake(KIND)
        return again

    def leave(self, workspace: str, profile: str) -> None:
        """Removes the mail of a person that lies in the outbox."""
        before: tuple[int, str] | None = None
        while page := self._store.find(workspace, state=None, profile=profile, before=before, limit=_PIECE):
            before = (page[-1].created, page[-1].id)
            for each in page:
                self._fulfillers.mail.withdraw(each.id)

    async def close(self) -> None:
        """Closes what fulfillers have open."""
        await self._fulfillers.close()

    async def _deliver(self, run: Run) -> None:
        delivery = self._store.read(run.job.workspace, run.job.payload["delivery"])
        if delivery is None or delivery.state != "waiting":
            return
        try:
            fulfilment = self._fulfilments.read(delivery.workspace, delivery.id)
        except NotFound:
            return
        if _moot(delivery, fulfilment):
            now = self._clock.now()
            await self._change(
                msgspec.structs.replace(delivery, state="dropped", due=None, finished=now, settings={})
            )
            return
        if delivery.due is not None and delivery.due > self._clock.now() and not run.last:
            raise Again("Whoever is to take it wants to be left alone")
        try:
            outcome = await self._attempt(delivery, fulfilment)
        except Undelivered as undelivered:
            await self._failed(run, delivery, undelivered)
        else:
            await self._delivered(delivery, outcome)
            self._tell(delivery, "delivered")

    async def _attempt(self, delivery: Delivery, fulfilment: Fulfilment) -> Outcome:
        fulfiller = self._fulfillers.get(delivery.fulfiller)
        if fulfiller is None:
            raise Undelivered(f"There is no fulfiller {delivery.fulfiller}")
        errand = Errand(
            id=delivery.id,
            workspace=delivery.workspace,
            fulfilment=fulfilment,
            url=delivery.url,
            settings=delivery.settings,
            at=self._clock.now(),
            accepted=delivery.created,
        )
        try:
            return await fulfiller.fulfil(errand)
        except Undelivered:
            raise
        except Exception as error:  # noqa: BLE001 - it is tried again, and what was wrong is in the log
            _LOG.exception("fulfiller_failed", delivery=delivery.id, fulfiller=delivery.fulfiller)
            raise Undelivered(f"The fulfiller failed: {type(error).__name__}") from None

    async def _delivered(self, delivery: Delivery, outcome: Outcome) -> None:
        """Commits that it arrived, together with what that means for its fulfilment."""
        now = self._clock.now()
        done = msgspec.structs.replace(
            delivery,
            state="delivered", attempts=delivery.attempts + 1, error="", tried=now, due=None, finished=now,
            settings={},  # What it said is somebody's, and needed no more.
        )  # fmt: skip

        def keep(transaction: Transaction, _: object) -> None:
            self._store.change(transaction, done, was="waiting")

        where, name = delivery.workspace, delivery.id
        try:
            if outcome.page is not None:
                await self._fulfilments.place(where, name, outcome.page)
            if outcome.state == "failed":
                await self._fulfilments.fail(where, name, outcome.code, outcome.message, keep=keep)
            elif outcome.state == "completed" or (outcome.state == "sent" and delivery.completes == "delivered"):
                await self._fulfilments.complete(where, name, keep=keep)
            else:
                await self._change(done)
        except Ended:
            await self._change(done)  # It ended otherwise while this was on its way.

    async def _failed(self, run: Run, delivery: Delivery, why: Undelivered) -> None:
        now, dead = self._clock.now(), why.final or run.last
        due = None if dead else _next(now, run.job.attempts, why.after)
        await self._change(
            msgspec.structs.replace(
                delivery,
                state="dead" if dead else "waiting",
                attempts=delivery.attempts + 1,
                error=str(why),
                tried=now,
                due=due,
                finished=now if dead else None,
            )
        )
        self._tell(delivery, "dead" if dead else "failed")
        about = {"delivery": delivery.id, "fulfiller": delivery.fulfiller, "error": str(why)}
        if dead:
            _LOG.error("delivery_dead", **about)
            return
        _LOG.warning("delivery_failed", **about)
        raise Again(str(why))

    async def _change(self, delivery: Delivery) -> None:
        await finish(self._writer.submit(lambda transaction: self._store.change(transaction, delivery, was="waiting")))

    def _tell(self, delivery: Delivery, outcome: str) -> None:
        for watcher in self._watchers:
            watcher(delivery.fulfiller, outcome)


def _next(now: int, attempts: int, after: int) -> int:
    """When there is another attempt: the first time for one that is no sooner than is wished, else the last one.

    Args:
        now: in microseconds.
        attempts: that were made, or were left out because it was too soon.
        after: for how many seconds there should be none.
    """
    pause = 0
    for each in PAUSES[attempts - 1 :]:
        pause += each
        if pause >= after:
            break
    return now + pause * _SECOND


def _moot(delivery: Delivery, fulfilment: Fulfilment) -> bool:
    """Whether nothing needs to be sent any more, since the fulfilment is over without it."""
    return fulfilment.state != "in_progress" and delivery.completes != "accepted"
