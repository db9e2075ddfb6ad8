"""Columns, orders and words of a kind's objects, kept up with the catalogue, so that any list costs little.

Wire formats list objects by members of their own. Each member that a list asks for becomes a column, each order a
sorted list, each searched text a table of words: made when first asked for, then only corrected where objects
changed.
"""

from __future__ import annotations

from asyncio import Lock, to_thread
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, TypeVar

from offerd.model.base import Object
from offerd.services import collector
from offerd.services.catalogue.asking import Key, Path, Predicate, Search, Slice
from offerd.services.catalogue.columns import Column, Order, Tested, Words

T = TypeVar("T")

#: Columns, orders and tables of words that are kept, each; those that were not used for longest go first.
KEPT = 64

#: Objects above which what a list needs is made in a thread, so that decisions are answered meanwhile.
MANY = 2_000

#: When more than one object in so many changed, an order is sorted anew instead of corrected.
_FEW = 8


class Index:
    """What makes lists of one kind cheap."""

    def __init__(self) -> None:
        self._seen: Mapping[str, Object] = {}
        self._slots: dict[str, int] = {}
        self._things: list[Object | None] = []
        self._free: list[int] = []
        self._columns: _Kept[Column] = _Kept()
        self._orders: _Kept[Order] = _Kept()
        self._words: _Kept[Words] = _Kept()
        self._found: _Kept[Tested] = _Kept()
        self._lock = Lock()

    def follow(self, objects: Mapping[str, Object], changed: Iterable[str] | None = None) -> Index:
        """Takes in what changed; costs nothing where `objects` is the mapping it saw last.

        Args:
            objects: all of the kind, by id; a mapping that never changes.
            changed: the ids of all that were put or taken away since the mapping it saw last; None looks for them.
        """
        if objects is self._seen:
            return self
        seen = self._seen
        if changed is None:
            changed = {id_ for id_, thing in objects.items() if seen.get(id_) is not thing} | (
                seen.keys() - objects.keys()
            )
        put = {id_: objects[id_] for id_ in changed if id_ in objects}
        gone = [id_ for id_ in changed if id_ not in objects and id_ in self._slots]
        self._seen = objects
        if (len(put) + len(gone)) * _FEW > len(objects):
            self._orders.clear()
        touched = {self._slots[id_] for id_ in (*put, *gone) if id_ in self._slots}
        for order in self._orders.values():
            order.take_out(touched)
        self._store(put, gone)
        slots = {self._slots[id_] for id_ in put}
        self._refresh(slots, touched - slots)
        for order in self._orders.values():
            order.put_in(slots)
        return self

    async def ready(self, tests: Sequence[Predicate], search: Search | None, order: Sequence[Key]) -> None:
        """Has a thread make what a page needs and is not there, where there are many objects.

        It is of no use after a write that comes in between; then the page makes what it needs, while everything waits.

        Args:
            tests: as of the page.
            search: as of the page.
            order: as of the page.
        """
        if len(self._things) < MANY:
            return
        async with self._lock:
            if self._has(tests, search, order):
                return
            seen, aside = self._seen, self._copy()
            try:
                with collector.waiting():
                    await to_thread(aside.page, tests, search, order, after=None, limit=1)
            except Exception:  # noqa: BLE001 - a write came in between; if it was something else, the page meets it too
                return
            if self._seen is seen:
                self._adopt(aside)

    def page(
        self,
        tests: Sequence[Predicate],
        search: Search | None,
        order: Sequence[Key],
        *,
        after: Sequence[Any] | None,
        limit: int,
    ) -> Slice:
        """A page of the objects that match.

        Args:
            tests: all of which must hold.
            search: words that must be there.
            order: what they are sorted by; the last member must be another one for each object.
            after: the values of the order's members behind which the page begins; None for the first page.
            limit: how many objects it has at most.
        """
        matching = self._matching(tests, search)
        sorted_ = self._order(order)
        start = 0 if after is None else sorted_.behind(after)
        if matching is None:
            chosen = sorted_.slots[start : start + limit + 1]
            total, before = len(sorted_.slots), start
        else:
            total = len(matching)
            before = sum(slot in matching for slot in sorted_.slots[:start]) if start else 0
            chosen = list(_first(sorted_.slots, start, matching, min(limit + 1, total - before)))
        found = [thing for slot in chosen if (thing := self._things[slot]) is not None]
        return Slice(found[:limit], total, before, found[limit] if len(found) > limit else None)

    def back(
        self, tests: Sequence[Predicate], search: Search | None, order: Sequence[Key], *, place: int
    ) -> Object | None:
        """The object at a place, counted from 0, among those that match."""
        matching, sorted_ = self._matching(tests, search), self._order(order)
        if matching is None:
            slots = sorted_.slots[place : place + 1]
        else:
            slots = [slot for slot in sorted_.slots if slot in matching][place : place + 1]
        return self._things[slots[0]] if slots else None

    def _has(self, tests: Sequence[Predicate], search: Search | None, order: Sequence[Key]) -> bool:
        """Whether everything is there that a page needs."""
        paths = [*(test.path for test in tests), *(key.path for key in order)]
        return (
            all((known := self._columns.get(path.key)) is not None and known.given is path.given for path in paths)
            and all(_name_of(test) in self._found for test in tests)
            and _names_of(order) in self._orders
            and (search is None or search.text.key in self._words)
        )

    def _copy(self) -> Index:
        """Another index of the same objects, which shares what was made and adds to it without a trace here."""
        made = Index()
        made._seen, made._slots, made._things = self._seen, dict(self._slots), list(self._things)
        made._columns, made._orders = _Kept(self._columns), _Kept(self._orders)
        made._words, made._found = _Kept(self._words), _Kept(self._found)
        return made

    def _adopt(self, made: Index) -> None:
        """Takes over what a copy has made."""
        self._columns, self._orders, self._words, self._found = made._columns, made._orders, made._words, made._found

    def _store(self, changed: Mapping[str, Object], gone: Iterable[str]) -> None:
        for id_ in gone:
            slot = self._slots.pop(id_)
            self._things[slot] = None
            self._free.append(slot)
        for id_, thing in changed.items():
            known = self._slots.get(id_)
            if known is not None:
                self._things[known] = thing
            elif self._free:
                self._slots[id_] = slot = self._free.pop()
                self._things[slot] = thing
            else:
                self._slots[id_] = len(self._things)
                self._things.append(thing)

    def _refresh(self, put: Iterable[int], gone: Iterable[int]) -> None:
        listed = [*put, *gone]
        for column in self._columns.values():
            column.correct(self._things, listed)
        for table in self._words.values():
            table.correct(self._things, listed)
        for tested in self._found.values():
            tested.correct(put, gone)

    def _column(self, path: Path) -> Column:
        column = self._columns.used(path.key)
        if column is None or column.given is not path.given:
            column = self._columns.keep(path.key, Column(path, self._things))
        return column

    def _order(self, keys: Sequence[Key]) -> Order:
        name = _names_of(keys)
        columns = [self._column(key.path) for key in keys]
        order = self._orders.used(name)
        if order is None or any(mine is not now for mine, now in zip(order.columns, columns, strict=True)):
            fresh = Order(columns, [key.descending for key in keys], list(self._slots.values()))
            order = self._orders.keep(name, fresh)
        return order

    def _matching(self, tests: Sequence[Predicate], search: Search | None) -> Set[int] | None:
        """The slots that match; None for all."""
        if not tests and search is None:
            return None
        found: Set[int] | None = None
        for test in tests:
            these = self._tested(test)
            found = these if found is None else found & these
        if search is not None:
            these = self._searched(search)
            found = these if found is None else found & these
        return found

    def _tested(self, test: Predicate) -> Set[int]:
        name, column = _name_of(test), self._column(test.path)
        found = self._found.used(name)
        if found is None or found.column is not column:
            found = self._found.keep(name, Tested(test, column, self._slots.values()))
        return found.slots

    def _searched(self, search: Search) -> frozenset[int]:
        table = self._words.used(search.text.key)
        if table is None:
            table = self._words.keep(search.text.key, Words(search.text, self._things))
        return table.found(search)


def _name_of(test: Predicate) -> Hashable:
    return (test.path.key, test.key, test.negated)


def _names_of(keys: Sequence[Key]) -> Hashable:
    return tuple((key.path.key, key.descending) for key in keys)


def _first(slots: Sequence[int], start: int, matching: Set[int], count: int) -> Iterator[int]:
    for slot in slots[start:]:
        if count <= 0:
            return
        if slot in matching:
            count -= 1
            yield slot


class _Kept(OrderedDict[Hashable, T]):
    """The last few things that were used, by name."""

    def used(self, name: Hashable) -> T | None:
        """A thing that is about to be used; None where there is none."""
        if name not in self:
            return None
        self.move_to_end(name)
        return self[name]

    def keep(self, name: Hashable, thing: T) -> T:
        """Keeps a thing, and lets the ones go that were not used for longest."""
        self[name] = thing
        self.move_to_end(name)
        while len(self) > KEPT:
            self.popitem(last=False)
        return thing
