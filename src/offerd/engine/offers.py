"""Compiled offers: an offer with its rules, caps and content ready, and as rules see it."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from offerd.engine.caps import CompiledCap, compile_cap
from offerd.engine.components import Representation, compile_content
from offerd.engine.conditions import Programs, Test, compile_condition
from offerd.engine.views import NONE, Views
from offerd.model import codec
from offerd.model.base import Window
from offerd.model.instants import micros
from offerd.model.offer import Fallback, Offer, Requirement
from offerd.pql import PQLError

_ROOTED = re.compile(r"(?<![\w.`])(?:offer|context|profile|tables|elsData)\.")


class CompiledRequirement(msgspec.Struct, frozen=True):
    """A requirement with its condition ready.

    Attributes:
        requirement: as it was written.
        rule: its condition; None asks nothing.
        facts: what an answer tells: values, or the programs that give them.
    """

    requirement: Requirement
    rule: Test | None
    facts: dict[str, Any]


class CompiledOffer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that is ready to be judged.

    Attributes:
        uid: tells it from every other offer: its id, for an offer written in an activity `activity#id`.
        offer: as it was written.
        approved: whether it may be given at all.
        starts: the first instant of its window in microseconds.
        ends: the instant at which its window is over.
        eligible: who may get it.
        requires: what redeeming it asks.
        caps: how often it may be given.
        content: its components by placement.
        view: the root `offer` of rules.
    """

    uid: str
    offer: Offer
    approved: bool
    starts: int | None
    ends: int | None
    eligible: Test | None
    requires: tuple[CompiledRequirement, ...]
    caps: tuple[CompiledCap, ...]
    content: dict[str, Representation]
    view: dict[str, Any]


class CompiledFallback(msgspec.Struct, frozen=True):
    """A fallback with its content ready.

    Attributes:
        fallback: as it was written.
        content: its components by placement.
    """

    fallback: Fallback
    content: dict[str, Representation]


def compile_offer(
    offer: Offer, programs: Programs, zone: ZoneInfo, *, owner: str | None = None, views: Views = NONE
) -> CompiledOffer:
    """An offer ready to be judged; `owner` is the activity that it is written in."""
    uid = offer.id if owner is None else f"{owner}#{offer.id}"
    starts, ends = window(offer.window)
    return CompiledOffer(
        uid=uid,
        offer=offer,
        approved=offer.status == "approved",
        starts=starts,
        ends=ends,
        eligible=compile_condition(offer.eligible, programs),
        requires=tuple(_compile_requirement(each, programs) for each in offer.requires),
        caps=tuple(compile_cap(cap, uid, programs, zone) for cap in offer.caps),
        content=compile_content(offer.content, programs),
        view=views.offer(offer, offer_view(offer)),
    )


def _compile_requirement(requirement: Requirement, programs: Programs) -> CompiledRequirement:
    facts = {name: compile_fact(value, programs) for name, value in requirement.facts.items()}
    return CompiledRequirement(requirement, compile_condition(requirement.rule, programs), facts)


def compile_fact(value: Any, programs: Programs) -> Any:
    """A fact's program where it is PQL, else the value itself.

    A text is PQL where it names one of the roots `offer`, `context`, `profile`, `tables` or `elsData` followed by a
    dot, and reads as a rule; any other text is itself, since most words would be paths too.
    """
    if not isinstance(value, str) or _ROOTED.search(value) is None:
        return value
    try:
        return programs(value)
    except PQLError:
        return value


def compile_fallback(fallback: Fallback, programs: Programs) -> CompiledFallback:
    """A fallback ready to be shown."""
    return CompiledFallback(fallback, compile_content(fallback.content, programs))


def window(of: Window) -> tuple[int | None, int | None]:
    """The ends of a window in microseconds; None where it is open."""
    return (
        None if of.from_ is None else micros(of.from_),
        None if of.until is None else micros(of.until),
    )


def offer_view(offer: Offer) -> dict[str, Any]:
    """An offer as rules see it, under the root `offer`."""
    return {
        "id": offer.id,
        "name": offer.name or offer.id,
        "description": offer.description,
        "version": offer.version,
        "status": offer.status,
        "priority": offer.priority,
        "tags": offer.tags,
        "attributes": offer.attributes,
        "window": {
            "from": None if offer.window.from_ is None else codec.instant_text(offer.window.from_),
            "until": None if offer.window.until is None else codec.instant_text(offer.window.until),
        },
        "choices": codec.tree(offer.choices),
        "ids": offer.ids,
        "extensions": offer.extensions,
    }
