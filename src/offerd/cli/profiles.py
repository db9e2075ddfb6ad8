"""`offerd profiles`: people, in bulk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from offerd.cli.connection import Api
from offerd.cli.failure import Exit, Failure
from offerd.cli.options import connected
from offerd.cli.output import Output, console, table

app = typer.Typer(no_args_is_help=True, help="Imports profiles.")

#: How long to wait before looking at the job again, in seconds.
_LOOK = 0.05

_MEDIA = {".ndjson": "application/x-ndjson", ".jsonl": "application/x-ndjson", ".csv": "text/csv"}


@app.callback()
def _profiles() -> None:
    """Imports profiles."""


@app.command("import")
@connected
def import_(
    api: Api,
    out: Output,
    file: Annotated[Path, typer.Argument(help="One profile a line: .ndjson, .jsonl, or .csv with a header.")],
) -> None:
    """Imports profiles, shows the progress, and lists each line that was refused."""
    media = _MEDIA.get(file.suffix.lower())
    if media is None:
        raise Failure(f"{file}: expected a file whose name ends in {', '.join(_MEDIA)}", Exit.USAGE)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}", Exit.USAGE) from None
    response = api.send("POST", "/profiles/import", content=content, headers={"Content-Type": media})
    job = _finished(api, response.json(), quiet=out.machine)
    refused = list(_refused(api, job)) if job.get("refused") else []
    out.result({**job, "refusedLines": refused}, lambda to: _show(to, job, refused))
    if job["state"] != "done" or refused:
        raise typer.Exit(Exit.REFUSED)


def _finished(api: Api, job: Mapping[str, Any], *, quiet: bool) -> Mapping[str, Any]:
    """Waits for the job, showing how far it is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(error=True), disable=quiet) as progress:
        task = progress.add_task("Importing", total=None)
        while job["state"] in {"queued", "running"}:
            api.wait(_LOOK)
            job = api.call("GET", f"/jobs/{job['id']}")
            progress.update(task, completed=job.get("done", 0), total=job.get("total"))
    return job


def _refused(api: Api, job: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every line that was refused, page by page."""
    page: dict[str, Any] = {"cursor": None}
    while "cursor" in page:
        params = {"limit": 1000} | ({"cursor": page["cursor"]} if page["cursor"] else {})
        page = api.call("GET", f"/jobs/{job['id']}/refused", params=params)
        yield from page["items"]


def _show(to: Console, job: Mapping[str, Any], refused: list[dict[str, Any]]) -> None:
    done = job.get("done", 0)
    if job["state"] != "done":
        to.print(f"The import failed after {done} lines: {job.get('error') or 'no reason is known'}", markup=False)
    else:
        counted = job.get("refused", 0)
        to.print(f"{done - counted} of {done} lines were stored" + (f", {counted} refused:" if counted else "."))
    if refused:
        rows = [(each["line"], each["pointer"], each["message"]) for each in refused]
        to.print(table(None, ("line", "at", "why"), rows))
