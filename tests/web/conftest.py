"""An issuer of JWTs: keys, tokens, and a real HTTP server that gives the keys."""

import base64
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from offerd.settings import Settings
from offerd.web import logs

START = 1_767_268_800  # what the servers of tests take for the time when they start
MINUTE = 60

MAKERS = {
    "RS256": lambda kid: RSAKey.generate_key(2048, {"kid": kid}),
    "ES256": lambda kid: ECKey.generate_key("P-256", {"kid": kid}),
    "EdDSA": lambda kid: OKPKey.generate_key("Ed25519", {"kid": kid}),
}


class Keys:
    """An HTTP server that gives a set of keys.

    Attributes:
        answer: status, headers and body of what it gives.
        asked: how often it was asked.
    """

    def __init__(self):
        keys = self
        self.answer = (200, {}, b"")
        self.asked = 0

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                keys.asked += 1
                status, headers, body = keys.answer
                self.send_response(status)
                for name, value in {"content-length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/keys"

    def gives(self, *keys, **more):
        """Has the server give keys, as their public halves, or trees as they are."""
        trees = [key if isinstance(key, dict) else key.as_dict(private=False) for key in keys]
        self.answer = (200, {}, json.dumps({"keys": trees, **more}).encode())

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Issuer:
    """Signs tokens."""

    def __init__(self, name="https://issuer.example"):
        self.name = name
        self.key = self.new("k-1")

    @staticmethod
    def new(kid, algorithm="ES256"):
        return MAKERS[algorithm](kid)

    def claims(self, **more):
        made = {"iss": self.name, "aud": "offers", "sub": "jo", "iat": START, "exp": START + 5 * MINUTE} | more
        return {name: value for name, value in made.items() if value is not None}

    def token(self, key=None, algorithm="ES256", header=None, payload=None, **claims):
        """A token; a claim or a member of the header that is None is left out."""
        key = key or self.key
        top = {"alg": algorithm, "kid": key.kid, "typ": "JWT"} | (header or {})
        text = payload if payload is not None else json.dumps(self.claims(**claims))
        return self.signed(key, {name: value for name, value in top.items() if value is not None}, text)

    @staticmethod
    def signed(key, top, text):
        """A token with any header at all, signed as its `alg` says, or as ES256 where it says nothing of sense."""
        algorithm = top.get("alg")
        known = jws.JWSRegistry.algorithms.get(algorithm if isinstance(algorithm, str) else "ES256")
        raw = text if isinstance(text, bytes) else text.encode()
        signing = b".".join(encoded(part) for part in (json.dumps(top).encode(), raw))
        signature = (known or jws.JWSRegistry.algorithms["ES256"]).sign(signing, key)
        return b".".join((signing, encoded(signature))).decode()


def encoded(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


@pytest.fixture
def keys():
    made = Keys()
    yield made
    made.close()


@pytest.fixture
def issuer(keys):
    made = Issuer()
    keys.gives(made.key)
    return made


@pytest.fixture
def other_issuer(tmp_path):
    """Another issuer, whose key has the same name; its keys are in the file `keys`."""
    made = Issuer("https://other.example")
    made.keys = tmp_path / "other.json"
    made.keys.write_text(json.dumps({"keys": [made.key.as_dict(private=False)]}))
    return made


@pytest.fixture(scope="module")
def module_issuer():
    """An issuer that all tests of a module share; its keys never change."""
    return Issuer()


@pytest.fixture(scope="module")
def trusting_server(start_module_server, module_issuer):
    """A server that trusts it; `log` holds what it logs."""
    keys = Keys()
    keys.gives(module_issuer.key)
    log = io.StringIO()
    logs.configure(Settings(log_format="json"), log)
    server = start_module_server(jwt_issuer=module_issuer.name, jwt_audience="offers", jwt_keys=keys.url)
    server.log = log
    yield server
    logs.configure(Settings())
    keys.close()


@pytest.fixture
def log():
    """What is logged while a test runs."""
    stream = io.StringIO()
    logs.configure(Settings(log_format="json"), stream)
    yield stream
    logs.configure(Settings())


@pytest.fixture
def trusting(start_server, issuer, keys):
    """Starts servers that trust the issuer."""

    def start(**more):
        own = {"jwt_issuer": issuer.name, "jwt_audience": "offers", "jwt_keys": keys.url}
        return start_server(**own | more)

    return start
