"""Routes of what activities come to: reports, and what models learned of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from offerd.apis.native.pages import moment
from offerd.apis.operation import Answer, Call, Operations, Parameter, answer
from offerd.model.instants import instant
from offerd.services.learning.models import Learned
from offerd.services.learning.reports import Report

operations = Operations("Reports")

_DAYS = (
    Parameter(name="since", description="Counts from this day on, in UTC: `2026-01-31`, or an instant within it."),
    Parameter(name="until", description="Counts what came before this day, in UTC."),
)


class ModelView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a learned model knows.

    Attributes:
        id: the model's.
        version: one more at each change; decisions tell which they were made with.
        at: when it was learned.
        phase: `warm-up`, `even`, `leaning` or `winner`.
        scores: what each offer gets: its share of the traffic, in percent.
        facts: what that follows from.
    """

    id: str
    version: int
    at: datetime
    phase: str = ""
    scores: dict[str, float]
    facts: dict[str, Any] = {}


@operations.add(
    "GET", "/activities/{id}/report", "readReport", scope="catalogue:read", query=_DAYS, answers={200: Report}
)
async def read_report(call: Call) -> Answer:
    """Tells who was given which experience of an activity, and who reached its goals.

    Each by visitors, visits and impressions; goals with their orders and the sum of their values. Counted are
    activities that have goals or split their traffic, from the first display on.
    """
    since, until = moment(call, "since"), moment(call, "until")
    return answer(call.house.reports.performance(call.workspace, call.path["id"], since, until))


@operations.add("GET", "/models/{id}", "readModel", scope="catalogue:read", answers={200: ModelView})
async def read_model(call: Call) -> Answer:
    """Tells what a learned model knows now, and what that follows from."""
    return answer(_view(call.house.models.read(call.workspace, call.path["id"])))


@operations.add("POST", "/models/learn", "learn", scope="catalogue:write", answers={204: None})
async def learn(call: Call) -> Answer:
    """Computes what models know from what was counted until now; it happens by itself every half hour."""
    await call.house.models.learn()
    return Answer(status=204)


def _view(learned: Learned) -> ModelView:
    return ModelView(
        id=learned.model,
        version=learned.version,
        at=instant(learned.at),
        phase=learned.phase,
        scores=learned.scores,
        facts=learned.facts,
    )
