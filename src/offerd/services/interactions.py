"""Interactions: what people do with what they were given; checked, counted once, committed before it is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import msgspec

from offerd.model.codec import Fault
from offerd.model.interaction import Fulfilment, Interaction
from offerd.services.catalogue.service import CatalogueService
from offerd.services.clock import Clock, instant, micros
from offerd.services.cursors import marked, unmarked
from offerd.services.errors import InvalidDocument, NotFound, Unprocessable
from offerd.services.finishing import finish
from offerd.services.ledger import Ledger
from offerd.services.names import decision_of
from offerd.services.people import People
from offerd.services.recording import Batch, Desk, Recorded, Recording, Stores
from offerd.services.targets import Finder, Target
from offerd.services.turns import Turns
from offerd.services.who import in_turn
from offerd.storage.protocols import Keep, Transaction, Writer
from offerd.storage.protocols_runtime import Taken

_ATTEMPTS = 100


class InteractionPage(msgspec.Struct, frozen=True):
    """Some of the interactions, the latest first.

    Attributes:
        interactions: of this page.
        cursor: where the next page begins; None after the last.
    """

    interactions: list[Interaction]
    cursor: str | None


class InteractionService:
    """Records interactions.

    Args:
        stores: where they are kept.
        writer: what commits.
        clock: tells the time.
        catalogue: caps, goals and choices.
        people: who did it.
        ledger: what caps count.
        turns: one after the other.
    """

    def __init__(
        self,
        stores: Stores,
        writer: Writer,
        clock: Clock,
        *,
        catalogue: CatalogueService,
        people: People,
        ledger: Ledger,
        turns: Turns,
    ) -> None:
        self._stores = stores
        self._writer = writer
        self._clock = clock
        self._catalogue = catalogue
        self._people = people
        self._ledger = ledger
        self._turns = turns
        self._watchers: list[Callable[[Sequence[Recorded]], None]] = []

    def watch(self, watcher: Callable[[Sequence[Recorded]], None]) -> None:
        """Has `watcher` called with what came of each interaction that was received."""
        self._watchers.append(watcher)

    async def record(
        self, workspace: str, interactions: Sequence[Interaction], *, keep: Keep | None = None
    ) -> list[Recorded]:
        """Records interactions in one transaction; when this returns, they are committed.

        Args:
            workspace: the workspace's id.
            interactions: what happened, in order.
            keep: stores the answer with them.

        Returns:
            What came of each. An accept or a claim that is refused is not stored; the others are.

        Raises:
            InvalidDocument: one names what is not there or does not fit; pointers begin with its index. Nothing was
                stored.
        """
        recorded = await finish(self._record(workspace, interactions, keep))
        for watcher in self._watchers:
            watcher(recorded)
        return recorded

    def read(self, workspace: str, interaction: str) -> Interaction:
        """An interaction.

        Raises:
            NotFound: there is none.
        """
        found = self._stores.interactions.read(workspace, interaction)
        if found is None:
            raise NotFound("interactions", interaction)
        return found

    def find(
        self,
        workspace: str,
        *,
        profile: str | None = None,
        decision: str | None = None,
        type: str | None = None,  # noqa: A002 - the model's word
        limit: int = 100,
        cursor: str | None = None,
    ) -> InteractionPage:
        """Interactions, the latest first.

        Raises:
            Unprocessable: the cursor is none of ours.
        """
        found = self._stores.interactions.find(
            workspace, profile=profile, decision=decision, type=type, before=unmarked(cursor), limit=limit + 1
        )
        page = found[:limit]
        last = page[-1] if len(found) > limit else None
        return InteractionPage(page, marked(micros(last.received), last.id) if last and last.received else None)

    def fulfilment(self, workspace: str, fulfilment: str) -> Fulfilment:
        """A fulfilment.

        Raises:
            NotFound: there is none.
        """
        found = self._stores.interactions.fulfilment(workspace, fulfilment)
        if found is None:
            raise NotFound("fulfilments", fulfilment)
        return found

    async def finish_fulfilment(
        self, workspace: str, fulfilment: str, error: dict[str, str] | None = None, *, keep: Keep | None = None
    ) -> Fulfilment:
        """Says that a fulfilment is completed, or with an error that it failed.

        Raises:
            NotFound: there is none.
            Unprocessable: it is finished already.
        """
        found = self.fulfilment(workspace, fulfilment)
        if found.state != "in_progress":
            raise Unprocessable(f"The fulfilment is {found.state} already", "/state")
        state = msgspec.structs.replace(
            found,
            state="failed" if error else "completed",
            finished=instant(self._clock.now()),
            error=error,
        )
        origin = self._stores.interactions.read(workspace, found.interaction)
        profile = origin.profile if origin is not None else None

        def write(transaction: Transaction) -> None:
            self._stores.interactions.fulfil(transaction, workspace, state, profile)
            if keep is not None:
                keep(transaction, state)

        await finish(self._writer.submit(write))
        return state

    async def _record(self, workspace: str, interactions: Sequence[Interaction], keep: Keep | None) -> list[Recorded]:
        for _ in range(_ATTEMPTS):
            targets = self._targets(workspace, interactions)
            async with self._in_turn(workspace, targets):
                if not self._still_there(workspace, targets):
                    continue
                batch = self._batch(workspace, targets)
                try:
                    await self._writer.submit(lambda transaction: self._write(transaction, workspace, batch, keep))  # noqa: B023
                except Taken:
                    self._release(batch)
                    continue
                except BaseException:
                    self._release(batch)
                    raise
                self._settle(workspace, batch)
                return batch.results
        raise Unprocessable("Others wrote the same again and again")

    def _targets(self, workspace: str, interactions: Sequence[Interaction]) -> list[Target]:
        finder = Finder(self._stores.decisions, workspace, self._catalogue.snapshot(workspace), self._clock.now())
        found = [finder.find(each) for each in interactions]
        faults = [
            Fault(f"/{index}{each.pointer}", each.message)
            for index, each in enumerate(found)
            if isinstance(each, Fault)
        ]
        if faults:
            raise InvalidDocument(faults)
        return [each for each in found if isinstance(each, Target)]

    @asynccontextmanager
    async def _in_turn(self, workspace: str, targets: Sequence[Target]) -> AsyncIterator[None]:
        """Waits until nothing else concerns any of the people."""
        profiles = {each.interaction.profile for each in targets if each.interaction.profile is not None}
        names = [
            identity for each in targets if each.interaction.profile is None for identity in each.interaction.identities
        ]
        if not names:
            async with self._turns.of(*((workspace, profile) for profile in profiles)):
                yield
            return
        if not profiles:
            async with in_turn(self._turns, self._people, workspace, names):
                yield
            return
        async with self._turns.of(*((workspace, each.namespace, each.id) for each in names)):
            known = {found for each in names if (found := self._people.find(workspace, each)) is not None}
            async with self._turns.of(*((workspace, profile) for profile in profiles | known)):
                yield

    def _still_there(self, workspace: str, targets: Sequence[Target]) -> bool:
        """Whether nobody was erased, or made another's part, while their turn was waited for."""
        names = {each.interaction.profile for each in targets if each.interaction.profile is not None}
        return all(self._people.get(workspace, name) is not None for name in names)

    def _batch(self, workspace: str, targets: Sequence[Target]) -> Batch:
        """Judges interactions one after the other and reserves what they count for, without a pause."""
        desk = Desk(workspace, self._clock.now(), self._stores, self._catalogue, self._people, self._ledger)
        batch = Batch()
        try:
            for target in targets:
                batch.results.append(Recording(desk, batch, target).recorded())
        except BaseException:
            self._release(batch)
            raise
        return batch

    def _write(self, transaction: Transaction, workspace: str, batch: Batch, keep: Keep | None) -> None:
        """Stores a batch; on the writer's thread."""
        for known in batch.new.values():
            self._stores.profiles.put(transaction, workspace, known.profile)
        for interaction, dedupe in batch.appended:
            self._stores.interactions.append(transaction, workspace, interaction, dedupe)
        for fulfilment, profile in batch.fulfilments:
            self._stores.interactions.fulfil(transaction, workspace, fulfilment, profile)
        for assignment in batch.assignments.values():
            self._stores.profiles.assign(transaction, workspace, assignment)
        for name, by in batch.closed.items():
            decision = decision_of(name) or name
            self._stores.decisions.close(transaction, workspace, name, "closed", decision=decision, profile=by.profile)
        for ticket in batch.tickets:
            self._ledger.write(transaction, ticket)
        if keep is not None:
            keep(transaction, batch.results)

    def _settle(self, workspace: str, batch: Batch) -> None:
        now = self._clock.now()
        for ticket in batch.tickets:
            self._ledger.confirm(ticket, now)
        for each in batch.new.values():
            self._people.remember(workspace, each)
        for (profile, activity), assignment in batch.assignments.items():
            known = self._people.get(workspace, profile)
            if known is not None:
                known.assignments[activity] = assignment
        for name, by in batch.closed.items():
            known = self._people.get(workspace, by.profile) if by.profile is not None else None
            if known is not None:
                known.open = {place: each for place, each in known.open.items() if each.id != name}

    def _release(self, batch: Batch) -> None:
        for ticket in reversed(batch.tickets):
            self._ledger.release(ticket)
