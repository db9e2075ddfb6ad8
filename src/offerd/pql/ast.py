"""The syntax tree of a rule: one frozen Struct for each construct, as it is stored and compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

RootName: TypeAlias = Literal["profile", "context", "offer", "xEvent", "event", "elsData", "tables"]
CompareOp: TypeAlias = Literal["=", "!=", ">", ">=", "<", "<=", "in", "notIn", "like"]
OrderOp: TypeAlias = Literal["=", "!=", ">", ">=", "<", "<="]
ArithmeticOp: TypeAlias = Literal["+", "-", "*", "/", "%"]
Quantifier: TypeAlias = Literal["exists", "forall", "some", "all", "none", "one"]
AggregateName: TypeAlias = Literal["sum", "count", "average", "min", "max"]
MomentWord: TypeAlias = Literal["now", "today", "yesterday", "tomorrow"]
PeriodWord: TypeAlias = Literal["this", "last", "next"]
Direction: TypeAlias = Literal["before", "after", "from"]
Unit: TypeAlias = Literal[
    "millisecond",
    "second",
    "minute",
    "hour",
    "day",
    "week",
    "month",
    "year",
    "decade",
    "century",
    "millennium",
]


class _Base(msgspec.Struct, frozen=True, tag_field="node", tag=str.lower, forbid_unknown_fields=True):
    """What all nodes share: they are immutable, and carry their own name when stored."""


class Text(_Base, frozen=True):
    """Text between double quotes."""

    value: str


class Integer(_Base, frozen=True):
    """A whole number; never negative, since the sign is a `Negate`."""

    value: int


class Double(_Base, frozen=True):
    """A number with a fraction or an exponent; finite and never negative."""

    value: float


class Boolean(_Base, frozen=True):
    """`true` or `false`."""

    value: bool


class Array(_Base, frozen=True):
    """A list of values: `[a, b]`, also written `(a, b)`."""

    items: tuple[Node, ...]


class Moment(_Base, frozen=True):
    """`now`, or the start of `today`, `yesterday` or `tomorrow`."""

    word: MomentWord


class Period(_Base, frozen=True):
    """`this month`, `last week`, `next year`; only where `occurs` asks for a time."""

    which: PeriodWord
    unit: Unit


class Root(_Base, frozen=True):
    """Where a path begins. A bare name outside any filter begins at `profile`."""

    name: RootName


class Here(_Base, frozen=True):
    """The element that a filter is looking at; `up` filters further out for each `^`."""

    up: int


class Parameter(_Base, frozen=True):
    """`$1`, the profile, or `$2`, the offer."""

    position: Literal[1, 2]


class Variable(_Base, frozen=True):
    """A name bound by `select`, a quantifier, `let`, an aggregation or a lambda."""

    name: str


class Item(_Base, frozen=True):
    """A typed item of the request's context: `@{type}`; the key is the text between the braces."""

    key: str


class Field(_Base, frozen=True):
    """One step of a path: `object.name`."""

    object: Node
    name: str


class Filter(_Base, frozen=True):
    """The elements of a list for which a condition holds: `object[where]`."""

    object: Node
    where: Node


class Method(_Base, frozen=True):
    """A function of a value: `object.name(args)`."""

    object: Node
    name: str
    args: tuple[Node, ...]


class Function(_Base, frozen=True):
    """A function that stands by itself: `name(args)`."""

    name: str
    args: tuple[Node, ...]


class Negate(_Base, frozen=True):
    """The number with the other sign: `-operand`."""

    operand: Node


class Arithmetic(_Base, frozen=True):
    """Two numbers joined by `+`, `-`, `*`, `/` or `%`."""

    op: ArithmeticOp
    left: Node
    right: Node


class Compare(_Base, frozen=True):
    """A comparison, a membership or a `like`."""

    op: CompareOp
    left: Node
    right: Node


class OccursOn(_Base, frozen=True):
    """`subject occurs on moment`: within the period, or on the same day."""

    subject: Node
    moment: Node


class OccursBeside(_Base, frozen=True):
    """`subject occurs before moment`, `after`, or `from` (which includes the moment itself)."""

    subject: Node
    direction: Direction
    moment: Node


class OccursWithin(_Base, frozen=True):
    """`subject occurs <= 24 hours after moment`."""

    subject: Node
    op: OrderOp
    count: int
    unit: Unit
    direction: Direction
    moment: Node


class OccursBetween(_Base, frozen=True):
    """`subject occurs between first and last`, both included."""

    subject: Node
    first: Node
    last: Node


class Not(_Base, frozen=True):
    """True where the operand is not."""

    operand: Node


class And(_Base, frozen=True):
    """True where all of two or more operands are."""

    operands: tuple[Node, ...]


class Or(_Base, frozen=True):
    """True where one of two or more operands is."""

    operands: tuple[Node, ...]


class Declaration(_Base, frozen=True):
    """`name from source where condition`: a variable that goes through a list."""

    name: str
    source: Node
    where: Node | None = None


class Select(_Base, frozen=True):
    """The elements of the first variable's list for which all conditions can hold."""

    variables: tuple[Declaration, ...]


class Quantified(_Base, frozen=True):
    """`exists`, `forall` and their other names, over one or more variables."""

    quantifier: Quantifier
    variables: tuple[Declaration, ...]


class Aggregate(_Base, frozen=True):
    """`sum value over X from list where condition`."""

    name: AggregateName
    value: Node
    variables: tuple[Declaration, ...]


class Let(_Base, frozen=True):
    """`let name = value in body`."""

    name: str
    value: Node
    body: Node


class Lambda(_Base, frozen=True):
    """`(X) => body`: the whole rule with its parameters named, or the argument of a list function."""

    parameters: tuple[str, ...]
    body: Node


Node: TypeAlias = (
    Text
    | Integer
    | Double
    | Boolean
    | Array
    | Moment
    | Period
    | Root
    | Here
    | Parameter
    | Variable
    | Item
    | Field
    | Filter
    | Method
    | Function
    | Negate
    | Arithmetic
    | Compare
    | OccursOn
    | OccursBeside
    | OccursWithin
    | OccursBetween
    | Not
    | And
    | Or
    | Select
    | Quantified
    | Aggregate
    | Let
    | Lambda
)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Node)


def encode(node: Node) -> bytes:
    """Write a tree as it is stored: JSON, each node with its name under `node`."""
    return _encoder.encode(node)


def decode(data: bytes) -> Node:
    """Read a stored tree, without parsing.

    Raises:
        msgspec.ValidationError: the bytes are not a tree that `encode` wrote.
    """
    node: Node = _decoder.decode(data)
    return node


def children(node: Node | Declaration) -> Iterator[Node | Declaration]:
    """Give the nodes directly below this one, in the order in which they are written."""
    for name in node.__struct_fields__:
        value = getattr(node, name)
        if isinstance(value, _Base):
            yield value  # type: ignore[misc]
        elif isinstance(value, tuple):
            for each in value:
                if isinstance(each, _Base):
                    yield each  # type: ignore[misc]


def walk(node: Node | Declaration) -> Iterator[Node | Declaration]:
    """Give this node and all below it, parents first; no recursion, whatever the depth."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(reversed(list(children(each))))
