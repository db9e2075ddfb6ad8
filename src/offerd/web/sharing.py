"""Answers to pages of other origins (CORS), for wire formats that pages call."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from offerd.apis.operation import Answer

#: Seconds for which a browser need not ask again whether it may.
_REMEMBERED = "86400"


def shared(answer: Answer, headers: Iterable[tuple[bytes, bytes]], methods: str) -> Answer:
    """An answer that the page which asked may read, cookies included; any origin may ask.

    Args:
        answer: what is answered.
        headers: of the request.
        methods: those that the path takes.
    """
    sent = {name: value.decode("latin-1") for name, value in headers}
    origin = sent.get(b"origin")
    added = [("cross-origin-resource-policy", "cross-origin"), ("vary", "Origin")]
    if origin is not None:
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
