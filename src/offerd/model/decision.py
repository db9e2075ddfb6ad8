"""Decisions, propositions, items, reasons and verdicts: what was answered."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from offerd.model.base import Instant
from offerd.model.person import Identity


class Reason(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """Why a candidate, an activity or an ask did not make it.

    Attributes:
        code: stable, for programs; docs/reasons.md lists them.
        stage: where on the way it fell: `activity`, `entry`, `selection`, `candidate`, `eligibility`, `cap`, `rank`,
            `duplicate`, `count`, `requirement`.
        clause: the rule's smallest part that failed, as PQL, or what was looked at.
        path: the dotted path of the value that was seen, with its root.
        wanted: a value that would have passed.
        seen: the value that did not.
        message: one sentence for people.
        facts: what else is known.
    """

    code: str
    stage: str
    clause: str | None = None
    path: str | None = None
    wanted: Any = None
    seen: Any = None
    message: str = ""
    facts: dict[str, Any] = {}


class Component(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A component as it is shown: chosen by language and condition, its body filled in.

    Attributes:
        type: as the catalogue's.
        body: text or JSON.
        format: the MIME type.
        language: the tags it is written in.
        locator: where in the placement.
        ref: the id of the content that holds the body.
        template: how the body is filled in; there only where the request left that to its caller.
    """

    type: str
    body: Any = None
    format: str | None = None
    language: list[str] = []
    locator: str | None = None
    ref: str | None = None
    template: Literal["none", "liquid", "macros"] = "none"


class Item(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """One offer in a proposition.

    Attributes:
        id: a UUID.
        offer: the offer's id, or the fallback's.
        name: the offer's name.
        version: the offer's version.
        fallback: whether it is the activity's fallback.
        components: what to show.
        choices: its buttons, by id and label.
        attributes: the offer's.
        selection: the selection it came from: its name, or `activity#index`.
        rank: how it was ranked.
        score: the number it was ranked by; absent for a fallback or a kept choice.
        margin: how much its score is above the best offer that was not given; absent without one.
        token: what an interaction may name instead of ids.
    """

    id: str
    offer: str
    name: str = ""
    version: int = 0
    fallback: bool = False
    components: list[Component] = []
    choices: list[dict[str, Any]] = []
    attributes: dict[str, Any] = {}
    selection: str | None = None
    rank: str | None = None
    score: float | None = None
    margin: float | None = None
    token: str | None = None


class Candidate(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """An offer that was considered and not given.

    Attributes:
        offer: its id.
        reason: the first thing that removed it.
        selection: the selection it came from.
        score: what it was ranked by, where it came that far.
    """

    offer: str
    reason: Reason
    selection: str | None = None
    score: float | None = None


class Explanation(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """Why a proposition is as it is.

    Attributes:
        reason: why the ask as a whole could not be answered.
        activities: activities that could have answered here and did not, each with its reason.
        lost: candidates that were not given, each with its reason.
    """

    reason: Reason | None = None
    activities: dict[str, Reason] = {}
    lost: list[Candidate] = []


class Proposition(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """The answer of one activity to one ask at one placement.

    Attributes:
        id: a UUID; a kept proposition keeps it.
        ask: the index of the ask it answers.
        ask_id: the client's own id of the ask.
        activity: the activity's id; absent where none answered.
        activity_version: its version.
        placement: the placement's id.
        placement_version: its version.
        state: `open`, `closed`, `expired`.
        created: when it was first made.
        expires: when it stops being open.
        kept: whether it, or its choice, was remembered rather than made now.
        about: what of the person's it is about, as the request said.
        items: what is given, best first; none means nothing.
        explanation: only where it was asked for.
    """

    id: str
    ask: int
    ask_id: str | None = None
    activity: str | None = None
    activity_version: int = 0
    placement: str | None = None
    placement_version: int = 0
    state: Literal["open", "closed", "expired"] = "open"
    created: Instant | None = None
    expires: Instant | None = None
    kept: bool = False
    about: str | None = None
    items: list[Item] = []
    explanation: Explanation | None = None

    @property
    def place(self) -> tuple[str, str, str]:
        """Where it stands among a person's open propositions, of which there is one at each place."""
        return (self.activity or "", self.placement or "", self.about or "")


class Verdict(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """What a check says of one offer.

    Attributes:
        ask: the index of the ask.
        ask_id: the client's own id of the ask.
        offer: its id.
        covered: whether it is there and for this person at all: known, approved, in its window, eligible.
        passed: whether it is covered and every requirement and cap holds.
        reasons: everything that does not hold.
    """

    ask: int
    ask_id: str | None = None
    offer: str
    covered: bool
    passed: bool
    reasons: list[Reason] = []


class Decision(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, rename="camel"):
    """One answered request.

    Attributes:
        id: a UUID.
        at: the moment it was made for.
        revision: the catalogue's revision it was made with.
        models: the version of each learned model's state that was used.
        seed: what broke ties.
        profile: the profile's id, where there is one.
        identities: who it was for.
        property: the part of the workspace that asked.
        session: the client's visit.
        impression: the client's page view.
        dry_run: whether nothing was committed.
        propositions: one for each activity and ask.
        verdicts: for asks that were checks.
        warnings: what was odd about the request.
    """

    id: str
    at: Instant
    revision: int
    models: dict[str, int] = {}
    seed: str = ""
    profile: str | None = None
    identities: list[Identity] = []
    property: str | None = None
    session: str | None = None
    impression: str | None = None
    dry_run: bool = False
    propositions: list[Proposition] = []
    verdicts: list[Verdict] = []
    warnings: list[str] = []
