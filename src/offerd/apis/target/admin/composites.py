"""Audiences made of audiences: `{"restRuleOperator": "AND", "rules": [1, 2]}`, and the PQL that says it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offerd import pql
from offerd.apis.target.admin.rules import join
from offerd.model.codec import Fault
from offerd.pql import ast
from offerd.pql.ast import Node
from offerd.services.errors import InvalidDocument

OPERATORS = ("AND", "OR", "NOT")

#: The model's id of the audience with a number; None where there is none.
Named = Callable[[int], str | None]


def to_pql(rule: Any, named: Named, at: str = "/audienceRule") -> str:
    """The PQL of a composite; `NOT` means none of its rules.

    Args:
        rule: as it was sent.
        named: finds audiences.
        at: its pointer.

    Raises:
        InvalidDocument: it is none, or names an audience that is not there.
    """
    faults: list[Fault] = []
    node = _node(rule, named, at, faults)
    if faults or node is None:
        raise InvalidDocument(faults or [Fault(at, "expected a rule")])
    return pql.to_text(node)


def from_pql(text: str, number: Callable[[str], int | None]) -> dict[str, Any] | None:
    """The composite that says what PQL says; None where none does.

    Args:
        text: the PQL.
        number: of the audience with an id; None where there is none.
    """
    try:
        return _composite(pql.parse(text), number)
    except (pql.PQLError, _Unsayable):
        return None


def _node(rule: Any, named: Named, at: str, faults: list[Fault]) -> Node | None:
    if not isinstance(rule, dict) or rule.get("restRuleOperator") not in OPERATORS:
        faults.append(Fault(at, f"expected restRuleOperator, one of {', '.join(OPERATORS)}, and rules"))
        return None
    rules = rule.get("rules")
    if not isinstance(rules, list) or not rules or rule.keys() - {"restRuleOperator", "rules"}:
        faults.append(Fault(f"{at}/rules", "expected a list of numbers of audiences and of rules, and nothing beside"))
        return None
    made = [_part(each, named, f"{at}/rules/{index}", faults) for index, each in enumerate(rules)]
    word = "and" if rule["restRuleOperator"] == "AND" else "or"
    node = join(word, [each for each in made if each is not None])
    return ast.Not(node) if node is not None and rule["restRuleOperator"] == "NOT" else node


def _part(part: Any, named: Named, at: str, faults: list[Fault]) -> Node | None:
    if type(part) is not int:
        return _node(part, named, at, faults)
    found = named(part)
    if found is None:
        faults.append(Fault(at, f"there is no audience {part}"))
        return None
    return ast.Function("inSegment", (ast.Text(found),))


class _Unsayable(Exception):
    """PQL that no composite says."""


def _composite(node: Node, number: Callable[[str], int | None]) -> dict[str, Any]:
    if isinstance(node, ast.And | ast.Or):
        word = "AND" if isinstance(node, ast.And) else "OR"
        return {"restRuleOperator": word, "rules": [_said(each, number) for each in node.operands]}
    if isinstance(node, ast.Not):
        inner = node.operand.operands if isinstance(node.operand, ast.Or) else (node.operand,)
        return {"restRuleOperator": "NOT", "rules": [_said(each, number) for each in inner]}
    return {"restRuleOperator": "AND", "rules": [_said(node, number)]}


def _said(node: Node, number: Callable[[str], int | None]) -> Any:
    if not isinstance(node, ast.Function):
        if not isinstance(node, ast.And | ast.Or | ast.Not):
            raise _Unsayable
        return _composite(node, number)
    name = node.args[0] if node.name == "inSegment" else None
    found = number(name.value) if isinstance(name, ast.Text) else None
    if found is None:
        raise _Unsayable
    return found
