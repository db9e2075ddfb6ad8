"""Errors in the delivery API's shape: an HTTP status, and a body with `status` and `message`."""

from __future__ import annotations

from typing import Any

from offerd.apis import errors as http
from offerd.apis.operation import Answer
from offerd.model import codec, json
from offerd.services import errors

_INTERNAL = 500
_BROKEN = "The server could not answer; its log says why, under this request's id"


class Rejected(http.HttpError):
    """A request that a client has to put right."""

    code = "rejected"


class UnknownClient(http.HttpError):
    """A client code or organisation that leads to no workspace."""

    code = "unknown-client"


class UnknownProfile(http.HttpError):
    """A visitor that is not known."""

    code = "unknown-profile"
    status = 404


class UnknownArtifact(http.HttpError):
    """An on-device artifact that there is not: of no workspace, or of a property that it does not have."""

    code = "unknown-artifact"
    status = 404


class NotPublished(http.HttpError):
    """Artifacts that the settings keep from everybody; clients take 403 for just that."""

    code = "not-published"
    status = 403


class TooMany(http.HttpError):
    """Too many requests at once of one session."""

    code = "too-many-requests"
    status = 420


def failure(error: Exception) -> Answer:
    """The answer to anything that went wrong."""
    status, message, headers = told(error)
    return document({"status": status, "message": message}, status, headers)


def failure_of_mbox(error: Exception) -> Answer:
    """The same in the older wire's shape, whose clients show the member `error`."""
    status, message, headers = told(error)
    return document({"error": message}, status, headers)


def told(error: Exception) -> tuple[int, str, tuple[tuple[str, str], ...]]:
    """The status, message and headers of an error."""
    if isinstance(error, http.HttpError):
        return error.status, str(error), error.headers
    if isinstance(error, errors.NotFound):
        return 404, str(error), ()
    if isinstance(error, errors.TooMany):
        return 429, error.message, (("retry-after", str(error.seconds)),)
    if isinstance(error, (codec.Invalid, errors.ServiceError)):
        return 400, str(error), ()
    return _INTERNAL, _BROKEN, ()


def document(tree: Any, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """An answer of JSON."""
    return Answer(status=status, body=json.dumps(tree), headers=headers)
