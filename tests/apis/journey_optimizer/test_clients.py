"""Clients that people use, from their own published packages, against a running server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-clients" / "bin" / "python"


@pytest.fixture
def clients() -> Path:
    """The interpreter of the environment that has them; `make test` makes it."""
    if not PYTHON.exists():
        pytest.skip("there is no .venv-clients; make test makes it")
    return PYTHON


def test_aepp_creates_searches_pages_patches_and_deletes(start_server: Any, clients: Path, tmp_path: Path) -> None:
    server = start_server()
    script = ROOT / "tests" / "clients" / "aepp_drive.py"
    done = subprocess.run(
        [clients, script, server.url, server.admin],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert sorted(seen.pop("walked")) == sorted(seen.pop("created"))
    assert seen == {
        "containers": 1,
        "client": "aepp-client",
        "found": ["Offer 3"],
        "patched": [2, "Patched", 3],
        "plain": ["Patched"],
        "deleted": ["202"] * 5,
        "left": 0,
    }
