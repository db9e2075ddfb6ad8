"""What goes wrong with a rule: `PQLError` when it is saved, `OverBudget` inside an evaluation."""

from __future__ import annotations


class PQLError(ValueError):
    """A rule that cannot be saved.

    Attributes:
        message: what is wrong, without the place.
        line: the line of the rule it is on, from 1.
        column: the column in that line, from 1.
        expected: what could have stood there, as short phrases; empty when nothing would have helped.
    """

    def __init__(self, message: str, line: int, column: int, expected: tuple[str, ...] = ()) -> None:
        """Keep the parts and build the sentence that `str` gives."""
        self.message = message
        self.line = line
        self.column = column
        self.expected = expected
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        place = f"line {self.line}, column {self.column}: {self.message}"
        if not self.expected:
            return place
        if len(self.expected) == 1:
            return f"{place}; expected {self.expected[0]}"
        return f"{place}; expected {', '.join(self.expected[:-1])} or {self.expected[-1]}"


class OverBudget(Exception):
    """An evaluation used up its steps. `Program` turns it into false, 0 or null."""
