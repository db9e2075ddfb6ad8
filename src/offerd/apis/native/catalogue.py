"""Routes of the catalogue as a whole: export, difference, apply, findings, and its revisions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from offerd.apis.errors import BadParameter, NotAcceptable
from offerd.apis.native.objects import MESSAGE
from offerd.apis.native.pages import CURSOR, LIMIT, page, page_of, page_size
from offerd.apis.operation import JSON, YAML, Answer, Call, Operations, Parameter, Payload, answer
from offerd.services.catalogue import Difference, Finding, Revision, Written
from offerd.services.document import write_yaml

operations = Operations("Catalogue")

_DOCUMENT: dict[str, Any] = {
    "type": "object",
    "description": "A catalogue: the objects of each kind, by id, as people write them.",
    "additionalProperties": {"type": "object"},
}
_BODY = Payload(shapes={JSON: _DOCUMENT, YAML: _DOCUMENT})
_PRUNE = Parameter(
    name="prune", type=bool, default=False, description="Whether objects that the document does not name are deleted."
)


class Differences(msgspec.Struct, frozen=True):
    """What differs between two catalogues.

    Attributes:
        items: an entry for each object that differs.
    """

    items: Sequence[Difference]


class Findings(msgspec.Struct, frozen=True):
    """What is odd about a catalogue that is valid.

    Attributes:
        items: an entry for each oddity.
    """

    items: list[Finding]


class Applied(msgspec.Struct, frozen=True):
    """What a write of several objects did.

    Attributes:
        revision: the catalogue's number after it.
        changes: what differs from before; none where nothing did, which makes no revision.
    """

    revision: int
    changes: Sequence[Difference]


RevisionPage = page_of(Revision, "RevisionPage")


@operations.add(
    "GET", "/catalogue", "exportCatalogue", scope="catalogue:read", answers={200: _DOCUMENT}, media=(JSON, YAML),
    query=(
        Parameter(name="revision", type=int, description="A past revision; the present one where absent."),
        Parameter(
            name="short", type=bool, default=True, description="Whether to use the short forms of a catalogue file."
        ),
    ),
)  # fmt: skip
async def export(call: Call) -> Answer:
    """Gives the whole catalogue in its one canonical form, as JSON or, where `Accept` says so, as YAML."""
    media = _accepted(call)
    tree = await call.house.catalogue.export(call.workspace, revision=call.query["revision"], short=call.query["short"])
    if media == YAML:
        text = await asyncio.to_thread(write_yaml, tree)
        return Answer(body=text.encode(), media=f"{YAML}; charset=utf-8")
    return await asyncio.to_thread(answer, tree)


@operations.add(
    "POST", "/catalogue/diff", "diffCatalogue", scope="catalogue:read", limit="import_limit", payload=_BODY,
    answers={200: Differences}, query=(_PRUNE,),
)  # fmt: skip
async def diff(call: Call) -> Answer:
    """Tells what applying a document would change, and changes nothing."""
    found = await call.house.catalogue.compare(call.workspace, call.body, prune=call.query["prune"])
    return await asyncio.to_thread(answer, Differences(found))


@operations.add(
    "POST", "/catalogue/apply", "applyCatalogue", scope="catalogue:write", limit="import_limit", payload=_BODY,
    answers={200: Applied}, query=(_PRUNE, MESSAGE),
)  # fmt: skip
async def apply(call: Call) -> Answer:
    """Makes the catalogue what a document says, all at once or not at all."""
    written = await call.house.catalogue.apply(
        call.workspace, call.body, author=call.caller.name, prune=call.query["prune"], message=call.query["message"],
        keep=call.keep(_applied),
    )  # fmt: skip
    return await asyncio.to_thread(_applied, written)


@operations.add("GET", "/catalogue/findings", "lintCatalogue", scope="catalogue:read", answers={200: Findings})
async def findings(call: Call) -> Answer:
    """Tells what is valid and yet odd: what never answers, is never given, or is named by nothing."""
    return answer(Findings(await call.house.catalogue.lint(call.workspace)))


@operations.add(
    "POST", "/catalogue/lint", "lintDocument", scope="catalogue:read", limit="import_limit", payload=_BODY,
    answers={200: Findings},
)  # fmt: skip
async def lint(call: Call) -> Answer:
    """Tells what is wrong or odd about a document, and changes nothing."""
    return answer(Findings(await call.house.catalogue.lint(call.workspace, call.body)))


@operations.add(
    "GET", "/revisions", "listRevisions", scope="catalogue:read", answers={200: RevisionPage}, query=(LIMIT, CURSOR),
    refuses=(422,),
)  # fmt: skip
async def list_revisions(call: Call) -> Answer:
    """Lists the revisions of the catalogue, the last first."""
    limit = page_size(call)
    found = call.house.catalogue.revisions(call.workspace, limit=limit, cursor=call.query["cursor"])
    return answer(page(found.revisions, found.cursor))


@operations.add("GET", "/revisions/{number}", "readRevision", scope="catalogue:read", answers={200: Revision})
async def read_revision(call: Call) -> Answer:
    """Reads one revision, with what it changed."""
    found = await call.house.catalogue.revision(call.workspace, _number(call, "number"))
    return await asyncio.to_thread(answer, found)


@operations.add(
    "GET", "/revisions/{number}/diff/{other}", "diffRevisions", scope="catalogue:read", answers={200: Differences}
)
async def diff_revisions(call: Call) -> Answer:
    """Tells what differs between two revisions, from the first to the other; 0 is the empty catalogue."""
    first, other = _number(call, "number"), _number(call, "other")
    found = await call.house.catalogue.compare_revisions(call.workspace, first, other)
    return await asyncio.to_thread(answer, Differences(found))


@operations.add(
    "POST", "/revisions/{number}/rollback", "rollBack", scope="catalogue:write", answers={200: Applied},
    query=(MESSAGE,),
)  # fmt: skip
async def roll_back(call: Call) -> Answer:
    """Makes the catalogue what it was at a revision; this is a new revision, and none is lost."""
    written = await call.house.catalogue.rollback(
        call.workspace,
        _number(call, "number"),
        author=call.caller.name,
        message=call.query["message"],
        keep=call.keep(_applied),
    )
    return await asyncio.to_thread(_applied, written)


def _applied(written: Written) -> Answer:
    return answer(Applied(written.revision, written.changes))


def _number(call: Call, name: str) -> int:
    text = call.path[name]
    if not (text.isascii() and text.isdigit() and len(text) < 16):  # noqa: PLR2004 - below what JSON numbers hold
        raise BadParameter(name, "expected the number of a revision")
    return int(text)


def _accepted(call: Call) -> str:
    """JSON, unless the client would rather have YAML."""
    wanted = [part.partition(";")[0].strip().lower() for part in call.headers.get("accept", "*/*").split(",")]
    for media in wanted:
        if media in {JSON, "*/*", "application/*"}:
            return JSON
        if media in {YAML, "application/x-yaml", "text/yaml"}:
            return YAML
    raise NotAcceptable(f"This route gives {JSON} and {YAML}")
