"""The loose comparison, held against JavaScript itself."""

import math
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offerd.jsonlogic import loosely

_TEXTS = st.one_of(
    st.sampled_from(
        (
            "",
            " ",
            "0",
            "-0",
            "5",
            "05",
            "5.0",
            " 5 ",
            "1e3",
            ".5",
            "5.",
            "+5",
            "0x1F",
            "0b11",
            "0o17",
            "-0x1",
            "Infinity",
            "-Infinity",
            "inf",
            "nan",
            "NaN",
            "1_000",
            "١",
            "true",
            "null",
            "a",
            "A",
            "aa",
            "\n7\t",
            "\ufeff8",
            "1,2",
            "[object Object]",
            "\ue000",
            "\U0001f600",
            "1e999",
            "\x1c9",
            "\x85",
        )
    ),
    st.text(max_size=5),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)
_SIMPLE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.integers(-9, 9),
    st.floats(allow_nan=False, allow_infinity=False),
    _TEXTS,
)
_VALUES = st.one_of(_SIMPLE, st.lists(_SIMPLE, max_size=3), st.dictionaries(st.just("a"), _SIMPLE, max_size=1))


@pytest.fixture(scope="module")
def javascript(lines):
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node")
    return lines([node, str(Path(__file__).parent / "compare.js")])


def _here(a, b):
    return [
        loosely.equal(a, b),
        loosely.same(a, b),
        loosely.less(a, b),
        loosely.at_most(a, b),
        loosely.true(a),
        "null" if a is None else loosely.text(a),
        loosely.within(a, b),
    ]


@settings(max_examples=600)
@given(a=_VALUES, b=_VALUES)
def test_values_are_compared_as_javascript_compares_them(javascript, a, b):
    assert _here(a, b) == javascript.ask([a, b])


@settings(max_examples=100)
@given(a=_SIMPLE)
def test_what_is_like_itself_is_equal_to_itself_in_a_list(javascript, a):
    assert _here([a], a) == javascript.ask([[a], a])
    assert _here(a, [a, "x"]) == javascript.ask([a, [a, "x"]])


@pytest.mark.parametrize(
    ("a", "b"),
    [(1, "1"), (True, 1), ("1", True), (0, ""), (0, "0"), ([], ""), ([5], 5), ([1, 2], "1,2"), ({}, "[object Object]")],
)
def test_equal(a, b):
    assert loosely.equal(a, b)
    assert loosely.equal(b, a)


@pytest.mark.parametrize(
    ("a", "b"), [(None, 0), (None, ""), (None, False), ("", "0"), ("a", 0), ([], []), ({}, {}), ("A", "a"), ("x", True)]
)
def test_not_equal(a, b):
    assert not loosely.equal(a, b)
    assert not loosely.equal(b, a)


def test_nothing_equals_or_orders_nan():
    for value in (math.nan, 0, "NaN", None, "x"):
        assert not loosely.equal(math.nan, value)
        assert not loosely.less(math.nan, value)
        assert not loosely.at_most(math.nan, value)
    assert not loosely.true(math.nan)
    assert not loosely.within(math.nan, [math.nan])


def test_whole_numbers_are_compared_exactly_however_large():
    assert not loosely.equal(2**53 + 1, 2**53)
    assert loosely.less(2**53, 2**53 + 1)
    assert loosely.less(10**400, 10**400 + 1)
    assert loosely.text(10**400) == "Infinity"
