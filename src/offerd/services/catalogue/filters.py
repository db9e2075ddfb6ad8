"""Filters of objects: what a member must be, judged on the objects themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec

from offerd.model import codec, json
from offerd.services.catalogue.asking import Path, Predicate
from offerd.services.errors import Unprocessable

Op: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">=", "~", "exists"]

#: Longer ones first, since one may begin another.
OPS: tuple[Op, ...] = ("!=", "<=", ">=", "=", "<", ">", "~")

#: What a path has not that stands alone: with it, an operator was meant that there is not.
_NO_PATH = re.compile(r"[\s?!]")


class Filter(NamedTuple):
    """What a member must be.

    Attributes:
        path: dotted names as in the document: `window.until`, `attributes.margin`. Of a list, any element may do.
        op: `=`, `!=`, `<`, `<=`, `>`, `>=`, `~` (contains: text in text without regard to case, an element of a
            list, a key of an object) or `exists`.
        value: what to compare with; text is read as what the member is: a number, an instant, a boolean.
    """

    path: str
    op: Op
    value: Any = True


def parse_filter(text: str) -> Filter:
    """Reads `path op value`, such as `status=approved`, `attributes.margin>=4` or, for `exists`, `window.until`.

    Raises:
        Unprocessable: it has no path, or an operator that there is not.
    """
    found = [(at, -len(op), op) for op in OPS if (at := text.find(op)) >= 0]
    at, _, op = min(found, default=(len(text), 0, "exists"))
    path, value = text[:at].strip(), text[at + len(op) :].strip()
    if not path or (not found and _NO_PATH.search(path)):
        raise Unprocessable(f"{text!r} is no filter: expected a path, one of {' '.join(OPS)}, and a value")
    return Filter(path, op, value) if found else Filter(path, "exists")


def values(thing: Any, path: Sequence[str]) -> Iterator[Any]:
    """What a dotted path leads to; through a list, to each of its elements' values."""
    if not path:
        yield thing
    elif isinstance(thing, msgspec.Struct):
        name = _names(type(thing)).get(path[0])
        if name is not None:
            yield from values(getattr(thing, name), path[1:])
        else:
            yield from values(getattr(thing, "unknown", {}), path)
    elif isinstance(thing, Mapping):
        if path[0] in thing:
            yield from values(thing[path[0]], path[1:])
        elif len(path) > 1:  # a key may itself have dots
            yield from values(thing, (f"{path[0]}.{path[1]}", *path[2:]))
    elif isinstance(thing, list):
        for item in thing:
            yield from values(item, path)


@cache
def _names(struct: type[msgspec.Struct]) -> dict[str, str]:
    return {field.encode_name: field.name for field in msgspec.structs.fields(struct) if field.name != "unknown"}


def predicate(one: Filter) -> Predicate:
    """What a filter wants, as an index asks it of a kind's objects."""
    names = tuple(one.path.split("."))
    path = Path(("filter", names), lambda thing: tuple(values(thing, names)) or None)
    key = (one.op, json.dumps(one.value))
    if one.op == "exists":
        return Predicate(key, path, _is_something, negated=one.value in {False, "false"})
    if one.op == "~":
        return Predicate(key, path, lambda seen: _contains(seen, one.value))
    negated, op = one.op == "!=", "=" if one.op == "!=" else one.op
    return Predicate(key, path, lambda seen: _any_holds(seen, op, one.value), negated)


def _is_something(seen: Any) -> bool:
    return seen not in (None, [], {}, "")


def _any_holds(seen: Any, op: Op, wanted: Any) -> bool:
    """Whether a value holds, or of a list any element."""
    return any(_holds(each, op, wanted) for each in seen) if isinstance(seen, list) else _holds(seen, op, wanted)


def _contains(seen: Any, wanted: Any) -> bool:
    if isinstance(seen, str):
        return str(wanted).casefold() in seen.casefold()
    if isinstance(seen, list):
        return any(_holds(item, "=", wanted) for item in seen)
    return isinstance(seen, Mapping) and wanted in seen


def _holds(seen: Any, op: Op, wanted: Any) -> bool:
    pair = _comparable(seen, wanted)
    if pair is None:
        return False
    left, right = pair
    if op == "=":
        return bool(left == right)
    less, equal = left < right, left == right
    return bool({"<": less, "<=": less or equal, ">": not less and not equal, ">=": not less}[op])


def _comparable(seen: Any, wanted: Any) -> tuple[Any, Any] | None:
    """Both values as one type, which is that of what is seen; None where they cannot be compared."""
    if isinstance(seen, bool):
        asked = {"true": True, "false": False}.get(wanted) if isinstance(wanted, str) else wanted
        return (seen, asked) if isinstance(asked, bool) else None
    if isinstance(seen, (int, float, Decimal)):
        left, right = json.decimal(seen), json.decimal(wanted)
        return None if left is None or right is None else (left, right)
    if isinstance(seen, datetime):
        moment = _moment(wanted)
        return (seen, moment) if moment else None
    if isinstance(seen, str):
        return (seen, wanted if isinstance(wanted, str) else json.dumps(wanted).decode())
    return None


class _Moment(msgspec.Struct):
    at: datetime


def _moment(wanted: Any) -> datetime | None:
    try:
        return codec.build(_Moment, {"at": wanted}).at
    except codec.Invalid:
        return None
