"""Routes of profiles, of what activities remember of them, and of imported audiences."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import msgspec

from offerd.apis.native.jobs import Job, queued
from offerd.apis.native.objects import PATCHES, patch_of
from offerd.apis.native.pages import CURSOR, LIMIT, page, page_of, page_size
from offerd.apis.native.requests import identities, mapping, read
from offerd.apis.native.versions import expected, only_new, versioned
from offerd.apis.operation import CSV, JSON, NDJSON, Answer, Call, Operations, Parameter, Payload, answer
from offerd.model.base import Instant
from offerd.model.person import Assignment, Identity, Profile
from offerd.services.members import Members

operations = Operations("Profiles")

ProfilePage = page_of(Profile, "ProfilePage")

#: Bytes that are read of a file at once.
_PIECE = 1 << 18

_KEY = "A profile is named by its id, or by one of its identities as `namespace:id`."
_LINES: dict[str, Any] = {
    NDJSON: {"type": "string", "description": "One profile a line, as JSON."},
    CSV: {
        "type": "string",
        "description": "A header, then one profile a line. The columns are `identity.NAMESPACE`, `attributes.PATH`, "
        "`memberships` (ids with `;` between them), `parent` and `id`.",
    },
}


class Link(msgspec.Struct, kw_only=True, frozen=True):
    """Two profiles that are the same person.

    Attributes:
        survivor: the profile that stays, by its id or as `namespace:id`.
        absorbed: the one that becomes part of it.
    """

    survivor: Annotated[str, msgspec.Meta(min_length=1)]
    absorbed: Annotated[str, msgspec.Meta(min_length=1)]


class MemberChange(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Who comes into an imported audience, and who goes.

    Attributes:
        join: who comes in; who is not known yet gets a profile.
        leave: who goes out.
        since: from when those who come in are members.
        until: until when they are (exclusive).
    """

    join: list[Identity] = []
    leave: list[Identity] = []
    since: Instant | None = None
    until: Instant | None = None


class Assignments(msgspec.Struct, frozen=True):
    """What activities remember of a profile.

    Attributes:
        items: by activity.
    """

    items: list[Assignment]


@operations.add(
    "GET", "/profiles", "listProfiles", scope="profiles", answers={200: ProfilePage},
    query=(
        Parameter(name="audience", description="Only members of this imported audience."),
        Parameter(name="parent", description="Only those that inherit from this profile, by its id."),
        LIMIT,
        CURSOR,
    ),
)  # fmt: skip
async def list_profiles(call: Call) -> Answer:
    """Lists profiles, by id."""
    limit = page_size(call)
    found = call.house.profiles.list(
        call.workspace, limit=limit, cursor=call.query["cursor"], audience=call.query["audience"],
        parent=call.query["parent"],
    )  # fmt: skip
    return answer(page(found.profiles, found.cursor))


@operations.add(
    "POST", "/profiles", "storeProfile", scope="profiles", limit="body_limit", versioned=True,
    payload=Payload(shapes={JSON: Profile}), answers={200: Profile, 201: Profile},
)  # fmt: skip
async def store(call: Call) -> Answer:
    """Stores a profile: the one that has one of the identities, else a new one."""
    document = identities(mapping(call.body))

    def shown(profile: Profile) -> Answer:
        return versioned(call, profile, profile.version, 201 if profile.version == 1 else 200)

    stored = await call.house.profiles.put(
        call.workspace, None, document, if_version=expected(call), keep=call.keep(shown)
    )
    return shown(stored)


@operations.add(
    "POST", "/profiles/import", "importProfiles", scope="profiles", limit="import_limit",
    payload=Payload(shapes=_LINES, spooled=True), answers={202: Job},
)  # fmt: skip
async def import_(call: Call) -> Answer:
    """Stores many profiles: a job reads them line by line, and reports each line that it refuses."""
    path, form = call.spool, {NDJSON: "ndjson", CSV: "csv"}[call.media]
    assert path is not None, "the payload is declared as spooled"  # noqa: S101
    job = await call.house.imports.submit(call.workspace, form, _pieces(path), keep=call.keep(queued))
    return queued(job)


