"""Columns, orders and tables of words, and the objects that pass a test; all are corrected where objects change."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from offerd.model.base import Object
from offerd.services.catalogue.asking import Path, Predicate, Search, words

#: Ranks of sorts of value: numbers come before texts.
_RANKS = {bool: 0, int: 1, float: 1, str: 2}


class Column:
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


class Tested:
    """The slots where a test holds; it is corrected in place."""

    def __init__(self, test: Predicate, column: Column, slots: Iterable[int]) -> None:
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


class Order:
    """All objects in one order; it is corrected in place."""

    def __init__(self, columns: list[Column], descending: list[bool], slots: list[int]) -> None:
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


class Words:
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
        return "\n".join([f" {' '.join(words(str(text)))} " for text in value])
    return "" if value is None else f" {' '.join(words(str(value)))} "
