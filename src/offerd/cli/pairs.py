"""Options of the form `name=value`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from offerd.cli.failure import Exit, Failure
from offerd.model import json


def pairs(option: str, given: Iterable[str]) -> list[tuple[str, str]]:
    """Each option's name and value.

    Raises:
        Failure: one has no `=`, or nothing before it.
    """
    split = [each.partition("=") for each in given]
    for name, sign, value in split:
        if not name or not sign:
            raise Failure(f"{option} {name}{sign}{value}: expected NAME=VALUE", Exit.USAGE)
    return [(name, value) for name, _, value in split]


def members(option: str, given: Iterable[str]) -> dict[str, Any]:
    """An object of the options: `cart.total=40` is `{"cart": {"total": 40}}`.

    A value that is JSON is that value, any other is text: `hour=18` is a number, `hour='"18"'` a text.

    Raises:
        Failure: one is no pair, or goes through what another made a plain value.
    """
    made: dict[str, Any] = {}
    for path, text in pairs(option, given):
        *folders, name = path.split(".")
        inside = made
        for folder in folders:
            inside = inside.setdefault(folder, {})
            if not isinstance(inside, dict):
                raise Failure(f"{option} {path}: {folder} is a value already", Exit.USAGE)
        inside[name] = value(text)
    return made


def value(text: str) -> Any:
    """The JSON value of a text, else the text."""
    try:
        return json.loads(text)
    except json.Malformed:
        return text
