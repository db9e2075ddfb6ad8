"""One step of a path: into a map by name, through a list element by element. Nothing else can be looked into."""

from __future__ import annotations

from typing import Any

from offerd.pql.scope import Scope
from offerd.pql.values import is_list, is_map


def lookup(value: Any, name: str, scope: Scope, prefixed: bool = True) -> Any:
    """Follow one name from a value.

    Args:
        value: where the path has got to.
        name: the name after the dot.
        scope: pays one step for each element that is passed through.
        prefixed: a member that is stored with the prefix `xdm:` is found without it.

    Returns:
        A map's member; for a list the members of its elements, flattened depth first, nulls left out;
        null for anything else.
    """
    if is_map(value):
        found = value.get(name)
        return value.get("xdm:" + name) if found is None and prefixed else found
    if is_list(value):
        out: list[Any] = []
        _collect(value, name, scope, prefixed, out)
        return out
    return None


def _collect(values: list[Any] | tuple[Any, ...], name: str, scope: Scope, prefixed: bool, out: list[Any]) -> None:
    for each in values:
        scope.spend(1)
        if is_list(each):
            _collect(each, name, scope, prefixed, out)
        else:
            flatten(lookup(each, name, scope, prefixed), scope, out)


def flatten(value: Any, scope: Scope, out: list[Any]) -> None:
    """Add a value to a list: the elements of a list, depth first; nothing for null."""
    if is_list(value):
        for each in value:
            scope.spend(1)
            flatten(each, scope, out)
    elif value is not None:
        out.append(value)


def item(scope: Scope, key: str) -> Any:
    """Find a typed item of the context, whichever side says the version of the type."""
    items = scope.items
    if key in items:
        return items[key]
    base = unversioned(key)
    if base != key:
        return items.get(base)
    return next((value for each, value in items.items() if unversioned(each) == base), None)


def unversioned(key: str) -> str:
    """Leave out the `;version=n` of a type's name."""
    return key.partition(";")[0].rstrip()
