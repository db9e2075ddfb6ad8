"""Requests that are sent again: the same id with the same request gets the same answer."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

from offerd.apis.operation import Answer, Call
from offerd.apis.partner_center import tracing
from offerd.apis.partner_center.shapes import answered
from offerd.model import json
from offerd.services.idempotency import Kept

#: Gives the answer's tree, and what it tells of people.
Work = Callable[[], Awaitable[tuple[Any, Any]]]


async def once(call: Call, about: str, work: Work) -> Answer:
    """The answer that a request with this id was given before, else what `work` makes, which is kept.

    Another request under an id that was used is a request of its own: nothing here has an effect that could be had
    twice, and there are clients that give one id to all that they send.

    Args:
        call: the request; without `MS-RequestId` it is answered anew each time.
        about: what the request is about, beside its body.
        work: makes the answer.
    """
    name = tracing.named(call.headers, tracing.REQUEST)
    if name is None:
        return answered(call, (await work())[0])
    digest = hashlib.sha256(about.encode() + b"\0" + json.dumps(call.body)).digest()
    key = f"{tracing.REQUEST}:{name}:{digest.hex()}"
    found = await call.house.idempotency.begin(call.workspace, call.caller.id, key, digest)
    if isinstance(found, Kept):
        return answered(call, json.loads(found.answer))
    try:
        tree, people = await work()
        keep = found.keeps(lambda _result: json.dumps(tree))
        await call.house.idempotency.submit(lambda transaction: keep(transaction, people))
        return answered(call, tree)
    finally:
        found.finish()
