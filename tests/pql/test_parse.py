"""Text to tree: what binds how tightly, what names mean, and the limits."""

import pytest

from offerd import pql
from offerd.pql import ast


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("a or b and not c", "a or b and not c"),
        ("(a or b) and c", "(a or b) and c"),
        ("((a)) or (b and c)", "a or b and c"),
        ("a and (b and c)", "a and (b and c)"),
        ("a or (b or c)", "a or (b or c)"),
        ("!a and !(b)", "not a and not b"),
        ("not (a and b)", "not (a and b)"),
        ("not (not a)", "not not a"),
        ("not a = b", "not a = b"),
        ("(not a) = b", "(not a) = b"),
        ("(a = b) = c", "(a = b) = c"),
        ("1+2*3", "1 + 2 * 3"),
        ("(1+2)*3", "(1 + 2) * 3"),
        ("1-(2-3)", "1 - (2 - 3)"),
        ("1-2-3", "1 - 2 - 3"),
        ("(1-2)*3", "(1 - 2) * 3"),
        ("1/(2*3)", "1 / (2 * 3)"),
        ("-(1+2)", "-(1 + 2)"),
        ("(-1).count()", "(-1).count()"),
        ("- -a", "--a"),
        ("(a + b).count()", "(a + b).count()"),
        ("(a = 1)[b]", "(a = 1)[b]"),
        ("profile.a", "a"),
        ("profile.`b c`", "`b c`"),
        ("`profile`", "`profile`"),
        ("profile.profile", "`profile`"),
        ("`a`.`b`", "a.b"),
        ("a.`in`", "a.in"),
        ("`In`", "`In`"),
        ("Sum", "`Sum`"),
        ("a[profile.b]", "a[profile.b]"),
        ("a[exists X from b where X = profile.c]", "a[exists X from b where X = profile.c]"),
        ("a[`from`]", "a[`from`]"),
        ("a[^b]", "a[profile.b]"),
        ("a[b[^c]]", "a[b[^c]]"),
        ("a[b[^.`c d`]]", "a[b[^`c d`]]"),
        ("a[b[^and]]", "a[b[^and]]"),
        ("a IN (1, 2)", "a in [1, 2]"),
        ("a in (1)", "a in 1"),
        ("a NotIn [1]", "a notIn [1]"),
        ("[]", "[]"),
        ("TRUE", "true"),
        ("Now", "now"),
        ('a Like "x"', 'a like "x"'),
        ("a occurs today", "a occurs on today"),
        ("a occurs on This Month", "a occurs on this month"),
        ("a OCCURS >= 1 Day AFTER now", "a occurs >= 1 day after now"),
        ("a occurs < 2 Day before b", "a occurs < 2 days before b"),
        ("a occurs < 2 millenniums from b", "a occurs < 2 millennia from b"),
        ("a occurs < 2 century before b", "a occurs < 2 centuries before b"),
        ("a occurs between last week and (b)", "a occurs between last week and b"),
        ("a + 1 occurs on b + 1", "a + 1 occurs on b + 1"),
        ("a occurs on (b = c)", "a occurs on (b = c)"),
        ("EXISTS X FROM a WHERE X", "exists X from a where X"),
        ("exists X from a: X.b, Y from X: Y", "exists X from a where X.b, Y from X where Y"),
        (
            "exists X from a where (exists Y from b where Y), Z from c",
            "exists X from a where (exists Y from b where Y), Z from c",
        ),
        ("exists X from a and b", "(exists X from a) and b"),
        ("exists X from a where X and b", "exists X from a where X and b"),
        ("select X from (select Y from a)", "select X from (select Y from a)"),
        ("select `a b` from c where `a b`", "select `a b` from c where `a b`"),
        ("select X from X where X", "select X from X where X"),
        ("exists X from a where profile.X", "exists X from a where profile.X"),
        ("[exists X from a, 2]", "[exists X from a, 2]"),
        ("sum X over X from a", "sum X over X from a"),
        ("sum (-X) over X from a", "sum (-X) over X from a"),
        ("sum (X = 1) over X from a", "sum (X = 1) over X from a"),
        ("sum + 1", "`sum` + 1"),
        ("count and all", "`count` and `all`"),
        ("max in [1]", "`max` in [1]"),
        ("min occurs before now", "`min` occurs before now"),
        ("let X = (a = 1) in X", "let X = (a = 1) in X"),
        ("let X = a in X and b", "let X = a in X and b"),
        ("1 + (let X = 2 in X)", "1 + (let X = 2 in X)"),
        ("(X) => X.a and b", "(X) => X.a and b"),
        ("( P , O )=>P", "(P, O) => P"),
        ("a.map((X)=>X)", "a.map((X) => X)"),
        ("a.map((`b c`) => `b c`)", "a.map((`b c`) => `b c`)"),
        ("(X)", "X"),
        ("(X, Y)", "[X, Y]"),
        ('a.equals("x", caseSensitive=FALSE)', 'a.equals("x", false)'),
        ('a[b.equals("x", caseSensitive=true)]', 'a[b.equals("x", true)]'),
        ('a.equals("x", other = true)', 'a.equals("x", other = true)'),
        ('a.equals("x", caseSensitive != true)', 'a.equals("x", caseSensitive != true)'),
        ("a.includes(caseSensitive = true)", "a.includes(caseSensitive = true)"),
        ("1.0", "1.0"),
        ("1e3", "1000.0"),
        ("1E-7", "1e-07"),
        ("0", "0"),
        ('"é"', '"é"'),
        ("9223372036854775807", "9223372036854775807"),
        ('"\\u0041\\\'\\/\\b\\f\\r"', '"A\'/\\b\\f\\r"'),
        ("@{ a;version=1 }", "@{a;version=1}"),
        ("$1.a", "$1.a"),
        ("if (a, b, c)", "if(a, b, c)"),
        ("if", "if"),
    ],
)
def test_a_text_has_one_canonical_form(text: str, canonical: str) -> None:
    node = pql.parse(text)
    assert pql.to_text(node) == canonical
    assert pql.parse(canonical) == node


