"""What SQLite says where the disk or the file is at fault, told from errors of a statement."""

from __future__ import annotations

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError

from offerd.storage.protocols import StorageFault
from offerd.storage.sqlite.connections import DATABASE_NAME

_NUMBERS = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_BUSY: errno.EBUSY,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_CANTOPEN: errno.EIO,
    sqlite3.SQLITE_CORRUPT: errno.EIO,
    sqlite3.SQLITE_NOTADB: errno.EIO,
}

#: The part of SQLite's codes that is common to all variants of an error.
_COMMON = 0xFF


def told(error: Exception) -> Exception:
    """The error as callers are told of it: a `StorageFault` where the storage is at fault, else itself."""
    if not isinstance(error, DBAPIError):
        return error
    number = _NUMBERS.get(getattr(error.orig, "sqlite_errorcode", 0) & _COMMON)
    if number is None:
        return error
    fault = StorageFault(number, str(error.orig), DATABASE_NAME)
    fault.__cause__ = error
    return fault
