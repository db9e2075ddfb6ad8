"""Whole catalogues as documents: applied, compared, exported and looked over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, TypeVar

import msgspec

from offerd.model.catalogue import Catalogue
from offerd.pql import Program
from offerd.services.catalogue.catalogues import MANY, Catalogues, Draft, heavy
from offerd.services.catalogue.changes import Difference, Step, Written
from offerd.services.catalogue.documents import changes_of, export, size
from offerd.services.catalogue.history import History
from offerd.services.catalogue.lint import Finding, lint, wrong_document
from offerd.services.catalogue.naming import SYSTEMS
from offerd.services.catalogue.plan import across
from offerd.services.catalogue.pointers import nearest
from offerd.services.catalogue.rules import Rules
from offerd.services.clock import Clock
from offerd.services.errors import InvalidDocument
from offerd.services.workspaces import WorkspaceService
from offerd.storage.protocols import Keep

T = TypeVar("T")

#: Says what is odd in a catalogue for one wire format.
Lint: TypeAlias = Callable[[Catalogue], Iterable[Finding]]


class CatalogueFiles:
    """Catalogue documents of all workspaces; a workspace is named by its id.

    Args:
        workspaces: the workspaces.
        catalogues: what there is now.
        history: what there was.
        rules: gives the programs of rules.
        clock: tells the time.
    """

    def __init__(
        self, workspaces: WorkspaceService, catalogues: Catalogues, history: History, rules: Rules, clock: Clock
    ) -> None:
        self._workspaces = workspaces
        self._catalogues = catalogues
        self._history = history
        self._rules = rules
        self._clock = clock
        self._lints: list[Lint] = []

    def register_lint(self, look: Lint) -> None:
        """Has `look` say what else is odd in a catalogue; for wire formats, before requests come."""
        self._lints.append(look)

    async def apply(
        self,
        workspace: str,
        document: Any,
        *,
        author: str,
        prune: bool = False,
        message: str = "",
        keep: Keep | None = None,
    ) -> Written:
        """Makes a catalogue as a document says, in one revision.

        Args:
            workspace: the workspace's id.
            document: objects by kind, then by id, as `export` gives them.
            author: the token's name that writes.
            prune: whether to delete what the document does not name.
            message: what the author says of it.
            keep: called in the transaction with what is returned.

        Raises:
            InvalidDocument: pointers are within the document.
        """
        home = self._workspaces.get(workspace)
        try:
            return await self._catalogues.write(
                workspace,
                lambda state: changes_of(home, document, state.catalogue, prune=prune),
                author=author,
                message=message,
                refuse=across,
                keep=keep,
                many=size(document) > MANY,
            )
        except InvalidDocument as invalid:
            raise InvalidDocument(nearest(document, invalid.faults)) from None

    async def compare(self, workspace: str, document: Any, *, prune: bool = False) -> list[Difference]:
        """What applying a document would change.

        Raises:
            InvalidDocument: pointers are within the document.
        """

        def look(draft: Draft) -> list[Difference]:
            return [_undrawn(each) for each in draft.plan.differences]

        return await self._consider(workspace, document, look, prune=prune)

    async def export(
        self, workspace: str, *, revision: int | None = None, short: bool = True, ids: bool = False
    ) -> dict[str, Any]:
        """A catalogue as a document that `apply` takes.

        Args:
            workspace: the workspace's id.
            revision: an old revision; now where absent.
            short: whether to use the forms that people write.
            ids: whether to give the assigned foreign ids, too.
        """
        present = self._catalogues.state(workspace).catalogue
        if revision is None:
            return await heavy(lambda: export(present, short=short, ids=ids), much=True)
        past = self._history.reading(workspace, revision)
        return await heavy(lambda: export(past(), short=short, ids=ids), much=True)

    async def lint(self, workspace: str, document: Any = None) -> list[Finding]:
        """What is wrong or odd in a catalogue: as it is, or with a document applied to it."""
        now = self._clock.now()
        if document is None:
            present = self._catalogues.state(workspace).catalogue
            return await heavy(lambda: self._linted(present, self._rules.program, now), much=True)

        def look(draft: Draft) -> list[Finding]:
            program = self._rules.with_(draft.prepared)
            return [each for each in self._linted(draft.plan.catalogue(), program, now) if each.concerns(document)]

        try:
            return await self._consider(workspace, document, look)
        except InvalidDocument as invalid:
            return wrong_document(invalid.faults)

    def _linted(self, catalogue: Catalogue, program: Callable[[str], Program], now: int) -> list[Finding]:
        more = [finding for look in self._lints for finding in look(catalogue)]
        return [*lint(catalogue, program, now=now), *more]

    async def _consider(
        self, workspace: str, document: Any, look: Callable[[Draft], list[T]], *, prune: bool = False
    ) -> list[T]:
        """What is wanted to know of applying a document that may be applied."""
        home = self._workspaces.get(workspace)

        def looked(draft: Draft) -> list[T]:
            if draft.wrong:
                raise across(draft.wrong)
            return look(draft)

        try:
            return await self._catalogues.consider(
                workspace,
                lambda state: changes_of(home, document, state.catalogue, prune=prune),
                looked,
                many=size(document) > MANY,
            )
        except InvalidDocument as invalid:
            raise InvalidDocument(nearest(document, invalid.faults)) from None


def _undrawn(difference: Difference) -> Difference:
    """What would be created, without the ids that were drawn to see whether it could be."""
    if difference.what != "created":
        return difference
    (step,) = difference.changes
    ids = {system: value for system, value in step.after["ids"].items() if system not in SYSTEMS}
    after = {name: value for name, value in step.after.items() if name != "ids"} | ({"ids": ids} if ids else {})
    return msgspec.structs.replace(difference, changes=[Step(step.pointer, after=after)])
