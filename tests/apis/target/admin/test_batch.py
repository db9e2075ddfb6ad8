"""Many calls in one."""

import pytest

V2, V3 = (
    [{"name": each, "value": f"application/vnd.adobe.target.v{version}+json"} for each in ("Content-Type", "Accept")]
    for version in (2, 3)
)


def operation(number, method, url, body=None, after=(), *, headers=V2):
    made = {"operationId": number, "dependsOnOperationIds": list(after), "method": method, "relativeUrl": url}
    return {**made, "headers": headers} | ({} if body is None else {"body": body})


@pytest.fixture
def batch(admin):
    def run(*operations, status=200):
        return admin.send("POST", "/batch", {"operations": list(operations)}, version=1, status=status).json()

    return run


def test_operations_follow_one_another(admin, batch, split):
    body = split("{operationIdResponse:1}")
    results = batch(
        operation(1, "POST", "/offers/content", {"name": "x", "content": "<b>y</b>"}),
        operation(2, "POST", "/activities/ab", body, [1], headers=V3),
        operation(3, "GET", "/activities/ab/{operationIdResponse:2}", after=[2], headers=V3),
        operation(4, "GET", "/offers?name=x&limit=1"),
    )["results"]
    assert [(each["operationId"], each["skipped"], each["statusCode"]) for each in results] == [
        (1, False, 201), (2, False, 201), (3, False, 200), (4, False, 200),
    ]  # fmt: skip
    assert results[2]["body"]["options"][1]["offerId"] == results[0]["body"]["id"]
    assert results[3]["body"]["total"] == 1
    assert {"name": "content-type", "value": V2[0]["value"]} in results[0]["headers"]


def test_what_depends_on_a_failure_is_skipped(admin, batch):
    results = batch(
        operation(1, "POST", "/offers/content", {"content": "x"}),
        operation(2, "POST", "/offers/content", {"name": "x", "content": "x"}, [1]),
        operation(3, "POST", "/offers/content", {"name": "x", "content": "x"}, [2]),
        operation(4, "POST", "/offers/content", {"name": "x", "content": "x"}),
        operation(5, "GET", "/nowhere"),
        operation(6, "PATCH", "/offers"),
        operation(7, "GET", "/offers/content/{operationIdResponse:1}"),
        operation(8, "POST", "/batch", {"operations": []}),
        operation(9, "GET", "/offers/content/%ff"),
        operation(10, "POST", "/offers/content", "{"),
    )["results"]
    assert [each.get("statusCode", "skipped") for each in results] == [
        400, "skipped", "skipped", 201, 404, 405, 400, 404, 404, 400,
    ]  # fmt: skip
    assert results[0]["body"]["errors"][0]["meta"] == {"field": "/name"}
    assert admin.get("/offers", version=2)["total"] == 1


def test_a_batch_may_do_what_its_token_may(server, workspace, batch):
    secret = server.token("catalogue:read", workspace=workspace)
    body = {"operations": [operation(1, "POST", "/offers/content", {"name": "x", "content": "x"})]}
    with server.client(secret) as client:
        answer = client.post(f"{server.url}/{workspace}/target/batch", json=body)
    assert answer.json()["results"][0]["statusCode"] == 403


@pytest.mark.parametrize(
    "operations",
    [
        [],
        [operation(index, "GET", "/offers") for index in range(257)],
        [operation(1, "GET", "/offers"), operation(1, "GET", "/offers")],
        [operation(1, "GET", "/offers", after=[2]), operation(2, "GET", "/offers")],
        [operation(1, "GET", "/offers", after=[1])],
        [operation(1, "TRACE", "/offers")],
        [operation(1, "GET", "https://elsewhere.example/offers")],
        [operation("1", "GET", "/offers")],
        [{**operation(1, "GET", "/offers"), "headers": [{"name": 5}]}],
        [5],
    ],
)
def test_batches_that_are_none(batch, operations):
    refused = batch(*operations, status=400)
    assert refused["errors"][0]["errorCode"] == "Invalid.Input"
