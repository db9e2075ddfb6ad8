"""Tokens that somebody made to get in: each is answered 401 in the shape of the API that was called, and not logged."""

import base64
import hmac
import json

import pytest

from offerd.web import app

#: A route of each shape of error that needs a token.
PATHS = ("/offerd/v1/offers", "/v2.0/my/storeoffers/user")

DEEP = "[" * 2_000 + "]" * 2_000


def encoded(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def refused(server, token):
    for path in PATHS:
        with server.client("") as client:
            answer = client.get(path, headers={"authorization": b"Bearer " + token.encode()})
        assert answer.status_code == 401, (path, answer.text)
        assert answer.headers["www-authenticate"].startswith("Bearer")
        tree = answer.json()
        if path.startswith("/v2.0"):
            assert tree.keys() == {"code", "message"}
            assert tree["code"] == "Unauthorized"
        else:
            assert tree["type"] == "urn:offerd:problem:unauthenticated"
        assert token[-40:] not in answer.text
    assert token[-40:] not in server.log.getvalue()


@pytest.fixture
def server(trusting_server):
    return trusting_server


@pytest.fixture
def issuer(module_issuer):
    return module_issuer


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"}, {"iss": None}, {"iss": 1}, {"iss": ["https://issuer.example"]},
        {"iss": "https://issuer.example/"}, {"aud": "other"}, {"aud": None}, {"aud": []}, {"aud": ["other"]},
        {"aud": 1}, {"aud": {"offers": 1}}, {"aud": ["other", 1]}, {"exp": None}, {"exp": "9999999999"}, {"exp": True},
        {"exp": []},
        {"exp": {}}, {"exp": 1}, {"nbf": 10**12}, {"nbf": "now"}, {"iat": 10**12}, {"iat": None, "nbf": False},
        {"sub": None}, {"sub": ""}, {"sub": 7}, {"sub": "x" * 1025}, {"sub": ["jo"]}, {"sub": {"id": "jo"}},
    ],
    ids=str,
)  # fmt: skip
def test_claims_that_are_wrong(server, issuer, claims):
    refused(server, issuer.token(scope="catalogue:read user", **claims))


@pytest.mark.parametrize(
    "payload",
    [
        "", "null", "[]", '"text"', "1", "{", "\xff", DEEP, '{"a": ' + DEEP + "}", b"\xff\xfe",
        '{"iss": "https://issuer.example", "aud": "offers", "sub": "jo", "exp": 1e999}',
        '{"iss": "https://issuer.example", "aud": "offers", "sub": "jo", "exp": NaN}',
        '{"iss": "https://issuer.example", "aud": "offers", "sub": "jo", "exp": Infinity}',
    ],
    ids=range(13),
)  # fmt: skip
def test_payloads_that_are_none(server, issuer, payload):
    refused(server, issuer.token(payload=payload))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": None}, {"alg": 1}, {"alg": ["ES256"]}, {"alg": "es256"}, {"alg": "ES384"}, {"alg": "PS256"},
        {"alg": "ES256K"}, {"kid": 1}, {"kid": ["k-1"]}, {"kid": {"a": 1}}, {"kid": "k" * 256},
        {"kid": "../../etc/passwd"},
        {"kid": "k-1' OR 1=1"}, {"kid": ""}, {"crit": ["exp"]}, {"crit": ["unheard-of"]}, {"crit": []}, {"crit": "b64"},
        {"b64": False}, {"b64": False, "crit": ["b64"]}, {"enc": "A256GCM", "alg": "dir"}, {"x": "y" * 4_000},
        {"jku": 1}, {"typ": 5}, {"x5c": "no"},
    ],
    ids=str,
)  # fmt: skip
def test_headers_that_are_wrong(server, issuer, header):
    top = {"alg": "ES256", "kid": "k-1"} | header
    text = json.dumps(issuer.claims(scope="catalogue:read"))
    try:
        token = issuer.signed(issuer.key, {name: each for name, each in top.items() if each is not None}, text)
    except Exception:  # noqa: BLE001 - another algorithm cannot sign with this key; any signature will do
        token = issuer.signed(issuer.key, {"alg": "ES256"}, text).split(".")[2]
        encoded = [issuer.signed(issuer.key, {**top, "alg": None}, text).split(".")[0]]
        token = ".".join((*encoded, issuer.token(scope="catalogue:read").split(".")[1], token))
    refused(server, token)


