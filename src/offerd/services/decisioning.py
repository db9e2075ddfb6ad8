"""Decisions: the engine's answer, reserved in the cap ledger and committed before it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any

import msgspec

from offerd import engine
from offerd.engine.situation import Outcome, Person, Situation
from offerd.model.decision import Decision, Proposition
from offerd.model.person import Assignment
from offerd.model.request import Request
from offerd.services import inputs
from offerd.services.answering import Answering, Draft
from offerd.services.catalogue.service import CatalogueService
from offerd.services.clock import Clock, instant, micros
from offerd.services.displays import Display, displays
from offerd.services.errors import Unprocessable
from offerd.services.finishing import finish
from offerd.services.learning import Counting, ModelService, Noted
from offerd.services.ledger import Ledger, Reading, Ticket
from offerd.services.names import decision_of
from offerd.services.people import Known, People
from offerd.services.randomness import random_bytes
from offerd.services.turns import Turns
from offerd.services.who import Who, in_turn, who
from offerd.storage.protocols import Keep, Transaction, Writer
from offerd.storage.protocols_runtime import DecisionStore, InteractionStore, OpenRow, ProfileStore, Taken

#: How often a request is decided anew when what it needs was taken in the meantime.
_ATTEMPTS = 100

#: Propositions that one person has open at once. A caller may say of each that it is about something else.
MOST_OPEN = 1_000


class Stores(msgspec.Struct, frozen=True):
    """Where decisions and what comes with them are kept."""

    decisions: DecisionStore
    profiles: ProfileStore
    interactions: InteractionStore


class _Made(msgspec.Struct):
    """A decision that holds its places and is to be committed."""

    who: Who
    situation: Situation
    counts: Reading
    outcome: Outcome
    draft: Draft
    displays: list[Display]
    assignments: list[Assignment]
    noted: list[Noted]
    ticket: Ticket


class DecisionService:
    """Answers requests.

    Args:
        stores: where decisions are kept.
        writer: what commits.
        clock: tells the time.
        catalogue: what is decided with.
        people: who it is for.
        ledger: what caps count.
        turns: one after the other.
        answering: fills in content.
        counting: counts who is given what.
        models: what was learned.
        max_asks: the most asks in one request.
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
        answering: Answering,
        counting: Counting,
        models: ModelService,
        max_asks: int = 100,
    ) -> None:
        self._stores = stores
        self._writer = writer
        self._clock = clock
        self._catalogue = catalogue
        self._people = people
        self._ledger = ledger
        self._turns = turns
        self._answering = answering
        self._counting = counting
        self._models = models
        self._max_asks = max_asks
        self._watchers: list[Callable[[Decision, float], None]] = []

    def watch(self, watcher: Callable[[Decision, float], None]) -> None:
        """Has `watcher` called with each decision that was answered and the seconds it took."""
        self._watchers.append(watcher)

    async def decide(
        self,
        workspace: str,
        request: Request,
        *,
        explain: bool = False,
        warnings: Sequence[str] = (),
        keep: Keep | None = None,
    ) -> Decision:
        """Answers a request; when this returns, the decision is committed.

        A dry run, a pretence and a request with nothing but checks commit nothing.

        Args:
            workspace: the workspace's id.
            request: what is asked.
            explain: whether to say why; changes nothing else.
            warnings: what a wire format found odd about the request, for the decision to tell.
            keep: stores the answer with the decision.

        Raises:
            NotFound: there is no such workspace.
            Unprocessable: the request cannot be answered; the pointer says why.
        """
        self._check(request)
        began = perf_counter()
        if request.dry_run or request.pretend is not None or all(ask.check for ask in request.asks):
            decision = self._dry(workspace, request, explain=explain)
            decision.warnings[:0] = warnings
        else:
            decision = await finish(self._decide(workspace, request, explain, warnings, keep))
        for watcher in self._watchers:
            watcher(decision, perf_counter() - began)
        return decision

    def covered(self, workspace: str, request: Request) -> list[str]:
        """The offers of a request's first ask that are covered: a check without its reasons, which commits nothing.

        Raises:
            NotFound: there is no such workspace.
        """
        now = self._clock.now()
        person = who(self._people, workspace, request.identities, now)
        situation, _ = self._situation(workspace, request, person, now, live=True, refused={})
        return engine.covered(self._catalogue.snapshot(workspace), situation, request.asks[0].offers or ())

    def _check(self, request: Request) -> None:
        if len(request.asks) > self._max_asks:
            raise Unprocessable(f"A request has at most {self._max_asks} asks", "/asks")
        dry = request.dry_run or request.pretend is not None
        if request.at is not None and not dry:
            raise Unprocessable("Only a dry run may say for which moment it is", "/at")

    def _dry(self, workspace: str, request: Request, *, explain: bool) -> Decision:
        """Answers and keeps nothing; somebody unknown is looked at as the new profile that they would be."""
        now = self._clock.now() if request.at is None else micros(request.at)
        person = who(self._people, workspace, request.identities, now)
        snapshot = self._catalogue.snapshot(workspace)
        live = request.at is None
        situation, _ = self._situation(workspace, request, person, now, live=live, refused={})
        outcome = engine.decide(snapshot, situation, explain=explain)
        made = self._answering.draft(snapshot, situation, outcome, dry=True).decision
        known = None if person.new or person.known is None else person.known.profile.id
        return msgspec.structs.replace(made, profile=known, warnings=[*person.warnings, *made.warnings])

    async def _decide(
        self, workspace: str, request: Request, explain: bool, warnings: Sequence[str], keep: Keep | None
    ) -> Decision:
        async with in_turn(self._turns, self._people, workspace, request.identities):
            for _ in range(_ATTEMPTS):
                made = self._made(workspace, request, explain=explain)
                made.draft.decision.warnings[:0] = warnings
                try:
                    await self._writer.submit(lambda transaction: self._write(transaction, workspace, made, keep))  # noqa: B023
                except Taken:
                    # An identity came to be somebody's by another way than a request; look again.
                    self._ledger.release(made.ticket)
                    continue
                except BaseException:
                    self._ledger.release(made.ticket)
                    raise
                self._settle(workspace, made)
                return made.draft.decision
        raise Unprocessable("What this request needs was taken by others again and again", "/identities")

    def _made(self, workspace: str, request: Request, *, explain: bool) -> _Made:
        """Decides and reserves, without a pause in which anything could change."""
        now = self._clock.now()
        person = who(self._people, workspace, request.identities, now)
        if person.new and person.known is not None:
            self._ledger.fresh(workspace, person.known.profile.id)
        snapshot = self._catalogue.snapshot(workspace)
        refused: dict[str, str] = {}
        while True:
            situation, counts = self._situation(workspace, request, person, now, live=True, refused=refused)
            outcome = engine.decide(snapshot, situation, explain=explain)
            draft = self._answering.draft(snapshot, situation, outcome, dry=False)
            if person.warnings:
                draft.decision.warnings[:0] = person.warnings
            shown = displays(snapshot, situation, draft.decision)
            again = [each for each in shown if self._is_repeated(workspace, each)]
            if any(not each.kept for each in again):
                # This page view told of it before: it is shown once, and counted by nothing that counts displays.
                request = _unshown(request, draft.decision, again)
                continue
            shown = [each for each in shown if each not in again]
            needed = [*draft.places, *(place for each in shown for place in each.places)]
            ticket = self._ledger.reserve(workspace, needed, now)
            if isinstance(ticket, Ticket):
                assignments = _advanced(snapshot, situation, outcome, shown)
                noted = self._noted(snapshot, situation, shown)
                return _Made(person, situation, counts, outcome, draft, shown, assignments, noted, ticket)
            refused = {**refused, ticket.reservation.offer: ticket.reservation.cap}

    def _noted(self, snapshot: engine.Snapshot, situation: Situation, shown: Sequence[Display]) -> list[Noted]:
        """What is to be counted of what is shown at once."""
        request = situation.request
        found = [
            self._counting.note(
                snapshot,
                each.interaction,
                person=situation.person,
                session=request.session,
                impression=request.impression,
            )
            for each in shown
        ]
        return [each for each in found if each is not None]

    def _situation(
        self, workspace: str, request: Request, person: Who, now: int, *, live: bool, refused: Mapping[str, str]
    ) -> tuple[Situation, Reading]:
        counts = self._ledger.counts(workspace, now, live=live)
        known = person.known
        seed = request.seed or random_bytes(8).hex()
        attributes: Mapping[str, Any] = request.attributes
        if known is not None:
            attributes = self._people.attributes(workspace, known.profile)
            if request.attributes:
                attributes = {**attributes, **request.attributes}
        return Situation(
            now=now,
            request=request,
            person=Person(
                id=None if known is None else known.profile.id,
                attributes=attributes,
                memberships=frozenset() if known is None else known.memberships(now),
            ),
            unit=_unit(request, known, seed),
            seed=seed,
            counts=counts,
            assignments={} if known is None else dict(known.assignments),
            open={} if known is None else _about(request.about, known.open),
            models=self._models.states(workspace),
            refused=refused,
        ), counts

    def _is_repeated(self, workspace: str, shown: Display) -> bool:
        told = shown.kept or shown.interaction.key is not None
        return told and self._stores.interactions.repeated(workspace, shown.dedupe) is not None

    def _write(self, transaction: Transaction, workspace: str, made: _Made, keep: Keep | None) -> None:
        """Stores all that a decision brings with it; on the writer's thread."""
        decision, person, profiles = made.draft.decision, made.who, self._stores.profiles
        if person.known is not None:
            if person.new:
                profiles.put(transaction, workspace, person.known.profile)
            elif person.attached:
                profiles.add_identities(transaction, workspace, person.known.profile, person.attached)
        stored = inputs.written(made.situation, made.counts, self._catalogue.readable())
        plain = _unexplained(decision)
        self._stores.decisions.append(transaction, workspace, plain, stored, made.situation.now)
        for each in made.draft.kept:
            row = OpenRow(decision.id, decision.profile, each)
            self._stores.decisions.keep_open(transaction, workspace, row)
        for name, state in self._ended(made).items():
            self._stores.decisions.close(
                transaction, workspace, name, state, decision=decision_of(name) or name, profile=decision.profile
            )
        for assignment in made.assignments:
            profiles.assign(transaction, workspace, assignment)
        self._ledger.write(transaction, made.ticket)
        self._counting.write(transaction, workspace, made.noted)
        for shown in made.displays:
            self._stores.interactions.append(transaction, workspace, shown.interaction, shown.dedupe)
        if keep is not None:
            keep(transaction, decision)

    @staticmethod
    def _ended(made: _Made) -> dict[str, str]:
        """Open propositions that end with this decision, and how: what it closed or made anew, and what makes room."""
        opened = {} if made.who.known is None else made.who.known.open
        ended, now = {}, instant(made.situation.now)
        again = {each.place for each in made.draft.kept}
        for place, each in opened.items():
            over = each.expires is not None and each.expires <= now
            if each.id in made.outcome.closed or place in again or (over and again):
                ended[each.id] = "expired" if over else "closed"
        room = MOST_OPEN - len(again)
        if again and len(opened) - len(ended) > room:
            left = [each.id for each in opened.values() if each.id not in ended]  # the oldest first
            ended.update(dict.fromkeys(left[: len(left) - room], "closed"))
        return ended

    def _settle(self, workspace: str, made: _Made) -> None:
        """Has memory follow what was committed."""
        self._ledger.confirm(made.ticket, made.situation.now)
        known = made.who.known
        if known is None:
            return
        if made.who.new or made.who.attached:
            self._people.remember(workspace, known)
        ended = self._ended(made)
        if ended:
            known.open = {place: each for place, each in known.open.items() if each.id not in ended}
        for each in made.draft.kept:
            known.open[each.place] = each
        for assignment in made.assignments:
            known.assignments[assignment.activity] = assignment
        self._people.settled(workspace, known)


