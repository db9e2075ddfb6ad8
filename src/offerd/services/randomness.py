"""Random bytes for names, drawn from the system in larger pieces: one system call serves many."""

from __future__ import annotations

import secrets
from threading import Lock

_PIECE = 4096


class _Pool:
    def __init__(self) -> None:
        self._lock = Lock()
        self._bytes = b""
        self._at = 0

    def take(self, size: int) -> bytes:
        with self._lock:
            end = self._at + size
            if end > len(self._bytes):
                self._bytes, self._at, end = secrets.token_bytes(_PIECE), 0, size
            taken = self._bytes[self._at : end]
            self._at = end
            return taken


_POOL = _Pool()


def random_bytes(size: int) -> bytes:
    """At most 4,096 bytes that nobody can foresee; none is given twice."""
    return _POOL.take(size)
