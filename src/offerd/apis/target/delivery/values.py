"""Reading what clients send: strict about sizes, which protect the server, easy-going about types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NoReturn

from offerd.apis.target.problems import Rejected
from offerd.model import json

_EMPTY: Mapping[str, Any] = {}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

NAME = 128
VALUE = 5_000
PROFILE_VALUE = 256
MOST_PARAMETERS = 100
MOST_PROFILE = 50

_LARGEST = Decimal(10) ** 15
#: More than any float is printed with; a text such as `1e-999999999` is a gigabyte where it is written out.
_MOST_PLACES = 30


def refuse(where: str, message: str) -> NoReturn:
    """Refuses a request.

    Raises:
        Rejected: always.
    """
    raise Rejected(f"{where}: {message}")


def mapping(tree: Mapping[str, Any], name: str, where: str = "") -> Mapping[str, Any]:
    """A member that is an object; an empty one where it is absent or null.

    Raises:
        Rejected: it is anything else.
    """
    found = tree.get(name)
    if found is None:
        return _EMPTY
    if not isinstance(found, dict):
        refuse(f"{where}{name}", "expected an object")
    return found


def objects(tree: Mapping[str, Any], name: str, most: int, where: str = "") -> list[Mapping[str, Any]]:
    """A member that is a list of objects; an empty one where it is absent or null.

    Raises:
        Rejected: it is anything else, or longer.
    """
    found = tree.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        refuse(f"{where}{name}", "expected a list of objects")
    if len(found) > most:
        refuse(f"{where}{name}", f"size must be between 0 and {most}")
    return found


def text(tree: Mapping[str, Any], name: str, most: int, where: str = "") -> str | None:
    """A member that is text, or can be written as such; None where it is absent, null or empty.

    Raises:
        Rejected: it is an object or a list, is too long, or holds control characters.
    """
    found = tree.get(name)
    if found is None or found == "":
        return None
    made = written(found)
    if made is None:
        refuse(f"{where}{name}", "expected text")
    if len(made) > most:
        refuse(f"{where}{name}", f"size must be between 0 and {most}")
    if _CONTROL.search(made):
        refuse(f"{where}{name}", "must not hold control characters")
    return made


def written(value: Any) -> str | None:
    """A simple value as text; null is the empty text, and objects and lists have none."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return None if isinstance(value, (dict, list)) else json.dumps(value).decode()


def flag(tree: Mapping[str, Any], name: str) -> bool:
    """Whether a member is true, or the text `true`."""
    found = tree.get(name)
    return found is True or (isinstance(found, str) and found.lower() == "true")


def whole(value: Any) -> int | None:
    """A whole number below 2^53, or the text of one; None for anything else."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,16}", value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and abs(value) < 2**53 else None


def amount(value: Any) -> Decimal | None:
    """A number below 10^15 with at most 30 places, or the text of one; None for anything else."""
    exact = json.decimal(value)
    if exact is None or abs(exact) >= _LARGEST:
        return None
    places = -int(exact.as_tuple().exponent)
    return exact if places <= _MOST_PLACES else None


def parameters(found: Mapping[str, Any], where: str) -> dict[str, str]:
    """The parameters of an mbox.

    Raises:
        Rejected: there are too many, a name or a value is too long, or a value is an object or a list.
    """
    return _texts(found, where, MOST_PARAMETERS, VALUE)


def profile(found: Mapping[str, Any], where: str) -> dict[str, str]:
    """Attributes of the visitor; the same is refused as of parameters."""
    return _texts(found, where, MOST_PROFILE, PROFILE_VALUE)


def listed(value: Any, each: int, together: int, where: str) -> list[str]:
    """A list of texts, or one text with commas between them.

    Raises:
        Rejected: it is neither, or longer.
    """
    items: Iterable[Any] = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else ()
    made = [one.strip() for item in items if (one := written(item))]
    if any(len(one) > each for one in made) or sum(map(len, made)) > together:
        refuse(where, f"expected texts of at most {each} characters, {together} together")
    return made


def _texts(found: Mapping[str, Any], where: str, most: int, longest: int) -> dict[str, str]:
    if len(found) > most:
        refuse(where, f"size must be between 0 and {most}")
    made = {}
    for name, value in found.items():
        if not name.strip() or len(name) > NAME:
            refuse(where, f"expected names of 1 to {NAME} characters")
        value_text = written(value)
        if value_text is None:
            refuse(f"{where}.{name}", "expected text")
        if len(value_text) > longest:
            refuse(f"{where}.{name}", f"size must be between 0 and {longest}")
        made[name] = value_text
    return made
