"""`Idempotency-Key`: the same request again gets the same answer and has its effect once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

import msgspec
from litestar.types import HTTPScope

from offerd.apis.errors import BadParameter
from offerd.apis.operation import Answer, Call, Keyed, Operation
from offerd.services.idempotency import Kept, Pending

_KEY = re.compile(r"[!-~]{1,255}")


async def answer_once(operation: Operation, call: Call, fingerprint: bytes, keyed: Keyed) -> Answer:
    """The answer that was kept for the request's key; else the handler's, which is kept with what it commits.

    Args:
        operation: what is asked for.
        call: the request, which has the header.
        fingerprint: of everything that makes it what it is.
        keyed: the format's headers.

    Raises:
        BadParameter: the key is empty, too long or not printable ASCII.
        KeyReused: it was used for another request.
    """
    key = call.headers[keyed.header]
    if not _KEY.fullmatch(key):
        raise BadParameter(keyed.header.title(), "expected 1 to 255 printable ASCII characters without spaces")
    found = await call.house.idempotency.begin(call.workspace, call.caller.id, key, fingerprint)
    if isinstance(found, Kept):
        kept = msgspec.msgpack.decode(found.answer, type=Answer)
        return msgspec.structs.replace(kept, headers=(*kept.headers, (keyed.replayed, "true")))
    keeper = _Keeper(found)
    call.kept = keeper.keep
    try:
        answer = await operation.handler(call)
        if not keeper.kept:
            keep = keeper.keep(lambda _result: answer)
            await call.house.idempotency.submit(lambda transaction: keep(transaction, call.result))
        return answer
    finally:
        found.finish()


def fingerprint(scope: HTTPScope, call: Call, digest: bytes, addressed: tuple[str, ...]) -> bytes:
    """What makes a request what it is: method, path, query, media type, whom it is for, and body.

    Args:
        scope: of the request.
        call: of the request.
        digest: the SHA-256 of its body.
        addressed: the headers that say whom it is for.
    """
    named = [call.headers.get(header, "") for header in addressed]
    parts = (scope["method"], scope["path"], scope["query_string"].decode("latin-1"), call.media, *named)
    return hashlib.sha256("\0".join(parts).encode("utf-8") + b"\0" + digest).digest()


class _Keeper:
    """Notes whether a handler kept its answer in the transaction of its effect."""

    def __init__(self, pending: Pending) -> None:
        self._pending = pending
        self.kept = False

    def keep(self, answer: Callable[[Any], Answer]) -> Callable[[Any, Any], None]:
        def encode(result: Any) -> bytes:
            self.kept = True
            return msgspec.msgpack.encode(answer(result))

        return self._pending.keeps(encode)
