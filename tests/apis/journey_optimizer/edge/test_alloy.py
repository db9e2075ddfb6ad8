"""The Web SDK, from its own published package, against a running server."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
HOME = ROOT / ".node-clients"
SURFACE = "web://shop.example/#hero"

CATALOGUE = {
    "placements": {"hero": {"content": ["json"]}, SURFACE: {}},
    "offers": {
        "mug": {
            "name": "Mug", "status": "approved", "priority": 3, "content": {"hero": {"json": {"mug": 1}}},
            "caps": [{"id": "seen", "limit": 1, "per": "profile", "counts": "display"}],
        },
        "bag": {"name": "Bag", "status": "approved", "priority": 2, "content": {"hero": {"json": {"bag": 1}}}},
        "item": {"name": "Item", "status": "approved", "attributes": {"_acme": {"zip": "94105"}}},
    },
    "activities": {
        "home": {"status": "live", "placements": ["hero"], "selections": [{"offers": ["mug", "bag"]}]},
        "policy": {"status": "live", "placements": [SURFACE], "selections": [{"offers": ["item"]}]},
    },
}  # fmt: skip


@pytest.fixture
def node():
    found = shutil.which("node")
    if found is None or not (HOME / "node_modules" / "@adobe" / "alloy").exists():
        pytest.skip("there is no node, or no .node-clients; make test makes it where there is npm")
    return found


def test_it_configures_asks_remembers_and_tells_what_was_shown(start_server, node):
    server = start_server(workspace_keys={"ACME@AdobeOrg": "default", "stream-1": "default"})
    with server.client() as client:
        client.post("/offerd/v1/catalogue/apply", json=CATALOGUE).raise_for_status()
        activity = client.get("/offerd/v1/activities/home").json()["ids"]["time"]
        placement = client.get("/offerd/v1/placements/hero").json()["ids"]["time"]
    named = {
        "xdm:activityId": f"xcore:offer-activity:{activity}", "xdm:placementId": f"xcore:offer-placement:{placement}"
    }  # fmt: skip
    scope = base64.b64encode(json.dumps(named, separators=(",", ":")).encode()).decode()
    script = ROOT / "tests" / "clients" / "alloy_drive.mjs"
    done = subprocess.run(
        [node, script, HOME, server.url, "stream-1", "ACME@AdobeOrg", scope, SURFACE],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "ecid": 38,
        "cookies": ["kndctr_ACME_AdobeOrg_cluster", "kndctr_ACME_AdobeOrg_identity"],
        "first": [{"scope": scope, "names": ["Mug"]}, {"scope": SURFACE, "names": ["Item"]}],
        "second": [{"scope": scope, "names": ["Bag"]}],
        "asked": ["/ee/v1/interact", "/ee/or2/v1/interact", "/ee/or2/v1/interact"],
    }
