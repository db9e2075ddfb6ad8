"""Displays that are committed with the decision, for requests whose answer is shown at once."""

from __future__ import annotations

import msgspec

from offerd import engine
from offerd.engine.situation import Situation
from offerd.model.decision import Decision
from offerd.model.interaction import Interaction
from offerd.services.ids import uuid
from offerd.services.ledger import Place, places


class Display(msgspec.Struct, frozen=True):
    """A display and what it needs.

    Attributes:
        interaction: the display.
        dedupe: what makes a repeat of it one.
        places: what it counts for beyond what giving it took.
        kept: whether its proposition was given before, so that it may have been shown before.
    """

    interaction: Interaction
    dedupe: str
    places: list[Place]
    kept: bool


def displays(snapshot: engine.Snapshot, situation: Situation, decision: Decision) -> list[Display]:
    """The displays of everything that a decision gives."""
    made = []
    for proposition in decision.propositions:
        for item in proposition.items:
            shown = Interaction(
                id=uuid(),
                type="display",
                decision=decision.id,
                proposition=proposition.id,
                item=item.id,
                offer=item.offer,
                activity=proposition.activity,
                placement=proposition.placement,
                profile=decision.profile,
                at=decision.at,
                received=decision.at,
            )
            # What is given for the first time was reserved with it, by the caps that count displays.
            counted = (
                engine.counted(
                    snapshot,
                    shown,
                    person=situation.person,
                    now=situation.now,
                    offer=item.offer,
                    placement=proposition.placement,
                    activity=proposition.activity,
                )
                if proposition.kept
                else []
            )
            needed = places(counted, proposition=proposition.id, owner=situation.person.id)
            made.append(Display(shown, dedupe_of(shown) or shown.id, needed, proposition.kept))
    return made


def dedupe_of(interaction: Interaction) -> str | None:
    """What makes a repeat of an interaction one: the sender's key, else what it is about; None: nothing does."""
    if interaction.key is not None:
        return f"key:{interaction.key}"
    if interaction.proposition is None:
        return None
    parts = (interaction.proposition, interaction.offer or "", interaction.placement or "", interaction.type)
    return "about:" + "\n".join(parts)
