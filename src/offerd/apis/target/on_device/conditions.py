"""Conditions as JsonLogic: rules in PQL, named rules and audiences, as far as a device decides them as the server does.

What PQL says of a value that is absent or of another type is said aloud, because the JsonLogic of JavaScript and of
Python disagree there.
"""

from __future__ import annotations

import math
from typing import Any

from offerd.apis.target.on_device import folding, moments
from offerd.apis.target.on_device.inexpressible import Inexpressible
from offerd.apis.target.on_device.logic import (
    Logic,
    equal,
    every,
    holds,
    is_text,
    is_there,
    negated,
    some,
    variable,
)
from offerd.apis.target.on_device.variables import Variable, find
from offerd.pql import ast
from offerd.pql.ast import Node
from offerd.pql.reads import static_path
from offerd.pql.values import text
from offerd.services.compiled import Named, Snapshot, Test, Within, Written

_TIME = ("context", "time")
_UTC = ("context", "time", "utc")
_MOST_NODES = 2_000
_ODD_TEXTS = ("None", "{", "[")
_SWAPPED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITES = {"notEqualTo": "equals", "doesNotContain": "contains"}


class Conditions:
    """Says the conditions of one catalogue.

    Args:
        snapshot: the compiled catalogue.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._in_utc = snapshot.workspace.zone == "UTC"
        self._asking: list[str] = []

    def said(self, test: Test | None) -> Logic:
        """A condition; true for none.

        Raises:
            Inexpressible: it asks what a device cannot answer, or not for sure.
        """
        match test:
            case None:
                return True
            case Written(program):
                return self._rule(program.node)
            case Named(rules):
                return every(self._named(rule) for rule in rules)
            case Within(audiences, needs_all):
                return (every if needs_all else some)([self._audience(each) for each in audiences])
        raise Inexpressible("a condition of another kind")

    def _named(self, rule: str) -> Logic:
        program = self._snapshot.rules.get(rule)
        return False if program is None else self._rule(program.node)

    def _audience(self, audience: str) -> Logic:
        found = self._snapshot.audiences.get(audience)
        if found is not None and found.archived:
            return False
        if found is None or found.program is None:
            raise Inexpressible(f"who is in the audience {audience} is known to the server alone")
        if audience in self._asking:
            raise Inexpressible(f"the audience {audience} asks for itself")
        self._asking.append(audience)
        try:
            return self._rule(found.program.node)
        finally:
            self._asking.pop()

    def _rule(self, node: Node) -> Logic:
        if sum(1 for _ in ast.walk(node)) > _MOST_NODES:
            raise Inexpressible("a rule is too long")
        return self._node(node)

    def _node(self, node: Node) -> Logic:
        made: Logic
        match node:
            case ast.Boolean(value):
                made = value
            case ast.Not(operand):
                made = negated(self._node(operand))
            case ast.And(operands):
                made = every([self._node(each) for each in operands])
            case ast.Or(operands):
                made = some([self._node(each) for each in operands])
            case _:
                made = self._asked(node)
        return made

    def _asked(self, node: Node) -> Logic:
        """A question that is made of no others."""
        path = static_path(node)
        if path is not None:
            return self._there(path)
        match node:
            case ast.Compare(op, left, right):
                return self._compared(op, left, right)
            case ast.Method(subject, name, args):
                return self._function(name, subject, args)
            case ast.Function("inSegment", (ast.Text(audience),)):
                return self._audience(audience)
        raise Inexpressible(f"a {type(node).__name__} in a rule")

    def _there(self, path: tuple[str, ...] | None) -> Logic:
        """Whether a value is not null."""
        found = _variable(path)
        return True if found.kind == "address" else is_there(found.name)

    # Comparisons

    def _compared(self, op: str, left: Node, right: Node) -> Logic:
        if op in {"in", "notIn"}:
            return self._among(left, right, wanted=op == "in")
        path = static_path(left)
        if path is None and op in _SWAPPED and (path := static_path(right)) is not None:
            # Text and numbers are told apart by what stands first.
            if not isinstance(left, ast.Text) or op not in {"=", "!="} or self._word(path) is not None:
                raise Inexpressible("a value that stands before what it is compared with")
            right = left
        word = self._word(path)
        if word is not None:
            return moments.calendar(word, op, _literal(right))
        if op == "=":
            return _equal(_variable(path), _text(right))
        if op == "!=":
            return _unequal(_variable(path), _text(right))
        return _ordered(op, _variable(path), _literal(right))

    def _among(self, left: Node, right: Node, *, wanted: bool) -> Logic:
        if not isinstance(right, ast.Array):
            raise Inexpressible("a list that is not written down")
        path = static_path(left)
        word = self._word(path)
        if word is not None:
            one = some([moments.calendar(word, "=", _literal(each)) for each in right.items])
            return one if wanted else negated(one)
        subject = _variable(path)
        one = some([_equal(subject, _text(each)) for each in right.items])
        return one if wanted else every((self._there(path), negated(one)))

    def _word(self, path: tuple[str, ...] | None) -> str | None:
        """The word of the calendar that a path is; None where it is none."""
        if path is None:
            return None
        if path[: len(_UTC)] == _UTC and len(path) == len(_UTC) + 1:
            return path[-1]
        if path[: len(_TIME)] == _TIME and len(path) == len(_TIME) + 1 and self._in_utc:
            return path[-1]
        return None

    # Functions

    def _function(self, name: str, node: Node, args: tuple[Node, ...]) -> Logic:
        path = static_path(node)
        if name in {"isNull", "isNotNull"}:
            there = True if self._word(path) in {"weekday", "hour", "date", "year"} else self._there(path)
            return there if name == "isNotNull" else negated(there)
        positive = _OPPOSITES.get(name, name)
        if positive not in {"equals", "contains"} or not args or not isinstance(args[0], ast.Text):
            raise Inexpressible(f"the function {name}")
        subject, wanted = _variable(path), args[0].value
        if subject.kind == "number":
            raise Inexpressible("a function of text, of a number")
        if len(args) > 1:
            if not isinstance(args[1], ast.Boolean):
                raise Inexpressible("a flag that is not written down")
            if not args[1].value:
                subject, wanted = _folded(positive, subject, wanted)
        if positive == "equals":
            return (_equal if name == "equals" else _unequal)(subject, wanted)
        within = every((_has_text(subject), True if not wanted else holds(wanted, subject.name)))
        return within if name == "contains" else every((_has_text(subject), negated(within)))


def _variable(path: tuple[str, ...] | None) -> Variable:
    if path is None:
        raise Inexpressible("a value that is worked out")
    return find(path)


def _has_text(subject: Variable) -> Logic:
    return True if subject.kind == "address" else is_text(subject.name)


def _equal(subject: Variable, wanted: str) -> Logic:
    if subject.kind == "number":
        raise Inexpressible("whether a number with a fraction is another")
    # Python writes null and objects as text before it compares.
    guarded = subject.kind == "text" and wanted.startswith(_ODD_TEXTS)
    return every((_has_text(subject) if guarded else True, equal(wanted, subject.name)))


def _unequal(subject: Variable, wanted: str) -> Logic:
    return every((_has_text(subject), negated(_equal(subject, wanted))))


def _ordered(op: str, subject: Variable, value: Any) -> Logic:
    """An order of numbers. Null is no number: JavaScript would take it for 0."""
    if subject.kind != "number":
        raise Inexpressible("an order of what clients send as text")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Inexpressible("an order between a number and what is none")
    return every((is_there(subject.name), {op: [variable(subject.name), value]}))


def _folded(function: str, subject: Variable, wanted: str) -> tuple[Variable, str]:
    """What is asked without regard to case."""
    same = folding.same_whole if function == "equals" else folding.same_within
    if not same(wanted):
        raise Inexpressible(f"clients and the server do not write {wanted!r} in lower case alike")
    return subject.with_lower_case(), wanted.casefold()


def _text(node: Node) -> str:
    """The text of a value that is written down."""
    written = text(_literal(node))
    if written is None:
        raise Inexpressible("a value that is no text")
    return written


def _literal(node: Node) -> Any:
    match node:
        case ast.Text(value) | ast.Integer(value) | ast.Double(value) | ast.Boolean(value):
            return value
        case ast.Negate(ast.Integer(value) | ast.Double(value)):
            return -value
    raise Inexpressible("a value that is not written down")
