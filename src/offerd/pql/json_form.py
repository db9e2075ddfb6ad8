"""The other notation of a rule, `pql/json`: a tree of `fnApply`, `literal`, `fieldLookup` and their like.

Functions and operators are `fnApply` under the name that they have in PQL, with the value before the dot as the first
parameter. What the notation has one word for and the text has two is written with that word: `$1` and a bare path are
both `parameterReference` 1, `exists` is the quantifier `some`, `forall` is `all`. What it has no node for is `fnApply`
under the word that the text has: `occurs`, `let`, `over`, `[]` for a filter, `^` for the element that it looks at.
"""

from __future__ import annotations

from typing import Any

from offerd.model import json
from offerd.pql import ast
from offerd.pql.ast import Declaration, Node
from offerd.pql.errors import PQLError
from offerd.pql.json_reader import Reader, wrong
from offerd.pql.limits import Limits
from offerd.pql.parser import parse
from offerd.pql.printer import to_text

# A level of a rule is at most so many levels of JSON: a variable's declaration in its list.
_LEVELS = 4
# A character of a rule may take so many of JSON.
_WORDINESS = 64

_QUANTIFIERS = {"exists": "some", "forall": "all"}

Tree = dict[str, Any]


def to_json(node: Node) -> str:
    """Writes a rule as `pql/json`.

    Args:
        node: a tree that `parse`, `decode` or `from_json` gave.

    Returns:
        Text from which `from_json` makes a tree that means the same; the same tree but for the words that the module's
        description names.
    """
    return json.dumps(_written(node)).decode()


def from_json(text: str, limits: Limits = Limits()) -> Node:  # noqa: B008 - frozen
    """Reads a rule in `pql/json`, and checks it as `parse` checks text.

    Args:
        text: the JSON.
        limits: the guards on its size and nesting; those of the text that says the same.

    Returns:
        Its tree, ready to be stored with `encode` and run with `compile`.

    Raises:
        PQLError: it is no rule; says where, as a JSON pointer.
    """
    if len(text) > limits.size * _WORDINESS:
        raise wrong("", f"a rule of {len(text)} characters; at most {limits.size * _WORDINESS} are allowed")
    try:
        tree = json.loads(text, depth=limits.depth * _LEVELS)
    except (json.Malformed, UnicodeEncodeError) as error:
        raise wrong("", f"not JSON that can be read: {error}") from None
    node = Reader(limits.depth).node(tree, "", frozenset(), 1)
    said = to_text(node)
    try:
        parsed = parse(said, limits)
    except PQLError as error:
        raise wrong("", f"what it says is no rule: {error.message}", error.expected) from error
    if parsed != node:
        raise wrong("", "it holds a name or a place that a rule cannot have")
    return node


def _apply(name: str, *params: Tree) -> Tree:
    return {"nodeType": "fnApply", "fnName": name, "params": list(params)}


def _literal(kind: str, value: Any) -> Tree:
    return {"nodeType": "literal", "literalType": kind, "value": value}


def _function(names: tuple[str, ...], body: Tree) -> Tree:
    return {"nodeType": "fnCreate", "params": [{"varName": name} for name in names], "body": body}


def _written(node: Node) -> Tree:  # noqa: C901, PLR0911, PLR0912 - a case for each node
    match node:
        case ast.Text(text):
            return _literal("String", text)
        case ast.Integer(whole):
            return _literal("Integer", whole)
        case ast.Double(value):
            return _literal("Number", value)
        case ast.Boolean(truth):
            return _literal("Boolean", truth)
        case ast.Array(items):
            return _literal("List", [_element(each) for each in items])
        case ast.Root("profile") | ast.Parameter(1):
            return {"nodeType": "parameterReference", "position": 1}
        case ast.Parameter(position):
            return {"nodeType": "parameterReference", "position": position}
        case ast.Root(name) | ast.Variable(name):
            return {"nodeType": "varRef", "varName": name}
        case ast.Item(key):
            return _apply("modelInstances", _literal("String", key))
        case ast.Here(up):
            return _apply("^", _literal("Integer", up))
        case ast.Field(base, name):
            return {"nodeType": "fieldLookup", "fieldName": name, "object": _written(base)}
        case ast.Filter(base, where):
            return _apply("[]", _written(base), _written(where))
        case ast.Method(base, name, args):
            return _apply(name, _written(base), *map(_written, args))
        case ast.Function(name, args):
            return _apply(name, *map(_written, args))
        case ast.Moment(word):
            return _apply(word)
        case ast.Period(which, unit):
            return _apply(which, _literal("String", unit))
        case ast.Negate(operand):
            return _apply("-", _written(operand))
        case ast.Not(operand):
            return _apply("not", _written(operand))
        case ast.Arithmetic(op, left, right) | ast.Compare(op, left, right):
            return _apply(op, _written(left), _written(right))
        case ast.And(operands) | ast.Or(operands):
            return _apply("and" if isinstance(node, ast.And) else "or", *map(_written, operands))
        case ast.OccursOn() | ast.OccursBeside() | ast.OccursWithin() | ast.OccursBetween():
            return _apply("occurs", *(_occurring(part) for part in _occurs(node)))
        case ast.Select(variables):
            return {"nodeType": "select", "variables": _declared(variables)}
        case ast.Quantified(quantifier, variables):
            said = _QUANTIFIERS.get(quantifier, quantifier)
            return {"nodeType": "quantification", "quantifier": said, "variables": _declared(variables)}
        case ast.Aggregate(name, value, variables):
            over = {"nodeType": "select", "variables": _declared(variables)}
            return _apply("over", _literal("String", name), _written(value), over)
        case ast.Let(name, value, body):
            return _apply("let", _written(value), _function((name,), _written(body)))
        case ast.Lambda(names, body):
            return _function(names, _written(body))


def _element(node: Node) -> Any:
    """An element of a list: a plain value where it is one, else a node."""
    match node:
        case ast.Text(value) | ast.Integer(value) | ast.Double(value) | ast.Boolean(value):
            return value
        case ast.Array(items):
            return [_element(each) for each in items]
    return _written(node)


def _occurs(node: Node) -> tuple[Node | str | int, ...]:
    match node:
        case ast.OccursOn(subject, moment):
            return subject, "on", moment
        case ast.OccursBeside(subject, direction, moment):
            return subject, direction, moment
        case ast.OccursWithin(subject, op, count, unit, direction, moment):
            return subject, op, count, unit, direction, moment
        case ast.OccursBetween(subject, first, last):
            return subject, "between", first, last
    raise AssertionError(node)


def _occurring(part: Node | str | int) -> Tree:
    if isinstance(part, str):
        return _literal("String", part)
    return _literal("Integer", part) if isinstance(part, int) else _written(part)


def _declared(variables: tuple[Declaration, ...]) -> list[Tree]:
    made = []
    for each in variables:
        declared = {"nodeType": "varDecl", "varName": each.name, "from": _written(each.source)}
        if each.where is not None:
            declared["where"] = _written(each.where)
        made.append(declared)
    return made
