"""The README's commands, run in their order against a server started as `make run` does; its answers are true."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
OFFERD = (sys.executable, "-c", "from offerd.cli import main; main()")


class Step(NamedTuple):
    """A block of commands, and the answer that the README shows below it."""

    command: str
    answer: str | None


def steps(text: str) -> list[Step]:
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    made = []
    for index, (language, body) in enumerate(blocks):
        if language == "sh":
            after, answer = blocks[index + 1] if index + 1 < len(blocks) else ("", "")
            made.append(Step(body, answer if after in {"text", "json"} else None))
    return made


def files(text: str) -> dict[str, str]:
    """The files that the README writes out, each named in the line before it."""
    return dict(re.findall(r"`([\w.]+)`:\n\n```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


def masked(text: str) -> str:
    """What does not differ from run to run."""
    if text.startswith("{"):
        text = json.dumps(json.loads(text), indent=1)
    for pattern, instead in (
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID"),
        (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
        (r"ofd_[\w-]+", "TOKEN"),
        (r'"seed": "\w+"', "SEED"),
    ):
        text = re.sub(pattern, instead, text)
    if text.startswith("Replay"):
        text = re.sub(r"[\d,.]+", "#", text)
        text = re.sub(r"[ ─]+", " ", text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


class Shell:
    """One shell, in a folder of its own, beside a server with the demonstration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        here = folder / "bin"
        here.mkdir()
        (here / "offerd").write_text(
            f'#!/bin/sh\nexec {sys.executable} -c "from offerd.cli import main; main()" "$@"\n'
        )
        (here / "offerd").chmod(0o755)
        (here / "python3").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        (here / "python3").chmod(0o755)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("OFFERD_")}
        self.environment |= {"PATH": f"{here}:{os.environ['PATH']}"}
        self.environment.pop("COLUMNS", None)
        self.server = subprocess.Popen(
            [*OFFERD, "serve", "--demo", "--data", "data/demo", "--port", "0"],
            cwd=folder, env=self.environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.printed = self._greeting()
        self.url = self.printed.split("offerd is ready: ")[1].split()[0]
        self.token = self.printed.split("Token: ")[1].split()[0]
        self.exports = ""

    def _greeting(self) -> str:
        assert self.server.stdout is not None
        lines = []
        for line in self.server.stdout:
            lines.append(line)
            if line.startswith("Stop with"):
                break
        return "".join(lines)

    def run(self, command: str) -> str:
        """What the commands print; what they export stays for those after them."""
        ours = command.replace("http://127.0.0.1:8080", self.url)
        ours = re.sub(r"ofd_\.\.\..*", self.token, ours)
        done = subprocess.run(
            ["sh", "-ec", self.exports + ours], cwd=self.folder, env=self.environment, text=True, timeout=120,
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        self.exports += "".join(line + "\n" for line in ours.splitlines() if re.match("(export|unset) ", line))
        return done.stdout.replace(self.url, "http://127.0.0.1:8080")

    def close(self) -> None:
        self.server.terminate()
        self.server.communicate(timeout=30)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    made = Shell(tmp_path)
    yield made
    made.close()


def test_every_command_does_what_the_readme_says(shell: Shell) -> None:
    text = (ROOT / "README.md").read_text()
    for name, content in files(text).items():
        (shell.folder / name).write_text(content)
    found = steps(text)
    assert len([step for step in found if step.answer]) >= 5
    for step in found:
        answer = shell.run(step.command)
        if step.answer is not None:
            assert masked(answer) == masked(step.answer), step.command


def test_the_makefile_starts_the_server_as_this_test_does() -> None:
    assert "$(BIN)/offerd serve --demo --data" in (ROOT / "Makefile").read_text()
