"""The cases under tests/cases/engine: a catalogue, what happens one step after another, and what must come of it.

Each file is a list of cases. A case has a `name`, a `catalogue` in the short forms, perhaps a `zone` and `models`, and
`steps`. What a step decides is committed, as services do: reservations count, assignments and propositions are kept.
A step may say

- `now`, `person` (id, attributes, memberships), `unit`, `seed`: kept for the steps after it;
- `used`: counts that are there already, by `cap`, `placement`, `profile` and `window`;
- `change`: objects that are replaced in the catalogue, by kind and id; null deletes one;
- `refused`: offers whose reservation was refused, by cap;
- `request`, then `expect`: a list with an entry an answer. Entries may say `offers`, `activity`, `placement`, `rank`,
  `scores`, `margins`, `selection`, `kept`, `remembered`, `fallback`, `same_as`, `types`, `bodies`, `locators`,
  `lost` (offer to code), `silent` (activity to code), `reason`, `expires`, `lasts`, `reserved`;
- `verdicts`: an entry a verdict: `offer`, `covered`, `passed`, `codes`, `facts` (by code);
- `closed`: codes by `activity@placement`; `assignments`: members by activity; `warnings`: how many;
- `interact`: an interaction, which counts and advances its activity; `counted` is what it adds to.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from offerd import engine
from offerd.model import codec
from offerd.model.decision import Item, Proposition
from offerd.model.interaction import ASKED, Interaction
from offerd.model.kinds import KINDS
from offerd.model.request import Request

STEP = {
    "now", "person", "unit", "seed", "used", "change", "refused", "request", "expect", "verdicts", "closed",
    "assignments", "warnings", "interact", "counted", "note",
}  # fmt: skip
FOLDER = Path(__file__).parents[1] / "cases" / "engine"


def cases() -> Iterator[Any]:
    for file in sorted(FOLDER.glob("*.json")):
        for case in json.loads(file.read_text()):
            yield pytest.param(case, id=f"{file.stem}: {case['name']}")


class World:
    """What a case has come to: the ledger, assignments and propositions that services would keep."""

    def __init__(self, case: Mapping[str, Any], tools: Any) -> None:
        self.tools = tools
        self.document = {kind: dict(members) for kind, members in case["catalogue"].items()}
        self.zone = case.get("zone", "UTC")
        self.models = {
            name: engine.ModelState(version=1, scores=scores) for name, scores in case.get("models", {}).items()
        }
        self.snapshot = tools.compile(self.document, zone=self.zone)
        self.now = tools.micros("2026-11-20T12:30:00Z")
        self.person = engine.Person(id="p1")
        self.unit = "p1"
        self.seed = "seed"
        self.counts: dict[engine.CountKey, int] = {}
        self.kept: dict[str | None, tuple[dict[str, Any], dict[tuple[str, str], Proposition]]] = {}
        self.minted = 0

    @property
    def assignments(self) -> dict[str, Any]:
        """What activities remember of the person."""
        return self.kept.setdefault(self.person.id, ({}, {}))[0]

    @property
    def open(self) -> dict[tuple[str, str], Proposition]:
        """The person's open propositions."""
        return self.kept.setdefault(self.person.id, ({}, {}))[1]

    def step(self, step: Mapping[str, Any]) -> None:
        assert step.keys() <= STEP, f"unknown members {step.keys() - STEP}"
        self.set_up(step)
        if "request" in step:
            self.decide(step)
        if "interact" in step:
            self.interact(step)

    def set_up(self, step: Mapping[str, Any]) -> None:
        if "now" in step:
            self.now = self.tools.micros(step["now"])
        if "person" in step:
            person = step["person"]
            self.person = engine.Person(
                id=person.get("id"),
                attributes=person.get("attributes", {}),
                memberships=frozenset(person.get("memberships", ())),
            )
            self.unit = person.get("id") or "nobody"
        self.unit = step.get("unit", self.unit)
        self.seed = step.get("seed", self.seed)
        for used in step.get("used", ()):
            key = engine.CountKey(*(used.get(name, "") for name in ("cap", "placement", "profile", "window")))
            self.counts[key] = used["used"]
        if "change" in step:
            self.change(step["change"])

    def change(self, change: Mapping[str, Mapping[str, Any]]) -> None:
        for kind, members in change.items():
            for name, value in members.items():
                if value is None:
                    del self.document[kind][name]
                else:
                    self.document.setdefault(kind, {})[name] = value
        changed = [(kind, name) for kind, members in change.items() for name in members]
        catalogue = self.tools.catalogue(self.document, zone=self.zone)
        self.snapshot = engine.compile(catalogue, self.tools.program, self.snapshot, changed)

    def decide(self, step: Mapping[str, Any]) -> None:
        situation = engine.Situation(
            now=self.now,
            request=codec.build(Request, step["request"]),
            person=self.person,
            unit=self.unit,
            seed=self.seed,
            counts=self.counts,
            assignments=self.assignments,
            open=self.open,
            models=self.models,
            refused=step.get("refused", {}),
        )
        plain = engine.decide(self.snapshot, situation)
        outcome = engine.decide(self.snapshot, situation, explain=True)
        assert plain == unexplained(outcome), "asking why changed the answer"
        self.compare(step, outcome)
        self.commit(situation, outcome)

    def compare(self, step: Mapping[str, Any], outcome: engine.Outcome) -> None:
        if "expect" in step:
            seen = [described(answer, wanted) for answer, wanted in zip(outcome.answers, step["expect"], strict=False)]
            assert seen == step["expect"]
            assert len(outcome.answers) == len(step["expect"])
        if "verdicts" in step:
            seen = [verdict(each, wanted) for each, wanted in zip(outcome.verdicts, step["verdicts"], strict=False)]
            assert seen == step["verdicts"]
            assert len(outcome.verdicts) == len(step["verdicts"])
        if "closed" in step:
            names = {kept.id: f"{activity}@{place}" for (activity, place), kept in self.open.items()}
            assert {names[each]: why.code for each, why in outcome.closed.items()} == step["closed"]
        if "assignments" in step:
            made = {each.activity: codec.tree(each) for each in outcome.assignments}
            wanted = step["assignments"]
            seen = {name: {m: made[name].get(m) for m in wanted.get(name, {})} for name in made}
            assert seen == wanted
        assert len(outcome.warnings) == step.get("warnings", 0), outcome.warnings

    def commit(self, situation: engine.Situation, outcome: engine.Outcome) -> None:
        if situation.request.dry_run or situation.request.pretend is not None:
            return
        for where in [where for where, kept in self.open.items() if kept.id in outcome.closed]:
            del self.open[where]
        for answer in outcome.answers:
            for given in answer.given:
                for each in given.reservations:
                    self.counts[each.key] = self.counts.get(each.key, 0) + each.amount
                    assert each.limit is None or self.counts[each.key] <= each.limit
            activity = self.snapshot.activities.get(answer.activity or "")
            keeps = activity is not None and activity.activity.keep == "proposition"
            if keeps and answer.kept is None and answer.same_as is None:
                self.open[activity.id, answer.placement] = self.mint(answer)
        self.assignments.update({each.activity: each for each in outcome.assignments})

    def mint(self, answer: engine.Answer) -> Proposition:
        self.minted += 1
        ends = [end for end in (answer.expires, None if answer.lasts is None else self.now + answer.lasts) if end]
        return Proposition(
            id=f"proposition-{self.minted}",
            ask=answer.ask,
            activity=answer.activity,
            placement=answer.placement,
            expires=self.tools.instant(min(ends)) if ends else None,
            items=[
                Item(id=f"{self.minted}-{n}", offer=each.offer.id, version=each.offer.version, fallback=each.fallback)
                for n, each in enumerate(answer.given)
            ],
        )

    def interact(self, step: Mapping[str, Any]) -> None:
        event = codec.build(Interaction, {"profile": self.person.id, **step["interact"]})
        reserved = engine.counted(
            self.snapshot, event, person=self.person, now=self.now, offer=event.offer, placement=event.placement,
            activity=event.activity,
        )  # fmt: skip
        if "counted" in step:
            assert [{"cap": each.cap, "amount": each.amount, "limit": each.limit} for each in reserved] == step[
                "counted"
            ]
        for each in reserved:
            assert (each.limit is not None) == (event.type in ASKED)
            self.counts[each.key] = self.counts.get(each.key, 0) + each.amount
        if event.type == "dismiss" and event.activity is not None:
            self.open.pop((event.activity, event.placement), None)
        if event.activity is not None:
            after = engine.advance(
                self.snapshot, event.activity, self.assignments.get(event.activity), event, placement=event.placement,
                now=self.now,
            )  # fmt: skip
            if after is not None:
                self.assignments[event.activity] = after


