"""From tree to canonical text, which parses back to the same tree."""

from __future__ import annotations

import json

import msgspec

from offerd.pql import ast
from offerd.pql.ast import Declaration, Node
from offerd.pql.registry import METHODS
from offerd.pql.words import opening, step

# How tightly a construct holds together; what is looser than its place asks for stands in parentheses.
_OPEN, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _UNARY, _PATH = range(9)
_PLURALS = {"century": "centuries", "millennium": "millennia"}


class _Place(msgspec.Struct, frozen=True):
    """Where a node stands: the variables in sight, and the filters around it."""

    bound: frozenset[str] = frozenset()
    filters: int = 0

    def binding(self, *names: str) -> _Place:
        return _Place(self.bound.union(names), self.filters)

    def filtering(self) -> _Place:
        return _Place(self.bound, self.filters + 1)


def to_text(node: Node) -> str:
    """Write a tree as text, in the one canonical form.

    Args:
        node: a tree that `parse` or `decode` gave.

    Returns:
        Text for which `parse(to_text(node)) == node`.
    """
    return _written(node, _OPEN, _Place())


def _written(node: Node, least: int, place: _Place) -> str:
    level, text = _print(node, place)
    return text if level >= least else f"({text})"


def _print(node: Node, place: _Place) -> tuple[int, str]:  # noqa: C901, PLR0911, PLR0912 - a case for each node
    match node:
        case ast.Text(value):
            return _PATH, json.dumps(value, ensure_ascii=False)
        case ast.Integer(value) | ast.Double(value):
            return _PATH, repr(value)
        case ast.Boolean(truth):
            return _PATH, "true" if truth else "false"
        case ast.Array(items):
            return _PATH, f"[{_arguments(items, place)}]"
        case ast.Moment(word):
            return _PATH, word
        case ast.Period(which, unit):
            return _SUM, f"{which} {unit}"
        case (
            ast.Root() | ast.Here() | ast.Parameter() | ast.Variable() | ast.Item() | ast.Field()
            | ast.Filter() | ast.Method() | ast.Function()
        ):  # fmt: skip
            return _PATH, _path(node, place)
        case ast.Negate(operand):
            return _UNARY, "-" + _written(operand, _UNARY, place)
        case ast.Arithmetic(op, left, right):
            level = _SUM if op in ("+", "-") else _PRODUCT
            return level, f"{_written(left, level, place)} {op} {_written(right, level + 1, place)}"
        case ast.Compare(comparison, left, right):
            return _COMPARE, f"{_written(left, _SUM, place)} {comparison} {_written(right, _SUM, place)}"
        case ast.OccursOn() | ast.OccursBeside() | ast.OccursWithin() | ast.OccursBetween():
            return _COMPARE, _occurs(node, place)
        case ast.Not(operand):
            return _NOT, "not " + _written(operand, _NOT, place)
        case ast.And(operands):
            return _AND, " and ".join(_written(each, _NOT, place) for each in operands)
        case ast.Or(operands):
            return _OR, " or ".join(_written(each, _AND, place) for each in operands)
        case ast.Select(variables):
            return _OPEN, f"select {_declarations(variables, place)[0]}"
        case ast.Quantified(quantifier, variables):
            return _OPEN, f"{quantifier} {_declarations(variables, place)[0]}"
        case ast.Aggregate(name, value, variables):
            declared, inner = _declarations(variables, place)
            return _OPEN, f"{name} {_aggregated(value, inner)} over {declared}"
        case ast.Let(name, value, body):
            bound = _written(body, _OPEN, place.binding(name))
            return _OPEN, f"let {opening(name)} = {_written(value, _SUM, place)} in {bound}"
        case ast.Lambda(parameters, body):
            names = ", ".join(opening(each) for each in parameters)
            return _OPEN, f"({names}) => {_written(body, _OPEN, place.binding(*parameters))}"


def _path(node: Node, place: _Place) -> str:  # noqa: PLR0911 - a case for each node
    match node:
        case ast.Root(name) | ast.Variable(name):
            return name if isinstance(node, ast.Root) else opening(name)
        case ast.Here(up):
            return "^" * up
        case ast.Parameter(position):
            return f"${position}"
        case ast.Item(key):
            return f"@{{{key}}}"
        case ast.Field(ast.Root("profile"), name) if not place.filters and name not in place.bound:
            return opening(name)
        case ast.Field(ast.Here(0), name):
            return opening(name)
        case ast.Field(ast.Here(up), name):
            return "^" * up + step(name)
        case ast.Field(base, name):
            return f"{_written(base, _PATH, place)}.{step(name)}"
        case ast.Filter(base, where):
            return f"{_written(base, _PATH, place)}[{_written(where, _OPEN, place.filtering())}]"
        case ast.Method(base, name, args):
            return f"{_written(base, _PATH, place)}.{name}({_method_arguments(name, args, place)})"
        case ast.Function(name, args):
            return f"{name}({_arguments(args, place)})"
    raise AssertionError(node)


def _arguments(args: tuple[Node, ...], place: _Place) -> str:
    return ", ".join(_written(each, _OPEN, place) for each in args)


def _method_arguments(name: str, args: tuple[Node, ...], place: _Place) -> str:
    if not METHODS[name].each or not args or isinstance(args[0], ast.Lambda):
        return _arguments(args, place)
    parts = [_written(args[0], _OPEN, place.filtering())]
    parts.extend(_written(each, _OPEN, place) for each in args[1:])
    return ", ".join(parts)


def _occurs(node: Node, place: _Place) -> str:
    match node:
        case ast.OccursOn(subject, moment):
            form = f"on {_written(moment, _SUM, place)}"
        case ast.OccursBeside(subject, direction, moment):
            form = f"{direction} {_written(moment, _SUM, place)}"
        case ast.OccursWithin(subject, op, count, unit, direction, moment):
            units = unit if count == 1 else _PLURALS.get(unit, unit + "s")
            form = f"{op} {count} {units} {direction} {_written(moment, _SUM, place)}"
        case ast.OccursBetween(subject, first, last):
            form = f"between {_written(first, _SUM, place)} and {_written(last, _SUM, place)}"
        case _:
            raise AssertionError(node)
    return f"{_written(subject, _SUM, place)} occurs {form}"


def _declarations(variables: tuple[Declaration, ...], place: _Place) -> tuple[str, _Place]:
    parts = []
    for each in variables:
        part = f"{opening(each.name)} from {_written(each.source, _SUM, place)}"
        place = place.binding(each.name)
        if each.where is not None:
            part += f" where {_written(each.where, _OR, place)}"
        parts.append(part)
    return ", ".join(parts), place


def _aggregated(value: Node, place: _Place) -> str:
    text = _written(value, _SUM, place)
    # An aggregation is told from an attribute of that name by what follows, which may not be a sign or a list.
    return f"({text})" if text[0] in "-[" else text
