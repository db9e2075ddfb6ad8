"""From lark's tree to ours: names find what they stand for, and each construct is checked in its place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

import msgspec
from lark import Token, Tree

from offerd.pql import ast
from offerd.pql.ast import Declaration, Node
from offerd.pql.check import (
    Refused,
    case_flag,
    check_arguments,
    check_filter,
    function_signature,
    method_signature,
)
from offerd.pql.errors import PQLError
from offerd.pql.limits import Limits
from offerd.pql.words import ROOTS, UNITS

_LARGEST = 2**63 - 1


class _Env(msgspec.Struct, frozen=True):
    """What a name may stand for at one place of the rule.

    Attributes:
        bound: the variables in sight.
        filters: how many filters are around.
        depth: how many nodes are above.
    """

    bound: frozenset[str] = frozenset()
    filters: int = 0
    depth: int = 0

    def binding(self, *names: str) -> _Env:
        return _Env(self.bound.union(names), self.filters, self.depth)

    def filtering(self) -> _Env:
        return _Env(self.bound, self.filters + 1, self.depth)

    def deeper(self) -> _Env:
        return _Env(self.bound, self.filters, self.depth + 1)


class Builder:
    """Builds the tree of one rule."""

    def __init__(self, limits: Limits) -> None:
        """Take the limit on nesting from `limits`."""
        self._limits = limits

    def build(self, tree: Tree[Token]) -> Node:
        """Build the tree of a whole rule, which may be a lambda over the profile and the offer.

        Raises:
            PQLError: something in it is unknown, misplaced or nested too deeply.
        """
        env = _Env()
        try:
            if tree.data == "lambda_":
                return self._lambda(tree, env.deeper(), ("the profile", "the offer"))
            return self._node(tree, env)
        except RecursionError:
            raise _error(tree, "the rule is nested too deeply") from None

    def _node(self, tree: Tree[Token], env: _Env) -> Node:
        env = env.deeper()
        if env.depth > self._limits.depth:
            raise _error(tree, f"the rule is nested too deeply: more than {self._limits.depth} levels")
        make: Callable[[Tree[Token], _Env], Node] = getattr(self, f"_on_{str(tree.data).strip('_')}")
        try:
            return make(tree, env)
        except Refused as refused:
            raise _error(_named(tree), refused.message, refused.expected) from refused

    def _nodes(self, trees: list[Any], env: _Env) -> tuple[Node, ...]:
        return tuple(self._node(each, env) for each in trees)

    # Literals

    def _on_text(self, tree: Tree[Token], env: _Env) -> Node:
        token = _token(tree, 0)
        return ast.Text(_unescaped(token))

    def _on_integer(self, tree: Tree[Token], env: _Env) -> Node:
        return ast.Integer(_whole(_token(tree, 0)))

    def _on_double(self, tree: Tree[Token], env: _Env) -> Node:
        token = _token(tree, 0)
        value = float(token)
        if value == float("inf"):
            raise _error(token, "a number that is too large")
        return ast.Double(value)

    def _on_boolean(self, tree: Tree[Token], env: _Env) -> Node:
        return ast.Boolean(_token(tree, 0).lower() == "true")

    def _on_moment_word(self, tree: Tree[Token], env: _Env) -> Node:
        return ast.Moment(_token(tree, 0).lower())  # type: ignore[arg-type]

    def _on_period(self, tree: Tree[Token], env: _Env) -> Node:
        which, unit = _token(tree, 0), _token(tree, 1)
        return ast.Period(which.lower(), UNITS[unit.lower()])  # type: ignore[arg-type]

    def _on_array(self, tree: Tree[Token], env: _Env) -> Node:
        return ast.Array(self._nodes(_arguments(tree.children[0]), env))

    def _on_bracketed(self, tree: Tree[Token], env: _Env) -> Node:
        return ast.Array(self._nodes(tree.children, env))

    # Paths

    def _on_name(self, tree: Tree[Token], env: _Env) -> Node:
        token = _token(tree, 0)
        name = _name(token)
        if name in env.bound:
            return ast.Variable(name)
        if token.type == "IDENTIFIER":
            if name in ROOTS:
                return ast.Root(name)
            _not_null(token)
        return ast.Field(self._here(env, 0), name)

    def _on_up(self, tree: Tree[Token], env: _Env) -> Node:
        carets = _token(tree, 0)
        if len(carets) > env.filters:
            raise _error(carets, f"`{carets}` goes further out than the filters around it")
        return ast.Field(self._here(env, len(carets)), _name(_token(tree, 1)))

    def _here(self, env: _Env, up: int) -> Node:
        # Outside all filters a bare name is the profile's.
        return ast.Here(up) if up < env.filters else ast.Root("profile")

    def _on_parameter(self, tree: Tree[Token], env: _Env) -> Node:
        mark = _token(tree, 0)
        if mark not in ("$1", "$2"):
            raise _error(mark, f"no parameter `{mark}`", ("`$1`, the profile", "`$2`, the offer"))
        return ast.Parameter(1 if mark == "$1" else 2)

    def _on_item(self, tree: Tree[Token], env: _Env) -> Node:
        return ast.Item(_token(tree, 0)[2:-1].strip())

    def _on_field(self, tree: Tree[Token], env: _Env) -> Node:
        return ast.Field(self._node(_tree(tree, 0), env), _name(_token(tree, 1)))

    def _on_filter(self, tree: Tree[Token], env: _Env) -> Node:
        where = self._node(_tree(tree, 1), env.filtering())
        try:
            check_filter(where)
        except Refused as refused:
            raise _error(_tree(tree, 1), refused.message, refused.expected) from refused
        return ast.Filter(self._node(_tree(tree, 0), env), where)

    # Functions

    def _on_method(self, tree: Tree[Token], env: _Env) -> Node:
        name, given = str(_token(tree, 1)), _arguments(tree.children[2])
        signature = method_signature(name, len(given))
        first, rest = given[:1], given[1:]
        if signature.each and first:
            args = (self._each(first[0], env), *self._nodes(rest, env))
        else:
            args = self._nodes(given, env)
        if signature.flag and len(args) > 1:
            args = (args[0], case_flag(args[1]))
        check_arguments(name, args)
        return ast.Method(self._node(_tree(tree, 0), env), name, args)

    def _each(self, tree: Tree[Token], env: _Env) -> Node:
        if tree.data == "lambda_":
            return self._lambda(tree, env.deeper(), ("the element",))
        return self._node(tree, env.filtering())

    def _on_call(self, tree: Tree[Token], env: _Env) -> Node:
        name, given = str(_token(tree, 0)), _arguments(tree.children[1])
        _not_null(_token(tree, 0))
        function_signature(name, len(given))
        args = self._nodes(given, env)
        check_arguments(name, args)
        return ast.Function(name, args)

    def _on_lambda(self, tree: Tree[Token], env: _Env) -> Node:
        raise _error(tree, "a lambda stands alone or as the argument of a list function")

    def _lambda(self, tree: Tree[Token], env: _Env, parameters: tuple[str, ...]) -> Node:
        *tokens, body = tree.children
        names = [_variable(_as_token(token)) for token in tokens]
        if len(names) > len(parameters):
            expected = " and ".join(parameters)
            raise _error(_as_token(tokens[len(parameters)]), "too many parameters", (f"one for {expected}",))
        return ast.Lambda(tuple(names), self._node(_as_tree(body), env.binding(*names)))

    # Operators

    def _on_negate(self, tree: Tree[Token], env: _Env) -> Node:
        if _token(tree, 0) == "+":
            raise _error(_token(tree, 0), "unexpected `+`", ("a value",))
        return ast.Negate(self._node(_tree(tree, 1), env))

    def _on_arithmetic(self, tree: Tree[Token], env: _Env) -> Node:
        left, right = self._node(_tree(tree, 0), env), self._node(_tree(tree, 2), env)
        return ast.Arithmetic(str(_token(tree, 1)), left, right)  # type: ignore[arg-type]

    def _on_compare(self, tree: Tree[Token], env: _Env) -> Node:
        op = _token(tree, 1).lower().replace("notin", "notIn")
        return ast.Compare(op, self._node(_tree(tree, 0), env), self._node(_tree(tree, 2), env))  # type: ignore[arg-type]

    def _on_not(self, tree: Tree[Token], env: _Env) -> Node:
        return ast.Not(self._node(_tree(tree, 0), env))

    def _on_and(self, tree: Tree[Token], env: _Env) -> Node:
        return ast.And(self._nodes(tree.children, env))

    def _on_or(self, tree: Tree[Token], env: _Env) -> Node:
        return ast.Or(self._nodes(tree.children, env))

    # Times

    def _on_occurs_on(self, tree: Tree[Token], env: _Env) -> Node:
        subject, moment = self._nodes(tree.children, env)
        return ast.OccursOn(subject, moment)

    def _on_occurs_beside(self, tree: Tree[Token], env: _Env) -> Node:
        direction = _token(tree, 1).lower()
        return ast.OccursBeside(self._node(_tree(tree, 0), env), direction, self._node(_tree(tree, 2), env))  # type: ignore[arg-type]

    def _on_occurs_within(self, tree: Tree[Token], env: _Env) -> Node:
        op, count, unit, direction = (_token(tree, i) for i in (1, 2, 3, 4))
        return ast.OccursWithin(
            self._node(_tree(tree, 0), env),
            str(op),  # type: ignore[arg-type]
            _whole(count),
            UNITS[unit.lower()],
            direction.lower(),  # type: ignore[arg-type]
            self._node(_tree(tree, 5), env),
        )

    def _on_occurs_between(self, tree: Tree[Token], env: _Env) -> Node:
        return ast.OccursBetween(*self._nodes(tree.children, env))

    # Variables

    def _on_select(self, tree: Tree[Token], env: _Env) -> Node:
        return ast.Select(self._declarations(_tree(tree, 1), env)[0])

    def _on_quantified(self, tree: Tree[Token], env: _Env) -> Node:
        word = _token(tree, 0).lower()
        return ast.Quantified(word, self._declarations(_tree(tree, 1), env)[0])  # type: ignore[arg-type]

    def _on_aggregate(self, tree: Tree[Token], env: _Env) -> Node:
        declared, inner = self._declarations(_tree(tree, 2), env)
        word = _token(tree, 0).lower()
        return ast.Aggregate(word, self._node(_tree(tree, 1), inner), declared)  # type: ignore[arg-type]

    def _declarations(self, tree: Tree[Token], env: _Env) -> tuple[tuple[Declaration, ...], _Env]:
        made = []
        for each in tree.children:
            name_token, source_tree, where_tree = _as_tree(each).children
            name = _variable(_as_token(name_token))
            source = self._node(_as_tree(source_tree), env)
            env = env.binding(name)
            where = None if where_tree is None else self._node(_as_tree(where_tree), env)
            made.append(Declaration(name, source, where))
        return tuple(made), env

    def _on_let(self, tree: Tree[Token], env: _Env) -> Node:
        _, name_token, equals, value, member, body = tree.children
        if equals != "=":
            raise _error(_as_token(equals), f"unexpected `{equals}`", ("`=`",))
        if _as_token(member).lower() != "in":
            raise _error(_as_token(member), f"unexpected `{member}`", ("`in`",))
        name = _variable(_as_token(name_token))
        made = self._node(_as_tree(value), env)
        return ast.Let(name, made, self._node(_as_tree(body), env.binding(name)))


def _token(tree: Tree[Token], index: int) -> Token:
    return _as_token(tree.children[index])


def _tree(tree: Tree[Token], index: int) -> Tree[Token]:
    return _as_tree(tree.children[index])


def _as_token(part: Tree[Token] | Token) -> Token:
    return cast("Token", part)


def _as_tree(part: Tree[Token] | Token) -> Tree[Token]:
    return cast("Tree[Token]", part)


def _arguments(tree: Tree[Token] | Token) -> list[Any]:
    return [each for each in _as_tree(tree).children if each is not None]


def _named(tree: Tree[Token]) -> Tree[Token] | Token:
    """Point at the function's name, not at the value before its dot."""
    if tree.data == "method":
        return _token(tree, 1)
    return tree


