"""Errors in this format's shape: a message, a type that clients choose an exception by, a code, and the parameter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from offerd.apis import errors as http
from offerd.apis.operation import Answer
from offerd.model import codec, json
from offerd.services import errors

_BROKEN = "The server could not answer; its log says why, under this request's id"


class Kind(NamedTuple):
    """A sort of error.

    Attributes:
        status: the HTTP status.
        type: what clients make an exception of.
    """

    status: int
    type: str


#: Every code that is answered.
KINDS: dict[str, Kind] = {
    "param_wrong_value": Kind(400, "invalid_request"),
    "invalid_request": Kind(400, "invalid_request"),
    "resource_limit_exhausted": Kind(400, "invalid_request"),
    "api_authentication_failed": Kind(401, "untyped"),
    "api_authorization_failed": Kind(403, "untyped"),
    "resource_not_found": Kind(404, "invalid_request"),
    "site_not_found": Kind(404, "invalid_request"),
    "http_method_not_supported": Kind(405, "invalid_request"),
    "invalid_state_for_request": Kind(409, "invalid_request"),
    "unable_to_process_request": Kind(422, "invalid_request"),
    "api_request_limit_exceeded": Kind(429, "operation_failed"),
    "internal_error": Kind(500, "operation_failed"),
}

_HTTP: dict[type[http.HttpError], str] = {
    http.Unauthenticated: "api_authentication_failed",
    http.MissingScope: "api_authorization_failed",
    http.ForeignWorkspace: "api_authorization_failed",
    http.NoSuchRoute: "resource_not_found",
    http.NoSuchMethod: "http_method_not_supported",
}

_SERVICES: dict[type[errors.ServiceError], str] = {
    errors.NotFound: "resource_not_found",
    errors.Forbidden: "api_authorization_failed",
    errors.KeyReused: "unable_to_process_request",
    errors.Unprocessable: "unable_to_process_request",
    errors.Stale: "invalid_state_for_request",
    errors.Refused: "invalid_state_for_request",
}


class Rejected(http.HttpError):
    """A request that is refused in this format's own words.

    Args:
        name: one of `KINDS`.
        message: one sentence.
        param: the parameter that is wrong.
    """

    code = "rejected"

    def __init__(self, name: str, message: str, param: str | None = None) -> None:
        super().__init__(message if param is None else f"{param} : {message}")
        self.name = name
        self.param = param


def wrong(param: str, message: str) -> Rejected:
    """The error of a parameter that is missing or wrong."""
    return Rejected("param_wrong_value", message, param)


def unknown(param: str, id: str) -> Rejected:  # noqa: A002 - the wire's word
    """The error of an id that leads nowhere."""
    return Rejected("resource_not_found", f"{id[:100]} not found", param)


def conflict(message: str) -> Rejected:
    """The error of something that is in another state than the request needs."""
    return Rejected("invalid_state_for_request", message)


def failure(error: Exception) -> Answer:
    """The answer to anything that went wrong."""
    if isinstance(error, http.HttpError):
        return _refused(error)
    if isinstance(error, errors.TooMany):
        return told("api_request_limit_exceeded", error.message, headers=(("retry-after", str(error.seconds)),))
    if isinstance(error, errors.ServiceError):
        return told(_SERVICES.get(type(error), "invalid_request"), error.message)
    if isinstance(error, codec.Invalid):
        return told("invalid_request", str(error))
    return told("internal_error", _BROKEN)


def _refused(error: http.HttpError) -> Answer:
    if isinstance(error, Rejected):
        return told(error.name, str(error), error.param)
    if isinstance(error, http.BadParameter):
        return told("param_wrong_value", str(error), error.parameter)
    return told(_HTTP.get(type(error), "invalid_request"), str(error), headers=error.headers)


def told(name: str, message: str, param: str | None = None, headers: Iterable[tuple[str, str]] = ()) -> Answer:
    """An error.

    Args:
        name: one of `KINDS`.
        message: one sentence.
        param: the parameter that is wrong.
        headers: what the answer must carry.
    """
    kind = KINDS[name]
    tree: dict[str, Any] = {"message": message, "type": kind.type, "api_error_code": name}
    if param is not None:
        tree["param"] = param
    return Answer(status=kind.status, body=json.dumps(tree), headers=tuple(headers))
