"""What tests of the server share: a real one, on a real socket, over a data folder of its own."""

# The server is imported by the fixtures: tests of the rooms below it need nothing of it.
# ruff: noqa: PLC0415

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import settings as hypothesis_settings

if TYPE_CHECKING:
    import httpx

    from offerd.services.house import House
    from offerd.web.serve import Server

T = TypeVar("T")

# The same examples on every machine, however slow it is; `--hypothesis-profile=default` looks for new ones.
hypothesis_settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
hypothesis_settings.load_profile("repeatable")

_BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
_NO_BROWSER = "No Chromium on PATH, nor named in CHROMIUM: offerd.js was not tried in a browser"

START = 1_767_268_800_000_000  # 2026-01-01T12:00:00Z

_names = itertools.count(1)


def _chromium() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _BROWSERS)), None)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says aloud that something was not tried."""
    if _chromium() is None:
        terminalreporter.section("offerd.js", sep="!", red=True, bold=True)
        terminalreporter.line(_NO_BROWSER)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program."""
    found = _chromium()
    if found is None:
        if os.environ.get("BROWSER_TESTS") == "required":
            pytest.fail(_NO_BROWSER)
        pytest.skip(_NO_BROWSER)
    return found


class LiveServer:
    """A server in a thread of its own.

    Attributes:
        url: where it listens.
        house: its services; only for `run`.
        clock: what it takes for the time.
    """

    def __init__(self, folder: Path, more: Sequence[Any] = (), **settings: Any) -> None:
        from offerd.services.clock import ManualClock
        from offerd.settings import Settings
        from offerd.web.serve import listen

        self.folder = folder
        self.more = more
        self.clock = ManualClock(START)
        self.house: House
        self._settings = Settings(**settings)
        self._loop: asyncio.AbstractEventLoop
        self._server: Server
        self._started = threading.Event()
        self._failed: BaseException | None = None
        self._door = listen("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        self._thread = threading.Thread(target=self._main, name="live-server")

    def start(self) -> None:
        self._thread.start()
        self._started.wait(60)
        if self._failed is not None:
            raise self._failed
        self.admin = self.token("admin")

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(setattr, self._server, "should_exit", True)
        self._thread.join(60)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of something asynchronous, on the server's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def token(self, *scopes: str, workspace: str = "default", name: str = "test") -> str:
        """The secret of a new token."""
        return self.run(self.house.tokens.create(workspace, name, list(scopes)))[1]

    @contextmanager
    def client(self, secret: str | None = None, workspace: str | None = None) -> Iterator[httpx.Client]:
        """A client with a token; the administrator's where None is given, none where it is empty."""
        import httpx

        secret = self.admin if secret is None else secret
        headers = {"authorization": f"Bearer {secret}"} if secret else {}
        if workspace is not None:
            headers["offerd-workspace"] = workspace
        with httpx.Client(base_url=self.url, headers=headers, timeout=60) as client:
            yield client

    def address(self) -> tuple[str, int]:
        return ("127.0.0.1", int(self.url.rpartition(":")[2]))

    def connect(self) -> socket.socket:
        """A bare connection, for what no client would send."""
        return socket.create_connection(self.address(), timeout=60)

    def _main(self) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - the test is told
            self._failed = error
            self._started.set()

    async def _serve(self) -> None:
        from offerd.services.house import House
        from offerd.web.serve import Server

        self._loop = asyncio.get_running_loop()
        with self._door:
            self.house = await House.open(self.folder, self._settings, self.clock)
            try:
                self._server = Server(self.house, self.more)
                self._loop.call_soon(self._started.set)
                await self._server.serve([self._door])
            finally:
                await self.house.close()


@contextmanager
def _starting(folder: Path) -> Iterator[Callable[..., LiveServer]]:
    running: list[LiveServer] = []

    def start(**settings: Any) -> LiveServer:
        server = LiveServer(folder / f"data-{len(running)}", **settings)
        server.start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., LiveServer]]:
    """Starts servers with settings of the test's own."""
    with _starting(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def start_module_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., LiveServer]]:
    """Starts servers with settings that the tests of one module share."""
    with _starting(tmp_path_factory.mktemp("module")) as start:
        yield start


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server for all tests that keep to a workspace of their own."""
    live = LiveServer(tmp_path_factory.mktemp("server") / "data")
    live.start()
    yield live
    live.stop()


@pytest.fixture(scope="module")
def module_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server for the tests of one module, which may look at all of its data."""
    live = LiveServer(tmp_path_factory.mktemp("module") / "data")
    live.start()
    yield live
    live.stop()


@pytest.fixture
def workspace(server: LiveServer) -> str:
    """A new workspace."""
    name = f"w{next(_names)}"
    with server.client() as client:
        client.post("/offerd/v1/workspaces", json={"id": name}).raise_for_status()
    return name


@pytest.fixture
def api(server: LiveServer, workspace: str) -> Iterator[httpx.Client]:
    """An administrator's client of the native API, in a new workspace."""
    with server.client(workspace=workspace) as client:
        client.base_url = f"{server.url}/offerd/v1"
        yield client


class Lines:
    """A program that answers each line of JSON with one.

    Args:
        command: starts it.
    """

    def __init__(self, command: Sequence[str | Path]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def ask(self, line: Any) -> Any:
        """Its answer to a line."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()


@pytest.fixture(scope="session")
def lines() -> Iterator[Callable[[Sequence[str | Path]], Lines]]:
    """Starts programs that answer line by line, and ends them."""
    running: list[Lines] = []

    def start(command: Sequence[str | Path]) -> Lines:
        running.append(Lines(command))
        return running[-1]

    yield start
    for each in running:
        each.close()


@pytest.fixture(scope="session")
def target_device(lines: Callable[[Sequence[str | Path]], Lines]) -> Lines:
    """Target's Python SDK deciding on the device; `make test` makes its environment."""
    root = Path(__file__).parents[1]
    python = root / ".venv-clients" / "bin" / "python"
    if not python.exists():
        pytest.skip("there is no .venv-clients; make test makes it")
    return lines([python, root / "tests" / "clients" / "target_device.py"])


@pytest.fixture(scope="session")
def target_node(lines: Callable[[Sequence[str | Path]], Lines]) -> Lines:
    """Target's Node SDK; `make test` makes the folder that has it, where there is npm."""
    root = Path(__file__).parents[1]
    node, home = shutil.which("node"), root / ".node-clients"
    if node is None or not (home / "node_modules" / "@adobe" / "target-nodejs-sdk").exists():
        pytest.skip("there is no node, or no .node-clients; make test makes it where there is npm")
    return lines([node, root / "tests" / "clients" / "target_drive.mjs", home])
