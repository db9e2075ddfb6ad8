"""`offerd profiles`: people, in bulk."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
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

#: What a line may have, as a slip may have meant it.
_MEMBERS = ("id", "identities", "attributes", "memberships", "parent")

#: How many unknown names are told, those of most lines first.
_TOLD = 10

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
    notes = [] if out.machine else list(_notes(api, job.get("report", {})))
    out.result({**job, "refusedLines": refused}, lambda to: _show(to, job, refused, notes))
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
    """Every line that was refused."""
    return _listed(api, f"/jobs/{job['id']}/refused")


def _listed(api: Api, path: str) -> Iterator[dict[str, Any]]:
    """Everything in a list, page by page."""
    page: dict[str, Any] = {"cursor": None}
    while "cursor" in page:
        params = {"limit": 1000} | ({"cursor": page["cursor"]} if page["cursor"] else {})
        page = api.call("GET", path, params=params)
        yield from page["items"]


def _notes(api: Api, report: Mapping[str, Any]) -> Iterator[str]:
    """What was stored and does nothing: one line each for audiences, rules and members."""
    if audiences := report.get("audiencesUnknown"):
        imported = _audiences(api)
        rules = {name: count for name, count in audiences["named"].items() if imported.get(name) is False}
        lists = {name: count for name, count in audiences["named"].items() if name not in rules}
        near = [name for name, each in imported.items() if each]
        others = audiences["total"] - sum(audiences["named"].values())
        if lists or others:
            yield f"Memberships in audiences that are not in the catalogue: {_counted(lists, others, near)}"
        if rules:
            yield f"Memberships in audiences that are rules, which say who is in them: {_counted(rules)}"
    if members := report.get("membersUnknown"):
        others = members["total"] - sum(members["named"].values())
        yield f"Members that are kept and do nothing: {_counted(members['named'], others, _MEMBERS)}"


def _audiences(api: Api) -> dict[str, bool]:
    """The catalogue's audiences, and whether each is imported; none where the token may not read them."""
    try:
        return {each["id"]: each.get("imported", False) for each in _listed(api, "/audiences")}
    except Failure:
        return {}


def _counted(names: Mapping[str, int], others: int = 0, near: Collection[str] = ()) -> str:
    """Names with their lines, and what each may have been meant to be."""
    told = sorted(names.items(), key=lambda each: (-each[1], each[0]))
    parts = []
    for name, count in told[:_TOLD]:
        meant = "".join(f"; did you mean {each}?" for each in get_close_matches(name, near, 1))
        parts.append(f"{name if name.isprintable() else ascii(name)} ({_lines(count)}{meant})")
    others += sum(count for _, count in told[_TOLD:])
    if others:
        parts.append(f"others ({_lines(others)})")
    return ", ".join(parts)


def _lines(count: int) -> str:
    return f"{count} line{'' if count == 1 else 's'}"


def _show(to: Console, job: Mapping[str, Any], refused: list[dict[str, Any]], notes: list[str]) -> None:
    done = job.get("done", 0)
    if job["state"] != "done":
        to.print(f"The import failed after {done} lines: {job.get('error') or 'no reason is known'}", markup=False)
    else:
        counted = job.get("refused", 0)
        to.print(f"{done - counted} of {done} lines were stored" + (f", {counted} refused:" if counted else "."))
    if refused:
        rows = [(each["line"], each["pointer"], each["message"]) for each in refused]
        to.print(table(None, ("line", "at", "why"), rows))
    for note in notes:
        to.print(note, markup=False, emoji=False, soft_wrap=True)
