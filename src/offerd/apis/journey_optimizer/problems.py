"""Journey Optimizer's error shape: platform problems with codes of our own, and what becomes which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import singledispatch
from typing import Any, NamedTuple

from offerd.apis import errors as http
from offerd.apis.journey_optimizer import ids
from offerd.apis.journey_optimizer.tenancy import ORGANISATION, SANDBOX, SANDBOX_ID
from offerd.apis.operation import Answer, Circumstances
from offerd.model import codec, json
from offerd.services import errors

#: The media type of every error.
MEDIA = "application/problem+json"

_TYPE = "https://ns.adobe.com/aep/errors/"


class Kind(NamedTuple):
    """A sort of problem.

    Attributes:
        number: of its code, which never changes its meaning.
        status: the HTTP status.
        title: what went wrong, the same words each time.
    """

    number: int
    status: int
    title: str


#: Every sort of problem, by our word for it. The code on the wire is service, number and status: `DPS-1422-422`.
KINDS: dict[str, Kind] = {
    "bad-request": Kind(1000, 400, "Bad request"),
    "invalid-parameter": Kind(1001, 400, "Invalid parameter"),
    "malformed-body": Kind(1002, 400, "Malformed body"),
    "bad-filter": Kind(1003, 400, "Invalid filter"),
    "bad-cursor": Kind(1004, 400, "Invalid cursor"),
    "bad-query": Kind(1005, 400, "Invalid search"),
    "unauthenticated": Kind(1101, 401, "Unauthenticated"),
    "missing-scope": Kind(1102, 403, "Missing scope"),
    "foreign-workspace": Kind(1103, 403, "Unknown organisation or sandbox"),
    "forbidden": Kind(1104, 403, "Forbidden"),
    "foreign-origin": Kind(1105, 403, "Foreign origin"),
    "not-found": Kind(1201, 404, "Not found"),
    "no-such-route": Kind(1202, 404, "No such path"),
    "no-such-method": Kind(1203, 405, "Method not allowed"),
    "not-acceptable": Kind(1204, 406, "Not acceptable"),
    "exists": Kind(1301, 409, "Already exists"),
    "stale": Kind(1302, 409, "Changed by another writer"),
    "referenced": Kind(1303, 409, "Still referenced"),
    "body-too-large": Kind(1401, 413, "Body too large"),
    "unsupported-media-type": Kind(1402, 415, "Unsupported media type"),
    "invalid": Kind(1403, 422, "Unprocessable entity"),
    "unprocessable": Kind(1404, 422, "Unprocessable entity"),
    "key-reused": Kind(1405, 422, "Idempotency key reused"),
    "refused": Kind(1406, 409, "Refused"),
    "too-many": Kind(1407, 429, "Too many requests"),
    "internal": Kind(1500, 500, "Internal error"),
}

#: The service that an error names, by the start of the path below `/data/core`.
_SERVICES = (("xcore", "XCORE"), ("dps", "DPS"), ("ods", "ODS"), ("ode", "ODE"), ("dwm", "DWM"))


class BadFilter(http.HttpError):
    """A `property`, `field`, `id` or `name` that cannot be read."""

    code = "bad-filter"


class BadCursor(http.HttpError):
    """A `start` that no list of this order gave."""

    code = "bad-cursor"


class BadQuery(http.HttpError):
    """A `q` whose quotes or escapes do not close."""

    code = "bad-query"


class _Told(NamedTuple):
    """An error in words.

    Attributes:
        code: our word for it.
        detail: what went wrong this time.
        members: what else is known, for `report.additionalContext`.
        headers: what the answer must carry.
    """

    code: str
    detail: str
    members: Mapping[str, Any] = {}
    headers: Iterable[tuple[str, str]] = ()


def failure(error: Exception, at: Circumstances | None = None) -> Answer:
    """The answer to anything that went wrong.

    Args:
        error: what it was.
        at: the request that it answers.
    """
    told = _told(error)
    return problem(told.code, told.detail, at or Circumstances(), headers=told.headers, **told.members)


def problem(
    code: str,
    detail: str,
    at: Circumstances,
    *,
    headers: Iterable[tuple[str, str]] = (),
    status: int | None = None,
    **members: Any,
) -> Answer:
    """A problem.

    Args:
        code: one of `KINDS`.
        detail: what went wrong this time.
        at: the request that it answers.
        headers: what the answer must carry.
        status: another HTTP status than the code's.
        members: what else is known.
    """
    tree = document(code, detail, at, **members)
    named = tuple(headers)
    return Answer(status=status or KINDS[code].status, body=json.dumps(codec.tree(tree)), media=MEDIA, headers=named)


def document(code: str, detail: str, at: Circumstances, **members: Any) -> dict[str, Any]:
    """The body of a problem."""
    kind, service = KINDS[code], _service(at.path)
    named = f"{service}-{kind.number}-{kind.status}"
    context = {"code": code, "detailedMessage": detail, **members}
    return {
        "type": _TYPE + named,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "path": at.path,
        "request-id": [at.request] if at.request else [],
        "report": {"tenantInfo": _tenant(at), "additionalContext": context},
        "error-chain": [
            {
                "serviceId": service.lower(),
                "errorCode": named,
                "invokingServiceId": service.lower(),
                "unixTimeStampMs": at.now // 1000,
            }
        ],
    }


def _service(path: str) -> str:
    below = path.partition("/data/core/")[2].lstrip("/")
    return next((service for start, service in _SERVICES if below.startswith(start)), "DPS")


def _tenant(at: Circumstances) -> dict[str, str]:
    sandbox = at.headers.get(SANDBOX_ID) or (ids.sandbox_id(at.workspace) if at.workspace else "")
    said = {
        "sandboxName": at.headers.get(SANDBOX, ""),
        "sandboxId": sandbox,
        "imsOrgId": at.headers.get(ORGANISATION, ""),
    }
    return {name: value for name, value in said.items() if value}


@singledispatch
def _told(error: Exception) -> _Told:
    del error  # its words may be anybody's
    return _Told("internal", "The server could not answer; its log says why, under this request's id")


@_told.register
def _http(error: http.HttpError) -> _Told:
    return _Told(error.code, str(error), headers=error.headers)


@_told.register
def _parameter(error: http.BadParameter) -> _Told:
    listed = [{"parameter": error.parameter, "message": error.message}]
    return _Told(error.code, str(error), {"errors": listed})


@_told.register
def _invalid(error: codec.Invalid) -> _Told:
    return _at_fault("invalid", error.faults)


@_told.register
def _service_error(error: errors.ServiceError) -> _Told:
    if error.faults:
        return _at_fault(error.code, error.faults)
    return _Told(error.code, error.message)


@_told.register
def _referenced(error: errors.Referenced) -> _Told:
    named = [{"kind": by.kind, "id": by.id} for by in error.by]
    return _Told(error.code, error.message, {"referrers": named})


@_told.register
def _stale(error: errors.Stale) -> _Told:
    return _Told(error.code, error.message, {"etag": error.version}, (("etag", f'"{error.version}"'),))


@_told.register
def _too_many(error: errors.TooMany) -> _Told:
    return _Told(error.code, error.message, headers=(("retry-after", str(error.seconds)),))


@_told.register
def _refused(error: errors.Refused) -> _Told:
    return _Told(error.code, error.message, {"reasons": list(error.reasons)})


def _at_fault(code: str, faults: Sequence[codec.Fault]) -> _Told:
    """A problem with a pointer to everything that is wrong, and the first of it in words."""
    first = faults[0]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    listed = [{"pointer": fault.pointer, "message": fault.message} for fault in faults]
    return _Told(code, f"{first.pointer or '/'}: {first.message}{more}", {"errors": listed})
