"""Lists of objects by columns, orders and words: the same as looking at each object, whatever changes between."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from functools import cmp_to_key
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offerd.model.offer import Offer
from offerd.services.catalogue import index
from offerd.services.catalogue.asking import Key, Path, Phrase, Predicate, Search, words
from offerd.services.catalogue.index import Index

ID = Path("id", lambda thing: thing.id)
VALUE = Path("value", lambda thing: thing.attributes.get("value"))
TEXT = Path("text", lambda thing: (thing.name, thing.description))
SEVERAL = Path("tags", lambda thing: tuple(thing.tags) or None)

VALUES = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "b", "B", ""])
NAMES = st.sampled_from(["", "red shoe", "red, blue shoe", "Shoe Red", "blue"])


@st.composite
def catalogues(draw: st.DrawFn) -> dict[str, Offer]:
    names = draw(st.sets(st.sampled_from("abcdefghij"), max_size=8))
    return {
        name: Offer(
            id=name,
            name=draw(NAMES),
            description=draw(NAMES),
            tags=draw(st.lists(st.sampled_from("xyz"), max_size=2)),
            attributes={"value": draw(VALUES)},
        )
        for name in names
    }


def rank(value: Any) -> int:
    return 0 if isinstance(value, bool) else 1 if isinstance(value, int) else 2


def compare(order: Sequence[Key]) -> Any:
    def compared(one: Offer, other: Offer) -> int:
        for key in order:
            mine, theirs = key.path.read(one), key.path.read(other)
            if mine is None or theirs is None:
                if mine is not theirs:
                    return 1 if mine is None else -1
                continue
            left, right = (rank(mine), mine), (rank(theirs), theirs)
            if left != right:
                return (1 if key.descending else -1) if left < right else (-1 if key.descending else 1)
        return 0

    return cmp_to_key(compared)


ORDERS = st.sampled_from([
    [Key(ID)], [Key(ID, descending=True)], [Key(VALUE), Key(ID)], [Key(VALUE, descending=True), Key(ID)],
    [Key(Path("name", lambda thing: thing.name)), Key(VALUE, descending=True), Key(ID, descending=True)],
])  # fmt: skip
TESTS = st.sampled_from([
    [], [Predicate("a", VALUE, lambda value: value == "a")],
    [Predicate("a", VALUE, lambda value: value == "a", negated=True)],
    [Predicate("x", SEVERAL, lambda value: value == "x"), Predicate("there", VALUE, lambda _value: True)],
    [Predicate("none", VALUE, lambda _value: False, absent=True)],
])  # fmt: skip
SEARCHES = st.sampled_from([
    None, Search(TEXT, (Phrase(("red",)), Phrase(("blue",))), all=True),
    Search(TEXT, (Phrase(("red", "shoe")),), all=True),
    Search(TEXT, (Phrase(("nothing",)), Phrase(("blue",))), all=False), Search(TEXT, (Phrase(()),), all=False),
])  # fmt: skip


def holds(test: Predicate, thing: Offer) -> bool:
    value = test.path.read(thing)
    values = value if isinstance(value, tuple) else (value,)
    return (test.absent if value is None else any(map(test.holds, values))) is not test.negated


def mentions(search: Search | None, thing: Offer) -> bool:
    if search is None:
        return True
    texts = [f" {' '.join(words(text))} " for text in search.text.read(thing)]
    found = [
        bool(phrase.words) and any(f" {' '.join(phrase.words)} " in text for text in texts) for phrase in search.phrases
    ]
    return all(found) if search.all else any(found)


@settings(max_examples=300, deadline=None)
@given(st.lists(catalogues(), min_size=1, max_size=4), ORDERS, TESTS, SEARCHES, st.integers(1, 3))
def test_pages_are_what_a_look_at_every_object_gives(
    catalogues: list[dict[str, Offer]], order: list[Key], tests: list[Predicate], search: Search | None, limit: int
) -> None:
    index = Index()
    for objects in catalogues:
        index.follow(objects)
        wanted = sorted(
            (one for one in objects.values() if all(holds(test, one) for test in tests) and mentions(search, one)),
            key=compare(order),
        )
        seen: list[Offer] = []
        after: list[Any] | None = None
        while True:
            page = index.page(tests, search, order, after=after, limit=limit)
            assert (page.total, page.before) == (len(wanted), len(seen))
            seen += page.objects
            if page.more is None:
                break
            after = [key.path.read(page.objects[-1]) for key in order]
        assert [one.id for one in seen] == [one.id for one in wanted]
        for place, one in enumerate(wanted):
            assert index.back(tests, search, order, place=place) is one
        assert index.back(tests, search, order, place=len(wanted)) is None


def test_a_column_is_made_anew_when_what_it_looks_at_beside_the_object_is_another() -> None:
    index = Index().follow({"a": Offer(id="a", tags=["t"])})

    def path(names: dict[str, str]) -> Path:
        return Path("tag", lambda thing: names[thing.tags[0]], names)

    for names in ({"t": "one"}, {"t": "two"}):
        wanted = names["t"]
        test = Predicate(wanted, path(names), lambda value, wanted=wanted: value == wanted)
        assert index.page([test], None, [Key(path(names)), Key(ID)], after=None, limit=1).total == 1


def test_only_what_was_used_lately_is_kept() -> None:
    index = Index().follow({name: Offer(id=name, name=name) for name in "abc"})
    for number in range(200):
        path = Path(("many", number), lambda thing: thing.name)
        page = index.page(
            [Predicate(number, path, lambda value: value > "a")], None, [Key(path), Key(ID)], after=None, limit=5
        )
        assert [one.id for one in page.objects] == ["b", "c"]


class Watched:
    """A member that notes on which thread it is read, and may have readers wait."""

    def __init__(self) -> None:
        self.readers: list[threading.Thread] = []
        self.begun = threading.Event()
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.path = Path("watched", self._read)
        self.order = [Key(self.path), Key(ID)]
        self.tests = [Predicate("some", self.path, lambda value: value > 0)]

    def _read(self, thing: Any) -> int:
        self.readers.append(threading.current_thread())
        self.begun.set()
        self.goes_on.wait(60)
        return int(thing.priority)


def offers(**priorities: int) -> dict[str, Offer]:
    return {name: Offer(id=name, name="red shoe", priority=priority) for name, priority in priorities.items()}


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr(index, "MANY", 1)
    return Watched()


def listed(kept: Index, watched: Watched, search: Search | None = None) -> list[str]:
    return [thing.id for thing in kept.page(watched.tests, search, watched.order, after=None, limit=9).objects]


@pytest.mark.anyio
async def test_what_a_page_needs_is_made_in_a_thread_and_once(watched: Watched) -> None:
    kept, search = Index().follow(offers(a=2, b=1, c=0)), Search(TEXT, (Phrase(("red",)),), all=True)
    await asyncio.gather(*(kept.ready(watched.tests, search, watched.order) for _ in range(2)))
    assert len(watched.readers) == 3
    assert threading.current_thread() not in watched.readers
    assert listed(kept, watched, search) == ["b", "a"]
    assert len(watched.readers) == 3


@pytest.mark.anyio
async def test_little_is_made_at_once(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MANY", 4)
    kept = Index().follow(offers(a=2, b=1, c=0))
    await kept.ready(watched.tests, None, watched.order)
    assert watched.readers == []


@pytest.mark.anyio
async def test_a_write_that_comes_in_between_is_seen(watched: Watched) -> None:
    kept = Index().follow(offers(a=2, b=1, c=0))
    watched.goes_on.clear()
    making = asyncio.ensure_future(kept.ready(watched.tests, None, watched.order))
    await asyncio.to_thread(watched.begun.wait, 60)
    kept.follow(offers(a=1, c=2, d=3))
    watched.goes_on.set()
    await making
    assert listed(kept, watched) == ["a", "c", "d"]


@pytest.mark.anyio
async def test_what_cannot_be_read_is_told_by_the_page(watched: Watched) -> None:
    kept, broken = Index().follow(offers(a=2)), [Key(Path("broken", lambda _thing: 1 // 0))]
    await kept.ready([], None, broken)
    with pytest.raises(ZeroDivisionError):
        kept.page([], None, broken, after=None, limit=9)
