"""What was decided: decisions and propositions read back, listed and explained."""

from __future__ import annotations

from datetime import datetime

import msgspec

from offerd import engine
from offerd.model.decision import Decision, Proposition
from offerd.services import inputs
from offerd.services.catalogue.service import CatalogueService
from offerd.services.clock import Clock, instant, micros
from offerd.services.cursors import cut, unmarked
from offerd.services.errors import NotFound
from offerd.services.names import decision_of
from offerd.storage.protocols_runtime import DecisionStore


class DecisionPage(msgspec.Struct, frozen=True):
    """Some of the decisions, the latest first.

    Attributes:
        decisions: of this page.
        cursor: where the next page begins; None after the last.
    """

    decisions: list[Decision]
    cursor: str | None


class Decided:
    """Tells what was decided.

    Args:
        decisions: where decisions are kept.
        clock: tells the time.
        catalogue: what was decided with.
    """

    def __init__(self, decisions: DecisionStore, clock: Clock, catalogue: CatalogueService) -> None:
        self._decisions = decisions
        self._clock = clock
        self._catalogue = catalogue

    def read(self, workspace: str, decision: str) -> Decision:
        """A decision as it was answered, with its propositions' states as they are now.

        Raises:
            NotFound: there is none, or it is another workspace's.
        """
        row = self._decisions.read(workspace, decision)
        if row is None:
            raise NotFound("decisions", decision)
        return self._aged(row.decision)

    def read_proposition(self, workspace: str, proposition: str) -> tuple[Decision | None, Proposition]:
        """A proposition, and the decision that made it where that is still kept.

        Raises:
            NotFound: there is none, or it is another workspace's.
        """
        name = decision_of(proposition)
        row = self._decisions.read(workspace, name) if name is not None else None
        if row is not None:
            decision = self._aged(row.decision)
            for each in decision.propositions:
                if each.id == proposition:
                    return decision, each
        kept = self._decisions.proposition(workspace, proposition)
        if kept is None:
            raise NotFound("propositions", proposition)
        return None, _aged(kept.proposition, instant(self._clock.now()))

    def given_to(self, workspace: str, proposition: str) -> str | None:
        """The id of the profile that a proposition was given to; None where that is nobody, or not known.

        A proposition that is kept is known longer than the decision that made it.
        """
        name = decision_of(proposition)
        row = self._decisions.read(workspace, name) if name is not None else None
        if row is not None:
            return row.decision.profile
        kept = self._decisions.proposition(workspace, proposition)
        return None if kept is None else kept.profile

    async def explain(self, workspace: str, decision: str) -> Decision:
        """A decision with why it is as it is, from what the engine was given then.

        Raises:
            NotFound: there is none, or it is another workspace's.
        """
        row = self._decisions.read(workspace, decision)
        if row is None:
            raise NotFound("decisions", decision)
        situation = inputs.read(row.inputs)
        snapshot = await self._catalogue.at(workspace, row.decision.revision)
        outcome = engine.decide(snapshot, situation, explain=True)
        propositions = [
            msgspec.structs.replace(each, explanation=answer.explanation)
            for each, answer in zip(row.decision.propositions, outcome.answers, strict=True)
        ]
        return self._aged(msgspec.structs.replace(row.decision, propositions=propositions))

    def find(
        self,
        workspace: str,
        *,
        profile: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> DecisionPage:
        """Decisions, the latest first.

        Raises:
            Unprocessable: the cursor is none of ours.
        """
        before = unmarked(cursor)
        begin = micros(since) if since is not None else None
        found = self._decisions.find(workspace, profile=profile, since=begin, before=before, limit=limit + 1)
        page, following = cut(found, limit, lambda decision: decision.at)
        return DecisionPage([self._aged(each) for each in page], following)

    def _aged(self, decision: Decision) -> Decision:
        """A decision whose propositions that ran out say so."""
        now = instant(self._clock.now())
        return msgspec.structs.replace(decision, propositions=[_aged(each, now) for each in decision.propositions])


def _aged(proposition: Proposition, now: datetime) -> Proposition:
    if proposition.state == "open" and proposition.expires is not None and proposition.expires <= now:
        return msgspec.structs.replace(proposition, state="expired")
    return proposition
