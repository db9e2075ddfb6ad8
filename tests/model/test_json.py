"""JSON keeps every number as it was written."""

import copy
import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offerd.model import json


@pytest.mark.parametrize(
    "number", ["1", "1.5", "1.50", "1E3", "1e3", "-0.0", "0.1000", "1e400", "12345678901234567890123", "-7"]
)
def test_a_number_comes_back_as_it_was_spelled(number: str) -> None:
    assert json.dumps(json.loads(f'{{"n":[{number}]}}')) == f'{{"n":[{number}]}}'.encode()


def test_a_spelled_number_is_still_a_number() -> None:
    value = json.loads("1.50")
    assert value == 1.5
    assert isinstance(value, json.Spelled)
    assert not isinstance(json.loads("1.5"), json.Spelled)


def test_copies_and_pickles_keep_the_spelling() -> None:
    value = json.loads("[1.50]")
    assert json.dumps(copy.deepcopy(value)) == b"[1.50]"
    assert json.dumps(pickle.loads(pickle.dumps(value))) == b"[1.50]"  # noqa: S301 - our own bytes


@pytest.mark.parametrize("text", ["", "{", "[1,]", "{'a':1}", "nul", '"\ud800"', b"\xff", "01"])
def test_what_is_not_json_is_malformed(text: str | bytes) -> None:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    with pytest.raises(json.Malformed):
        json.loads(data)


def test_nesting_is_bounded_to_the_level() -> None:
    assert json.loads("[" * 5 + "]" * 5, depth=5) == [[[[[]]]]]
    with pytest.raises(json.Malformed, match="more than 4 deep"):
        json.loads("[" * 5 + "]" * 5, depth=4)
    with pytest.raises(json.Malformed, match="more than 4 deep"):
        json.loads('{"a":' * 5 + "1" + "}" * 5, depth=4)


def test_nesting_that_would_overflow_the_stack_is_malformed() -> None:
    with pytest.raises(json.Malformed, match="too deeply"):
        json.loads("[" * 200_000)


def test_members_can_be_put_in_a_fixed_order() -> None:
    assert json.dumps({"b": 1, "a": {"d": 1.5, "c": 2}}, sort=True) == b'{"a":{"c":2,"d":1.5},"b":1}'


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(NotImplementedError, match="object has no JSON form"):
        json.dumps(object())


class _Degrees(float):
    """A float of another make."""


def test_another_make_of_float_is_written_as_a_number() -> None:
    assert json.dumps([_Degrees(2.5)]) == b"[2.5]"


@pytest.mark.parametrize(
    ("value", "exact"),
    [(1, "1"), (1.1, "1.1"), ("2.50", "2.50"), (json.Spelled("1.50"), "1.50"), (Decimal("3.10"), "3.10")],
)
def test_a_decimal_is_exactly_what_was_written(value: object, exact: str) -> None:
    assert str(json.decimal(value)) == exact


@pytest.mark.parametrize("value", [True, None, "x", [], float("inf"), "NaN", "1_000", "１２", json.Spelled("1e400")])
def test_what_is_no_finite_number_has_no_decimal(value: object) -> None:
    exact = json.decimal(value)
    assert exact is None or exact == Decimal("1e400")


@pytest.mark.parametrize(
    ("value", "is_one"), [(1, True), (1.5, True), (True, False), ("1", False), (float("nan"), False)]
)
def test_a_boolean_is_not_a_number(value: object, *, is_one: bool) -> None:
    assert json.is_number(value) is is_one


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(_values)
def test_what_is_written_is_read_back(value: object) -> None:
    assert json.loads(json.dumps(value)) == value
