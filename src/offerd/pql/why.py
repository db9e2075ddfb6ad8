"""Why a rule did not hold: the smallest clauses that made it false, and what each would have needed."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from offerd.pql import ast
from offerd.pql.ast import Node
from offerd.pql.printer import to_text
from offerd.pql.program import Program
from offerd.pql.rewrite import applied, opened
from offerd.pql.scope import Scope
from offerd.pql.witness import seen, witness, written


class Clause(msgspec.Struct, frozen=True):
    """One reason for a rule to be false.

    Attributes:
        text: the clause, as text; with `not` where it had to be false.
        path: the one path that could have changed it, with its root (`profile.age`), or None.
        op: what was asked: an operator, `occurs`, a function's name, `is true`; with `not` before it where the
            clause had to be false.
        wanted: a value that would make the clause come out right, at that path; True where there is no path.
        seen: what is at that path now; False where there is no path.
    """

    text: str
    path: str | None
    op: str
    wanted: Any
    seen: Any


def why(program: Program, scope: Scope) -> list[Clause]:
    """Say what made a rule false.

    Args:
        program: the rule.
        scope: what it was judged against.

    Returns:
        Nothing when the rule holds. Of an `and`, what made its first false part false; of an `or`, what
        made each part false; `not` turns these around.
    """
    if program.truth(scope):
        return []
    found = _reasons(applied(program.node), True, scope)
    return found or [Clause(program.source, None, "is true", True, False)]


def _reasons(node: Node, wanted: bool, scope: Scope) -> list[Clause]:
    """Say what kept a node from being true (or, under a `not`, from being false)."""
    if _program(node).truth(scope) is wanted:
        return []
    match node:
        case ast.Not(operand):
            return _reasons(operand, not wanted, scope)
        case ast.Let():
            return _reasons(opened(node), wanted, scope)
        case ast.And(operands) | ast.Or(operands):
            parts = (_reasons(each, wanted, scope) for each in operands)
            if isinstance(node, ast.And) is wanted:
                return next((part for part in parts if part), [])
            return _once([clause for part in parts for clause in part])
    return [_clause(node, wanted, scope)]


def _once(clauses: list[Clause]) -> list[Clause]:
    return list({clause.text: clause for clause in clauses}.values())


def _clause(node: Node, wanted: bool, scope: Scope) -> Clause:
    text = to_text(node if wanted else ast.Not(node))
    op = _operator(node) if wanted else f"not {_operator(node)}"
    match node:
        case ast.Function("inSegment", (ast.Text(segment),)):
            return Clause(text, "segments", "in" if wanted else "notIn", segment, _segments(scope, not wanted))
    found = witness(node, _program(node), scope, wanted)
    if found is None:
        return Clause(text, None, op, True, False)
    return Clause(text, written(found.path), op, found.value, seen(scope, found.path))


def _segments(scope: Scope, inside: bool) -> Any:
    return sorted(scope.segments) if isinstance(scope.segments, frozenset | set) else inside


def _operator(node: Node) -> str:
    match node:
        case ast.Compare(op):
            return op
        case ast.OccursOn() | ast.OccursBeside() | ast.OccursWithin() | ast.OccursBetween():
            return "occurs"
        case ast.Method(_, name) | ast.Function(name):
            return "is true" if name == "get" else name
        case _:
            return "is true"


@lru_cache(maxsize=4096)
def _program(node: Node) -> Program:
    return Program(node)
