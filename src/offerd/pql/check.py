"""What is refused when a rule is saved, beyond its syntax: unknown functions, wrong arity, bad patterns and dates."""

from __future__ import annotations

import datetime

from offerd.pql.ast import Array, Boolean, Compare, Double, Field, Here, Integer, Node, Root, Text
from offerd.pql.patterns import Pattern, PatternError, compile_pattern
from offerd.pql.registry import AGGREGATES, FUNCTIONS, METHODS, Signature, suggestion


class Refused(Exception):
    """A reason to refuse, and what was expected instead; the builder adds the place."""

    def __init__(self, message: str, expected: tuple[str, ...] = ()) -> None:
        """Keep the two parts of a `PQLError` that do not depend on the place."""
        self.message = message
        self.expected = expected
        super().__init__(message)


def method_signature(name: str, given: int) -> Signature:
    """Find a function of a value by name and number of arguments.

    Raises:
        Refused: there is none of that name, or it takes another number of arguments.
    """
    if name not in METHODS:
        if name in FUNCTIONS:
            raise Refused(f"`{name}` stands by itself, not after a dot", (f"`{name}(…)`",))
        raise Refused(f"unknown function `{name}`", suggestion(name, METHODS))
    return _arity(name, METHODS[name], given)


def function_signature(name: str, given: int) -> Signature:
    """Find a function that stands by itself, by name and number of arguments.

    Raises:
        Refused: there is none of that name, or it takes another number of arguments.
    """
    if name not in FUNCTIONS:
        if name in AGGREGATES:
            raise Refused(f"`{name}` needs a list", (f"`list.{name}(…)`", f"`{name} … over X from list`"))
        if name in METHODS:
            raise Refused(f"`{name}` needs a value before it", (f"`value.{name}(…)`",))
        raise Refused(f"unknown function `{name}`", suggestion(name, FUNCTIONS))
    return _arity(name, FUNCTIONS[name], given)


def _arity(name: str, signature: Signature, given: int) -> Signature:
    if signature.least <= given <= signature.most:
        return signature
    if signature.least == signature.most:
        wanted = f"{signature.least} argument{'' if signature.least == 1 else 's'}"
    else:
        wanted = f"{signature.least} or {signature.most} arguments"
    raise Refused(f"`{name}` got {given or 'no'} argument{'' if given == 1 else 's'}", (wanted,))


def check_arguments(name: str, args: tuple[Node, ...]) -> None:
    """Look at the arguments that are literals: patterns, groups and dates can be judged now.

    Raises:
        Refused: a pattern that is not one, a group that it does not have, a day that does not exist.
    """
    if name == "matches":
        _pattern(args[0])
    elif name == "regexGroup":
        pattern = _pattern(args[0])
        group = args[1]
        if pattern is not None and isinstance(group, Integer) and group.value > pattern.groups:
            raise Refused(f"the pattern has no group {group.value}", (f"a group from 0 to {pattern.groups}",))
    elif name == "date":
        _date(args)


def _pattern(arg: Node) -> Pattern | None:
    if not isinstance(arg, Text):
        return None
    try:
        return compile_pattern(arg.value)
    except PatternError as error:
        raise Refused(f"not a pattern: {error}") from error


def _date(args: tuple[Node, ...]) -> None:
    parts = [arg.value for arg in args if isinstance(arg, Integer)]
    if len(parts) < len(args):
        return
    try:
        datetime.date(*parts)
    except (ValueError, OverflowError) as error:
        raise Refused("no such day", ("`date(year, month, day)`",)) from error


def check_filter(where: Node) -> None:
    """Refuse a position between brackets, which would be read as a condition that always holds.

    Raises:
        Refused: the condition is a number, a text or a list as it stands.
    """
    if isinstance(where, Integer | Double | Text | Array):
        raise Refused("a filter takes a condition, not a position or a key", ("a condition",))


def case_flag(arg: Node) -> Node:
    """Read `caseSensitive = true`, as an argument, as the flag itself."""
    if (
        isinstance(arg, Compare)
        and arg.op == "="
        and isinstance(arg.left, Field)
        and arg.left.name == "caseSensitive"
        and isinstance(arg.left.object, Root | Here)
        and isinstance(arg.right, Boolean)
    ):
        return arg.right
    return arg
