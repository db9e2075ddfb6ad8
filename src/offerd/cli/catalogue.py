"""`offerd apply`, `export`, `diff` and `lint`: the catalogue as a file."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from offerd.cli.connection import Api
from offerd.cli.failure import Exit, Failure
from offerd.cli.lines import Lines
from offerd.cli.options import connected
from offerd.cli.output import Output, cell, console, table

#: A file that is larger is worth telling that it is being worked on, in characters.
_LONG = 200_000

#: So many warnings are told beside what was applied.
_WARNINGS = 20

File = Annotated[str, typer.Argument(metavar="FILE", help="A catalogue in YAML or JSON; - reads standard input.")]
Prune = Annotated[bool, typer.Option("--prune", help="Also delete what the file does not hold.")]


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (apply, export, diff, lint):
        app.command()(connected(command))


def apply(
    api: Api,
    out: Output,
    file: File,
    *,
    prune: Prune = False,
    message: Annotated[str, typer.Option("--message", "-m", help="What the revision is for.")] = "",
) -> None:
    """Makes the catalogue what the file says, in one revision; nothing is changed if anything is wrong."""
    text = _text(file)
    written = _post(api, out, "/catalogue/apply", file, text, prune=prune, message=message)
    changes = written["changes"]
    if changes:
        out.result(written, lambda to: show_changes(to, f"Revision {written['revision']}: {_counts(changes)}", changes))
    else:
        out.text(written, f"Nothing changes; revision {written['revision']} stays.")
    if not out.machine:
        _warn(api, out, file, text)


def diff(
    api: Api,
    out: Output,
    file: File,
    *,
    prune: Prune = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with 1 where there is a difference.")] = False,
) -> None:
    """Shows what applying the file would change."""
    changes = _post(api, out, "/catalogue/diff", file, _text(file), prune=prune)["items"]
    title = _counts(changes) if changes else "Nothing would change."
    out.result(changes, lambda to: show_changes(to, title, changes))
    if exit_code and changes:
        raise typer.Exit(Exit.REFUSED)


def export(
    api: Api,
    out: Output,
    *,
    revision: Annotated[int | None, typer.Option("--revision", help="As it was then.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
) -> None:
    """Writes the catalogue in its one canonical form."""
    media = "application/json" if out.machine else "application/yaml"
    params = {} if revision is None else {"revision": revision}
    text = api.send("GET", "/catalogue", params=params, headers={"Accept": media}).text
    if output is None:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{output}: {error.strerror}", Exit.USAGE) from None
    out.note(f"Written to {output}")


def lint(
    api: Api,
    out: Output,
    file: Annotated[str | None, typer.Argument(metavar="FILE", help="A catalogue file; else what is in force.")] = None,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 for warnings too.")] = False,
) -> None:
    """Tells what is wrong or odd in a catalogue."""
    if file is None:
        findings, lines = api.call("GET", "/catalogue/findings")["items"], None
    else:
        text = _text(file)
        findings, lines = _post(api, out, "/catalogue/lint", file, text)["items"], Lines(text)
    rows = [
        (each["severity"], lines.of(each["pointer"]) if lines else None, each["pointer"], each["message"])
        for each in findings
    ]
    title = None if rows else "Nothing is wrong or odd."
    out.result(
        findings,
        lambda to: to.print(title or table(None, ("severity", "line", "at", "what"), rows)),
    )
    if any(strict or each["severity"] == "error" for each in findings):
        raise typer.Exit(Exit.REFUSED)


def _warn(api: Api, out: Output, file: str, text: str) -> None:
    """Tells, beside what was applied, what of the file will not work as it looks."""
    try:
        findings = _post(api, out, "/catalogue/lint", file, text)["items"]
    except Failure:
        return  # It is applied; a token that may only write does without.
    warnings = [each for each in findings if each["severity"] == "warning"]
    if not warnings:
        return
    lines = Lines(text)
    for each in warnings[:_WARNINGS]:
        out.note(f"Warning: {_place(file, lines.of(each['pointer']))}, {each['pointer']}: {each['message']}")
    if len(warnings) > _WARNINGS:
        out.note(f"and {len(warnings) - _WARNINGS} more, which offerd lint tells")


def show_changes(to: Console, title: str, changes: Iterable[Mapping[str, Any]]) -> None:
    """Prints what a write changed, member by member."""
    to.print(title, markup=False)
    rows = list(_rows(changes))
    if any(row[2] for row in rows):
        to.print(table(None, ("", "object", "at", "before", "after"), rows))
    elif rows:
        to.print(table(None, ("", "object"), [row[:2] for row in rows]))


def _rows(changes: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for change in changes:
        name = f"{change['kind']}/{change['id']}"
        details = change.get("changes", ()) if change["what"] == "changed" else ()
        if not details:
            yield (change["what"], name, "", "", "")
        for index, each in enumerate(details):
            start = (change["what"], name) if index == 0 else ("", "")
            yield (*start, each["pointer"], _short(each.get("before")), _short(each.get("after")))


def _short(value: Any) -> str:
    text = cell(value)
    return text if len(text) <= 60 else text[:59] + "…"  # noqa: PLR2004 - half a line


def _counts(changes: Iterable[Mapping[str, Any]]) -> str:
    counts = Counter(change["what"] for change in changes)
    return ", ".join(f"{counts[what]} {what}" for what in ("created", "changed", "deleted") if counts[what])


def _post(api: Api, out: Output, path: str, file: str, text: str, **params: Any) -> Any:
    """Sends the text of a catalogue file; what is wrong with it is told with its lines."""
    said = {name: "true" if value is True else value for name, value in params.items() if value}
    try:
        with _working(out, len(text)):
            response = api.send(
                "POST", path, content=text.encode(), params=said, headers={"Content-Type": "application/yaml"}
            )
    except Failure as failure:
        raise _placed(failure, text, file) from None
    return response.json()


def _placed(failure: Failure, text: str, file: str) -> Failure:
    """The failure, with the file's name where the file is wrong, and its line beside each pointer."""
    if (failure.problem or {}).get("status") not in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return failure
    problem = dict(failure.problem or {})
    if problem.get("errors"):
        lines = Lines(text)
        problem["errors"] = [
            {**error, "line": _place(file, lines.of(error.get("pointer", "")))} for error in problem["errors"]
        ]
    return Failure(f"{_called(file)}: {failure.message}", failure.code, problem)


def _called(file: str) -> str:
    return "standard input" if file == "-" else file


def _place(file: str, line: int | None) -> str:
    return f"{_called(file)}:{line or 1}"


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file}: {getattr(error, 'strerror', None) or error}", Exit.USAGE) from None


@contextmanager
def _working(out: Output, length: int) -> Iterator[None]:
    """Shows that something long is under way."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console(error=True), transient=True, disable=out.machine or length < _LONG) as bar:
        bar.add_task("Reading the catalogue")
        yield
