"""What commands print, for people and for programs."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from offerd.cli.failure import Exit, Failure, refusal
from offerd.cli.output import Output, cell, table
from offerd.model.json import Spelled


def test_a_program_gets_one_json_value_with_numbers_as_they_were_spelled(capsys: pytest.CaptureFixture[str]) -> None:
    Output(machine=True).text({"price": Spelled("1.50")}, "one fifty")
    assert capsys.readouterr().out == '{\n  "price": 1.50\n}\n'


def test_a_person_gets_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    Output(machine=False).text({"price": 1}, "one [bold]fifty[/]")
    assert capsys.readouterr().out == "one [bold]fifty[/]\n"


def test_a_refusal_names_every_place_that_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    errors = [
        {"pointer": "/offers/a", "message": "is [bad]", "line": "c.yaml:3"},
        {"message": "too"},
        {"parameter": "since", "message": "no time"},
    ]
    Output(machine=False).failure(refusal({"title": "Not valid", "detail": "Much", "errors": errors}, 422))
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "Error: Not valid\n  c.yaml:3, /offers/a: is [bad]\n  too\n  since: no time\n"


def test_a_refused_interaction_gives_its_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    Output(machine=False).failure(refusal({"title": "Refused", "reasons": [{"code": "cap", "message": "Full"}]}, 409))
    assert capsys.readouterr().err == "Error: Refused\n  Full\n"


def test_who_is_not_known_is_told_where_a_token_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    Output(machine=False).failure(refusal({"title": "No", "detail": "The request carries no token"}, 401))
    assert capsys.readouterr().err == "Error: The request carries no token; --token or OFFERD_TOKEN gives one\n"


def test_a_program_gets_the_problem_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    Output(machine=True).failure(refusal({"title": "Refused"}, 409))
    Output(machine=True).failure(Failure("No server", Exit.UNREACHABLE))
    out, err = capsys.readouterr()
    assert out == ""
    first, second = err.replace("}\n{", "}\n\n{").split("\n\n")
    assert json.loads(first) == {"exit": 1, "status": 409, "title": "Refused"}
    assert json.loads(second) == {"exit": 3, "title": "No server"}


def test_cells_show_values_as_people_write_them() -> None:
    assert [cell(value) for value in (None, "a", 2.0, 0.1, [1], True)] == ["", "a", "2", "0.1", "[1]", "true"]


def test_columns_of_numbers_stand_on_the_right() -> None:
    made = table(None, ("name", "count"), [("a", 1), ("b", "2,000")])
    assert [column.justify for column in made.columns] == ["left", "right"]


@pytest.mark.parametrize("width", [92, 100, 160])
def test_no_word_of_a_table_is_broken_where_there_is_room(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    rows = [
        ("coffee-house", "The offer's rule does not hold.", 'inSegment("coffee-drinkers")', "drinkers", "false", None),
        ("restaurant-under-20", "Others ranked higher, and the count was full.", "ask.count", 2, 1, 30.0),
    ]
    to = Console(file=io.StringIO(), width=width)
    to.print(table(None, ("offer", "why", "what was asked", "wanted", "seen", "score"), rows))
    text = to.file.getvalue()  # type: ignore[attr-defined]
    words = [word for row in rows for each in row for word in cell(each).split()]
    assert [word for word in [*words, "score"] if word not in text.split()] == []
    assert max(len(line) for line in text.splitlines()) <= width


def test_a_table_breaks_words_where_there_is_no_room_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "24")
    to = Console(file=io.StringIO(), width=24)
    to.print(table(None, ("a", "b"), [("x" * 20, "y" * 20)]))
    text = to.file.getvalue()  # type: ignore[attr-defined]
    assert (text.count("x"), text.count("y")) == (20, 20)
