"""Patterns in rules: regular expressions in linear time, and `like`."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import re2

# Enough for any pattern that a person writes; the engine behind it refuses what would need more.
_MEMORY = 1024 * 1024
# The time is linear in text times pattern; so much of that product costs one step.
_A_STEP = 256


class PatternError(ValueError):
    """A text that is not a pattern, or one too large to run."""


class _Match(Protocol):
    def group(self, index: int) -> str | None: ...


class Pattern(Protocol):
    """What is used of a compiled pattern."""

    groups: int
    programsize: int

    def search(self, text: str) -> _Match | None:
        """Find the first match anywhere in the text."""

    def fullmatch(self, text: str) -> _Match | None:
        """Match the whole text."""


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    return options


def cost(pattern: Pattern, text: str) -> int:
    """Give the steps that a search of a text costs, at worst."""
    return 1 + len(text) * pattern.programsize // _A_STEP


@lru_cache(maxsize=4096)
def compile_pattern(text: str) -> Pattern:
    r"""Compile a regular expression (RE2's syntax: no look-around, no back-references).

    Args:
        text: the pattern, with the escapes of the rule's text already read (`\w`, not `\\w`).

    Raises:
        PatternError: it is not a pattern, or needs too much memory.
    """
    try:
        pattern: Pattern = re2.compile(text, _options())
    except (re2.error, UnicodeError) as error:
        detail = error.args[0] if error.args else error
        raise PatternError(detail.decode() if isinstance(detail, bytes) else str(detail)) from error
    return pattern


@lru_cache(maxsize=4096)
def compile_like(text: str) -> Pattern:
    """Compile the right side of `like`: `%` is any text, `_` any one character, all else itself.

    Raises:
        PatternError: it needs too much memory.
    """
    wild = {"%": ".*", "_": "."}
    return compile_pattern("(?s)" + "".join(wild.get(char) or re2.escape(char) for char in text))
