"""The composition root: every service of one server, on one data folder."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Self

from offerd import pql
from offerd.services.answering import Answering
from offerd.services.batches import BatchService
from offerd.services.batches import Stores as BatchStores
from offerd.services.catalogue import CatalogueService
from offerd.services.clock import Clock, SystemClock
from offerd.services.decided import Decided
from offerd.services.decisioning import DecisionService
from offerd.services.decisioning import Stores as DecisionStores
from offerd.services.errors import FolderHeld
from offerd.services.events import EventService
from offerd.services.fulfilment.deliveries import DeliveryService
from offerd.services.fulfilment.fulfillers import Fulfillers
from offerd.services.fulfilment.lint import findings as odd_choices
from offerd.services.fulfilment.outbox import KIND as DELIVERY
from offerd.services.fulfilment.outbox import Outbox
from offerd.services.fulfilment.service import FulfilmentService
from offerd.services.fulfilment.starter import Starter
from offerd.services.housekeeping import Housekeeping
from offerd.services.idempotency import IdempotencyService
from offerd.services.imports import ImportService
from offerd.services.interactions import InteractionService
from offerd.services.jobs import JobService
from offerd.services.learning import Counting, ModelService, ReportService
from offerd.services.learning.models import EVERY as LEARN_EVERY
from offerd.services.ledger import Ledger
from offerd.services.members import MemberService
from offerd.services.people import People
from offerd.services.profiles import ProfileService
from offerd.services.receipts import ReceiptService
from offerd.services.recording import Stores as InteractionStores
from offerd.services.rendering import Renderer
from offerd.services.segments import EVERY, SegmentService
from offerd.services.templates import Limits
from offerd.services.tokens import TokenService
from offerd.services.trust import Bearers, Issuer
from offerd.services.turns import Turns
from offerd.services.upserts import Upserts
from offerd.services.workspaces import WorkspaceService
from offerd.settings import Settings
from offerd.storage.sqlite.lock import Held
from offerd.storage.sqlite.storage import SqliteStorage

#: Seconds between two sweeps of what expired.
_SWEEP = 600

#: Seconds between two looks at fulfilments that are late.
_MINUTE = 60


class House:
    """All services, sharing one storage, one clock and the settings.

    Args:
        storage: the data folder, open; the house closes it.
        settings: what the operator decided.
        clock: tells the time to everything.

    Attributes:
        workspaces: the workspaces.
        tokens: who may do what.
        bearers: whose secrets and JWTs are known.
        receipts: reads receipts of purchases.
        catalogue: what may be offered.
        profiles: people.
        members: who is in which imported audience.
        segments: how many people are in each audience.
        decisioning: answers requests.
        decided: tells what was decided.
        interactions: records what people do.
        fulfilments: what accepts set going.
        deliveries: what fulfilments send.
        ledger: what caps count.
        reports: what was counted of activities.
        models: what was learned of it.
        jobs: work in the background.
        imports: bulk imports of profiles.
        events: exports decisions as events.
        batches: decides for whole audiences.
        idempotency: answers that are kept for their idempotency keys.
    """

    def __init__(self, storage: SqliteStorage, settings: Settings, clock: Clock) -> None:
        self.storage = storage
        self.settings = settings
        self.clock = clock
        self.workspaces = WorkspaceService(storage.workspaces, storage.writer, clock, settings.workspace_keys)
        self.tokens = TokenService(storage.tokens, storage.writer, clock)
        self.receipts = ReceiptService(settings)
        self._issuer = Issuer(settings, clock, self.workspaces)
        self.bearers = Bearers(self.tokens, self._issuer)
        self.catalogue = CatalogueService(
            storage.catalogue,
            storage.writer,
            self.workspaces,
            clock,
            pql.Limits(size=settings.pql_size, depth=settings.pql_depth, steps=settings.pql_steps),
        )
        self.catalogue.register_lint(partial(odd_choices, settings.fulfillers))
        self._make_runtime()
        self._formats: set[str] = set()

    def installs(self, format: str) -> bool:  # noqa: A002 - the word of wire formats
        """Whether a wire format is yet to tell the services what it brings with it; from then on it has."""
        if format in self._formats:
            return False
        self._formats.add(format)
        return True

    def _make_runtime(self) -> None:
        """Makes what answers and records: it shares people, counts and turns."""
        storage, settings, clock = self.storage, self.settings, self.clock
        ledger, people, turns = Ledger(storage.counts), People(storage.profiles), Turns()
        self.ledger = ledger
        counting = Counting(storage.tallies)
        self.reports = ReportService(storage.tallies, self.catalogue)
        self.models = ModelService(
            storage.models,
            storage.tallies,
            storage.writer,
            clock,
            catalogue=self.catalogue,
            workspaces=self.workspaces,
        )
        limits = Limits(size=settings.template_size, output=settings.template_output, loops=settings.template_loops)
        self.profiles = ProfileService(
            storage.profiles, storage.writer, clock, people=people, ledger=ledger, turns=turns
        )
        self.members = MemberService(storage.profiles, storage.writer, clock, people=people, turns=turns)
        self.decisioning = DecisionService(
            DecisionStores(storage.decisions, storage.profiles, storage.interactions),
            storage.writer,
            clock,
            catalogue=self.catalogue,
            people=people,
            ledger=ledger,
            turns=turns,
            answering=Answering(Renderer(limits)),
            counting=counting,
            models=self.models,
            max_asks=settings.max_asks,
        )
        self.decided = Decided(storage.decisions, clock, self.catalogue)
        self.jobs = JobService(storage.jobs, storage.writer, clock)
        starter = Starter(
            Renderer(limits),
            fulfillers=settings.fulfillers,
            pages=settings.fulfilment_pages,
            days=settings.fulfilment_days,
        )
        outbox = Outbox(storage.fulfilments, storage.deliveries, self.jobs)
        self.interactions = InteractionService(
            InteractionStores(storage.interactions, storage.decisions, storage.profiles, storage.fulfilments),
            storage.writer,
            clock,
            catalogue=self.catalogue,
            people=people,
            ledger=ledger,
            turns=turns,
            starter=starter,
            outbox=outbox,
            counting=counting,
        )
        self.fulfilments = FulfilmentService(
            storage.fulfilments, storage.writer, clock, interactions=self.interactions
        )
        self.deliveries = DeliveryService(
            storage.deliveries,
            storage.writer,
            clock,
            jobs=self.jobs,
            outbox=outbox,
            fulfilments=self.fulfilments,
            fulfillers=Fulfillers(settings, storage.folder / "outbox"),
        )
        self.profiles.leaving(self.deliveries.leave)
        self.idempotency = IdempotencyService(storage.answers, storage.writer, clock, hours=settings.idempotency_hours)
        self.segments = SegmentService(
            storage.profiles,
            self.jobs,
            catalogue=self.catalogue,
            people=people,
            workspaces=self.workspaces,
            clock=clock,
            hours=settings.segment_hours,
        )
        self.events = EventService(storage.decisions, storage.folder / "spool")
        self.batches = BatchService(
            BatchStores(storage.profiles, storage.jobs),
            self.jobs,
            self.decisioning,
            decided=self.decided,
            events=self.events,
            catalogue=self.catalogue,
            people=people,
            clock=clock,
            folder=storage.folder / "batches",
        )
        upserts = Upserts(storage.profiles, clock, people=people, ledger=ledger, turns=turns)
        self.imports = ImportService(
            storage.folder / "imports",
            self.jobs,
            upserts,
            catalogue=self.catalogue,
            limit=settings.import_limit,
            depth=settings.json_depth,
        )
        self._housekeeping = Housekeeping(
            storage.counts,
            storage.decisions,
            storage.writer,
            clock,
            ledger=ledger,
            idempotency=self.idempotency,
            days=settings.decision_days,
        )

    @classmethod
    async def open(
        cls, folder: Path, settings: Settings, clock: Clock | None = None, *, sends: bool = True
    ) -> Self:
        """Opens a data folder, which is made where there is none, and starts what runs in the background.

        Args:
            folder: the data folder.
            settings: what the operator decided.
            clock: tells the time; the machine's where None.
            sends: whether what fulfilments send is sent; it waits otherwise.

        Raises:
            FolderHeld: another server has it open.
        """
        try:
            storage = await asyncio.to_thread(SqliteStorage.open, folder, batch=settings.writer_batch)
        except Held as held:
            raise FolderHeld(held.folder, held.pid) from None
        try:
            house = cls(storage, settings, clock or SystemClock())
            await house.start(sends=sends)
        except BaseException:
            storage.close()
            raise
        return house

    async def start(self, *, sends: bool = True) -> None:
        """Makes what a first start needs, then starts what runs in the background."""
        await self.workspaces.start()
        self.catalogue.start()
        self.models.start()
        self.imports.tidy(self.storage.jobs.waiting_files())
        self.jobs.every(_SWEEP, self._housekeeping.sweep)
        self.jobs.every(LEARN_EVERY, self.models.learn)
        self.jobs.every(EVERY, self.segments.refresh)
        self.jobs.every(_MINUTE, self.fulfilments.sweep)
        self.jobs.start(without=() if sends else (DELIVERY,))

    async def close(self) -> None:
        """Stops what runs in the background, commits what waits, and lets the folder go."""
        await self._issuer.close()
        await self.jobs.close()
        await self.deliveries.close()
        await asyncio.to_thread(self.storage.writer.close)
        self.storage.close()
