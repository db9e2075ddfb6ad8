"""Calls: what is sent to addresses that the catalogue or a setting names, and what they answer."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import ceil
from typing import Any

import httpx
import msgspec

import offerd
from offerd.model import codec, json
from offerd.services.clock import instant, micros
from offerd.services.fulfilment.fulfiller import Errand, Outcome, Undelivered
from offerd.services.fulfilment.signature import Keys, signed
from offerd.services.fulfilment.starter import is_address
from offerd.settings import Settings

#: The most bytes of an answer that are read.
_ANSWER = 65_536

_SECOND = 1_000_000

#: Characters that are told of why nobody was reached.
_TOLD = 200

#: The most seconds for which a receiver is left alone because it said so.
_PATIENCE = 86_400


class Reply(msgspec.Struct, frozen=True):
    """What an address answered, with a status that says that it took the call.

    Attributes:
        body: as far as it is read.
        whole: whether that is all.
    """

    body: bytes
    whole: bool


class Line:
    """Posts to addresses: no redirect is followed, an answer is read so far, and no call takes longer than it may.

    Args:
        seconds: that a call may take.
        keys: what sign it.
    """

    def __init__(self, seconds: int, keys: Keys) -> None:
        self._seconds = seconds
        self._keys = keys
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def post(self, errand: Errand, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Sends a body, signed, under the errand's id.

        Raises:
            Undelivered: nobody was reached, or the answer was no success.
        """
        signs = signed(self._keys.of(errand.workspace), errand.id, errand.at // _SECOND, body)
        try:
            async with asyncio.timeout(self._seconds):
                return await self._answered(errand, body, {**headers, **signs})
        except TimeoutError:
            raise Undelivered(f"There was no answer within {self._seconds} seconds") from None
        except httpx.ConnectError as error:
            # It says whether there is no such name, nobody listens, or the certificate is not trusted.
            raise Undelivered(f"The call failed: {type(error).__name__}: {str(error)[:_TOLD]}") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise Undelivered(f"The call failed: {type(error).__name__}") from None

    async def close(self) -> None:
        """Closes what is open."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _answered(self, errand: Errand, body: bytes, headers: Mapping[str, str]) -> Reply:
        client = await self._opened()
        async with client.stream("POST", errand.url or "", content=body, headers=dict(headers)) as answer:
            if not answer.is_success:
                gone = answer.status_code == HTTPStatus.GONE
                after = _after(answer.headers.get("retry-after", ""), instant(errand.at))
                raise Undelivered(f"The answer was {answer.status_code}", final=gone, after=after)
            read = b""
            async for piece in answer.aiter_raw():
                read += piece
                if len(read) > _ANSWER:
                    return Reply(read[:_ANSWER], whole=False)
            return Reply(read, whole=True)

    async def _opened(self) -> httpx.AsyncClient:
        async with self._opening:
            if self._client is None:
                # Reading the certificates of the authorities takes long enough to be done elsewhere.
                self._client = await asyncio.to_thread(self._made)
            return self._client

    def _made(self) -> httpx.AsyncClient:
        # An answer that was compressed could be longer than what is read of it.
        ours = {"user-agent": f"offerd/{offerd.__version__}", "accept-encoding": "identity"}
        return httpx.AsyncClient(
            verify=_trusting(), follow_redirects=False, trust_env=False, timeout=self._seconds, headers=ours
        )


def _trusting() -> ssl.SSLContext:
    """Trusts the public authorities, and those that this machine, or `SSL_CERT_FILE`, names besides."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def _after(said: str, now: datetime) -> int:
    """The seconds that a `Retry-After` asks for; 0 where it says nothing that could be read."""
    if said.isascii() and said.isdigit():
        return min(int(said[:10]), _PATIENCE)
    try:
        until = parsedate_to_datetime(said)
        wanted = ceil((micros(until) - micros(now)) / _SECOND)
    except (ValueError, TypeError, OverflowError):
        return 0
    return min(max(wanted, 0), _PATIENCE)


class Webhook:
    """Sends a choice's message, or one of its own, to the choice's address.

    Args:
        settings: `webhook_secret` and `delivery_timeout`.
    """

    def __init__(self, settings: Settings) -> None:
        self._line = Line(settings.delivery_timeout, Keys(settings.webhook_secret))

    async def fulfil(self, errand: Errand) -> Outcome:
        """Sends the message."""
        body, media = _message(errand, "fulfilment.started")
        await self._line.post(errand, body, {"content-type": media})
        return Outcome()

    async def close(self) -> None:
        """Closes what is open."""
        await self._line.close()


class Called:
    """Calls an address that carries out the choice, and tells in its answer how that ended.

    Args:
        settings: `webhook_secret` and `delivery_timeout`.
    """

    def __init__(self, settings: Settings) -> None:
        self._line = Line(settings.delivery_timeout, Keys(settings.webhook_secret))

    async def fulfil(self, errand: Errand) -> Outcome:
        """Calls the address."""
        body, media = _message(errand, "fulfilment.requested")
        reply = await self._line.post(errand, body, {"content-type": media, "idempotency-key": errand.id})
        return _outcome(reply)

    async def close(self) -> None:
        """Closes what is open."""
        await self._line.close()


def _message(errand: Errand, kind: str) -> tuple[bytes, str]:
    """What is sent, and its media type: the choice's own body, else what is known of the fulfilment."""
    body = errand.settings.get("body")
    if isinstance(body, str):
        return body.encode(), "text/plain; charset=utf-8"
    if body is None:
        own = errand.fulfilment
        known = ("id", "kind", "interaction", "proposition", "offer", "activity", "choice", "profile", "revision")
        facts = {name: value for name in known if (value := getattr(own, name)) is not None}
        times = {name: value for name in ("created", "deadline") if (value := getattr(own, name)) is not None}
        data = {"fulfilment": codec.tree({**facts, **times}), "settings": errand.settings}
        sent = codec.instant_text(instant(errand.accepted))
        body = {"type": kind, "timestamp": sent, "workspace": errand.workspace, "data": data}
    return json.dumps(codec.tree(body)), "application/json"


class _Error(msgspec.Struct):
    code: str = "failed"
    message: str = ""


class _Page(msgspec.Struct):
    url: str = ""


class _Told(msgspec.Struct):
    """What an address answers."""

    state: str = "in_progress"
    error: _Error | None = None
    page: _Page | None = None


def _outcome(reply: Reply) -> Outcome:
    if not reply.body.strip():
        return Outcome(state="in_progress")
    try:
        told = msgspec.json.decode(reply.body, type=_Told) if reply.whole else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        told = None
    if told is None or told.state not in {"completed", "failed", "in_progress"}:
        raise Undelivered("The answer does not say how it ended")
    state: Any = told.state
    error, page = told.error or _Error(), told.page.url if told.page is not None else None
    return Outcome(
        state=state,
        code=error.code[:64] or "failed",
        message=error.message[:200],
        page=page if page and is_address(page) else None,
    )
