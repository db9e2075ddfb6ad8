"""What makes a template take far longer to read than it is long, so that it is refused before it is read.

The library finds outputs and tags by patterns. From what is opened and never closed they look through all the rest, as
from each parenthesis of an expression, and blanks behind an opening are gone through again and again: some thousands of
any would take minutes.
"""

from __future__ import annotations

import re

#: Openings that are never closed, of one sort; a template that is right has them only within `raw`, and few.
MOST_UNCLOSED = 16

#: Blanks in a row within an output or a tag.
MOST_BLANKS = 200

#: Parentheses that one output or tag opens.
MOST_PARENTHESES = 500

_INSIDE = re.compile(r"\{[{%](.*?)[%}]\}", re.DOTALL)
_BLANKS = re.compile(rf"\s{{{MOST_BLANKS + 1},}}")
_BLOCKS = tuple(
    (name, re.compile(rf"\{{%-?\s*{name}\s*-?%\}}"), re.compile(rf"\{{%-?\s*end{name}\s*-?%\}}"))
    for name in ("raw", "doc")
)


def tangle(text: str) -> str | None:
    """Why a template is not to be read; None where it may be. It takes as long as the text is, not more."""
    for opening, closing in (("{{", "}}"), ("{%", "%}")):
        if text.count(opening, max(text.rfind(closing), 0)) > MOST_UNCLOSED:
            return f"more than {MOST_UNCLOSED} {opening} are not closed"
    for name, opens, closes in _BLOCKS:
        begin = max((found.end() for found in closes.finditer(text)), default=0)
        if sum(1 for _ in opens.finditer(text, begin)) > MOST_UNCLOSED:
            return f"more than {MOST_UNCLOSED} {name} are not closed"
    if any(found[1].count("(") > MOST_PARENTHESES for found in _INSIDE.finditer(text)):
        return f"more than {MOST_PARENTHESES} parentheses are opened in one output or tag"
    if any(_is_within(text, found.start()) for found in _BLANKS.finditer(text)):
        return f"more than {MOST_BLANKS} blanks stand in a row within an output or a tag"
    return None


def _is_within(text: str, at: int) -> bool:
    """Whether a place is within an output or a tag."""
    opened = max(text.rfind(opening, 0, at) for opening in ("{{", "{%"))
    return opened >= 0 and max(text.rfind(closing, opened, at) for closing in ("}}", "%}")) < 0
