"""Entity tags: which version of an object a client has, and which it wants to change."""

from __future__ import annotations

import re
from typing import Any

from offerd.apis.errors import BadParameter
from offerd.apis.operation import Answer, Call, answer

_TAG = re.compile(r'(?:W/)?"([0-9]{1,18})"')


def tag(version: int) -> str:
    """The entity tag of a version."""
    return f'"{version}"'


def expected(call: Call) -> int | None:
    """The version that `If-Match` names; None where any will do.

    Raises:
        BadParameter: it is not one of ours.
    """
    return _named(call, "if-match")


def only_new(call: Call) -> bool:
    """Whether `If-None-Match: *` says that nothing may be there yet.

    Raises:
        BadParameter: it names a version.
    """
    named = call.headers.get("if-none-match")
    if named is not None and named.strip() != "*":
        raise BadParameter("If-None-Match", "a write takes only *")
    return named is not None


def versioned(call: Call, thing: Any, version: int, status: int = 200, **headers: str) -> Answer:
    """An object with its entity tag; 304 where the client has this version already.

    Args:
        call: the request.
        thing: the object.
        version: its version.
        status: of the answer.
        headers: as for `answer`.
    """
    if "if-none-match" in call.headers and "if-match" not in call.headers and status == 200:  # noqa: PLR2004
        known = call.headers["if-none-match"]
        if known.strip() == "*" or any(
            part.strip() in {tag(version), f"W/{tag(version)}"} for part in known.split(",")
        ):
            return Answer(status=304, headers=(("etag", tag(version)),))
    return answer(thing, status, etag=tag(version), **headers)


def _named(call: Call, header: str) -> int | None:
    named = call.headers.get(header)
    if named is None or named.strip() == "*":
        return None
    found = _TAG.fullmatch(named.strip())
    if found is None:
        raise BadParameter(header, 'expected one entity tag of a version, such as "3"')
    return int(found[1])
