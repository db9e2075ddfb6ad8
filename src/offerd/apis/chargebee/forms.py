"""Forms as trees: `roles[0]=a`, `custom[plan][tier]=gold`, `custom={"plan":{"tier":"gold"}}`."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from offerd.apis.chargebee.problems import Rejected, wrong
from offerd.model import json

#: The member whose value may be one text of JSON, and whose parts may be numbers and truths.
_JSON = "custom"

_MOST_FIELDS = 1_000
_NAME = re.compile(r"(?P<root>[^\[\]]+)(?P<rest>(?:\[[^\[\]]*\])*)")
_LITERAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?|true|false|null")


def tree_of(text: str, depth: int) -> dict[str, Any]:
    """The members of a form.

    Args:
        text: as it was sent.
        depth: how deeply it may nest.

    Raises:
        Rejected: it is no form, has too many fields, or says two things of one name.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        message = f"The body is not a percent-encoded form in UTF-8 of at most {_MOST_FIELDS} fields"
        raise Rejected("invalid_request", message) from None
    made: dict[str, Any] = {}
    for name, value in pairs:
        _put(made, _steps(name, depth), _value(name, value, depth), name)
    return {name: _listed(value) for name, value in made.items()}


def _steps(name: str, depth: int) -> list[str]:
    found = _NAME.fullmatch(name)
    if found is None:
        return [name]
    steps = [found["root"], *(part[:-1] for part in found["rest"].split("[")[1:])]
    if len(steps) > depth:
        raise wrong(steps[0], "is nested too deeply")
    return steps


def _value(name: str, value: str, depth: int) -> Any:
    """A field's value: what stands below `custom` may be a number, a truth or nothing, and not only text."""
    if name == _JSON:
        try:
            return json.loads(value.encode(), depth=depth) if value.strip() else {}
        except json.Malformed as error:
            raise wrong(name, f"is not JSON: {error}") from None
    if name.startswith(f"{_JSON}[") and _LITERAL.fullmatch(value):
        return json.loads(value.encode())
    return value


def _put(tree: dict[str, Any], steps: list[str], value: Any, name: str) -> None:
    *way, last = steps
    for step in way:
        below = tree.setdefault(step or str(len(tree)), {})
        if not isinstance(below, dict):
            raise wrong(steps[0], f"says two things of {name[:100]}")
        tree = below
    last = last or str(len(tree))
    if last in tree:
        raise wrong(steps[0], f"says two things of {name[:100]}")
    tree[last] = value


def _listed(value: Any) -> Any:
    """A tree in which what is numbered from 0, in whatever order, is a list."""
    if not isinstance(value, dict):
        return value
    below = {name: _listed(each) for name, each in value.items()}
    numbers = [str(index) for index in range(len(below))]
    return [below[each] for each in numbers] if below and below.keys() == set(numbers) else below
