"""The language-neutral cases: published corpus, values of expressions, refused texts."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from offerd import pql

CASES = Path(__file__).parents[1] / "cases" / "pql"


def load(name: str) -> Any:
    return json.loads((CASES / f"{name}.json").read_text("utf-8"))


def scope(given: dict[str, Any]) -> pql.Scope:
    parts = dict(given)
    if "now" in parts:
        parts["now"] = int(datetime.fromisoformat(parts["now"]).timestamp() * 1_000_000)
    if "zone" in parts:
        parts["zone"] = ZoneInfo(parts["zone"])
    parts["segments"] = frozenset(parts.get("segments", ()))
    return pql.Scope(**parts)


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        assert value.tzinfo is UTC
        return value.isoformat().replace("+00:00", "Z")
    return value


def program(text: str) -> pql.Program:
    """What is stored and loaded again is what runs."""
    node = pql.parse(text)
    assert pql.parse(pql.to_text(node)) == node
    stored = pql.decode(pql.encode(node))
    assert stored == node
    return pql.compile(stored)


@pytest.mark.parametrize("case", load("corpus")["rules"], ids=lambda case: case["rule"][:60])
def test_a_published_rule_is_true_and_false_where_it_should_be(case: dict[str, Any]) -> None:
    rule = program(case["rule"])
    assert [rule.truth(scope(each)) for each in case["true"]] == [True] * len(case["true"])
    assert [rule.truth(scope(each)) for each in case["false"]] == [False] * len(case["false"])


@pytest.mark.parametrize("case", load("corpus")["formulas"], ids=lambda case: case["formula"][:60])
def test_a_published_formula_has_its_score(case: dict[str, Any]) -> None:
    formula = program(case["formula"])
    assert [formula.number(scope(given)) for given, _ in case["scores"]] == [score for _, score in case["scores"]]


def expressions() -> Iterator[Any]:
    for group in load("values"):
        for text, expected in group["cases"]:
            yield pytest.param(group["scope"], text, expected, id=text)


@pytest.mark.parametrize(("given", "text", "expected"), list(expressions()))
def test_an_expression_has_its_value(given: dict[str, Any], text: str, expected: Any) -> None:
    if expected == "refused":
        with pytest.raises(pql.PQLError):
            pql.parse(text)
        return
    found = plain(program(text).value(scope(given)))
    assert found == expected
    # 1 is not true, and 2 is not 2.0.
    assert type(found) is type(expected)


@pytest.mark.parametrize(("text", "line", "column", "message"), load("refused"), ids=lambda value: repr(value)[:50])
def test_a_refused_text_says_where_and_what_was_expected(
    text: str, line: int, column: int, message: str | None
) -> None:
    with pytest.raises(pql.PQLError) as caught:
        pql.parse(text)
    error = caught.value
    assert isinstance(error, ValueError)
    assert (error.line, error.column) == (line, column), error
    assert str(error).startswith(f"line {line}, column {column}: {error.message}")
    if message is not None:
        assert str(error) == f"line {line}, column {column}: {message}"
