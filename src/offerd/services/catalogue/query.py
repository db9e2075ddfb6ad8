"""Listing objects: filters, search, order and cursors, over the index of their kind."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

from offerd.model import json
from offerd.model.base import Object
from offerd.services.catalogue.asking import Key, Path, Predicate, Search
from offerd.services.catalogue.filters import Filter, parse_filter, predicate, values
from offerd.services.catalogue.index import Index
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


#: Gives the index of a kind, with what makes a list cheap that has these tests, this search and this order.
Listing: TypeAlias = Callable[[Sequence[Predicate], Search | None, Sequence[Key]], Awaitable[Index]]


async def find(listing: Listing, query: Query) -> Page[Object]:
    """A page of objects; none is encoded or copied for it.

    Args:
        listing: gives the index of the kind.
        query: which.

    Raises:
        Unprocessable: the cursor is of another order, or not one.
    """
    order = _Order(query.order)
    tests = [predicate(one) for one in query.filter]
    words = tuple(query.search.casefold().split())
    if words:
        tests.append(Predicate(words, _MENTIONED, lambda text: all(word in text for word in words)))
    after = order.read(query.cursor) if query.cursor else None
    index = await listing(tests, None, order.keys)
    found = index.page(tests, None, order.keys, after=after, limit=query.limit)
    cursor = order.cursor(found.objects[-1]) if found.more is not None and found.objects else None
    return Page(found.objects, cursor, found.total)


def _text(thing: Object) -> str:
    return "\n".join((thing.id, thing.name, thing.description, *getattr(thing, "tags", ()))).casefold()


#: What a search looks in.
_MENTIONED = Path(("mentioned",), _text)

_ID = Key(Path(("listed", "id"), lambda thing: thing.id))

#: Ranks of sorts of value in a cursor; what is absent has none.
_BOOLEAN, _NUMBER, _TEXT, _ABSENT = range(4)


class _Order:
    """An order by paths, then by id; of several values the first counts, and objects without one come last."""

    def __init__(self, text: str) -> None:
        names = [name.strip() for name in text.split(",") if name.strip()]
        self.text = ",".join(names)
        self.keys = (*(_key(name.lstrip("-"), descending=name.startswith("-")) for name in names), _ID)

    def cursor(self, thing: Object) -> str:
        """What finds the place behind an object again, though it may be gone by then."""
        *values, id_ = (key.path.read(thing) for key in self.keys)
        keys = [_written(value) for value in values]
        return base64.urlsafe_b64encode(json.dumps([self.text, keys, id_])).decode().rstrip("=")

    def read(self, cursor: str) -> tuple[Any, ...]:
        """The values behind which a cursor's page begins."""
        try:
            text = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
            order, keys, id_ = msgspec.json.decode(text, type=tuple[str, list[tuple[int, Any]], str])
            places = tuple(_read(rank, value) for rank, value in keys)
        except (ValueError, ArithmeticError, TypeError, msgspec.MsgspecError):
            raise Unprocessable("the cursor is not one that this list gave", "/cursor") from None
        if order != self.text or len(places) != len(self.keys) - 1:
            raise Unprocessable("the cursor belongs to another order", "/cursor")
        return (*places, id_)


def _key(name: str, *, descending: bool) -> Key:
    names = tuple(name.split("."))
    return Key(Path(("listed", names), lambda thing: _sorted(next(values(thing, names), None))), descending)


def _sorted(value: Any) -> Any:
    """A value as it is sorted by: a boolean, an exact number or a text; anything else, and an empty text, is absent."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float, Decimal)):
        return json.decimal(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S.%f}"
    return value or None if isinstance(value, str) else None


def _written(value: Any) -> list[Any]:
    """A sorted value as a cursor tells it."""
    if value is None:
        return [_ABSENT, ""]
    if isinstance(value, bool):
        return [_BOOLEAN, value]
    return [_NUMBER, str(value)] if isinstance(value, Decimal) else [_TEXT, value]


def _read(rank: int, value: Any) -> Any:
    """A value of a cursor, which may be anyone's text."""
    if rank == _ABSENT:
        return None
    if rank == _NUMBER:
        number = Decimal(value)
        if not number.is_finite():
            raise ValueError(value)
        return number
    if not isinstance(value, {_BOOLEAN: bool}.get(rank, str)):
        raise ValueError(rank)
    return value
