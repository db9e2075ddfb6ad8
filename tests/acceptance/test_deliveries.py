"""What an accept sets going is sent although the server is killed between the accept and the sending."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

OFFERD = Path(sys.executable).parent / "offerd"
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
PEOPLE = 4
PATIENCE = 60


class Receiver:
    """A server that takes what it is sent only once it is told to.

    Attributes:
        calls: headers and body of everything that arrived.
        takes: whether it answers that it took it; until then it keeps callers waiting.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.changed = threading.Condition()
        self.takes = threading.Event()
        self.url = ""

    def ids(self) -> set[str]:
        return {headers["webhook-id"] for headers, _ in self.calls}

    def wait(self, until: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(until, PATIENCE), f"{len(self.calls)} arrived"


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:
                return  # Who called was killed between the head and the body.
            with receiver.changed:
                receiver.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
                receiver.changed.notify_all()
            if receiver.takes.wait(PATIENCE):
                self.send_response(204)
                self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

        def handle(self) -> None:
            with suppress(OSError):  # Who called was killed.
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    try:
        yield receiver
    finally:
        receiver.takes.set()
        server.shutdown()
        server.server_close()
        thread.join()


def environment() -> dict[str, str]:
    return {"OFFERD_LOG_LEVEL": "error", "PATH": "", "OFFERD_WEBHOOK_SECRET": SECRET, "OFFERD_DELIVERY_TIMEOUT": "600"}


@contextmanager
def server(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server on the folder; killed at the end where it still runs."""
    process = subprocess.Popen(
        [OFFERD, "serve", "--data", str(folder), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(),
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        yield process, found.group()
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def command(*words: str) -> str:
    done = subprocess.run([OFFERD, *words], check=False, capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr
    return done.stdout


def catalogue(url: str) -> str:
    return json.dumps(
        {
            "placements": {"home": {"content": ["html"]}},
            "offers": {
                "gift": {
                    "status": "approved",
                    "content": {"home": {"html": "gift"}},
                    "choices": [
                        {"id": "send", "fulfil": {"kind": "webhook", "url": url, "completes": "delivered"}},
                        {
                            "id": "write",
                            "fulfil": {
                                "kind": "email",
                                "completes": "delivered",
                                "settings": {"to": "ann@people.example", "subject": "A gift", "text": "It is yours."},
                            },
                        },
                    ],
                }
            },
            "activities": {"home": {"status": "live", "placements": ["home"], "selections": [{"offers": ["gift"]}]}},
        }
    )


def accepted(client: httpx.Client, person: str, choice: str) -> str:
    """The fulfilment that an acknowledged accept set going."""
    asked = {"identities": {"crm": person}, "asks": [{"placement": "home"}]}
    decision = client.post("/decisions", json=asked).raise_for_status().json()
    proposition = decision["propositions"][0]["id"]
    body = {"type": "accept", "proposition": proposition, "choice": choice}
    said = client.post("/interactions", json=body).raise_for_status().json()
    return str(said["fulfilment"]["id"])


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Callable[[str], httpx.Client]]:
    """Clients of whatever server is there."""
    made: list[httpx.Client] = []
    data = str(tmp_path / "data")
    token = json.loads(command("token", "create", "t", "--scope", "admin", "--data", data, "--json"))["secret"]

    def connect(address: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"}
        made.append(httpx.Client(base_url=f"{address}/offerd/v1", headers=headers, timeout=PATIENCE))
        return made[-1]

    yield connect
    for client in made:
        client.close()


def test_a_kill_between_accept_and_delivery_loses_nothing(
    tmp_path: Path, talk: Callable[[str], httpx.Client]
) -> None:
    data = tmp_path / "data"
    with receiving() as receiver:
        file = tmp_path / "catalogue.yaml"
        file.write_text(catalogue(receiver.url))
        command("apply", str(file), "--data", str(data))
        made: set[str] = set()
        for number in range(PEOPLE):
            with server(data) as (process, address):
                made.add(accepted(talk(address), f"p{number}", "send"))
                if number % 2:  # Once it has been called, and before it was answered.
                    receiver.wait(lambda: made <= receiver.ids())
                process.send_signal(signal.SIGKILL)
                process.wait()
        receiver.takes.set()
        with server(data) as (_, address):
            receiver.wait(lambda: made <= receiver.ids())
            client = talk(address)
            waited = threading.Event()
            for _ in range(PATIENCE * 50):
                states = [client.get(f"/fulfilments/{name}").json().get("state") for name in made]
                if states == ["completed"] * PEOPLE:
                    break
                waited.wait(0.02)  # Until the server has noted what the receiver told it.
            assert states == ["completed"] * PEOPLE
            assert {each["state"] for each in client.get("/deliveries").json()["items"]} == {"delivered"}
            done = client.get("/interactions", params={"type": "fulfilled"}).json()["items"]
            assert sorted(each["data"]["fulfilment"] for each in done) == sorted(made)
    bodies: dict[str, set[bytes]] = {}
    for headers, body in receiver.calls:
        assert Webhook(SECRET).verify(body, headers)["data"]["fulfilment"]["id"] == headers["webhook-id"]
        bodies.setdefault(headers["webhook-id"], set()).add(body)
    assert set(bodies) == made
    assert {len(each) for each in bodies.values()} == {1}
    assert len(receiver.calls) > len(made)


def test_a_kill_leaves_each_mail_in_the_outbox_once(tmp_path: Path, talk: Callable[[str], httpx.Client]) -> None:
    data = tmp_path / "data"
    file = tmp_path / "catalogue.yaml"
    file.write_text(catalogue("http://127.0.0.1:9/"))
    command("apply", str(file), "--data", str(data))
    made: set[str] = set()
    for number in range(PEOPLE):
        with server(data) as (process, address):
            made.add(accepted(talk(address), f"p{number}", "write"))
            process.send_signal(signal.SIGKILL)
            process.wait()
    with server(data) as (_, address):
        client, waited = talk(address), threading.Event()
        for _ in range(PATIENCE * 50):
            if not client.get("/fulfilments", params={"state": "in_progress"}).json()["items"]:
                break
            waited.wait(0.02)
        done = client.get("/fulfilments", params={"state": "completed"}).json()["items"]
        assert {each["id"] for each in done} == made
    assert {each.stem for each in (data / "outbox").glob("*.eml")} == made
