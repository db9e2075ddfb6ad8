"""Whom a command speaks to."""

from __future__ import annotations

import socket
from collections.abc import Callable
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
