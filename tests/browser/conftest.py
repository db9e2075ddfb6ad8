"""A real browser, and a small server that answers as a delivery server does, well or badly, over real sockets."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from offerd.browser import page_client

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

#: How long anything in a page may take, in milliseconds; the machine may be busy.
PATIENCE = 20_000


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium without a window; one for each module, as what drives it holds the thread's event loop."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - not needed where there is no browser

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def visitors(browser: Browser) -> Iterator[BrowserContext]:
    visitor = browser.new_context()
    visitor.set_default_timeout(PATIENCE)
    yield visitor
    visitor.close()


@pytest.fixture
def context(visitors: BrowserContext) -> BrowserContext:
    """A visitor without cookies."""
    visitors.clear_cookies()
    return visitors


@pytest.fixture(scope="module")
def tab(visitors: BrowserContext) -> Page:
    return visitors.new_page()


@pytest.fixture
def page(tab: Page, context: BrowserContext) -> Iterator[Page]:
    """A tab of that visitor's, in which nothing is open."""
    assert context is tab.context
    yield tab
    tab.goto("about:blank")


class Stub:
    """Pages, and the answers to what the client asks from them.

    Attributes:
        pages: by path: HTML, or a function of the query that yields pieces of it as they are to be sent.
        files: by path: media type and text of anything else.
        moved: by path: where it leads instead.
        answers: what `POST /rest/v1/delivery` answers: given the request's body, a response's body or a `Reply`.
        requests: the bodies of those requests, beacons among them, in order.
        queries: their queries.
        headers: their headers, by name in lower case.
        policy: the content security policy of its pages.
    """

    def __init__(self) -> None:
        self.forget()
        self._changed = threading.Condition()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()
        self.port = self._http.server_address[1]
        self.url = f"http://localhost:{self.port}"

    def forget(self) -> None:
        self.pages: dict[str, Any] = {}
        self.files: dict[str, tuple[str, str]] = {}
        self.moved: dict[str, str] = {}
        self.answers: Callable[[Any], Any] = answered
        self.requests: list[Any] = []
        self.queries: list[dict[str, list[str]]] = []
        self.headers: list[dict[str, str]] = []
        self.policy = ""
        self._gates: dict[str, threading.Event] = {}

    def open_gates(self) -> None:
        for gate in list(self._gates.values()):
            gate.set()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def page(self, body: str, *, settings: str = "{}", head: str = "", path: str = "/page") -> str:
        """Serves a page that has the client in its head; gives its address."""
        self.pages[path] = document(body, settings=settings, head=head)
        return self.url + path

    def receive(self, asked: Any, query: dict[str, list[str]], headers: dict[str, str]) -> None:
        """Notes a request for whoever waits for it."""
        with self._changed:
            self.requests.append(asked)
            self.queries.append(query)
            self.headers.append(headers)
            self._changed.notify_all()

    def gate(self, name: str) -> threading.Event:
        """What is set when a page asks for `/open?gate=NAME`."""
        return self._gates.setdefault(name, threading.Event())

    def wait(self, found: Callable[[Any], Any]) -> Any:
        """The first request's body of which it is true, once there is one."""

        def first() -> Any:
            return next((request for request in self.requests if found(request)), None)

        with self._changed:
            assert self._changed.wait_for(lambda: first() is not None, PATIENCE / 1000), self.requests
        return first()

    def notifications(self, kind: str) -> list[Any]:
        return [each for request in self.requests for each in request.get("notifications", ()) if each["type"] == kind]

    def wait_notification(self, kind: str) -> Any:
        found = self.wait(lambda request: any(each["type"] == kind for each in request.get("notifications", ())))
        return next(each for each in found["notifications"] if each["type"] == kind)


class Reply:
    """An answer that is not simply a body.

    Args:
        body: its text.
        status: the HTTP status.
        media: its media type.
        gate: not sent before this gate is open.
    """

    def __init__(self, body: str, status: int = 200, media: str = "application/json", gate: str | None = None) -> None:
        self.body = body
        self.status = status
        self.media = media
        self.gate = gate


