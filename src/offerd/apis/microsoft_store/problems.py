"""Errors in this format's shape: an HTTP status, and a body with `code` and `message`.

Its clients read nothing but the status; the code is for those who look into it.
"""

from __future__ import annotations

from offerd.apis import errors as http
from offerd.apis.operation import Answer
from offerd.model import codec, json
from offerd.services import errors

_BROKEN = "The server could not answer; its log says why, under this request's id"

_CHALLENGE = (("www-authenticate", 'Bearer realm="offerd", error="invalid_token"'),)

#: Codes of what can be wrong with a request before this format sees it.
_CODES = {
    401: "Unauthorized",
    403: "Unauthorized",
    404: "NotFound",
    405: "MethodNotAllowed",
    413: "RequestTooLarge",
    415: "UnsupportedMediaType",
}


class Wrong(http.HttpError):
    """A claim that a client has to put right.

    Attributes:
        shown: the code that the answer carries.
    """

    code = "rejected"

    def __init__(self, shown: str, message: str) -> None:
        super().__init__(message)
        self.shown = shown


class NoUser(http.Unauthenticated):
    """A token that speaks for no person."""

    def __init__(self) -> None:
        super().__init__("The token speaks for no user of an application", _CHALLENGE)


def failure(error: Exception) -> Answer:
    """The answer to anything that went wrong."""
    if isinstance(error, Wrong):
        return _problem(400, error.shown, str(error))
    if isinstance(error, (http.MissingScope, http.ForeignWorkspace)):
        # The format knows one way of refusing a caller.
        return _problem(401, _CODES[401], "The token speaks for no user of an application", _CHALLENGE)
    if isinstance(error, http.HttpError):
        return _problem(error.status, _CODES.get(error.status, "InvalidRequest"), str(error), error.headers)
    if isinstance(error, errors.TooMany):
        return _problem(429, "TooManyRequests", error.message, (("retry-after", str(error.seconds)),))
    if isinstance(error, (errors.ServiceError, codec.Invalid)):
        return _problem(400, "InvalidRequest", str(error))
    return _problem(500, "InternalError", _BROKEN)


def _problem(status: int, code: str, message: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(status=status, body=json.dumps({"code": code, "message": message}), headers=headers)
