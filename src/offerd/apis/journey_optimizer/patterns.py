"""Regular expressions of filters: they match whole values without regard to case, in linear time."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import re2

from offerd.apis.journey_optimizer.problems import BadFilter

_LONGEST = 4_096
_MEMORY = 1 << 20


def matcher(pattern: str) -> Callable[[str], object]:
    """What tells whether a text is all that a pattern says, by what it gives being true.

    Raises:
        BadFilter: it is no pattern, or needs too much memory.
    """
    if len(pattern) > _LONGEST:
        raise BadFilter(f"a pattern has at most {_LONGEST} characters")
    options = re2.Options()
    options.case_sensitive = False
    options.dot_nl = True
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        re2.compile(pattern, options)
        whole = re2.Set.FullMatchSet(options)  # faster than `fullmatch`, which makes a match of each text
        whole.Add(pattern)
        whole.Compile()
    except re2.error as error:
        words = error.args[0] if error.args else "it is no pattern"
        said = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
        raise BadFilter(f"~{pattern}: {said}") from None

    return cast("Callable[[str], object]", whole.Match)


def wildcard(pattern: str) -> Callable[[str], object]:
    """The same for a pattern with `*` and `?`, with regard to case."""
    if not set(pattern) & set("*?"):
        return lambda text: text == pattern
    pieces = {"*": ".*", "?": "."}
    options = re2.Options()
    options.dot_nl = True
    options.log_errors = False
    whole = re2.Set.FullMatchSet(options)
    whole.Add("".join(pieces.get(sign) or re2.escape(sign) for sign in pattern[:_LONGEST]))
    whole.Compile()
    return cast("Callable[[str], object]", whole.Match)
