"""Listing objects: filters, search, order and cursors, over the objects in memory."""

from __future__ import annotations

import base64
import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec

from offerd.model import json
from offerd.model.base import Object
from offerd.services.catalogue.filters import Filter, parse_filter, test, values
from offerd.services.errors import Unprocessable

__all__ = ["Filter", "Page", "Query", "find", "parse_filter"]

T = TypeVar("T")


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which objects, in which order, and how many.

    Attributes:
        filter: all of which must hold.
        search: words, each of which must be in the id, the name, the description or a tag, in any case.
        order: paths with commas between them, `-` before one for the greatest first; ties go by id.
        limit: how many objects on a page.
        cursor: where the page before ended.
    """

    filter: Sequence[Filter] = ()
    search: str = ""
    order: str = ""
    limit: int = 50
    cursor: str | None = None


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Some of the objects.

    Attributes:
        objects: in order.
        cursor: where the next page begins; None at the end.
        total: how many there are on all pages.
    """

    objects: list[T]
    cursor: str | None
    total: int


def find(objects: Mapping[str, Object], ids: Sequence[str], query: Query) -> Page[Object]:
    """A page of objects; none is encoded or copied for it.

    Args:
        objects: by id.
        ids: their ids in order.
        query: which.

    Raises:
        Unprocessable: the cursor is of another order, or not one.
    """
    order = _Order(query.order)
    after = order.read(query.cursor) if query.cursor else None
    matching = _matching(objects, ids, query)
    if order.paths:
        chosen, total = _chosen(matching, order, after, query.limit)
    else:
        found = list(matching)
        total = len(found)
        start = 0 if after is None else _first_after(found, after.id)
        chosen = found[start : start + query.limit + 1]
    page = chosen[: query.limit]
    cursor = order.cursor(page[-1]) if len(chosen) > len(page) and page else None
    return Page(page, cursor, total)


def _chosen(matching: Iterable[Object], order: _Order, after: _Place | None, limit: int) -> tuple[list[Object], int]:
    total = 0

    def rest() -> Iterator[tuple[_Place, Object]]:
        nonlocal total
        for thing in matching:
            total += 1
            place = order.place(thing)
            if after is None or after < place:
                yield place, thing

    found = heapq.nsmallest(limit + 1, rest(), key=lambda pair: pair[0])
    return [thing for _, thing in found], total


def _first_after(found: Sequence[Object], id_: str) -> int:
    low, high = 0, len(found)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if found[middle].id > id_ else (middle + 1, high)
    return low


def _matching(objects: Mapping[str, Object], ids: Iterable[str], query: Query) -> Iterator[Object]:
    tests = [test(one) for one in query.filter]
    words = query.search.casefold().split()
    for id_ in ids:
        thing = objects[id_]
        if all(test(thing) for test in tests) and (not words or _mentions(thing, words)):
            yield thing


def _mentions(thing: Object, words: Sequence[str]) -> bool:
    text = "\n".join((thing.id, thing.name, thing.description, *getattr(thing, "tags", ()))).casefold()
    return all(word in text for word in words)


class _Place:
    """Where an object stands in an order."""

    __slots__ = ("_descending", "id", "keys")

    def __init__(self, keys: tuple[tuple[int, Any], ...], id_: str, descending: tuple[bool, ...]) -> None:
        self.keys = keys
        self.id = id_
        self._descending = descending

    def __lt__(self, other: _Place) -> bool:
        for mine, theirs, descending in zip(self.keys, other.keys, self._descending, strict=True):
            if mine != theirs:
                absent = mine[0] == _ABSENT or theirs[0] == _ABSENT
                return mine < theirs if absent or not descending else theirs < mine
        return self.id < other.id


#: Ranks of sorts of value: one sort comes before the next, whatever the values; what is absent comes last.
_BOOLEAN, _NUMBER, _TEXT, _ABSENT = range(4)


class _Order:
    """An order by paths, then by id."""

    def __init__(self, text: str) -> None:
        names = [name.strip() for name in text.split(",") if name.strip()]
        self.text = ",".join(names)
        self._descending = tuple(name.startswith("-") for name in names)
        self.paths = [tuple(name.lstrip("-").split(".")) for name in names]

    def place(self, thing: Object) -> _Place:
        """Where an object stands."""
        return _Place(tuple(_key(next(values(thing, path), None)) for path in self.paths), thing.id, self._descending)

    def cursor(self, thing: Object) -> str:
        """What finds the place behind an object again, though it may be gone by then."""
        place = self.place(thing)
        keys = [[rank, str(value) if rank == _NUMBER else value] for rank, value in place.keys]
        return base64.urlsafe_b64encode(json.dumps([self.text, keys, place.id])).decode().rstrip("=")

    def read(self, cursor: str) -> _Place:
        """The place that a cursor stands for."""
        try:
            text = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
            order, keys, id_ = msgspec.json.decode(text, type=tuple[str, list[tuple[int, Any]], str])
            places = tuple(_read(rank, value) for rank, value in keys)
        except (ValueError, ArithmeticError, TypeError, msgspec.MsgspecError):
            raise Unprocessable("the cursor is not one that this list gave", "/cursor") from None
        if order != self.text or len(places) != len(self.paths):
            raise Unprocessable("the cursor belongs to another order", "/cursor")
        return _Place(places, id_, self._descending)


def _read(rank: int, value: Any) -> tuple[int, Any]:
    """A key of a cursor, which may be anyone's text."""
    if rank == _NUMBER:
        return rank, Decimal(value)
    if not isinstance(value, {_BOOLEAN: bool}.get(rank, str)):
        raise ValueError(rank)
    return rank, value


def _key(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return _BOOLEAN, value
    if isinstance(value, (int, float, Decimal)):
        exact = json.decimal(value)
        return (_ABSENT, "") if exact is None else (_NUMBER, exact)
    if isinstance(value, datetime):
        return _TEXT, f"{value:%Y-%m-%dT%H:%M:%S.%f}"
    if isinstance(value, str) and value:
        return _TEXT, value
    return _ABSENT, ""
