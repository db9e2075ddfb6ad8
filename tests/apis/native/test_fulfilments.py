"""Fulfilments, what they send, and the events of both, over HTTP."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@contextmanager
def receiver(status):
    """An address that answers every call with a status."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def gone():
    with receiver(410) as url:
        yield url


def offers(url):
    def choice(name, **fulfil):
        return {"id": name, "fulfil": {"kind": name, **fulfil}}

    redirect = choice("redirect", url=f"{url}?f={{{{ fulfilment.id }}}}")
    choices = [redirect, choice("webhook", url=url), choice("by-hand")]
    return {"offers": {"gift": {"status": "approved", "choices": choices}}}


@pytest.fixture
def shop(api, gone):
    assert api.post("/catalogue/apply", json=offers(gone)).status_code == 200
    return api


def accepted(shop, choice, who="jo", key="1"):
    body = {"type": "accept", "offer": "gift", "choice": choice, "identities": {"crm": who}, "key": f"{who}-{key}"}
    answer = shop.post("/interactions", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["fulfilment"]


def listed(shop, path="/fulfilments", **query):
    answer = shop.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


def test_fulfilments_are_listed_and_filtered(shop, gone):
    first, second = accepted(shop, "redirect"), accepted(shop, "by-hand", "bo")
    assert first["url"] == f"{gone}?f={first['id']}"
    assert set(listed(shop)) == {first["id"], second["id"]}
    assert listed(shop, kind="redirect") == listed(shop, profile="crm:jo") == [first["id"]]
    assert listed(shop, profile=second["profile"], offer="gift", state="in_progress") == [second["id"]]
    assert listed(shop, since="2100-01-01") == listed(shop, state="failed") == listed(shop, proposition="none") == []
    page = shop.get("/fulfilments", params={"limit": 1}).json()
    rest = shop.get("/fulfilments", params={"limit": 1, "cursor": page["cursor"]}).json()
    assert {page["items"][0]["id"], rest["items"][0]["id"]} == {first["id"], second["id"]}
    assert "cursor" not in rest


def test_an_end_is_said_once_and_the_other_end_is_refused(shop):
    name = accepted(shop, "by-hand")["id"]
    path = f"/fulfilments/{name}/finish"
    done = shop.post(path, json={})
    assert (done.status_code, done.json()["state"]) == (200, "completed")
    assert shop.post(path, json={}).json() == done.json() == shop.get(f"/fulfilments/{name}").json()
    refused = shop.post(path, json={"error": {"code": "late"}})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:offerd:problem:unprocessable")
    assert refused.json()["errors"] == [{"pointer": "/state", "message": "The fulfilment is completed already"}]
    events = shop.get("/interactions", params={"type": "fulfilled"}).json()["items"]
    assert [(each["offer"], each["data"]["fulfilment"]) for each in events] == [("gift", name)]


def test_an_end_under_an_idempotency_key_is_answered_the_same(shop):
    name = accepted(shop, "by-hand")["id"]
    path, headers = f"/fulfilments/{name}/finish", {"idempotency-key": f"end-{name}"}
    body = {"error": {"code": "no-stock", "message": "None is left"}}
    failed = shop.post(path, json=body, headers=headers)
    assert (failed.json()["state"], failed.json()["error"]) == ("failed", body["error"])
    assert shop.post(path, json=body, headers=headers).json() == failed.json()
    assert shop.post(path, json={}, headers={"idempotency-key": "other"}).status_code == 422


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"error": {}}', b'{"error": "x"}', b'{"error": {"code": 1}}', b'{"state": "completed"}'],
)
def test_an_end_that_cannot_be_read_ends_nothing(shop, body):
    name = accepted(shop, "by-hand")["id"]
    answer = shop.post(f"/fulfilments/{name}/finish", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert listed(shop, state="in_progress") == [name]
    assert listed(shop, "/interactions", type="fulfilled") == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/fulfilments?state=done", 400),
        ("/fulfilments?since=soon", 400),
        ("/fulfilments?profile=crm:nobody", 404),
        ("/fulfilments?cursor=%21", 422),
        ("/fulfilments?colour=red", 400),
        ("/fulfilments/none", 404),
        ("/deliveries?state=failed", 400),
        ("/deliveries?cursor=%21", 422),
        ("/deliveries/none", 404),
        ("/interactions?since=soon", 400),
        ("/interactions?until=13", 400),
    ],
)
def test_what_is_asked_wrongly_is_a_problem(shop, path, status):
    answer = shop.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_dead_deliveries_are_listed_and_sent_again(shop, server, gone):
    name = accepted(shop, "webhook")["id"]
    server.run(server.house.jobs.drain())
    (dead,) = shop.get("/deliveries", params={"state": "dead"}).json()["items"]
    assert (dead["id"], dead["kind"], dead["fulfiller"], dead["url"]) == (name, "webhook", "webhook", gone)
    assert (dead["attempts"], dead["error"]) == (1, "The answer was 410")
    assert listed(shop, "/deliveries", profile="crm:jo") == [name]
    assert shop.get("/jobs").json()["items"] == []
    again = shop.post(f"/deliveries/{name}/resend")
    assert (again.status_code, again.json()["state"]) == (200, "waiting")
    server.run(server.house.jobs.drain())
    assert shop.get(f"/deliveries/{name}").json()["attempts"] == 2
    shop.post(f"/fulfilments/{name}/finish", json={})
    refused = shop.post(f"/deliveries/{name}/resend")
    assert (refused.status_code, refused.json()["errors"][0]["message"]) == (422, "The fulfilment is completed already")
    assert shop.post("/deliveries/none/resend").status_code == 404


def test_a_workspace_sees_its_own_alone(shop, server):
    name = accepted(shop, "by-hand")["id"]
    with server.client() as other:
        other.base_url = f"{server.url}/offerd/v1"
        assert other.get(f"/fulfilments/{name}").status_code == 404
        assert other.post(f"/fulfilments/{name}/finish", json={}).status_code == 404
        assert name not in listed(other)


def test_lists_want_a_token_that_may_see_people(shop, server, workspace):
    name = accepted(shop, "by-hand")["id"]
    with server.client(server.token("interact", workspace=workspace)) as client:
        client.base_url = f"{server.url}/offerd/v1"
        assert client.get(f"/fulfilments/{name}").status_code == 200
        for path in ("/fulfilments", "/deliveries", f"/deliveries/{name}"):
            assert client.get(path).status_code == 403
        assert client.post(f"/deliveries/{name}/resend").status_code == 403


def test_interactions_are_found_by_what_they_are_about(shop):
    shop.post("/catalogue/apply", json={"offers": {"mug": {"status": "approved"}}}).raise_for_status()
    for number, (kind, offer) in enumerate([("conversion", "mug"), ("purchase", "gift"), ("click", "mug")]):
        body = {"type": kind, "offer": offer, "identities": {"crm": "jo"}, "key": str(number)}
        shop.post("/interactions", json=body).raise_for_status()

    def kinds(*pairs):
        return [each["type"] for each in shop.get("/interactions", params=pairs).json()["items"]]

    assert sorted(kinds(("offer", "mug"))) == ["click", "conversion"]
    assert sorted(kinds(("type", "conversion"), ("type", "purchase"))) == ["conversion", "purchase"]
    assert kinds(("type", "conversion"), ("offer", "gift")) == kinds(("activity", "none")) == []
    assert kinds(("proposition", "none")) == kinds(("since", "2100-01-01")) == kinds(("until", "2000-01-01")) == []
    assert len(kinds(("since", "2000-01-01"), ("until", "2100-01-01"))) == 3
