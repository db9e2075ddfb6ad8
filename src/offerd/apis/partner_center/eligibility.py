"""Eligibility: which promotions a customer may have for what is about to be bought, by the engine's own checks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from offerd.apis.operation import Call
from offerd.apis.partner_center import words
from offerd.apis.partner_center.customers import Customer
from offerd.apis.partner_center.failings import CODES, Judged, error, errors
from offerd.apis.partner_center.items import Item, items
from offerd.apis.partner_center.promotions import Promotion, promotions
from offerd.apis.partner_center.reading import Wanted
from offerd.model.decision import Decision, Reason, Verdict
from offerd.model.request import Ask, Context, Request

#: Items that are judged before others have their turn; each may be about many promotions.
LOT = 10

#: More seats than any promotion gives, to learn how many are left.
_TOO_MANY = 2**53


class _Question(msgspec.Struct, frozen=True):
    """One item of the request, with what it may be about.

    Attributes:
        wanted: the item.
        item: what the catalogue has of it; None for an item that there is not.
        candidates: the promotions to judge, by the offer's id.
        context: what rules see.
    """

    wanted: Wanted
    item: Item | None
    candidates: Mapping[str, Promotion]
    context: Mapping[str, Any]

    def ask(self, quantity: int, offers: Sequence[str] | None = None) -> Ask:
        """The check of the candidates, or of some of them."""
        named = list(self.candidates) if offers is None else list(offers)
        members = {**self.context, "quantity": quantity}
        return Ask(check=True, offers=named, quantity=quantity, context=Context(members=members))


class Eligibility:
    """Answers one request for eligibilities.

    Items that are asked about together do not use up each other's seats, and nothing is counted or stored.

    Args:
        call: the request.
        customer: who buys.
    """

    def __init__(self, call: Call, customer: Customer) -> None:
        self._call = call
        self._customer = customer
        self._items = items(call.house, call.workspace)
        self._promotions = promotions(call.house, call.workspace)

    async def answer(self, wanted: Sequence[Wanted]) -> tuple[list[dict[str, Any]], list[Decision]]:
        """What is answered for each item, in their order, and the checks that said so."""
        answers: list[dict[str, Any]] = []
        decisions: list[Decision] = []
        most = min(self._call.house.settings.max_asks, LOT)
        for start in range(0, len(wanted), most):
            questions = [self._question(each) for each in wanted[start : start + most]]
            decision = await self._check([each.ask(each.wanted.quantity) for each in questions])
            verdicts: dict[int, list[Verdict]] = {}
            for verdict in decision.verdicts:
                verdicts.setdefault(verdict.ask, []).append(verdict)
            for index, question in enumerate(questions):
                answers.append(await self._item(question, verdicts.get(index, [])))
            decisions.append(decision)
            await asyncio.sleep(0)  # others are answered between one lot of items and the next
        return answers, decisions

    def _question(self, wanted: Wanted) -> _Question:
        item = self._items.find(wanted.catalog_item)
        if item is None:
            return _Question(wanted, None, {}, {})
        country, segment = self._customer.country or item.country, item.segment or self._customer.segment
        covering = self._promotions.covering(item.name.product, item.name.sku)
        if wanted.promotion is not None:
            named = self._promotions.named(wanted.promotion)
            covering = [each for each in named if each in covering]
        found = {each.offer.id: each for each in covering if each.sold_in(country, segment)}
        context = {
            "country": country,
            "segment": segment,
            "item": item.seen(),
            "term": {"duration": wanted.term, "billingCycle": wanted.billing_cycle},
        }
        return _Question(wanted, item, found, context)

    async def _check(self, asks: list[Ask]) -> Decision:
        request = Request(asks=asks, identities=[self._customer.identity], dry_run=True)
        return await self._call.house.decisioning.decide(self._call.workspace, request)

    async def _item(self, question: _Question, verdicts: Sequence[Verdict]) -> dict[str, Any]:
        wanted = question.wanted
        return {
            "id": wanted.id,
            "catalogItemId": wanted.catalog_item,
            "quantity": wanted.quantity,
            "billingCycle": words.snake(wanted.billing_cycle),
            "termDuration": wanted.term,
            "eligibilities": await self._eligibilities(question, [each for each in verdicts if each.covered]),
            "attributes": {"objectType": "PromotionEligibilities"},
        }

    async def _eligibilities(self, question: _Question, covered: Sequence[Verdict]) -> list[dict[str, Any]]:
        asked = question.wanted.promotion
        if question.item is None:
            return [_refused(asked, "InvalidCatalogItemId")]
        if asked is not None:
            return [await self._judged(question, covered[0], asked) if covered else _refused(asked, "InvalidPromotion")]
        if not covered:
            return [_refused(None, "NoPromotionsAvailable")]
        return [await self._judged(question, each, question.candidates[each.offer].id) for each in covered]

    async def _judged(self, question: _Question, verdict: Verdict, named: str) -> dict[str, Any]:
        """What is said of one promotion, under the id that it was asked by."""
        if verdict.passed:
            return {"promotionId": named, "isEligible": True}
        left = None
        if _lacks_seats(verdict.reasons):
            left = await self._left(question, verdict.offer)
        item = question.item
        assert item is not None  # noqa: S101 - a verdict is about an item
        judged = Judged(question.candidates[verdict.offer], item.name.product, item.name.sku, lambda: left)
        return {"promotionId": named, "isEligible": False, "errors": errors(verdict.reasons, judged)}

    async def _left(self, question: _Question, offer: str) -> Mapping[str, Any] | None:
        """How many seats an offer has and has left, where too few were asked for; None where no cap counts them."""
        decision = await self._check([question.ask(_TOO_MANY, [offer])])
        reasons = decision.verdicts[0].reasons
        return next((each.facts for each in reasons if _is_seats(each) and each.stage == "cap"), None)


def _is_seats(reason: Reason) -> bool:
    return CODES.get(reason.code) == "SeatCount"


def _lacks_seats(reasons: Sequence[Reason]) -> bool:
    """Whether seats are wrong, and no cap says how many there are."""
    seats = [each for each in reasons if _is_seats(each)]
    return bool(seats) and all(each.stage != "cap" for each in seats)


def _refused(promotion: str | None, type_: str) -> dict[str, Any]:
    named = {} if promotion is None else {"promotionId": promotion}
    return {**named, "isEligible": False, "errors": [error(type_)]}
