"""What a codec is: the members of one resource from the model, and the model from its members."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from offerd.apis.journey_optimizer.codecs.context import Context
from offerd.apis.journey_optimizer.codecs.reading import Reader, merge, own, shown, visible
from offerd.apis.journey_optimizer.names import Resource
from offerd.apis.journey_optimizer.shapes import Shape
from offerd.model.base import Object

#: The value of a member in an object; None where it is absent.
Encode = Callable[[Any, Context], Any]


def everything(_thing: Any) -> bool:
    """A resource that shows each object of its kind."""
    return True


class Codec(msgspec.Struct, frozen=True, kw_only=True):
    """One resource's codec.

    Attributes:
        resource: whose.
        shape: its members' names in both dialects.
        members: how each member is said by the model, by canonical name.
        decode: makes the model's object, without what every object has; `old` is what is replaced.
        instants: canonical dotted paths of members that are instants.
        direct: what reads members that are the same in both dialects, by canonical dotted path; a path that ends with
            `.` is that of a map, whose reader is given the key.
        rules: canonical pointers for pointers into the model, the longest first.
        shows: whether an object can be shown as this resource.
        text: what a search without fields looks in.
        more: members whose names the object itself says.
        shelf: where what only this resource knows is kept, where another resource shows the same kind.
    """

    resource: Resource
    shape: Shape
    members: Mapping[str, Encode]
    decode: Callable[[Reader, Any], Object]
    instants: Mapping[str, Callable[[Any], Any]] = {}
    direct: Mapping[str, Callable[..., Any]] = {}
    rules: Mapping[str, str] = {}
    shows: Callable[[Any], bool] = everything
    text: Callable[[Any], tuple[str, ...]] = lambda thing: (thing.name or thing.id, thing.description)
    more: Callable[[Any], Mapping[str, Any]] | None = None
    shelf: str = ""

    def encode(self, thing: Object, context: Context) -> dict[str, Any]:
        """An object as a canonical tree, without what every object has."""
        said = {name: encode(thing, context) for name, encode in self.members.items()}
        if self.more is not None:
            said = {**self.more(thing), **said}
        return shown(said, thing, self.shape, context, self.shelf)

    def member(self, name: str) -> Callable[[Any, Context], Any]:
        """What gives one member of an object, without the others."""
        encode = self.members.get(name)

        def value(thing: Object, context: Context) -> Any:
            said = None if encode is None else encode(thing, context)
            if encode is None and self.more is not None:
                said = self.more(thing).get(name)
            kept = own(thing, self.shelf).get(name)
            if kept is None or (said is not None and not isinstance(kept, dict)):
                return said
            return merge(visible({name: kept}, self.shape, context), {} if said is None else {name: said}).get(name)

        return value


def described(old: Object | None) -> dict[str, Any]:
    """What every object has and a write through this format leaves as it is."""
    if old is None:
        return {}
    return {"id": old.id, "ids": old.ids, "unknown": old.unknown}