def test_a_token_that_is_signed_with_the_public_key_as_a_shared_secret(server, issuer):
    head = encoded(json.dumps({"alg": "HS256", "kid": "k-1"}).encode())
    body = issuer.token(scope="catalogue:read").split(".")[1].encode()
    for raw in (issuer.key.as_pem(private=False), json.dumps(issuer.key.as_dict(private=False)).encode(), b""):
        signature = encoded(hmac.digest(raw, head + b"." + body, "sha256"))
        refused(server, b".".join((head, body, signature)).decode())


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
def test_a_token_without_a_signature(server, issuer, algorithm):
    top = encoded(json.dumps({"alg": algorithm, "kid": "k-1"}).encode()).decode()
    body = issuer.token(scope="catalogue:read").split(".")[1]
    refused(server, f"{top}.{body}.")
    refused(server, f"{top}.{body}.{'A' * 86}")


def test_a_signature_of_something_else(server, issuer):
    head, body, signature = issuer.token(scope="catalogue:read").split(".")
    other = issuer.token(scope="admin").split(".")
    for token in (
        f"{head}.{other[1]}.{signature}", f"{head}.{body}.", f"{head}.{body}.{signature[:-4]}",
        f"{head}.{body}.{'A' * 86}",
        f"{head}.{body}.{signature}AAAA", f"{head}.{body}.!!!!", f"{head}.{body}={'='}.{signature}", f"{head}.{body}.ä",
        f"{head} .{body}.{signature}", f"{head}..{signature}", f".{body}.{signature}", "..", "a.b.c", "🔑.🔑.🔑",
        f"{head}.{body}.{signature}.{signature}", f"{head}.{body}.{signature}.x.y", f"{head}.{body}",
    ):  # fmt: skip
        refused(server, token)


def test_a_key_that_the_token_brings_along(server, issuer):
    own = issuer.new("k-9")
    for header in ({"jwk": own.as_dict(private=False)}, {"jku": "http://127.0.0.1:1/keys"}, {"x5u": "http://127.0.0.1:1"}):
        refused(server, issuer.token(own, header={**header, "kid": "k-1"}, scope="catalogue:read"))
        refused(server, issuer.token(own, header=header, scope="catalogue:read"))


def test_a_token_within_a_token_and_one_that_is_too_long(server, issuer):
    refused(server, issuer.token(payload=issuer.token(), header={"cty": "JWT"}))
    refused(server, issuer.token(scope="catalogue:read", padding="x" * 16_384))


def test_nothing_of_it_is_stored(server, issuer):
    refused(server, issuer.token(sub="mallory", aud="other"))
    with server.client() as boss:
        assert boss.get("/offerd/v1/profiles").json()["items"] == []


def test_every_format_that_wants_a_token_answers_401_in_its_own_shape(server, issuer):
    """Whatever is mounted: a hostile token never gets past the door, and never gets an error of the server's."""
    shapes = {}
    for api in app.APIS:
        wanted = (each for each in api.operations if each.scope != "public" and "{" not in each.path)
        for operation in wanted:
            with server.client(issuer.token(aud="other")) as client:
                answer = client.request(operation.method, api.prefix + operation.path)
            assert answer.status_code == 401, operation.id
            shapes.setdefault(api.name, set()).add(frozenset(answer.json()))
    assert frozenset(("code", "message")) in shapes["microsoft_store"]
    assert all("type" in shape for shape in shapes["native"])
    assert len(shapes) >= 3
    assert all(len(each) == 1 for each in shapes.values()), shapes
