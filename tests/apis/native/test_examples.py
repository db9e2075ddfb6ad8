"""Every example of the description is accepted, and answered as the description says."""

import json
from urllib.parse import quote

import jsonschema_rs
import pytest

from offerd.apis import native
from offerd.apis.native.examples import EXAMPLES

#: Where an example names what only a server can name, and what does in this test.
MADE = {
    "readDecision": ("/decisions", {"asks": [{"placement": "checkout-banner"}]}),
    "explainDecision": ("/decisions", {"asks": [{"placement": "checkout-banner"}]}),
    "readInteraction": ("/interactions", {"type": "click", "offer": "mug"}),
    "readFulfilment": ("/interactions", {"type": "accept", "offer": "mug", "choice": "take"}),
    "finishFulfilment": ("/interactions", {"type": "accept", "offer": "mug", "choice": "take"}),
    "readDelivery": ("/interactions", {"type": "accept", "offer": "mug", "choice": "later"}),
    "resendDelivery": ("/interactions", {"type": "accept", "offer": "mug", "choice": "later"}),
    "revokeToken": ("/tokens", {"name": "leaving", "scopes": ["decide"]}),
}
LINES = b'{"identities": {"email": "ada@example.com"}}\nnot json\n'


@pytest.fixture(scope="module")
def described(server):
    with server.client("") as client:
        return client.get("/openapi.json").json()


def prepared(shop, operation, path):
    """What must be there before an example of this operation is sent."""
    if operation in MADE:
        where, body = MADE[operation]
        made = shop.post(where, json=body).json()
        part = "fulfilment" if "Fulfilment" in operation or "Delivery" in operation else "interaction"
        return {**path, "id": made.get(part, made)["id"]}
    if operation in {"readJob", "listRefusedLines"}:
        job = shop.post("/profiles/import", content=LINES, headers={"content-type": "application/x-ndjson"}).json()
        return {**path, "id": job["id"]}
    return path


def prepare(shop, operation):
    shop.post("/profiles", json=EXAMPLES["storeProfile"][0].body).raise_for_status()
    if operation == "patchProfile":
        shop.patch("/profiles/email%3Ajo%40example.com", content=b'{"attributes": {"orders": 5}}', headers=MERGE)
    if operation == "linkProfiles":
        for name in ("ada", "bo"):
            shop.post("/profiles", json={"identities": {"email": f"{name}@example.com"}}).raise_for_status()
    if operation == "forgetAssignment":
        shop.patch("/activities/checkout", content=b'{"keep": "profile"}', headers=MERGE).raise_for_status()
        shop.post(
            "/decisions", json={"identities": {"email": "jo@example.com"}, "asks": [{"activity": "checkout"}]}
        ).raise_for_status()
    if operation == "readModel":
        goals = '"goals": [{"on": "conversion"}], "selections": [{"offers": ["mug"], "rank": '
        body = f'{{{goals}{{"by": "traffic", "model": "checkout"}}}}]}}'
        shop.patch("/activities/checkout", content=body, headers=MERGE).raise_for_status()
        shop.post("/models/learn").raise_for_status()
    if operation.startswith("delete"):
        create = operation.replace("delete", "create", 1)
        path = next(each.path for each in native.API.operations if each.id == create)
        shop.post(path, json=EXAMPLES[create][0].body).raise_for_status()


MERGE = {"content-type": "application/merge-patch+json"}
CASES = [
    pytest.param(operation, example, id=f"{operation.id}-{index}")
    for operation in native.API.operations
    for index, example in enumerate(EXAMPLES.get(operation.id, ()))
    if operation.tag != "Workspaces and tokens" or "Workspace" not in operation.id
]


def send(shop, operation, example, path):
    filled = operation.path
    for name, value in path.items():
        filled = filled.replace(f"{{{name}}}", quote(value, safe=""))
    content = example.body if isinstance(example.body, str) else json.dumps(example.body)
    headers = {"content-type": example.media} if operation.payload else {}
    return shop.request(
        operation.method,
        filled,
        params=dict(example.query),
        content=content if operation.payload else None,
        headers=headers,
    )


@pytest.mark.parametrize(("operation", "example"), CASES)
def test_an_example_is_accepted(server, shop, described, operation, example):
    prepare(shop, operation.id)
    path = prepared(shop, operation.id, dict(example.path))
    if "Delivery" in operation.id:
        server.run(server.house.jobs.drain())  # Nobody knows the address, so that it is dead.
    answer = send(shop, operation, example, path)
    assert answer.status_code < 300, answer.text
    check(described, operation, answer)
    check_request(described, operation, example)


def test_the_examples_of_workspaces_are_accepted(start_server):
    server = start_server()
    with server.client() as client:
        client.base_url = f"{server.url}/offerd/v1"
        document = client.get(f"{server.url}/openapi.json").json()
        for operation in native.API.operations:
            if "Workspace" in operation.id:
                for example in EXAMPLES[operation.id]:
                    answer = send(client, operation, example, dict(example.path))
                    assert answer.status_code < 300, answer.text
                    check(document, operation, answer)


def described_operation(document, operation):
    return document["paths"][f"/offerd/v1{operation.path}"][operation.method.lower()]


def check(document, operation, answer):
    response = described_operation(document, operation)["responses"][str(answer.status_code)]
    if "content" not in response:
        assert answer.content == b""
        return
    media = answer.headers["content-type"].partition(";")[0]
    schema = response["content"][media]["schema"]
    if media == "application/json":
        validate(document, schema, answer.json())


def check_request(document, operation, example):
    if operation.payload and "json" in example.media and not isinstance(example.body, str):
        body = described_operation(document, operation)["requestBody"]["content"][example.media]
        validate(document, body["schema"], example.body)


def validate(document, schema, value):
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "components": document["components"]}
    jsonschema_rs.validator_for(whole, validate_formats=True).validate(value)
