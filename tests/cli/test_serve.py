"""`offerd serve` as a process: where it listens, how it stops, and what it refuses to start with."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx

from offerd.demo import example

OFFERD = (sys.executable, "-c", "from offerd.cli import main; main()")


@contextmanager
def serving(folder: Path, *words: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A server process, and the lines that it printed until it was ready."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OFFERD_")}
    command = [*OFFERD, "serve", "--data", str(folder), "--port", "0", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder.parent,
        env=inherited | environment,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if line.startswith(("offerd listens on", "Stop with")):
                break
        try:
            yield process, lines
        finally:
            process.kill()


def ended(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OFFERD_")}
    return subprocess.run(
        [*OFFERD, *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env=inherited | environment,
        timeout=60,
        check=False,
    )


def url_in(lines: list[str]) -> str:
    return next(word for line in lines for word in line.split() if word.startswith("http://"))


def test_it_says_where_it_listens_answers_and_stops_when_told(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as (process, lines):
        assert httpx.get(f"{url_in(lines)}/healthz").json() == {"status": "ok"}
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_ctrl_c_is_a_good_end(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def test_a_second_server_on_the_folder_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path / "data"):
        second = ended(tmp_path, "serve", "--data", "data", "--port", "0")
        assert second.returncode == 3
        assert "The data folder data is open in process" in second.stderr
        other = ended(tmp_path, "token", "list", "--data", "data")
        assert other.returncode == 3
        assert "--server" in other.stderr


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        refused = ended(tmp_path, "serve", "--data", "data", "--port", str(port))
    assert refused.returncode == 3
    assert refused.stderr == f"Error: Another program listens on 127.0.0.1:{port}; choose a port with --port or PORT\n"


def test_an_address_of_another_machine_is_told(tmp_path: Path) -> None:
    refused = ended(tmp_path, "serve", "--data", "data", "--host", "192.0.2.1")
    assert refused.returncode == 3
    assert "Cannot listen on 192.0.2.1:8080" in refused.stderr


def test_wrong_settings_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / "offerd.toml").write_text("\nprot = 1\n")
    refused = ended(tmp_path, "serve", OFFERD_LOG_LEVEL="loud")
    assert refused.returncode == 2
    assert "offerd.toml, line 2: prot is not a setting; did you mean port?" in refused.stderr
    assert "environment, OFFERD_LOG_LEVEL: log_level: expected one of" in refused.stderr
    assert not (tmp_path / "data").exists()


def test_a_copy_that_is_made_of_a_running_server_as_documented_can_be_served(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text()
    statement = re.findall(r'^sqlite3 data/offerd/offerd.db "(.+)"$', page, re.MULTILINE)[0]
    folder = tmp_path / "data" / "offerd"
    folder.parent.mkdir()
    (tmp_path / "backup").mkdir()
    with serving(folder, "--demo"), closing(sqlite3.connect(folder / "offerd.db")) as db:
        db.execute(statement.replace("backup/", f"{tmp_path}/backup/"))
    restored = ended(tmp_path, "revisions", "list", "--data", "backup")
    assert restored.returncode == 0
    assert "The demonstration's catalogue" in restored.stdout


def test_commands_speak_to_a_running_server(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("placements:\n  card: {channel: web}\n")
    secret = ended(tmp_path, "token", "create", "t", "--scope", "catalogue:read", "--data", "data").stdout.strip()
    with serving(tmp_path / "data") as (_, lines):
        to = {"OFFERD_SERVER": url_in(lines), "OFFERD_TOKEN": secret}
        assert ended(tmp_path, "export", "--json", **to).stdout.strip() == "{}"
        forbidden = ended(tmp_path, "apply", "c.yaml", **to)
        assert forbidden.returncode == 1
        assert "catalogue:write" in forbidden.stderr
        unknown = ended(tmp_path, "export", **(to | {"OFFERD_TOKEN": "ofd_wrong"}))
        assert unknown.returncode == 1
        assert "token" in unknown.stderr


def test_the_demonstration_shows_three_answers_and_loads_nothing_twice(tmp_path: Path) -> None:
    def start() -> tuple[str, list[str], int]:
        with serving(tmp_path / "data", "--demo") as (process, lines):
            headers = {"Authorization": f"Bearer {token_in(lines)}"}
            with httpx.Client(base_url=url_in(lines), headers=headers) as client:
                revisions = client.get("/offerd/v1/revisions").json()["items"]
                profile = client.get("/offerd/v1/profiles/driver:d567").json()
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
            return token_in(lines), lines, (len(revisions), profile["version"])  # type: ignore[return-value]

    token, lines, state = start()
    again, _, later = start()
    assert state == later == (1 + len(list(example.examples())), 1)
    assert token == again
    assert stat.S_IMODE((tmp_path / "data" / "demo.json").stat().st_mode) == 0o600
    assert sum(line.startswith("curl -s ") for line in lines) == 3
    assert '"offer": "bar",' in "".join(lines)


def test_what_the_demonstration_tells_to_paste_can_be_pasted(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--demo") as (_, lines):
        commands = [part.split("\n\n")[0] for part in "\n".join(lines).split("\n# ")[1:]]
        assert len(commands) == 3
        for command in commands:
            shell = command.partition("\n")[2]
            answer = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True).stdout
            assert "urn:offerd:problem" not in answer
            assert json.loads(answer)


def token_in(lines: list[str]) -> str:
    return next(line.removeprefix("Token: ") for line in lines if line.startswith("Token: "))
