"""The words of the language: which are taken, and how a name is written when it is one of them."""

from __future__ import annotations

import re

from offerd.pql.ast import RootName, Unit

ROOTS: frozenset[RootName] = frozenset({"profile", "context", "offer", "xEvent", "event", "elsData", "tables"})

# Taken wherever a value may begin, in any case; between backquotes they are ordinary names.
RESERVED = frozenset(
    {
        "and", "or", "not", "in", "notin", "like", "occurs", "select", "exists", "forall", "let", "from",
        "where", "over", "true", "false", "now", "today", "yesterday", "tomorrow", "null",
    }
)  # fmt: skip

# Taken only in the shape that gives them a meaning (`all X from …`), so an attribute may have the name.
SOFT = frozenset(
    {
        "some", "all", "none", "one", "sum", "count", "average", "min", "max", "this", "last", "next",
        "before", "after", "on", "between",
    }
)  # fmt: skip

UNITS: dict[str, Unit] = {
    "millisecond": "millisecond", "milliseconds": "millisecond",
    "second": "second", "seconds": "second",
    "minute": "minute", "minutes": "minute",
    "hour": "hour", "hours": "hour",
    "day": "day", "days": "day",
    "week": "week", "weeks": "week",
    "month": "month", "months": "month",
    "year": "year", "years": "year",
    "decade": "decade", "decades": "decade",
    "century": "century", "centuries": "century",
    "millennium": "millennium", "millennia": "millennium", "millenniums": "millennium",
}  # fmt: skip

_PLAIN = re.compile(r"[^\W\d]\w*")


def is_plain(name: str) -> bool:
    """Tell whether a name can follow a dot as it is."""
    return _PLAIN.fullmatch(name) is not None


def quoted(name: str) -> str:
    """Write a name between backquotes; a backquote inside is doubled."""
    return "`" + name.replace("`", "``") + "`"


def step(name: str) -> str:
    """Write a name as it stands after a dot."""
    return name if is_plain(name) else quoted(name)


def opening(name: str) -> str:
    """Write a name as it stands at the start of a path."""
    taken = name in ROOTS or name.lower() in RESERVED or name.lower() in SOFT
    return quoted(name) if taken else step(name)
