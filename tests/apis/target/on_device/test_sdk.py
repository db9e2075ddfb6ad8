"""Target's Python SDK, from its published package, deciding on the device with a running server's artifact."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
PYTHON = ROOT / ".venv-clients" / "bin" / "python"

SITE = {
    "placements": {"banner": {}, "control": {}, "far": {}},
    "activities": {
        "near": {
            "status": "live",
            "keep": "profile",
            "placements": ["banner"],
            "selections": [
                {"rank": {"traffic": {"a": 100}}, "inline": {
                    "a": {"status": "approved", "content": {"banner": {"html": "<b>near</b>"}}},
                }},
            ],
        },
        "split": {
            "status": "live",
            "keep": "profile",
            "placements": ["control"],
            "selections": [
                {"rank": {"traffic": {"control": 100}}, "inline": {
                    "control": {"status": "approved", "content": {"control": {"type": "default"}}},
                }},
            ],
        },
        "far": {
            "status": "live",
            "audience": "profile.tier.isNull()",
            "placements": ["far"],
            "selections": [{"inline": {"f": {"status": "approved", "content": {"far": {"json": {"far": True}}}}}}],
        },
    },
}  # fmt: skip


@pytest.fixture
def driven(server, workspace, tmp_path):
    """What a user of the SDK saw; `make test` makes the environment that has it."""
    if not PYTHON.exists():
        pytest.skip("there is no .venv-clients; make test makes it")

    def drive():
        script = ROOT / "tests" / "clients" / "on_device_drive.py"
        command = [PYTHON, script, server.url, workspace]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return drive


def test_the_python_sdk_decides_on_the_device_and_tells_the_server(api, events_of, driven):
    assert api.post("/catalogue/apply", json=SITE).status_code == 200
    banner = {"banner": ["<b>near</b>"]}
    assert driven() == {
        "device": {
            "status": 206,
            "contents": {**banner, "far": [], "unheard": []},
            "remote": ["far", "unheard"],
            "method": "on-device",
        },
        "prefetch": {"status": 200, "contents": banner, "remote": [], "method": "on-device"},
        "control": {"status": 200, "contents": {"control": []}, "remote": [], "method": "on-device"},
        "hybrid here": {"status": 200, "contents": banner, "remote": [], "method": "hybrid"},
        "hybrid there": {
            "status": 200,
            "contents": {**banner, "far": [{"far": True}]},
            "remote": ["far"],
            "method": "hybrid",
        },
        "not modified": True,
        "failed": [],
    }
    told = sorted((each["activity"], each["offer"], each["placement"]) for each in events_of("display"))
    # Two banners on the device, and one by the server; nobody showed what was prefetched.
    assert told == [("far", "f", "far"), *[("near", "a", "banner")] * 3, ("split", "control", "control")]
