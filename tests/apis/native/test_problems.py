"""Every error has one shape, and a code that the documentation names."""

import inspect
import json
import re
from pathlib import Path

import pytest

from offerd.apis import errors as http
from offerd.apis.native import problems
from offerd.model.codec import Fault, Invalid
from offerd.model.decision import Reason
from offerd.services import errors

DOCS = Path(__file__).parents[3] / "docs" / "api" / "native.md"


def subclasses(module, base):
    return [kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, base)]


def test_every_code_is_documented_with_its_status():
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE))
    assert rows == {code: str(kind.status) for code, kind in problems.KINDS.items()}


@pytest.mark.parametrize("kind", subclasses(http, http.HttpError))
def test_what_is_wrong_with_a_request_has_a_code_with_the_same_status(kind):
    assert problems.KINDS[kind.code].status == kind.status


@pytest.mark.parametrize("kind", [k for k in subclasses(errors, errors.ServiceError) if k is not errors.ServiceError])
def test_what_a_service_refuses_has_a_code(kind):
    assert kind.code in problems.KINDS or kind is errors.FolderHeld


def tree(answer):
    assert answer.media == "application/problem+json"
    return json.loads(answer.body)


def test_an_invalid_document_points_to_everything_that_is_wrong():
    problem = tree(problems.failure(Invalid(Fault("/a", "is required"), Fault("/b/0", "is not a date"))))
    assert problem == {
        "type": "urn:offerd:problem:invalid",
        "title": "The document is not valid",
        "status": 422,
        "detail": "/a: is required (and 1 more)",
        "errors": [
            {"pointer": "/a", "message": "is required"},
            {"pointer": "/b/0", "message": "is not a date"},
        ],
    }


def test_a_wrong_parameter_is_named():
    problem = tree(problems.failure(http.BadParameter("limit", "expected a number")))
    assert problem["errors"] == [{"parameter": "limit", "message": "expected a number"}]


def test_what_names_an_object_is_told():
    by = [errors.Referrer("/fallback", "activities", "checkout")]
    problem = tree(problems.failure(errors.Referenced("fallbacks", "plain", by)))
    assert problem["status"] == 409
    assert problem["referrers"] == [{"kind": "activities", "id": "checkout", "pointer": "/fallback"}]


def test_a_stale_write_is_told_the_present_version():
    answer = problems.failure(errors.Stale("offers", "mug", 7))
    assert tree(answer)["version"] == 7
    assert ("etag", '"7"') in answer.headers


def test_a_refused_interaction_is_told_why():
    problem = tree(problems.failure(errors.Refused("no", [Reason(code="cap.full", stage="cap")])))
    assert problem["reasons"] == [{"code": "cap.full", "stage": "cap"}]


def test_an_error_of_the_servers_own_tells_nothing_of_itself():
    answer = problems.failure(RuntimeError("jo@example.com has no row"))
    assert answer.status == 500
    assert b"jo@example.com" not in answer.body
