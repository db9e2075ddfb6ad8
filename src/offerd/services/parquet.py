"""Parquet files, written piece by piece; pyarrow is wanted only where one is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from offerd.services.errors import Unprocessable

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet

#: Makes the columns of a file, given pyarrow.
Columns = Callable[[Any], "pyarrow.Schema"]


def arrow() -> Any:
    """The library that writes Parquet.

    Raises:
        Unprocessable: it is not installed.
    """
    try:
        import pyarrow.parquet  # noqa: PLC0415 - only those who want Parquet need it
    except ModuleNotFoundError:
        raise Unprocessable("Parquet needs the extra `parquet`: pip install 'offerd[parquet]'") from None
    return pyarrow


class ParquetFile:
    """A file that appears under its name only when it is whole.

    Args:
        path: its name.
        columns: makes its columns.
    """

    def __init__(self, path: Path, columns: Columns) -> None:
        self._path = path
        self._draft = path.with_name(f".{path.name}.part")
        library = arrow()
        self._table = library.Table
        self._schema = columns(library)
        self._writer = library.parquet.ParquetWriter(self._draft, self._schema, compression="zstd")

    def write(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Adds rows."""
        listed = list(rows)
        if listed:
            self._writer.write_table(self._table.from_pylist(listed, schema=self._schema))

    def __enter__(self) -> Self:
        """The file, to be written."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Gives the file its name; where something failed, removes it."""
        self._writer.close()
        if kind is None:
            with self._draft.open("rb") as whole:
                os.fsync(whole.fileno())
            self._draft.replace(self._path)
        else:
            self._draft.unlink(missing_ok=True)
