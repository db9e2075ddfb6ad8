"""Every request passes one door, whatever it asks for."""

import asyncio
import io
import json

import pytest
from sqlalchemy.exc import OperationalError

from offerd.services.tokens import SCOPES
from offerd.settings import Settings
from offerd.web import logs
from offerd.web.app import APIS


def test_every_answer_carries_a_request_id_and_safe_headers(server):
    with server.client("") as client:
        for path in ("/healthz", "/nowhere", "/offerd/v1/tokens", "/docs"):
            answer = client.get(path, headers={"x-request-id": "mine-1"})
            assert answer.headers["x-request-id"] == "mine-1"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["x-frame-options"] == "DENY"
            assert "'none'" in answer.headers["content-security-policy"]
            assert "server" not in answer.headers
            assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/nowhere", "/offerd", "/offerd/v1", "/offerd/v1/nothing/here/at/all", "/schema"])
def test_a_path_that_leads_nowhere_is_a_problem(server, path):
    with server.client("") as client:
        answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:offerd:problem:no-such-route"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/offerd/v1/tokens", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("/offerd/v1/workspaces/x", {"GET", "HEAD", "OPTIONS", "PUT"}),
    ],
)
def test_a_method_that_a_path_does_not_take_is_told_which_it_does(api, path, allowed):
    answer = api.request("TRACE", path.removeprefix("/offerd/v1"))
    assert answer.status_code == 405
    assert answer.json()["type"] == "urn:offerd:problem:no-such-method"
    assert set(answer.headers["allow"].split(", ")) == allowed


def test_options_tells_what_a_path_takes(server):
    with server.client("") as client:
        for path in ("/offerd/v1/tokens", "/offerd/v1/workspaces/x"):
            answer = client.options(path)
            assert answer.status_code == 204
            assert answer.headers["allow"].startswith("GET, HEAD, OPTIONS, P")


def test_head_is_answered_as_get_is_without_the_body(api):
    for path in ("/tokens", "/workspaces/default"):
        got, headed = api.get(path), api.head(path)
        assert headed.status_code == 200
        assert headed.content == b""
        assert headed.headers["content-length"] == got.headers["content-length"]


def test_an_id_in_a_path_may_hold_any_printable_character(api):
    name = "web://x/#hero?a=%2F&ä=1"
    assert api.post("/workspaces", json={"id": name}).status_code == 201
    encoded = "web%3A%2F%2Fx%2F%23hero%3Fa%3D%252F%26%C3%A4%3D1"
    assert api.get(f"/workspaces/{encoded}").json()["id"] == name


def test_a_path_that_is_not_utf_8_leads_nowhere(api):
    assert api.get("/workspaces/%ff").status_code == 404


def test_each_route_declares_its_scope_and_its_body_limit(server):
    app = server._server.config.app
    seen = 0
    for route in app.routes:
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]:
            declared = handler.opt["operations"]
            assert declared
            methods = {str(method) for method in getattr(handler, "http_methods", declared)}
            assert methods == declared.keys() | ({"OPTIONS"} if hasattr(handler, "http_methods") else set())
            for words in declared.values():
                assert words["scope"] in {*SCOPES, "public"}
                assert words["body_limit"] in {"none", "body_limit", "import_limit"}
                seen += 1
    assert seen == sum(len(api.operations) for api in APIS) + 11


def test_what_needs_no_token_is_what_visitors_call():
    public = {api.name for api in APIS for o in api.operations if o.scope == "public"}
    assert public.isdisjoint({"native", "journey_optimizer"})


def test_a_body_is_taken_where_a_limit_is_declared_and_nowhere_else():
    for api in APIS:
        for operation in api.operations:
            assert (operation.payload is None) == (operation.limit == "none"), operation.id


def test_one_line_is_logged_for_a_request_without_anything_secret(start_server, monkeypatch):
    lines = io.StringIO()
    logs.configure(Settings(log_format="json"), lines)
    server = start_server()
    with server.client() as client:
        client.post("/offerd/v1/tokens", json={"name": "shop", "scopes": ["decide"]}, headers={"x-request-id": "r1"})
        client.get("/offerd/v1/workspaces/jo%40example.com")
    server.run(asyncio.sleep(0))  # the line comes right after the answer
    events = [json.loads(line) for line in lines.getvalue().splitlines()]
    first, second = [event for event in events if event["event"] == "request"]
    assert first["request"] == "r1"
    assert first["method"] == "POST"
    assert first["route"] == "/offerd/v1/tokens"
    assert first["status"] == 201
    assert first["workspace"] == "default"
    assert first["milliseconds"] > 0
    assert second["problem"] == "not-found"
    assert "ofd_" not in lines.getvalue()
    assert "jo@example.com" not in lines.getvalue()
    assert "jo%40example.com" not in lines.getvalue()


def test_the_code_of_a_librarys_error_is_no_problem_of_ours(start_server, monkeypatch, log):
    server = start_server()

    def broken(*_, **__):
        raise OperationalError("SELECT 1", None, Exception("no such table"))

    monkeypatch.setattr(server.house.tokens, "list", broken)
    with server.client() as client:
        assert client.get("/offerd/v1/tokens").status_code == 500
    server.run(asyncio.sleep(0))  # the line comes right after the answer
    events = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [event["problem"] for event in events if event["event"] == "request"] == ["internal"]