@operations.add(
    "POST", "/profiles/link", "linkProfiles", scope="profiles", limit="body_limit",
    payload=Payload(shapes={JSON: Link}), answers={200: Profile},
)  # fmt: skip
async def link(call: Call) -> Answer:
    """Makes two profiles one.

    Counts add, the survivor's attributes and assignments win, and everything else of the other moves to it.
    """
    wanted = read(call, Link, call.body)
    linked = await call.house.profiles.link(call.workspace, wanted.survivor, wanted.absorbed, keep=call.keep(answer))
    return versioned(call, linked, linked.version)


@operations.add(
    "GET", "/profiles/{id}", "readProfile", scope="profiles", versioned=True, answers={200: Profile}, description=_KEY
)
async def read_profile(call: Call) -> Answer:
    """Reads a profile."""
    found = call.house.profiles.get(call.workspace, call.path["id"])
    return versioned(call, found, found.version)


@operations.add(
    "PUT", "/profiles/{id}", "replaceProfile", scope="profiles", limit="body_limit", versioned=True,
    payload=Payload(shapes={JSON: Profile}), answers={200: Profile, 201: Profile},
    description=f"{_KEY} An identity that nobody has yet makes a profile.",
)  # fmt: skip
async def replace(call: Call) -> Answer:
    """Stores a profile's attributes and parent as given, its identities and memberships where they are given."""
    stored = await call.house.profiles.put(
        call.workspace, call.path["id"], identities(mapping(call.body)), if_version=expected(call),
        create=only_new(call) or None,
    )  # fmt: skip
    return versioned(call, stored, stored.version, 201 if stored.version == 1 else 200)


@operations.add(
    "PATCH", "/profiles/{id}", "patchProfile", scope="profiles", limit="body_limit", versioned=True,
    payload=Payload(shapes=PATCHES), answers={200: Profile}, description=_KEY,
)  # fmt: skip
async def patch(call: Call) -> Answer:
    """Changes members of a profile."""
    stored = await call.house.profiles.patch(call.workspace, call.path["id"], patch_of(call), if_version=expected(call))
    return versioned(call, stored, stored.version)


@operations.add(
    "DELETE", "/profiles/{id}", "eraseProfile", scope="profiles", versioned=True, answers={204: None}, description=_KEY
)
async def erase(call: Call) -> Answer:
    """Removes everything of a person's: profile, decisions, interactions, assignments and counts of their own."""
    await call.house.profiles.erase(call.workspace, call.path["id"], if_version=expected(call))
    return Answer(status=204)


@operations.add(
    "GET", "/assignments/{profile}", "listAssignments", scope="profiles", answers={200: Assignments}, description=_KEY
)
async def list_assignments(call: Call) -> Answer:
    """Lists what activities keep for a profile."""
    return answer(Assignments(list(call.house.profiles.assignments(call.workspace, call.path["profile"]))))


@operations.add(
    "DELETE", "/assignments/{profile}/{activity}", "forgetAssignment", scope="profiles", answers={204: None},
    description=_KEY,
)  # fmt: skip
async def forget_assignment(call: Call) -> Answer:
    """Forgets what an activity chose for a profile, which enters anew at the next ask."""
    await call.house.profiles.forget_assignment(call.workspace, call.path["profile"], call.path["activity"])
    return Answer(status=204)


@operations.add(
    "POST", "/audiences/{id}/members", "changeMembers", scope="profiles", limit="body_limit",
    payload=Payload(shapes={JSON: MemberChange}), answers={200: Members},
)  # fmt: skip
async def change_members(call: Call) -> Answer:
    """Puts people into an imported audience, and takes others out."""
    wanted = read(call, MemberChange, call.body)
    changed = await call.house.members.change(
        call.workspace, call.path["id"], join=wanted.join, leave=wanted.leave, since=wanted.since, until=wanted.until,
        keep=call.keep(answer),
    )  # fmt: skip
    return answer(changed)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    """A file, piece by piece."""
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece
