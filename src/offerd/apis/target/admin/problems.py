"""Errors of the Admin API: one body for all, with the request's id and time and a list of errors."""

from __future__ import annotations

from typing import Any

from offerd.apis import errors as http
from offerd.apis.operation import Answer, Circumstances
from offerd.apis.target.problems import UnknownClient, document
from offerd.model import codec
from offerd.model.codec import Fault
from offerd.services import errors
from offerd.services.clock import instant

#: The status of what is the server's own fault.
INTERNAL = 500
_BROKEN = "The server could not answer; its log says why, under this request's id"

#: The error code of each status that has no code of its own.
_CODES = {
    400: "Invalid.Request",
    401: "Not.Authenticated",
    403: "Not.Authorized",
    404: "Not.Found",
    405: "Unsupported.Method",
    406: "Unsupported.Feature",
    413: "Body.TooLarge",
    415: "Unsupported.MediaType",
}


class WrongVersion(http.NotAcceptable):
    """A version of the API that a route does not have."""

    code = "wrong-version"


class Unsupported(http.HttpError):
    """What the API has and this server does not."""

    code = "unsupported"


def failure(error: Exception) -> Answer:
    """The answer to anything that went wrong, where nothing is known of the request."""
    return failure_at(error, Circumstances())


def failure_at(error: Exception, circumstances: Circumstances) -> Answer:
    """The answer to anything that went wrong."""
    status, told, headers = _told(error)
    body = {
        "httpStatus": status,
        "requestId": circumstances.request,
        "requestTime": codec.instant_text(instant(circumstances.now)),
        "errors": told,
    }
    return document(body, status, headers)


def _told(error: Exception) -> tuple[int, list[dict[str, Any]], tuple[tuple[str, str], ...]]:
    """The status, the list of errors and the headers of what went wrong."""
    if isinstance(error, UnknownClient):
        return 404, [_one("Unknown.Tenant", "The tenant that the path names is not known here")], ()
    if isinstance(error, http.HttpError):
        code = _CODES[406] if isinstance(error, Unsupported) else _CODES.get(error.status, _CODES[400])
        return error.status, [_one(code, str(error))], error.headers
    if isinstance(error, errors.TooMany):
        return 503, [_one("Too.Many.Requests", str(error))], (("retry-after", str(error.seconds)),)
    if isinstance(error, (codec.Invalid, errors.ServiceError)):
        return *_of_service(error), ()
    return INTERNAL, [_one("Internal.Error", _BROKEN)], ()


def _of_service(error: codec.Invalid | errors.ServiceError) -> tuple[int, list[dict[str, Any]]]:
    if isinstance(error, errors.NotFound):
        return 404, [_one(_CODES[404], str(error))]
    if isinstance(error, errors.Referenced):
        return 400, [_one("Resource.InUse", str(error))]
    return 400, [_of_fault(fault) for fault in error.faults] or [_one(_CODES[400], str(error))]


def _of_fault(fault: Fault) -> dict[str, Any]:
    return _one("Invalid.Input", fault.told(), {"field": fault.pointer} if fault.pointer else None)


def _one(code: str, message: str, meta: dict[str, Any] | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"errorCode": code, "message": message}
    return made if meta is None else {**made, "meta": meta}
