"""A site with two plays, its clients as the published ones speak, and customers."""

import contextlib
import http.server
import json
import threading
from pathlib import Path

import httpx
import pytest

from offerd.services.document import read_yaml

CATALOGUE = (Path(__file__).parent / "catalogue.yaml").read_text()

PYTHON = "Chargebee-Python-Client v3.29.0"
NODE = "Chargebee-NodeJs-Client v3.33.0"

NOON = 1_767_268_800  # what test servers take for now, in seconds


class Site:
    """A workspace with the catalogue, and a client of it.

    Attributes:
        server: what serves it.
        native: a client of the native API.
        key: the API key: a token with the scopes `decide` and `interact`.
        http: a client with the key, as the published client for Node speaks.
        decision: the id of the decision that listed an offer last.
    """

    decision = None

    def __init__(self, server, workspace, stack):
        self.server = server
        self.workspace = workspace
        self.native = stack.enter_context(server.client(workspace=workspace))
        self.native.base_url = f"{server.url}/offerd/v1"
        self.key = server.token("decide", "interact", workspace=workspace)
        self.http = self.client(stack)
        self.apply(read_yaml(CATALOGUE))

    def client(self, stack, key=None, agent=NODE):
        headers = {"user-agent": agent, "accept": "application/json"}
        auth = (self.key if key is None else key, "")
        return stack.enter_context(httpx.Client(base_url=self.server.url, auth=auth, headers=headers, timeout=60))

    def apply(self, document):
        answer = self.native.post("/catalogue/apply", json=document)
        assert answer.status_code == 200, answer.text

    def customer(self, id_, **attributes):
        """Makes what is known of a customer."""
        answer = self.native.put(f"/profiles/chargebee_customer:{id_}", json={"attributes": attributes})
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()["id"]

    def post(self, path, body, status=None, **more):
        answer = self.http.post(f"/api/v2{path}", json=body, **more)
        assert status is None or answer.status_code == status, answer.text
        return answer

    def get(self, path, status=200):
        answer = self.http.get(f"/api/v2{path}")
        assert answer.status_code == status, answer.text
        return answer.json()

    def list(self, customer, status=200, **more):
        """The answer to a request for a customer's offer."""
        answer = self.post("/personalized_offers", {"customer_id": customer, **more}, status)
        self.decision = answer.headers.get("offerd-decision")
        return answer.json()

    def offer(self, customer, **more):
        """The one offer that a customer is given; None without one."""
        offers = self.list(customer, **more)["personalized_offers"]
        assert len(offers) <= 1
        return offers[0] if offers else None

    def tell(self, offer, type_, status=204, **more):
        return self.post("/offer_events", {"personalized_offer_id": offer["id"], "type": type_}, status, **more)

    def accept(self, offer, option, status=202, **more):
        body = {"personalized_offer_id": offer["id"], "option_id": option}
        return self.post("/offer_fulfillments", body, status, **more).json()

    def update(self, fulfillment, expected=200, **body):
        own = {"id": fulfillment["id"], **body}
        return self.post(f"/offer_fulfillments/{fulfillment['id']}", own, expected).json()

    def read(self, fulfillment):
        return self.get(f"/offer_fulfillments/{fulfillment['id']}")["offer_fulfillment"]

    def events(self, type_=None):
        """What was recorded, the oldest first."""
        params = {"limit": 100} | ({"type": type_} if type_ else {})
        return self.native.get("/interactions", params=params).json()["items"][::-1]

    def decisions(self):
        """What was decided."""
        return self.native.get("/decisions", params={"limit": 100}).json()["items"]

    def explained(self):
        """Why the last offer was listed, or none."""
        return self.native.get(f"/decisions/{self.decision}/explanation").json()

    def warnings(self):
        """What the last listing was warned of."""
        return self.explained().get("warnings", [])

    def advance(self, days):
        """Lets time pass."""
        self.server.clock.advance(days=days)


@pytest.fixture
def stack():
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def site(server, workspace, stack):
    """A site of its own on the shared server, at risk of nobody."""
    return Site(server, workspace, stack)


@pytest.fixture
def alone(start_server, stack):
    """Makes a site on a server of its own, whose time the test may let pass."""

    def make(**settings):
        return Site(start_server(**settings), "default", stack)

    return make


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes what is sent, and answers all of it alike."""

    def do_POST(self):
        self.server.received.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.server.headers.append(self.headers)
        answer = b"" if self.server.answer is None else json.dumps(self.server.answer).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture
def receive(stack):
    """Starts a server that takes what is sent."""

    def start(answer):
        server = stack.enter_context(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver))
        server.answer, server.received, server.headers = answer, [], []
        server.url = f"http://127.0.0.1:{server.server_address[1]}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.shutdown)
        return server

    return start


def check(answer, status, code, param=None):
    """An error in this format's shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    told = answer.json()
    assert told["message"]
    assert told["type"] in {"invalid_request", "untyped", "operation_failed"}
    assert told["api_error_code"] == code
    assert told.get("param") == param
    return told


@pytest.fixture
def refused():
    return check
