"""What a connection may ask of the server before anybody knows who is there."""

import asyncio

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from offerd.web import protocol

HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
MEGABYTE = 1 << 20


def received(connection):
    """All that comes until the server closes the connection."""
    found = b""
    while piece := connection.recv(65_536):
        found += piece
    return found


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (HEAD + b"X-A: ", b"a" * MEGABYTE),
        (HEAD + b"X-A: a\r\n", b"X-B: b\r\n" * (MEGABYTE // 8)),
        (HEAD + b"X-A", b"a" * MEGABYTE),
    ],
    ids=["a value", "headers", "a name"],
)
def test_a_head_without_an_end_is_not_kept(server, begin, more):
    with server.connect() as connection:
        connection.sendall(begin)
        with pytest.raises(ConnectionError):  # nobody reads it any more
            connection.sendall(more * 64)


class Transport(asyncio.Transport):
    """A connection of which a test sees what is written to it."""

    def __init__(self):
        super().__init__()
        self.sent = b""
        self.closed = False

    def write(self, data):
        self.sent += data

    def close(self):
        self.closed = True

    def is_closing(self):
        return self.closed


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def opened():
    """A connection to an application that does not answer before the test ends, and what speaks HTTP on it."""
    ended = asyncio.Event()

    async def app(_scope, _receive, _send):
        await ended.wait()

    state, transport = ServerState(), Transport()
    speaks = protocol.BoundedProtocol(Config(app, lifespan="off", log_config=None), state, {})
    speaks.connection_made(transport)
    yield speaks, transport
    speaks.connection_lost(None)
    ended.set()
    await asyncio.gather(*state.tasks, return_exceptions=True)


@pytest.mark.anyio
async def test_a_head_that_is_too_long_is_refused(opened):
    speaks, transport = opened
    speaks.data_received(HEAD + b"X-A: " + b"a" * protocol.HEAD_BYTES)
    assert not transport.sent
    speaks.data_received(b"a")
    assert transport.sent.startswith(b"HTTP/1.1 400 ")
    assert transport.closed


@pytest.mark.anyio
async def test_a_connection_waits_for_its_answer_however_long_that_takes(opened, monkeypatch):
    speaks, transport = opened
    speaks.data_received(HEAD + b"\r\n" + HEAD)  # the second request is not whole yet
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.0)
    speaks._give_up()
    assert not transport.closed
    speaks.cycle.response_complete = True
    speaks._give_up()
    assert transport.closed


def test_a_long_body_is_no_long_head(server):
    body = b" " * 300_000 + b"{}"
    head = b"POST /offerd/v1/checks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head += f"Authorization: Bearer {server.admin}\r\nContent-Length: {len(body)}\r\n".encode()
    with server.connect() as connection:
        connection.sendall(head + b"\r\n" + body[:200_000])
        connection.sendall(body[200_000:] + HEAD + b"Connection: close\r\n\r\n")
        first, second = received(connection).split(b"HTTP/1.1 ")[1:]
    assert first.startswith(b"422 ")
    assert second.startswith(b"200 ")


@pytest.mark.parametrize("sent", [b"", HEAD], ids=["nothing", "half a head"])
def test_a_connection_that_asks_for_nothing_ends(server, monkeypatch, sent):
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.01)
    with server.connect() as connection:
        connection.sendall(sent)
        assert received(connection) == b""
