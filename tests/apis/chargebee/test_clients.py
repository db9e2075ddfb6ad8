"""Chargebee's own clients for Python and Node, from their published packages, against a running server."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-clients" / "bin" / "python"
NODE_HOME = ROOT / ".node-clients"
DRIVERS = ROOT / "tests" / "clients"
NOON = 1_767_268_800


class Client:
    """A client in a process of its own, for one site.

    Args:
        site: the site.
        stack: what ends the process.
        driver: the command that drives the client.
        key: the API key, where not the site's own.
        retries: how often the client tries a call again.
        domain: below which the site is asked for, with the server as a proxy.
    """

    def __init__(self, site, stack, driver, *, key=None, retries=0, domain=None):
        host = "{}:{}/acme".format(*site.server.address())
        arguments = [host, key or site.key, str(retries)] if domain is None else ["acme", site.key, "0", domain]
        plain = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        proxy = {} if domain is None else {"HTTP_PROXY": site.server.url}
        self._process = stack.enter_context(
            subprocess.Popen(
                [*driver, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=plain | proxy
            )
        )
        stack.callback(self._process.stdin.close)

    def send(self, name, params=None, id_=None, **headers):
        line = {"call": name, "params": params, "id": id_, "headers": headers}
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()

    def receive(self):
        return json.loads(self._process.stdout.readline())

    def call(self, *args, **more):
        self.send(*args, **more)
        told = self.receive()
        assert "answer" in told, told
        return told["answer"]

    def error(self, *args, **more):
        self.send(*args, **more)
        told = self.receive()
        assert "error" in told, told
        return told

    def offer(self, customer, **more):
        offers = self.call("list", {"customer_id": customer, **more})["personalized_offers"]
        return offers[0] if offers else None


@pytest.fixture
def python(stack):
    """Starts Python clients of a site; `make test` makes the environment that has them."""
    if not PYTHON.exists():
        pytest.skip("there is no .venv-clients; make test makes it")
    driver = [PYTHON, "-W", "ignore", DRIVERS / "chargebee_drive.py"]
    return lambda site, **more: Client(site, stack, driver, **more)


@pytest.fixture
def node(stack):
    """Starts Node clients of a site; `make test` makes the folder that has them, where there is npm."""
    found = shutil.which("node")
    if found is None or not (NODE_HOME / "node_modules" / "chargebee").exists():
        pytest.skip("there is no node, or no .node-clients; make test makes it where there is npm")
    driver = [found, DRIVERS / "chargebee_drive.mjs", NODE_HOME]
    return lambda site, **more: Client(site, stack, driver, **more)


@pytest.fixture(params=["python", "node"])
def connect(request):
    """Starts clients of a site, of each kind in turn."""
    return request.getfixturevalue(request.param)


def test_the_whole_life_of_an_offer(alone, connect):
    site = alone()
    site.customer("c1", plan="small", atRisk=True)
    client = connect(site)

    listed = client.call("list", {"customer_id": "c1", "first_name": "Ada", "custom": {"viewCount": 6}})
    (offer,) = listed["personalized_offers"]
    assert listed["expires_at"] == NOON + 86_400
    assert listed.get("brand") is None
    assert offer["content"]["title"] == '<div class="slate-p">Stay, Ada</div>'
    assert [each["processing_type"] for each in offer["options"]] == ["url_redirect"] * 2
    assert client.offer("c1", first_name="Ada")["id"] == offer["id"]

    # Viewed, however often it is told.
    for _ in range(4):
        client.call("event", {"personalized_offer_id": offer["id"], "type": "viewed"})
    assert len(site.events("display")) == 1

    # Taken, polled, completed; then redeemed out, so that another comes.
    taken = client.call("accept", {"personalized_offer_id": offer["id"], "option_id": "apply"})
    own = taken["offer_fulfillment"]
    assert taken.get("hosted_page") is None
    assert (own["status"], own["redirect_url"]) == ("in_progress", "https://shop.example/apply?c=c1")
    assert client.call("read", id_=own["id"])["offer_fulfillment"] == own
    site.server.clock.advance(hours=1)
    done = client.call("update", {"id": own["id"], "status": "completed"}, own["id"])["offer_fulfillment"]
    assert (done["status"], done["completed_at"]) == ("completed", NOON + 3_600)
    after = client.offer("c1")
    assert after["offer_id"] == "pause"

    # Carried out by the server, polled until it is done.
    own = client.call("accept", {"personalized_offer_id": after["id"], "option_id": "pause"})["offer_fulfillment"]
    assert client.call("read", id_=own["id"])["offer_fulfillment"]["status"] == "in_progress"
    site.native.post(f"/fulfilments/{own['id']}/finish", json={}).raise_for_status()
    assert client.call("read", id_=own["id"])["offer_fulfillment"]["status"] == "completed"


def test_a_fulfillment_fails_and_another_is_late(alone, connect):
    site = alone()
    client = connect(site)
    for customer in ("c1", "c2"):
        site.customer(customer, plan="small")
    first, second = (
        client.call("accept", {"personalized_offer_id": client.offer(customer)["id"], "option_id": option})
        for customer, option in (("c1", "go"), ("c2", "pay"))
    )
    own = first["offer_fulfillment"]
    told = {"id": own["id"], "status": "failed", "failure_reason": "no such plan"}
    failed = client.call("update", told, own["id"])["offer_fulfillment"]
    assert failed["error"] == {"code": "external_fulfillment_failed", "message": "no such plan"}
    assert failed["failed_at"] == NOON

    assert second["hosted_page"]["url"] == f"https://pay.example/{second['offer_fulfillment']['id']}"
    assert second["hosted_page"]["state"] == "created"
    site.server.clock.advance(days=7)
    late = client.call("read", id_=second["offer_fulfillment"]["id"])["offer_fulfillment"]
    assert (late["status"], late["error"]["code"]) == ("failed", "fulfillment_expired")


def test_an_offer_is_dismissed_and_cools_down(alone, connect):
    site = alone()
    site.customer("c1", atRisk=True)
    client = connect(site)
    offer = client.offer("c1")
    client.call("event", {"personalized_offer_id": offer["id"], "type": "dismissed"})
    assert client.offer("c1")["offer_id"] == "pause"
    site.server.clock.advance(days=15)
    assert client.offer("c1")["offer_id"] == "FIFTH"


def test_what_the_python_client_raises(site, python):
    client = python(site)
    assert client.error("list", {"customer_id": ""}) == {
        "error": "InvalidRequestError",
        "status": 400,
        "type": "invalid_request",
        "code": "param_wrong_value",
        "param": "customer_id",
        "message": "customer_id : cannot be blank",
    }
    missing = client.error("read", id_="a/b")
    assert (missing["error"], missing["status"], missing["code"]) == ("InvalidRequestError", 404, "resource_not_found")
    stranger = python(site, key="wrong").error("list", {"customer_id": "c1"})
    assert (stranger["error"], stranger["status"]) == ("APIError", 401)
    assert (stranger["type"], stranger["code"]) == ("untyped", "api_authentication_failed")


def test_what_the_node_client_rejects_with(site, node):
    client = node(site)
    assert client.error("list", {"customer_id": ""}) == {
        "error": "Object",
        "status": 400,
        "type": "invalid_request",
        "code": "param_wrong_value",
        "param": "customer_id",
        "message": "customer_id : cannot be blank",
    }
    missing = client.error("read", id_="of_1")
    assert (missing["status"], missing["type"], missing["code"]) == (404, "invalid_request", "resource_not_found")
    stranger = node(site, key="wrong").error("list", {"customer_id": "c1"})
    assert (stranger["status"], stranger["type"]) == (401, "untyped")
    assert stranger["code"] == "api_authentication_failed"


def test_the_keys_that_the_client_mangles_are_found(site, connect):
    """The client for Python sends every key in lower case, those within `custom` too; the one for Node as they are."""
    client = connect(site)
    assert client.offer("c1", custom={"viewCount": 6})["offer_id"] == "FIFTH"
    site.apply({"activities": {"grow": storage_play()}})
    assert client.offer("c2", custom={"Storage": {"usedPercent": 91}})["offer_id"] == "menu"
    assert client.offer("c3", custom={"Storage": {"usedPercent": 10}}) is None


def test_a_repeated_call_is_told_as_one(site, connect):
    site.customer("c1", atRisk=True)
    client = connect(site)
    params = {"personalized_offer_id": client.offer("c1")["id"], "option_id": "apply"}
    for replayed in (False, True):
        client.send("accept", params, **{"chargebee-idempotency-key": "k1"})
        assert client.receive()["replayed"] is replayed


def test_c27_the_client_may_come_by_way_of_a_proxy_that_is_the_server(site, python):
    site.customer("c1", atRisk=True)
    assert python(site, domain="selfhost.test").offer("c1")["offer_id"] == "FIFTH"


def test_retries_send_an_event_once(site, connect):
    site.customer("c1", atRisk=True)
    client = connect(site, retries=3)
    client.call("event", {"personalized_offer_id": client.offer("c1")["id"], "type": "viewed"})
    assert len(site.events("display")) == 1


def test_c24_a_client_that_sends_without_end_is_answered_as_soon_as_there_is_room(alone, python):
    site = alone(rate_limits={"chargebee": 1})
    client = python(site, retries=1)
    assert client.offer("c1") is None
    client.send("list", {"customer_id": "c1"})
    assert any(refusals(site) >= 5 for _ in range(100_000))
    site.server.clock.advance(minutes=1)
    assert client.receive()["answer"]["personalized_offers"] == []


def refusals(site):
    """How many answers told a caller to come later."""
    lines = site.http.get("/metrics").text.splitlines()
    counts = [line.rpartition(" ")[2] for line in lines if line.startswith("offerd_requests_total") and '"429"' in line]
    return sum(float(each) for each in counts)


def storage_play():
    return {
        "status": "live",
        "audience": "context.custom.Storage.usedPercent > 90",
        "keep": "proposition",
        "placements": ["in-app"],
        "selections": [{"offers": ["menu"]}],
    }
