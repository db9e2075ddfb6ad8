"""Target's own SDK for servers, from its published package, against a running server."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-clients" / "bin" / "python"


@pytest.fixture
def clients():
    """The interpreter of the environment that has it; `make test` makes it."""
    if not PYTHON.exists():
        pytest.skip("there is no .venv-clients; make test makes it")
    return PYTHON


@pytest.mark.usefixtures("site")
def test_the_python_sdk_is_answered_in_server_side_mode(server, workspace, events, clients, tmp_path):
    script = ROOT / "tests" / "clients" / "target_drive.py"
    host = "{}:{}".format(*server.address())
    done = subprocess.run(
        [clients, script, host, workspace], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "status": 200,
        "client": workspace,
        "names": [[0, "hero"], [1, "nowhere"], [2, "deal"]],
        "hero": "<b>Gold gold</b>",
        "deal": {"discount": 20},
        "new visitor": True,
        "cookie": "mbox",
        "located": False,
        "sticky": True,
        "deal later": {"discount": 20},
        "told": ["n-1"],
        "attribute": 20,
    }
    assert len(events("click")) == 1
