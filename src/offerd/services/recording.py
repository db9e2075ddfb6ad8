"""Recording: how one interaction is judged, what it counts for and what it changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from offerd import engine
from offerd.engine.situation import Person, Situation
from offerd.model import codec
from offerd.model.decision import Item, Reason
from offerd.model.interaction import ASKED, Fulfilment, Interaction
from offerd.model.offer import Offer
from offerd.model.person import Assignment
from offerd.model.request import Ask, Context, Request
from offerd.services import inputs
from offerd.services.catalogue.service import CatalogueService
from offerd.services.clock import instant, micros
from offerd.services.displays import dedupe_of
from offerd.services.fulfilment.ending import as_of, event
from offerd.services.fulfilment.starter import Accepted, Started, Starter
from offerd.services.ids import uuid7
from offerd.services.learning import Counting, Noted
from offerd.services.ledger import Ledger, Ticket, places
from offerd.services.people import Known, People
from offerd.services.targets import Target
from offerd.services.who import who
from offerd.storage.protocols_fulfilment import FulfilmentStore
from offerd.storage.protocols_runtime import DecisionStore, InteractionStore, ProfileStore

#: Interactions that end a kept proposition.
CLOSING = frozenset(("accept", "claim", "dismiss"))


class Recorded(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of an interaction.

    Attributes:
        interaction: as it was stored; of a repeat, the first; of one that was refused, what would have been stored.
        repeated: whether it was there before.
        refused: why it was not stored; only accepts and claims are refused.
        fulfilment: what an accept set going.
    """

    interaction: Interaction
    repeated: bool = False
    refused: list[Reason] = []
    fulfilment: Fulfilment | None = None


class Batch(msgspec.Struct):
    """Interactions that are recorded together, all or none.

    Attributes:
        results: what is answered, in order.
        tickets: places that are held until the commit.
        new: people who are stored with them, by id.
        appended: what is stored, with what makes a repeat one.
        fulfilments: what is set going, and what it sends.
        assignments: changed, by profile and activity.
        closed: propositions that end, with the interaction that ends them.
        firsts: what was recorded in this batch, by what makes a repeat one.
        noted: what is to be counted of activities.
    """

    results: list[Recorded] = []
    tickets: list[Ticket] = []
    new: dict[str, Known] = {}
    appended: list[tuple[Interaction, str | None]] = []
    fulfilments: list[Started] = []
    assignments: dict[tuple[str, str], Assignment] = {}
    closed: dict[str, Interaction] = {}
    firsts: dict[str, Recorded] = {}
    noted: list[Noted] = []


class Stores(msgspec.Struct, frozen=True):
    """Where interactions and what they concern are kept."""

    interactions: InteractionStore
    decisions: DecisionStore
    profiles: ProfileStore
    fulfilments: FulfilmentStore


class Desk(msgspec.Struct, frozen=True):
    """What judging needs.

    Attributes:
        workspace: where.
        now: in microseconds.
        stores: where interactions and what they concern are kept.
        catalogue: caps, goals and choices.
        people: who did it.
        ledger: what caps count.
        starter: makes what accepts set going.
        counting: counts what activities come to.
    """

    workspace: str
    now: int
    stores: Stores
    catalogue: CatalogueService
    people: People
    ledger: Ledger
    starter: Starter
    counting: Counting


