"""JSON that comes back as it was written: every number keeps its spelling."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec


class Spelled(float):
    """A float that remembers how it was written, such as `1.50` or `1E3`."""

    text: str

    def __new__(cls, text: str) -> Spelled:
        """Reads `text`, a JSON number."""
        self = super().__new__(cls, text)
        self.text = text
        return self

    def __reduce__(self) -> tuple[type[Spelled], tuple[str]]:
        """Copies and pickles keep the spelling."""
        return (Spelled, (self.text,))


def spelled(text: str) -> float:
    """A float, which remembers its spelling where Python would write it another way."""
    value = float(text)
    return value if repr(value) == text else Spelled(text)


class Malformed(ValueError):
    """Text that is not JSON, or nested too deeply."""


def _encode_other(value: object) -> object:
    if isinstance(value, Spelled):
        return msgspec.Raw(value.text.encode())
    if isinstance(value, float):
        return float(value)
    raise NotImplementedError(f"{type(value).__name__} has no JSON form")


_DECODER = msgspec.json.Decoder(Any, float_hook=spelled)
_ENCODER = msgspec.json.Encoder(enc_hook=_encode_other)
_SORTED = msgspec.json.Encoder(enc_hook=_encode_other, order="deterministic")


def loads(data: bytes | str, *, depth: int = 128) -> Any:
    """The value of JSON text; numbers that Python would write differently keep their spelling.

    Args:
        data: UTF-8 text.
        depth: how deeply arrays and objects may nest.

    Raises:
        Malformed: the text is not JSON, or nests deeper.
    """
    try:
        value = _DECODER.decode(data)
    except RecursionError:
        raise Malformed("The JSON is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from None
    if _deeper(value, depth):
        raise Malformed(f"The JSON is nested more than {depth} deep")
    return value


def dumps(value: Any, *, sort: bool = False) -> bytes:
    """JSON text of a value or Struct; `sort` puts the members of objects in a fixed order."""
    return (_SORTED if sort else _ENCODER).encode(value)


def decimal(value: Any) -> Decimal | None:
    """The exact decimal of a number or a numeric string, in plain digits; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    text = value.text if isinstance(value, Spelled) else str(value)
    # Others than JSON's own digits, and those with _ between them, are Python's alone.
    if not text.isascii() or "_" in text:
        return None
    try:
        exact = Decimal(text)
    except ArithmeticError:
        return None
    return exact if exact.is_finite() else None


def is_number(value: Any) -> bool:
    """Whether `value` is a finite number and not a boolean."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _deeper(value: Any, depth: int) -> bool:
    level: list[Any] = [value]
    for _ in range(depth):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return True


def _children(value: Any) -> Iterator[Any]:
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (member for member in members if isinstance(member, (dict, list)))
