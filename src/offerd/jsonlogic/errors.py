"""What is wrong with a rule."""

from __future__ import annotations


class JsonLogicError(ValueError):
    """A rule that cannot be compiled.

    Attributes:
        message: what is wrong.
        pointer: where, as a JSON pointer within the rule.
    """

    def __init__(self, message: str, pointer: str = "") -> None:
        super().__init__(f"{pointer or '/'}: {message}")
        self.message = message
        self.pointer = pointer
