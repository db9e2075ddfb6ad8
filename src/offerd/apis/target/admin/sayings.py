"""PQL as target rules, where one says the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from offerd import pql
from offerd.apis.target.admin.grammar import CLASSES, NEGATIVE, ORDERS, TEXTS
from offerd.model import json
from offerd.pql import ast
from offerd.pql.ast import Node


def from_pql(text: str) -> dict[str, Any] | None:
    """The rule that says what PQL says; None where no rule does."""
    try:
        return _rule(pql.parse(text))
    except (pql.PQLError, _Unsayable):
        return None


class _Unsayable(Exception):
    """PQL that no rule says."""


def _rule(node: Node) -> dict[str, Any]:
    if isinstance(node, ast.And | ast.Or):
        word = "and" if isinstance(node, ast.And) else "or"
        return _same_leaf(node) or {word: [_rule(each) for each in node.operands]}
    if isinstance(node, ast.Not):
        return _negated(node.operand)
    return _said(node)


def _same_leaf(node: Node) -> dict[str, Any] | None:
    """Alternatives that ask the same of the same attribute, as one leaf."""
    if not isinstance(node, ast.Or) or not all(isinstance(each, ast.Compare | ast.Method) for each in node.operands):
        return None
    leaves = [_said(each) for each in node.operands]
    first = leaves[0]
    operator = list(first)[-1]
    if operator in {"equals", "exists"} or any({**each, operator: 0} != {**first, operator: 0} for each in leaves):
        return None
    return {**first, operator: [value for leaf in leaves for value in leaf[operator]]}


def _negated(node: Node) -> dict[str, Any]:
    """The rule that holds where a node does not."""
    if isinstance(node, ast.Not):
        return _rule(node.operand)
    opposite = {positive: negative for negative, positive in reversed(NEGATIVE.items())}
    leaf = _same_leaf(node)
    if leaf is None and isinstance(node, ast.And | ast.Or):
        word = "or" if isinstance(node, ast.And) else "and"
        return {word: [_negated(each) for each in node.operands]}
    leaf = _said(node) if leaf is None else leaf
    operator = list(leaf)[-1]
    if operator not in opposite:
        raise _Unsayable
    return {name: value for name, value in leaf.items() if name != operator} | {opposite[operator]: leaf[operator]}


def _said(node: Node) -> dict[str, Any]:
    if isinstance(node, ast.Compare):
        return _attribute(node.left) | _comparison(node)
    if isinstance(node, ast.Method):
        return _attribute(node.object) | _function(node)
    raise _Unsayable


def _comparison(node: ast.Compare) -> dict[str, Any]:
    if node.op == "=":
        return {"equals": [_value(node.right)]}
    if node.op == "in" and isinstance(node.right, ast.Array) and node.right.items:
        return {"equals": [_value(each) for each in node.right.items]}
    operator = next((name for name, sign in ORDERS.items() if sign == node.op), None)
    value = _value(node.right) if operator is not None else None
    dated = isinstance(node.left, ast.Field) and node.left.name == "date" and isinstance(value, str)
    if operator is None or not (json.is_number(value) or dated):
        raise _Unsayable
    return {operator: [value]}


def _function(node: ast.Method) -> dict[str, Any]:
    if node.name in {"isNotNull", "isNull"}:
        return {"exists" if node.name == "isNotNull" else "notExists": [True]}
    sensitive = not (len(node.args) == 2 and node.args[1] == ast.Boolean(value=False))  # noqa: PLR2004 - with the flag
    wanted = next((name for name, form in TEXTS.items() if form == (node.name, sensitive)), None)
    if wanted is None or (sensitive and len(node.args) != 1):
        raise _Unsayable
    value = _value(node.args[0])
    if not isinstance(value, str):
        raise _Unsayable
    return {wanted: [value]}


def _value(node: Node) -> Any:
    if isinstance(node, ast.Text | ast.Integer | ast.Double | ast.Boolean):
        return node.value
    if isinstance(node, ast.Negate) and isinstance(node.operand, ast.Integer | ast.Double):
        return -node.operand.value
    raise _Unsayable


def _attribute(node: Node) -> dict[str, Any]:
    """The class and the name of the attribute at a path."""
    path = tuple(reversed(list(_steps(node))))
    for kind, (root, names) in CLASSES.items():
        steps = path[len(root) :]
        if path[: len(root)] != root or not steps or (kind != "mbox" and len(steps) > 1):
            continue
        name = ".".join(steps)
        good: Callable[[str], bool] = bool if names is None else names.__contains__
        if good(name) and len(name) <= 250 and (kind != "mbox" or not any("." in step for step in steps)):  # noqa: PLR2004
            return {kind: name}
    raise _Unsayable


def _steps(node: Node) -> Iterator[str]:
    while isinstance(node, ast.Field):
        yield node.name
        node = node.object
    if isinstance(node, ast.Parameter) and node.position == 1:
        yield "profile"
        return
    if not isinstance(node, ast.Root):
        raise _Unsayable
    yield node.name
