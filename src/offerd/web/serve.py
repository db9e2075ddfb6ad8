"""Running the server: one process, one data folder, until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn

import offerd
from offerd.apis.operation import Api
from offerd.services.clock import Clock
from offerd.services.house import House
from offerd.settings import Settings
from offerd.web import body, logs
from offerd.web.app import create_app
from offerd.web.protocol import BoundedProtocol

#: How long requests that are being answered may take after the server was told to stop, in seconds.
DRAIN = 30

_BACKLOG = 2048

#: Told of the services and the address once requests are answered.
Ready = Callable[[House, str], Awaitable[None]]


def serve(
    folder: Path,
    settings: Settings,
    *,
    ready: Ready | None = None,
    clock: Clock | None = None,
    more: Sequence[Api] = (),
) -> None:
    """Serves a data folder until SIGTERM or SIGINT; then lets running requests finish, and closes the folder.

    Args:
        folder: the data folder, which is made where there is none.
        settings: what the operator decided.
        ready: called once requests are answered; prints the address where None.
        clock: tells the time; the machine's where None.
        more: what is served beside the wire formats.

    Raises:
        FolderHeld: another server has the folder open.
        OSError: the address cannot be listened on.
    """
    logs.configure(settings)
    with listen(settings.host, settings.port) as door, asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_serve(folder, settings, door, ready=ready or _announce, clock=clock, more=more))


async def run(house: House, door: socket.socket, ready: Ready | None = None, more: Sequence[Api] = ()) -> None:
    """Answers requests until the process is told to stop; then waits for those that are being answered.

    Args:
        house: the services, open; they stay open.
        door: a socket that listens.
        ready: called once requests are answered; the server stops where it fails.
        more: what is served beside the wire formats.
    """
    server = Server(house, more)
    _stop_on_signals(server)
    serving = asyncio.create_task(server.serve(sockets=[door]))
    host, port = door.getsockname()[:2]
    settings = house.settings
    logs.logger.info("started", host=host, port=port, version=offerd.__version__, data=str(house.storage.folder))
    if ready is not None:
        greeting = asyncio.ensure_future(ready(house, address(settings.host, port)))
        await asyncio.wait((greeting, serving), return_when=asyncio.FIRST_COMPLETED)
        await _settle(greeting, server, serving)
    await serving


class Server(uvicorn.Server):
    """Uvicorn over the application; it leaves signals to whoever runs it.

    Args:
        house: the services.
        more: what is served beside the wire formats.
    """

    def __init__(self, house: House, more: Sequence[Api] = ()) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(house, more=more),
                http=BoundedProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=DRAIN,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Takes no signals: uvicorn would end the process before the data folder is closed."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes any that is free.

    Raises:
        OSError: another program listens there, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    # Connections inherit it. asyncio's own loop would not set it, and each answer's body would wait for the client to
    # acknowledge its head.
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    door.setblocking(False)
    return door


def address(host: str, port: int) -> str:
    """Where a browser on this machine finds a server that listens on `host`."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not listened on
    return f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"


def new_loop() -> asyncio.AbstractEventLoop:
    """The fastest event loop that there is."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop  # noqa: PLC0415 - not there on Windows

    return uvloop.new_event_loop()


async def _serve(
    folder: Path,
    settings: Settings,
    door: socket.socket,
    *,
    ready: Ready,
    clock: Clock | None,
    more: Sequence[Api],
) -> None:
    house = await House.open(folder, settings, clock)
    gc.collect()
    gc.freeze()  # What was loaded stays for long: collections that walked through it would hold decisions up.
    body.tidy(folder / body.SPOOL)
    try:
        await run(house, door, ready, more)
    finally:
        await house.close()
        logs.logger.info("stopped")


def _stop_on_signals(server: Server) -> None:
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        logs.logger.info("stopping", signal=signal.Signals(number).name)
        server.handle_exit(number, None)

    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop, number)
        except NotImplementedError:  # a platform whose event loop takes no signals
            signal.signal(number, lambda taken, _frame: loop.call_soon_threadsafe(stop, taken))


async def _settle(greeting: asyncio.Future[None], server: Server, serving: asyncio.Task[None]) -> None:
    """Ends the greeting: a server that was told to stop does not wait for it; one whose greeting failed stops."""
    if not greeting.done():
        greeting.cancel()
        await asyncio.gather(greeting, return_exceptions=True)
    elif greeting.exception() is not None:
        server.should_exit = True
        await serving
        greeting.result()


async def _announce(_house: House, at: str) -> None:
    print(f"offerd listens on {at}", flush=True)
