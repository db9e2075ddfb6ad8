"""What the server says of itself."""

import errno
import re

import pytest
from sqlalchemy import text


def test_it_is_healthy_and_ready(server):
    with server.client("") as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "checks": {"catalogues": True, "writer": True}}


def test_it_is_not_ready_when_nothing_can_be_written(start_server):
    server = start_server()
    server.house.storage.writer.close()
    with server.client("") as client:
        answer = client.get("/readyz")
        assert client.get("/healthz").status_code == 200
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "checks": {"catalogues": True, "writer": False}}


def test_it_is_not_ready_while_what_is_written_is_not_kept(start_server, monkeypatch):
    server = start_server()

    def no_room(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    def fill(connection):
        most = connection.scalar(text("PRAGMA max_page_count"))
        connection.execute(text("PRAGMA max_page_count = 1"))
        try:
            connection.execute(text("CREATE TABLE large AS SELECT randomblob(1000000) AS content"))
        finally:
            connection.execute(text(f"PRAGMA max_page_count = {most}"))

    with server.client("") as client:
        with monkeypatch.context() as patched:
            patched.setattr("offerd.storage.sqlite.trial.TemporaryFile", no_room)
            with pytest.raises(OSError, match="full"):
                server.run(server.house.storage.writer.submit(fill))
            for _ in range(2):
                answer = client.get("/readyz")
                assert answer.status_code == 503
                assert answer.json() == {"status": "not ready", "checks": {"catalogues": True, "writer": False}}
            assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 200


def test_the_root_tells_newcomers_where_to_look(server):
    with server.client("") as client:
        told = client.get("/").json()
        described = client.get("/openapi.json").json()["paths"]
        assert told.pop("name") == "offerd"
        assert set(told.values()) == {"/docs", "/openapi.json", "/healthz", "/readyz"}
        for path in told.values():
            assert client.get(path).status_code == 200
    assert {"/", *told.values()} <= described.keys()


def test_the_root_needs_no_token_where_the_description_does(start_server):
    with start_server(docs_public=False).client("") as client:
        assert client.get("/").status_code == 200
        assert client.get("/openapi.json").status_code == 401


def test_it_is_not_ready_when_a_catalogue_cannot_be_loaded(start_server, monkeypatch):
    server = start_server()

    def broken(_workspace):
        raise RuntimeError

    monkeypatch.setattr(server.house.catalogue, "snapshot", broken)
    with server.client("") as client:
        assert client.get("/readyz").json()["checks"]["catalogues"] is False


def test_the_page_loads_everything_from_here(server):
    with server.client("") as client:
        page = client.get("/docs")
        assert page.headers["content-type"].startswith("text/html")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "http" not in policy
        assert "unsafe" not in policy
        addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert addresses
        for address in addresses:
            assert not re.match(r"(https?:)?//", address)
            if not address.startswith("data:"):
                answer = client.get(f"/{address}")
                assert answer.status_code == 200
                assert answer.content


def test_vendored_files_may_be_kept_for_ever_and_our_own_may_not(server):
    with server.client("") as client:
        page = client.get("/docs").text
        vendored = re.search(r'src="(docs/assets/swagger[^"]+)"', page)[1]
        answer = client.get(f"/{vendored}")
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-type"].startswith("text/javascript")
        assert client.get("/docs/assets/offerd/docs.js").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["offerd/nothing.js", "..%2F../app.py", "offerd/..%2F..%2Fapp.py", "vendor/README.md"])
def test_nothing_else_is_served(server, path):
    with server.client("") as client:
        assert client.get(f"/docs/assets/{path}").status_code == 404


def test_the_description_may_need_a_token(start_server):
    server = start_server(docs_public=False)
    with server.client("") as client:
        for path in ("/openapi.json", "/docs", "/docs/assets/offerd/docs.js"):
            assert client.get(path).status_code == 401
