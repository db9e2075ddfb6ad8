"""Ids of decisions, propositions and items: each is a UUID, and the later ones tell the decision they belong to."""

from __future__ import annotations

import uuid as uuids

from offerd.services.randomness import random_bytes

#: Of the 122 random bits of a version 4 UUID the last 36 number a decision's parts: 16 for the proposition, counted
#: from 1, and 20 for the item in it. So an interaction finds its decision without a row for each item.
_ITEM_BITS = 20
_PART_BITS = 36

#: The most propositions of a decision, and items of a proposition.
MOST_PROPOSITIONS = (1 << (_PART_BITS - _ITEM_BITS)) - 1
MOST_ITEMS = (1 << _ITEM_BITS) - 1

_PARTS = (1 << _PART_BITS) - 1


def decision_name() -> str:
    """A new decision's id."""
    made = uuids.UUID(bytes=random_bytes(16), version=4).int
    return _text(made & ~_PARTS)


def proposition_name(decision: str, index: int) -> str:
    """The id of a decision's proposition, counted from 0."""
    return _text(_number(decision) | (index + 1) << _ITEM_BITS)


def item_name(proposition: str, index: int) -> str:
    """The id of a proposition's item, counted from 0."""
    return _text(_number(proposition) | (index + 1))


def decision_of(name: str) -> str | None:
    """The id of the decision that a proposition or an item belongs to; None where `name` is no UUID."""
    number = _parsed(name)
    return None if number is None else _text(number & ~_PARTS)


def proposition_of(name: str) -> str | None:
    """The id of the proposition that an item belongs to; None where `name` is no UUID."""
    number = _parsed(name)
    return None if number is None else _text(number & ~MOST_ITEMS)


def _parsed(name: str) -> int | None:
    try:
        return uuids.UUID(name).int
    except ValueError:
        return None


def _number(name: str) -> int:
    return int(name.replace("-", ""), 16)


def _text(number: int) -> str:
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
