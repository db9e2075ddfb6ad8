"""What a request asks for, decided: each place as an ask, whole requests as one decision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from offerd.apis.target.delivery import facts
from offerd.apis.target.delivery.preview import Look
from offerd.apis.target.delivery.visitors import Visitor
from offerd.apis.target.delivery.words import Asked, Delivery, Details
from offerd.apis.target.places import Places, view_name
from offerd.model.decision import Decision, Proposition
from offerd.model.place import Placement
from offerd.model.request import Ask, Context, Duplicates, Pretence, Request
from offerd.services.house import House


class Given(msgspec.Struct):
    """What one place is given.

    Attributes:
        asked: the place.
        placement: what the catalogue calls it; None where nothing answers there.
        propositions: of its activities, the highest first.
        decision: what gave them.
    """

    asked: Asked
    placement: Placement | None = None
    propositions: list[Proposition] = []
    decision: Decision | None = None

    @property
    def profile(self) -> str | None:
        """The profile that it was given to."""
        return None if self.decision is None else self.decision.profile


class Deciding:
    """The decisions of one request.

    Args:
        house: the services.
        workspace: the workspace's id.
        said: what the request says.
        visitor: who it is for.
        explain: whether to say why.
    """

    def __init__(self, house: House, workspace: str, said: Delivery, visitor: Visitor, *, explain: bool) -> None:
        self._house = house
        self._workspace = workspace
        self._said = said
        self._visitor = visitor
        self._explain = explain
        self._places = Places(house, workspace)
        self._viewed: set[str] = set()

    async def given(self, look: Look | None) -> list[Given]:
        """What each place is given; `look` is what somebody may see beyond what is live."""
        all_ = [each for asked in self._said.asked for each in self._found(asked)]
        if look is not None:
            await self._looked(all_, look)
            return all_
        live = [each for each in all_ if each.placement is not None]
        for decision, answered in await self._decided(live, [Ask(placement=_id(each)) for each in live], None):
            for proposition in decision.propositions:
                _add(answered[proposition.ask], decision, proposition)
        return all_

    async def _looked(self, all_: Sequence[Given], look: Look) -> None:
        """Asks the activities that somebody looks at one by one, then, unless told otherwise, all that are live.

        In a place that takes one content the first of them that has one answers.
        """
        pairs = [(each, name) for each in all_ for name in look.activities if each.placement is not None]
        asks = [Ask(placement=_id(each), activity=name) for each, name in pairs]
        await self._looked_at([each for each, _ in pairs], asks, look.pretence)
        if look.listed_only:
            return
        live = [each for each in all_ if each.placement is not None]
        others = Pretence(audiences=look.pretence.audiences)
        await self._looked_at(live, [Ask(placement=_id(each)) for each in live], others)

    async def _looked_at(self, each: Sequence[Given], asks: Sequence[Ask], pretence: Pretence) -> None:
        for decision, answered in await self._decided(each, asks, pretence):
            for proposition in decision.propositions:
                place = answered[proposition.ask]
                takes_all = place.placement is not None and place.placement.activities == "all"
                known = {one.activity for one in place.propositions}
                if proposition.items and proposition.activity not in known and (takes_all or not known):
                    _add(place, decision, proposition)

    def _found(self, asked: Asked) -> Iterator[Given]:
        if asked.kind == "view":
            yield from self._views(asked)
        else:
            yield self._at(asked, self._places.page() if asked.kind == "page" else self._places.mbox(asked.name))

    def _views(self, asked: Asked) -> Iterator[Given]:
        """A view, or all where none is named; each once a request."""
        for placement in [self._places.view(asked.name)] if asked.name else self._places.views():
            if placement is not None and placement.id not in self._viewed:
                self._viewed.add(placement.id)
                yield self._at(msgspec.structs.replace(asked, name=view_name(placement)), placement)

    def _at(self, asked: Asked, placement: Placement | None) -> Given:
        return Given(asked, placement if placement is not None and self._places.answered(placement) else None)

    async def _decided(
        self, places: Sequence[Given], asks: Sequence[Ask], pretence: Pretence | None
    ) -> list[tuple[Decision, Sequence[Given]]]:
        """One decision, or several where one cannot have so many asks, each with the places that it answers."""
        most = self._house.settings.max_asks
        made = []
        for begin in range(0, len(asks), most):
            answered = places[begin : begin + most]
            whole = [
                self._with_context(ask, place, begin + index)
                for index, (ask, place) in enumerate(zip(asks[begin : begin + most], answered, strict=True))
            ]
            decision = await self._house.decisioning.decide(
                self._workspace, self._request(whole, pretence), explain=self._explain
            )
            made.append((decision, answered))
        return made

    def _with_context(self, ask: Ask, place: Given, index: int) -> Ask:
        asked = place.asked
        return msgspec.structs.replace(
            ask,
            id=f"{index}:{asked.kind}:{asked.name}"[:128],
            context=Context(members=said_of(asked.details)),
            displayed=not asked.prefetch,
        )

    def _request(self, asks: list[Ask], pretence: Pretence | None) -> Request:
        said, visitor = self._said, self._visitor
        return Request(
            asks=asks,
            identities=visitor.identities,
            unit=visitor.unit,
            session=said.session,
            impression=said.impression,
            languages=said.languages,
            property=said.property,
            context=Context(members=dict(said.facts)),
            duplicates=Duplicates(across_activities=True, across_placements=True),
            pretend=pretence,
            unfilled=["macros"],
        )


def said_of(details: Details) -> dict[str, Any]:
    """What rules see of one place: its parameters as `context.mbox`, its order, its product, its own page."""
    members: dict[str, Any] = {"mbox": facts.with_lower_case(facts.nested(details.parameters))}
    if details.order is not None:
        total = details.order.total
        members["order"] = {
            "id": details.order.id,
            "total": None if total is None else float(total),
            "purchasedProductIds": details.order.products,
        }
    if details.product:
        members["product"] = dict(details.product)
    if details.address is not None:
        members |= facts.pages(details.address)
    return members


def _id(given: Given) -> str:
    return given.placement.id if given.placement is not None else ""


def _add(place: Given, decision: Decision, proposition: Proposition) -> None:
    place.decision = decision
    place.propositions = [*place.propositions, proposition]
