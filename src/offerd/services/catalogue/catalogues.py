"""The catalogues of all workspaces in memory, and the one way in which they change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias, TypeVar

import msgspec

from offerd.model.codec import Fault
from offerd.model.place import Workspace
from offerd.services.catalogue.changes import Change, Key, Written
from offerd.services.catalogue.plan import Plan
from offerd.services.catalogue.rules import Prepared, Rules
from offerd.services.catalogue.state import State, compiled, compiled_aside, load
from offerd.services.clock import Clock
from offerd.services.errors import InvalidDocument
from offerd.services.extensions import Extensions
from offerd.services.finishing import finish
from offerd.services.workspaces import WorkspaceService
from offerd.storage.protocols import CatalogueStore, Keep, RevisionRow, Transaction, Writer

T = TypeVar("T")

#: Says what to change, of the catalogue as it is when the write's turn comes.
Make: TypeAlias = Callable[[State], Sequence[Change]]

#: Says what to raise for what is wrong with which objects.
Refuse: TypeAlias = Callable[[Sequence[tuple[Key, Fault]]], InvalidDocument]

#: Objects in one write above which its preparation goes to a thread, so that decisions are answered meanwhile.
MANY = 100


class Draft(msgspec.Struct, frozen=True):
    """A write that is worked out and not made.

    Attributes:
        plan: what it changes.
        prepared: its rules.
        wrong: what is wrong with which objects; then it cannot be made.
    """

    plan: Plan
    prepared: Prepared
    wrong: list[tuple[Key, Fault]]


class _Write(NamedTuple):
    """A write as it was asked for."""

    state: State
    make: Make
    author: str
    message: str
    refuse: Refuse
    keep: Keep | None
    many: bool


class Catalogues:
    """Every workspace's catalogue; writes to one are made one after the other.

    Args:
        store: where they are kept.
        writer: what commits.
        workspaces: the workspaces.
        clock: tells the time.
        rules: gives the programs of rules.
        extensions: what wire formats may keep.
        steps: how many steps one evaluation of a rule may take.
    """

    def __init__(
        self,
        store: CatalogueStore,
        writer: Writer,
        workspaces: WorkspaceService,
        clock: Clock,
        *,
        rules: Rules,
        extensions: Extensions,
        steps: int,
    ) -> None:
        self._store = store
        self._writer = writer
        self._workspaces = workspaces
        self._clock = clock
        self._rules = rules
        self._extensions = extensions
        self._steps = steps
        self._states: dict[str, State] = {}
        workspaces.watch(self._moved)

    def state(self, workspace: str) -> State:
        """A workspace's catalogue, read when it is first asked for.

        Raises:
            NotFound: there is no such workspace.
        """
        found = self._states.get(workspace)
        if found is None:
            home = self._workspaces.get(workspace)
            found = self._states.get(home.id) or load(self._store, self._rules, home, steps=self._steps)
            self._states[home.id] = found
        return found

    async def write(
        self,
        workspace: str,
        make: Make,
        *,
        author: str,
        message: str,
        refuse: Refuse,
        keep: Keep | None = None,
        many: bool = False,
    ) -> Written:
        """Changes a catalogue: checks, stores a revision, and swaps the snapshot before it answers.

        Args:
            workspace: the workspace's id.
            make: says what to change.
            author: the token's name that writes.
            message: what the author says of it.
            refuse: says how to refuse.
            keep: called in the transaction with what is returned.
            many: whether `make` has much to do, and touches nothing but what it is given.
        """
        return await finish(self._write(_Write(self.state(workspace), make, author, message, refuse, keep, many)))

    async def consider(self, workspace: str, make: Make, look: Callable[[Draft], T], *, many: bool = False) -> T:
        """Works out a write without making it.

        Args:
            workspace: the workspace's id.
            make: says what to change.
            look: says what is wanted to know of it.
            many: whether there is much to do; `make` and `look` then run in a thread.
        """
        state = self.state(workspace)
        async with state.lock:
            draft = await self._draft(state, make, "", many=many)
            return await heavy(lambda: look(draft), many)

    async def _write(self, write: _Write) -> Written:
        state, keep = write.state, write.keep
        async with state.lock:
            draft = await self._draft(state, write.make, write.author, many=write.many)
            plan, prepared = draft.plan, draft.prepared
            if draft.wrong:
                raise write.refuse(draft.wrong)
            if not plan.after:
                same = Written(state.catalogue.revision, [], plan.objects)
                if keep is not None:
                    await self._writer.submit(lambda transaction: keep(transaction, same))
                return same
            many = len(plan.after) > MANY
            compiling = partial(plan.compile, self._rules, prepared, steps=self._steps)
            snapshot = await heavy(compiling, many)
            names = await heavy(lambda: plan.names(self._rules.with_(prepared)), many)
            written = Written(plan.revision, plan.differences, plan.objects)
            await self._writer.submit(await heavy(lambda: self._storing(plan, prepared, written, write), many))
            self._rules.learn(prepared)
            plan.commit(snapshot, names)
            return written

    async def _draft(self, state: State, make: Make, author: str, *, many: bool) -> Draft:
        plan = Plan(state, author=author, now=self._clock.now())
        changes = await heavy(lambda: make(state), many)
        await heavy(lambda: plan.settle(changes), len(changes) > MANY)
        texts = await heavy(plan.texts, len(changes) > MANY)
        stored = self._rules.stored(texts)
        prepared = await heavy(lambda: self._rules.prepare(texts, stored), len(texts) > MANY)
        checking = partial(plan.check, prepared, self._rules, self._extensions)
        return Draft(plan, prepared, await heavy(checking, len(changes) > MANY))

    def _storing(
        self, plan: Plan, prepared: Prepared, written: Written, write: _Write
    ) -> Callable[[Transaction], None]:
        """The unit of work that makes a write last."""
        workspace = plan.state.catalogue.workspace.id
        row = RevisionRow(plan.revision, plan.now, plan.author, write.message)
        rows, (gone, come) = plan.rows(), plan.naming.rows()

        def work(transaction: Transaction) -> None:
            self._store.keep_trees(transaction, prepared.trees)
            self._store.append(transaction, workspace, row, rows)
            self._store.name(transaction, workspace, gone=gone, come=come)
            self._store.take_numbers(transaction, workspace, plan.naming.following)
            if write.keep is not None:
                write.keep(transaction, written)

        return work

    def recompile(self) -> None:
        """Compiles anew what is loaded, when what rules see has changed."""
        for state in self._states.values():
            state.snapshot = compiled(state.catalogue, self._rules, steps=self._steps)

    async def _moved(self, workspace: Workspace) -> None:
        """Compiles anew for a workspace whose zone or code changed."""
        state = self._states.get(workspace.id)
        if state is None:
            return
        async with state.lock:
            moved = msgspec.structs.replace(state.catalogue, workspace=workspace)
            state.snapshot = await compiled_aside(lambda: moved, self._rules, steps=self._steps)


async def heavy(work: Callable[[], T], much: bool) -> T:
    """Runs `work`, in a thread where it is much."""
    return await asyncio.to_thread(work) if much else work()
