"""Targets: what an interaction is about, found from whatever of decision, proposition, item or offer it names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from offerd import engine
from offerd.model.codec import Fault
from offerd.model.decision import Decision, Item, Proposition
from offerd.model.interaction import ASKED, Interaction
from offerd.services.clock import instant
from offerd.services.names import decision_of, proposition_of
from offerd.storage.protocols_runtime import DecisionRow, DecisionStore

#: How far ahead a sender's clock may be.
_SKEW = timedelta(minutes=5)


class Target(msgspec.Struct):
    """An interaction and what it is about.

    Attributes:
        interaction: with everything filled in that follows from what it names.
        row: the decision, where it names one or a part of one.
        proposition: the proposition.
        items: the items that it is about: one, or all of the proposition where it names none.
    """

    interaction: Interaction
    row: DecisionRow | None = None
    proposition: Proposition | None = None
    items: Sequence[Item] = ()


class _Wrong(Exception):
    """An interaction names something that is not there or does not fit."""

    def __init__(self, member: str, message: str) -> None:
        super().__init__(message)
        self.fault = Fault(f"/{member}" if member else "", message)


class Finder:
    """Finds targets in a workspace.

    Args:
        store: where decisions are kept.
        workspace: whose.
        snapshot: the catalogue as it is now.
        now: in microseconds.
    """

    def __init__(self, store: DecisionStore, workspace: str, snapshot: engine.Snapshot, now: int) -> None:
        self._store = store
        self._workspace = workspace
        self._snapshot = snapshot
        self._now = instant(now)

    def find(self, interaction: Interaction) -> Target | Fault:
        """What an interaction is about, or what is wrong with it; the pointer is within the interaction."""
        try:
            if interaction.at is not None and interaction.at > self._now + _SKEW:
                raise _Wrong("at", "is in the future")
            named = self._named(interaction)
            return self._alone(interaction) if named is None else self._given(interaction, *named)
        except _Wrong as wrong:
            return wrong.fault

    def _named(self, own: Interaction) -> tuple[str, str] | None:
        """The member that names what was given most closely, and the name."""
        for member in ("token", "item", "proposition", "decision"):
            name = getattr(own, member)
            if name is not None:
                return member, name
        return None

    def _alone(self, own: Interaction) -> Target:
        """An interaction with an offer or an activity that no decision gave."""
        if own.offer is None and own.activity is None:
            raise _Wrong("", "names no decision, proposition, item, token, offer or activity")
        if own.activity is not None and own.activity not in self._snapshot.activities:
            raise _Wrong("activity", f"there is no activity {own.activity}")
        if own.offer is not None and self._snapshot.offer(own.offer, own.activity) is None:
            raise _Wrong("offer", f"there is no offer {own.offer}")
        return Target(own)

    def _given(self, own: Interaction, member: str, name: str) -> Target:
        if member == "decision":
            row = self._row(own.decision or "")
            if row is None:
                raise _Wrong("decision", f"there is no decision {name}")
            proposition = _of_decision(row.decision, own)
        else:
            wanted = (name if member == "proposition" else proposition_of(name)) or ""
            if own.proposition is not None and own.proposition != wanted:
                raise _Wrong("proposition", f"the {member} is not of this proposition")
            row, proposition = self._proposition(own, wanted)
            if proposition is None:
                raise _Wrong(member, f"there is no {member} {name}")
        item = None
        if member in {"token", "item"}:
            item = next((each for each in proposition.items if each.id == name), None) if proposition else None
            if item is None:
                raise _Wrong(member, f"there is no {member} {name}")
        return self._filled(own, row, proposition, item)

    def _row(self, decision: str) -> DecisionRow | None:
        return self._store.read(self._workspace, decision) if decision else None

    def _proposition(self, own: Interaction, wanted: str) -> tuple[DecisionRow | None, Proposition | None]:
        """A proposition; one that was kept may be named together with a later decision that gave it again."""
        names = dict.fromkeys((own.decision, decision_of(wanted)) if own.decision else (decision_of(wanted),))
        for name in names:
            row = self._row(name or "")
            if own.decision is not None and name == own.decision and row is None:
                raise _Wrong("decision", f"there is no decision {name}")
            for each in row.decision.propositions if row is not None else ():
                if each.id == wanted:
                    return row, each
            if own.decision is not None and name == own.decision:
                raise _Wrong("proposition", "is not of this decision")
        kept = self._store.proposition(self._workspace, wanted)
        return None, None if kept is None else kept.proposition

    def _filled(
        self, own: Interaction, row: DecisionRow | None, proposition: Proposition | None, item: Item | None
    ) -> Target:
        items: list[Item] = [item] if item is not None else list(proposition.items) if proposition else []
        if own.offer is not None:
            items = [each for each in items if each.offer == own.offer]
            if not items:
                raise _Wrong("offer", f"the offer {own.offer} was not given there")
        if own.type in ASKED and len(items) != 1:
            raise _Wrong("item", "one offer is to be named" if items else "nothing was given there")
        self._check_choice(own, items)
        decision = row.decision if row is not None else None
        single = items[0] if len(items) == 1 else None
        filled = msgspec.structs.replace(
            own,
            decision=own.decision or (decision.id if decision else None),
            proposition=proposition.id if proposition else None,
            item=single.id if single else None,
            offer=single.offer if single else None,
            activity=own.activity or (proposition.activity if proposition else None),
            placement=own.placement or (proposition.placement if proposition else None),
            choice=_choice(own, single),
            profile=decision.profile if decision else None,
        )
        return Target(filled, row, proposition, items)

    @staticmethod
    def _check_choice(own: Interaction, items: Sequence[Item]) -> None:
        if own.choice is None or not items:
            return
        if not any(choice.get("id") == own.choice for each in items for choice in each.choices):
            raise _Wrong("choice", f"there is no choice {own.choice} in what was given")


def _of_decision(decision: Decision, own: Interaction) -> Proposition | None:
    """The proposition that is meant by a decision alone: the only one, or the only one with the offer."""
    given = [each for each in decision.propositions if each.items]
    if own.activity is not None:
        given = [each for each in given if each.activity == own.activity]
    if own.placement is not None:
        given = [each for each in given if each.placement == own.placement]
    if own.offer is not None:
        given = [each for each in given if any(item.offer == own.offer for item in each.items)]
        if not given:
            raise _Wrong("offer", f"the offer {own.offer} was not given there")
    if len(given) > 1:
        raise _Wrong("decision", "has several propositions; one of them is to be named")
    return given[0] if given else None


def _choice(own: Interaction, item: Item | None) -> str | None:
    """The choice that an accept is of: the one that it names, or the only one there is."""
    if own.choice is not None or own.type != "accept" or item is None or len(item.choices) != 1:
        return own.choice
    name = item.choices[0].get("id")
    return name if isinstance(name, str) else None
