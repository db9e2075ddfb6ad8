"""Values that would make one clause of a rule hold: guessed from its form, and kept only where they do."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from offerd.pql import ast
from offerd.pql.ast import Node
from offerd.pql.program import Program
from offerd.pql.reads import Path, static_path
from offerd.pql.registry import METHODS
from offerd.pql.scope import Scope
from offerd.pql.times import instant, period, shift
from offerd.pql.values import elements, is_list, is_map, is_number, text
from offerd.pql.words import step

_MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_NEAR = (timedelta(), timedelta(milliseconds=1), timedelta(seconds=1), timedelta(days=1))
# What stands in a pattern without meaning itself; a pattern of nothing else is its own witness.
_ANCHORS = re.compile(r"^\(\?i\)|^\^|\$$")


class Witness(NamedTuple):
    """One path, and a value that makes a clause come out as wanted when it is put there."""

    path: Path
    value: Any


def witness(clause: Node, program: Program, scope: Scope, wanted: bool) -> Witness | None:
    """Find a path and a value that make a clause true, or false.

    Args:
        clause: a comparison, an `occurs`, a function of a path, or a path.
        program: the clause, compiled.
        scope: what it was judged against; it is not changed.
        wanted: what the clause should come to.

    Returns:
        A witness that was tried and works, or None when no single path can be named.
    """
    try:
        for path, value in _guesses(clause, scope, wanted):
            changed = placed(scope, path, value)
            if changed is not None and program.truth(changed) is wanted:
                return Witness(path, value)
    except (ArithmeticError, ValueError):
        # A guess beyond the calendar, or beyond what a number can be.
        return None
    return None


def seen(scope: Scope, path: Path) -> Any:
    """Give what is at a path now."""
    value: Any = _root(scope, path[0])
    for name in path[1:]:
        value = value.get(name) if is_map(value) else None
    return value


def written(path: Path) -> str:
    """Write a path with its root: `profile.age`."""
    return ".".join((path[0], *map(step, path[1:])))


def placed(scope: Scope, path: Path, value: Any) -> Scope | None:
    """Copy a scope with another value at a path; None where the path leads through something that is no map."""
    root, names = path[0], path[1:]
    changed = _inside(_root(scope, root), names, value)
    if changed is None or not names:
        return None
    parts = {
        name: getattr(scope, name)
        for name in (
            "profile", "context", "offer", "event", "items", "tables", "segments", "now", "zone", "steps",
        )
    }  # fmt: skip
    if root.startswith("@"):
        parts["items"] = {**scope.items, root[2:-1]: changed}
    else:
        parts[root] = changed
    return Scope(**parts)


def _root(scope: Scope, root: str) -> Any:
    return scope.items.get(root[2:-1]) if root.startswith("@") else getattr(scope, root)


def _inside(found: Any, names: Path, value: Any) -> Any:
    if not names:
        return value
    if found is not None and not is_map(found):
        return None
    inner = _inside((found or {}).get(names[0]), names[1:], value)
    return None if inner is None and len(names) > 1 else {**(found or {}), names[0]: inner}


def _guesses(clause: Node, scope: Scope, wanted: bool) -> Iterator[tuple[Path, Any]]:
    match clause:
        case ast.Compare(op, left, right):
            yield from _compared(op, left, right, scope, wanted)
        case ast.OccursOn(subject) | ast.OccursBeside(subject) | ast.OccursWithin(subject) | ast.OccursBetween(subject):
            path = static_path(subject)
            if path is not None:
                yield from ((path, each) for each in _times(clause, scope) if wanted)
                yield from ((path, None) for _ in range(not wanted))
        case ast.Method(subject, name, args) if static_path(clause) is None:
            path = static_path(subject)
            if path is not None:
                yield from ((path, each) for each in _called(name, args, scope))
        case _:
            path = static_path(clause)
            if path is not None:
                held = seen(scope, path)
                yield path, True if wanted else (False if isinstance(held, bool) else None)


def _compared(op: str, left: Node, right: Node, scope: Scope, wanted: bool) -> Iterator[tuple[Path, Any]]:
    path, other = static_path(left), static_path(right)
    if path is not None:
        yield from ((path, each) for each in _near(op, _worth(right, scope), wanted))
    if other is not None and op in _MIRRORED:
        yield from ((other, each) for each in _near(_MIRRORED[op], _worth(left, scope), wanted))
    elif other is not None and op in ("in", "notIn"):
        inside = (op == "in") is wanted
        value = _worth(left, scope)
        if value is not None:
            yield other, [value] if inside else []


def _worth(node: Node, scope: Scope) -> Any:
    return Program(node).value(scope)


def _near(op: str, value: Any, wanted: bool) -> Iterator[Any]:
    """Guess what compares with a value as asked; without negation null never does, with it null always does."""
    if isinstance(value, datetime):
        yield from (_stamp(each) for each in _near_time(op if wanted else _OPPOSITE.get(op, op), value))
    elif op in ("in", "notIn"):
        if (op == "in") is wanted:
            yield from elements(value)
        elif wanted:
            yield from _outside(value)
    elif op == "like":
        if wanted and isinstance(value, str):
            yield value.replace("%", "").replace("_", "a")
    elif wanted:
        yield from _beside(op, value)
    elif op not in ("=", "!="):
        yield from _beside(_OPPOSITE[op], value)
    elif op == "!=":
        yield value
    if not wanted:
        yield None


def _beside(op: str, value: Any) -> Iterator[Any]:
    if op in ("=", ">=", "<="):
        yield value
        yield from value if is_list(value) else ()
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value - 1 if op == "<" else value + 1
    elif isinstance(value, float):
        yield math.nextafter(value, -math.inf if op == "<" else math.inf)
    elif isinstance(value, Decimal):
        yield value.next_minus() if op == "<" else value.next_plus()
    elif isinstance(value, str):
        # People read it: "not Kids" says more than any other text that is not "Kids".
        yield f"not {value}" if op == "!=" else value[:-1] if op == "<" else value + "0"
    elif is_list(value):
        for each in value:
            yield from _beside(op, each)


def _outside(value: Any) -> Iterator[Any]:
    numbers = [each for each in elements(value) if is_number(each)]
    if numbers:
        yield int(max(numbers)) + 1
    yield "none of these"
    yield "".join(text(each) or "" for each in elements(value)) + "x"


def _near_time(op: str, value: datetime) -> Iterator[datetime]:
    if op in ("=", ">=", "<="):
        yield value
    else:
        yield value + (-_NEAR[1] if op == "<" else _NEAR[1])


def _called(name: str, args: tuple[Node, ...], scope: Scope) -> Iterator[Any]:
    # What is asked of each element is worth nothing by itself.
    values = [] if METHODS[name].each else [_worth(each, scope) for each in args]
    if name == "isNotNull":
        yield True
    elif name == "matches" and values and isinstance(values[0], str):
        pattern = values[0]
        while (shorter := _ANCHORS.sub("", pattern, count=1)) != pattern:
            pattern = shorter
        yield pattern
    elif values:
        yield from _called_with(name, values[0])
    yield None
    yield ""


def _called_with(name: str, value: Any) -> Iterator[Any]:
    if name == "notEqualTo":
        yield from _beside("!=", value)
    elif name in ("includes", "supersetOf", "intersects"):
        yield list(elements(value))
    elif name == "subsetOf":
        yield []
    yield text(value)
    yield value


def _times(clause: Node, scope: Scope) -> Iterator[str]:
    """Guess around each moment in the clause, and around where its distance leads."""
    _, *parts = ast.children(clause)
    marks = [mark for mark in (_mark(each, scope) for each in parts) if mark is not None]
    if isinstance(clause, ast.OccursWithin):
        count = -clause.count if clause.direction == "before" else clause.count
        try:
            marks += [shift(each, count, clause.unit, scope.zone) for each in marks]
        except OverflowError:
            return
    for mark in reversed(marks):
        for distance in _NEAR:
            for near in (mark + distance, mark - distance):
                yield _stamp(near)


def _mark(node: Any, scope: Scope) -> datetime | None:
    try:
        if isinstance(node, ast.Period):
            return period(node.which, node.unit, scope.moment(), scope.zone)
        return instant(_worth(node, scope), scope.zone)
    except OverflowError:
        return None


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
