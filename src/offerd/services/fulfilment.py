"""Fulfilments: what an accept sets going."""

from __future__ import annotations

from collections.abc import Sequence

from offerd.model.interaction import Fulfilment, Interaction
from offerd.model.offer import Choice, Fulfil
from offerd.services.clock import instant
from offerd.services.ids import uuid

#: Kinds that the client carries out itself: nothing is left to do.
_AT_ONCE = frozenset(("none", "redirect"))

#: How long a fulfilment may take; it is told, and nothing ends one that takes longer yet.
DEADLINE = 7 * 24 * 3600 * 1_000_000


def started(interaction: Interaction, choices: Sequence[Choice], revision: int, now: int) -> Fulfilment:
    """The fulfilment of an accepted choice.

    Args:
        interaction: the accept.
        choices: those of the offer, at the revision of its proposition.
        revision: that revision.
        now: in microseconds.
    """
    chosen = next((each for each in choices if each.id == interaction.choice), None)
    how = (chosen.fulfil if chosen is not None else None) or Fulfil()
    at_once = how.kind in _AT_ONCE
    return Fulfilment(
        id=uuid(),
        interaction=interaction.id,
        proposition=interaction.proposition,
        offer=interaction.offer or "",
        choice=interaction.choice,
        kind=how.kind,
        revision=revision,
        state="completed" if at_once else "in_progress",
        created=instant(now),
        finished=instant(now) if at_once else None,
        deadline=None if at_once else instant(now + DEADLINE),
    )
