"""Parameters of lists as clients write them: names in any case, quotes around schemas, repeated or with commas."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from offerd.apis.errors import BadParameter
from offerd.apis.operation import Call

#: The size of a page where the client says none.
DEFAULT_LIMIT = 50

_TAG = re.compile(r'(?:W/)?"?([0-9]{1,18})"?')


def every(call: Call, name: str) -> list[str]:
    """All texts of a parameter."""
    found = call.query.get(name.lower(), [])
    return list(found)


def last(call: Call, name: str) -> str:
    """The last text of a parameter; empty where it is not there."""
    found = every(call, name)
    return found[-1] if found else ""


def page_size(call: Call) -> int:
    """How many objects a page has at most.

    Raises:
        BadParameter: `limit` is no positive number.
    """
    text = last(call, "limit").strip()
    if not text:
        return min(DEFAULT_LIMIT, call.house.settings.page_limit)
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):  # noqa: PLR2004 - enough
        raise BadParameter("limit", "expected a positive whole number")
    return min(int(text), call.house.settings.page_limit)


def expected(call: Call, header: str = "if-match") -> int | None:
    """The version that an entity tag names, with or without quotes; None where any will do.

    Raises:
        BadParameter: it is not one of ours.
    """
    named = call.headers.get(header, "").strip()
    if named in {"", "*"}:
        return None
    found = _TAG.fullmatch(named)
    if found is None:
        raise BadParameter(header, 'expected one etag, such as "3"')
    return int(found[1])


def known(call: Call) -> set[int]:
    """The versions that `If-None-Match` names."""
    parts = call.headers.get("if-none-match", "").split(",")
    return {int(found[1]) for part in parts if (found := _TAG.fullmatch(part.strip()))}


def link(path: str, pairs: Iterable[tuple[str, str]], *, full: frozenset[str] = frozenset()) -> str:
    """A relative reference: values are encoded only as far as they must be.

    Args:
        path: below the dialect's base.
        pairs: the parameters.
        full: names of those whose values are encoded entirely.
    """
    texts = (f"{name}={quote(value, safe='' if name in full else _SAFE)}" for name, value in pairs)
    query = "&".join(texts)
    return f"{path}?{query}" if query else path


_SAFE = ":/;=,@!*'()$?[]~<>|^`{}\\"
