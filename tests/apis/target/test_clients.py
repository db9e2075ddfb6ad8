"""Target's own SDKs for servers, from their published packages, against a running server."""

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


@pytest.fixture
def node(target_node, server, workspace):
    """Calls the Node SDK as a client of the workspace."""

    def call(**line):
        answer = target_node.ask(line)
        assert "raised" not in answer, answer
        return answer

    host = "{}:{}".format(*server.address())
    options = {"client": workspace, "organizationId": workspace, "serverDomain": host, "secure": False}
    call(create=options, now=server.clock.now())
    return call


@pytest.mark.usefixtures("site")
def test_the_node_sdk_is_answered_in_server_side_mode(workspace, events, node):
    context = {"channel": "web", "address": {"url": "http://www.shop.example.co.uk/a?b=1#c"}}
    session = "0123456789abcdef0123456789abcdef"
    wanted = [
        {"index": 0, "name": "hero", "parameters": {"tier": "gold"}},
        {"index": 1, "name": "nowhere"},
        {"index": 2, "name": "deal", "profileParameters": {"tier": "gold"}},
    ]
    request = {"context": context, "execute": {"pageLoad": {}, "mboxes": wanted}}
    first = node(offers={"request": request, "sessionId": session})
    response = first["response"]
    assert (response["status"], response["client"]) == (200, workspace)
    hero, nowhere, deal = response["execute"]["mboxes"]
    names = [(each["index"], each["name"]) for each in (hero, nowhere, deal)]
    assert names == [(0, "hero"), (1, "nowhere"), (2, "deal")]
    assert hero["options"][0]["content"] == "<b>Gold gold</b>"
    assert not nowhere.get("options")
    assert deal["options"][0]["content"] == {"discount": 20}
    assert response["id"]["tntId"] == session
    assert first["targetCookie"]["name"] == "mbox"
    assert "targetLocationHintCookie" not in first

    # From here on the cookie alone says who asks.
    cookie = first["targetCookie"]["value"]

    def later(**more):
        return {"request": {"context": context, **more}, "targetCookie": cookie}

    fetched = [node(offers=later(prefetch={"mboxes": [{"index": 0, "name": "hero"}]})) for _ in range(2)]
    assert [each["response"]["id"]["tntId"] for each in fetched] == [session] * 2
    assert fetched[0]["targetCookie"]["value"] == cookie
    (mbox,), (again,) = (each["response"]["prefetch"]["mboxes"] for each in fetched)
    assert mbox["options"] == again["options"]
    assert node(attributes=["deal"], **{"with": later()})["attributes"] == {"deal": {"discount": 20}}

    shown = len(events("display"))
    (click,) = mbox["metrics"]
    for type_, token in (("display", mbox["options"][0]["eventToken"]), ("click", click["eventToken"])):
        notification = {"id": f"n-{type_}", "type": type_, "timestamp": 1, "tokens": [token], "mbox": {"name": "hero"}}
        told = node(notify=later(notifications=[notification]))
        assert told["response"]["notifications"] == [{"id": f"n-{type_}"}]
        assert told["sent"] == [["POST", "/rest/v1/delivery", 200]]
    assert len(events("display")) == shown + 1
    (clicked,) = events("click")
    assert (clicked["activity"], clicked["placement"]) == ("ab", "hero")
