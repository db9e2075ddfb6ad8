"""Cursors: what is written is what is read, whatever the values are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offerd.apis.journey_optimizer.cursors import Cursors
from offerd.apis.journey_optimizer.patterns import matcher
from offerd.apis.journey_optimizer.problems import BadCursor, BadFilter, BadQuery
from offerd.apis.journey_optimizer.searching import comparison, split, terms
from offerd.model.offer import Offer
from offerd.services.catalogue.asking import Key, Path

VALUES = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text()
    | st.sampled_from(["~", "'1", "1", "a,b", "%2C", ""])
    | st.floats(allow_nan=False, allow_infinity=False)
)  # fmt: skip
INSTANT = st.integers(0, 4_000_000_000_000)


def cursors(values: list[Any], instants: list[bool], *, dates: bool = False) -> Cursors:
    keys = [Key(Path(at, lambda _thing, value=value: value)) for at, value in enumerate(values)]
    return Cursors(keys, instants, dates=dates)


@given(st.lists(VALUES, max_size=3), INSTANT, st.booleans())
def test_what_is_written_is_read(values: list[Any], at: int, dates: bool) -> None:
    row = [*values, at, "6f0e-id"]
    made = cursors(row, [False] * len(values) + [True, False], dates=dates)
    thing = Offer(id="o")
    assert made.read(made.after(thing)) == row
    assert made.read(made.after_unless_tied(thing, thing)) == row
    untied = made.read(made.after_unless_tied(thing, None))
    assert untied[:-1] == row[:-1]
    assert untied[-1] > "ffffffff"


@pytest.mark.parametrize("start", ["", "a", "a,b,c,d", "soon,x,y", "99999999999999999999999,x,y"])
def test_what_no_list_gave_is_refused(start: str) -> None:
    with pytest.raises(BadCursor):
        cursors([0, "a", "b"], [True, False, False]).read(start)


def test_terms_are_words_and_phrases() -> None:
    assert list(terms(r'gold  "blue shoe" e\-mail a\"b "x \" y"')) == ["gold", "blue shoe", "e-mail", 'a"b', 'x " y']
    for text in ('"open', "end\\"):
        with pytest.raises(BadQuery):
            list(terms(text))


def test_commas_within_brackets_part_nothing() -> None:
    assert split(["a==1,b~x{1,2},c~[,]", r"d~\,,e"]) == ["a==1", "b~x{1,2}", "c~[,]", r"d~\,", "e"]


@pytest.mark.parametrize(
    ("sign", "wanted", "yes", "no"),
    [("==", "5", [5, 5.0, "5"], [4, "5.0", True]), ("<", "b", ["a"], ["b", 1]), (">=", "2.5", [3, 2.5], [2, False]),
     ("==", "true", [True, "true"], [False, 1])],
)  # fmt: skip
def test_values_are_compared_as_what_they_are(sign: str, wanted: str, yes: list[Any], no: list[Any]) -> None:
    holds = comparison(sign, wanted)
    assert all(map(holds, yes))
    assert not any(map(holds, no))


@pytest.mark.parametrize("pattern", ["(a{1000}){1000}", "x" * 5000, "(?=a)"])
def test_patterns_are_bounded(pattern: str) -> None:
    with pytest.raises(BadFilter):
        matcher(pattern)
