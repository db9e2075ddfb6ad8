"""Ranking: what each matching offer of a selection is worth, and the order that follows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import msgspec

from offerd.engine.activities import CompiledRank
from offerd.engine.offers import CompiledOffer
from offerd.engine.reasons import reason
from offerd.engine.sight import Sight
from offerd.engine.situation import ModelState
from offerd.engine.traffic import FIRST, WHOLE, allocation, pick, tie
from offerd.model.decision import Reason

_HUNDREDTH = Decimal("0.01")


class Draw(msgspec.Struct, frozen=True, kw_only=True):
    """What a traffic ranking draws with.

    Attributes:
        workspace: the workspace's code.
        activity: what the hash calls the activity.
        unit: what splits traffic.
        entry: how often the person entered the activity before.
        percent: the activity's entry percentage.
    """

    workspace: str
    activity: str
    unit: str
    entry: int = 0
    percent: Decimal = WHOLE

    def ranges(self, salt: str | None) -> tuple[Decimal, Decimal]:
        """The allocation, and what the shares fill together.

        The first draw of an activity is the one that decided on its entry; those after a release, and those with a
        salt of their own, are over the whole.
        """
        words = [] if salt is None else [salt]
        if self.entry or not words:
            words.append(str(self.entry) if self.entry else FIRST)
        whole = salt is not None or self.entry > 0
        at = allocation(self.workspace, self.activity, self.unit, ".".join(words))
        return at, WHOLE if whole else self.percent


class Ranked:
    """An offer with what it is worth.

    Attributes:
        offer: the offer.
        selection: what answers call the selection it came from.
        how: the way it was ranked.
        score: what it is worth.
        group: the group it was ranked in.
    """

    __slots__ = ("group", "how", "offer", "score", "selection")

    def __init__(self, offer: CompiledOffer, selection: str | None, how: str, score: float, group: int = 0) -> None:
        self.offer = offer
        self.selection = selection
        self.how = how
        self.score = score
        self.group = group


class Ranker:
    """Scores the offers of selections.

    Attributes:
        sight: what formulas see.
        models: the state of learned models by id.
        draw: what traffic rankings draw with.
        excluded: offers that a release does not want to be given again.
    """

    __slots__ = ("draw", "excluded", "models", "sight")

    def __init__(
        self, sight: Sight, models: Mapping[str, ModelState], draw: Draw, excluded: frozenset[str] = frozenset()
    ) -> None:
        self.sight = sight
        self.models = models
        self.draw = draw
        self.excluded = excluded

    def scores(self, rank: CompiledRank, offers: Sequence[CompiledOffer]) -> list[float | None]:
        """What each offer is worth; None for those that a traffic split did not pick."""
        if rank.by == "traffic":
            return self._split(rank, offers)
        return list(map(self._scorer(rank), range(len(offers)), offers))

    def _scorer(self, rank: CompiledRank) -> Callable[[int, CompiledOffer], float]:
        if rank.by == "order":
            return lambda index, _offer: float(-index)
        if rank.by == "formula" and rank.formula is not None:
            formula, sight = rank.formula, self.sight

            def formula_score(_index: int, offer: CompiledOffer) -> float:
                sight.look(offer.view)
                return sight.number(formula)

            return formula_score
        if rank.by == "model":
            learned = self._learned(rank)
            return lambda _index, offer: learned.get(offer.offer.id, 0.0)
        return lambda _index, offer: float(offer.offer.priority)

    def _split(self, rank: CompiledRank, offers: Sequence[CompiledOffer]) -> list[float | None]:
        shares = self.shares(rank, offers)
        at, percent = self.draw.ranges(rank.salt)
        chosen = pick(at, shares, percent)
        return [float(share) if index == chosen else None for index, share in enumerate(shares)]

    def shares(self, rank: CompiledRank, offers: Sequence[CompiledOffer]) -> list[Decimal]:
        """The shares of a traffic split in the order of the offers; a model's where the ranking has none of its own.

        A model that knows nothing yet, or says nothing that is a share, splits evenly.
        """
        if rank.traffic is not None:
            return [rank.traffic.get(offer.offer.id, Decimal(0)) for offer in offers]
        learned = self._learned(rank)
        shares = [_share(learned.get(offer.offer.id, 0.0)) for offer in offers]
        return shares if any(shares) else [Decimal(1)] * len(offers)

    def _learned(self, rank: CompiledRank) -> Mapping[str, float]:
        state = self.models.get(rank.model or "")
        return {} if state is None else state.scores

    def not_picked(self, rank: CompiledRank, offers: Sequence[CompiledOffer], index: int) -> Reason:
        """Why a traffic split did not pick an offer."""
        shares = self.shares(rank, offers)
        if shares[index] <= 0:
            clause = f"rank.traffic.{offers[index].offer.id}"
            return reason("no-share", "rank", clause=clause, path=clause, wanted=1, seen=0)
        at, percent = self.draw.ranges(rank.salt)
        upper = sum((share for share in shares[: index + 1] if share > 0), Decimal(0))
        total = sum((share for share in shares if share > 0), Decimal(0))
        facts: dict[str, Any] = {"share": float(shares[index] / total * 100)}
        end = min(upper * percent / total, WHOLE).quantize(_HUNDREDTH, ROUND_FLOOR)
        return reason(
            "traffic", "rank", clause="rank.traffic", path="allocation", wanted=float(end), seen=float(at), facts=facts
        )


def in_order(ranked: Sequence[Ranked], seed: str) -> list[Ranked]:
    """Best first; equal scores in an order that only the seed changes."""
    return sorted(ranked, key=lambda each: (-each.score, tie(seed, each.offer.uid), each.offer.uid))


def _share(score: float) -> Decimal:
    return Decimal(score) if math.isfinite(score) and score > 0 else Decimal(0)
