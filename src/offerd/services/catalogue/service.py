"""The catalogue service: what the rest of the house asks of catalogues."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from offerd import engine, pql
from offerd.model import codec
from offerd.model.base import Object
from offerd.model.catalogue import Catalogue
from offerd.model.offer import Offer
from offerd.model.place import Workspace
from offerd.services import collector
from offerd.services.catalogue.asking import Key, Predicate, Search
from offerd.services.catalogue.catalogues import Catalogues
from offerd.services.catalogue.changes import Change, Delete, Put, Written
from offerd.services.catalogue.files import CatalogueFiles
from offerd.services.catalogue.history import History
from offerd.services.catalogue.index import Index
from offerd.services.catalogue.patch import merged, patched
from offerd.services.catalogue.plan import across, within
from offerd.services.catalogue.pointers import nearest
from offerd.services.catalogue.query import Page, Query, find
from offerd.services.catalogue.rules import Rules
from offerd.services.catalogue.settling import build, rebuilt, struct_of
from offerd.services.catalogue.state import State
from offerd.services.clock import Clock
from offerd.services.errors import InvalidDocument, NotFound
from offerd.services.extensions import Extensions
from offerd.services.workspaces import WorkspaceService
from offerd.storage.protocols import CatalogueStore, Keep, Transaction, Writer


class CatalogueService:
    """The catalogues of all workspaces; a workspace is named by its id.

    Every write validates, stores one new revision, and has swapped the snapshot in when it answers; one that changes
    nothing makes no revision. What a method raises beside what it names: NotFound, where there is no such
    workspace, kind or object.

    Args:
        store: where catalogues are kept.
        writer: what commits.
        workspaces: the workspaces.
        clock: tells the time.
        limits: how large a rule may be, and how long it may take.

    Attributes:
        history: the revisions; its methods are this service's, too.
        files: catalogue documents; its methods are this service's, too.
    """

    def __init__(
        self,
        store: CatalogueStore,
        writer: Writer,
        workspaces: WorkspaceService,
        clock: Clock,
        limits: pql.Limits | None = None,
    ) -> None:
        limits = limits or pql.Limits()
        self._workspaces = workspaces
        self._rules = Rules(store, limits)
        self._extensions = Extensions()
        self._all = Catalogues(
            store, writer, workspaces, clock, rules=self._rules, extensions=self._extensions, steps=limits.steps
        )
        self.history = History(store, self._rules, self._all, steps=limits.steps)
        self.files = CatalogueFiles(workspaces, self._all, self.history, self._rules, clock)
        self.apply = self.files.apply
        self.compare = self.files.compare
        self.export = self.files.export
        self.lint = self.files.lint
        self.register_lint = self.files.register_lint
        self.revisions = self.history.list
        self.revision = self.history.read
        self.revised = self.history.revised
        self.compare_revisions = self.history.compare
        self.rollback = self.history.rollback
        self.at = self.history.at
        self.offer_at = self.history.offer
        self.register_extension = self._extensions.register

    def register_views(
        self,
        offer: Callable[[Offer], Mapping[str, Any]],
        person: Callable[[frozenset[str]], Mapping[str, Any]],
    ) -> None:
        """Lets rules see more of offers and people than the model says; for wire formats, before requests come.

        Args:
            offer: what an offer has beside its own members.
            person: what somebody in these imported audiences has beside the profile's attributes.
        """
        self._rules.views = self._rules.views.plus(engine.Views((offer,), (person,)))
        self._all.recompile()

    def start(self) -> None:
        """Reads every workspace's catalogue."""
        with collector.waiting():
            for workspace in self._workspaces.list():
                self._all.state(workspace.id)

    def snapshot(self, workspace: str) -> engine.Snapshot:
        """What decides now."""
        return self._all.state(workspace).snapshot

    def catalogue(self, workspace: str) -> Catalogue:
        """Everything there is now."""
        return self._all.state(workspace).catalogue

    def readable(self) -> set[str] | None:
        """The names of a profile's members that rules may read; None where one reads the profile as a whole."""
        reads = self._rules.reads
        return None if "" in reads else reads

    def get(self, workspace: str, kind: str, id: str) -> Object:  # noqa: A002
        """An object by its id, or by a foreign id as `system=value`."""
        struct_of(kind)
        state = self._all.state(workspace)
        found = state.get((kind, id))
        if found is None and "=" in id:
            system, value = id.split("=", 1)
            key = state.ids.find(system, value, kind)
            found = state.get(key) if key else None
        if found is None:
            raise NotFound(kind, id)
        return found

    def find_foreign(
        self, workspace: str, system: str, value: str, kind: str | None = None
    ) -> tuple[str, Object] | None:
        """The kind and the object that another system calls `value`; None where there is none."""
        state = self._all.state(workspace)
        key = state.ids.find(system, value, kind)
        thing = state.get(key) if key else None
        return (key[0], thing) if key and thing else None

    async def find(self, workspace: str, kind: str, query: Query) -> Page[Object]:
        """A page of a kind's objects.

        Raises:
            Unprocessable: the cursor does not fit.
        """
        return await find(partial(self.listing, workspace, kind), query)

    async def write(
        self, workspace: str, changes: Sequence[Change], *, author: str, message: str = "", keep: Keep | None = None
    ) -> Written:
        """Makes several changes in one revision, all or none.

        Args:
            workspace: the workspace's id.
            changes: puts and deletes, each of another object.
            author: the token's name that writes.
            message: what the author says of it.
            keep: called in the transaction with what is returned.

        Raises:
            Exists, Stale: an object is not as a change wants it.
            Referenced: a deleted object is still named.
            InvalidDocument: pointers begin with kind and id.
        """
        home = self._workspaces.get(workspace)
        checked = [_checked(home, change) for change in changes]
        return await self._all.write(
            workspace, lambda _: checked, author=author, message=message, refuse=across, keep=keep
        )

    def index(self, workspace: str, kind: str) -> Index:
        """What makes lists of a kind cheap, as the kind is now."""
        struct_of(kind)
        return self._all.state(workspace).index(kind)

    async def listing(
        self, workspace: str, kind: str, tests: Sequence[Predicate], search: Search | None, order: Sequence[Key]
    ) -> Index:
        """The index of a kind as it is now, once it has what makes a list cheap that is about to be asked for.

        Args:
            workspace: the workspace's id.
            kind: the plural of the kind.
            tests: as of the list.
            search: as of the list.
            order: as of the list.
        """
        await self.index(workspace, kind).ready(tests, search, order)
        return self.index(workspace, kind)

    async def edit(
        self,
        workspace: str,
        make: Callable[[Catalogue], Sequence[Change]],
        *,
        author: str,
        message: str = "",
        keep: Keep | None = None,
    ) -> Written:
        """Makes changes that depend on the catalogue; no other write comes between the look and the change.

        Args:
            workspace: the workspace's id.
            make: says what to change, of the catalogue as it is when the write's turn comes; may raise what it likes.
            author: the token's name that writes.
            message: what the author says of it.
            keep: called in the transaction with what is returned.

        Raises:
            Exists, Stale: an object is not as a change wants it.
            Referenced: a deleted object is still named.
            InvalidDocument: pointers begin with kind and id.
        """
        home = self._workspaces.get(workspace)

        def changes(state: State) -> list[Change]:
            return [_checked(home, change) for change in make(state.catalogue)]

        return await self._all.write(workspace, changes, author=author, message=message, refuse=across, keep=keep)

    async def create(
        self,
        workspace: str,
        kind: str,
        document: Any,
        *,
        author: str,
        message: str = "",
        keep: Keep | None = None,
    ) -> Object:
        """Stores a new object, which is given an id where it has none.

        Args:
            workspace: the workspace's id.
            kind: the plural of the kind.
            document: the object, or a tree of plain values.
            author: the token's name that writes.
            message: what the author says of it.
            keep: called in the transaction with the object.

        Raises:
            Exists: there is one with this id.
            InvalidDocument: pointers are within the object.
        """
        return await self.replace(workspace, kind, document, author=author, create=True, message=message, keep=keep)

    async def replace(
        self,
        workspace: str,
        kind: str,
        document: Any,
        *,
        author: str,
        id: str | None = None,  # noqa: A002
        if_version: int | None = None,
        create: bool | None = None,
        message: str = "",
        keep: Keep | None = None,
    ) -> Object:
        """Stores an object in the place of the one with its id, or a new one.

        Args:
            workspace: the workspace's id.
            kind: the plural of the kind.
            document: the object, or a tree of plain values.
            author: the token's name that writes.
            id: its id, where the document does not say it.
            if_version: the version that the stored one must have.
            create: whether it must be new (True), must be there (False), or either.
            message: what the author says of it.
            keep: called in the transaction with the object.

        Raises:
            Exists, Stale: the stored object is not as it must be.
            InvalidDocument: pointers are within the object.
        """
        home = self._workspaces.get(workspace)
        thing = rebuilt(home, kind, document) if isinstance(document, Object) else build(home, kind, document, id)
        put = Put(kind=kind, object=thing, if_version=if_version, create=create)
        try:
            written = await self._all.write(
                workspace, lambda _: [put], author=author, message=message, refuse=within, keep=_of_object(keep)
            )
        except InvalidDocument as invalid:
            raise InvalidDocument(_in(document, invalid)) from None
        return written.objects[0]

    async def patch(
        self,
        workspace: str,
        kind: str,
        id: str,  # noqa: A002
        patch: Any,
        *,
        author: str,
        if_version: int | None = None,
        message: str = "",
        keep: Keep | None = None,
    ) -> Object:
        """Changes some members of an object.

        Args:
            workspace: the workspace's id.
            kind: the plural of the kind.
            id: the object's id.
            patch: a list is a JSON Patch, an object a merge patch; both see the object's long form.
            author: the token's name that writes.
            if_version: the version that the stored one must have.
            message: what the author says of it.
            keep: called in the transaction with the object.

        Raises:
            Stale: the stored object is at another version.
            InvalidDocument: pointers are within the object, or of the patch where it does not fit.
            Unprocessable: a `test` failed.
        """
        home = self._workspaces.get(workspace)

        def make(_: object) -> list[Change]:
            old = self.get(workspace, kind, id)
            tree = codec.tree(old)
            after = patched(tree, patch) if isinstance(patch, list) else merged(tree, patch)
            return [Put(kind=kind, object=build(home, kind, after, old.id), if_version=if_version, create=False)]

        written = await self._all.write(
            workspace, make, author=author, message=message, refuse=within, keep=_of_object(keep)
        )
        return written.objects[0]

    async def delete(
        self,
        workspace: str,
        kind: str,
        id: str,  # noqa: A002
        *,
        author: str,
        if_version: int | None = None,
        message: str = "",
        keep: Keep | None = None,
    ) -> Written:
        """Removes an object.

        Raises:
            Stale: it is at another version.
            Referenced: others name it.
        """
        change = Delete(kind=kind, id=self.get(workspace, kind, id).id, if_version=if_version)
        return await self._all.write(
            workspace, lambda _: [change], author=author, message=message, refuse=within, keep=keep
        )


def _checked(home: Workspace, change: Change) -> Change:
    """The same change with the types of its object checked."""
    if isinstance(change, Delete):
        return change
    try:
        return msgspec.structs.replace(change, object=rebuilt(home, change.kind, change.object))
    except InvalidDocument as invalid:
        key = (change.kind, change.object.id)
        raise across([(key, fault) for fault in invalid.faults]) from None


def _of_object(keep: Keep | None) -> Keep | None:
    """What is called with the one object of a write."""
    if keep is None:
        return None

    def kept(transaction: Transaction, written: Written) -> None:
        keep(transaction, written.objects[0])

    return kept


def _in(document: Any, invalid: InvalidDocument) -> list[codec.Fault]:
    return list(invalid.faults) if isinstance(document, Object) else nearest(document, invalid.faults)
