"""Views: what wire formats add to an offer and a person as rules see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from offerd.engine.situation import Person
from offerd.model.offer import Offer

if TYPE_CHECKING:
    from typing import Self

OfferView = Callable[[Offer], Mapping[str, Any]]
PersonView = Callable[[frozenset[str]], Mapping[str, Any]]


class Views(msgspec.Struct, frozen=True):
    """Members under other names than the model's; where both have one, the model's stays. Each is a pure function.

    Attributes:
        offers: what an offer has beside its own.
        people: what a person in these imported audiences has beside the profile's attributes.
    """

    offers: tuple[OfferView, ...] = ()
    people: tuple[PersonView, ...] = ()

    def plus(self, other: Views) -> Self:
        """These and others."""
        return type(self)((*self.offers, *other.offers), (*self.people, *other.people))

    def offer(self, offer: Offer, own: dict[str, Any]) -> dict[str, Any]:
        """An offer as rules see it."""
        for view in self.offers:
            own = {**view(offer), **own}
        return own

    def person(self, person: Person) -> Mapping[str, Any]:
        """A person's attributes as rules see them."""
        seen = person.attributes
        for view in self.people:
            more = view(person.memberships)
            if more:
                seen = {**more, **seen}
        return seen


#: Nothing beside the model's own.
NONE = Views()
