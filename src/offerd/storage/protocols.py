"""A Protocol for each kind of state: what services may ask of any storage.

Reading methods see what was committed last and run on the event loop's thread; methods that write take the
`Transaction` of the unit of work they belong to, and run where `Writer.submit` runs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

import msgspec

from offerd.model.place import Workspace

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")

#: The unit of work that something is written in.
Transaction: TypeAlias = "Connection"

#: What a caller wants to be committed together with a write: it is handed the transaction and the write's result.
Keep: TypeAlias = Callable[[Transaction, Any], None]


class StorageFault(OSError):
    """The storage cannot keep what it is given: there is no room, it is read-only, locked or broken."""


class Writer(Protocol):
    """Runs units of work, each wholly or not at all."""

    async def submit(self, work: Callable[[Transaction], T]) -> T:
        """Runs `work` and gives its result once what it wrote cannot be lost any more.

        Raises:
            StorageFault: it could not be kept, and was undone.
        """
        ...


class WorkspaceStore(Protocol):
    """The workspaces."""

    def all(self) -> list[Workspace]:
        """Every workspace, by id."""
        ...

    def put(self, transaction: Transaction, workspace: Workspace) -> None:
        """Stores a workspace, new or changed."""
        ...


class TokenRow(msgspec.Struct, frozen=True):
    """A token as it is stored.

    Attributes:
        id: the token's.
        workspace: whose it is.
        hash: of its secret.
        document: the token as JSON text.
    """

    id: str
    workspace: str
    hash: bytes
    document: bytes


class TokenStore(Protocol):
    """The tokens."""

    def all(self) -> list[TokenRow]:
        """Every token, revoked ones too."""
        ...

    def put(self, transaction: Transaction, row: TokenRow) -> None:
        """Stores a token, new or changed."""
        ...


class RevisionRow(msgspec.Struct, frozen=True):
    """A revision as it is stored.

    Attributes:
        number: 1 for the first write.
        at: microseconds since 1970 in UTC.
        author: the token's name that wrote it.
        message: what the author says of it.
    """

    number: int
    at: int
    author: str
    message: str


class ChangeRow(msgspec.Struct, frozen=True):
    """What one revision did to one object.

    Attributes:
        kind: the plural of its kind.
        id: its id.
        revision: the revision's number.
        previous: the revision whose change holds the document before; None where there was none.
        document: the object as JSON text after; None where it was deleted.
    """

    kind: str
    id: str
    revision: int
    previous: int | None
    document: bytes | None


class ForeignId(msgspec.Struct, frozen=True):
    """A name that an object has in another system.

    Attributes:
        system: which; `time`, `uuid` and `number` are assigned by the server.
        scope: empty where the value is unique in the workspace, else the kind within which it is.
        value: the name.
        kind: the plural of the object's kind.
        id: the object's id.
    """

    system: str
    scope: str
    value: str
    kind: str
    id: str


class CatalogueStore(Protocol):
    """Catalogues, their revisions, and the syntax trees of their rules."""

    def head(self, workspace: str) -> int:
        """The number of the last revision; 0 before the first."""
        ...

    def objects(self, workspace: str) -> list[ChangeRow]:
        """The objects that exist now, each as the change that made it what it is."""
        ...

    def objects_at(self, workspace: str, revision: int) -> list[ChangeRow]:
        """The objects that existed at a revision."""
        ...

    def changes(self, workspace: str, revision: int) -> list[tuple[ChangeRow, bytes | None]]:
        """What a revision changed, each with the document before."""
        ...

    def changed_between(self, workspace: str, after: int, upto: int) -> list[tuple[str, str]]:
        """Kind and id of every object that a revision behind `after`, up to `upto`, changed."""
        ...

    def documents_at(self, workspace: str, revision: int, keys: Iterable[tuple[str, str]]) -> list[ChangeRow]:
        """Some objects by kind and id as they were at a revision; those that did not exist are left out."""
        ...

    def revision(self, workspace: str, number: int) -> RevisionRow | None:
        """One revision; None where there is none."""
        ...

    def revisions(self, workspace: str, *, before: int | None, limit: int) -> list[RevisionRow]:
        """Revisions, the last first, from the one before `before`."""
        ...

    def append(self, transaction: Transaction, workspace: str, row: RevisionRow, changes: Sequence[ChangeRow]) -> None:
        """Adds a revision and makes its objects the present ones."""
        ...

    def name(
        self, transaction: Transaction, workspace: str, *, gone: Iterable[ForeignId], come: Iterable[ForeignId]
    ) -> None:
        """Forgets foreign ids and adds others."""
        ...

    def take_numbers(self, transaction: Transaction, workspace: str, following: int) -> None:
        """Notes that `following` is the first number of the workspace's sequence that is not taken."""
        ...

    def next_number(self, workspace: str) -> int:
        """The first number of the workspace's sequence that is not taken."""
        ...

    def trees(self, hashes: Iterable[bytes]) -> dict[bytes, bytes]:
        """The stored syntax trees of rules, by the hash of their text; those that are not stored are left out."""
        ...

    def keep_trees(self, transaction: Transaction, trees: Mapping[bytes, bytes]) -> None:
        """Stores syntax trees that are not stored yet."""
        ...
