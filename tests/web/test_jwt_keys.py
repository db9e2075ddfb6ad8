"""Keys of an issuer: rotation, an issuer that is down, and sets of keys that are wrong."""

import json
import threading

import pytest
from joserfc.jwk import OKPKey, RSAKey

PATH = "/offerd/v1/offers"


@pytest.fixture
def status(issuer):
    """The status that a token of a key gets."""

    def ask(server, key=None, algorithm="ES256", **more):
        with server.client(issuer.token(key, algorithm, scope="catalogue:read", **more)) as client:
            return client.get(PATH).status_code

    return ask


def test_keys_are_read_when_they_are_needed_and_once(trusting, keys, status):
    server = trusting()
    assert keys.asked == 0
    assert [status(server) for _ in range(3)] == [200, 200, 200]
    assert keys.asked == 1


def test_a_new_key_is_found_and_made_up_names_do_not_have_the_issuer_asked_often(trusting, issuer, keys, status):
    server = trusting()
    assert status(server) == 200
    second = issuer.new("k-2")
    keys.gives(second)
    assert status(server, second) == 401  # The keys were looked at a moment ago.
    server.clock.advance(seconds=30)
    assert status(server, second) == 200
    assert status(server) == 401  # The issuer has taken the first one back.
    for number in range(10):
        assert status(server, issuer.new(f"made-up-{number}")) == 401
    assert keys.asked == 2


def test_keys_are_looked_at_again_after_a_while_and_used_meanwhile(trusting, issuer, keys, status):
    server = trusting(jwt_keys_minutes=10)
    claims = {"exp": 10**12}
    assert status(server, **claims) == 200
    keys.gives(issuer.new("k-2"))
    server.clock.advance(minutes=10)
    assert status(server, **claims) == 200
    server.run(_looked(server))
    assert keys.asked == 2
    assert status(server, **claims) == 401


async def _looked(server):
    """Waits until a look that is under way is over."""
    for party in server.house._issuer._parties.values():
        if party.ring._looking is not None:
            await party.ring._looking


@pytest.mark.parametrize(
    "answer",
    [(500, {}, b""), (302, {"location": "/keys"}, b""), (200, {}, b"<html>"), (200, {"content-length": "9"}, b"")],
    ids=["fails", "redirects", "page", "cut off"],
)
def test_keys_are_kept_for_a_while_when_the_issuer_is_down(trusting, issuer, keys, status, answer):
    server = trusting(jwt_keys_minutes=10, jwt_keys_hours=2)
    claims = {"exp": 10**12}
    assert status(server, **claims) == 200
    keys.answer = answer
    for minutes in (10, 60, 49):
        server.clock.advance(minutes=minutes)
        assert status(server, **claims) == 200
        server.run(_looked(server))
    server.clock.advance(minutes=1)
    assert status(server, **claims) == 401
    keys.gives(issuer.key)
    server.clock.advance(seconds=30)
    assert status(server, **claims) == 200


def test_an_issuer_that_is_not_there_refuses_tokens_and_nothing_else(trusting, issuer, keys, status, log):
    keys.close()
    server = trusting()
    assert status(server) == 401
    lines = [json.loads(each) for each in log.getvalue().splitlines() if "issuer_keys_unread" in each]
    assert [(each["issuer"], each["words"]) for each in lines] == [(issuer.name, "ConnectError")]
    with server.client() as client:
        assert client.get(PATH).status_code == 200
    keys.close = lambda: None


def test_many_who_need_the_keys_at_once_have_them_read_once(trusting, keys, status):
    server = trusting()
    found = []
    threads = [threading.Thread(target=lambda: found.append(status(server))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 8
    assert keys.asked == 1


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{}", b'{"keys": null}', b'{"keys": {}}', b'{"keys": []}',
        b'{"keys": [null, 1, "x"]}',
        b'{"keys": [{}]}', b'{"keys": [{"kty": 1}]}', b'{"keys": [{"kty": "EC", "crv": "P-256", "x": "", "y": ""}]}',
        b'{"keys": [{"kty": "RSA", "n": 1, "e": 2}]}',
        b'{"keys": [{"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"}]}',
        b'{"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "k-1"}]}', b"[" * 100_000,
        b'{"keys": [' + b"{}," * 201 + b"{}]}",
        b" " * 262_145, b"\xff\xfe",
    ],
    ids=range(18),
)  # fmt: skip
def test_what_is_no_set_of_keys_opens_nothing(trusting, keys, status, body):
    server = trusting()
    keys.answer = (200, {}, body)
    assert status(server) == 401


@pytest.mark.parametrize(
    "change",
    [{"use": "enc"}, {"key_ops": ["sign"]}, {"key_ops": "verify"}, {"alg": "RS256"}, {"kid": "other"}, {"kid": 1}],
    ids=str,
)
def test_a_key_for_something_else_checks_no_signature(trusting, issuer, keys, status, change):
    server = trusting()
    keys.gives(issuer.key.as_dict(private=False) | change)
    assert status(server) == 401


def test_a_short_key_is_not_taken(trusting, keys, status):
    with pytest.warns(match="2048"):
        short = RSAKey.generate_key(1024, {"kid": "k-1"})
    keys.gives(short)
    server = trusting()
    with server.client("x.y.z") as client:
        assert client.get(PATH).status_code == 401


def test_one_wrong_key_does_not_spoil_the_others(trusting, issuer, keys, status):
    keys.gives({"kty": "EC"}, {"kty": "future", "kid": "k-1"}, issuer.key)
    assert status(trusting()) == 200


def test_the_curve_has_to_be_the_algorithms(trusting, issuer, keys, status):
    other = issuer.new("k-1")
    keys.gives(OKPKey.generate_key("Ed448", {"kid": "k-1"}))
    assert status(trusting(), other) == 401


def test_a_token_without_the_name_of_a_key_is_of_the_only_one_there_is(trusting, issuer, keys, status):
    server = trusting()
    assert status(server, header={"kid": None}) == 200
    keys.gives(issuer.key, issuer.new("k-2"))
    server.clock.advance(minutes=1)
    assert status(server, issuer.new("k-3")) == 401  # has the keys looked at
    assert status(server, header={"kid": None}) == 401


def test_private_members_of_a_set_are_left_where_they_are(trusting, issuer, keys, status):
    keys.answer = (200, {}, json.dumps({"keys": [issuer.key.as_dict(private=True)]}).encode())
    assert status(trusting()) == 200
