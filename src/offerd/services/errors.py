"""What a service may refuse; every API maps these to its own error shape in one place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from offerd.model.codec import Fault
from offerd.model.decision import Reason
from offerd.model.kinds import Reference
from offerd.storage import protocols

#: The storage cannot keep what it is given; not a refusal, but a fault of where the server runs.
StorageFault = protocols.StorageFault


class ServiceError(Exception):
    """A request that was refused; nothing was stored.

    Attributes:
        code: stable, for programs.
        message: one sentence for people.
        faults: where it is wrong, for what was wrong with a document.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.faults = tuple(faults)


class NotFound(ServiceError):
    """There is no such object."""

    code = "not-found"

    def __init__(self, kind: str, id: str) -> None:  # noqa: A002 - the model's word
        super().__init__(f"There is no {id!r} among the {kind}")
        self.kind = kind
        self.id = id


class Stale(ServiceError):
    """The object is at another version than the writer thinks."""

    code = "stale"

    def __init__(self, kind: str, id: str, version: int) -> None:  # noqa: A002
        super().__init__(f"{id!r} of the {kind} is at version {version}")
        self.kind = kind
        self.id = id
        self.version = version


class Exists(ServiceError):
    """An object that was to be created is there already."""

    code = "exists"

    def __init__(self, kind: str, id: str) -> None:  # noqa: A002
        super().__init__(f"There is a {id!r} among the {kind} already")
        self.kind = kind
        self.id = id


class Referrer(Reference, frozen=True):
    """An object that names another: its kind and id, and the pointer of the name within it."""


class Referenced(ServiceError):
    """An object that was to be deleted is named by others."""

    code = "referenced"

    def __init__(self, kind: str, id: str, by: Sequence[Referrer]) -> None:  # noqa: A002
        names = ", ".join(f"{referrer.kind}/{referrer.id}" for referrer in by[:5])
        more = f" and {len(by) - 5} more" if len(by) > 5 else ""  # noqa: PLR2004 - enough to read
        super().__init__(f"{id!r} of the {kind} is named by {names}{more}")
        self.kind = kind
        self.id = id
        self.by = tuple(by)


class InvalidDocument(ServiceError):
    """A document that is wrong in itself or in its place; `faults` says all that is wrong with it."""

    code = "invalid"

    def __init__(self, faults: Sequence[Fault]) -> None:
        text = "; ".join(fault.told() for fault in faults[:3])
        super().__init__(text or "The document is not valid", faults)


class Unprocessable(ServiceError):
    """A request that is well formed and cannot be done."""

    code = "unprocessable"

    def __init__(self, message: str, pointer: str = "") -> None:
        super().__init__(message, (Fault(pointer, message),))
        self.pointer = pointer


class Refused(ServiceError):
    """An interaction that asks, and is told no."""

    code = "refused"

    def __init__(self, message: str, reasons: Sequence[Reason] = ()) -> None:
        super().__init__(message)
        self.reasons = tuple(reasons)


class KeyReused(ServiceError):
    """An idempotency key came again with another request."""

    code = "key-reused"

    def __init__(self, key: str) -> None:
        super().__init__(f"The idempotency key {key!r} was used for another request")
        self.key = key


class FolderHeld(ServiceError):
    """Another server has the data folder open."""

    code = "folder-held"

    def __init__(self, folder: Path, pid: int | None) -> None:
        holder = f"process {pid}" if pid else "another process"
        super().__init__(f"The data folder {folder} is open in {holder}; one server at a time may open it")
        self.folder = folder
        self.pid = pid


class Forbidden(ServiceError):
    """The caller may not do this."""

    code = "forbidden"


class TooMany(ServiceError):
    """More calls than the caller may make in this time.

    Attributes:
        seconds: after which the next call is taken.
    """

    code = "too-many"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many calls; the next is taken in {seconds} seconds")
        self.seconds = seconds
