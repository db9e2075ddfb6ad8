"""What wire formats keep in `extensions`: each registers what it writes, and nothing else is let in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from offerd.model.base import Object
from offerd.model.codec import Fault, pointer
from offerd.model.kinds import KINDS, PLURAL
from offerd.services.walk import parts

#: Says what is wrong with an extension; pointers are relative to it.
Check: TypeAlias = Callable[[Any], list[Fault]]


class Extensions:
    """The schemas of all wire formats' extensions."""

    def __init__(self) -> None:
        self._checks: dict[tuple[str, str], Check] = {}
        self._formats: set[str] = set()

    def register(self, format: str, kind: str, check: Check) -> None:  # noqa: A002 - the word of wire formats
        """Lets a format keep an extension.

        Args:
            format: the format's name, which is the member of `extensions`.
            kind: the plural of the kind that carries it, or for a nested part the name of its Struct, such as
                `Component` or `Cap`; an offer written in an activity is an `Offer`, not one of the `offers`.
            check: says what is wrong with one.

        Raises:
            ValueError: it is registered already.
        """
        if (format, kind) in self._checks:
            raise ValueError(f"{format} has registered its extension of {kind} already")
        self._checks[format, kind] = check
        self._formats.add(format)

    def faults(self, thing: Object) -> Iterator[Fault]:
        """Everything that is wrong with the extensions of an object and the parts within it."""
        for at, part in parts(thing):
            kind = type(part).__name__ if at else PLURAL[type(thing)]
            for format_, value in part.extensions.items():
                here = pointer(f"{at}/extensions", format_)
                for fault in self._faults(format_, kind, value):
                    yield Fault(f"{here}{fault.pointer}", fault.message)

    def _faults(self, format_: str, kind: str, value: Any) -> list[Fault]:
        check = self._checks.get((format_, kind))
        if check is not None:
            return check(value)
        if format_ not in self._formats:
            known = ", ".join(sorted(self._formats)) or "none"
            return [Fault("", f"{format_!r} is no wire format that keeps extensions; known: {known}")]
        where = f"the {kind}" if kind in KINDS else f"a {kind.lower()}"
        return [Fault("", f"{format_} keeps no extension of {where}")]
