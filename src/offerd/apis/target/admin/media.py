"""Versions, which are named by media types: `application/vnd.adobe.target.v3+json`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from offerd.apis.errors import NotAcceptable, UnsupportedMedia
from offerd.apis.operation import JSON, Call
from offerd.apis.target.admin.problems import WrongVersion

#: The version of those who name none.
DEFAULT = 1

_NAMED = re.compile(r"application/vnd\.adobe\.target\.v([1-9][0-9]{0,2})\+json", re.IGNORECASE)
_ANY = frozenset(("", "*/*", "application/*", JSON))


def media(version: int) -> str:
    """The media type of a version."""
    return f"application/vnd.adobe.target.v{version}+json"


def version(call: Call, versions: Collection[int], *, body: bool) -> int:
    """The version that a request is in: its body's type says, or where it has no body what it accepts.

    Args:
        call: the request.
        versions: those that the route has.
        body: whether it has a body.

    Raises:
        WrongVersion: the route does not have it.
        UnsupportedMedia: the body is not JSON.
        NotAcceptable: the client takes nothing that is JSON.
    """
    named, others = [], []
    for text in _types(call.headers.get("content-type" if body else "accept", "")):
        found = _NAMED.fullmatch(text)
        if found is None:
            others.append(text)
        else:
            named.append(int(found[1]))
    if not named and not any(text in _ANY for text in others):
        if body:
            raise UnsupportedMedia(f"Bodies are taken as {' or '.join(map(media, sorted(versions)))}")
        raise NotAcceptable(f"Answers are given as {' or '.join(map(media, sorted(versions)))}")
    wanted = named or [DEFAULT]
    chosen = next((one for one in wanted if one in versions), None)
    if chosen is None:
        had = " and ".join(f"v{one}" for one in sorted(versions))
        raise WrongVersion(f"The resource has no version v{wanted[0]}; it has {had}, named as {media(min(versions))}")
    return chosen


def _types(header: str) -> Iterator[str]:
    for part in header[:4_096].split(","):
        yield part.partition(";")[0].strip().lower()
