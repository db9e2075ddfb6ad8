"""Lists: an envelope with the total, and a page of what passes the filters, in the order that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from offerd.apis.errors import BadParameter
from offerd.model import json

#: How many a list gives to who does not say.
ALL = 2_147_483_647

_MOST_FIELDS = 100


class Asked(msgspec.Struct, frozen=True):
    """What a query asks of a list.

    Attributes:
        limit: the most that are given.
        offset: how many are skipped.
        order: fields, each with whether it is descending.
        filters: by field, the texts of which one must hold.
    """

    limit: int = ALL
    offset: int = 0
    order: tuple[tuple[str, bool], ...] = ()
    filters: Mapping[str, tuple[str, ...]] = {}


def asked(search: str, fields: Sequence[str]) -> Asked:
    """What a query asks.

    Args:
        search: the query as it was sent.
        fields: those that may be filtered and sorted by.

    Raises:
        BadParameter: a field is unknown, or a number none.
    """
    try:
        pairs = parse_qsl(search, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise BadParameter("query", f"is not percent-encoded UTF-8 of at most {_MOST_FIELDS} fields") from None
    numbers = {"limit": ALL, "offset": 0}
    order: list[tuple[str, bool]] = []
    filters: dict[str, tuple[str, ...]] = {}
    for name, text in pairs:
        if name in numbers:
            numbers[name] = _number(name, text)
        elif name == "sortBy":
            order += [_key(part.strip(), fields) for part in text.split(",")]
        elif name not in fields:
            raise BadParameter(name, f"is not a field of this list; it has {', '.join(fields)}")
        else:
            texts = text.split(",") if name == "workspace" else [text]
            filters[name] = (*filters.get(name, ()), *texts)
    return Asked(limit=numbers["limit"], offset=numbers["offset"], order=tuple(order), filters=filters)


def envelope(name: str, items: Iterable[dict[str, Any]], wanted: Asked) -> dict[str, Any]:
    """The list of what passes.

    Args:
        name: of the collection.
        items: all there are.
        wanted: what the query asks.

    Raises:
        BadParameter: a range of dates is none.
    """
    found = [item for item in items if all(_passes(item, field, texts) for field, texts in wanted.filters.items())]
    for field, descending in reversed(wanted.order):
        there = [item for item in found if item.get(field) is not None]
        there.sort(key=lambda item: _rank(item[field]), reverse=descending)
        found = there + [item for item in found if item.get(field) is None]
    page = found[wanted.offset : wanted.offset + wanted.limit]
    return {"total": len(found), "offset": wanted.offset, "limit": wanted.limit, name: page}


def _passes(item: Mapping[str, Any], field: str, texts: Sequence[str]) -> bool:
    """Whether one of the texts holds of a field; those with `!` must all hold."""
    value = item.get(field)
    refused = [text[1:] for text in texts if text.startswith("!")]
    wanted = [text for text in texts if not text.startswith("!")]
    if any(_is(value, field, text) for text in refused):
        return False
    return not wanted or any(_is(value, field, text) for text in wanted)


def _is(value: Any, field: str, text: str) -> bool:
    if isinstance(value, list):
        return any(_is(each, field, text) for each in value)
    if field.endswith("At") and "/" in text:
        return _within(value, field, text)
    return _written(value) == text


def _within(value: Any, field: str, text: str) -> bool:
    start, _, end = text.partition("/")
    at = None if value is None else _instant(field, value)
    first, last = (_instant(field, part) if part else None for part in (start, end))
    return at is not None and (first is None or first <= at) and (last is None or at <= last)


def _instant(field: str, text: Any) -> datetime:
    try:
        at = datetime.fromisoformat(str(text))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadParameter(field, "expected start/end, both dates or times such as 2026-01-01T00:00:00Z") from None


def _written(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value).decode()


def _rank(value: Any) -> tuple[int, Any]:
    """What a value sorts by: numbers before text, text without regard to case."""
    if isinstance(value, (int, float)):
        return 0, value
    return 1, _written(value).casefold()


def _key(text: str, fields: Sequence[str]) -> tuple[str, bool]:
    field = text.removeprefix("-")
    if field not in fields:
        raise BadParameter("sortBy", f"expected one of {', '.join(fields)}, with - before it for the other direction")
    return field, text.startswith("-")


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= ALL):  # noqa: PLR2004 - digits
        raise BadParameter(name, f"expected a whole number from 0 to {ALL}")
    return int(text)
