"""Artifacts, made once for each state of a catalogue and kept until it changes."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from threading import Lock
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from offerd.apis.target.ids import GLOBAL
from offerd.apis.target.on_device.inexpressible import Inexpressible
from offerd.apis.target.on_device.rules import Rules
from offerd.apis.target.places import Places, view_name
from offerd.apis.target.problems import UnknownArtifact
from offerd.apis.target.tokens import Tokens
from offerd.model import json
from offerd.model.activity import Activity
from offerd.model.instants import instant
from offerd.services.compiled import CompiledPlacement, Snapshot
from offerd.services.house import House

K = TypeVar("K")
V = TypeVar("V")

VERSION = "1.0.0"
#: The environment that clients take where they are told of none.
PRODUCTION = "production"
#: Artifacts that are kept, those that were asked for last; they can be megabytes.
_MOST_KEPT = 64
_CONVERSION = "conversion"
_TWINS = "twin views"


class Published(NamedTuple):
    """An artifact as it is sent.

    Attributes:
        body: its bytes.
        etag: its strong entity tag, with quotes.
    """

    body: bytes
    etag: str


class _Built(NamedTuple):
    """An artifact's JSON but for what differs between environments, with the instants between which it holds."""

    snapshot: Snapshot
    until: int | None
    since: int | None
    rest: bytes


class _Key(NamedTuple):
    workspace: str
    property: str | None
    hashed: bool


