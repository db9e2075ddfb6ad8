"""Templates that would take minutes to read are refused at once; those that people write are not."""

from __future__ import annotations

import pytest

from offerd.services.rendering import check_template
from offerd.services.tangles import MOST_BLANKS, MOST_PARENTHESES, MOST_UNCLOSED, tangle

FEW, MANY = MOST_UNCLOSED, MOST_UNCLOSED + 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ " * MANY, "{{ are not closed"),
        ("{{ a }}" + "{{" * MANY, "{{ are not closed"),
        ("{%a " * MANY, "{% are not closed"),
        ("{%raw%}" * MANY, "raw are not closed"),
        ("{%- raw -%}" * MANY + "endraw", "raw are not closed"),
        ("{%raw%}{%endraw%}" + "{% doc %}" * MANY, "doc are not closed"),
        ("{{" + " " * (MOST_BLANKS + 1) + "}}", "blanks stand in a row"),
        ("{{ a }}{% if\n" + "\u2003" * (MOST_BLANKS + 1) + "%}", "blanks stand in a row"),
        ("{{ " + "(" * (MOST_PARENTHESES + 1) + " }}", "parentheses are opened"),
        ("{% if " + "(a" * (MOST_PARENTHESES + 1) + " %}", "parentheses are opened"),
    ],
)
def test_a_tangle_is_refused(text: str, told: str) -> None:
    assert told in str(check_template(text, "liquid"))
    assert told in str(check_template({"a": ["plain", text]}, "liquid"))


@pytest.mark.parametrize(
    "text",
    [
        " " * 60_000 + "{{ a }}" + "\n" * 60_000 + "{% if a %}b{% endif %}",
        "{% raw %}" + "{{" * FEW + "{% endraw %}",
        "{% raw %}{{ mustache }}{% endraw %}" * 1_000,
        "{{ a" + " " * MOST_BLANKS + "}}",
        "function f() { if (a) { return {b: {c: g(1)}} } }" + "(" * 5_000 + "{{ a }}",
        "{{ a }}" * 9_000,
    ],
)
def test_what_is_long_or_odd_outside_of_tags_is_none(text: str) -> None:
    assert tangle(text) is None


def test_a_template_with_braces_of_its_own_is_read() -> None:
    assert (
        check_template("<style>a { b: c }</style>{% raw %}{{ x }}{% endraw %}{{ (1..3) | join: ', ' }}", "liquid")
        is None
    )
