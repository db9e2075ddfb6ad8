"""Routes that write attributes of visitors: one visitor's at once, or a file of many in the background."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from html import escape
from urllib.parse import quote

from offerd.apis.operation import Answer, Call, Circumstances, Operations, Payload
from offerd.apis.target import problems
from offerd.apis.target.delivery import values
from offerd.apis.target.delivery.reading import PERSON
from offerd.apis.target.delivery.routes import ANY_BODY, fields, host_of
from offerd.apis.target.delivery.words import THIRD_PARTY, TNT
from offerd.apis.target.problems import Rejected
from offerd.apis.target.profiles import batch
from offerd.apis.target.profiles.attributes import check, learn
from offerd.apis.target.profiles.permission import permit
from offerd.apis.target.tenancy import Tenant, tenant
from offerd.model.person import Identity
from offerd.services.errors import NotFound, TooMany
from offerd.services.jobs import Job

operations = Operations("Profiles")

_TEXT = "text/plain; charset=utf-8"
_XML = "application/xml"
_PROFILE = "profile."
_UPDATE = "/{client}/profile/update"
_FILE = Payload(shapes={"*/*": {"type": "string"}}, spooled=True)
_STATES = {"done": "complete", "failed": "stuck"}


@operations.add("GET", _UPDATE, "targetProfileUpdateRead", scope="public", searched=True, answers={200: None})
async def read_update(call: Call) -> Answer:
    """Writes attributes of one visitor, named in the query; a visitor who is not known is not made.

    Wants a token with scope profiles, unless the settings make profiles public.
    """
    return await _updated(call, fields(call.search))


@operations.add(
    "POST", _UPDATE, "targetProfileUpdate", scope="public", limit="body_limit", payload=ANY_BODY, searched=True,
    answers={200: None},
)  # fmt: skip
async def update(call: Call) -> Answer:
    """Writes attributes of one visitor, named in the query or in a form; a visitor who is not known is not made.

    Wants a token with scope profiles, unless the settings make profiles public.
    """
    try:
        form = fields(call.raw.decode("ascii"))
    except UnicodeDecodeError:
        raise Rejected("The form is not percent-encoded") from None
    return await _updated(call, {**fields(call.search), **form})


async def _updated(call: Call, flat: dict[str, str]) -> Answer:
    who = tenant(call.house, call.path["client"])
    await permit(call, who.workspace)
    tnt, person = (flat.get("mboxPC") or "").partition(".")[0], flat.get("mbox3rdPartyId")
    named = [(THIRD_PARTY, person), (TNT, tnt)]
    identities = [Identity(namespace=space, id=name) for space, name in named if name]
    if not identities:
        raise Rejected("The request names neither mboxPC nor mbox3rdPartyId")
    if any(len(each.id) > PERSON for each in identities):
        raise Rejected(f"mboxPC and mbox3rdPartyId have at most {PERSON} characters")
    given = {name.removeprefix(_PROFILE): value for name, value in flat.items() if name.startswith(_PROFILE)}
    attributes = values.profile(given, "profile")
    for each in identities:  # the first that is known; the other is not made a name of the same visitor
        known = call.house.profiles.find_identity(who.workspace, each)
        if known is not None:
            check(known, attributes)
            with suppress(NotFound):  # it ended meanwhile
                await learn(call.house, who.workspace, [each], attributes, known=known, create=False)
            break
    return Answer(body=b"trueRequest successfully submitted", media=_TEXT)


@operations.add(
    "POST", "/{client}/profile/batchUpdate", "targetProfileBatch", scope="public", limit="import_limit",
    payload=_FILE, searched=True, answers={200: None},
)  # fmt: skip
async def update_many(call: Call) -> Answer:
    """Writes attributes of many visitors, from a file; visitors who are not known are not made.

    Wants a token with scope profiles, unless the settings make profiles public.
    """
    return await _submitted(call, create=False)


@operations.add(
    "POST", "/{client}/v2/profile/batchUpdate", "targetProfileBatchCreating", scope="public", limit="import_limit",
    payload=_FILE, searched=True, answers={200: None},
)  # fmt: skip
async def create_many(call: Call) -> Answer:
    """Writes attributes of many visitors, from a file; visitors who are not known are made.

    Wants a token with scope profiles, unless the settings make profiles public.
    """
    return await _submitted(call, create=True)


@operations.add(
    "GET", "/{client}/profile/batchStatus", "targetProfileBatchStatus", scope="public", searched=True,
    answers={200: None},
)  # fmt: skip
async def status(call: Call) -> Answer:
    """How far a file of attributes is.

    Wants a token with scope profiles, unless the settings make profiles public.
    """
    who = tenant(call.house, call.path["client"])
    await permit(call, who.workspace)
    query = fields(call.search)
    job = call.house.jobs.read(who.workspace, query.get("batchId", ""))
    return _xml(_status(job, details=query.get("showDetails", "").lower() == "true"))


async def _submitted(call: Call, *, create: bool) -> Answer:
    who = tenant(call.house, call.path["client"])
    await permit(call, who.workspace)
    if call.spool is None:
        raise Rejected("The request has no file")
    content = batch.documents(call.spool, call.house.clock.now())
    first = await anext(content)
    job = await call.house.imports.submit(who.workspace, "ndjson", _all(first, content), create=create)
    members = {
        "success": "true",
        "batchStatus": f"{_here(call, who)}/profile/batchStatus?batchId={job.id}",
        "message": "Batch submitted for processing",
    }
    return _xml(members)


async def _all(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def _status(job: Job, *, details: bool) -> dict[str, str]:
    members = {
        "batchId": job.id,
        "status": _STATES.get(job.state, "incomplete"),
        "batchSize": str(job.total if job.total is not None else job.done),
    }
    if details:
        unknown = job.report.get("unknown", 0)
        members |= {
            "consumedCount": str(job.done),
            "successfulUpdates": str(job.done - job.refused - unknown),
            "profilesNotFound": str(unknown),
            "failedUpdates": str(job.refused),
        }
    return members


def _here(call: Call, who: Tenant) -> str:
    scheme = "https" if call.headers.get("x-forwarded-proto") == "https" else "http"
    return f"{scheme}://{host_of(call, port=True) or 'localhost'}/m2/{quote(who.client, safe='')}"


def _xml(members: dict[str, str], code: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in members.items())
    return Answer(status=code, body=f"<response>{inside}</response>".encode(), media=_XML, headers=headers)


def failure(error: Exception, at: Circumstances | None = None) -> Answer:
    """The answer to anything that went wrong: text to an update, XML to a file."""
    code, message, headers = problems.told(error)
    if at is not None and at.path.endswith("/update"):
        return Answer(status=code, body=f"false{message}".encode(), media=_TEXT, headers=headers)
    status = 503 if isinstance(error, TooMany) else code  # what clients of files know as "come back later"
    return _xml({"success": "false", "message": message}, status, headers)
