"""Reading what clients of the runtime send: members with or without their prefix, identities, context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from offerd.apis.errors import HttpError
from offerd.model.person import Identity
from offerd.model.request import Context

T = TypeVar("T")

_PREFIX = "xdm:"
_LONGEST_ID = 1_024
_LONGEST_NAMESPACE = 255


class Malformed(HttpError):
    """A request whose parts are not what they must be."""

    code = "bad-request"
    status = 400


def member(tree: Mapping[str, Any], name: str) -> Any:
    """A member, with its prefix or without; None where it is not there."""
    found = tree.get(_PREFIX + name)
    return tree.get(name) if found is None else found


def typed(tree: Mapping[str, Any], name: str, kind: type[T], at: str = "") -> T | None:
    """A member that must be of a type where it is there.

    Raises:
        Malformed: it is of another type.
    """
    value = member(tree, name)
    if value is None:
        return None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise Malformed(f"{at}{_PREFIX}{name} is not {_KINDS[kind]}")
    return value


_KINDS = {str: "text", int: "a whole number", bool: "true or false", list: "a list", dict: "an object"}


def needed(tree: Mapping[str, Any], name: str, kind: type[T], at: str = "") -> T:
    """A member that must be there.

    Raises:
        Malformed: it is missing, or of another type.
    """
    value = typed(tree, name, kind, at)
    if value is None:
        raise Malformed(f"{at}{_PREFIX}{name} is missing")
    return value


def objects(listed: list[Any], at: str) -> Iterator[dict[str, Any]]:
    """The elements of a list, each of which must be an object.

    Raises:
        Malformed: one is something else.
    """
    for index, each in enumerate(listed):
        if not isinstance(each, dict):
            raise Malformed(f"{at}[{index}] is not an object")
        yield each


def identities(by_namespace: Mapping[str, Any]) -> list[Identity]:
    """The identities of an `identityMap`, the primary one first, then in the order in which they were sent.

    Raises:
        Malformed: it is not what it must be.
    """
    primary: list[Identity] = []
    others: list[Identity] = []
    for namespace, listed in by_namespace.items():
        if not isinstance(listed, list) or not namespace or len(namespace) > _LONGEST_NAMESPACE:
            raise Malformed(f"xdm:identityMap.{namespace[:_LONGEST_NAMESPACE]} is not a list of identities")
        for each in objects(listed, f"xdm:identityMap.{namespace}"):
            name = needed(each, "id", str, f"xdm:identityMap.{namespace}.")
            if not 0 < len(name) <= _LONGEST_ID:
                raise Malformed(f"xdm:identityMap.{namespace} holds an id that is empty or too long")
            found = Identity(namespace=namespace, id=name)
            (primary if member(each, "primary") is True else others).append(found)
    return list(dict.fromkeys([*primary, *others]))


def context(listed: list[Any]) -> Context:
    """The context of `xdm:contextData`: items by type, several of one type as a list, names without their prefix.

    Raises:
        Malformed: an item has no type.
    """
    items: dict[str, Any] = {}
    several: set[str] = set()
    for each in objects(listed, "xdm:contextData"):
        kind = each.get("@type")
        if not isinstance(kind, str) or not kind:
            raise Malformed("an item of xdm:contextData has no @type")
        data = unprefixed(member(each, "data"))
        if kind not in items:
            items[kind] = data
        elif kind in several:
            items[kind].append(data)
        else:
            several.add(kind)
            items[kind] = [items[kind], data]
    return Context(items=items)


def unprefixed(value: Any) -> Any:
    """A value whose members have lost the prefix `xdm:`, at every depth."""
    if isinstance(value, dict):
        return {name.removeprefix(_PREFIX): unprefixed(each) for name, each in value.items()}
    if isinstance(value, list):
        return [unprefixed(each) for each in value]
    return value
