from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from offerd.model import json
from offerd.services.document import BadYaml, read_yaml, write_yaml

SIGNS = " \n\t:#-[]{},&*!|>'\"%@`~?0123456789.eEx+noNOtrueNull\\\x85\u2028\ufeff"
texts = st.one_of(
    st.text(alphabet=st.one_of(st.sampled_from(SIGNS), st.characters(codec="utf-8")), max_size=30),
    st.sampled_from(["NO", "on", "2026-01-01", "...", "---", "- a", "a: b", "a #b", "=", "<<", ".5", "0x1f", "12:30"]),
)
numbers = st.one_of(
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["1.50", "1E3", "-0.0", "12345678901234567890123", "1e400"]).map(json.loads),
)
trees = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(trees)
def test_what_is_written_is_read_again_member_by_member_and_digit_by_digit(tree: Any) -> None:
    text = write_yaml(tree)
    again = read_yaml(text)
    assert json.dumps(again) == json.dumps(tree)
    assert write_yaml(again) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("yes", "yes"),
        ("2026-01-01", "2026-01-01"),
        ("12:30:45", "12:30:45"),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("0o17", 15),
        ("0x1F", 31),
        ("007", 7),
        ("+5", 5),
        (".5", 0.5),
        ("~", None),
        ("", None),
        ("True", True),
        ("'1'", "1"),
        ('"true"', "true"),
        ("!!str 5", "5"),
        ("|\n  5", "5"),
        ("# nothing", None),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    read = read_yaml(text)
    assert (type(read), read) == (type(value), value)


def test_keys_are_text_as_it_stands() -> None:
    assert read_yaml("{NO: 1, 1.0: 2, on: 3, null: 4, <<: 5}") == {"NO": 1, "1.0": 2, "on": 3, "null": 4, "<<": 5}


def test_an_alias_stands_for_its_anchor() -> None:
    assert read_yaml("a: &x {b: [1]}\nc: *x\nd: &y 5\ne: *y") == {"a": {"b": [1]}, "c": {"b": [1]}, "d": 5, "e": 5}


def test_a_few_lines_of_aliases_cannot_stand_for_billions() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(BadYaml, match="aliases"):
        read_yaml("\n".join(lines))


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: [1, 2", 2, 1, "expected"),
        ("a: 1\na: 2", 2, 1, "twice"),
        ("a:\n  - b\n - c", 3, 2, "expected"),
        ("a: !!binary aGk=", 1, 4, "tag"),
        ("a: !thing [1]", 1, 4, "tag"),
        ("a: .nan", 1, 4, "no number"),
        ("a: -.inf", 1, 4, "no number"),
        ("? [a]\n: 1", 1, 3, "key"),
        ("a: *b", 1, 4, "anchor"),
        ("a: 1\n---\nb: 2", 2, 1, "one document"),
        ("a: \x07", 1, 1, "control"),
        ("a: " + "[" * 200 + "]" * 200, 1, 132, "deep"),
        ("a: " + "9" * 5000, 1, 4, "digits"),
    ],
)
def test_what_is_wrong_is_said_with_line_and_column(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(BadYaml, match=message) as bad:
        read_yaml(text)
    assert (bad.value.line, bad.value.column) == (line, column)


def test_the_canonical_form_is_what_a_person_would_write() -> None:
    tree = {
        "offers": {
            "a": {
                "eligible": 'inSegment("regulars") and context.cart.total > 40',
                "window": {"from": "2026-01-01T00:00:00Z"},
                "caps": [{"id": "total", "limit": 10}],
                "tags": ["NO", "x"],
                "content": {"hero": {"html": "<b>\n  hi\n</b>\n"}},
                "none": {},
            }
        }
    }
    assert write_yaml(tree) == (
        "offers:\n"
        "  a:\n"
        '    eligible: inSegment("regulars") and context.cart.total > 40\n'
        "    window: {from: 2026-01-01T00:00:00Z}\n"
        "    caps:\n"
        "      - {id: total, limit: 10}\n"
        "    tags: [NO, x]\n"
        "    content:\n"
        "      hero:\n"
        "        html: |\n"
        "          <b>\n"
        "            hi\n"
        "          </b>\n"
        "    none: {}\n"
    )
    assert yaml.safe_load(write_yaml({"a": [{"b": 1}, [2, "x"]]})) == {"a": [{"b": 1}, [2, "x"]]}
    assert write_yaml("x") == "x\n"
