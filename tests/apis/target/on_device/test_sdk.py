"""Target's SDKs, from their published packages, deciding on the device with a running server's artifact."""

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
#: Another banner.
CHANGED = {"activities": {"near": {**SITE["activities"]["near"], "selections": [
    {"rank": {"traffic": {"a": 100}}, "inline": {
        "a": {"status": "approved", "content": {"banner": {"html": "<b>new</b>"}}},
    }},
]}}}  # fmt: skip
#: A page that is the server's.
PAGE = {
    "placements": {"target-global-mbox": {"kind": "page", "activities": "all", "count": "all"}},
    "activities": {"page": {
        "status": "live", "audience": "profile.tier.isNull()", "placements": ["target-global-mbox"],
        "selections": [{"inline": {
            "p": {"status": "approved", "content": {"target-global-mbox": {"html": "<i>page</i>"}}},
        }}],
    }},
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


@pytest.fixture
def node(server, workspace, target_node):
    """Makes clients of the workspace with the Node SDK: what asks one for mboxes or the page, its polls, and what was
    sent to make it."""

    def call(**line):
        answer = target_node.ask(line)
        assert "raised" not in answer, answer
        return answer

    def ask(names, tnt, how="execute"):
        places = {"mboxes": [{"index": index, "name": name} for index, name in enumerate(names)]}
        request = {"id": {"tntId": tnt}, "context": {"channel": "web"}, how: places if names else {"pageLoad": {}}}
        answer = call(offers={"request": request})
        found = answer["response"][how]
        found = {each["name"]: each for each in found["mboxes"]} if names else {"page": found["pageLoad"]}
        return {
            "status": answer["response"]["status"],
            "contents": {
                name: [option["content"] for option in each.get("options", []) if "type" in option]
                for name, each in found.items()
            },
            "remote": sorted(answer["meta"]["remoteMboxes"]),
            "method": answer["meta"]["decisioningMethod"],
            "sent": answer["sent"],
        }

    def made(method):
        options = {
            "client": workspace, "organizationId": workspace, "serverDomain": "{}:{}".format(*server.address()),
            "secure": False, "decisioningMethod": method, "telemetryEnabled": False,
            "artifactLocation": f"{server.url}/{workspace}/production/v1/rules.json",
        }  # fmt: skip
        sent = call(create=options, now=server.clock.now())["sent"]
        return ask, lambda: call(poll=True)["sent"], sent

    return made


def test_the_node_sdk_decides_on_the_device_polls_and_tells_the_server(workspace, api, events_of, node):
    assert api.post("/catalogue/apply", json=SITE).status_code == 200
    told, path = ["POST", "/rest/v1/delivery", 200], f"/{workspace}/production/v1/rules.json"
    banner = {"banner": ["<b>near</b>"]}
    ask, _, sent = node("server-side")
    there = {"status": 200, "contents": banner, "remote": [], "method": "server-side", "sent": [told]}
    assert (sent, ask(["banner"], "visitor-0")) == ([], there)

    ask, poll, sent = node("on-device")
    assert sorted(sent) == [["GET", path, 200], told]  # it pings the server for where that is
    here = {**there, "method": "on-device"}
    assert ask(["banner", "far", "unheard"], "visitor-1") == {
        **here, "status": 206, "contents": {**banner, "far": [], "unheard": []}, "remote": ["far", "unheard"],
    }  # fmt: skip
    assert ask(["banner"], "visitor-2", "prefetch") == {**here, "sent": []}
    assert ask(["control"], "visitor-3") == {**here, "contents": {"control": []}}

    # The artifact is asked for again, and taken when it is another one.
    assert poll() == [["GET", path, 304]]
    assert ask(["banner"], "visitor-4", "prefetch")["contents"] == banner
    assert api.post("/catalogue/apply", json=CHANGED).status_code == 200
    assert poll() == [["GET", path, 200]]
    assert ask(["banner"], "visitor-4", "prefetch")["contents"] == {"banner": ["<b>new</b>"]}
    assert poll() == [["GET", path, 304]]
    shown = sorted((each["activity"], each["offer"], each["placement"]) for each in events_of("display"))
    # One banner by the server, and one on the device; nobody showed what was prefetched.
    assert shown == [*[("near", "a", "banner")] * 2, ("split", "control", "control")]


def test_the_node_sdk_asks_the_server_for_what_is_remote_in_hybrid_mode(api, events_of, node):
    assert api.post("/catalogue/apply", json=SITE).status_code == 200
    told, banner = ["POST", "/rest/v1/delivery", 200], {"banner": ["<b>near</b>"]}
    there = {"status": 200, "contents": banner, "remote": [], "method": "server-side", "sent": [told]}
    far = {**there, "contents": {**banner, "far": [{"far": True}]}}
    ask, _, _ = node("server-side")
    assert ask(["banner", "far"], "visitor-0") == far

    ask, _, _ = node("hybrid")
    here = {**there, "method": "on-device"}
    assert ask(["banner"], "visitor-1") == here
    assert ask(["banner", "far"], "visitor-2") == {**far, "remote": ["far"]}
    shown = sorted((each["activity"], each["offer"], each["placement"]) for each in events_of("display"))
    assert shown == [*[("far", "f", "far")] * 2, *[("near", "a", "banner")] * 3]

    assert api.post("/catalogue/apply", json=PAGE).status_code == 200
    ask, _, _ = node("hybrid")
    page = {"contents": {"page": ["<i>page</i>"]}, "remote": ["target-global-mbox"]}
    assert ask([], "visitor-3") == {**there, **page}
