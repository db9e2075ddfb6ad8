"""Options of the form `name=value`."""

from __future__ import annotations

import pytest

from offerd.cli.failure import Exit, Failure
from offerd.cli.pairs import members, pairs


def test_a_value_that_is_json_is_that_value_and_any_other_is_text() -> None:
    given = ["hour=18", "weather=Sunny", 'zip="018"', "tags=[1,2]", "rain=false", "none=null", "empty="]
    assert members("--context", given) == {
        "hour": 18, "weather": "Sunny", "zip": "018", "tags": [1, 2], "rain": False, "none": None, "empty": "",
    }  # fmt: skip


def test_dots_lead_into_objects() -> None:
    assert members("--context", ["cart.total=40", "cart.items=2"]) == {"cart": {"total": 40, "items": 2}}


def test_a_value_may_hold_the_sign() -> None:
    assert pairs("--identity", ["crm=a=b"]) == [("crm", "a=b")]


@pytest.mark.parametrize("given", ["weather", "=Sunny", ""])
def test_what_is_no_pair_is_wrong_usage(given: str) -> None:
    with pytest.raises(Failure, match="expected NAME=VALUE") as caught:
        pairs("--context", [given])
    assert caught.value.code == Exit.USAGE


def test_a_plain_value_cannot_be_an_object_too() -> None:
    with pytest.raises(Failure, match="cart is a value already"):
        members("--context", ["cart=4", "cart.total=40"])