class _Handler(BaseHTTPRequestHandler):
    """Answers for a stub."""

    protocol_version = "HTTP/1.1"

    def __init__(self, stub: Stub, *more: Any) -> None:
        self._stub = stub
        super().__init__(*more)

    def handle(self) -> None:
        with suppress(ConnectionError, TimeoutError):  # the page went away
            super().handle()

    def log_message(self, *_words: Any) -> None:
        pass

    def do_GET(self) -> None:
        at = urlsplit(self.path)
        query = parse_qs(at.query)
        if at.path == "/open":
            self._stub.gate(query["gate"][0]).set()
            self._send(204, "text/plain", b"")
        elif at.path == "/offerd.js":
            self._send(200, "text/javascript", page_client().served)
        elif at.path in self._stub.moved:
            self._begin(301, "text/plain", {"Location": self._stub.moved[at.path], "Content-Length": "0"})
        elif at.path in self._stub.files:
            media, text = self._stub.files[at.path]
            self._send(200, media, text.encode())
        elif at.path in self._stub.pages:
            page = self._stub.pages[at.path]
            self._stream(page(query) if callable(page) else (page,))
        else:
            self._send(404, "text/plain", b"nothing")

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._stub.receive(asked, parse_qs(urlsplit(self.path).query), headers)
        if asked["context"].get("beacon"):
            self._send(204, "text/plain", b"")
            return
        given = self._stub.answers(asked)
        reply = given if isinstance(given, Reply) else Reply(json.dumps(given))
        if reply.gate is not None:
            self._stub.gate(reply.gate).wait(PATIENCE / 1000)
        self._send(reply.status, reply.media, reply.body.encode())

    def _stream(self, pieces: Iterable[str]) -> None:
        self._begin(200, "text/html; charset=utf-8", {"Transfer-Encoding": "chunked"})
        for piece in pieces:
            raw = piece.encode()
            self.wfile.write(f"{len(raw):x}\r\n".encode() + raw + b"\r\n")
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def _send(self, status: int, media: str, body: bytes) -> None:
        self._begin(status, media, {} if status == HTTPStatus.NO_CONTENT else {"Content-Length": str(len(body))})
        self.wfile.write(body)

    def _begin(self, status: int, media: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media)
        if self._stub.policy and media.startswith("text/html"):
            self.send_header("Content-Security-Policy", self._stub.policy)
        if "origin" in self.headers:
            self.send_header("Access-Control-Allow-Origin", self.headers["origin"])
            self.send_header("Access-Control-Allow-Credentials", "true")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def document(body: str, *, settings: str = "{}", head: str = "", script: str = "/offerd.js") -> str:
    """A page with the client in its head, and its settings before it."""
    return (
        "<!DOCTYPE html><html><head><title>A page</title>"
        f"<script>window.offerdSettings = Object.assign({{pageLoadEnabled: false, viewsEnabled: false}}, {settings});"
        f"</script><script src='{script}'></script>{head}</head><body>{body}</body></html>"
    )


def answered(asked: Any, *, pageLoad: Any = None, mboxes: Any = None, views: Any = None) -> Any:  # noqa: N803
    """What a delivery server answers: to each mbox that was asked, what `mboxes` has for its name."""
    out: dict[str, Any] = {
        "status": 200,
        "requestId": asked.get("requestId"),
        "client": "shop",
        "id": {"tntId": asked.get("id", {}).get("tntId", "5c" * 16)},
        "edgeHost": "localhost",
    }
    for part in ("execute", "prefetch"):
        wanted = asked.get(part)
        if wanted is None:
            continue
        out[part] = {}
        if "pageLoad" in wanted:
            out[part]["pageLoad"] = pageLoad or {}
        if "views" in wanted:
            out[part]["views"] = views or []
        if "mboxes" in wanted:
            out[part]["mboxes"] = [
                {"index": each["index"], "name": each["name"], **(mboxes or {}).get(each["name"], {})}
                for each in wanted["mboxes"]
            ]
    return out


@pytest.fixture(scope="module")
def running_stub() -> Iterator[Stub]:
    stub = Stub()
    yield stub
    stub.close()


@pytest.fixture
def stub(running_stub: Stub) -> Iterator[Stub]:
    running_stub.forget()
    yield running_stub
    running_stub.open_gates()


@pytest.fixture
def delivered() -> Callable[..., Any]:
    """Makes the answer to a request."""
    return answered


@pytest.fixture
def reply() -> type[Reply]:
    """Makes an answer that is not simply a body."""
    return Reply


@pytest.fixture
def page_of() -> Callable[..., str]:
    """Makes a page with the client in its head."""
    return document
