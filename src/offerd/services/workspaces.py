"""Workspaces: what isolates everything, and which key of another system leads to which."""

from __future__ import annotations

from asyncio import Lock
from collections.abc import Awaitable, Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

import msgspec

from offerd.model.base import Id
from offerd.model.codec import Fault
from offerd.model.place import Workspace
from offerd.services.clock import Clock, instant
from offerd.services.errors import Exists, InvalidDocument, NotFound
from offerd.services.finishing import finish
from offerd.services.zones import is_zone
from offerd.storage.protocols import Keep, Transaction, WorkspaceStore, Writer

#: The workspace that is there from the first start.
DEFAULT = "default"


class WorkspaceService:
    """The workspaces of one server; all of them are in memory.

    Args:
        store: where they are kept.
        writer: what commits.
        clock: tells the time.
        keys: other systems' keys and the workspaces they lead to.
    """

    def __init__(self, store: WorkspaceStore, writer: Writer, clock: Clock, keys: Mapping[str, str]) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._keys = keys
        self._lock = Lock()
        self._watchers: list[Callable[[Workspace], Awaitable[None]]] = []
        self._by_id = {workspace.id: workspace for workspace in store.all()}

    async def start(self) -> None:
        """Makes the default workspace at the first start."""
        if DEFAULT not in self._by_id:
            await self.create(Workspace(id=DEFAULT, code=DEFAULT, name="Default"))

    def watch(self, watcher: Callable[[Workspace], Awaitable[None]]) -> None:
        """Has `watcher` called with each workspace that was changed, before the change is answered."""
        self._watchers.append(watcher)

    def list(self) -> list[Workspace]:
        """Every workspace, by id."""
        return [self._by_id[id_] for id_ in sorted(self._by_id)]

    def get(self, key: str) -> Workspace:
        """A workspace by its id, or by a key that the settings lead to it.

        Raises:
            NotFound: there is none.
        """
        found = self._by_id.get(key) or self._by_id.get(self._keys.get(key, ""))
        if found is None:
            raise NotFound("workspaces", key)
        return found

    def resolve(self, key: str) -> Workspace:
        """The workspace that another system's key leads to.

        The settings say; a key that they do not name is a workspace's code or id, and where the settings name no
        keys at all, any other key is the default workspace's.

        Raises:
            NotFound: it leads nowhere.
        """
        by_code = next((one for one in self._by_id.values() if one.code == key), None)
        if by_code is not None and key not in self._keys:
            return by_code
        return self.get(key if self._keys or key in self._by_id else DEFAULT)

    async def create(self, workspace: Workspace, *, keep: Keep | None = None) -> Workspace:
        """Makes a workspace; its code is its id where it has none.

        Raises:
            Exists: there is one with this id.
            InvalidDocument: the id, code or zone is wrong.
        """
        return await finish(self._create(workspace, keep))

    async def replace(self, workspace: Workspace, *, keep: Keep | None = None) -> Workspace:
        """Changes a workspace; its id and time of creation stay.

        Raises:
            NotFound: there is none with this id.
            InvalidDocument: the code or zone is wrong.
        """
        return await finish(self._replace(workspace, keep))

    async def _create(self, workspace: Workspace, keep: Keep | None) -> Workspace:
        async with self._lock:
            if workspace.id in self._by_id:
                raise Exists("workspaces", workspace.id)
            return await self._put(workspace, instant(self._clock.now()), keep)

    async def _replace(self, workspace: Workspace, keep: Keep | None) -> Workspace:
        async with self._lock:
            if workspace.id not in self._by_id:
                raise NotFound("workspaces", workspace.id)
            return await self._put(workspace, self._by_id[workspace.id].created, keep)

    async def _put(self, workspace: Workspace, created: object, keep: Keep | None) -> Workspace:
        code = workspace.code or workspace.id
        made = msgspec.structs.replace(workspace, code=code, name=workspace.name or code, created=created)
        if faults := self._faults(made):
            raise InvalidDocument(faults)

        def work(transaction: Transaction) -> None:
            self._store.put(transaction, made)
            if keep is not None:
                keep(transaction, made)

        await self._writer.submit(work)
        self._by_id = {**self._by_id, made.id: made}
        for watcher in self._watchers:
            await watcher(made)
        return made

    def _faults(self, workspace: Workspace) -> Sequence[Fault]:
        faults = [
            Fault(f"/{name}", "expected 1 to 255 printable characters without white space")
            for name, value in (("id", workspace.id), ("code", workspace.code))
            if not _is_id(value)
        ]
        if not is_zone(workspace.zone):
            faults.append(Fault("/zone", f"{workspace.zone!r} is not an IANA time zone"))
        if any(one.code == workspace.code and one.id != workspace.id for one in self._by_id.values()):
            faults.append(Fault("/code", f"{workspace.code!r} is another workspace's code"))
        return faults


def zone_of(workspace: Workspace) -> ZoneInfo:
    """The time zone of a workspace's calendar."""
    return ZoneInfo(workspace.zone)


def _is_id(value: str) -> bool:
    try:
        msgspec.convert(value, Id)
    except msgspec.ValidationError:
        return False
    return True
