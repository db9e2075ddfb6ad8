"""The same request with the same key: one effect, one answer."""

import threading

import pytest

ASK = {"identities": {"email": "jo@example.com"}, "asks": [{"placement": "checkout-banner"}]}


def key(name):
    return {"idempotency-key": name}


def test_a_decision_is_made_once(shop):
    first = shop.post("/decisions", json=ASK, headers=key("a"))
    again = shop.post("/decisions", json=ASK, headers=key("a"))
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert len(shop.get("/decisions").json()["items"]) == 1


def test_the_status_and_the_headers_are_given_again(api):
    first = api.post("/offers", json={"id": "mug"}, headers=key("a"))
    again = api.post("/offers", json={"id": "mug"}, headers=key("a"))
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["etag"] == '"1"'


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/decisions", {**ASK, "dryRun": True}),
        ("/checks", {"asks": [{"offers": ["mug"]}]}),
        ("/catalogue/diff", {"tags": {"new": {}}}),
        ("/catalogue/lint", {"tags": {"new": {}}}),
        ("/catalogue/apply", {"tags": {"new": {}}}),
        ("/profiles", {"identities": {"crm": "x"}}),
        ("/interactions", {"type": "click", "offer": "mug"}),
        ("/audiences/newsletter/members", {"join": [{"namespace": "crm", "id": "x"}]}),
        ("/revisions/1/rollback", None),
    ],
)
def test_every_post_takes_a_key(shop, path, body):
    first = shop.post(path, json=body, headers=key("a"))
    again = shop.post(path, json=body, headers=key("a"))
    assert first.status_code < 300, first.text
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("change", ["body", "path", "query", "type"])
def test_another_request_with_the_key_is_refused(shop, change):
    shop.post("/catalogue/diff", json={}, headers=key("a")).raise_for_status()
    path = "/catalogue/lint" if change == "path" else "/catalogue/diff"
    headers = {**key("a"), "content-type": "application/yaml" if change == "type" else "application/json"}
    answer = shop.post(
        path,
        content=b"{} " if change == "body" else b"{}",
        params={"prune": "true"} if change == "query" else {},
        headers=headers,
    )
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:offerd:problem:key-reused"


def test_keys_of_different_tokens_do_not_meet(shop, server, workspace):
    shop.post("/decisions", json=ASK, headers=key("a")).raise_for_status()
    with server.client(server.token("decide", workspace=workspace)) as other:
        answer = other.post("/offerd/v1/decisions", json={**ASK, "explain": True}, headers=key("a"))
    assert answer.status_code == 200


def test_a_refused_request_is_not_remembered(api):
    assert api.post("/offers", json={"id": "mug", "eligible": "(("}, headers=key("a")).status_code == 422
    assert api.post("/offers", json={"id": "mug"}, headers=key("a")).status_code == 201


def test_a_key_is_forgotten_after_its_time(start_server):
    server = start_server(idempotency_hours=1)
    with server.client() as client:
        body = {"id": "berlin"}
        assert client.post("/offerd/v1/workspaces", json=body, headers=key("a")).status_code == 201
        server.clock.advance(hours=2)
        assert client.post("/offerd/v1/workspaces", json=body, headers=key("a")).status_code == 409


def test_eight_senders_of_one_request_get_one_answer(shop, server, workspace):
    answers, start = [], threading.Barrier(8)

    def send():
        with server.client(workspace=workspace) as client:
            start.wait()
            answers.append(client.post("/offerd/v1/decisions", json=ASK, headers=key("together")).content)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1
    assert len(shop.get("/decisions").json()["items"]) == 1
