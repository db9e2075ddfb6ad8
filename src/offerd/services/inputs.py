"""What the engine was given for a decision, kept so that the decision can be explained later."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from offerd.engine.situation import CountKey, ModelState, Person, Situation
from offerd.model import json
from offerd.model.decision import Proposition
from offerd.model.person import Assignment
from offerd.model.request import Request
from offerd.services.ledger import Reading


class Inputs(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Situation as it is stored; unlike the wire, it is encoded as the Structs are, which loses nothing either.

    Attributes:
        now: as the Situation's.
        request: without its attributes, which count among the person's.
        unit: as the Situation's.
        seed: as the Situation's.
        profile: the person's id.
        attributes: those of the person's attributes that any rule may read; no others are stored.
        memberships: imported audiences that the person was in.
        counts: what was read of the ledger and was not 0: cap, placement, profile, window, used.
        assignments: the person's.
        open: the person's open propositions.
        models: by id.
        refused: as the Situation's.
    """

    now: int
    request: Request
    unit: str
    seed: str
    profile: str | None = None
    attributes: dict[str, Any] = {}
    memberships: list[str] = []
    counts: list[tuple[str, str, str, str, int]] = []
    assignments: list[Assignment] = []
    open: list[Proposition] = []
    models: dict[str, ModelState] = {}
    refused: dict[str, str] = {}


_DECODER = msgspec.json.Decoder(Inputs, float_hook=json.spelled)


def written(situation: Situation, counts: Reading, readable: Collection[str] | None) -> bytes:
    """What is stored of a situation.

    Args:
        situation: what the engine was given.
        counts: what it read of the ledger.
        readable: names of attributes that rules may read; None means all.
    """
    request, attributes = situation.request, situation.person.attributes
    if request.attributes:
        request = msgspec.structs.replace(request, attributes={})
    if readable is not None:
        attributes = {name: value for name, value in attributes.items() if name in readable}
    return json.dumps(
        Inputs(
            now=situation.now,
            request=request,
            unit=situation.unit,
            seed=situation.seed,
            profile=situation.person.id,
            attributes=dict(attributes),
            memberships=sorted(situation.person.memberships),
            counts=[(*key, used) for key, used in counts.counted().items()],
            assignments=list(situation.assignments.values()),
            open=list(situation.open.values()),
            models=dict(situation.models),
            refused=dict(situation.refused),
        )
    )


def read(inputs: bytes) -> Situation:
    """The situation that was stored."""
    own = _DECODER.decode(inputs)
    return Situation(
        now=own.now,
        request=own.request,
        person=Person(id=own.profile, attributes=own.attributes, memberships=frozenset(own.memberships)),
        unit=own.unit,
        seed=own.seed,
        counts={CountKey(*row[:4]): row[4] for row in own.counts},
        assignments={each.activity: each for each in own.assignments},
        open={(each.activity or "", each.placement or ""): each for each in own.open},
        models=own.models,
        refused=own.refused,
    )
