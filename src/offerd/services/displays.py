"""Displays that are committed with the decision, for requests whose answer is shown at once."""

from __future__ import annotations

import hashlib

import msgspec

from offerd import engine
from offerd.engine.situation import Situation
from offerd.model.decision import Decision, Proposition
from offerd.model.interaction import Interaction
from offerd.services.ids import uuid7
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
    made: dict[str, Display] = {}
    request = situation.request
    for proposition in decision.propositions:
        for item in proposition.items if request.shows(proposition.ask) else ():
            shown = Interaction(
                id=uuid7(situation.now),
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
                key=_key(situation, item.offer, proposition),
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
            told = Display(shown, dedupe_of(shown) or shown.id, needed, proposition.kept)
            made.setdefault(told.dedupe if shown.key is not None else shown.id, told)
    return list(made.values())


def impression_key(impression: str, type: str, unit: str, *about: str | None) -> str:  # noqa: A002 - the model's word
    """The sender's key of what was seen in one page view, so that it counts once however often it is told.

    Args:
        impression: the client's page view.
        type: of the interaction.
        unit: who saw it, by what splits traffic: some clients name every page view alike.
        about: the offer, the activity and the placement.
    """
    words = "\n".join((impression, type, unit, *(each or "" for each in about)))
    return f"impression:{hashlib.sha256(words.encode()).hexdigest()}"


def _key(situation: Situation, offer: str, given: Proposition) -> str | None:
    impression = situation.request.impression
    if impression is None:
        return None
    return impression_key(impression, "display", situation.unit, offer, given.activity, given.placement)


def dedupe_of(interaction: Interaction) -> str | None:
    """What makes a repeat of an interaction one: the sender's key, else what it is about; None: nothing does."""
    if interaction.key is not None:
        return f"key:{interaction.key}"
    if interaction.proposition is None:
        return None
    parts = (interaction.proposition, interaction.offer or "", interaction.placement or "", interaction.type)
    return "about:" + "\n".join(parts)
