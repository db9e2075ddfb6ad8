"""The page client, as it is served."""

import base64
import gzip
import hashlib
import re
from pathlib import Path

import pytest

import offerd
from offerd.browser import page_client, source

FOREVER = f"/offerd-{offerd.__version__}.js"
DOCUMENT = Path(__file__).parents[2] / "docs" / "page-client.md"


@pytest.fixture
def client(server):
    with server.client("") as client:
        yield client


def integrity(served):
    return "sha384-" + base64.b64encode(hashlib.sha384(served).digest()).decode()


@pytest.mark.parametrize(("path", "caching"), [("/offerd.js", "max-age=300"), (FOREVER, "immutable")])
def test_pages_of_any_origin_may_load_it(client, path, caching):
    answer = client.get(path, headers={"origin": "https://shop.example"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert caching in answer.headers["cache-control"]
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.content == page_client().served


def test_its_integrity_is_published(client):
    told = client.get("/offerd.json").json()
    answer = client.get(told["script"])
    assert told["script"] == FOREVER
    assert told["version"] == offerd.__version__
    assert told["integrity"] == integrity(answer.content) == answer.headers["x-integrity"]
    assert told["size"] == len(answer.content)


def test_the_page_of_the_documentation_names_the_same_integrity():
    page = DOCUMENT.read_text()
    assert re.findall(r'integrity="(.+?)"', page) == [page_client().integrity]
    assert f'src="https://offers.example.com{FOREVER}"' in page


def test_it_is_small(client):
    answer = client.get("/offerd.js", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 12 * 1024
    assert len(gzip.compress(answer.content, 9)) < 12 * 1024


@pytest.mark.parametrize("accepted", ["identity", "gzip;q=0", "br"])
def test_it_is_not_compressed_for_whoever_does_not_take_it(client, accepted):
    answer = client.get("/offerd.js", headers={"accept-encoding": accepted})
    assert "content-encoding" not in answer.headers
    assert answer.content == page_client().served


def test_it_is_not_sent_to_whoever_has_it(client):
    tag = client.get("/offerd.js").headers["etag"]
    assert tag == client.get("/offerd.js", headers={"accept-encoding": "identity"}).headers["etag"]
    assert tag.startswith('W/"')  # as it is one for both
    answer = client.get("/offerd.js", headers={"if-none-match": f'"other", {tag}'})
    assert (answer.status_code, answer.content) == (304, b"")
    assert client.get("/offerd.js", headers={"if-none-match": '"other"'}).status_code == 200


def test_another_release_is_not_here(client):
    assert client.get("/offerd-0.0.0.js").status_code == 404


def test_it_knows_its_version():
    assert f'const VERSION = "{offerd.__version__}";' in source()
    assert source().startswith(f"/*! offerd.js {offerd.__version__} ")


def test_its_types_are_served(client):
    answer = client.get("/offerd.d.ts")
    assert "export" in answer.text or "declare" in answer.text
    assert answer.headers["content-type"].startswith("text/plain")


def test_every_setting_is_typed_and_documented_as_it_is(client):
    """No setting is without a type, and the page names all of them."""
    settings = source().partition("const DEFAULTS = {")[2].partition("\n  };")[0]
    names = re.findall(r"^    (\w+):", settings, flags=re.MULTILINE)
    assert len(names) > 25
    types = client.get("/offerd.d.ts").text
    page = DOCUMENT.read_text()
    for name in names:
        assert re.search(rf"^  {name}\?:", types, flags=re.MULTILINE), name
        assert f"`{name}`" in page, name


def test_every_function_is_typed_and_documented(client):
    functions = re.search(r"const api = \{ (.+) \};", source())[1].split(", ")
    types = client.get("/offerd.d.ts").text
    page = DOCUMENT.read_text()
    for name in [each.partition(":")[0] for each in functions]:
        assert re.search(rf"^  (readonly )?{name}[(<:]", types, flags=re.MULTILINE), name
        assert f"`{name}" in page, name
