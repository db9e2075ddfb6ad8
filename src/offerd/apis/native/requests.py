"""Reading what clients send: the short forms of the native API, and members that are spelled wrongly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from offerd.apis.operation import Call
from offerd.model import codec
from offerd.model.base import Part
from offerd.model.codec import Fault, Invalid
from offerd.services.workspaces import zone_of

T = TypeVar("T", bound=msgspec.Struct)


def mapping(tree: Any, at: str = "") -> Mapping[str, Any]:
    """The tree, which must be an object.

    Raises:
        Invalid: it is something else.
    """
    if not isinstance(tree, Mapping):
        raise Invalid(Fault(at, "expected an object"))
    return tree


def read(call: Call, struct: type[T], tree: Any) -> T:
    """A Struct of a request, in which a member that is not known is a mistake.

    Identities may be written as a list, or as an object of the id in each namespace.

    Args:
        call: for the workspace's zone, which bare dates are in.
        struct: what to make.
        tree: the body, or a piece of it.

    Raises:
        Invalid: with a pointer to everything that is wrong.
    """
    zone = zone_of(call.house.workspaces.get(call.workspace))
    made = codec.build(struct, identities(tree), zone=zone)
    if faults := list(_unknown(made, "")):
        raise Invalid(*faults)
    return made


def identities(tree: Any) -> Any:
    """The tree with its `identities` as a list, where they are an object of the id in each namespace."""
    if isinstance(tree, Mapping) and isinstance(tree.get("identities"), Mapping):
        named = tree["identities"].items()
        return {**tree, "identities": [{"namespace": namespace, "id": id_} for namespace, id_ in named]}
    return tree


def _unknown(thing: Any, at: str) -> Iterator[Fault]:
    if isinstance(thing, list):
        for index, item in enumerate(thing):
            yield from _unknown(item, f"{at}/{index}")
        return
    if isinstance(thing, Part) and thing.unknown:
        known = f"is not a known member; known are {_known(type(thing))}"
        yield from (Fault(codec.pointer(at, name), known) for name in thing.unknown)
    struct: Any = type(thing)
    for name, encoded in _holders(struct):
        value = getattr(thing, name)
        if value is not None:
            yield from _unknown(value, f"{at}/{encoded}")


@lru_cache(maxsize=256)
def _holders(struct: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    """The members that hold Structs, by their names here and on the wire."""
    fields = msgspec.structs.fields(struct)
    return tuple((field.name, field.encode_name) for field in fields if _holds_struct(field.type))


def _holds_struct(kind: Any) -> bool:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return True
    return get_origin(kind) is not dict and any(_holds_struct(part) for part in get_args(kind))


def _known(struct: type[Part]) -> str:
    hidden = {"(unknown)", "extensions"}
    return ", ".join(name for name in struct.__struct_encode_fields__ if name not in hidden)
