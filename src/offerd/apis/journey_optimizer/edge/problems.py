"""The Edge's error shape: small problems, alone or beside the handles of an answer."""

from __future__ import annotations

from typing import Any

from offerd.apis import errors as http
from offerd.apis.operation import Answer, Circumstances
from offerd.model import codec, json
from offerd.services import errors

MEDIA = "application/problem+json"

_TYPE = "https://ns.adobe.com/aep/errors/"

#: Number, HTTP status and title of each sort of problem, by our word for it. `EXEG-0003-400` is the Edge's own.
KINDS: dict[str, tuple[int, int, str]] = {
    "datastream": (3, 400, "Invalid datastream ID"),
    "malformed": (1001, 400, "Invalid request"),
    "not-found": (1002, 404, "Not found"),
    "no-such-method": (1003, 405, "Method not allowed"),
    "body-too-large": (1004, 413, "Body too large"),
    "unsupported-media-type": (1005, 415, "Unsupported media type"),
    "unprocessable": (1006, 422, "Unprocessable request"),
    "feedback": (1007, 422, "Feedback that names nothing known"),
    "too-many": (1008, 429, "Too many requests"),
    "internal": (1500, 500, "Internal error"),
}

_OF_STATUS = {404: "not-found", 405: "no-such-method", 413: "body-too-large", 415: "unsupported-media-type"}


class UnknownDatastream(Exception):
    """A request whose datastream leads nowhere."""

    code = "datastream"


def document(code: str, detail: str, request: str) -> dict[str, Any]:
    """A problem as it stands in an answer."""
    number, status, title = KINDS[code]
    return {
        "type": f"{_TYPE}EXEG-{number:04d}-{status}",
        "status": status,
        "title": title,
        "detail": detail,
        "report": {"requestId": request},
    }


def failure(error: Exception, at: Circumstances | None = None) -> Answer:
    """The answer to anything that went wrong."""
    code, detail = _told(error)
    body = document(code, detail, at.request if at is not None else "")
    headers = (("retry-after", str(error.seconds)),) if isinstance(error, errors.TooMany) else ()
    return Answer(status=body["status"], body=json.dumps(body), media=MEDIA, headers=headers)


def _told(error: Exception) -> tuple[str, str]:
    if isinstance(error, UnknownDatastream):
        return "datastream", str(error)
    if isinstance(error, errors.TooMany):
        return error.code, error.message
    if isinstance(error, http.HttpError):
        return _OF_STATUS.get(error.status, "malformed"), str(error)
    if isinstance(error, (codec.Invalid, errors.ServiceError)):
        return ("not-found" if isinstance(error, errors.NotFound) else "unprocessable"), str(error)
    return "internal", "The server could not answer; its log says why, under this request's id"
