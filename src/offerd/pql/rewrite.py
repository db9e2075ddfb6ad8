"""Rewriting a tree: putting what a variable stands for in its place."""

from __future__ import annotations

from typing import Any

import msgspec

from offerd.pql import ast
from offerd.pql.ast import Declaration, Node

Names = dict[str, Node]


def applied(node: Node) -> Node:
    """Apply a rule that is a lambda: its parameters become the profile and the offer."""
    if not isinstance(node, ast.Lambda):
        return node
    roots = (ast.Root("profile"), ast.Root("offer"))
    return substituted(node.body, dict(zip(node.parameters, roots, strict=False)))


def opened(node: ast.Let) -> Node:
    """Write a `let` without its variable."""
    return substituted(node.body, {node.name: node.value})


def substituted(node: Node, names: Names) -> Node:  # noqa: PLR0911 - a case for each binding
    """Replace variables, but where a nearer binding hides them.

    Args:
        node: the tree.
        names: what stands for each variable; neither free variables nor filters' elements may be in it.
    """
    if isinstance(node, ast.Variable):
        return names.get(node.name, node)
    if isinstance(node, ast.Let):
        inner = _without(names, node.name)
        return ast.Let(node.name, substituted(node.value, names), substituted(node.body, inner))
    if isinstance(node, ast.Lambda):
        return ast.Lambda(node.parameters, substituted(node.body, _without(names, *node.parameters)))
    if isinstance(node, ast.Select):
        return ast.Select(_declared(node.variables, names)[0])
    if isinstance(node, ast.Quantified):
        return ast.Quantified(node.quantifier, _declared(node.variables, names)[0])
    if isinstance(node, ast.Aggregate):
        variables, inner = _declared(node.variables, names)
        return ast.Aggregate(node.name, substituted(node.value, inner), variables)
    changed = {name: _part(getattr(node, name), names) for name in node.__struct_fields__}
    return msgspec.structs.replace(node, **changed)


def _part(part: Any, names: Names) -> Any:
    if isinstance(part, Node):
        return substituted(part, names)
    if isinstance(part, tuple):
        return tuple(_part(each, names) for each in part)
    return part


def _declared(variables: tuple[Declaration, ...], names: Names) -> tuple[tuple[Declaration, ...], Names]:
    made = []
    for each in variables:
        source = substituted(each.source, names)
        names = _without(names, each.name)
        where = None if each.where is None else substituted(each.where, names)
        made.append(Declaration(each.name, source, where))
    return tuple(made), names


def _without(names: Names, *hidden: str) -> Names:
    return {name: node for name, node in names.items() if name not in hidden}
