"""Lines of an import, NDJSON or CSV, as profile documents; a line that is wrong does not stop the others."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from offerd.model import json
from offerd.model.codec import Fault

#: Bytes of one line of NDJSON.
LONGEST = 1_048_576

FORMATS = ("ndjson", "csv")


class Line(NamedTuple):
    """One line.

    Attributes:
        number: from 1.
        document: the profile's members as plain values; None where the line is wrong.
        faults: what is wrong with it.
    """

    number: int
    document: Any
    faults: tuple[Fault, ...] = ()


class BadHeader(ValueError):
    """The first line of a CSV file has columns that mean nothing."""


def lines(path: Path, form: str, *, depth: int = 100) -> Iterator[Line]:
    """The lines of a file.

    Args:
        path: the file.
        form: `ndjson`: each line is a profile; or `csv`: see docs/imports.md for its columns.
        depth: how deeply the JSON of a line may nest.

    Raises:
        BadHeader: the columns of a CSV file mean nothing.
    """
    return _csv(path) if form == "csv" else _ndjson(path, depth)


def _ndjson(path: Path, depth: int) -> Iterator[Line]:
    with path.open("rb") as file:
        number = 0
        while text := file.readline(LONGEST + 1):
            number += 1
            if len(text) > LONGEST and not text.endswith(b"\n"):
                while (rest := file.readline(LONGEST)) and not rest.endswith(b"\n"):
                    pass
                yield Line(number, None, (Fault("", f"is longer than {LONGEST} bytes"),))
            elif text.strip():
                yield _read(number, text.removeprefix(b"\xef\xbb\xbf") if number == 1 else text, depth)


def _read(number: int, text: bytes, depth: int) -> Line:
    try:
        return Line(number, json.loads(text.strip(), depth=depth))
    except json.Malformed as error:
        return Line(number, None, (Fault("", f"is not JSON: {error}"),))


def _csv(path: Path) -> Iterator[Line]:
    # Bytes that are not UTF-8 come as lone surrogates, which the line is refused for.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            columns = next(reader, [])
        except csv.Error as error:
            raise BadHeader(str(error)) from None
        wrong = [name for name in columns if not _means_something(name)]
        if wrong or not columns:
            raise BadHeader(
                f"the columns {', '.join(map(repr, wrong))} mean nothing" if wrong else "there is no header"
            )
        if len(set(columns)) < len(columns):
            raise BadHeader("a column is there twice")
        while True:
            try:
                row = next(reader, None)
            except csv.Error as error:
                yield Line(reader.line_num, None, (Fault("", f"is not CSV: {error}"),))
                continue
            if row is None:
                return
            if row:
                yield _row(reader.line_num, columns, row)


def _means_something(column: str) -> bool:
    prefix, dot, name = column.partition(".")
    return column in {"id", "parent", "memberships"} or (prefix in {"identity", "attributes"} and bool(dot and name))


def _row(number: int, columns: list[str], row: list[str]) -> Line:
    if len(row) != len(columns):
        return Line(number, None, (Fault("", f"has {len(row)} cells, the header {len(columns)}"),))
    document: dict[str, Any] = {}
    for column, cell in zip(columns, row, strict=True):
        if any("\udc80" <= char <= "\udcff" for char in cell):
            return Line(number, None, (Fault("", f"the cell of {column} is not UTF-8"),))
        if cell and not _put(document, column, cell):
            return Line(number, None, (Fault("", f"the column {column} has a value and members"),))
    return Line(number, document)


def _put(document: dict[str, Any], column: str, cell: str) -> bool:
    """Puts a cell where its column says; False where something else is there."""
    prefix, _, name = column.partition(".")
    if prefix == "identity":
        document.setdefault("identities", []).append({"namespace": name, "id": cell})
    elif prefix == "memberships":
        names = [each.strip() for each in cell.split(";")]
        document["memberships"] = [{"audience": each} for each in names if each]
    elif prefix == "attributes":
        *path, last = name.split(".")
        place = document.setdefault("attributes", {})
        for step in path:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                return False
        if last in place:
            return False
        place[last] = _typed(cell)
    else:
        document[column] = cell
    return True


def _typed(cell: str) -> Any:
    """A cell that reads as JSON is that value, so a text that looks like a number stands in JSON's quotes."""
    if cell[0] in '-0123456789tfn"[{':
        try:
            return json.loads(cell)
        except json.Malformed:
            pass
    return cell
