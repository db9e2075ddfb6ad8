"""The catalogue of one workspace as it is now, in memory, with the indexes that make writes cheap."""

from __future__ import annotations

from asyncio import Lock, to_thread
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import msgspec

from offerd import engine
from offerd.model import codec, json
from offerd.model.base import Object
from offerd.model.catalogue import Catalogue
from offerd.model.kinds import KINDS
from offerd.model.place import Workspace
from offerd.pql import Program
from offerd.services import collector
from offerd.services.catalogue.changes import Key
from offerd.services.catalogue.index import Index
from offerd.services.catalogue.naming import ForeignIds
from offerd.services.catalogue.references import Referrers, named
from offerd.services.catalogue.rules import Rules, among
from offerd.services.walk import saved
from offerd.storage.protocols import CatalogueStore, ChangeRow


class State:
    """What is known of one workspace's catalogue. Only a write that was committed changes it.

    Attributes:
        lock: held by the write that is under way.
        catalogue: everything there is.
        snapshot: what decides.
        referrers: who names whom.
        ids: the foreign ids.
        origins: the revision whose change made each object what it is.
    """

    def __init__(self, snapshot: engine.Snapshot, ids: ForeignIds) -> None:
        self.lock = Lock()
        self.snapshot = snapshot
        self.referrers = Referrers()
        self.ids = ids
        self.origins: dict[Key, int] = {}
        self._indexes: dict[str, Index] = {}
        self._unindexed: dict[str, set[str]] = {}

    @property
    def catalogue(self) -> Catalogue:
        """Everything there is."""
        return self.snapshot.catalogue

    def get(self, key: Key) -> Object | None:
        """An object; None where there is none."""
        return self.catalogue.of(key[0]).get(key[1])

    def index(self, kind: str) -> Index:
        """What makes lists of a kind cheap; it follows the kind when it is asked for."""
        known = self._indexes.get(kind)
        if known is None:
            known = self._indexes[kind] = Index().follow(self.catalogue.of(kind))
        return known.follow(self.catalogue.of(kind), self._unindexed.pop(kind, ()))

    def swap(self, snapshot: engine.Snapshot, changed: Iterable[Key]) -> None:
        """Decides with another snapshot from now on.

        Args:
            snapshot: of the catalogue after a write.
            changed: the keys of all objects that the write put or took away.
        """
        self.snapshot = snapshot
        for kind, id_ in changed:
            if kind in self._indexes:
                self._unindexed.setdefault(kind, set()).add(id_)


def load(store: CatalogueStore, rules: Rules, workspace: Workspace, *, steps: int) -> State:
    """Reads the catalogue of a workspace and compiles it; parses no rule."""
    rows = store.objects(workspace.id)
    catalogue = assembled(workspace, store.head(workspace.id), rows)
    state = State(compiled(catalogue, rules, steps=steps), ForeignIds(store.next_number(workspace.id)))
    names: dict[Key, frozenset[Key]] = {}
    for row in rows:
        key = (row.kind, row.id)
        thing = catalogue.objects[row.kind][row.id]
        state.origins[key] = row.revision
        state.ids.learn(key, thing)
        names[key] = names_of(thing, rules.program)
    state.referrers.update(names)
    return state


def compiled(catalogue: Catalogue, rules: Rules, *, steps: int) -> engine.Snapshot:
    """A snapshot of a catalogue all of whose rules are stored."""
    programs = rules.stored(rules_of(catalogue))
    return engine.compile(catalogue, partial(among, programs), steps=steps, views=rules.views)


async def compiled_aside(read: Callable[[], Catalogue], rules: Rules, *, steps: int) -> engine.Snapshot:
    """The same of a catalogue that `read` makes; storage is asked here, and all the rest is done in a thread."""

    def looked() -> tuple[Catalogue, set[str]]:
        catalogue = read()
        return catalogue, rules_of(catalogue)

    with collector.waiting():
        catalogue, texts = await to_thread(looked)
        program = partial(among, rules.stored(texts))
        return await to_thread(engine.compile, catalogue, program, steps=steps, views=rules.views)


def rules_of(catalogue: Catalogue) -> set[str]:
    """Every text of a catalogue that is stored as a rule, if it is one."""
    return {text for objects in catalogue.objects.values() for thing in objects.values() for text in saved(thing)}


def assembled(workspace: Workspace, revision: int, rows: Iterable[ChangeRow]) -> Catalogue:
    """A catalogue of stored documents."""
    objects: dict[str, dict[str, Object]] = {}
    for row in rows:
        if row.document is not None:
            objects.setdefault(row.kind, {})[row.id] = thawed(row.kind, row.document)
    return Catalogue(workspace=workspace, revision=revision, objects=objects)


def thawed(kind: str, document: bytes) -> Object:
    """An object of its stored document."""
    return codec.build(KINDS[kind], json.loads(document))


def names_of(thing: Object, program: Callable[[str], Program]) -> frozenset[Key]:
    """The keys of everything that an object names."""
    return frozenset((reference.kind, reference.id) for reference in named(thing, program))


def changed(catalogue: Catalogue, changes: Mapping[Key, Object | None], revision: int) -> Catalogue:
    """A catalogue with some objects put or, where None, taken away; kinds without a change are shared."""
    objects: dict[str, Mapping[str, Object]] = dict(catalogue.objects)
    fresh: dict[str, dict[str, Object]] = {}
    for (kind, id_), thing in changes.items():
        if kind not in fresh:
            objects[kind] = fresh[kind] = dict(catalogue.of(kind))
        if thing is None:
            fresh[kind].pop(id_, None)
        else:
            fresh[kind][id_] = thing
    return msgspec.structs.replace(catalogue, objects=objects, revision=revision)
