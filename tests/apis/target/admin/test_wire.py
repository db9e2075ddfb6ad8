"""What all routes share: tenants, tokens, versions, errors and lists."""

import json

import pytest

JSON = "application/json"


def media(version):
    return f"application/vnd.adobe.target.v{version}+json"


@pytest.fixture
def error(admin):
    """The body of an error, whose shape is always the same."""

    def read(answer, status, code):
        assert answer.status_code == status, answer.text
        body = answer.json()
        assert body.keys() == {"httpStatus", "requestId", "requestTime", "errors"}
        assert body["httpStatus"] == status
        assert body["requestId"] == answer.headers["x-request-id"]
        assert body["requestTime"] == "2026-01-01T12:00:00Z"
        assert body["errors"][0]["errorCode"] == code
        assert body["errors"][0]["message"]
        return body["errors"]

    return read


def test_versions_are_media_types(admin, error):
    for accept, served in (
        (media(1), "v1"), (media(3), "v3"), ("*/*", "v1"), (JSON, "v1"), (f"text/html, {media(3)};q=0.5", "v3"),
        (f"{media(2)}, {media(3)}", "v3"),
    ):  # fmt: skip
        answer = admin.http.get("/activities", headers={"accept": accept})
        assert answer.status_code == 200
        assert answer.headers["content-type"] == f"application/vnd.adobe.target.{served}+json"
    error(admin.http.get("/activities", headers={"accept": media(2)}), 406, "Unsupported.Feature")
    error(admin.http.get("/activities", headers={"accept": "text/html"}), 406, "Unsupported.Feature")
    for path, version in (("/audiences", 3), ("/offers", 2), ("/properties", 1), ("/mboxes", 1)):
        assert admin.send("GET", path, version=version, status=200).headers["content-type"] == media(version)
        error(admin.send("GET", path, version=4), 406, "Unsupported.Feature")
    error(admin.http.get("/audiences"), 406, "Unsupported.Feature")


def test_bodies_have_versions_too(admin, error):
    body = json.dumps({"name": "x", "content": "y"})
    for kind, status, code in (
        (media(2), 201, None), (media(3), 406, "Unsupported.Feature"), (JSON, 406, "Unsupported.Feature"),
        ("text/plain", 415, "Unsupported.MediaType"),
    ):  # fmt: skip
        answer = admin.http.post("/offers/content", content=body, headers={"content-type": kind})
        assert answer.status_code == status
        if code is not None:
            error(answer, status, code)
    assert admin.get("/offers", version=2)["total"] == 1


def test_who_may_call(server, workspace, admin, error):
    base = f"{server.url}/{workspace}/target"
    read, write = (server.token(f"catalogue:{each}", workspace=workspace) for each in ("read", "write"))
    other = server.token("catalogue:read", workspace="default")
    for secret, method, path, status, code in (
        ("", "GET", "/activities", 401, "Not.Authenticated"),
        ("x", "GET", "/activities", 401, "Not.Authenticated"),
        (write, "GET", "/activities", 403, "Not.Authorized"),
        (other, "GET", "/activities", 403, "Not.Authorized"),
        (read, "DELETE", "/activities/ab/1", 403, "Not.Authorized"),
        (read, "POST", "/activities", 405, "Unsupported.Method"),
        (read, "GET", "/nowhere", 404, "Not.Found"),
        (read, "GET", "/activities/ab/1", 404, "Not.Found"),
        (read, "GET", "/activities/ab/one", 404, "Not.Found"),
        (read, "GET", "/activities/ab/99999999999999999999", 404, "Not.Found"),
    ):
        with server.client(secret) as client:
            error(client.request(method, base + path), status, code)
    with server.client() as client:
        assert client.get(f"{base}/activities").json()["total"] == 0


def test_tenants_are_client_codes(start_server, error):
    server = start_server(workspace_keys={"acme": "default"})
    with server.client() as client:
        for tenant, status in (("acme", 200), ("default", 200), ("nobody", 404)):
            answer = client.get(f"{server.url}/{tenant}/target/activities")
            assert answer.status_code == status, tenant
        assert answer.json()["errors"][0]["errorCode"] == "Unknown.Tenant"


def test_too_many_calls(start_server):
    server = start_server(rate_limits={"target_admin": 2})
    with server.client() as client:
        answers = [client.get(f"{server.url}/default/target/activities") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 503]
    assert answers[2].json()["errors"][0]["errorCode"] == "Too.Many.Requests"
    assert int(answers[2].headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "Invalid.Request"),
        (b"", 400, "Invalid.Request"),
        (b"\xff\xfe", 400, "Invalid.Request"),
        (b"[" * 200 + b"]" * 200, 400, "Invalid.Request"),
        (b"null", 400, "Invalid.Input"),
        (b'"' + b"x" * 1_048_577 + b'"', 413, "Body.TooLarge"),
    ],
)
def test_bodies_that_are_none(admin, error, content, status, code):
    error(admin.send("POST", "/activities/ab", content), status, code)
    error(admin.send("POST", "/audiences", content), status, code)


@pytest.fixture
def offers(admin):
    names = ["b", "A", "c", "a b"]
    for name in names:
        admin.make("/offers/content", {"name": name, "content": name, "workspace": name[0]}, version=2)
    admin.make("/offers/json", {"name": "j", "content": 1}, version=2)
    return lambda **query: [each["name"] for each in admin.get("/offers", version=2, **query)["offers"]]


def test_lists_have_an_envelope(admin, offers):
    whole = admin.get("/offers", version=2)
    assert (whole["total"], whole["offset"], whole["limit"]) == (5, 0, 2_147_483_647)
    page = admin.get("/offers", version=2, limit=2, offset=1, sortBy="-name")
    assert (page["total"], page["offset"], page["limit"]) == (5, 1, 2)
    assert [each["name"] for each in page["offers"]] == ["c", "b"]
    assert offers(limit=0) == []
    assert offers(offset=99) == []


def test_lists_are_sorted_and_filtered(offers):
    assert offers() == ["b", "A", "c", "a b", "j"]
    assert offers(sortBy="name") == ["A", "a b", "b", "c", "j"]
    assert offers(sortBy=["type", "-id"]) == ["a b", "c", "A", "b", "j"]
    assert offers(sortBy="-workspace")[-1] == "j"
    assert offers(type="json") == ["j"]
    assert offers(name=["b", "c"]) == ["b", "c"]
    assert offers(name=["!b", "!c"], type="content") == ["A", "a b"]
    assert offers(name=["b", "c", "!c"]) == ["b"]
    assert offers(workspace="a,b") == ["b", "a b"]
    assert offers(modifiedAt="2026-01-01T12:00:00Z/2026-01-02") == ["b", "A", "c", "a b", "j"]
    assert offers(modifiedAt="/2026-01-01T11:59:59Z") == []
    assert offers(modifiedAt="!2025-01-01/") == []
    assert offers(createdAt="2026-01-01T13:00:00+01:00/") == ["b", "A", "c", "a b", "j"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=-1", "limit=x", "limit=99999999999", "offset=1.5", "sortBy=colour", "colour=red", "modifiedAt=a/b",
        "%ff=1",
    ],
)  # fmt: skip
def test_queries_that_are_none(admin, offers, error, query):
    error(admin.send("GET", f"/offers?{query}", version=2), 400, "Invalid.Request")
