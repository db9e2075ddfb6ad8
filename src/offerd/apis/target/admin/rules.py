"""Target rules and PQL: what an audience asks of a visitor, in the words of both.

A rule is `{"and": [...]}` or `{"or": [...]}` of rules, or a leaf: one member names a class and, as its value, the
attribute; one names an operator and, as its value, a list of values, of which one must do. An operator that begins with
`not` holds whenever its opposite does not, so of somebody without the attribute too.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from offerd import pql
from offerd.apis.target.admin.grammar import (
    CLASSES,
    LONGEST,
    MOST_VALUES,
    NEGATIVE,
    OPERATORS,
    ORDERS,
    TEXTS,
)
from offerd.model import json
from offerd.model.codec import Fault, pointer
from offerd.pql import ast
from offerd.pql.ast import Node
from offerd.services.errors import InvalidDocument


def to_pql(rule: Any, at: str = "/targetRule") -> str:
    """The PQL of a rule.

    Args:
        rule: as it was sent.
        at: its pointer.

    Raises:
        InvalidDocument: it is no rule; every fault is told.
    """
    faults: list[Fault] = []
    node = _node(rule, at, faults)
    if faults or node is None:
        raise InvalidDocument(faults or [Fault(at, "expected a rule")])
    return pql.to_text(node)


def _node(rule: Any, at: str, faults: list[Fault]) -> Node | None:
    if not isinstance(rule, dict) or not rule:
        faults.append(Fault(at, "expected a rule: an object"))
        return None
    joined = [name for name in ("and", "or") if name in rule]
    if joined:
        return _joined(rule, joined[0], at, faults)
    return _leaf(rule, at, faults)


def _joined(rule: Mapping[str, Any], word: str, at: str, faults: list[Fault]) -> Node | None:
    here = f"{at}/{word}"
    if len(rule) != 1:
        faults.append(Fault(at, f"nothing may stand beside {word}"))
        return None
    if not isinstance(rule[word], list) or not rule[word]:
        faults.append(Fault(here, "expected a list of rules"))
        return None
    made = [_node(each, f"{here}/{index}", faults) for index, each in enumerate(rule[word])]
    return join(word, [each for each in made if each is not None])


def join(word: str, nodes: list[Node]) -> Node | None:
    """Nodes joined by `and` or `or`; those that are joined so themselves are taken in."""
    kind: type[ast.And] | type[ast.Or] = ast.And if word == "and" else ast.Or
    flat: list[Node] = []
    for node in nodes:
        flat += node.operands if isinstance(node, kind) else (node,)
    if not flat:
        return None
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def _leaf(rule: Mapping[str, Any], at: str, faults: list[Fault]) -> Node | None:
    classes = [name for name in rule if name in CLASSES]
    operators = [name for name in rule if name in OPERATORS]
    if "landing" in rule:
        faults.append(Fault(pointer(at, "landing"), "the page that a visit began with is not known here"))
        return None
    unknown = [name for name in rule if name not in CLASSES and name not in OPERATORS]
    if unknown:
        known = f"classes are {', '.join(CLASSES)}, operators {', '.join(OPERATORS)}"
        faults.append(Fault(pointer(at, unknown[0]), f"is neither a class nor an operator: {known}"))
        return None
    if len(classes) != 1 or len(operators) != 1:
        faults.append(Fault(at, "expected one class and one operator"))
        return None
    path = _path(classes[0], rule[classes[0]], at, faults)
    if path is None:
        return None
    return _asked(operators[0], path, rule[operators[0]], at, faults)


def _path(kind: str, name: Any, at: str, faults: list[Fault]) -> Node | None:
    root, names = CLASSES[kind]
    here = pointer(at, kind)
    if not isinstance(name, str) or not name.strip() or len(name) > 250:  # noqa: PLR2004 - as an mbox's name
        faults.append(Fault(here, "expected the name of an attribute"))
        return None
    if names is not None and name not in names:
        faults.append(Fault(here, f"expected one of {', '.join(names)}"))
        return None
    steps = name.split(".") if kind == "mbox" and "." in name.strip(".") else [name]
    if not all(steps):
        faults.append(Fault(here, "expected something between the dots"))
        return None
    node: Node = ast.Root(root[0])  # type: ignore[arg-type]
    for step in (*root[1:], *steps):
        node = ast.Field(node, step)
    return node


def _asked(operator: str, path: Node, values: Any, at: str, faults: list[Fault]) -> Node | None:
    here = pointer(at, operator)
    positive = NEGATIVE.get(operator, operator)
    if positive == "exists":
        node: Node | None = _exists(path, values, here, faults)
    elif not isinstance(values, list) or not 0 < len(values) <= MOST_VALUES:
        faults.append(Fault(here, f"expected a list of 1 to {MOST_VALUES} values"))
        return None
    else:
        node = _compared(positive, path, values, here, faults)
    return ast.Not(node) if node is not None and operator in NEGATIVE else node


def _exists(path: Node, values: Any, at: str, faults: list[Fault]) -> Node | None:
    if values not in ([], [True]):
        faults.append(Fault(at, "expected an empty list, or [true]"))
        return None
    return ast.Method(path, "isNotNull", ())


def _compared(operator: str, path: Node, values: list[Any], at: str, faults: list[Fault]) -> Node | None:
    literals = []
    for index, value in enumerate(values):
        literal = _ordered(path, value) if operator in ORDERS else _literal(value)
        if literal is None or (operator in TEXTS and not isinstance(literal, ast.Text)):
            wanted = "a number" if operator in ORDERS else "text" if operator in TEXTS else "text, a number or a flag"
            faults.append(Fault(f"{at}/{index}", f"expected {wanted}, of at most {LONGEST} characters"))
        else:
            literals.append(literal)
    if len(literals) < len(values):
        return None
    if operator == "equals":
        one = len(literals) == 1
        return ast.Compare("=", path, literals[0]) if one else ast.Compare("in", path, ast.Array(tuple(literals)))
    return join("or", [_one(operator, path, literal) for literal in literals])


def _one(operator: str, path: Node, literal: Node) -> Node:
    if operator in ORDERS:
        return ast.Compare(ORDERS[operator], path, literal)  # type: ignore[arg-type]
    name, sensitive = TEXTS[operator]
    return ast.Method(path, name, (literal,) if sensitive else (literal, ast.Boolean(value=False)))


def _literal(value: Any) -> Node | None:
    if isinstance(value, bool):
        return ast.Boolean(value)
    if isinstance(value, str):
        return ast.Text(value) if len(value) <= LONGEST else None
    return _number(value)


def _ordered(path: Node, value: Any) -> Node | None:
    """What an order compares with: numbers, also where they come as text; of a date its text."""
    if isinstance(path, ast.Field) and path.name == "date" and isinstance(value, str):
        return _literal(value)
    if isinstance(value, str):
        exact = json.decimal(value.strip()) if len(value) <= 32 else None  # noqa: PLR2004 - digits of a number
        return None if exact is None else _number(_plain(exact))
    return _number(value)


def _plain(exact: Decimal) -> int | float:
    return int(exact) if exact == exact.to_integral_value() and exact.adjusted() < 16 else float(exact)  # noqa: PLR2004


def _number(value: Any) -> Node | None:
    if not json.is_number(value):
        return None
    node: Node = ast.Integer(abs(value)) if isinstance(value, int) else ast.Double(abs(float(value)))
    return ast.Negate(node) if value < 0 else node
