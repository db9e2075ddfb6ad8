"""Columns, orders and words of a kind's objects, kept up with the catalogue, so that any list costs little.

Wire formats list objects by members of their own. Each member that a list asks for becomes a column, each order a
sorted list, each searched text a table of words: made when first asked for, then only corrected where objects
changed.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple, TypeVar

from offerd.model.base import Object

T = TypeVar("T")

#: Columns, orders and tables of words that are kept, each; those that were not used for longest go first.
KEPT = 64

#: When more than one object in so many changed, an order is sorted anew instead of corrected.
_FEW = 8

_WORD = re.compile(r"\w+")

#: Ranks of sorts of value: numbers come before texts.
_RANKS = {bool: 0, int: 1, float: 1, str: 2}


class Path(NamedTuple):
    """A member of objects, as somebody calls it.

    Attributes:
        key: tells it from every other one.
        read: its value in an object: a text, a number, a boolean, a tuple of several of these, or None.
        given: what `read` looks at beside the object; the column is made anew when this is another.
    """

    key: Hashable
    read: Callable[[Object], Any]
    given: object = None


class Key(NamedTuple):
    """One of the members that an order goes by.

    Attributes:
        path: the member; of several values the first counts, and objects without one come last.
        descending: whether the greatest comes first.
    """

    path: Path
    descending: bool = False


class Predicate(NamedTuple):
    """What a member must be.

    Attributes:
        key: tells it from every other test of the member.
        path: the member.
        holds: whether a value will do; of several values one must.
        negated: whether it must not be so.
        absent: what the test is of objects without the member.
        text: whether it is for texts alone; no other value will do.
    """

    key: Hashable
    path: Path
    holds: Callable[[Any], Any]
    negated: bool = False
    absent: bool = False
    text: bool = False


class Phrase(NamedTuple):
    """Words that must stand beside each other.

    Attributes:
        words: in lower case.
    """

    words: tuple[str, ...]


class Search(NamedTuple):
    """Words that a text must hold.

    Attributes:
        text: the text; of several values each is a text of its own.
        phrases: what is looked for.
        all: whether every phrase must be there, or one.
    """

    text: Path
    phrases: tuple[Phrase, ...]
    all: bool


class Slice(NamedTuple):
    """Some of the objects, in order.

    Attributes:
        objects: those of the page.
        total: how many there are on all pages.
        before: how many there are on the pages before.
        more: the first object of the next page; None at the end.
    """

    objects: list[Object]
    total: int
    before: int
    more: Object | None


def words(text: str) -> tuple[str, ...]:
    """The words of a text, in lower case."""
    return tuple(_WORD.findall(text.lower()))


class Index:
    """What makes lists of one kind cheap."""

    def __init__(self) -> None:
        self._seen: Mapping[str, Object] = {}
        self._slots: dict[str, int] = {}
        self._things: list[Object | None] = []
        self._free: list[int] = []
        self._columns: _Kept[_Column] = _Kept()
        self._orders: _Kept[_Order] = _Kept()
        self._words: _Kept[_Words] = _Kept()
        self._found: _Kept[_Tested] = _Kept()

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

    def _column(self, path: Path) -> _Column:
        column = self._columns.used(path.key)
        if column is None or column.given is not path.given:
            column = self._columns.keep(path.key, _Column(path, self._things))
        return column

    def _order(self, keys: Sequence[Key]) -> _Order:
        name = tuple((key.path.key, key.descending) for key in keys)
        columns = [self._column(key.path) for key in keys]
        order = self._orders.used(name)
        if order is None or any(mine is not now for mine, now in zip(order.columns, columns, strict=True)):
            fresh = _Order(columns, [key.descending for key in keys], list(self._slots.values()))
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
        name, column = (test.path.key, test.key, test.negated), self._column(test.path)
        found = self._found.used(name)
        if found is None or found.column is not column:
            found = self._found.keep(name, _Tested(test, column, self._slots.values()))
        return found.slots

    def _searched(self, search: Search) -> frozenset[int]:
        table = self._words.used(search.text.key)
        if table is None:
            table = self._words.keep(search.text.key, _Words(search.text, self._things))
        return table.found(search)


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


class _Column:
    """The value of a member in every object, by slot."""

    def __init__(self, path: Path, things: Sequence[Object | None]) -> None:
        self.given = path.given
        self._read = path.read
        self.values = [None if thing is None else path.read(thing) for thing in things]
        self.types = {type(value) for value in self.values}

    def correct(self, things: Sequence[Object | None], slots: Iterable[int]) -> None:
        """Reads some objects anew."""
        self.values.extend([None] * (len(things) - len(self.values)))
        for slot in slots:
            thing = things[slot]
            value = None if thing is None else self._read(thing)
            self.values[slot] = value
            self.types.add(type(value))


class _Tested:
    """The slots where a test holds; it is corrected in place."""

    def __init__(self, test: Predicate, column: _Column, slots: Iterable[int]) -> None:
        self.column = column
        self._test = test
        values, holds = column.values, test.holds
        if test.text and not test.negated and column.types == {str}:
            self.slots = {slot for slot in slots if holds(values[slot])}
        else:
            self.slots = {slot for slot in slots if self._holds(values[slot])}

    def correct(self, put: Iterable[int], gone: Iterable[int]) -> None:
        """Tests some objects anew."""
        self.slots.difference_update(gone)
        for slot in put:
            if self._holds(self.column.values[slot]):
                self.slots.add(slot)
            else:
                self.slots.discard(slot)

    def _holds(self, value: Any) -> bool:
        test = self._test
        if value is None:
            return test.absent is not test.negated
        holds = test.holds
        if type(value) is tuple:
            return any(_of_text(test, each) and holds(each) for each in value) is not test.negated
        return bool(_of_text(test, value) and holds(value)) is not test.negated


def _of_text(test: Predicate, value: Any) -> bool:
    """Whether a test may be asked of a value: some are for texts alone."""
    return not test.text or type(value) is str


def _scalar(value: Any) -> Any:
    """What counts of a value for an order."""
    return (value[0] if value else None) if type(value) is tuple else value


class _Order:
    """All objects in one order; it is corrected in place."""

    def __init__(self, columns: list[_Column], descending: list[bool], slots: list[int]) -> None:
        self.columns = columns
        self.slots = slots
        self._descending = tuple(descending)
        for column, down in reversed(list(zip(columns, descending, strict=True))):  # sorts are stable: the last first
            self.slots = _sorted(self.slots, column.values, descending=down)

    def behind(self, values: Sequence[Any]) -> int:
        """Where the objects begin that come behind these values."""
        wanted = _Place(tuple(values), self._descending)
        low, high = 0, len(self.slots)
        while low < high:
            middle = (low + high) // 2
            if wanted < self._place(self.slots[middle]):
                high = middle
            else:
                low = middle + 1
        return low

    def take_out(self, slots: Iterable[int]) -> None:
        """Removes objects, of which the columns have the old values still."""
        for slot in slots:
            at = bisect_left(self.slots, self._place(slot), key=self._place)
            if at < len(self.slots) and self.slots[at] == slot:
                del self.slots[at]

    def put_in(self, slots: Iterable[int]) -> None:
        """Adds objects, of which the columns have the new values."""
        for slot in slots:
            insort(self.slots, slot, key=self._place)

    def _place(self, slot: int) -> _Place:
        return _Place(tuple([_scalar(column.values[slot]) for column in self.columns]), self._descending)


def _sorted(slots: list[int], values: Sequence[Any], *, descending: bool) -> list[int]:
    scalars = [_scalar(value) for value in values]
    there = [slot for slot in slots if scalars[slot] is not None]
    absent = [slot for slot in slots if scalars[slot] is None] if len(there) < len(slots) else []
    if len({_RANKS.get(type(scalars[slot]), 1) for slot in there}) > 1:
        there.sort(key=lambda slot: (_RANKS.get(type(scalars[slot]), 1), scalars[slot]), reverse=descending)
    else:
        there.sort(key=scalars.__getitem__, reverse=descending)
    return there + absent


class _Place:
    """Where an object stands in an order."""

    __slots__ = ("_descending", "_values")

    def __init__(self, values: tuple[Any, ...], descending: tuple[bool, ...]) -> None:
        self._values = values
        self._descending = descending

    def __lt__(self, other: _Place) -> bool:
        for mine, theirs, down in zip(self._values, other._values, self._descending, strict=True):
            if mine is None or theirs is None:
                if mine is not theirs:
                    return theirs is None
                continue
            ranks = _RANKS.get(type(mine), 1), _RANKS.get(type(theirs), 1)
            if ranks[0] != ranks[1]:
                return (ranks[0] < ranks[1]) is not down
            if mine != theirs:
                return bool(mine < theirs) is not down
        return False


class _Words:
    """Which objects have which words in a text."""

    def __init__(self, path: Path, things: Sequence[Object | None]) -> None:
        self._read = path.read
        self._texts: list[str] = []
        self._holders: defaultdict[str, set[int]] = defaultdict(set)
        for slot, thing in enumerate(things):
            text = "" if thing is None else _text(self._read(thing))
            self._texts.append(text)
            for word in set(text.split()):
                self._holders[word].add(slot)

    def correct(self, things: Sequence[Object | None], slots: Iterable[int]) -> None:
        """Reads some objects anew."""
        self._texts.extend([""] * (len(things) - len(self._texts)))
        for slot in slots:
            thing = things[slot]
            before, now = self._texts[slot], "" if thing is None else _text(self._read(thing))
            if before == now:
                continue
            old, new = set(before.split()), set(now.split())
            for word in old - new:
                self._holders[word].discard(slot)
                if not self._holders[word]:
                    del self._holders[word]
            for word in new - old:
                self._holders[word].add(slot)
            self._texts[slot] = now

    def found(self, search: Search) -> frozenset[int]:
        """The slots whose texts hold all, or any, of the phrases."""
        sets = [self._phrase(phrase.words) for phrase in search.phrases]
        if not sets:
            return frozenset()
        return frozenset.intersection(*sets) if search.all else frozenset().union(*sets)

    def _phrase(self, wanted: tuple[str, ...]) -> frozenset[int]:
        sets = [self._holders.get(word) for word in wanted]
        if not sets or None in sets:
            return frozenset()
        least, *others = sorted((one for one in sets if one is not None), key=len)
        found = frozenset(least).intersection(*others)
        if len(wanted) == 1:
            return found
        text = f" {' '.join(wanted)} "
        return frozenset(slot for slot in found if text in self._texts[slot])


def _text(value: Any) -> str:
    """The words of a text with spaces around them; those of another text are behind the end of a line."""
    if type(value) is tuple:
        return "\n".join([f" {' '.join(_WORD.findall(str(text).lower()))} " for text in value])
    return "" if value is None else f" {' '.join(_WORD.findall(str(value).lower()))} "
