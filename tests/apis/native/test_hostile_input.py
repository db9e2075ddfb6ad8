"""Whatever is wrong with a request, the answer says what and where, and every table is as it was."""

import hashlib
import json
import resource
import sqlite3

import httpx
import pytest

from offerd.apis import native
from offerd.apis.native.examples import CATALOGUE

MEGABYTE = 1 << 20
JO = {"email": "jo@example.com"}
BANNER = [{"placement": "checkout-banner"}]


@pytest.fixture(scope="module")
def hostile(module_server):
    """A server with a catalogue, a person, a decision and a kept answer, and one more workspace."""
    with module_server.client() as client:
        client.base_url = f"{module_server.url}/offerd/v1"
        client.post("/catalogue/apply", json=CATALOGUE).raise_for_status()
        client.post("/workspaces", json={"id": "other"}).raise_for_status()
        client.post("/profiles", json={"identities": JO, "attributes": {"orders": 4}}).raise_for_status()
        answer = client.post("/decisions", json={"identities": JO, "asks": BANNER}, headers={"idempotency-key": "used"})
        answer.raise_for_status()
    return module_server


@pytest.fixture
def client(hostile):
    with hostile.client() as client:
        client.base_url = f"{hostile.url}/offerd/v1"
        yield client


def everything(server):
    """A digest of every row of every table."""
    with sqlite3.connect(f"file:{server.folder / 'offerd.db'}?mode=ro", uri=True) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
        digests = {}
        for name in names:
            rows = sorted(repr(row) for row in connection.execute(f'SELECT * FROM "{name}"'))  # noqa: S608
            digests[name] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
    connection.close()
    assert len(digests) > 10
    return digests


@pytest.fixture
def untouched(hostile):
    """Holds every table against what it was."""
    before = everything(hostile)
    yield
    assert everything(hostile) == before
    spool = hostile.folder / "spool"
    assert not spool.exists() or list(spool.iterdir()) == []


def offer(**members):
    return {"id": "wrong", "status": "approved", **members}


