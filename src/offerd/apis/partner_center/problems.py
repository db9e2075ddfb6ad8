"""Errors in this format's shape: a code and its description; too many calls have a shape of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from offerd.apis import errors as http
from offerd.apis.operation import Answer, Circumstances
from offerd.apis.partner_center import tracing
from offerd.model import codec, json
from offerd.services import errors

#: What answers say that they come from.
SOURCE = "offerd"

#: HTTP status and text by code.
KINDS: dict[str, tuple[int, str]] = {
    "400": (401, "Access denied"),
    "800001": (401, "Partner Token missing in request context"),
    "2032": (403, "Access denied"),
    "20002": (403, "The partner ID {0} has no commerce relationship with the customer ID {1}."),
    "1000": (404, "Not found"),
    "400013": (404, "Product not found"),
    "400018": (404, "SKU not found"),
    "405": (405, "The method is not allowed"),
    "800002": (400, "Invalid request input"),
    "900118": (400, "Invalid Customer ID"),
    "800003": (500, "Unexpected service error"),
}


class Rejected(Exception):
    """A request that is refused with one of the format's own codes.

    Attributes:
        code: one of `KINDS`.
        names: what stands in the description's places.
        data: what is wrong, and where.
    """

    def __init__(self, code: str, *names: str, data: Sequence[Any] = ()) -> None:
        super().__init__(KINDS[code][1].format(*names))
        self.code = code
        self.data = list(data)


class Flaw(NamedTuple):
    """What is wrong with a request.

    Attributes:
        field: where: a parameter of the query, or a member of the body such as `items[0].quantity`.
        message: what was expected.
    """

    field: str
    message: str


#: The code of each sort of error; the first that fits.
_CODES: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((http.MissingScope, http.ForeignWorkspace, errors.Forbidden), "2032"),
    ((http.NoSuchRoute, errors.NotFound), "1000"),
    ((http.NoSuchMethod,), "405"),
    ((http.HttpError, codec.Invalid, errors.ServiceError), "800002"),
)


def invalid(*flaws: Flaw) -> Rejected:
    """The refusal of a request that is not as it has to be, with everything that is wrong."""
    return Rejected("800002", data=[flaw._asdict() for flaw in flaws])


def failure(error: Exception, at: Circumstances | None = None) -> Answer:
    """The answer to anything that went wrong."""
    at = at or Circumstances()
    traced = tracing.headers(at.headers, at.request)
    if isinstance(error, errors.TooMany):
        message = f"Rate limit is exceeded. Try again in {error.seconds} seconds."
        body = {"statusCode": 429, "message": message}
        return Answer(status=429, body=json.dumps(body), headers=(("retry-after", str(error.seconds)), *traced))
    told = _told(error, at)
    status = error.status if isinstance(error, http.TooLarge) else KINDS[told.code][0]
    body = {"code": told.code, "description": str(told), "source": SOURCE}
    if told.data:
        body["data"] = told.data
    return Answer(status=status, body=json.dumps(body), headers=(*_headers(error, traced), *traced))


def _told(error: Exception, at: Circumstances) -> Rejected:
    """What an error is in this format."""
    if isinstance(error, Rejected):
        return error
    if isinstance(error, http.Unauthenticated):
        return Rejected("400" if at.headers.get("authorization") else "800001")
    code = next((code for types, code in _CODES if isinstance(error, types)), "800003")
    return Rejected(code, data=[str(error)] if code == "800002" else ())


def _headers(error: Exception, traced: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    if isinstance(error, http.Unauthenticated):
        return (("www-authenticate", f"OAuth realm=urn:cpsvc:cpid:{dict(traced)[tracing.CORRELATION]}"),)
    return error.headers if isinstance(error, http.NoSuchMethod) else ()
