"""The functions of text. On a list they ask whether one element holds; their opposites, whether none does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from offerd.pql.compare import compare
from offerd.pql.patterns import Pattern, PatternError, cost
from offerd.pql.scope import Scope
from offerd.pql.values import elements, is_list, text, truthy

Test = Callable[[str, str], bool]


def _fold(value: Any, scope: Scope) -> Any:
    scope.spend(1)
    if isinstance(value, str):
        return value.casefold()
    return [_fold(each, scope) for each in value] if is_list(value) else value


def equality(op: str) -> Callable[..., bool]:
    """Make `equals` or `notEqualTo`: a comparison that can disregard case."""

    def run(scope: Scope, value: Any, other: Any, case_sensitive: Any = True) -> bool:
        if truthy(case_sensitive):
            return compare(op, value, other, scope)
        return compare(op, _fold(value, scope), _fold(other, scope), scope)

    return run


def test(holds: Test, wanted: bool) -> Callable[..., bool]:
    """Make a function such as `contains`, or its opposite.

    Args:
        holds: what is asked of one text and the argument.
        wanted: False for the opposite, which is false too when there is no text to ask about.
    """

    def run(scope: Scope, value: Any, other: Any, case_sensitive: Any = True) -> bool:
        part = text(other)
        if part is None or not (isinstance(value, str) or is_list(value)):
            return False
        sensitive = truthy(case_sensitive)
        if not sensitive:
            part = part.casefold()
        for each in elements(value):
            if isinstance(each, str):
                scope.spend(1 + len(each) // 1024)
                if holds(each if sensitive else each.casefold(), part):
                    return wanted
        return not wanted

    return run


def starts(value: str, part: str) -> bool:
    """Whether a text begins with another."""
    return value.startswith(part)


def ends(value: str, part: str) -> bool:
    """Whether a text ends with another."""
    return value.endswith(part)


def contains(value: str, part: str) -> bool:
    """Whether a text has another in it."""
    return part in value


def like(scope: Scope, value: Any, pattern: Pattern) -> bool:
    """`s like p`: the whole text, with `%` for any text and `_` for any one character."""
    return any(pattern.fullmatch(each) is not None for each in _searched(scope, value, pattern))


def matches(scope: Scope, value: Any, pattern: Pattern) -> bool:
    """`s.matches(p)`: whether the pattern is found anywhere in the text."""
    return any(pattern.search(each) is not None for each in _searched(scope, value, pattern))


def regex_group(scope: Scope, value: Any, pattern: Pattern, group: Any) -> Any:
    """`s.regexGroup(p, n)`: what the n-th group of the first match holds, or null; for a list, a list."""
    found = []
    if type(group) is int and 0 <= group <= pattern.groups:
        for each in _searched(scope, value, pattern):
            match = pattern.search(each)
            held = None if match is None else match.group(group)
            if held is not None:
                found.append(held)
    if is_list(value):
        return found
    return found[0] if found else None


def compiled(make: Callable[[str], Pattern], pattern: Any) -> Pattern | None:
    """Compile a pattern that data gave; null where it is none."""
    if not isinstance(pattern, str):
        return None
    try:
        return make(pattern)
    except PatternError:
        return None


def _searched(scope: Scope, value: Any, pattern: Pattern) -> Iterator[str]:
    for each in elements(value):
        if isinstance(each, str):
            scope.spend(cost(pattern, each))
            yield each