WRONG = {
    "a rule that does not parse": ("POST", "/offers", offer(eligible="orders >"), 422, "invalid", "/eligible"),
    "a rule with an unknown function": (
        "POST",
        "/offers",
        offer(eligible="orders.bogus() > 1"),
        422,
        "invalid",
        "/eligible",
    ),
    "a rule in a requirement": (
        "POST",
        "/offers",
        offer(requires=[{"code": "a", "rule": "((("}]),
        422,
        "invalid",
        "/requires/0/rule",
    ),
    "a wrong date": (
        "POST",
        "/offers",
        offer(window={"from": "2026-13-01", "until": "soon"}),
        422,
        "invalid",
        "/window/from",
    ),
    "a window that ends before it begins": (
        "POST",
        "/offers",
        offer(window={"from": "2026-02-01", "until": "2026-01-01"}),
        422,
        "invalid",
        "/window/until",
    ),
    "a number of the wrong type": ("POST", "/offers", offer(priority="high"), 422, "invalid", "/priority"),
    "an unknown reference": (
        "POST",
        "/activities",
        {"id": "wrong", "placements": ["nowhere"], "fallback": "nothing"},
        422,
        "invalid",
        "/placements",
    ),
    "an unknown reference in a catalogue": (
        "POST",
        "/catalogue/apply",
        {"tags": {"fine": {}}, "activities": {"wrong": {"fallback": "nothing"}}},
        422,
        "invalid",
        "/activities/wrong/fallback",
    ),
    "an unknown kind": ("POST", "/catalogue/apply", {"ofers": {}}, 422, "invalid", "/ofers"),
    "an id that exists": ("POST", "/offers", {"id": "mug"}, 409, "exists", None),
    "an id with a space": ("POST", "/offers", {"id": "a mug"}, 422, "invalid", "/id"),
    "an id with a line break": ("POST", "/offers", {"id": "mug\n"}, 422, "invalid", "/id"),
    "an id that is not the path's": ("PUT", "/offers/mug", {"id": "cup"}, 422, "invalid", "/id"),
    "a patch that fits nothing": (
        "PATCH",
        "/offers/mug",
        [{"op": "remove", "path": "/nothing"}],
        422,
        "invalid",
        "/0",
    ),
    "a patch of no known operation": ("PATCH", "/offers/mug", [{"op": "explode", "path": ""}], 422, "invalid", "/0/op"),
    "deleting what is named": ("DELETE", "/placements/checkout-banner", None, 409, "referenced", None),
    "deleting what is not there": ("DELETE", "/offers/nothing", None, 404, "not-found", None),
    "a decision without asks": ("POST", "/decisions", {}, 422, "invalid", "/asks"),
    "a decision with no ask": ("POST", "/decisions", {"asks": []}, 422, "invalid", "/asks"),
    "a decision with a misspelled member": (
        "POST",
        "/decisions",
        {"asks": [{"placment": "checkout-banner"}]},
        422,
        "invalid",
        "/asks/0/placment",
    ),
    "a decision for another time": (
        "POST",
        "/decisions",
        {"asks": BANNER, "at": "2026-01-01"},
        422,
        "unprocessable",
        "/at",
    ),
    "a decision with an identity of no one": (
        "POST",
        "/decisions",
        {"asks": BANNER, "identities": {"email": ""}},
        422,
        "invalid",
        "/identities/0/id",
    ),
    "more asks than a request may have": ("POST", "/decisions", {"asks": BANNER * 101}, 422, "unprocessable", "/asks"),
    "an interaction with nothing": ("POST", "/interactions", {"type": "click"}, 422, None, None),
    "an interaction with an unknown offer": (
        "POST",
        "/interactions",
        {"type": "click", "offer": "nothing"},
        422,
        None,
        "/offer",
    ),
    "an interaction among others": (
        "POST",
        "/interactions",
        [
            {"type": "click", "offer": "mug", "identities": {"email": "new@example.com"}},
            {"type": "click", "quantity": 0},
        ],
        422,
        "invalid",
        "/1/quantity",
    ),
    "no interactions": ("POST", "/interactions", [], 422, "invalid", ""),
    "a profile that is a list": ("POST", "/profiles", [], 422, "invalid", ""),
    "a profile with a wrong identity": (
        "POST",
        "/profiles",
        {"identities": [{"namespace": "", "id": "x"}]},
        422,
        "invalid",
        "/identities/0/namespace",
    ),
    "a profile with a parent that is not there": (
        "PUT",
        "/profiles/email%3Ajo%40example.com",
        {"parent": "nobody"},
        422,
        "invalid",
        "/parent",
    ),
    "two profiles of which one is not there": (
        "POST",
        "/profiles/link",
        {"survivor": "email:jo@example.com", "absorbed": "email:nobody@example.com"},
        404,
        "not-found",
        None,
    ),
    "a workspace in no zone": ("POST", "/workspaces", {"id": "mars", "zone": "Mars/Olympus"}, 422, "invalid", "/zone"),
    "a token for anything": ("POST", "/tokens", {"name": "a", "scopes": ["everything"]}, 422, "invalid", "/scopes/0"),
    "a revision that is not there": ("POST", "/revisions/99/rollback", None, 404, "not-found", None),
    "a revision that is no number": ("GET", "/revisions/first", None, 400, "invalid-parameter", None),
}


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_request_is_told_what_and_where(client, case):
    method, path, body, status, code, pointer = case
    media = "application/json"
    if method == "PATCH":
        media = "application/json-patch+json"
    content = None if body is None else json.dumps(body)
    headers = {} if body is None else {"content-type": media}
    answer = client.request(method, path, content=content, headers={**headers, "idempotency-key": "hostile"})
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == status
    assert problem["detail"]
    if code is not None:
        assert problem["type"] == f"urn:offerd:problem:{code}"
    if pointer is not None:
        assert pointer in [error["pointer"] for error in problem["errors"]]


