"""Every route of the native API: what it needs, and that no other workspace's data come out of it."""

import re

import httpx
import pytest

from offerd.apis import native
from offerd.services.tokens import SCOPES, USER

#: The first parts of the paths of what only one workspace has.
OWNED = {
    "activities", "assignments", "audiences", "decisions", "fulfilments", "interactions", "jobs", "models", "offers",
    "placements", "profiles",
}  # fmt: skip

#: Routes that make what they name where it is not there.
MAKING = {each.id for each in native.API.operations if each.method == "PUT"} | {"changeMembers"}
PROGRAMS = tuple(scope for scope in SCOPES if scope not in (USER, "admin"))

CATALOGUE = {
    "placements": {"their-banner": {"content": ["html"]}},
    "audiences": {"their-regulars": "age > 3"},
    "offers": {
        "their-mug": {
            "status": "approved",
            "content": {"their-banner": {"html": "x"}},
            "choices": [{"id": "take", "fulfil": {"kind": "by-post"}}],
        },
    },
    "activities": {
        "their-home": {"status": "live", "placements": ["their-banner"], "selections": [{"offers": ["their-mug"]}]}
    },
}


@pytest.fixture(scope="module")
def secrets(module_server):
    """The secret of a token with each scope alone."""
    return {scope: module_server.token(scope) for scope in PROGRAMS}


@pytest.fixture(scope="module")
def client(module_server):
    with httpx.Client(base_url=module_server.url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def mine(module_server):
    """The headers of a token of the workspace `default` with everything but `admin`."""
    return {"authorization": f"Bearer {module_server.token(*PROGRAMS)}"}


@pytest.fixture(scope="module")
def theirs(module_server, client):
    """The ids of what another workspace has, by the first part of their routes' paths."""
    bearer = {"authorization": f"Bearer {module_server.admin}"}
    client.post("/offerd/v1/workspaces", json={"id": "theirs"}, headers=bearer).raise_for_status()
    own, person = {**bearer, "offerd-workspace": "theirs"}, {"namespace": "crm", "id": "ann"}

    def post(path, body):
        return client.post(f"/offerd/v1/{path}", json=body, headers=own).raise_for_status().json()

    post("catalogue/apply", CATALOGUE)
    made = post("decisions", {"identities": [person], "asks": [{"placement": "their-banner"}]})
    (given,) = made["propositions"]
    told = {"type": "accept", "proposition": given["id"], "item": given["items"][0]["id"], "choice": "take"}
    accepted = post("interactions", told)
    sent = {**own, "content-type": "application/x-ndjson"}
    lines = b'{"identities":[{"namespace":"crm","id":"bob"}]}\n'
    job = client.post("/offerd/v1/profiles/import", content=lines, headers=sent).raise_for_status().json()
    return {
        **{kind: next(iter(things)) for kind, things in CATALOGUE.items()},
        "decisions": made["id"], "proposition": given["id"], "item": given["items"][0]["id"],
        "profiles": made["profile"], "assignments": made["profile"], "jobs": job["id"],
        "interactions": accepted["interaction"]["id"], "fulfilments": accepted["fulfilment"]["id"],
        "models": "their-home",
    }  # fmt: skip


def kind_of(operation):
    return operation.path.split("/")[1]


def routes(wanted=lambda _operation: True):
    return [pytest.param(each, id=each.id) for each in native.API.operations if wanted(each)]


def names_one(operation):
    return "{" in operation.path and kind_of(operation) in OWNED and operation.id not in MAKING


def lists(operation):
    return "{" not in operation.path and operation.method == "GET" and operation.scope != "admin"


def path_of(operation, **parts):
    path = native.API.prefix + operation.path
    return re.sub(r"\{([^}]*)\}", lambda found: parts.get(found[1], "x"), path)


@pytest.mark.parametrize("operation", routes())
def test_a_token_with_the_scope_and_no_other_may_call(client, secrets, operation):
    path = path_of(operation)
    refused = client.request(operation.method, path)
    assert (refused.status_code, refused.json()["type"]) == (401, "urn:offerd:problem:unauthenticated")
    for scope, secret in secrets.items():
        answered = client.request(operation.method, path, headers={"authorization": f"Bearer {secret}"})
        assert (answered.status_code == 403) == (scope != operation.scope), (scope, answered.text)


@pytest.mark.parametrize("operation", routes(names_one))
def test_what_another_workspace_has_is_answered_as_what_there_is_not(client, mine, theirs, operation):
    body = None if operation.payload is None else b"{}"
    sent = mine if body is None else {**mine, "content-type": next(iter(operation.payload.shapes))}

    def answered(name):
        path = path_of(operation, id=name, profile=name, activity="their-home")
        found = client.request(operation.method, path, headers=sent, content=body)
        return found.status_code, found.text.replace(name, "NAME")

    name = theirs[kind_of(operation)]
    assert answered(name) == answered("7777")
    assert answered(name)[0] == 404


@pytest.mark.parametrize("operation", routes(lists))
def test_a_list_tells_nothing_of_another_workspace(client, mine, theirs, operation):
    found = client.get(path_of(operation), headers=mine)
    assert found.status_code in {200, 422}
    assert not [name for name in theirs.values() if name in found.text]


def test_nothing_of_another_workspace_can_be_told_of(client, mine, theirs):
    for name in ("decision", "proposition", "item", "token"):
        told = {"type": "click", name: theirs[name] if name in theirs else theirs["decisions"]}
        found = client.post("/offerd/v1/interactions", json=told, headers=mine)
        assert found.status_code == 422, found.text
    joined = {"survivor": theirs["profiles"], "absorbed": "crm:ann"}
    assert client.post("/offerd/v1/profiles/link", json=joined, headers=mine).status_code == 404
