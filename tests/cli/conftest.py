"""The `offerd` command as tests run it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from offerd.cli.app import app

SHOP = """\
placements:
  banner: {channel: web, content: [html]}
offers:
  shipping:
    status: approved
    priority: 50
    eligible: context.cart.total > 40
    content:
      banner: {html: Free shipping}
  gift:
    status: approved
    priority: 10
    content:
      banner: {html: A gift}
fallbacks:
  thanks: {content: {banner: {html: Thank you}}}
activities:
  checkout:
    status: live
    placements: [banner]
    selections:
      - {offers: [shipping, gift], rank: priority}
    fallback: thanks
"""


class Ended:
    """How a command ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """What people read, without the layout of tables."""
        return "\n".join(" ".join(line.split()) for line in self.out.splitlines())


Offerd = Callable[..., Ended]


@pytest.fixture(autouse=True)
def plain_console(monkeypatch: pytest.MonkeyPatch) -> None:
    """No terminal of whoever runs the tests says how wide tables are."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def offerd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Offerd:
    """Runs a command in an empty folder; its data folder is `data/offerd` there."""
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("OFFERD_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("COLUMNS", "160")

    def run(*words: str, given: str | None = None) -> Ended:
        result = CliRunner().invoke(app, list(words), input=given, catch_exceptions=False)
        return Ended(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def shop(offerd: Offerd, tmp_path: Path) -> Offerd:
    """The command, in a folder whose catalogue is a small shop's."""
    (tmp_path / "shop.yaml").write_text(SHOP)
    assert offerd("apply", "shop.yaml").code == 0
    return offerd