MALFORMED = {
    "nothing": b"",
    "half an object": b'{"asks": [',
    "a trailing comma": b'{"asks": [],}',
    "two values": b"{} {}",
    "not UTF-8": b'{"asks": "\xff\xfe"}',
    "a control character": b'{"asks": "\x01"}',
    "deep arrays": b'{"asks": ' + b"[" * 101 + b"]" * 101 + b"}",
    "very deep arrays": b"[" * 200_000,
    "very deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a number that is none": b'{"asks": 01}',
    "NaN": b'{"asks": NaN}',
}


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("path", ["/decisions", "/offers", "/interactions", "/profiles", "/catalogue/apply"])
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_not_json_is_refused(client, path, body):
    answer = client.post(path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert answer.json()["type"] == "urn:offerd:problem:malformed-body"


YAMLS = {
    "tabs": "offers:\n\tmug: {}",
    "an anchor bomb": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "\n".join(f"{n}: &{n} [{', '.join(['*' + p] * 9)}]" for p, n in zip("abcdefgh", "bcdefghi", strict=True)),
    "a python object": "offers: !!python/object/apply:os.system [ls]",
    "deep": "offers: " + "[" * 5000,
    "not UTF-8": b"offers: \xff",
}


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("body", YAMLS.values(), ids=YAMLS.keys())
def test_what_is_not_yaml_is_refused(client, body):
    answer = client.post("/catalogue/apply", content=body, headers={"content-type": "application/yaml"})
    assert answer.status_code == 400, answer.text
    assert answer.json()["type"] == "urn:offerd:problem:malformed-body"


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("path", ["/decisions", "/offers", "/interactions", "/profiles", "/profiles/import", "/tokens"])
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
def test_a_body_of_100_megabytes_is_refused_and_never_held(client, path, declared):
    chunk, count = b"x" * (MEGABYTE // 4), 400
    headers = {"content-type": "text/csv" if path.endswith("import") else "application/json"}
    if declared:
        headers["content-length"] = str(len(chunk) * count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        answer = client.post(path, content=(chunk for _ in range(count)), headers=headers)
    except httpx.TransportError:  # the server hung up before all was sent, which is its right
        pytest.fail("the client was not told why")
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:offerd:problem:body-too-large"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 32 * 1024, "kilobytes"


@pytest.mark.usefixtures("untouched")
def test_a_length_that_lies_is_no_way_around(hostile):
    head = (
        "POST /offerd/v1/decisions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {hostile.admin}\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with hostile.connect() as connection:
        connection.sendall(head.encode())
        for _ in range(17):
            connection.sendall(chunk)
        assert connection.recv(12) == b"HTTP/1.1 413"


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("path", "media"),
    [("/decisions", "text/plain"), ("/offers", "application/x-www-form-urlencoded"), ("/profiles/import", "text/html")],
)
def test_a_body_of_another_type_is_refused_with_what_would_do(client, path, media):
    answer = client.post(path, content=b"{}", headers={"content-type": media})
    assert answer.status_code == 415
    assert answer.headers["accept"]


SCOPES = ("decide", "interact", "profiles", "catalogue:read", "catalogue:write")


@pytest.fixture(scope="module")
def lacking(hostile):
    """For each scope, a token that has every other one."""
    return {
        wanted: hostile.token(*[scope for scope in SCOPES if scope != wanted], name=f"without-{wanted}")
        for wanted in (*SCOPES, "admin")
    }


def refused(server, operation, secret, workspace=None):
    path = operation.path.replace("{", "").replace("}", "")
    with server.client(secret, workspace=workspace) as client:
        answer = client.request(operation.method, f"/offerd/v1{path}")
    assert answer.status_code == 403, operation.id
    return answer.json()["type"].rpartition(":")[2]


def test_every_operation_is_refused_without_its_scope(hostile, lacking, untouched):
    for operation in native.API.operations:
        assert refused(hostile, operation, lacking[operation.scope]) == "missing-scope"


def test_every_operation_is_refused_in_a_foreign_workspace(hostile, lacking, untouched):
    for operation in native.API.operations:
        if operation.scope != "admin":
            assert refused(hostile, operation, lacking["admin"], workspace="other") == "foreign-workspace"


@pytest.mark.usefixtures("untouched")
def test_a_key_that_was_used_for_another_request_is_refused(client):
    answer = client.post("/decisions", json={"identities": JO, "asks": BANNER * 2}, headers={"idempotency-key": "used"})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:offerd:problem:key-reused"


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("key", ["x" * 256, "two words", "ä"])
def test_a_key_that_is_none_is_refused(client, key):
    answer = client.post("/decisions", json={"asks": BANNER}, headers={"idempotency-key": key.encode("latin-1")})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "Idempotency-Key"


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("dry", [{"dryRun": True}, {"pretend": {"drafts": True}}])
def test_a_dry_run_makes_nobody_and_stores_nothing(client, dry):
    body = {"identities": {"email": "stranger@example.com"}, "asks": BANNER, "explain": True, **dry}
    answer = client.post("/decisions", json=body)
    assert answer.status_code == 200
    assert "profile" not in answer.json()


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "head",
    [
        b"GET /offerd/v1/offers HTTP/1.1\r\nhost: a b c\r\n\r\n",
        b"GET /offerd/v1/%zz HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST /offerd/v1/decisions HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"BREW /offerd/v1/offers HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
    ],
)
def test_what_is_hardly_http_is_refused_too(hostile, head):
    with hostile.connect() as connection:
        connection.sendall(head)
        assert connection.recv(10) in {b"HTTP/1.1 4", b""}
