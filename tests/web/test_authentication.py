"""Who may do what, and where."""

import pytest


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer wrong", "Basic dXNlcjpwYXNz", "bearer ofd_unknown", "Bearer ofd_ä"],
)
def test_a_request_without_a_known_token_is_refused_with_a_challenge(server, header):
    with server.client("") as client:
        headers = {} if header is None else {"authorization": header.encode("latin-1")}
        answer = client.get("/offerd/v1/tokens", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["type"] == "urn:offerd:problem:unauthenticated"


@pytest.mark.parametrize("header", [None, "Basic b2ZkX3Vua25vd246", "Bearer ofd_unknown"])
def test_where_basic_authentication_is_taken_it_is_asked_for_first(server, header):
    with server.client("") as client:
        headers = {} if header is None else {"authorization": header}
        answer = client.post("/api/v2/personalized_offers", json={}, headers=headers)
    assert answer.status_code == 401
    challenges = answer.headers.get_list("www-authenticate")
    assert challenges == ['Basic realm="offerd"', 'Bearer realm="offerd"']


def test_a_token_without_the_scope_is_told_which_is_missing(server):
    with server.client(server.token("decide", "interact")) as client:
        answer = client.get("/offerd/v1/tokens")
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:offerd:problem:missing-scope"
    assert "admin" in answer.json()["detail"]
    assert 'scope="admin"' in answer.headers["www-authenticate"]


def test_a_revoked_token_ends_at_once(server):
    secret = server.token("admin", name="short-lived")
    with server.client(secret) as client:
        tokens = client.get("/offerd/v1/tokens").json()["items"]
        own = next(token["id"] for token in tokens if token["name"] == "short-lived")
        assert client.delete(f"/offerd/v1/tokens/{own}").json()["revoked"]
        assert client.get("/offerd/v1/tokens").status_code == 401


def test_an_administrator_may_name_another_workspace(server, workspace):
    with server.client() as client:
        made = client.post(
            "/offerd/v1/tokens", json={"name": "there", "scopes": ["decide"]}, headers={"offerd-workspace": workspace}
        )
    assert made.json()["workspace"] == workspace


def test_an_administrator_who_names_no_workspace_that_is_there_is_told(server):
    with server.client(workspace="nowhere") as client:
        assert client.get("/offerd/v1/tokens").status_code == 404


def test_any_other_token_may_name_its_own_workspace_alone(server, workspace):
    secret = server.token("catalogue:read", workspace=workspace)
    with server.client(secret) as client:
        path = "/offerd/v1/offers"
        assert client.get(path, headers={"offerd-workspace": workspace}).status_code == 200
        answer = client.get(path, headers={"offerd-workspace": "default"})
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:offerd:problem:foreign-workspace"
        unknown = client.get(path, headers={"offerd-workspace": "no-such-workspace"})
        assert unknown.json()["type"] == "urn:offerd:problem:foreign-workspace"


def test_a_secret_is_shown_once_and_stored_nowhere(start_server):
    server = start_server()
    with server.client() as client:
        made = client.post(
            "/offerd/v1/tokens",
            json={"name": "shop", "scopes": ["decide"]},
            headers={"idempotency-key": "once"},
        ).json()
        again = client.post(
            "/offerd/v1/tokens",
            json={"name": "shop", "scopes": ["decide"]},
            headers={"idempotency-key": "once"},
        ).json()
        listed = client.get("/offerd/v1/tokens").text
    assert made["secret"].startswith("ofd_")
    assert again == {name: value for name, value in made.items() if name != "secret"}
    assert made["secret"] not in listed
    for file in server.folder.rglob("*"):
        if file.is_file():
            assert made["secret"].encode() not in file.read_bytes()
