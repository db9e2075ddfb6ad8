"""Reading the notation pql/json: from its nodes to ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast, get_args

from offerd.pql import ast
from offerd.pql.ast import Declaration, Node
from offerd.pql.check import Refused, function_signature, method_signature
from offerd.pql.errors import PQLError
from offerd.pql.registry import AGGREGATES, METHODS
from offerd.pql.words import ROOTS, UNITS

_COMPARE = frozenset(get_args(ast.CompareOp))
_ARITHMETIC = frozenset(get_args(ast.ArithmeticOp))
_MOMENTS = frozenset(get_args(ast.MomentWord))
_PERIODS = frozenset(get_args(ast.PeriodWord))
_DIRECTIONS = frozenset(get_args(ast.Direction))
_ORDERS = frozenset(get_args(ast.OrderOp))
_QUANTIFIERS = frozenset(("all", "some", "none", "one"))


def wrong(at: str, message: str, expected: tuple[str, ...] = ()) -> PQLError:
    """The error of a place in the tree, as a JSON pointer."""
    return PQLError(f"at {at or '/'}: {message}", 1, 1, expected)


class Reader:
    """Reads one rule: in its methods, `at` is where, `bound` the variables in sight, `level` how deep.

    Args:
        depth: the most levels.
    """

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self._special: dict[str, Callable[[Any, str, frozenset[str], int], Node]] = {
            **dict.fromkeys(_PERIODS, self._period),
            "modelInstances": self._item,
            "let": self._let,
            "over": self._over,
            "occurs": self._occurs,
        }

    def node(self, tree: Any, at: str, bound: frozenset[str], level: int) -> Node:  # noqa: PLR0911 - a case for each
        """The rule that a node of JSON says.

        Raises:
            PQLError: it is none.
        """
        if level > self.depth:
            raise wrong(at, f"the rule is nested too deeply: more than {self.depth} levels")
        kind = _member(tree, "nodeType", at, str)
        match kind:
            case "literal":
                return self._literal(tree.get("value"), f"{at}/value", bound, level)
            case "fieldLookup":
                return ast.Field(
                    self._owner(tree.get("object"), f"{at}/object", bound, level), _name(tree, "fieldName", at)
                )
            case "parameterReference":
                position = _member(tree, "position", at, int)
                if position not in (1, 2):
                    raise wrong(f"{at}/position", f"no parameter {position}", ("1, the profile", "2, the offer"))
                return ast.Root("profile") if position == 1 else ast.Parameter(2)
            case "varRef":
                return _reference(_name(tree, "varName", at), at, bound)
            case "fnCreate":
                return self._function(tree, at, bound, level)
            case "fnApply":
                return self._applied(tree, at, bound, level)
            case "select":
                return ast.Select(self._variables(tree, at, bound, level)[0])
            case "quantification":
                said = _one_of(tree, "quantifier", at, _QUANTIFIERS)
                return ast.Quantified(cast("ast.Quantifier", said), self._variables(tree, at, bound, level)[0])
        raise wrong(f"{at}/nodeType", f"unknown node `{kind}`", ("a `nodeType` of pql/json",))

    def _literal(self, value: Any, at: str, bound: frozenset[str], level: int) -> Node:
        """A value that is written as itself; in a list, an object is a node."""
        if level > self.depth:
            raise wrong(at, f"the rule is nested too deeply: more than {self.depth} levels")
        if isinstance(value, bool):
            return ast.Boolean(value)
        if isinstance(value, (int, float)):
            number: Node = ast.Integer(abs(value)) if isinstance(value, int) else ast.Double(abs(float(value)))
            return ast.Negate(number) if value < 0 else number
        if isinstance(value, str):
            return ast.Text(value)
        if isinstance(value, list):
            return ast.Array(tuple(self._element(each, f"{at}/{i}", bound, level + 1) for i, each in enumerate(value)))
        raise wrong(at, "no literal that a rule can hold", ("text", "a number", "a boolean", "a list"))

    def _element(self, value: Any, at: str, bound: frozenset[str], level: int) -> Node:
        read = self.node if isinstance(value, Mapping) else self._literal
        return read(value, at, bound, level)

    def _owner(self, tree: Any, at: str, bound: frozenset[str], level: int) -> Node:
        """What a field is looked up in; only here may stand the element that a filter looks at."""
        if isinstance(tree, Mapping) and tree.get("fnName") == "^":
            params = _params(tree, at, 1)
            return ast.Here(_member(params[0], "value", f"{at}/params/0", int))
        return self.node(tree, at, bound, level + 1)

    def _function(self, tree: Any, at: str, bound: frozenset[str], level: int) -> ast.Lambda:
        listed = _member(tree, "params", at, list)
        names = tuple(_name(each, "varName", f"{at}/params/{index}") for index, each in enumerate(listed))
        if not names:
            raise wrong(f"{at}/params", "a function without parameters")
        return ast.Lambda(names, self.node(tree.get("body"), f"{at}/body", bound.union(names), level + 1))

    def _variables(
        self, tree: Any, at: str, bound: frozenset[str], level: int
    ) -> tuple[tuple[Declaration, ...], frozenset[str]]:
        made = []
        for index, each in enumerate(_member(tree, "variables", at, list)):
            here = f"{at}/variables/{index}"
            name = _name(each, "varName", here)
            source = self.node(each.get("from"), f"{here}/from", bound, level + 1)
            bound |= {name}
            where = each.get("where")
            made.append(
                Declaration(
                    name, source, None if where is None else self.node(where, f"{here}/where", bound, level + 1)
                )
            )
        if not made:
            raise wrong(f"{at}/variables", "nothing to go through")
        return tuple(made), bound

    def _applied(self, tree: Any, at: str, bound: frozenset[str], level: int) -> Node:
        """A function or an operator under its name in PQL."""
        name = _name(tree, "fnName", at)
        special = self._special.get(name)
        if special is not None:
            return special(tree, at, bound, level)
        params = _params(tree, at)
        args = tuple(self.node(each, f"{at}/params/{i}", bound, level + 1) for i, each in enumerate(params))
        try:
            return _operation(name, args)
        except Refused as refused:
            raise wrong(f"{at}/fnName", refused.message, refused.expected) from None

    def _period(self, tree: Any, at: str, bound: frozenset[str], level: int) -> Node:
        params = _params(tree, at, 1)
        unit = UNITS.get(_member(params[0], "value", f"{at}/params/0", str).lower())
        if unit is None:
            raise wrong(f"{at}/params/0/value", "no unit of time")
        return ast.Period(tree["fnName"], unit)

    def _item(self, tree: Any, at: str, bound: frozenset[str], level: int) -> Node:
        return ast.Item(_name(_params(tree, at, 1)[0], "value", f"{at}/params/0"))

    def _let(self, tree: Any, at: str, bound: frozenset[str], level: int) -> Node:
        params = _params(tree, at, 2)
        value = self.node(params[0], f"{at}/params/0", bound, level + 1)
        function = self._function(params[1], f"{at}/params/1", bound, level)
        if len(function.parameters) != 1:
            raise wrong(f"{at}/params/1/params", "`let` binds one name")
        return ast.Let(function.parameters[0], value, function.body)

    def _over(self, tree: Any, at: str, bound: frozenset[str], level: int) -> Node:
        params = _params(tree, at, 3)
        name = _one_of(params[0], "value", f"{at}/params/0", AGGREGATES)
        variables, inner = self._variables(params[2], f"{at}/params/2", bound, level + 1)
        value = self.node(params[1], f"{at}/params/1", inner, level + 1)
        return ast.Aggregate(cast("ast.AggregateName", name), value, variables)

    def _occurs(self, tree: Any, at: str, bound: frozenset[str], level: int) -> Node:
        params = _params(tree, at)

        def part(index: int) -> Node:
            return self.node(params[index], f"{at}/params/{index}", bound, level + 1)

        def word(index: int, words: frozenset[str]) -> Any:
            return _one_of(params[index], "value", f"{at}/params/{index}", words)

        relation = params[1].get("value") if len(params) > 2 and isinstance(params[1], Mapping) else None  # noqa: PLR2004
        match relation, len(params):
            case "on", 3:
                return ast.OccursOn(part(0), part(2))
            case "between", 4:
                return ast.OccursBetween(part(0), part(2), part(3))
            case _, 3:
                return ast.OccursBeside(part(0), word(1, _DIRECTIONS), part(2))
            case _, 6:
                count = _member(params[2], "value", f"{at}/params/2", int)
                unit = UNITS[word(3, frozenset(UNITS))]
                return ast.OccursWithin(part(0), word(1, _ORDERS), count, unit, word(4, _DIRECTIONS), part(5))
        raise wrong(f"{at}/params", "`occurs` is told what, a relation, and when")


def _operation(name: str, args: tuple[Node, ...]) -> Node:  # noqa: PLR0911 - a case for each sort
    one, two = len(args) == 1, len(args) == 2  # noqa: PLR2004
    if name in ("and", "or") and args:
        joined = ast.And if name == "and" else ast.Or
        return args[0] if one else joined(args)
    if name in ("not", "!") and one:
        return ast.Not(args[0])
    if name == "-" and one:
        return ast.Negate(args[0])
    if name in _COMPARE and two:
        return ast.Compare(cast("ast.CompareOp", name), *args)
    if name in _ARITHMETIC and two:
        return ast.Arithmetic(cast("ast.ArithmeticOp", name), *args)
    if name == "[]" and two:
        return ast.Filter(*args)
    if name in _MOMENTS and not args:
        return ast.Moment(cast("ast.MomentWord", name))
    if name in METHODS and args:
        method_signature(name, len(args) - 1)
        return ast.Method(args[0], name, args[1:])
    function_signature(name, len(args))
    return ast.Function(name, args)


def _reference(name: str, at: str, bound: frozenset[str]) -> Node:
    if name in bound:
        return ast.Variable(name)
    if name in ROOTS:
        return ast.Root(name)
    raise wrong(f"{at}/varName", f"nothing is called `{name}` here")


def _member(tree: Any, name: str, at: str, kind: type) -> Any:
    if not isinstance(tree, Mapping):
        raise wrong(at, "expected a node, which is an object")
    value = tree.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise wrong(f"{at}/{name}", "is missing or of the wrong type")
    return value


def _name(tree: Any, name: str, at: str) -> str:
    value = cast("str", _member(tree, name, at, str))
    if not value:
        raise wrong(f"{at}/{name}", "is empty")
    return value


def _one_of(tree: Any, name: str, at: str, words: frozenset[str]) -> str:
    value = cast("str", _member(tree, name, at, str))
    if value not in words:
        raise wrong(f"{at}/{name}", f"cannot be `{value}`", tuple(f"`{each}`" for each in sorted(words)))
    return value


def _params(tree: Any, at: str, count: int | None = None) -> list[Any]:
    params = cast("list[Any]", _member(tree, "params", at, list))
    if count is not None and len(params) != count:
        raise wrong(f"{at}/params", f"expected {count}")
    return params
