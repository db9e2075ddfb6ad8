"""Target rules and PQL: what an audience asks of a visitor, in the words of both.

A rule is `{"and": [...]}` or `{"or": [...]}` of rules, or a leaf: one member names a class and, as its value, the
attribute; one names an operator and, as its value, a list of values, of which one must do. An operator that begins with
`not` holds whenever its opposite does not, so of somebody without the attribute too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from offerd import pql
from offerd.model import json
from offerd.model.codec import Fault, pointer
from offerd.pql import ast
from offerd.pql.ast import Node
from offerd.services.errors import InvalidDocument

_PAGE = ("url", "path", "query", "fragment", "domain", "subdomain", "topLevelDomain")
_TIME = ("hour", "minute", "weekday", "day", "month", "year", "date")

#: Where the attributes of each class are, and their names; None for any name.
CLASSES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...] | None]] = {
    "mbox": (("context", "mbox"), None),
    "profile": (("profile",), None),
    "page": (("context", "page"), _PAGE),
    "referring": (("context", "referring"), _PAGE),
    "user": (("context", "user"), ("browserType", "browserVersion", "platform", "locale")),
    "geo": (
        ("context", "geo"),
        ("country", "region", "city", "zip", "latitude", "longitude", "countryCode", "stateCode", "ipAddress"),
    ),
    "time": (("context", "time"), _TIME),
    "order": (("context", "order"), ("id", "total", "purchasedProductIds")),
    "product": (("context", "product"), ("id", "categoryId")),
}

#: Operators that order, and their signs.
_ORDERS = {"lessThan": "<", "lessThanOrEquals": "<=", "greaterThan": ">", "greaterThanOrEquals": ">="}
#: Operators that are functions of text, and whether they regard case.
_TEXTS = {
    "equalsIgnoreCase": ("equals", False),
    "matches": ("equals", False),
    "contains": ("contains", True),
    "containsIgnoreCase": ("contains", False),
    "startsWith": ("startsWith", True),
    "startsWithIgnoreCase": ("startsWith", False),
    "endsWith": ("endsWith", True),
    "endsWithIgnoreCase": ("endsWith", False),
}
#: Operators that hold where another does not.
_NEGATIVE = {
    f"not{name[0].upper()}{name[1:]}": name for name in ("equals", *_TEXTS)
} | {"notExists": "exists"}  # fmt: skip

OPERATORS: tuple[str, ...] = ("equals", *_TEXTS, *_ORDERS, "exists", *_NEGATIVE)

#: The most values of one leaf, and characters of a text.
MOST_VALUES, LONGEST = 1_000, 5_000


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


def from_pql(text: str) -> dict[str, Any] | None:
    """The rule that says what PQL says; None where no rule does."""
    try:
        return _rule(pql.parse(text))
    except (pql.PQLError, _Unsayable):
        return None


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
    positive = _NEGATIVE.get(operator, operator)
    if positive == "exists":
        node: Node | None = _exists(path, values, here, faults)
    elif not isinstance(values, list) or not 0 < len(values) <= MOST_VALUES:
        faults.append(Fault(here, f"expected a list of 1 to {MOST_VALUES} values"))
        return None
    else:
        node = _compared(positive, path, values, here, faults)
    return ast.Not(node) if node is not None and operator in _NEGATIVE else node


def _exists(path: Node, values: Any, at: str, faults: list[Fault]) -> Node | None:
    if values not in ([], [True]):
        faults.append(Fault(at, "expected an empty list, or [true]"))
        return None
    return ast.Method(path, "isNotNull", ())


def _compared(operator: str, path: Node, values: list[Any], at: str, faults: list[Fault]) -> Node | None:
    literals = []
    for index, value in enumerate(values):
        literal = _ordered(path, value) if operator in _ORDERS else _literal(value)
        if literal is None or (operator in _TEXTS and not isinstance(literal, ast.Text)):
            wanted = "a number" if operator in _ORDERS else "text" if operator in _TEXTS else "text, a number or a flag"
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
    if operator in _ORDERS:
        return ast.Compare(_ORDERS[operator], path, literal)  # type: ignore[arg-type]
    name, sensitive = _TEXTS[operator]
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
    opposite = {positive: negative for negative, positive in reversed(_NEGATIVE.items())}
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
    operator = next((name for name, sign in _ORDERS.items() if sign == node.op), None)
    value = _value(node.right) if operator is not None else None
    dated = isinstance(node.left, ast.Field) and node.left.name == "date" and isinstance(value, str)
    if operator is None or not (json.is_number(value) or dated):
        raise _Unsayable
    return {operator: [value]}


def _function(node: ast.Method) -> dict[str, Any]:
    if node.name in {"isNotNull", "isNull"}:
        return {"exists" if node.name == "isNotNull" else "notExists": [True]}
    sensitive = not (len(node.args) == 2 and node.args[1] == ast.Boolean(value=False))  # noqa: PLR2004 - with the flag
    wanted = next((name for name, form in _TEXTS.items() if form == (node.name, sensitive)), None)
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
