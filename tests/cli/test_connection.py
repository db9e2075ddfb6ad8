"""Whom a command speaks to."""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from offerd import __version__

Offerd = Callable[..., Any]


def test_a_server_that_does_not_answer_is_told(offerd: Offerd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    ended = offerd("export", "--server", f"http://127.0.0.1:{port}")
    assert ended.code == 3
    assert ended.err.startswith(f"Error: No server answers at http://127.0.0.1:{port}")


def test_what_is_no_address_is_wrong_usage(offerd: Offerd) -> None:
    assert offerd("export", "--server", "nowhere").code == 2
    assert offerd("export", "--server", "http://[::1").code == 2


def test_a_server_and_a_folder_cannot_both_be_meant(offerd: Offerd) -> None:
    ended = offerd("export", "--server", "http://127.0.0.1:1", "--data", "data")
    assert (ended.code, ended.err) == (2, "Error: --server and --data cannot both be given\n")


def test_without_a_server_the_settings_folder_is_opened(offerd: Offerd, tmp_path: Any) -> None:
    assert offerd("token", "list").code == 0
    assert (tmp_path / "data" / "offerd").is_dir()


def test_a_folder_that_was_not_there_is_told_to_people(offerd: Offerd) -> None:
    first, second = offerd("token", "list", "--data", "shpo"), offerd("token", "list", "--data", "shpo")
    assert first.err == "shpo is a new data folder: there was none\n"
    assert second.err == ""
    assert offerd("token", "list", "--data", "shop", "--json").err == ""


def test_a_folder_that_cannot_be_made_is_told(offerd: Offerd, tmp_path: Any) -> None:
    (tmp_path / "file").write_text("")
    ended = offerd("token", "list", "--data", "file/data")
    assert ended.code == 3
    assert "file/data" in ended.err


def test_wrong_settings_are_told_before_anything_is_opened(offerd: Offerd, tmp_path: Any) -> None:
    (tmp_path / "offerd.toml").write_text("port = 'x'\n")
    ended = offerd("token", "list")
    assert ended.code == 2
    assert "offerd.toml, line 1: port: expected a whole number from 0 to 65535" in ended.err
    assert not (tmp_path / "data").exists()


def test_the_settings_are_shown_with_where_they_come_from(offerd: Offerd, tmp_path: Any) -> None:
    (tmp_path / "offerd.toml").write_text("port = 9000\n[workspace_keys]\nacme = 'default'\n")
    listed = offerd("settings", "--json").json
    assert listed["port"] == {"value": 9000, "from": f"{tmp_path / 'offerd.toml'}, line 1"}
    assert listed["host"] == {"value": "127.0.0.1", "from": "default"}
    assert listed["workspace_keys"]["value"] == {"acme": "default"}
    assert "port 9000" in offerd("settings").words
    (tmp_path / "offerd.toml").write_text("prot = 9000\n")
    assert offerd("settings").code == 2


def test_the_version_is_told(offerd: Offerd) -> None:
    assert offerd("--version").out == f"{__version__}\n"


def test_help_names_the_exit_codes(offerd: Offerd) -> None:
    assert "Exit codes" in offerd("--help").out


def test_a_folder_that_is_named_goes_before_the_servers_variable(
    offerd: Offerd, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("OFFERD_SERVER", "http://127.0.0.1:1")
    assert offerd("token", "list").code == 3
    assert offerd("token", "list", "--data", "other").code == 0
    assert (tmp_path / "other").is_dir()


@pytest.fixture
def stranger() -> Iterator[Callable[[int, str], str]]:
    """Something that answers every request in the same way, and is no offerd server."""
    doors: list[ThreadingHTTPServer] = []

    def make(status: int, media: str) -> str:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Content-Type", media)
                self.end_headers()
                self.wfile.write(b"<h1>Hello</h1>")

            do_POST = do_GET  # noqa: N815 - http.server's name

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        doors.append(ThreadingHTTPServer(("127.0.0.1", 0), Answer))
        threading.Thread(target=doors[-1].serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{doors[-1].server_port}/"

    yield make
    for door in doors:
        door.shutdown()
        door.server_close()


@pytest.mark.parametrize("status", [200, 302, 404, 502])
@pytest.mark.parametrize(
    "words", [("token", "list"), ("export",), ("apply", "-"), ("decide", "-p", "card"), ("events", "export")]
)
def test_what_answers_and_is_no_offerd_server_is_told(
    offerd: Offerd, stranger: Callable[[int, str], str], words: tuple[str, ...], status: int
) -> None:
    url = stranger(status, "text/html")
    ended = offerd(*words, "--server", url, given="offers: {}\n")
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith(f"Error: What answers at {url} is no offerd server: {status} ")


def test_a_folder_that_a_newer_version_wrote_is_told(offerd: Offerd, tmp_path: Path) -> None:
    assert offerd("token", "list").code == 0
    with closing(sqlite3.connect(tmp_path / "data" / "offerd" / "offerd.db")) as tables, tables:
        tables.execute("UPDATE alembic_version SET version_num = '9999'")
    for words in (("token", "list"), ("serve", "--port", "0")):
        ended = offerd(*words)
        assert ended.code == 3
        assert ended.err.startswith("Error: The data folder data/offerd cannot be used: a newer version of")


def test_a_database_that_is_none_is_told(offerd: Offerd, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "offerd.db").write_bytes(b"nothing that SQLite knows" * 1000)
    for words in (("token", "list", "--data", "data"), ("serve", "--port", "0", "--data", "data")):
        ended = offerd(*words)
        told = "Error: The data folder data cannot be used: offerd.db: file is not a database\n"
        assert (ended.code, ended.err) == (3, told)


def test_a_folder_that_is_a_file_is_told(offerd: Offerd, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    for words in (("token", "list", "--data", "data"), ("serve", "--port", "0", "--data", "data")):
        ended = offerd(*words)
        assert (ended.code, ended.err) == (3, "Error: The data folder data cannot be used: data is a file\n")
