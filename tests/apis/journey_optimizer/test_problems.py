"""Errors: one shape, codes that are stable and documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from offerd.apis import errors as http
from offerd.apis.journey_optimizer import problems
from offerd.apis.operation import Circumstances
from offerd.model import codec, json
from offerd.services import errors

PAGE = Path(__file__).parents[3] / "docs" / "api" / "journey-optimizer.md"


def test_every_code_is_documented_with_its_number_and_status() -> None:
    rows = re.findall(r"^\| (\d{4}) \| (\d{3}) \| `([a-z-]+)` \|", PAGE.read_text(), re.MULTILINE)
    assert {code: (int(number), int(status)) for number, status, code in rows} == {
        code: (kind.number, kind.status) for code, kind in problems.KINDS.items()
    }


def test_numbers_are_unique() -> None:
    assert len({kind.number for kind in problems.KINDS.values()}) == len(problems.KINDS)


def every(error: type[Exception]) -> set[type[Exception]]:
    return {error} | {each for one in error.__subclasses__() for each in every(one)}


def test_every_error_of_a_request_or_service_has_a_kind_with_its_status() -> None:
    for error in every(http.HttpError):
        if error.__module__ == http.__name__:
            assert problems.KINDS[error.code].status == error.status, error
    for error in every(errors.ServiceError) - {errors.ServiceError, errors.FolderHeld}:
        if error.__module__ == errors.__name__:
            assert error.code in problems.KINDS, error


ERRORS = [
    (RuntimeError("secret"), "internal"),
    (http.BadParameter("limit", "wrong"), "invalid-parameter"),
    (http.Unauthenticated("no"), "unauthenticated"),
    (problems.BadCursor("no"), "bad-cursor"),
    (codec.Invalid(codec.Fault("/a", "no"), codec.Fault("/b", "no")), "invalid"),
    (errors.NotFound("tags", "t"), "not-found"),
    (errors.Unprocessable("no", "/0"), "unprocessable"),
    (errors.Stale("tags", "t", 3), "stale"),
    (errors.Refused("no"), "refused"),
    (errors.Referenced("tags", "t", [errors.Referrer("/tags", "offers", "o")]), "referenced"),
]


@pytest.mark.parametrize(("error", "code"), ERRORS, ids=lambda value: value if isinstance(value, str) else "")
def test_every_error_has_the_one_shape(error: Exception, code: str) -> None:
    at = Circumstances(
        request="r1",
        path="/data/core/xcore/c/instances",
        headers={"x-gw-ims-org-id": "SHOP@AdobeOrg", "x-sandbox-name": "dev"},
        workspace="default",
        now=5_000_000,
    )
    answer = problems.failure(error, at)
    tree, kind = json.loads(answer.body), problems.KINDS[code]
    assert answer.status == kind.status
    assert answer.media == "application/problem+json"
    assert tree["type"] == f"https://ns.adobe.com/aep/errors/XCORE-{kind.number}-{kind.status}"
    assert (tree["title"], tree["status"], tree["request-id"]) == (kind.title, kind.status, ["r1"])
    assert tree["report"]["tenantInfo"]["imsOrgId"] == "SHOP@AdobeOrg"
    assert tree["report"]["additionalContext"]["code"] == code
    assert tree["error-chain"][0]["unixTimeStampMs"] == 5_000
    assert "secret" not in answer.body.decode()


def test_an_error_before_anything_is_known_of_the_request_has_it_too() -> None:
    assert json.loads(problems.failure(errors.NotFound("tags", "t")).body)["request-id"] == []


@pytest.mark.parametrize(
    ("path", "service"),
    [("/data/core/xcore/", "XCORE"), ("/data/core//ods/decisions", "ODS"), ("/data/core/dwm/x", "DWM"), ("/x", "DPS")],
)
def test_the_code_names_the_service_of_the_path(path: str, service: str) -> None:
    tree = json.loads(problems.failure(errors.NotFound("tags", "t"), Circumstances(path=path)).body)
    assert tree["type"].endswith(f"/{service}-1201-404")
