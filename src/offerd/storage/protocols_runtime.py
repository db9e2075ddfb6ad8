"""A Protocol for each kind of state that grows as the server runs: people, answers, jobs.

As in `protocols`: reading methods see what was committed last; methods that take a `Transaction` write in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeAlias

import msgspec

from offerd.model.decision import Decision, Proposition
from offerd.model.interaction import Interaction
from offerd.model.person import Assignment, Identity, Membership, Profile
from offerd.storage.protocols import Transaction


class PersonState(msgspec.Struct, frozen=True):
    """What activities remember of a profile.

    Attributes:
        assignments: its choices, by activity.
        open: propositions that are open, the oldest first.
    """

    assignments: list[Assignment]
    open: list[Proposition]


class ProfileStore(Protocol):
    """Profiles, their identities, memberships and assignments."""

    def find(self, workspace: str, identity: Identity) -> str | None:
        """The id of the profile with this identity."""
        ...

    def read(self, workspace: str, profile: str) -> Profile | None:
        """A profile, whole."""
        ...

    def state(self, workspace: str, profile: str) -> PersonState:
        """What activities remember of a profile."""
        ...

    def list(
        self, workspace: str, *, after: str, limit: int, audience: str | None = None, parent: str | None = None
    ) -> Sequence[str]:
        """Ids of profiles in their order, from the first after `after`."""
        ...

    def count(self, workspace: str) -> int:
        """How many profiles there are."""
        ...

    def members(self, workspace: str, audience: str) -> int:
        """How many profiles are in an imported audience."""
        ...

    def exists(self, transaction: Transaction, workspace: str, profile: str) -> bool:
        """Whether there is such a profile."""
        ...

    def put(self, transaction: Transaction, workspace: str, profile: Profile) -> None:
        """Stores a profile whole, new or changed; raises `Taken` where an identity is another's."""
        ...

    def add_identities(
        self, transaction: Transaction, workspace: str, profile: Profile, new: Sequence[Identity]
    ) -> None:
        """Stores a profile's new identities, with its new version; raises `Taken` where one is another's."""
        ...

    def join(self, transaction: Transaction, workspace: str, profile: str, membership: Membership) -> None:
        """Puts a profile into an imported audience."""
        ...

    def leave(self, transaction: Transaction, workspace: str, profile: str, audience: str) -> None:
        """Takes a profile out of an imported audience."""
        ...

    def touch(self, transaction: Transaction, workspace: str, profile: str, now: int) -> None:
        """Gives a profile its next version."""
        ...

    def assign(self, transaction: Transaction, workspace: str, assignment: Assignment) -> None:
        """Stores an assignment, new or changed."""
        ...

    def unassign(self, transaction: Transaction, workspace: str, profile: str, activity: str) -> None:
        """Forgets an assignment."""
        ...

    def erase(self, transaction: Transaction, workspace: str, profile: str) -> None:
        """Removes everything of a person's."""
        ...

    def merge(self, transaction: Transaction, workspace: str, survivor: str, absorbed: str) -> None:
        """Makes everything of one person another's, except the profile itself, whose row is removed."""
        ...

    def idle(
        self, workspace: str, among: Sequence[str], namespaces: Sequence[str], before: int
    ) -> Sequence[str]:
        """Of some profiles, those with a name in the first namespace, none in others, and no sign since a moment."""
        ...

    def lapse(self, transaction: Transaction, workspace: str, profile: str) -> None:
        """Removes a profile and what is kept for it; what it was given and did stays."""
        ...


class DecisionRow(msgspec.Struct, frozen=True):
    """A decision as it is stored.

    Attributes:
        decision: what was answered.
        inputs: what the engine was given, as JSON text.
    """

    decision: Decision
    inputs: bytes


class OpenRow(msgspec.Struct, frozen=True):
    """A proposition that its activity keeps.

    Attributes:
        decision: the id of the decision that made it.
        profile: whose it is.
        proposition: itself.
    """

    decision: str
    profile: str | None
    proposition: Proposition


class DecisionStore(Protocol):
    """What was answered."""

    def append(self, transaction: Transaction, workspace: str, decision: Decision, inputs: bytes, at: int) -> None:
        """Stores a decision."""
        ...

    def read(self, workspace: str, decision: str) -> DecisionRow | None:
        """A decision, with the states of its propositions."""
        ...

    def proposition(self, workspace: str, proposition: str) -> OpenRow | None:
        """A kept proposition."""
        ...

    def keep_open(self, transaction: Transaction, workspace: str, row: OpenRow) -> None:
        """Stores a proposition that its activity keeps."""
        ...

    def close(
        self,
        transaction: Transaction,
        workspace: str,
        proposition: str,
        state: str,
        *,
        decision: str,
        profile: str | None,
    ) -> None:
        """Ends a proposition, kept or not."""
        ...

    def find(
        self, workspace: str, *, profile: str | None, since: int | None, before: tuple[int, str] | None, limit: int
    ) -> list[Decision]:
        """Decisions, the latest first, from the one before `before`."""
        ...

    def walk(
        self, workspace: str, *, since: int | None, until: int | None, after: tuple[int, str] | None, limit: int
    ) -> list[Decision]:
        """Decisions, the oldest first, from the one after `after`; those made before `until`."""
        ...

    def forget(self, transaction: Transaction, before: int, limit: int) -> int:
        """Removes decisions that were made before a moment; gives how many."""
        ...


class InteractionQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which interactions are looked for; None is any.

    Attributes:
        types: of one of these types; empty is any.
        profile: the id of who did it.
        decision: about this decision.
        proposition: about this proposition.
        offer: about this offer.
        activity: about what this activity gave.
        since: received then or later, in microseconds.
        until: received before, in microseconds.
    """

    types: Sequence[str] = ()
    profile: str | None = None
    decision: str | None = None
    proposition: str | None = None
    offer: str | None = None
    activity: str | None = None
    since: int | None = None
    until: int | None = None


class InteractionStore(Protocol):
    """What people did."""

    def repeated(self, workspace: str, dedupe: str) -> Interaction | None:
        """The interaction that this one repeats."""
        ...

    def append(self, transaction: Transaction, workspace: str, interaction: Interaction, dedupe: str | None) -> None:
        """Stores an interaction; raises `Taken` where it repeats another."""
        ...

    def read(self, workspace: str, interaction: str) -> Interaction | None:
        """An interaction."""
        ...

    def find(
        self,
        workspace: str,
        query: InteractionQuery,
        *,
        before: tuple[int, str] | None,
        limit: int,
    ) -> list[Interaction]:
        """Interactions, the latest first, from the one before `before`."""
        ...


class AnswerRow(msgspec.Struct, frozen=True):
    """An answer that is kept for its idempotency key.

    Attributes:
        fingerprint: of the request.
        answer: as the wire format stored it.
        at: when, in microseconds.
    """

    fingerprint: bytes
    answer: bytes
    at: int


class IdempotencyStore(Protocol):
    """Answers that are kept for their idempotency keys."""

    def read(self, workspace: str, caller: str, key: str) -> AnswerRow | None:
        """A kept answer."""
        ...

    def keep(
        self, transaction: Transaction, workspace: str, caller: str, key: str, row: AnswerRow, *, people: Iterable[str]
    ) -> None:
        """Keeps an answer, which holds the data of `people`."""
        ...

    def forget(self, transaction: Transaction, before: int) -> int:
        """Removes answers that were kept at a moment or before; gives how many."""
        ...


class Job(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """Work that is done in the background, and survives a restart.

    Attributes:
        id: a UUID.
        workspace: whose it is.
        kind: what is to be done.
        state: `queued`, `running`, `done`, `failed`.
        payload: what it needs.
        attempts: how often it was begun.
        run_after: it is not begun before, in microseconds.
        done: how much is done.
        total: of how much; absent where it is not known.
        report: what came of it.
        refused: how many lines were refused.
        error: why the last attempt failed.
        created: in microseconds.
        started: when it was first begun.
        finished: when it was done or failed.
    """

    id: str
    workspace: str
    kind: str
    state: str = "queued"
    payload: dict[str, Any] = {}
    attempts: int = 0
    run_after: int = 0
    done: int = 0
    total: int | None = None
    report: dict[str, Any] = {}
    refused: int = 0
    error: str = ""
    created: int = 0
    started: int | None = None
    finished: int | None = None


class Among(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs are looked at.

    Attributes:
        kinds: those of these kinds; or with `but`, all others.
        but: whether the kinds are left out instead.
        busy: ids of jobs that are left out.
    """

    kinds: frozenset[str]
    but: bool = False
    busy: frozenset[str] = frozenset()


class LineFault(msgspec.Struct, frozen=True, rename="camel"):
    """What is wrong with one line of an import.

    Attributes:
        line: its number, from 1.
        pointer: where in the line's document.
        message: what.
    """

    line: int
    pointer: str
    message: str


class JobStore(Protocol):
    """Jobs."""

    def read(self, job: str) -> Job | None:
        """A job by its id."""
        ...

    def list(
        self, workspace: str, *, kind: str | None, state: str | None, before: tuple[int, str] | None, limit: int
    ) -> Sequence[Job]:
        """Jobs, the latest first, from the one before `before`."""
        ...

    def states(self) -> dict[str, int]:
        """How many jobs there are in each state, of all workspaces."""
        ...

    def due(self, now: int, among: Among) -> Job | None:
        """The job that should run next: one that was running when the server ended first, then the oldest due."""
        ...

    def next_due(self, among: Among) -> int | None:
        """When the next job may run."""
        ...

    def waiting_files(self) -> set[str]:
        """Names of files that jobs which are not finished still need."""
        ...

    def put(self, transaction: Transaction, job: Job) -> None:
        """Stores a job, new or changed."""
        ...

    def remove(self, transaction: Transaction, job: str) -> None:
        """Removes a job."""
        ...

    def refuse(self, transaction: Transaction, job: str, faults: Sequence[LineFault]) -> None:
        """Adds to what a job refused."""
        ...

    def faults(self, job: str, *, after: int, limit: int) -> Sequence[LineFault]:
        """What a job refused, by line, from the first line after `after`."""
        ...


class Taken(Exception):
    """Something that must be one alone is there already, such as an identity that is another profile's."""


#: Work on a transaction whose result nobody needs.
Write: TypeAlias = Callable[[Transaction], None]