def _about(about: str | None, opened: Mapping[tuple[str, str, str], Proposition]) -> dict[tuple[str, str], Proposition]:
    """The open propositions that are about something, by activity and placement."""
    return {place[:2]: each for place, each in opened.items() if each.about == about}


def _unit(request: Request, known: Known | None, seed: str) -> str:
    """What splits traffic: what the request says, else the primary identity, else the profile, else nothing lasting."""
    if request.unit is not None:
        return request.unit
    if request.identities:
        return request.identities[0].id
    return seed if known is None else known.profile.id


def _unshown(request: Request, decision: Decision, again: Sequence[Display]) -> Request:
    """A request in which what was shown before is not shown again."""
    names = {each.interaction.proposition for each in again}
    asks = {each.ask for each in decision.propositions if each.id in names}
    return msgspec.structs.replace(
        request,
        asks=[
            msgspec.structs.replace(ask, displayed=False) if index in asks else ask
            for index, ask in enumerate(request.asks)
        ],
    )


def _unexplained(decision: Decision) -> Decision:
    """A decision as it is stored: why it is as it is, is found again when it is asked."""
    if all(each.explanation is None for each in decision.propositions):
        return decision
    plain = [msgspec.structs.replace(each, explanation=None) for each in decision.propositions]
    return msgspec.structs.replace(decision, propositions=plain)


def _advanced(
    snapshot: engine.Snapshot, situation: Situation, outcome: Outcome, shown: Sequence[Display]
) -> list[Assignment]:
    """The assignments that a decision makes, and that its displays change."""
    made = {each.activity: each for each in outcome.assignments}
    for each in shown:
        name = each.interaction.activity
        if name is None:
            continue
        before = made.get(name) or situation.assignments.get(name)
        after = engine.advance(
            snapshot,
            name,
            before,
            each.interaction,
            placement=each.interaction.placement,
            now=situation.now,
            person=situation.person,
        )
        if after is not None:
            made[name] = after
    return list(made.values())