class Publisher:
    """The artifacts of one house, made in threads, so that decisions are answered meanwhile; one at a time.

    Args:
        house: the services.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._lock = Lock()
        self._built: dict[_Key, _Built] = {}
        self._sent: dict[tuple[_Key, str], tuple[_Built, Published]] = {}

    async def artifact(
        self, workspace: str, environment: str, property_token: str | None, *, client: str | None = None
    ) -> Published:
        """An artifact.

        Args:
            workspace: the workspace's id.
            environment: what clients call theirs; the artifact says it again.
            property_token: the only property that matters, by its token or id; None for all.
            client: what clients call the workspace and draw with; its code where None.

        Raises:
            UnknownArtifact: there is no such property.
        """
        # What is read of the storage is read here: its connection is this thread's.
        revised = self._house.catalogue.revised(workspace)
        return await asyncio.to_thread(self._artifact, workspace, environment, property_token, client, revised)

    def _artifact(
        self, workspace: str, environment: str, property_token: str | None, client: str | None, revised: int | None
    ) -> Published:
        with self._lock:
            built, key = self._current(workspace, property_token, client, revised)
            known = self._sent.get((key, environment))
            if known is None or known[0] is not built:
                known = (built, _published(self._house, built, environment))
            _keep(self._sent, (key, environment), known)
            return known[1]

    def _current(
        self, workspace: str, property_token: str | None, client: str | None, revised: int | None
    ) -> tuple[_Built, _Key]:
        snapshot = self._house.catalogue.snapshot(workspace)
        named = None
        if property_token is not None:
            named = snapshot.properties.get(property_token)
            if named is None:
                raise UnknownArtifact("There is no such property")
        key = _Key(workspace, named, client is None or client == snapshot.workspace.code)
        now = self._house.clock.now()
        built = self._built.get(key)
        fresh = built is not None and built.snapshot is snapshot and (built.until is None or now < built.until)
        if built is None or not fresh or (built.since is not None and now < built.since):
            built = _build(self._house, snapshot, key, now, revised)
        _keep(self._built, key, built)
        return built, key


def _keep(kept: dict[K, V], key: K, value: V) -> None:
    """Keeps a value as the one that was asked for last."""
    kept.pop(key, None)
    while len(kept) >= _MOST_KEPT:
        del kept[next(iter(kept))]
    kept[key] = value


_PUBLISHERS: WeakKeyDictionary[House, Publisher] = WeakKeyDictionary()


def publisher(house: House) -> Publisher:
    """The publisher of a house."""
    found = _PUBLISHERS.get(house)
    if found is None:
        found = _PUBLISHERS[house] = Publisher(house)
    return found


async def artifact(
    house: House, workspace: str, environment: str = PRODUCTION, property_token: str | None = None
) -> Published:
    """The artifact of a workspace: bytes and entity tag.

    Args:
        house: the services.
        workspace: the workspace's id.
        environment: what clients call theirs.
        property_token: the only property that matters, by its token or id; None for all.

    Raises:
        UnknownArtifact: there is no such property.
    """
    return await publisher(house).artifact(workspace, environment, property_token)


def _published(house: House, built: _Built, environment: str) -> Published:
    workspace = built.snapshot.workspace
    since = workspace.created if built.since is None else instant(built.since)
    stated = None if since is None else f"{since:%Y-%m-%dT%H:%M:%S}.{since.microsecond // 1000:03}Z"
    head = {
        "version": VERSION,
        "meta": {"clientCode": workspace.code, "environment": environment, "generatedAt": stated},
        "globalMbox": GLOBAL,
        "geoTargetingEnabled": False,
        "responseTokens": house.settings.target_tokens.split(),
    }
    body = json.dumps(head)[:-1] + b"," + built.rest[1:]
    return Published(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def _build(house: House, snapshot: Snapshot, key: _Key, now: int, revised: int | None) -> _Built:
    """Makes an artifact, but for what differs between environments."""
    rules = Rules(snapshot, Tokens(house, key.workspace), now, key.property, hashed=key.hashed)
    converting = _converting(snapshot)
    made: dict[str, dict[str, Any]] = {"mboxes": {}, "views": {}}
    far: dict[str, list[str]] = {"mboxes": [], "views": []}
    for placement, kind, name in _named(house, key.workspace, snapshot):
        under = "views" if kind in {"view", _TWINS} else "mboxes"
        try:
            if placement is None:
                made[under].setdefault(name, [])
                continue
            if kind == _TWINS:
                raise Inexpressible("several views have this name")
            if placement.id in converting:
                raise Inexpressible("showing it reaches a goal, of which the server is to know")
            made[under][name] = rules.of(placement, name.lower() if kind == "view" else name, kind)
        except Inexpressible:
            far[under].append(name)
    rest = {
        "remoteMboxes": far["mboxes"],
        "remoteViews": far["views"],
        "localMboxes": list(made["mboxes"]),
        "localViews": list(made["views"]),
        "rules": made,
    }
    changed, until = _boundaries(snapshot, now)
    known = [each for each in (revised, changed) if each is not None]
    return _Built(snapshot, until, max(known, default=None), json.dumps(rest))


def _named(house: House, workspace: str, snapshot: Snapshot) -> Iterator[tuple[CompiledPlacement | None, str, str]]:
    """Every placement under each name that clients have for it, with what clients take it for there."""
    places = Places(house, workspace)
    page = places.page()
    yield (None if page is None else snapshot.placements.get(page.id)), "page", GLOBAL
    small = [view_name(each).lower() for each in places.views()]
    for placement in sorted(snapshot.placements.values(), key=lambda each: each.id):
        of = placement.placement
        if of.kind == "view":
            name = view_name(of)
            kind = "view" if small.count(name.lower()) == 1 else _TWINS
            for spelled in dict.fromkeys((name, name.lower())):
                yield placement, kind, spelled
            continue
        for name in dict.fromkeys((of.id, of.ids.get("mbox", of.id))):
            found = places.mbox(name)
            if name != GLOBAL and found is not None and found.id == of.id:
                yield placement, "mbox", name


def _converting(snapshot: Snapshot) -> set[str]:
    """The placements at which showing something reaches a goal."""
    return {
        goal.at
        for activity in snapshot.catalogue.of("activities").values()
        if isinstance(activity, Activity) and activity.status == "live"
        for goal in activity.goals
        if goal.on == _CONVERSION and goal.at is not None
    }


def _boundaries(snapshot: Snapshot, now: int) -> tuple[int | None, int | None]:
    """The last instant at which something began or was over, and the next."""
    activities = list(snapshot.activities.values())
    selections = [*snapshot.selections.values(), *(part for each in activities for part in each.selections)]
    offers = [*snapshot.offers.values(), *(each for part in selections for each in part.inline)]
    ends = [*((each.starts, each.ends) for each in activities), *((each.starts, each.ends) for each in offers)]
    found = [end for pair in ends for end in pair if end is not None]
    passed, coming = [end for end in found if end <= now], [end for end in found if end > now]
    return max(passed, default=None), min(coming, default=None)
