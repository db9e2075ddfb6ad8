"""`var`: a value found in the data by the names on the way to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

#: Finds or makes a value out of the data.
Value = Callable[[Any], Any]
#: Says whether something holds of the data.
Truth = Callable[[Any], bool]

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_MISSES = (KeyError, TypeError, IndexError)


def variable(path: str, default: Value) -> Value:
    """What finds a value.

    Args:
        path: names with dots between them, and indices of lists and texts; the empty path is the data itself.
        default: gives the value where there is none; null that is found is a value.
    """
    if not path:
        return lambda data: data
    names = path.split(".")
    if len(names) == 1:
        return _of_one(names[0], default)
    return _of_two(names, default) if len(names) == 2 else _of_many(names, default)  # noqa: PLR2004


def _of_one(name: str, default: Value) -> Value:
    careful = _of_many([name], default)

    def find(data: Any) -> Any:
        try:
            return data[name]
        except _MISSES:
            return careful(data)

    return find


def _of_two(names: list[str], default: Value) -> Value:
    root, leaf = names
    careful = _of_many(names, default)

    def find(data: Any) -> Any:
        try:
            return data[root][leaf]
        except _MISSES:
            return careful(data)

    return find


def _of_many(names: list[str], default: Value) -> Value:
    def find(data: Any) -> Any:
        here = data
        for name in names:
            try:
                here = here[name] if isinstance(here, dict) else _element(here, name)
            except _MISSES:
                return default(data)
        return here

    return find


def _element(here: Any, name: str) -> Any:
    if isinstance(here, (list, str)) and _INDEX.fullmatch(name):
        return here[int(name)]
    raise KeyError(name)
