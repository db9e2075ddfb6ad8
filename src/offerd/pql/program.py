"""A rule that runs: what `compile` makes of a tree."""

from __future__ import annotations

import math
from typing import Any

from offerd.pql.ast import Node
from offerd.pql.compiler import Compiler
from offerd.pql.errors import OverBudget
from offerd.pql.printer import to_text
from offerd.pql.reads import Path, paths, reads_time, segments
from offerd.pql.rewrite import applied
from offerd.pql.scope import Scope
from offerd.pql.values import number, truthy


class Program:
    """A compiled rule or formula. It keeps no state: any number of threads may run it, each with its scope.

    Attributes:
        node: the tree it was made from.
        source: its canonical text.
        paths: what it reads, each as root and names: `("profile", "address", "city")`. The roots are
            `profile`, `context`, `offer`, `event`, `tables` and `@{type}`. A path that goes through
            a filter, a variable or a computed key is given up to there.
        reads_offer: it looks at the offer, so its answer may differ between candidates.
        reads_time: it looks at the clock, so its answer may change by itself.
        segments: the audiences it names in `inSegment`.
    """

    __slots__ = ("_run", "_slots", "node", "paths", "reads_offer", "reads_time", "segments", "source")

    def __init__(self, node: Node) -> None:
        """Compile a tree; see `compile_program`."""
        plain = applied(node)
        compiler = Compiler()
        self._run = compiler.run(plain)
        self._slots = compiler.slots
        self.node = node
        self.source = to_text(node)
        self.paths: frozenset[Path] = frozenset(paths(plain))
        self.reads_offer = any(path[0] == "offer" for path in self.paths)
        self.reads_time = reads_time(plain)
        self.segments: frozenset[str] = frozenset(segments(plain))

    def truth(self, scope: Scope) -> bool:
        """Tell whether the rule holds.

        Args:
            scope: what it is judged against.

        Returns:
            False also where the value is null, or the budget of steps is used up. A list is true when it has
            elements, any other value that is no boolean when it is there.
        """
        return truthy(self._evaluated(scope))

    def number(self, scope: Scope) -> float:
        """Give a formula's score.

        Args:
            scope: what it is judged against.

        Returns:
            0.0 where the value is null or no number, or the budget of steps is used up.
        """
        value = number(self._evaluated(scope))
        try:
            score = 0.0 if value is None else float(value)
        except OverflowError:
            return 0.0
        return score if math.isfinite(score) else 0.0

    def value(self, scope: Scope) -> Any:
        """Give what the expression is worth: a value of the data, a number, text, a list, or a UTC datetime.

        Args:
            scope: what it is judged against.

        Returns:
            None also where the budget of steps is used up.
        """
        return self._evaluated(scope)

    def _evaluated(self, scope: Scope) -> Any:
        # An audience asked for in the middle of one rule may run another on the same scope.
        left, frame = scope.left, scope.frame
        scope.left = scope.steps
        scope.frame = [None] * self._slots
        try:
            return self._run(scope)
        except (OverBudget, RecursionError):
            return None
        finally:
            scope.left, scope.frame = left, frame


def compile_program(node: Node) -> Program:
    """Make a tree runnable.

    Args:
        node: a tree that `parse` or `decode` gave.

    Raises:
        ValueError: the tree names a function or a variable that there is not; none that `parse` gave does.
    """
    return Program(node)
