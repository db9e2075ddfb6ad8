"""HTTP on a connection, with bounds on the head of a request: nobody has shown who they are before its end."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Bytes of a request's line and headers above which no more of them is read.
HEAD_BYTES = 65_536

#: Seconds in which a head must be there once its connection is open, or its first byte came.
HEAD_SECONDS = 60.0


class BoundedProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP/1.1, which by itself keeps headers however long they are, and waits for them for ever."""

    #: Whether a head was begun and is not whole; how many bytes of it came after the read that began it; what ends it.
    _begun = False
    _head = 0
    _waits: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to wait for a request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begins a head."""
        super().on_message_begin()
        self._begun = True

    def on_headers_complete(self) -> None:
        """Has a whole head."""
        self._begun = False
        self._stop_waiting()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Reads on, unless what was read so far is a head that is too long already."""
        waits = self._waits
        if waits is not None and self._head > HEAD_BYTES:
            self._stop_waiting()
            self.send_400_response("The head of the request is too long.")
            return
        super().data_received(data)
        if self._begun and self._waits is None:
            self._wait()
        elif waits is not None:
            self._head += len(data)

    def _wait(self) -> None:
        self._head = 0
        self._waits = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _give_up(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._wait()  # the request before is being answered, and until then no more may have been read
        elif not self.transport.is_closing():
            self.transport.close()
