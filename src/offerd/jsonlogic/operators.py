"""Operators as closures; those that are asked most have one for each shape of their operands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from offerd.jsonlogic import loosely, ranges
from offerd.jsonlogic.variables import Truth, Value


class Operand(NamedTuple):
    """A compiled part of a rule.

    Attributes:
        value: makes its value out of the data.
        truth: says whether that is true.
        constant: whether the value is always the same, `known`.
        known: that value.
        path: where it is in the data, of a variable.
        span: what a variable is held against, of a comparison with numbers.
        all_of: what holds together when it is true, of a conjunction.
    """

    value: Value
    truth: Truth
    constant: bool = False
    known: Any = None
    path: str | None = None
    span: ranges.Span | None = None
    all_of: tuple[Operand, ...] = ()


def constant(known: Any) -> Operand:
    """A value of the rule itself."""
    holds = loosely.true(known)
    return Operand(lambda _: known, lambda _: holds, True, known)


def found(value: Value, path: str | None = None) -> Operand:
    """A value whose truth is not known before it is found; `path` is a variable's."""
    return Operand(value, lambda data: loosely.true(value(data)), path=path)


def decided(truth: Truth) -> Operand:
    """A value that is true or false."""
    return Operand(truth, truth)


def conjunction(parts: Sequence[Operand]) -> Operand:
    """`and`: the first part that is not true, else the last; as a truth, with all of those within it as one."""
    flat = [inner for part in parts for inner in (part.all_of or (part,))]
    merged: list[Operand] = []
    for part in flat:
        span = ranges.both(merged[-1].span, part.span) if merged else None
        if span is None:
            merged.append(part)
        else:
            merged[-1] = Operand(truth := span.truth(), truth, span=span)
    truth = _all([part.truth for part in merged])
    return Operand(_deciding([part.value for part in parts], stop=False), truth, all_of=tuple(merged))


def disjunction(parts: Sequence[Operand]) -> Operand:
    """`or`: the first part that is true, else the last."""
    return Operand(_deciding([part.value for part in parts], stop=True), _any([part.truth for part in parts]))


def choice(parts: Sequence[Operand]) -> Operand:
    """`if`: the value after the first condition that holds; else the last one, or null."""
    pairs = [(parts[index].truth, parts[index + 1].value) for index in range(0, len(parts) - 1, 2)]
    otherwise = parts[-1].value if len(parts) % 2 else constant(None).value

    def choose(data: Any) -> Any:
        for truth, value in pairs:
            if truth(data):
                return value(data)
        return otherwise(data)

    return found(choose)


def negation(part: Operand) -> Operand:
    """`!`."""
    truth = part.truth
    return decided(lambda data: not truth(data))


def equality(a: Operand, b: Operand) -> Operand:
    """`==`."""
    if a.constant:
        a, b = b, a
    left, right, known = a.value, b.value, b.known
    if b.constant and isinstance(known, str):

        def is_text(data: Any) -> bool:
            value = left(data)
            return value == known if value.__class__ is str else loosely.equal(value, known)

        return decided(is_text)
    return decided(lambda data: loosely.equal(left(data), right(data)))


def sameness(a: Operand, b: Operand) -> Operand:
    """`===`."""
    left, right = a.value, b.value
    return decided(lambda data: loosely.same(left(data), right(data)))


def membership(part: Operand, whole: Operand) -> Operand:
    """`in`."""
    left, right, known = part.value, whole.value, part.known
    if part.constant and isinstance(known, str) and known:

        def has_text(data: Any) -> bool:
            value = right(data)
            return known in value if value.__class__ is str else loosely.within(known, value)

        return decided(has_text)
    return decided(lambda data: loosely.within(left(data), right(data)))


def order(parts: Sequence[Operand], *, closed: bool) -> Operand:
    """`<` or, closed, `<=`: of two, or of three whose middle one is between the others."""
    span = ranges.of(parts, closed=closed)
    if span is not None:
        return Operand(truth := span.truth(), truth, span=span)
    first, second, compare = parts[0].value, parts[1].value, loosely.at_most if closed else loosely.less
    if len(parts) == 2:  # noqa: PLR2004
        return decided(lambda data: compare(first(data), second(data)))
    last = parts[2].value
    return decided(lambda data: compare(first(data), found := second(data)) and compare(found, last(data)))


def _deciding(values: Sequence[Value], *, stop: bool) -> Value:
    def decide(data: Any) -> Any:
        value = None
        for each in values:
            value = each(data)
            if loosely.true(value) is stop:
                break
        return value

    return decide


def _all(parts: Sequence[Truth]) -> Truth:
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:  # noqa: PLR2004
        first, second = parts
        return lambda data: first(data) and second(data)

    def all_hold(data: Any) -> bool:
        for part in parts:  # noqa: SIM110 - `all` would make a generator each time
            if not part(data):
                return False
        return True

    return all_hold


def _any(parts: Sequence[Truth]) -> Truth:
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:  # noqa: PLR2004
        first, second = parts
        return lambda data: first(data) or second(data)

    def any_holds(data: Any) -> bool:
        for part in parts:  # noqa: SIM110 - `any` would make a generator each time
            if part(data):
                return True
        return False

    return any_holds
