"""Reading what is in the query of a request, as its operation declares it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from offerd.apis.errors import BadParameter
from offerd.apis.operation import Parameter

_BOOLEANS = {"true": True, "false": False}
_MAX_FIELDS = 100


def read(declared: Iterable[Parameter] | None, query: bytes) -> dict[str, Any]:
    """The value of every declared parameter; the default where it is absent.

    Args:
        declared: what the operation takes; None for anything: then each name, in lower case, has the list of its texts.
        query: the raw query of the URL.

    Raises:
        BadParameter: one is unknown, comes twice, or is not of its type.
    """
    if declared is None:
        return _anything(query)
    known = {parameter.name: parameter for parameter in declared}
    values: dict[str, Any] = {name: [] if one.repeated else one.default for name, one in known.items()}
    seen: set[str] = set()
    for name, text in _pairs(query):
        parameter = known.get(name)
        if parameter is None:
            raise BadParameter(name, f"is not a parameter of this route; it takes {_names(known)}")
        if parameter.repeated:
            values[name].append(_value(parameter, text))
            continue
        if name in seen:
            raise BadParameter(name, "may be given once")
        seen.add(name)
        values[name] = _value(parameter, text)
    return values


def _anything(query: bytes) -> dict[str, list[str]]:
    """Every parameter by its name in lower case, each with all of its texts in their order."""
    values: dict[str, list[str]] = {}
    for name, text in _pairs(query):
        values.setdefault(name.lower(), []).append(text)
    return values


def _pairs(query: bytes) -> list[tuple[str, str]]:
    if not query:
        return []
    try:
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise BadParameter("query", "is not percent-encoded UTF-8 of at most 100 fields") from None


def _names(known: Mapping[str, Parameter]) -> str:
    return ", ".join(sorted(known)) or "none"


def _value(parameter: Parameter, text: str) -> str | int | bool:
    if parameter.type is bool:
        if text not in _BOOLEANS:
            raise BadParameter(parameter.name, "expected true or false")
        return _BOOLEANS[text]
    if parameter.type is int:
        return _number(parameter, text)
    if parameter.choices and text not in parameter.choices:
        raise BadParameter(parameter.name, f"expected one of {', '.join(parameter.choices)}")
    return text


def _number(parameter: Parameter, text: str) -> int:
    least, most = parameter.least or 0, parameter.most if parameter.most is not None else 2**53
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and least <= int(text) <= most):  # noqa: PLR2004
        raise BadParameter(parameter.name, f"expected a whole number from {least} to {most}")
    return int(text)
