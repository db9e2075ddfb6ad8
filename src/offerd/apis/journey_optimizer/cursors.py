"""The `start` of next links: the values of the last object's order keys, as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from offerd.apis.journey_optimizer.codecs.context import micros, milliseconds, moment
from offerd.apis.journey_optimizer.problems import BadCursor
from offerd.apis.journey_optimizer.searching import number_of
from offerd.model.base import Object
from offerd.services.catalogue.asking import Key
from offerd.services.clock import instant

#: Values that no text is written as.
_ABSENT, _TRUE, _FALSE = "~", "~t", "~f"

#: Comes behind every instance id.
_LAST = "\U0010ffff"


class Cursors:
    """Reads and writes the cursors of one order.

    Args:
        keys: the order's, with the instance id as the last of them.
        instants: which of them are instants.
        dates: whether instants are written as dates instead of milliseconds since 1970.
    """

    def __init__(self, keys: Sequence[Key], instants: Sequence[bool], *, dates: bool = False) -> None:
        self.keys = list(keys)
        self._instants = list(instants)
        self._dates = dates

    def place(self, thing: Object) -> list[Any]:
        """The values of the keys in an object."""
        return [_scalar(key.path.read(thing)) for key in self.keys]

    def after(self, thing: Object) -> str:
        """The cursor behind an object."""
        return ",".join(self._written(thing))

    def after_unless_tied(self, thing: Object, following: Object | None) -> str:
        """The cursor behind an object, without its instance id where the next object differs in another key."""
        written = self._written(thing)
        tied = following is not None and self.place(thing)[:-1] == self.place(following)[:-1]
        return ",".join(written if tied else written[:-1])

    def read(self, start: str) -> list[Any]:
        """The values that a cursor holds; without the instance id, the place behind all that are tied.

        Raises:
            BadCursor: it is not one of this order.
        """
        parts = start.split(",")
        if len(parts) not in {len(self.keys), len(self.keys) - 1} or not start:
            raise BadCursor(f"start={start}: expected a value for each key of the order, and the instance id")
        texts = [self._value(part, at=at, start=start) for part, at in zip(parts, self._instants, strict=False)]
        return texts if len(parts) == len(self.keys) else [*texts, _LAST]

    def _written(self, thing: Object) -> list[str]:
        return [self._text(value, at=at) for value, at in zip(self.place(thing), self._instants, strict=True)]

    def _text(self, value: Any, *, at: bool) -> str:
        if value is None:
            return _ABSENT
        if at and self._dates:
            return milliseconds(instant(value * 1000), zulu=True)
        if isinstance(value, bool):
            return _TRUE if value else _FALSE
        if isinstance(value, str):
            text = value.replace("%", "%25").replace(",", "%2C")
            return f"'{text}" if text[:1] in {"~", "'", ""} or number_of(text) is not None else text
        return repr(value)

    def _value(self, text: str, *, at: bool, start: str) -> Any:
        if text == _ABSENT:
            return None
        if text in {_TRUE, _FALSE}:
            return text == _TRUE
        if at:
            return self._moment(text, start)
        number = number_of(text)
        if number is not None:
            return number
        return unquote(text[1:] if text.startswith("'") else text)

    def _moment(self, text: str, start: str) -> int:
        if text.lstrip("-").isdigit() and len(text) < 20:  # noqa: PLR2004 - what 64 bits hold
            return int(text)
        found = moment(text)
        if found is None:
            raise BadCursor(f"start={start}: expected a time in milliseconds since 1970, or in RFC 3339")
        return micros(found) // 1000


def _scalar(value: Any) -> Any:
    return (value[0] if value else None) if type(value) is tuple else value
