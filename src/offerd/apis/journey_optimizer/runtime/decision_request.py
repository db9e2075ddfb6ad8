"""Decision requests of the hub, versions 1.0 and 0.9: from the body to what is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from offerd.apis.journey_optimizer.runtime.reading import Malformed, context, identities, needed, objects, typed
from offerd.apis.journey_optimizer.runtime.refusals import Undecided
from offerd.apis.journey_optimizer.runtime.scopes import Scope
from offerd.model.person import Identity
from offerd.model.request import Context, Duplicates

#: The most items of one scope, items of one answer, and decisions in one request.
SCOPE_ITEMS = 30
ALL_ITEMS = 100
ACTIVITIES = 30

#: What `includeMetadata` may name, by what it is about.
METADATA: dict[str, tuple[str, ...]] = {
    "activity": ("name",),
    "option": ("name", "characteristics", "priority"),
    "placement": ("name", "channel", "componentType"),
}

#: By `activity`, `option` and `placement`, the names that are wanted.
Metadata = Mapping[str, frozenset[str]]


class HubRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a client of the hub asks.

    Attributes:
        scopes: decisions at placements, in order.
        identities: who it is for, the primary one first.
        context: the situation.
        request_id: the client's own, echoed.
        duplicates: what the request says; None where it says nothing.
        content: whether content is wanted; None where it says nothing.
        metadata: what else is wanted; None where it says nothing.
        dry_run: whether nothing is counted or written.
    """

    scopes: list[Scope]
    identities: list[Identity] = []
    context: Context = Context()
    request_id: str | None = None
    duplicates: Duplicates | None = None
    content: bool | None = None
    metadata: Metadata | None = None
    dry_run: bool = False


def read(body: Any) -> HubRequest:
    """Reads a request; one with `xdm:offerActivities` is of version 0.9.

    Raises:
        Malformed: it is not what it must be.
        Undecided: it asks for more than this wire allows.
    """
    if not isinstance(body, dict):
        raise Malformed("the request is not an object")
    asked = typed(body, "offerActivities", list)
    made = _current(body) if asked is None else _first(body, asked)
    limited(made.scopes)
    return made


def scopes(listed: list[Any], at: str = "xdm:propositionRequests") -> list[Scope]:
    """The scopes that `xdm:propositionRequests` names.

    Raises:
        Malformed: one is not what it must be.
    """
    return [
        Scope(
            needed(each, "activityId", str, f"{at}."),
            typed(each, "placementId", str, f"{at}."),
            typed(each, "itemCount", int, f"{at}."),
        )
        for each in objects(listed, at)
    ]


def _current(body: dict[str, Any]) -> HubRequest:
    profiles = list(objects(needed(body, "profiles", list), "xdm:profiles"))
    if len(profiles) != 1:
        raise Undecided(f"A request is for one profile; xdm:profiles names {len(profiles)}", "/xdm:profiles")
    wanted = typed(body, "responseFormat", dict) or {}
    return HubRequest(
        scopes=scopes(needed(body, "propositionRequests", list)),
        identities=identities(needed(profiles[0], "identityMap", dict, "xdm:profiles[0].")),
        context=_context(profiles[0]),
        request_id=typed(profiles[0], "decisionRequestId", str, "xdm:profiles[0]."),
        duplicates=duplicates(body),
        content=typed(wanted, "includeContent", bool, "xdm:responseFormat."),
        metadata=_metadata(typed(wanted, "includeMetadata", dict, "xdm:responseFormat.")),
        dry_run=typed(body, "dryRun", bool) or False,
    )


def _first(body: dict[str, Any], asked: list[Any]) -> HubRequest:
    """Version 0.9: one person, and decisions at each of their placements."""
    named = [
        needed(each, "offerActivity", str, "xdm:offerActivities.") for each in objects(asked, "xdm:offerActivities")
    ]
    return HubRequest(
        scopes=[Scope(name) for name in named],
        identities=identities(needed(body, "identityMap", dict)),
        context=_context(body),
        request_id=typed(body, "decisionRequestId", str),
        duplicates=duplicates(body),
        dry_run=typed(body, "dryRun", bool) or False,
    )


def _context(tree: dict[str, Any]) -> Context:
    listed = typed(tree, "contextData", list)
    return context((typed(tree, "ContextData", list) or []) if listed is None else listed)


def duplicates(body: dict[str, Any]) -> Duplicates | None:
    """What a request says of offers that are given more than once; None where it says nothing."""
    allowed = typed(body, "allowDuplicatePropositions", dict)
    if allowed is None:
        return None
    at = "xdm:allowDuplicatePropositions."
    return Duplicates(
        across_activities=typed(allowed, "acrossActivities", bool, at) or False,
        across_placements=typed(allowed, "acrossPlacements", bool, at) or False,
    )


def _metadata(tree: dict[str, Any] | None) -> Metadata | None:
    if tree is None:
        return None
    wanted = {about: typed(tree, about, list, "xdm:includeMetadata.") or [] for about in METADATA}
    return {
        about: frozenset(name.removeprefix("xdm:") for name in named if isinstance(name, str))
        for about, named in wanted.items()
    }


def limited(asked: list[Scope]) -> None:
    """Refuses more than one answer can hold.

    Raises:
        Malformed: nothing is asked.
        Undecided: too much is.
    """
    if not asked:
        raise Malformed("xdm:propositionRequests names no decision")
    if len({scope.activity for scope in asked}) > ACTIVITIES:
        raise Undecided(f"A request names at most {ACTIVITIES} decisions", "/xdm:propositionRequests")
    for index, scope in enumerate(asked):
        if scope.count is not None and not 1 <= scope.count <= SCOPE_ITEMS:
            raise Undecided(
                f"xdm:itemCount is {scope.count}; it is 1 to {SCOPE_ITEMS}",
                f"/xdm:propositionRequests/{index}/xdm:itemCount",
            )
    total = sum(scope.count or 1 for scope in asked)
    if total > ALL_ITEMS:
        raise Undecided(
            f"The scopes ask for {total} items; an answer holds at most {ALL_ITEMS}", "/xdm:propositionRequests"
        )