def test_a_body_reaches_as_far_as_it_can() -> None:
    node = pql.parse("select X from a where X.b and c or d")
    assert isinstance(node, ast.Select)
    assert isinstance(node.variables[0].where, ast.Or)
    nested = pql.parse("exists X from a where exists Y from b where Y, Z from c")
    assert isinstance(nested, ast.Quantified)
    assert len(nested.variables) == 1


def test_an_attribute_may_have_a_soft_keyword_for_a_name() -> None:
    for word in [
        "some",
        "all",
        "none",
        "one",
        "sum",
        "count",
        "average",
        "min",
        "max",
        "this",
        "last",
        "next",
        "before",
        "after",
        "on",
        "between",
        "days",
    ]:
        assert pql.parse(word) == ast.Field(ast.Root("profile"), word)
        assert pql.parse(f"{word} > 1 and {word} - 2 = 3")
        assert pql.to_text(pql.parse(f"a.{word}")) == f"a.{word}"


def test_a_rule_may_be_as_large_as_the_limit_and_no_larger() -> None:
    limits = pql.Limits(size=10)
    pql.parse("abcdefg= 1", limits)
    with pytest.raises(pql.PQLError, match="line 1, column 1: a rule of 11 characters; at most 10 are allowed"):
        pql.parse("abcdefg = 1", limits)


def test_a_rule_may_be_as_deep_as_the_limit_and_no_deeper() -> None:
    limits = pql.Limits(depth=4)
    pql.parse("not not a", limits)
    pql.parse("(((((((((a)))))))))", limits)
    pql.parse(" and ".join("a" * 500), limits)
    with pytest.raises(pql.PQLError, match="line 1, column 13: the rule is nested too deeply: more than 4 levels"):
        pql.parse("not not not a + 1", limits)


@pytest.mark.parametrize("text", ["let X = a in not not X", "a[not not b]", "exists X from a where not not X"])
def test_what_binds_a_name_or_filters_counts_as_a_level(text: str) -> None:
    pql.parse(text, pql.Limits(depth=4))
    with pytest.raises(pql.PQLError, match="nested too deeply: more than 3 levels"):
        pql.parse(text, pql.Limits(depth=3))


@pytest.mark.parametrize(
    "text",
    [
        "not " * 15_000 + "a",
        "-" * 60_000 + "a",
        "a" + ".b" * 30_000,
        "a" + " + 1" * 15_000,
        "[" * 30_000 + "]" * 30_000,
        "a[" * 9_000 + "b" + "]" * 9_000,
    ],
)
def test_nesting_without_end_is_refused(text: str) -> None:
    with pytest.raises(pql.PQLError, match="too deeply"):
        pql.parse(text)


def test_nesting_beyond_python_is_refused_too() -> None:
    with pytest.raises(pql.PQLError, match="nested too deeply"):
        pql.parse("not " * 15_000 + "a", pql.Limits(depth=1_000_000))


def test_a_number_of_thousands_of_digits_is_refused() -> None:
    with pytest.raises(pql.PQLError, match="line 1, column 1: a number that is too large"):
        pql.parse("9" * 5000)


def test_a_pattern_that_is_none_is_refused_with_the_reason_and_nothing_else_is_said(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(pql.PQLError, match=r"line 1, column 3: not a pattern: missing \)"):
        pql.parse('a.matches("(never closed")')
    assert capfd.readouterr() == ("", "")


def test_a_lone_surrogate_is_refused_where_it_is() -> None:
    with pytest.raises(pql.PQLError) as caught:
        pql.parse('a = 1 and\nb = "\ud800"')
    assert (caught.value.line, caught.value.column) == (2, 6)


def test_an_error_has_its_parts() -> None:
    with pytest.raises(pql.PQLError) as caught:
        pql.parse("a.b.startWith(1)")
    error = caught.value
    assert (error.message, error.line, error.column, error.expected) == (
        "unknown function `startWith`",
        1,
        5,
        ("`startsWith`",),
    )
    assert str(pql.PQLError("m", 1, 2, ("a", "b", "c"))) == "line 1, column 2: m; expected a, b or c"
    assert str(pql.PQLError("m", 1, 2)) == "line 1, column 2: m"
