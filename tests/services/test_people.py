"""People in memory: what is kept of them, and what is read again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offerd.model.person import Identity, Profile
from offerd.services.people import People
from offerd.storage.protocols_runtime import PersonState


class Store:
    """Profiles that are made when they are first asked for, each with the identities that begin with its id."""

    def __init__(self) -> None:
        self.parents: dict[str, str] = {}
        self.asked: list[str] = []

    def find(self, _workspace: str, identity: Identity) -> str | None:
        self.asked.append(identity.id)
        return identity.id[0] if identity.id else None

    def read(self, _workspace: str, profile: str) -> Profile:
        self.asked.append(profile)
        return Profile(id=profile, parent=self.parents.get(profile))

    def state(self, _workspace: str, _profile: str) -> PersonState:
        return PersonState([], [])


@pytest.fixture
def store() -> Store:
    return Store()


def _named(name: str) -> Identity:
    return Identity(namespace="crm", id=name)


def _asked(store: Store, people: People, workspace: str, *names: str) -> list[str]:
    """What the storage is asked for when these names are looked up, and these profiles read."""
    store.asked.clear()
    for name in names:
        assert people.find(workspace, _named(name)) == name[0]
        assert people.get(workspace, name[0]) is not None
    return store.asked


def test_whoever_is_forgotten_is_read_again_and_nobody_else(store: Store) -> None:
    people, names = People(store), ("a1", "a2", "b1")  # type: ignore[arg-type]
    for workspace in ("here", "there"):
        _asked(store, people, workspace, *names)
        assert _asked(store, people, workspace, *names) == []
    people.forget("here", "a", "nobody")
    assert _asked(store, people, "here", *names) == ["a1", "a", "a2"]
    assert _asked(store, people, "there", *names) == []


def test_with_a_family_those_go_who_inherit_and_nobody_else(store: Store) -> None:
    people, names = People(store), ("a1", "b1", "c1", "d1")  # type: ignore[arg-type]
    store.parents = {"b": "a", "c": "b"}
    _asked(store, people, "here", *names)
    _asked(store, people, "there", *names)
    people.forget_family("here", "a")
    assert _asked(store, people, "here", *names) == ["a1", "a", "b1", "b"]
    assert _asked(store, people, "there", *names) == []


@given(st.lists(st.tuples(st.sampled_from(["find", "forget"]), st.text("abc", min_size=1, max_size=3)), max_size=40))
def test_names_are_known_both_ways_and_few_of_them(steps: list[tuple[str, str]]) -> None:
    people: Any = People(Store(), room=1)  # type: ignore[arg-type]
    for what, name in steps:
        if what == "find":
            people.find("here", _named(name))
        else:
            people.forget("here", name[0])
        both = {(profile, name) for (_, profile), names in people._named.items() for name in names}
        assert both == {(profile, name) for name, profile in people._names.items()}
        assert all(people._named.values())
        assert sum(map(len, people._named.values())) == len(people._names) <= 4
