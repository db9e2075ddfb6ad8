"""The reference page: every example parses, and nothing is missing from it."""

import re
from pathlib import Path

import pytest

from offerd import pql
from offerd.pql.registry import FUNCTIONS, METHODS

PAGE = (Path(__file__).parents[2] / "docs" / "pql.md").read_text("utf-8")
ROWS = re.findall(r"^\| (.+?) \| .* \| `([^`].*)` \|$", PAGE, re.MULTILINE)
BLOCKS = [line for block in re.findall(r"```pql\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
INDENTED = re.findall(r"^    (\S.*)$", PAGE, re.MULTILINE)


def named(pattern: str) -> dict[str, str]:
    return {first.strip("`"): example for first, example in ROWS if re.fullmatch(pattern, first)}


@pytest.mark.parametrize("text", [example for _, example in ROWS] + BLOCKS + INDENTED)
def test_an_example_of_the_reference_parses(text: str) -> None:
    node = pql.parse(text)
    assert pql.parse(pql.to_text(node)) == node


def test_every_function_has_a_row_whose_example_uses_it() -> None:
    rows = named(r"`\w+`")
    for name in {**METHODS, **FUNCTIONS}:
        assert f"{name}(" in rows[name], name


def test_every_row_of_a_function_is_a_function() -> None:
    words = {"or", "and", "in", "notIn", "like", "occurs", "profile", "context", "offer", "none", "one", "select"}
    assert set(named(r"`\w+`")) - words == {*METHODS, *FUNCTIONS}


def test_the_guards_on_the_page_are_the_defaults() -> None:
    limits = pql.Limits()
    assert f"{limits.size:,} characters and {limits.depth} levels" in PAGE
    assert f"{limits.steps:,} steps" in PAGE
    assert pql.Scope().steps == limits.steps
