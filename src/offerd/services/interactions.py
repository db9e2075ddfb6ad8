"""Interactions: what people do with what they were given; checked, counted once, committed before it is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec

from offerd.model.codec import Fault
from offerd.model.interaction import Interaction
from offerd.services.catalogue.service import CatalogueService
from offerd.services.clock import Clock, micros
from offerd.services.cursors import cut, unmarked
from offerd.services.errors import InvalidDocument, NotFound, Unprocessable
from offerd.services.finishing import finish
from offerd.services.fulfilment.outbox import Outbox
from offerd.services.fulfilment.starter import Starter
from offerd.services.learning import Counting
from offerd.services.ledger import Ledger
from offerd.services.names import decision_of
from offerd.services.people import People
from offerd.services.recording import Batch, Desk, Recorded, Recording, Stores
from offerd.services.targets import Finder, Target
from offerd.services.turns import Turns
from offerd.services.who import all_in_turn, in_turn
from offerd.storage.protocols import Keep, Transaction, Writer
from offerd.storage.protocols_runtime import InteractionQuery, Taken

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
        starter: makes what accepts set going.
        outbox: stores it.
        counting: counts what activities come to.
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
        starter: Starter,
        outbox: Outbox,
        counting: Counting,
    ) -> None:
        self._stores = stores
        self._writer = writer
        self._clock = clock
        self._catalogue = catalogue
        self._people = people
        self._ledger = ledger
        self._turns = turns
        self._starter = starter
        self._outbox = outbox
        self._counting = counting
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
        recorded = await finish(self._record(workspace, lambda: self._targets(workspace, interactions), keep))
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
        type: str | None = None,  # noqa: A002 - the model's word
        types: Sequence[str] = (),
        limit: int = 100,
        cursor: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        **about: str | None,
    ) -> InteractionPage:
        """Interactions, the latest first.

        Args:
            workspace: the workspace's id.
            type: of this type.
            types: of one of these types.
            limit: how many at most.
            cursor: of the page before.
            since: received then or later.
            until: received before.
            about: what they name: `profile`, `decision`, `proposition`, `offer`, `activity`.

        Raises:
            Unprocessable: the cursor is none of ours.
        """
        query = InteractionQuery(
            types=[type] if type is not None else types,
            since=None if since is None else micros(since),
            until=None if until is None else micros(until),
            **about,
        )
        found = self._stores.interactions.find(workspace, query, before=unmarked(cursor), limit=limit + 1)
        return InteractionPage(*cut(found, limit, lambda interaction: interaction.received))

    async def note(
        self, workspace: str, make: Callable[[], Interaction | None], write: Callable[[Transaction], None]
    ) -> None:
        """Records what the server itself saw happen, together with what that changes.

        Args:
            workspace: the workspace's id.
            make: the interaction; called again where somebody else was faster. What it names may be gone from the
                catalogue, or forgotten. None records nothing.
            write: the change, in the same transaction; raises `Taken` to have all of it tried again.
        """

        def find() -> list[Target] | None:
            made = make()
            return None if made is None else [self._own(workspace, made)]

        recorded = await finish(self._record(workspace, find, lambda transaction, _: write(transaction)))
        for watcher in self._watchers:
            watcher(recorded)

    async def _record(
        self, workspace: str, find: Callable[[], list[Target] | None], keep: Keep | None
    ) -> list[Recorded]:
        for _ in range(_ATTEMPTS):
            targets = find()
            if targets is None:
                return []
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

    def _own(self, workspace: str, interaction: Interaction) -> Target:
        """What an interaction that the server itself tells is about, as far as that is still known."""
        finder = Finder(self._stores.decisions, workspace, self._catalogue.snapshot(workspace), self._clock.now())
        found = finder.find(interaction)
        target = found if isinstance(found, Target) else Target(interaction)
        profile = target.interaction.profile
        if profile is not None and self._people.get(workspace, profile) is None:
            target.interaction = msgspec.structs.replace(target.interaction, profile=None)
        return target

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
        async with all_in_turn(self._turns, self._people, workspace, names, profiles):
            yield

    def _still_there(self, workspace: str, targets: Sequence[Target]) -> bool:
        """Whether nobody was erased, or made another's part, while their turn was waited for."""
        names = {each.interaction.profile for each in targets if each.interaction.profile is not None}
        return all(self._people.get(workspace, name) is not None for name in names)

    def _batch(self, workspace: str, targets: Sequence[Target]) -> Batch:
        """Judges interactions one after the other and reserves what they count for, without a pause."""
        now = self._clock.now()
        desk = Desk(
            workspace,
            now,
            self._stores,
            self._catalogue,
            self._people,
            self._ledger,
            self._starter,
            self._counting,
        )
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
        for started in batch.fulfilments:
            self._outbox.write(transaction, workspace, started)
        for assignment in batch.assignments.values():
            self._stores.profiles.assign(transaction, workspace, assignment)
        for name, by in batch.closed.items():
            decision = decision_of(name) or name
            self._stores.decisions.close(transaction, workspace, name, "closed", decision=decision, profile=by.profile)
        for ticket in batch.tickets:
            self._ledger.write(transaction, ticket)
        self._counting.write(transaction, workspace, batch.noted)
        if keep is not None:
            keep(transaction, batch.results)

    def _settle(self, workspace: str, batch: Batch) -> None:
        now = self._clock.now()
        self._outbox.wake(batch.fulfilments)
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
