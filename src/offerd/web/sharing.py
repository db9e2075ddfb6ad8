"""Answers to pages of other origins (CORS), for wire formats that pages call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import msgspec

from offerd.apis.errors import HttpError
from offerd.apis.operation import Answer, Api
from offerd.settings import Settings

#: Seconds for which a browser need not ask again whether it may.
_REMEMBERED = "86400"

_ANY = "*"


class ForeignOrigin(HttpError):
    """A page of an origin that may not call a wire format whose settings name the origins that may."""

    code = "foreign-origin"
    status = 403


class Sharing(msgspec.Struct, frozen=True):
    """Which pages may call a wire format.

    Attributes:
        origins: theirs; None for any.
    """

    origins: frozenset[str] | None = None

    @classmethod
    def of(cls, api: Api, settings: Settings) -> Self | None:
        """What a wire format and its setting say; None for one that no page of another origin may call."""
        if not api.cross_origin:
            return None
        listed = str(getattr(settings, api.origins)).split() if api.origins else [_ANY]
        return cls(None if _ANY in listed else frozenset(each.rstrip("/").lower() for each in listed))

    def allows(self, origin: str) -> bool:
        """Whether a page of an origin may call."""
        return self.origins is None or origin.lower() in self.origins

    def check(self, origin: str | None) -> None:
        """Refuses what a page of another origin sends, even where it could not read the answer.

        Raises:
            ForeignOrigin: it may not call.
        """
        if origin is not None and not self.allows(origin):
            raise ForeignOrigin("Pages of this origin may not call")

    def shared(self, answer: Answer, headers: Iterable[tuple[bytes, bytes]], methods: str) -> Answer:
        """An answer that the page which asked may read, cookies included, where it may call.

        Args:
            answer: what is answered.
            headers: of the request.
            methods: those that the path takes.
        """
        sent = {name: value.decode("latin-1") for name, value in headers}
        origin = sent.get(b"origin")
        added = [("cross-origin-resource-policy", "cross-origin"), ("vary", "Origin")]
        if origin is not None and self.allows(origin):
            added += [("access-control-allow-origin", origin), ("access-control-allow-credentials", "true")]
            if b"access-control-request-method" in sent:
                asked = sent.get(b"access-control-request-headers", "content-type")
                added += [
                    ("access-control-allow-methods", methods),
                    ("access-control-allow-headers", asked),
                    ("access-control-max-age", _REMEMBERED),
                ]
            else:
                added.append(("access-control-expose-headers", "x-request-id, retry-after"))
        return msgspec.structs.replace(answer, headers=(*answer.headers, *added))
