"""What can be wrong with a request before a service sees it; every wire format gives these its own shape."""

from __future__ import annotations

from collections.abc import Iterable


class HttpError(Exception):
    """A request that is refused.

    Attributes:
        code: stable, for programs.
        status: the HTTP status that fits.
        headers: what the answer must carry.
    """

    code = "bad-request"
    status = 400

    def __init__(self, message: str, headers: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.headers = tuple(headers)


class BadParameter(HttpError):
    """A query parameter or header that is unknown, missing or wrong.

    Attributes:
        parameter: its name.
    """

    code = "invalid-parameter"

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(f"{parameter}: {message}")
        self.parameter = parameter
        self.message = message


class MalformedBody(HttpError):
    """A body that cannot be read at all: not JSON, nested too deeply, not YAML, not UTF-8."""

    code = "malformed-body"


class Unauthenticated(HttpError):
    """No token, or one that is unknown or revoked."""

    code = "unauthenticated"
    status = 401


class MissingScope(HttpError):
    """A token that may not do this."""

    code = "missing-scope"
    status = 403


class ForeignWorkspace(HttpError):
    """A token that names another workspace than its own."""

    code = "foreign-workspace"
    status = 403


class NoSuchRoute(HttpError):
    """A path that leads nowhere."""

    code = "no-such-route"
    status = 404


class NoSuchMethod(HttpError):
    """A method that this path does not take."""

    code = "no-such-method"
    status = 405


class NotAcceptable(HttpError):
    """An `Accept` that nothing here can satisfy."""

    code = "not-acceptable"
    status = 406


class TooLarge(HttpError):
    """A body that is longer than its route takes."""

    code = "body-too-large"
    status = 413


class UnsupportedMedia(HttpError):
    """A body of a type that its route does not take."""

    code = "unsupported-media-type"
    status = 415
