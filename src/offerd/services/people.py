"""People as decisions need them: read once, kept in memory, read again after a change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from offerd.model.decision import Proposition
from offerd.model.person import Assignment, Identity, Profile
from offerd.services.clock import instant
from offerd.storage.protocols_runtime import ProfileStore

#: How many parents up attributes are inherited from.
GENERATIONS = 16


class Known(msgspec.Struct):
    """A profile and what activities remember of it.

    Attributes:
        profile: the profile.
        assignments: by activity.
        open: open propositions, by activity and placement.
        always: imported audiences that it is in without an end or a beginning to come.
        dated: whether other memberships have to be looked at for each moment.
    """

    profile: Profile
    assignments: dict[str, Assignment]
    open: dict[tuple[str, str], Proposition]
    always: frozenset[str]
    dated: bool

    def memberships(self, now: int) -> frozenset[str]:
        """The imported audiences that it is in at a moment."""
        if not self.dated:
            return self.always
        at = instant(now)
        return frozenset(
            each.audience
            for each in self.profile.memberships
            if (each.since is None or each.since <= at) and (each.until is None or at < each.until)
        )


class People:
    """Profiles that were looked at lately; whoever writes one calls `forget` after the commit.

    Args:
        store: where they are kept.
        room: how many stay in memory.
    """

    def __init__(self, store: ProfileStore, *, room: int = 20_000) -> None:
        self._store = store
        self._room = room
        self._known: OrderedDict[tuple[str, str], Known] = OrderedDict()
        self._names: OrderedDict[tuple[str, str, str], str] = OrderedDict()

    def find(self, workspace: str, identity: Identity) -> str | None:
        """The id of the profile with this identity."""
        name = (workspace, identity.namespace, identity.id)
        found = self._names.get(name)
        if found is None:
            found = self._store.find(workspace, identity)
            if found is not None:
                self._names[name] = found
                if len(self._names) > 4 * self._room:
                    self._names.popitem(last=False)
        return found

    def get(self, workspace: str, profile: str) -> Known | None:
        """A profile and what is remembered of it."""
        name = (workspace, profile)
        known = self._known.get(name)
        if known is not None:
            self._known.move_to_end(name)
            return known
        read = self._store.read(workspace, profile)
        if read is None:
            return None
        state = self._store.state(workspace, profile)
        return self.remember(workspace, known_of(read, state.assignments, state.open))

    def remember(self, workspace: str, known: Known) -> Known:
        """Takes in a profile that was just written."""
        self._known[workspace, known.profile.id] = known
        if len(self._known) > self._room:
            self._known.popitem(last=False)
        return known

    def forget(self, workspace: str, *profiles: str) -> None:
        """Has profiles read again when they are next looked at."""
        for profile in profiles:
            known = self._known.pop((workspace, profile), None)
            for identity in known.profile.identities if known else ():
                self._names.pop((workspace, identity.namespace, identity.id), None)

    def settled(self, workspace: str, known: Known) -> None:
        """Has memory follow a commit that changed `known`.

        While it was being committed, somebody else may have looked at the profile and read it as it was before.
        """
        if self._known.get((workspace, known.profile.id)) is not known:
            self.forget(workspace, known.profile.id)

    def forget_workspace(self, workspace: str) -> None:
        """Has everybody of a workspace read again."""
        for name in [name for name in self._known if name[0] == workspace]:
            del self._known[name]

    def forget_names(self, workspace: str, profiles: set[str]) -> None:
        """Has the identities of profiles that are no more looked up again."""
        gone = [name for name, profile in self._names.items() if profile in profiles and name[0] == workspace]
        for name in gone:
            del self._names[name]

    def attributes(self, workspace: str, profile: Profile) -> Mapping[str, Any]:
        """A profile's attributes, laid over those of its parents."""
        if profile.parent is None:
            return profile.attributes
        lines = [each.attributes for each in self._line(workspace, profile)]
        made: dict[str, Any] = {}
        for attributes in reversed(lines):
            made |= attributes
        return made

    def _line(self, workspace: str, profile: Profile) -> Iterator[Profile]:
        """A profile, its parent, its parent's parent."""
        seen: set[str] = set()
        here: Profile | None = profile
        while here is not None and here.id not in seen and len(seen) < GENERATIONS:
            yield here
            seen.add(here.id)
            above = self.get(workspace, here.parent) if here.parent is not None else None
            here = above.profile if above is not None else None


def known_of(profile: Profile, assignments: list[Assignment], propositions: list[Proposition]) -> Known:
    """A profile and what is remembered of it; the latest open proposition of an activity and placement counts."""
    return Known(
        profile,
        {each.activity: each for each in assignments},
        {(each.activity or "", each.placement or ""): each for each in propositions},
        frozenset(each.audience for each in profile.memberships),
        any(each.since is not None or each.until is not None for each in profile.memberships),
    )
