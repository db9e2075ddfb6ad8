"""The lock that lets one server at a time open a data folder.

It is `flock` of the operating system, so it ends with the process, however that ends. Systems without `fcntl`
(Windows) are not supported.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

LOCK_NAME = "offerd.lock"


class Held(Exception):
    """Another process has the folder open.

    Attributes:
        folder: the data folder.
        pid: the process that holds it, where it said so.
    """

    def __init__(self, folder: Path, pid: int | None) -> None:
        super().__init__(f"{folder} is held by process {pid or 'unknown'}")
        self.folder = folder
        self.pid = pid


class FolderLock:
    """Holds a data folder until it is closed.

    Raises:
        Held: another process holds it, or this one does already.
    """

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            pid = _pid(self._file)
            os.close(self._file)
            if not isinstance(error, BlockingIOError):
                raise
            raise Held(folder, pid) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Lets the folder go; the file stays, since deleting it would race with the next holder."""
        if self._file >= 0:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = -1


def _pid(file: int) -> int | None:
    text = os.pread(file, 32, 0).strip()
    return int(text) if text.isdigit() else None
