"""`offerd events`: what was decided, for whoever collects it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import httpx
import typer

from offerd.cli.connection import PREFIX, Api, settle
from offerd.cli.failure import Exit, Failure
from offerd.cli.options import connected
from offerd.cli.output import Output

app = typer.Typer(no_args_is_help=True, help="Exports decision events.")


class Format(StrEnum):
    """How events are written."""

    ndjson = "ndjson"
    parquet = "parquet"


@app.callback()
def _events() -> None:
    """Exports decision events."""


@app.command()
@connected
def export(
    api: Api,
    out: Output,
    *,
    format: Annotated[Format, typer.Option("--format", help="Lines of JSON, or a Parquet file.")] = Format.ndjson,  # noqa: A002 - the option's name
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file; the terminal where absent.")] = None,
    since: Annotated[str | None, typer.Option(help="Only decisions from this moment on (RFC 3339).")] = None,
    until: Annotated[str | None, typer.Option(help="Only decisions before this moment.")] = None,
) -> None:
    """Writes every decision that is kept as an event, the oldest first."""
    if output is None and (format is Format.parquet or out.machine):
        raise Failure("--output says which file to write", Exit.USAGE)
    asked = {"format": format.value, "since": since, "until": until}
    params = {name: value for name, value in asked.items() if value is not None}
    size = api.run(lambda client: _fetch(client, params, output))
    if output is not None:
        out.result({"file": str(output), "bytes": size}, lambda to: to.print(f"{output}: {size} bytes", markup=False))


async def _fetch(client: httpx.AsyncClient, params: Mapping[str, str], output: Path | None) -> int:
    size = 0
    async with client.stream("GET", f"{PREFIX}/decision-events", params=params) as response:
        if not response.is_success:
            await response.aread()
        settle(response)
        with _opened(output) as file:
            async for piece in response.aiter_bytes():
                size += file.write(piece)
    return size


@contextmanager
def _opened(output: Path | None) -> Iterator[BinaryIO]:
    """Where to write; a file has its name only when it is whole."""
    if output is None:
        yield sys.stdout.buffer
        return
    draft = output.with_name(f".{output.name}.part")
    try:
        with draft.open("wb") as file:
            yield file
        draft.replace(output)
    except OSError as error:
        raise Failure(f"{output}: {error.strerror}", Exit.USAGE) from None
    finally:
        draft.unlink(missing_ok=True)
