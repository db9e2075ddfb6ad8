"""A rule, compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from offerd.jsonlogic import operators
from offerd.jsonlogic.errors import JsonLogicError
from offerd.jsonlogic.limits import Limits
from offerd.jsonlogic.loosely import text
from offerd.jsonlogic.operators import Operand
from offerd.jsonlogic.ranges import Span
from offerd.jsonlogic.variables import Truth, Value, variable

_MANY = 10**9
#: How many operands an operator takes, at least and at most.
_COUNTS = {
    "and": (1, _MANY), "or": (1, _MANY), "if": (1, _MANY), "?:": (3, 3), "!": (1, 1), "!!": (1, 1),
    "==": (2, 2), "!=": (2, 2), "===": (2, 2), "!==": (2, 2), "<": (2, 3), "<=": (2, 3), ">": (2, 2), ">=": (2, 2),
    "in": (2, 2), "var": (0, 2),
}  # fmt: skip

_MAKE: dict[str, Callable[[Sequence[Operand]], Operand]] = {
    "and": operators.conjunction,
    "or": operators.disjunction,
    "if": operators.choice,
    "?:": operators.choice,
    "!": lambda parts: operators.negation(parts[0]),
    "!!": lambda parts: operators.decided(parts[0].truth),
    "==": lambda parts: operators.equality(*parts),
    "!=": lambda parts: operators.negation(operators.equality(*parts)),
    "===": lambda parts: operators.sameness(*parts),
    "!==": lambda parts: operators.negation(operators.sameness(*parts)),
    "<": lambda parts: operators.order(parts, closed=False),
    "<=": lambda parts: operators.order(parts, closed=True),
    ">": lambda parts: operators.order(parts[::-1], closed=False),
    ">=": lambda parts: operators.order(parts[::-1], closed=True),
    "in": lambda parts: operators.membership(*parts),
}


class Logic:
    """A rule that runs; the data is an object whose members are asked for only where the rule comes to them.

    Attributes:
        value: `value(data)` is the rule's value.
        truth: `truth(data)` is whether that is true.
        paths: of the data that it may read.
    """

    __slots__ = ("_all_of", "paths", "truth", "value")

    def __init__(self, operand: Operand, paths: frozenset[str]) -> None:
        self.value: Value = operand.value
        self.truth: Truth = operand.truth
        self.paths = paths
        self._all_of = operand.all_of or (operand,)

    def apart(self, path: str) -> tuple[Span | None, Truth]:
        """The range that a variable must be in for the rule to be true, and whether the rest of it is true.

        For those who know the variable and would rather compare it themselves; without such a range the rest is all.
        """
        index = next((i for i, part in enumerate(self._all_of) if part.span and part.span.path == path), None)
        if index is None:
            return None, self.truth
        rest = self._all_of[:index] + self._all_of[index + 1 :]
        return self._all_of[index].span, operators.conjunction(rest).truth if rest else operators.constant(True).truth

    def reads(self, root: str) -> bool:
        """Whether it may read a member of the data, or something within it."""
        return any(path in {"", root} or path.startswith(f"{root}.") for path in self.paths)


def compile_logic(tree: Any, limits: Limits = Limits()) -> Logic:  # noqa: B008 - it is immutable
    """Compiles a rule.

    Args:
        tree: JSON; an object with one member is an operator and its operands, anything else a value.
        limits: of its size and depth.

    Raises:
        JsonLogicError: an operator is unknown or has the wrong number of operands, a name is computed, or the rule is
            beyond the limits.
    """
    compiler = _Compiler(limits)
    operand = compiler.operand(tree, "", 0)
    return Logic(operand, frozenset(compiler.paths))


class _Compiler:
    """Compiles one rule, and counts."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._size = 0
        self.paths: set[str] = set()

    def operand(self, tree: Any, at: str, depth: int) -> Operand:
        self._count(at, depth)
        if isinstance(tree, list):
            return self._list(tree, at, depth)
        if not isinstance(tree, dict) or len(tree) != 1:
            return operators.constant(float(tree) if isinstance(tree, float) else tree)
        ((name, found),) = tree.items()
        arguments = found if isinstance(found, list) else [found]
        here = f"{at}/{_escaped(name)}"
        if name not in _COUNTS:
            raise JsonLogicError(f"there is no operator {name[:50]!r}", here)
        least, most = _COUNTS[name]
        if not least <= len(arguments) <= most:
            raise JsonLogicError(f"{name} does not take {len(arguments)} operands", here)
        if name == "var":
            return self._variable(arguments, here, depth)
        return _MAKE[name]([self.operand(each, f"{here}/{i}", depth + 1) for i, each in enumerate(arguments)])

    def _list(self, tree: list[Any], at: str, depth: int) -> Operand:
        parts = [self.operand(each, f"{at}/{i}", depth + 1) for i, each in enumerate(tree)]
        if all(part.constant for part in parts):
            return operators.constant([part.known for part in parts])
        values = [part.value for part in parts]
        return operators.found(lambda data: [value(data) for value in values])

    def _variable(self, arguments: list[Any], at: str, depth: int) -> Operand:
        path = arguments[0] if arguments else ""
        if isinstance(path, (dict, list)):
            raise JsonLogicError("a name must be written, not computed", at)
        path = "" if path is None else text(path)
        default = self.operand(arguments[1] if arguments[1:] else None, f"{at}/1", depth + 1)
        self.paths.add(path)
        return operators.found(variable(path, default.value), None if arguments[1:] else path)

    def _count(self, at: str, depth: int) -> None:
        self._size += 1
        if self._size > self._limits.size:
            raise JsonLogicError(f"the rule has more than {self._limits.size} parts", at)
        if depth > self._limits.depth:
            raise JsonLogicError(f"the rule is nested more than {self._limits.depth} deep", at)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")[:60]
