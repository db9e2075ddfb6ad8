"""Which of the facts that rules see a device knows, by the same values."""

from __future__ import annotations

import re
from typing import NamedTuple

from offerd.apis.target.on_device.inexpressible import Inexpressible

#: What begins the names of variables that differ between the places of one request.
OF_A_PLACE = ("mbox.", "page.")

_LOWER = "_lc"
_GEO_TEXTS = {"country": "geo.country", "region": "geo.region", "city": "geo.city"}
_GEO_NUMBERS = {"latitude": "geo.latitude", "longitude": "geo.longitude"}
#: What every object, and every text, of JavaScript has without being given it.
_BUILT_IN = frozenset((
    "constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf",
    "length", "anchor", "at", "big", "blink", "bold", "charAt", "charCodeAt", "codePointAt", "concat", "endsWith",
    "fixed", "fontcolor", "fontsize", "includes", "indexOf", "isWellFormed", "italics", "lastIndexOf", "link",
    "localeCompare", "match", "matchAll", "normalize", "padEnd", "padStart", "repeat", "replace", "replaceAll",
    "search", "slice", "small", "split", "startsWith", "strike", "sub", "substr", "substring", "sup", "toLowerCase",
    "toUpperCase", "toLocaleLowerCase", "toLocaleUpperCase", "toWellFormed", "trim", "trimEnd", "trimLeft",
    "trimRight", "trimStart",
))  # fmt: skip


class Variable(NamedTuple):
    """A fact that a device knows.

    Attributes:
        name: the variable's.
        kind: `text` that may be absent or an object instead; `address`, text that is always there; `number` that may be
            absent.
    """

    name: str
    kind: str

    def with_lower_case(self) -> Variable:
        """The same text in lower case."""
        return self if self.name.endswith(_LOWER) else self._replace(name=self.name + _LOWER)


def find(path: tuple[str, ...]) -> Variable:
    """The variable at a path of a rule.

    Raises:
        Inexpressible: devices do not know it, or not alike.
    """
    match path:
        case ("context", "mbox", first, *rest) if not any(map(_odd, (first, *rest))):
            return Variable(".".join(("mbox", first, *rest)), "text")
        case ("context", "page", ("url" | "url_lc") as name):
            # Clients cut addresses into their parts in ways of their own.
            return Variable(f"page.{name}", "address")
        case ("context", "geo", name) if name in _GEO_TEXTS:
            return Variable(_GEO_TEXTS[name], "text")
        case ("context", "geo", name) if name in _GEO_NUMBERS:
            return Variable(_GEO_NUMBERS[name], "number")
    raise Inexpressible(f"devices do not know {'.'.join(path)}, or do not agree on it")


def _odd(name: str) -> bool:
    """Whether a name means something else to a device than a member of what was sent."""
    plain = name.removesuffix(_LOWER) or name
    return (
        not name
        or "." in name
        or re.fullmatch(r"[0-9+\-_\s]+", name) is not None
        or name.startswith("__")
        or plain in _BUILT_IN
        or name in _BUILT_IN
    )