class Recording:
    """One interaction being judged.

    Args:
        desk: what judging needs.
        batch: what was judged before it, and what it adds to.
        target: the interaction and what it is about.
    """

    def __init__(self, desk: Desk, batch: Batch, target: Target) -> None:
        self._desk = desk
        self._batch = batch
        self._target = target
        self._now = desk.now
        self._snapshot = desk.catalogue.snapshot(desk.workspace)
        self._stored: Situation | None = None

    def recorded(self) -> Recorded:
        """What comes of it."""
        dedupe = dedupe_of(self._target.interaction)
        if dedupe is not None and (first := self._first(dedupe)) is not None:
            return first
        known = self._known()
        own = self._completed(known)
        person = self._person(known)
        refused = self._refused(own, person)
        if refused or (refused := self._reserve(own, person)):
            return Recorded(own, refused=refused)
        started = self._started(own, person)
        self._advance(own, person, known)
        self._note(own, person)
        if own.type in CLOSING and own.proposition is not None:
            self._batch.closed[own.proposition] = own
        result = Recorded(own, fulfilment=started.fulfilment if started is not None else None)
        self._batch.appended.append((own, dedupe))
        if dedupe is not None:
            self._batch.firsts[dedupe] = result
        if started is not None:
            self._begin(own, started)
        return result

    def _first(self, dedupe: str) -> Recorded | None:
        """The interaction that this one repeats."""
        before = self._batch.firsts.get(dedupe)
        if before is not None:
            return Recorded(before.interaction, repeated=True, fulfilment=before.fulfilment)
        stored = self._desk.stores.interactions.repeated(self._desk.workspace, dedupe)
        if stored is None:
            return None
        set_going = self._desk.stores.fulfilments.of(self._desk.workspace, stored.id)
        return Recorded(stored, repeated=True, fulfilment=None if set_going is None else as_of(set_going, self._now))

    def _known(self) -> Known | None:
        """Who did it: whom the decision was for, else whom the identities lead to, who may be new."""
        own = self._target.interaction
        if own.profile is not None:
            return self._desk.people.get(self._desk.workspace, own.profile)
        if not own.identities:
            return None
        for each in self._batch.new.values():
            if set(own.identities) & set(each.profile.identities):
                return each
        people, workspace = self._desk.people, self._desk.workspace
        for identity in own.identities:
            found = people.find(workspace, identity)
            if found is not None and (known := people.get(workspace, found)) is not None:
                return known
        made = who(people, workspace, own.identities, self._now).known
        if made is not None:
            self._batch.new[made.profile.id] = made
            self._desk.ledger.fresh(workspace, made.profile.id)
        return made

    def _completed(self, known: Known | None) -> Interaction:
        own, received = self._target.interaction, instant(self._now)
        return msgspec.structs.replace(
            own,
            id=uuid7(self._now),
            profile=known.profile.id if known is not None else None,
            at=min(own.at, received) if own.at is not None else received,
            received=received,
        )

    def _person(self, known: Known | None) -> Person:
        """Who did it as rules see them: as they are, over what the decision was given then."""
        then = self._then()
        attributes: Mapping[str, Any] = then.person.attributes if then is not None else {}
        if known is None:
            return Person(attributes=attributes)
        now = self._desk.people.attributes(self._desk.workspace, known.profile)
        return Person(id=known.profile.id, attributes={**attributes, **now}, memberships=known.memberships(self._now))

    def _then(self) -> Situation | None:
        """What the decision was given; looked up only where it is asked for."""
        if self._stored is None and self._target.row is not None:
            self._stored = inputs.read(self._target.row.inputs)
        return self._stored

    def _refused(self, own: Interaction, person: Person) -> list[Reason]:
        """Why an accept or a claim may not be."""
        if own.type not in ASKED or own.offer is None:
            return []
        given = self._target.proposition
        if given is not None and given.expires is not None and given.expires <= instant(self._now):
            return [_expired(given.expires, self._now)]
        item = self._item(own)
        if item is not None and item.fallback:
            return []  # The rules and caps of a fallback are neither asked nor counted.
        compiled = self._snapshot.offer(own.offer, own.activity)
        name = own.offer if compiled is None else compiled.uid
        then = self._then()
        ask = Ask(placement=own.placement, quantity=min(own.quantity, 1_000_000))
        situation = Situation(
            now=self._now,
            request=Request(asks=[ask], context=then.request.context if then is not None else Context()),
            person=person,
            unit=then.unit if then is not None else "",
            seed="",
            counts=self._desk.ledger.counts(
                self._desk.workspace, self._now, proposition=own.proposition or "", offer=name
            ),
        )
        verdicts = engine.check(self._snapshot, situation, [name], redeeming=own.type, event=own)
        return [reason for verdict in verdicts for reason in verdict.reasons]

    def _reserve(self, own: Interaction, person: Person) -> list[Reason]:
        """Takes the places that it counts for; why there is none, for an accept or a claim."""
        at = self._now if own.type in ASKED or own.at is None else micros(own.at)
        offers = [each.offer for each in self._target.items] or ([own.offer] if own.offer is not None else [])
        needed = [
            place
            for offer in offers
            for place in places(
                engine.counted(
                    self._snapshot,
                    own,
                    person=person,
                    now=at,
                    offer=offer,
                    placement=own.placement,
                    activity=own.activity,
                ),
                proposition=own.proposition or "",
                owner=own.profile,
                at=at,
            )
        ]
        ticket = self._desk.ledger.reserve(self._desk.workspace, needed, self._now)
        if isinstance(ticket, Ticket):
            self._batch.tickets.append(ticket)
            return []
        cap = ticket.reservation.cap
        return [Reason(code="cap-reached", stage="cap", clause=cap, message=f"The cap {cap} is reached")]

    def _started(self, own: Interaction, person: Person) -> Started | None:
        """What an accept sets going, by the catalogue that its proposition was made with."""
        if own.type != "accept" or own.offer is None:
            return None
        row, then = self._target.row, self._then()
        revision = row.decision.revision if row is not None else self._snapshot.revision
        offer, item = self._offer(own, own.offer, revision), self._item(own)
        accepted = Accepted(
            interaction=own,
            offer=offer,
            choices=offer.choices if offer is not None and not (item is not None and item.fallback) else [],
            revision=revision,
            profile=person.attributes,
            context=then.request.context.members if then is not None else {},
        )
        return self._desk.starter.start(self._desk.workspace, accepted, self._now)

    def _begin(self, own: Interaction, started: Started) -> None:
        """Takes in what an accept set going; what was over with it is recorded as such."""
        made = started.fulfilment
        self._batch.fulfilments.append(started)
        if made.state != "in_progress" and made.kind != "none":
            told = msgspec.structs.replace(event(made, own), profile=self._target.interaction.profile)
            over = msgspec.structs.replace(self._target, interaction=told)
            Recording(self._desk, self._batch, over).recorded()

    def _note(self, own: Interaction, person: Person) -> None:
        """Has it counted for its activity."""
        decision = self._target.row.decision if self._target.row is not None else None
        noted = self._desk.counting.note(
            self._snapshot,
            own,
            person=person,
            session=decision.session if decision is not None else None,
            impression=decision.impression if decision is not None else None,
        )
        if noted is not None:
            self._batch.noted.append(noted)

    def _offer(self, own: Interaction, offer: str, revision: int) -> Offer | None:
        """An offer at a revision; one that has not changed since is the present one."""
        item = self._item(own)
        compiled = self._snapshot.offer(offer, own.activity)
        # An offer that is written in an activity has no version of its own.
        same = compiled is not None and item is not None and 0 < compiled.offer.version == item.version
        if not same and not (item is not None and item.fallback):
            compiled = self._desk.catalogue.offer_at(self._desk.workspace, revision, offer, own.activity)
        return compiled.offer if compiled is not None else None

    def _item(self, own: Interaction) -> Item | None:
        """What was given of the offer that it is about."""
        return next((each for each in self._target.items if each.offer == own.offer), None)

    def _advance(self, own: Interaction, person: Person, known: Known | None) -> None:
        """Has a goal that is reached change the person's assignment."""
        if own.activity is None or known is None:
            return
        name = (known.profile.id, own.activity)
        after = engine.advance(
            self._snapshot,
            own.activity,
            self._batch.assignments.get(name) or known.assignments.get(own.activity),
            own,
            placement=own.placement,
            now=self._now,
            person=person,
        )
        if after is not None:
            self._batch.assignments[name] = after


def _expired(at: datetime, now: int) -> Reason:
    return Reason(
        code="proposition-expired",
        stage="activity",
        clause="proposition.expires",
        path="now",
        seen=codec.instant_text(instant(now)),
        message="The proposition has expired",
        facts={"expires": codec.instant_text(at)},
    )