def unexplained(outcome: engine.Outcome) -> engine.Outcome:
    answers = tuple(msgspec.structs.replace(answer, explanation=None) for answer in outcome.answers)
    return msgspec.structs.replace(outcome, answers=answers)


def described(answer: engine.Answer, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What the case wants to know of an answer."""
    given, why = answer.given, answer.explanation
    kept = [] if answer.kept is None else [item.offer for item in answer.kept.items]
    views = {
        "offers": lambda: kept or [each.offer.id for each in given],
        "activity": lambda: answer.activity,
        "placement": lambda: answer.placement,
        "rank": lambda: [each.rank for each in given],
        "scores": lambda: [each.score for each in given],
        "margins": lambda: [each.margin for each in given],
        "selection": lambda: [each.selection for each in given],
        "kept": lambda: None if answer.kept is None else answer.kept.id,
        "remembered": lambda: answer.remembered,
        "same_as": lambda: answer.same_as,
        "fallback": lambda: [each.fallback for each in given],
        "types": lambda: [[part.type for part in each.components] for each in given],
        "bodies": lambda: [[part.body for part in each.components] for each in given],
        "locators": lambda: [[part.locator for part in each.components] for each in given],
        "lost": lambda: {each.offer: each.reason.code for each in why.lost},
        "silent": lambda: {name: each.code for name, each in why.activities.items()},
        "reason": lambda: None if why.reason is None else why.reason.code,
        "expires": lambda: answer.expires,
        "lasts": lambda: answer.lasts,
        "reserved": lambda: [[each.cap for each in offer.reservations] for offer in given],
    }
    return {name: views[name]() for name in wanted}


def verdict(each: Any, wanted: Mapping[str, Any]) -> dict[str, Any]:
    views = {
        "offer": lambda: each.offer,
        "covered": lambda: each.covered,
        "passed": lambda: each.passed,
        "codes": lambda: [why.code for why in each.reasons],
        "facts": lambda: {
            why.code: {name: why.facts.get(name) for name in wanted["facts"].get(why.code, {})} for why in each.reasons
        },
    }
    return {name: views[name]() for name in wanted}


@pytest.mark.parametrize("case", list(cases()))
def test_case(case: Mapping[str, Any], tools: Any) -> None:
    assert case.keys() <= {"name", "why", "catalogue", "zone", "models", "steps"}
    world = World(case, tools)
    for step in case["steps"]:
        world.step(step)


def test_every_kind_of_object_is_in_some_case() -> None:
    kinds = {
        kind for file in FOLDER.glob("*.json") for case in json.loads(file.read_text()) for kind in case["catalogue"]
    }
    assert kinds == set(KINDS)
