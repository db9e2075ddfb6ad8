from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from offerd.services.names import (
    MOST_ITEMS,
    MOST_PROPOSITIONS,
    decision_name,
    decision_of,
    item_name,
    proposition_name,
    proposition_of,
)
from offerd.services.randomness import random_bytes


@given(st.integers(0, MOST_PROPOSITIONS - 1), st.integers(0, MOST_ITEMS - 1))
def test_parts_tell_what_they_belong_to_and_are_uuids(proposition: int, item: int) -> None:
    decision = decision_name()
    part = proposition_name(decision, proposition)
    name = item_name(part, item)
    assert (proposition_of(name), decision_of(name), decision_of(part)) == (part, decision, decision)
    assert len({decision, part, name}) == 3
    for each in (decision, part, name):
        assert (uuid.UUID(each).version, str(uuid.UUID(each))) == (4, each)


def test_what_is_no_uuid_belongs_to_nothing() -> None:
    assert decision_of("x") is None
    assert proposition_of("") is None


def test_names_differ() -> None:
    assert len({decision_name() for _ in range(10_000)}) == 10_000
    assert len({random_bytes(8) for _ in range(10_000)}) == 10_000
