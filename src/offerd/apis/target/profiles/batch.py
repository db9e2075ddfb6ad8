"""Files of attributes: a line that names the columns, then a visitor a line; made into documents of an import."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from offerd.apis.target.delivery import values
from offerd.apis.target.delivery.reading import PERSON
from offerd.apis.target.delivery.words import THIRD_PARTY, TNT
from offerd.apis.target.ids import FORMAT
from offerd.apis.target.problems import Rejected
from offerd.apis.target.profiles.attributes import fits
from offerd.model import codec, json
from offerd.services.clock import instant

#: The most visitors of one file.
MOST_ROWS = 500_000
_LONGEST_LINE = 262_144

_BATCH = "batch="
_PROFILE = "profile."
_KEYS = {"pcid": TNT, "thirdpartyid": THIRD_PARTY}
#: Rows that are made into documents before others get a turn.
_PIECE = 500


async def documents(path: Path, now: int) -> AsyncIterator[bytes]:
    """The documents of a file as NDJSON; one that cannot be is a line that an import refuses.

    Args:
        path: the file.
        now: when its attributes change, in microseconds.

    Raises:
        Rejected: its first line names no columns, or it has too many rows or none.
    """
    found = _documents(path, codec.instant_text(instant(now)))
    rows = 0
    while piece := await asyncio.to_thread(lambda: list(islice(found, _PIECE))):
        rows += len(piece)
        if rows > MOST_ROWS:
            raise Rejected(f"A batch has at most {MOST_ROWS} rows")
        yield b"".join(piece)
    if not rows:
        raise Rejected("The batch has no rows")


def _documents(path: Path, at: str) -> Iterator[bytes]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        rows = csv.reader(_lines(file))
        try:
            namespace, names = _header(next(rows, []))
            for row in rows:
                if row:
                    yield json.dumps(_document(row, namespace, names, at)) + b"\n"
        except csv.Error as wrong:
            raise Rejected(f"The batch is not CSV: {wrong}") from None


def _lines(file: Any) -> Iterator[str]:
    while line := file.readline(_LONGEST_LINE):
        yield line


def _header(columns: list[str]) -> tuple[str, list[str]]:
    """The namespace of the ids in the first column, and the names of the attributes in the others."""
    first = columns[0].strip() if columns else ""
    namespace = _KEYS.get(first[len(_BATCH) :].strip().lower()) if first.lower().startswith(_BATCH) else None
    if namespace is None:
        raise Rejected("The first line of a batch begins with batch=pcId or batch=thirdPartyId")
    names = [name.strip().removeprefix(_PROFILE) for name in columns[1:]]
    if not _is_text(*names):
        raise Rejected("The first line of a batch is not UTF-8")
    if not names or not all(0 < len(name) <= values.NAME for name in names) or len(set(names)) < len(names):
        raise Rejected(f"The first line of a batch names attributes, each once, with at most {values.NAME} characters")
    return namespace, names


def _document(row: list[str], namespace: str, names: list[str], at: str) -> Any:
    """A visitor's document; null, which no import takes, for a row that is wrong."""
    if len(row) > len(names) + 1:
        return None
    try:
        name, *given = (unquote(text.strip(), errors="strict") for text in row)
    except UnicodeError:
        return None
    if not _is_text(name, *given):
        return None
    if namespace == TNT:
        name = name.partition(".")[0]
    attributes = {key: value for key, value in zip(names, given, strict=False) if value}
    if not 0 < len(name) <= PERSON or any(len(value) > values.PROFILE_VALUE for value in attributes.values()):
        return None
    if not fits({}, attributes):
        return None
    return {
        "identities": [{"namespace": namespace, "id": name}],
        "attributes": attributes,
        "extensions": {FORMAT: {"modifiedAt": dict.fromkeys(attributes, at)}},
    }


def _is_text(*texts: str) -> bool:
    """Whether texts are free of what stands for bytes that were no UTF-8."""
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return False
    return True
