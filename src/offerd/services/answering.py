"""Answers: the engine's outcome made into a decision, with ids, and its content filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from offerd.engine import Snapshot
from offerd.engine.situation import Answer, Given, Outcome, Situation
from offerd.model.decision import Component as Shown
from offerd.model.decision import Decision, Item, Proposition
from offerd.model.offer import Component
from offerd.services.clock import instant
from offerd.services.errors import Unprocessable
from offerd.services.ledger import Place, places
from offerd.services.names import MOST_ITEMS, MOST_PROPOSITIONS, decision_name, item_name, proposition_name
from offerd.services.rendering import ContentError, Renderer, as_it_is, without_body


class Draft(msgspec.Struct):
    """A decision that is not committed yet.

    Attributes:
        decision: what will be answered.
        places: what it needs of the cap ledger.
        kept: propositions that their activities keep.
    """

    decision: Decision
    places: list[Place]
    kept: list[Proposition]


class Answering:
    """Makes decisions of outcomes.

    Args:
        renderer: fills in content.
    """

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    def draft(self, snapshot: Snapshot, situation: Situation, outcome: Outcome, *, dry: bool) -> Draft:
        """A decision with ids, and what it needs.

        Raises:
            Unprocessable: it would have more propositions or items than ids can number.
        """
        return _Drafting(self._renderer, snapshot, situation, outcome).draft(dry=dry)


class _Drafting:
    """One decision being made."""

    def __init__(self, renderer: Renderer, snapshot: Snapshot, situation: Situation, outcome: Outcome) -> None:
        self.renderer = renderer
        self.snapshot = snapshot
        self.situation = situation
        self.outcome = outcome
        self.id = decision_name()
        self.places: list[Place] = []
        self.kept: list[Proposition] = []
        self.warnings = list(outcome.warnings)

    def draft(self, *, dry: bool) -> Draft:
        answers, request = self.outcome.answers, self.situation.request
        if len(answers) > MOST_PROPOSITIONS:
            raise Unprocessable(f"A decision has at most {MOST_PROPOSITIONS} propositions", "/asks")
        propositions: list[Proposition] = []
        for index, answer in enumerate(answers):
            propositions.append(self.repeated(answer, propositions) or self.proposition(index, answer))
        decision = Decision(
            id=self.id,
            at=instant(self.situation.now),
            revision=self.snapshot.revision,
            models={name: model.version for name, model in self.situation.models.items()},
            seed=self.situation.seed,
            profile=None if dry else self.situation.person.id,
            identities=request.identities,
            property=request.property,
            session=request.session,
            impression=request.impression,
            dry_run=dry,
            propositions=propositions,
            verdicts=list(self.outcome.verdicts),
            warnings=self.warnings,
        )
        return Draft(decision, self.places, self.kept)

    def ask_id(self, answer: Answer) -> str | None:
        return self.situation.request.asks[answer.ask].id

    def repeated(self, answer: Answer, made: list[Proposition]) -> Proposition | None:
        """The proposition that an earlier ask of the same request was given, where this one is given it again."""
        if answer.same_as is None:
            return None
        return msgspec.structs.replace(
            made[answer.same_as],
            ask=answer.ask,
            ask_id=self.ask_id(answer),
            kept=True,
            explanation=answer.explanation,
        )

    def proposition(self, index: int, answer: Answer) -> Proposition:
        ask_id = self.ask_id(answer)
        if answer.kept is not None:
            return msgspec.structs.replace(
                answer.kept, ask=answer.ask, ask_id=ask_id, kept=True, explanation=answer.explanation
            )
        if len(answer.given) > MOST_ITEMS:
            raise Unprocessable(f"A proposition has at most {MOST_ITEMS} items", f"/asks/{answer.ask}/count")
        name = proposition_name(self.id, index)
        activity = self.snapshot.activities.get(answer.activity or "")
        placement = self.snapshot.placements.get(answer.placement or "")
        made = Proposition(
            id=name,
            ask=answer.ask,
            ask_id=ask_id,
            activity=answer.activity,
            activity_version=activity.activity.version if activity else 0,
            placement=answer.placement,
            placement_version=placement.placement.version if placement else 0,
            created=instant(self.situation.now),
            expires=_expires(answer, self.situation.now),
            kept=answer.remembered,
            about=self.situation.request.about,
            items=[self.item(name, number, given, answer) for number, given in enumerate(answer.given)],
            explanation=answer.explanation,
        )
        keeps = activity is not None and activity.activity.keep == "proposition"
        if keeps and made.items and not any(item.fallback for item in made.items):
            self.kept.append(msgspec.structs.replace(made, explanation=None))
        return made

    def item(self, proposition: str, number: int, given: Given, answer: Answer) -> Item:
        offer, name = given.offer, item_name(proposition, number)
        self.places += places(given.reservations, proposition=proposition, owner=self.situation.person.id)
        return Item(
            id=name,
            offer=offer.id,
            name=offer.name or offer.id,
            version=offer.version,
            fallback=given.fallback,
            components=[self.component(each, given, answer) for each in given.components],
            choices=[{"id": choice.id, "label": choice.label} for choice in offer.choices],
            attributes=offer.attributes,
            selection=given.selection,
            rank=given.rank,
            score=given.score,
            margin=given.margin,
            token=name,
        )

    def component(self, component: Component, given: Given, answer: Answer) -> Shown:
        offer = given.offer
        if component.template in self.situation.request.unfilled:
            return msgspec.structs.replace(as_it_is(component), template=component.template)
        try:
            return self.renderer.show(component, self.values(given, answer) if component.template != "none" else {})
        except ContentError as error:
            self.warnings.append(f"The content of {offer.id} for {answer.placement} was left empty: {error}")
            return without_body(component)

    def values(self, given: Given, answer: Answer) -> Mapping[str, Any]:
        """All that a template sees."""
        offer, request = given.offer, self.situation.request
        context, over = request.context.members, request.asks[answer.ask].context
        return {
            "profile": self.situation.person.attributes,
            "context": {**context, **over.members} if over is not None else context,
            "offer": {"id": offer.id, "name": offer.name or offer.id, "attributes": offer.attributes},
        }


def _expires(answer: Answer, now: int) -> Any:
    ends = [end for end in (answer.expires, None if answer.lasts is None else now + answer.lasts) if end is not None]
    return instant(min(ends)) if ends else None
