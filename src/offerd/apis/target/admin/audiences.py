"""Audiences: rules about visitors, composites of other audiences, and lists that were imported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from offerd.apis.operation import Answer, Call, Operations
from offerd.apis.target.admin import composites, lists, rules, sayings, words
from offerd.apis.target.admin.bodies import TEXT, Members
from offerd.apis.target.admin.desk import Desk, desk
from offerd.apis.target.admin.kept import MORE, with_own
from offerd.apis.target.admin.offers import ANY
from offerd.apis.target.ids import number, own
from offerd.model.base import Object
from offerd.model.catalogue import Catalogue
from offerd.model.condition import Audience
from offerd.services.catalogue import Change, Put
from offerd.services.errors import InvalidDocument
from offerd.services.ids import uuid

operations = Operations("Audiences")

_VERSIONS = (3,)
_FIELDS = ("id", "name", "description", "origin", "type", "status", "workspace", "createdAt", "modifiedAt",
           "modifiedByName")  # fmt: skip
_ORIGINS = ("target", "cloud")
_TYPES = ("reusable", "anonymous", "property")
#: The model's status for each of clients.
_STATUSES = {"saved": "live", "deleted": "archived"}
_RULES = ("targetRule", "audienceRule")


@operations.add("GET", "/audiences", "targetAudiences", scope="catalogue:read", answers={200: {}}, searched=True)
async def every(call: Call) -> Answer:
    """Lists audiences."""
    at = desk(call, _VERSIONS)
    wanted = lists.asked(call.search, _FIELDS)
    found = [_listed(each) for each in at.catalogue.of("audiences").values() if isinstance(each, Audience)]
    return at.answer(lists.envelope("audiences", sorted(found, key=lambda item: item["id"]), wanted))


@operations.add(
    "POST", "/audiences", "targetCreateAudience", scope="catalogue:write", limit="body_limit", payload=ANY,
    answers={201: {}},
)  # fmt: skip
async def create(call: Call) -> Answer:
    """Makes an audience."""
    at = desk(call, _VERSIONS, body=True)

    def make(_catalogue: Catalogue) -> Sequence[Change]:
        return [Put(kind="audiences", object=_read(at, call.body, None), create=True)]

    return await _written(at, make, 201)


@operations.add("GET", "/audiences/{id}", "targetAudience", scope="catalogue:read", answers={200: {}})
async def read(call: Call) -> Answer:
    """Reads an audience."""
    at = desk(call, _VERSIONS)
    return at.answer(shown(at, at.named(Audience, "audiences", "audiences")))


@operations.add(
    "PUT", "/audiences/{id}", "targetReplaceAudience", scope="catalogue:write", limit="body_limit", payload=ANY,
    answers={200: {}},
)  # fmt: skip
async def change(call: Call) -> Answer:
    """Replaces what this API can say of an audience; one that is sent without a rule keeps its own."""
    return await _changed(call, lambda _seen: call.body)


@operations.add(
    "PATCH", "/audiences/{id}", "targetPatchAudience", scope="catalogue:write", limit="body_limit", payload=ANY,
    answers={200: {}},
)  # fmt: skip
async def patch(call: Call) -> Answer:
    """Changes the members of an audience that are sent."""

    def made(seen: dict[str, Any]) -> Any:
        if not isinstance(call.body, dict):
            return call.body
        given = [name for name in _RULES if call.body.get(name) is not None]
        kept = {name: value for name, value in seen.items() if not (given and name in _RULES)}
        return {**kept, **call.body}

    return await _changed(call, made)


@operations.add("DELETE", "/audiences/{id}", "targetDeleteAudience", scope="catalogue:write", answers={200: {}})
async def delete(call: Call) -> Answer:
    """Removes an audience that nothing names."""
    at = desk(call, _VERSIONS)
    thing = at.named(Audience, "audiences", "audiences")
    seen = shown(at, thing)
    return await at.delete("audiences", thing.id, "audiences", lambda: at.answer({**seen, "status": "deleted"}))


async def _changed(call: Call, make_tree: Callable[[dict[str, Any]], Any]) -> Answer:
    at = desk(call, _VERSIONS, body=True)

    def make(_catalogue: Catalogue) -> Sequence[Change]:
        old = at.named(Audience, "audiences", "audiences")
        return [Put(kind="audiences", object=_read(at, make_tree(shown(at, old)), old), create=False)]

    return await _written(at, make, 200)


async def _written(at: Desk, make: Callable[[Catalogue], Sequence[Change]], status: int) -> Answer:
    return await at.edit(make, lambda at, made: at.answer(shown(at, made), status))


def _read(at: Desk, tree: Any, old: Audience | None) -> Audience:
    """The audience that a body makes of what there was."""
    if old is not None and words.same(tree, shown(at, old)):
        return old
    body = Members(tree)
    base = old or Audience(id=uuid())
    name = body.text("name", required=True)
    description = body.text("description", most=TEXT)
    origin = body.choice("origin", _ORIGINS)
    kind = body.choice("type", _TYPES)
    status = body.choice("status", tuple(_STATUSES)) or "saved"
    workspace = body.text("workspace")
    rule, kept = _rule(at, body, old, origin)
    more = body.rest(*words.ASSIGNED)
    body.check()
    before = own(base)
    return replace(
        base,
        name=words.name_of(old, name),
        description=description or "",
        status=_STATUSES[status],
        rule=rule,
        imported=rule is None,
        extensions=with_own(
            base,
            origin=origin or before.get("origin"),
            type=kind or before.get("type"),
            workspace=workspace or before.get("workspace"),
            **kept,
            **{MORE: more},
        ),
    )


def _rule(at: Desk, body: Members, old: Audience | None, origin: str | None) -> tuple[str | None, dict[str, Any]]:
    """The PQL of an audience, and its rule as it was sent."""
    target, composite = body.get("targetRule"), body.get("audienceRule")
    before = {} if old is None else own(old)
    if target is not None and composite is not None:
        body.fault("audienceRule", "cannot stand beside targetRule")
    elif target is None and composite is None:
        if old is not None:
            return old.rule, {name: before.get(name) for name in _RULES}
        if origin != "cloud":
            body.fault("", "needs a targetRule or an audienceRule")
    elif old is not None and _shown_rule(at, old) == {name: body.tree[name] for name in _RULES if body.get(name)}:
        return old.rule, {name: before.get(name) for name in _RULES}
    else:
        return _text(at, body, target, composite), {"targetRule": target, "audienceRule": composite}
    return None, {}


def _text(at: Desk, body: Members, target: Any, composite: Any) -> str | None:
    try:
        return rules.to_pql(target) if target is not None else composites.to_pql(composite, _named(at))
    except InvalidDocument as invalid:
        body.faults.extend(invalid.faults)
        return None


def _named(at: Desk) -> composites.Named:
    def named(wanted: int) -> str | None:
        found = at.find(Audience, "audiences", wanted)
        return None if found is None else found.id

    return named


def _listed(thing: Object) -> dict[str, Any]:
    mine = own(thing)
    imported = isinstance(thing, Audience) and thing.imported
    archived = isinstance(thing, Audience) and thing.status == "archived"
    return words.given(
        {
            "id": number(thing),
            "name": thing.name or thing.id,
            "description": thing.description or None,
            "origin": mine.get("origin") or ("cloud" if imported else "target"),
            "type": mine.get("type") or "reusable",
            "status": "deleted" if archived else "saved",
            "workspace": mine.get("workspace"),
            **words.stamp(thing),
        }
    )


def shown(at: Desk, thing: Object) -> dict[str, Any]:
    """An audience as clients see it; without a rule where none says what its PQL says."""
    more = own(thing).get(MORE, {})
    rule = _shown_rule(at, thing) if isinstance(thing, Audience) else {}
    return {**more, **_listed(thing), **rule}


def _shown_rule(at: Desk, thing: Audience) -> dict[str, Any]:
    """The member that says an audience's rule: as it was sent, unless the rule has been changed since."""
    if thing.rule is None:
        return {}
    mine = own(thing)
    for name, text in (
        ("targetRule", lambda: rules.to_pql(mine["targetRule"])),
        ("audienceRule", lambda: composites.to_pql(mine["audienceRule"], _named(at))),
    ):
        if name in mine and _same(text, thing.rule):
            return {name: mine[name]}
    target = sayings.from_pql(thing.rule)
    if target is not None:
        return {"targetRule": target}
    composite = composites.from_pql(thing.rule, lambda name: at.number_of("audiences", name))
    return {} if composite is None else {"audienceRule": composite}


def _same(text: Callable[[], str], rule: str) -> bool:
    try:
        return text() == rule
    except InvalidDocument:
        return False
