"""Catalogues as a person writes them, and situations, for the tests of the engine."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from offerd import engine, pql
from offerd.model import codec
from offerd.model.catalogue import Catalogue
from offerd.model.kinds import KINDS
from offerd.model.place import Workspace
from offerd.model.request import Request

NOW = "2026-11-20T12:30:00Z"


@cache
def program(text: str) -> pql.Program:
    """The program of a rule; the same text gives the same program, as services do."""
    return pql.compile(pql.parse(text))


def micros(text: str) -> int:
    """An instant in microseconds."""
    return round(datetime.fromisoformat(text).timestamp() * 1_000_000)


def catalogue_of(document: Mapping[str, Mapping[str, Any]], *, zone: str = "UTC", revision: int = 1) -> Catalogue:
    """A catalogue of a document in the short forms; what does not say its version has version 1."""
    objects = {}
    for kind, members in document.items():
        struct = KINDS[kind]
        objects[kind] = {
            each: codec.build(struct, {"id": each, "version": 1, **struct.from_short(value or {})})
            for each, value in members.items()
        }
    workspace = Workspace(id="default", code="acme", zone=zone)
    return Catalogue(workspace=workspace, revision=revision, objects=objects)


def compiled(document: Mapping[str, Mapping[str, Any]], *, zone: str = "UTC") -> engine.Snapshot:
    """The snapshot of a document."""
    return engine.compile(catalogue_of(document, zone=zone), program)


def situation_of(
    asks: Iterable[Mapping[str, Any]] | Mapping[str, Any] = (),
    *,
    person: str | None = "p1",
    attributes: Mapping[str, Any] | None = None,
    memberships: Iterable[str] = (),
    unit: str | None = None,
    now: str = NOW,
    seed: str = "seed",
    counts: Mapping[engine.CountKey, int] | None = None,
    **rest: Any,
) -> engine.Situation:
    """A situation; what is not one of its own members is the request's."""
    own = {name: rest.pop(name) for name in ("assignments", "open", "models", "refused") if name in rest}
    listed = [asks] if isinstance(asks, Mapping) else list(asks)
    return engine.Situation(
        now=micros(now),
        request=codec.build(Request, {"asks": listed or [{}], **rest}),
        person=engine.Person(id=person, attributes=attributes or {}, memberships=frozenset(memberships)),
        unit=unit or person or "nobody",
        seed=seed,
        counts={} if counts is None else counts,
        **own,
    )


def offers_of(answer: engine.Answer) -> list[str]:
    """The ids of what an answer gives."""
    kept = [] if answer.kept is None else [item.offer for item in answer.kept.items]
    return kept or [each.offer.id for each in answer.given]


class Tools:
    """The functions above, as tests reach them."""

    program = staticmethod(program)
    micros = staticmethod(micros)
    catalogue = staticmethod(catalogue_of)
    compile = staticmethod(compiled)
    situation = staticmethod(situation_of)
    offers = staticmethod(offers_of)

    @staticmethod
    def decide(document: Mapping[str, Mapping[str, Any]], *asks: Mapping[str, Any], **rest: Any) -> engine.Outcome:
        """What a document decides on some asks, explained where `explain` says so."""
        explain, zone = rest.pop("explain", False), rest.pop("zone", "UTC")
        return engine.decide(compiled(document, zone=zone), situation_of(asks, **rest), explain=explain)

    @staticmethod
    def given(document: Mapping[str, Mapping[str, Any]], *asks: Mapping[str, Any], **rest: Any) -> list[list[str]]:
        """The ids that a document gives on some asks, a list an answer."""
        return [offers_of(answer) for answer in Tools.decide(document, *asks, **rest).answers]

    @staticmethod
    def instant(at: int) -> datetime:
        """A datetime of microseconds."""
        return datetime.fromtimestamp(at / 1_000_000, UTC)


@pytest.fixture(scope="session")
def tools() -> type[Tools]:
    """Builders of catalogues and situations."""
    return Tools
