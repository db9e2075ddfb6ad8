"""The native API's one error shape: RFC 9457 problems, and what becomes which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import singledispatch
from typing import Any, NamedTuple

from offerd.apis import errors as http
from offerd.apis.operation import Answer
from offerd.model import codec, json
from offerd.services import errors

#: The media type of every error.
MEDIA = "application/problem+json"

#: What the `type` of every problem starts with.
PREFIX = "urn:offerd:problem:"


class Kind(NamedTuple):
    """A sort of problem.

    Attributes:
        status: the HTTP status.
        title: what went wrong, the same words each time.
    """

    status: int
    title: str


#: Every code there is; they never change their meaning.
KINDS: dict[str, Kind] = {
    "bad-request": Kind(400, "The request cannot be read"),
    "invalid-parameter": Kind(400, "A parameter or header is wrong"),
    "malformed-body": Kind(400, "The body cannot be read"),
    "unauthenticated": Kind(401, "The request is not authenticated"),
    "missing-scope": Kind(403, "The token does not have the scope"),
    "foreign-workspace": Kind(403, "The token is of another workspace"),
    "forbidden": Kind(403, "The caller may not do this"),
    "not-found": Kind(404, "There is no such object"),
    "no-such-route": Kind(404, "The path leads nowhere"),
    "no-such-method": Kind(405, "The path does not take this method"),
    "not-acceptable": Kind(406, "No media type that the client accepts can be given"),
    "exists": Kind(409, "The object is there already"),
    "referenced": Kind(409, "The object is named by others"),
    "stale": Kind(412, "The object has changed since it was read"),
    "body-too-large": Kind(413, "The body is too long"),
    "unsupported-media-type": Kind(415, "The body is of a type that the route does not take"),
    "invalid": Kind(422, "The document is not valid"),
    "unprocessable": Kind(422, "The request cannot be carried out"),
    "refused": Kind(409, "The interaction was refused"),
    "key-reused": Kind(422, "The idempotency key was used for another request"),
    "too-many": Kind(429, "The caller makes too many calls"),
    "internal": Kind(500, "The server met an error of its own"),
}


@singledispatch
def failure(error: Exception) -> Answer:
    """The answer to anything that went wrong; what nothing below knows is an error of the server's own."""
    del error  # its words may be anybody's
    return problem("internal", "The server could not answer; its log says why, under this request's id")


@failure.register
def _http(error: http.HttpError) -> Answer:
    return problem(error.code, str(error), headers=error.headers)


@failure.register
def _parameter(error: http.BadParameter) -> Answer:
    return problem(error.code, str(error), errors=[{"parameter": error.parameter, "message": error.message}])


@failure.register
def _invalid(error: codec.Invalid) -> Answer:
    return _at_fault("invalid", error.faults)


@failure.register
def _service(error: errors.ServiceError) -> Answer:
    if error.faults:
        return _at_fault(error.code, error.faults)
    return problem(error.code, error.message)


@failure.register
def _referenced(error: errors.Referenced) -> Answer:
    named = [{"kind": by.kind, "id": by.id, "pointer": by.pointer} for by in error.by]
    return problem(error.code, error.message, referrers=named)


@failure.register
def _stale(error: errors.Stale) -> Answer:
    return problem(error.code, error.message, headers=(("etag", f'"{error.version}"'),), version=error.version)


@failure.register
def _too_many(error: errors.TooMany) -> Answer:
    return problem(error.code, error.message, headers=(("retry-after", str(error.seconds)),))


@failure.register
def _refused(error: errors.Refused) -> Answer:
    return problem(error.code, error.message, reasons=error.reasons)


def _at_fault(code: str, faults: Sequence[codec.Fault]) -> Answer:
    """A problem with a pointer to everything that is wrong, and the first of it in words."""
    first = faults[0]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    listed = [{"pointer": fault.pointer, "message": fault.message} for fault in faults]
    return problem(code, f"{first.told()}{more}", errors=listed)


def problem(
    code: str,
    detail: str,
    *,
    errors: Iterable[dict[str, Any]] = (),
    headers: Iterable[tuple[str, str]] = (),
    **members: Any,
) -> Answer:
    """A problem.

    Args:
        code: one of `KINDS`.
        detail: what went wrong this time.
        errors: where: each a JSON pointer into the body, or a parameter, with a message.
        headers: what the answer must carry.
        members: what else is known.
    """
    kind = KINDS[code]
    tree = {"type": PREFIX + code, "title": kind.title, "status": kind.status, "detail": detail}
    listed = list(errors)
    if listed:
        tree["errors"] = listed
    tree.update(members)
    return Answer(status=kind.status, body=json.dumps(codec.tree(tree)), media=MEDIA, headers=tuple(headers))