def _error(place: Tree[Token] | Token, message: str, expected: tuple[str, ...] = ()) -> PQLError:
    at = place if isinstance(place, Token) else place.meta
    return PQLError(message, at.line or 1, at.column or 1, expected)


def _name(token: Token) -> str:
    return token[1:-1].replace("``", "`") if token.type == "QUOTED" else str(token)


def _variable(token: Token) -> str:
    if token.type == "IDENTIFIER":
        if token in ROOTS:
            raise _error(token, f"`{token}` is taken and cannot be a variable", ("another name",))
        _not_null(token)
    return _name(token)


def _not_null(token: Token) -> None:
    if token.lower() == "null":
        raise _error(token, "there is no `null` to compare with", ("`.isNull()`",))


def _whole(token: Token) -> int:
    value = int(token) if len(token) <= len(str(_LARGEST)) else _LARGEST + 1
    if value > _LARGEST:
        raise _error(token, "a number that is too large")
    return value


_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_PLAIN_ESCAPES = {
    '"': '"', "'": "'", "\\": "\\", "/": "/", "n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f",
}  # fmt: skip


def _unescaped(token: Token) -> str:
    def read(found: re.Match[str]) -> str:
        mark = found[1]
        if len(mark) > 1:
            return chr(int(mark[1:], 16))
        if mark not in _PLAIN_ESCAPES:
            raise _error(token, f"unknown escape `\\{mark}` in a text", (f"`\\\\{mark}`",))
        return _PLAIN_ESCAPES[mark]

    text = _ESCAPE.sub(read, token[1:-1])
    try:
        # A pair of escapes may write one character; half a pair writes none.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise _error(token, "half a character (a lone surrogate)") from None
