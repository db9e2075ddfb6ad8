"""A server process starts, says so, and stops without losing what it was doing."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading

import httpx
import pytest

from offerd.services.errors import FolderHeld
from offerd.settings import Settings
from offerd.web.serve import address, listen, serve

PROGRAM = """
import sys
from pathlib import Path
from offerd.settings import Settings
from offerd.web.serve import serve
serve(Path(sys.argv[1]), Settings(port=0, log_format="json"))
"""

GREETING_PROGRAM = """
import sys
from pathlib import Path
from offerd.settings import Settings
from offerd.web.serve import serve
async def ready(house, url):
    token, secret = await house.tokens.create("default", "test", ["decide"])
    print(url, secret, flush=True)
serve(Path(sys.argv[1]), Settings(port=0, log_format="json"), ready=ready)
"""


@pytest.fixture
def process(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "data")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    ) as running:
        yield running
        if running.poll() is None:
            running.kill()


def listening(process):
    line = process.stdout.readline()
    assert line.startswith("offerd listens on http://127.0.0.1:"), process.stderr.read()
    return line.split()[-1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_stops_when_told(process, number):
    url = listening(process)
    assert httpx.get(f"{url}/readyz").json()["status"] == "ready"
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert [event in errors for event in ('"started"', '"stopping"', '"stopped"')] == [True] * 3


def test_a_request_that_is_under_way_is_answered_first(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", GREETING_PROGRAM, str(tmp_path / "data")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        url, secret = process.stdout.readline().split()
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            connection.sendall(
                b"POST /offerd/v1/decisions HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n"
                + f"authorization: Bearer {secret}\r\n\r\n".encode()
            )
            connection.sendall(b'{"asks":')
            process.send_signal(signal.SIGTERM)
            while '"stopping"' not in process.stderr.readline():
                pass
            connection.sendall(b"}")
            answer = connection.recv(65536)
        process.communicate(timeout=60)
    assert answer.startswith(b"HTTP/1.1 400"), answer
    assert process.returncode == 0


def test_a_folder_that_another_process_has_is_refused(process, tmp_path):
    listening(process)
    with pytest.raises(FolderHeld):
        serve(tmp_path / "data", Settings(port=0))


def test_an_address_that_is_taken_is_refused(tmp_path):
    with listen("127.0.0.1", 0) as taken, pytest.raises(OSError, match="in use"):
        serve(tmp_path / "data", Settings(port=taken.getsockname()[1]))
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:80"), ("0.0.0.0", "http://127.0.0.1:80"), ("::", "http://[::1]:80")],  # noqa: S104
)
def test_the_address_is_one_that_a_browser_can_open(host, url):
    assert address(host, 80) == url


def test_what_was_acknowledged_before_the_end_is_there(process, tmp_path):
    url = listening(process)
    process.kill()
    process.communicate(timeout=60)
    assert url
    with sqlite3.connect(f"file:{tmp_path / 'data' / 'offerd.db'}?mode=ro", uri=True) as connection:
        assert connection.execute("SELECT id FROM workspaces").fetchall() == [("default",)]
    connection.close()


def test_serving_ends_where_its_greeting_fails(tmp_path):
    async def greet(_house, url):
        raise ValueError(url)

    with pytest.raises(ValueError, match="http"):
        serve(tmp_path / "data", Settings(port=0), ready=greet)
    assert threading.active_count() >= 1
