"""What commands print: tables for people, JSON for programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from offerd.cli.failure import Failure
from offerd.model import json

#: How wide a table is where there is no terminal to ask.
_WIDTH = 100

#: How many blanks stand between the texts of two columns; one follows the last.
_BETWEEN = 2

#: A column of sentences is not made narrower than this where the words of all columns have room.
_SENTENCE = 16


def console(*, error: bool = False) -> Console:
    """Where people read: standard output, or standard error."""
    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _WIDTH
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)


class Output:
    """The result of one command.

    Args:
        machine: whether `--json` was given: then standard output holds one JSON value and nothing else.
    """

    def __init__(self, machine: bool) -> None:
        self.machine = machine

    def result(self, value: Any, show: Callable[[Console], None]) -> None:
        """Prints what a command found or did.

        Args:
            value: for programs: plain values.
            show: prints it for people.
        """
        if self.machine:
            print_json(value)
        else:
            show(console())

    def text(self, value: Any, line: str) -> None:
        """Prints a result that is one line for people."""
        self.result(value, lambda to: to.print(line, markup=False, soft_wrap=True))

    def note(self, line: str) -> None:
        """Tells people something beside the result, on standard error; programs get nothing but the result."""
        if not self.machine:
            console(error=True).print(line, markup=False, soft_wrap=True)

    def failure(self, failure: Failure) -> None:
        """Tells why the command failed, on standard error."""
        if self.machine:
            problem = failure.problem or {"title": failure.message}
            print_json({"exit": int(failure.code), **problem}, error=True)
            return
        to = console(error=True)
        to.print(f"[bold red]Error:[/] {_plain(failure.message)}", soft_wrap=True)
        for error in (failure.problem or {}).get("errors", ()):
            place = ", ".join(error[part] for part in ("line", "pointer", "parameter") if error.get(part))
            words = ": ".join(part for part in (place, error.get("message")) if part)
            to.print(f"  {_plain(words)}", soft_wrap=True)
        for reason in (failure.problem or {}).get("reasons", ()):
            to.print(f"  {_plain(reason.get('message') or reason.get('code', ''))}", soft_wrap=True)


def print_json(value: Any, *, error: bool = False) -> None:
    """Writes a JSON value, every number as it was spelled."""
    text = msgspec.json.format(json.dumps(value), indent=2).decode()
    (sys.stderr if error else sys.stdout).write(text + "\n")


def table(title: str | None, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """A table for people; numbers stand on the right."""
    listed = [[cell(value) for value in row] for row in rows]
    made = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, show_edge=False)
    made.padding = (0, 1, 0, 0)
    widths = _widths([[name, *(row[index] for row in listed)] for index, name in enumerate(columns)], console().width)
    for index, name in enumerate(columns):
        numeric = all(_is_number(row[index]) for row in listed) and bool(listed)
        made.add_column(name, justify="right" if numeric else "left", overflow="fold", width=widths[index])
    for row in listed:
        made.add_row(*(_plain(value) for value in row))
    return made


def cell(value: Any) -> str:
    """A value as a table shows it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and not isinstance(value, json.Spelled):
        return f"{value:g}" if abs(value) < 1e15 else repr(value)  # noqa: PLR2004 - beyond it digits are lost
    return json.dumps(value).decode()


def _widths(texts: Sequence[Sequence[str]], width: int) -> list[int | None]:
    """How wide each column is, so that none of its words is broken: names and rules are to be read, and copied.

    Args:
        texts: of each column, its name and its cells.
        width: of the whole table.

    Returns:
        None for each where all fits as it is, or where not even the words do: then they are broken.
    """
    wanted = [max(len(text) for text in column) for column in texts]
    words = [max((len(word) for text in column for word in text.split()), default=1) for column in texts]
    least = [max(word, min(want, _SENTENCE)) for word, want in zip(words, wanted, strict=True)]
    spare = width - sum(least) - _BETWEEN * (len(texts) - 1) - 1
    missing = sum(wanted) - sum(least)
    if spare < 0 or missing <= spare:
        return [None] * len(texts)
    return [each + (want - each) * spare // missing for each, want in zip(least, wanted, strict=True)]


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "").rstrip("% "))
    except ValueError:
        return text in {"", "-"}
    return True


def _plain(text: str) -> str:
    """Text in which Rich finds no markup."""
    return text.replace("[", "\\[")
