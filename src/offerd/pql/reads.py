"""What a rule reads: its paths, whether it looks at the offer or the clock, which audiences it names."""

from __future__ import annotations

from collections.abc import Iterator

from offerd.pql import ast
from offerd.pql.ast import Declaration, Node

Path = tuple[str, ...]

# Two names for one thing are told apart in a rule's text only.
_ROOTS = {"xEvent": "event", "elsData": "tables"}
_PARAMETERS = ("profile", "offer")
_CLOCKS = frozenset({"currentMonth", "currentYear", "currentDayOfMonth"})


def static_path(node: Node | Declaration) -> Path | None:
    """Give the path that a node is, as root and names, or None when it is anything else or is computed.

    The root is `profile`, `context`, `offer`, `event`, `tables`, or `@{type}`.
    """
    match node:
        case ast.Root(name):
            return (_ROOTS.get(name, name),)
        case ast.Parameter(position):
            return (_PARAMETERS[position - 1],)
        case ast.Item(key):
            return (f"@{{{key}}}",)
        case ast.Field(base, name) | ast.Method(base, "get", (ast.Text(name),)):
            path = static_path(base)
            return None if path is None else (*path, name)
        case _:
            return None


def paths(node: Node) -> Iterator[Path]:
    """Give each path in a tree, as far as it is known without data."""
    waiting: list[Node | Declaration] = [node]
    while waiting:
        each = waiting.pop()
        path = static_path(each)
        if path is not None:
            yield path
        else:
            waiting.extend(ast.children(each))


def reads_time(node: Node) -> bool:
    """Tell whether the answer depends on the moment of the decision."""
    return any(
        isinstance(each, ast.Moment | ast.Period) or (isinstance(each, ast.Function) and each.name in _CLOCKS)
        for each in ast.walk(node)
    )


def segments(node: Node) -> Iterator[str]:
    """Give the audiences that `inSegment` asks for by name."""
    for each in ast.walk(node):
        match each:
            case ast.Function("inSegment", (ast.Text(name),)):
                yield name
