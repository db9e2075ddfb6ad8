"""People as decisions need them: read once, kept in memory, read again after a change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from offerd.model.decision import Proposition
from offerd.model.person import Assignment, Identity, Profile
from offerd.services.clock import instant
from offerd.storage.protocols_runtime import ProfileStore

#: Workspace, namespace and id of an identity.
_Name: TypeAlias = tuple[str, str, str]

#: How many parents up attributes are inherited from.
GENERATIONS = 16


class Known(msgspec.Struct):
    """A profile and what activities remember of it.

    Attributes:
        profile: the profile.
        assignments: by activity.
        open: open propositions, by their places.
        always: imported audiences that it is in without an end or a beginning to come.
        dated: whether other memberships have to be looked at for each moment.
    """

    profile: Profile
    assignments: dict[str, Assignment]
    open: dict[tuple[str, str, str], Proposition]
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
        self._names: OrderedDict[_Name, str] = OrderedDict()
        #: The same the other way round: the names that lead to each profile.
        self._named: dict[tuple[str, str], list[_Name]] = {}

    def find(self, workspace: str, identity: Identity) -> str | None:
        """The id of the profile with this identity."""
        name = (workspace, identity.namespace, identity.id)
        found = self._names.get(name)
        if found is None:
            found = self._store.find(workspace, identity)
            if found is not None:
                self._names[name] = found
                self._named.setdefault((workspace, found), []).append(name)
                if len(self._names) > 4 * self._room:
                    self._drop(*self._names.popitem(last=False))
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
        """Has profiles, and who their identities lead to, read again when they are next looked at."""
        for profile in profiles:
            self._known.pop((workspace, profile), None)
            for name in self._named.pop((workspace, profile), ()):
                del self._names[name]

    def forget_family(self, workspace: str, *profiles: str) -> None:
        """Has profiles read again, and those that inherit from them."""
        gone = set(profiles)
        heirs = [
            name for (where, name), known in self._known.items() if known.profile.parent in gone and where == workspace
        ]
        self.forget(workspace, *gone, *heirs)

    def settled(self, workspace: str, known: Known) -> None:
        """Has memory follow a commit that changed `known`.

        While it was being committed, somebody else may have looked at the profile and read it as it was before.
        """
        if self._known.get((workspace, known.profile.id)) is not known:
            self.forget(workspace, known.profile.id)

    def attributes(self, workspace: str, profile: Profile) -> Mapping[str, Any]:
        """A profile's attributes, laid over those of its parents."""
        if profile.parent is None:
            return profile.attributes
        lines = [each.attributes for each in self._line(workspace, profile)]
        made: dict[str, Any] = {}
        for attributes in reversed(lines):
            made |= attributes
        return made

    def _drop(self, name: _Name, profile: str) -> None:
        """Forgets that a name, which is forgotten, led to a profile."""
        names = self._named[name[0], profile]
        names.remove(name)
        if not names:
            del self._named[name[0], profile]

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
    """A profile and what is remembered of it; the latest open proposition of a place counts."""
    return Known(
        profile,
        {each.activity: each for each in assignments},
        {each.place: each for each in propositions},
        frozenset(each.audience for each in profile.memberships),
        any(each.since is not None or each.until is not None for each in profile.memberships),
    )
