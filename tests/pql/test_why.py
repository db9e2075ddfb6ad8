"""Why a rule was false: which clause, where, what it wanted and what it saw."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offerd import pql
from offerd.pql import ast

NOW = 1_772_994_615_250_000  # 2026-03-08T18:30:15.25Z
DATA = {
    "age": 20,
    "half": 1.5,
    "name": "bob",
    "vip": True,
    "off": False,
    "t": "2023-01-01T00:00:00Z",
    "tags": ["a"],
    "d": Decimal("1.5"),
    "address": {"city": "Bondi", "a b": 1},
    "orders": [{"price": 1}],
    "m": {"k": 1},
}


def scope(**given: Any) -> pql.Scope:
    return pql.Scope(**{"profile": DATA, "context": {"x": 5}, "now": NOW, **given})


def why(text: str, **given: Any) -> list[tuple[str, str | None, str, Any, Any]]:
    program = pql.compile(pql.parse(text))
    return [(each.text, each.path, each.op, each.wanted, each.seen) for each in pql.why(program, scope(**given))]


@pytest.mark.parametrize(
    ("text", "path", "op", "wanted", "seen"),
    [
        ("age > 30", "profile.age", ">", 31, 20),
        ("age >= 30", "profile.age", ">=", 30, 20),
        ("age < 10", "profile.age", "<", 9, 20),
        ("age <= 10", "profile.age", "<=", 10, 20),
        ("age = 30", "profile.age", "=", 30, 20),
        ("age != 20", "profile.age", "!=", 21, 20),
        ("30 < age", "profile.age", "<", 31, 20),
        ("30 <= age", "profile.age", "<=", 30, 20),
        ("10 > age", "profile.age", ">", 9, 20),
        ("half > 1.5", "profile.half", ">", 1.5000000000000002, 1.5),
        ("half < 1.5", "profile.half", "<", 1.4999999999999998, 1.5),
        ("age > half + 20", "profile.age", ">", 21.500000000000004, 20),
        ("age > d * 20", "profile.age", ">", Decimal("30.00000000000000000000000001"), 20),
        ("age < d", "profile.age", "<", Decimal("1.499999999999999999999999999"), 20),
        ('name = "x"', "profile.name", "=", "x", "bob"),
        ('name != "bob"', "profile.name", "!=", "not bob", "bob"),
        ('name > "cy"', "profile.name", ">", "cy0", "bob"),
        ('name < "bo"', "profile.name", "<", "b", "bob"),
        ('name < "bob"', "profile.name", "<", "bo", "bob"),
        ("vip = false", "profile.vip", "=", False, True),
        ("vip != true", "profile.vip", "!=", False, True),
        ('name in ["x", "y"]', "profile.name", "in", "x", "bob"),
        ('name notIn ["bob"]', "profile.name", "notIn", "none of these", "bob"),
        ('name notIn ["bob", "none of these"]', "profile.name", "notIn", "bobnone of thesex", "bob"),
        ('name notIn ["bob", gone, "none of these"]', "profile.name", "notIn", "bobnone of thesex", "bob"),
        ("age notIn [20, 3]", "profile.age", "notIn", 21, 20),
        ("age > [30, 40]", "profile.age", ">", 31, 20),
        ("age >= [30, 40]", "profile.age", ">=", 30, 20),
        ("age < [10, 5]", "profile.age", "<", 9, 20),
        ('tags != ["a"]', "profile.tags", "!=", "not a", ["a"]),
        ("gone notIn [1]", "profile.gone", "notIn", 2, None),
        ("vip notIn [true]", "profile.vip", "notIn", "none of these", True),
        ('"b" in tags', "profile.tags", "in", ["b"], ["a"]),
        ('"a" notIn tags', "profile.tags", "notIn", [], ["a"]),
        ('name like "a%z_"', "profile.name", "like", "aza", "bob"),
        ("name like age", None, "like", True, False),
        ("name.contains(5)", "profile.name", "contains", "5", "bob"),
        ('name.startsWith("q")', "profile.name", "startsWith", "q", "bob"),
        ('name.endsWith("q")', "profile.name", "endsWith", "q", "bob"),
        ('name.contains("q")', "profile.name", "contains", "q", "bob"),
        ('name.equals("Q", false)', "profile.name", "equals", "Q", "bob"),
        ('name.notEqualTo("bob")', "profile.name", "notEqualTo", "not bob", "bob"),
        ('name.doesNotContain("o")', "profile.name", "doesNotContain", "", "bob"),
        ('name.doesNotStartWith("b")', "profile.name", "doesNotStartWith", "", "bob"),
        ('name.doesNotEndWith("b")', "profile.name", "doesNotEndWith", "", "bob"),
        ('name.matches("(?i)^john$")', "profile.name", "matches", "john", "bob"),
        ('name.matches("x+y")', None, "matches", True, False),
        ("name.isNull()", "profile.name", "isNull", None, "bob"),
        ("gone.isNotNull()", "profile.gone", "isNotNull", True, None),
        ('tags.includes("b")', "profile.tags", "includes", ["b"], ["a"]),
        ('tags.intersects(["z", "y"])', "profile.tags", "intersects", ["z", "y"], ["a"]),
        ('tags.intersects("z")', "profile.tags", "intersects", ["z"], ["a"]),
        ('tags.supersetOf("z")', "profile.tags", "supersetOf", ["z"], ["a"]),
        ('tags.supersetOf(["z"])', "profile.tags", "supersetOf", ["z"], ["a"]),
        ('tags.subsetOf(["z"])', "profile.tags", "subsetOf", [], ["a"]),
        ("gone", "profile.gone", "is true", True, None),
        ("off", "profile.off", "is true", True, False),
        ('m.get("q")', "profile.m.q", "is true", True, None),
        ('address.city = "x"', "profile.address.city", "=", "x", "Bondi"),
        ("address.`a b` = 2", "profile.address.`a b`", "=", 2, 1),
        ("gone.deeper.still = 1", "profile.gone.deeper.still", "=", 1, None),
        ("context.x > 5", "context.x", ">", 6, 5),
        ("offer.priority > 5", "offer.priority", ">", 6, None),
        ("tables.a.b = 1", "tables.a.b", "=", 1, None),
        ("elsData.a.b = 1", "tables.a.b", "=", 1, None),
        ("xEvent.a = 1", "event.a", "=", 1, None),
        ("@{t}.w = 1", "@{t}.w", "=", 1, None),
        ("age > context.x + 100", "profile.age", ">", 106, 20),
        ("context.x > age", "context.x", ">", 21, 5),
        ("context.x = gone", "profile.gone", "=", 5, None),
        ("gone = context.x", "profile.gone", "=", 5, None),
        ("gone >= other", None, ">=", True, False),
        ('tags = "b"', "profile.tags", "=", "b", ["a"]),
        ("name = tags", "profile.name", "=", ["a"], "bob"),
        ("orders.count() > 3", None, ">", True, False),
        ("orders.price > 3", None, ">", True, False),
        ('exists X from tags where X = "q"', None, "is true", True, False),
        ("tags = []", "profile.tags", "=", [], ["a"]),
        ("age in []", None, "in", True, False),
        ("inSegment(name)", None, "inSegment", True, False),
        ("name.deeper = 1", None, "=", True, False),
        ("profile = 1", None, "=", True, False),
        ("1 = 2", None, "=", True, False),
        ("t < date(2000, 1, 1)", "profile.t", "<", "1999-12-31T23:59:59.999000Z", "2023-01-01T00:00:00Z"),
        ("t > now", "profile.t", ">", "2026-03-08T18:30:15.251000Z", "2023-01-01T00:00:00Z"),
        ("t >= now", "profile.t", ">=", "2026-03-08T18:30:15.250000Z", "2023-01-01T00:00:00Z"),
        ("t = now", "profile.t", "=", "2026-03-08T18:30:15.250000Z", "2023-01-01T00:00:00Z"),
    ],
)
def test_a_clause_says_where_it_failed_and_what_it_wanted(
    text: str, path: str | None, op: str, wanted: Any, seen: Any
) -> None:
    assert why(text) == [(pql.to_text(pql.parse(text)), path, op, wanted, seen)]


@pytest.mark.parametrize(
    ("text", "path", "op", "wanted", "seen"),
    [
        ("not (age > 10)", "profile.age", "not >", 10, 20),
        ("not (age >= 20)", "profile.age", "not >=", 19, 20),
        ("not (age < 30)", "profile.age", "not <", 30, 20),
        ("not (age <= 20)", "profile.age", "not <=", 21, 20),
        ("not (age = 20)", "profile.age", "not =", None, 20),
        ("not (age != 3)", "profile.age", "not !=", 3, 20),
        ('not (name in ["bob"])', "profile.name", "not in", None, "bob"),
        ('not (name notIn ["x"])', "profile.name", "not notIn", "x", "bob"),
        ('not (name like "b%")', "profile.name", "not like", None, "bob"),
        ('not ("a" in tags)', "profile.tags", "not in", [], ["a"]),
        ('not ("x" notIn tags)', "profile.tags", "not notIn", ["x"], ["a"]),
        ("not vip", "profile.vip", "not is true", False, True),
        ("not name", "profile.name", "not is true", None, "bob"),
        ('not name.contains("o")', "profile.name", "not contains", None, "bob"),
        ("not orders.filter(price = 1)", "profile.orders", "not filter", None, [{"price": 1}]),
        ("not orders.map(price)", "profile.orders", "not map", None, [{"price": 1}]),
        ("not orders.topN(price, 1)", "profile.orders", "not topN", None, [{"price": 1}]),
        ("not orders.max(price)", "profile.orders", "not max", None, [{"price": 1}]),
        ("not gone.isNull()", "profile.gone", "not isNull", "", None),
        ("not name.isNotNull()", "profile.name", "not isNotNull", None, "bob"),
        ("not (t occurs before now)", "profile.t", "not occurs", None, "2023-01-01T00:00:00Z"),
        ("not (t > date(2000, 1, 1))", "profile.t", "not >", "2000-01-01T00:00:00Z", "2023-01-01T00:00:00Z"),
    ],
)
def test_a_clause_under_not_wants_the_opposite(text: str, path: str, op: str, wanted: Any, seen: Any) -> None:
    assert why(text) == [(pql.to_text(pql.parse(text)), path, op, wanted, seen)]


@pytest.mark.parametrize(
    "text",
    [
        "t occurs today",
        "t occurs on tomorrow",
        "t occurs this month",
        "t occurs last year",
        "t occurs next century",
        "t occurs before yesterday and t occurs after last week",
        "gone occurs before now",
        "t occurs after tomorrow",
        "t occurs from now",
        "t occurs <= 24 hours after now",
        "t occurs < 1 day before now",
        "t occurs > 3 weeks after now",
        "t occurs = 2 months after today",
        "gone occurs != 1 day after now",
        "gone occurs >= 1 year before now",
        "t occurs between date(2024, 1, 1) and date(2025, 1, 1)",
        "gone occurs on t",
        "t occurs between now and tomorrow",
    ],
)
def test_a_time_that_would_have_done_is_named(text: str) -> None:
    profile = dict(DATA)
    program = pql.compile(pql.parse(text))
    for _ in range(3):
        found = pql.why(program, scope(profile=profile))
        if not found:
            break
        assert found[0].op == "occurs"
        assert datetime.fromisoformat(found[0].wanted).tzinfo == UTC
        profile[found[0].path.removeprefix("profile.")] = found[0].wanted
    assert program.truth(scope(profile=profile)) is True


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("t occurs this month", "2026-03-01T05:00:00Z"),
        ('t occurs on "2026-03-05"', "2026-03-05T05:00:00Z"),
        ('t occurs = 1 day after "2026-03-08"', "2026-03-09T04:00:00Z"),
    ],
)
def test_the_time_that_is_named_goes_by_the_zone(text: str, wanted: str) -> None:
    assert [found for *_, found, _ in why(text, zone=ZoneInfo("America/New_York"))] == [wanted]


def test_what_an_item_of_the_context_holds_is_seen() -> None:
    items = {"t;version=1": {"w": 3}, "t": {"w": 5}}
    assert why("@{t}.w = 1", items=items) == [("@{t}.w = 1", "@{t}.w", "=", 1, 5)]


def test_a_time_beyond_the_calendar_is_not_named() -> None:
    assert why("t occurs > 9 millennia after now")[0][1:4] == (None, "occurs", True)
    assert why("t > a", profile={"a": datetime.max.replace(tzinfo=UTC)})[0][1:4] == (None, ">", True)


def test_an_audience_is_named() -> None:
    assert why('inSegment("a")', segments=frozenset({"c", "b"})) == [
        ('inSegment("a")', "segments", "in", "a", ["b", "c"])
    ]
    assert why('not inSegment("b")', segments=frozenset({"b"})) == [
        ('not inSegment("b")', "segments", "notIn", "b", ["b"])
    ]
    assert why('inSegment("a")', segments=lambda name: False) == [('inSegment("a")', "segments", "in", "a", False)]
    assert why('not inSegment("a")', segments=lambda name: True) == [
        ('not inSegment("a")', "segments", "notIn", "a", True)
    ]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ('age > 30 and name = "x"', ["age > 30"]),
        ('age > 3 and name = "x" and off', ['name = "x"']),
        ('age > 30 or name = "x"', ["age > 30", 'name = "x"']),
        ("age > 30 or age > 30", ["age > 30"]),
        ("not (age > 3 and vip)", ["not age > 3", "not vip"]),
        ("not (off or age > 3 or vip)", ["not age > 3"]),
        ("not not off", ["off"]),
        ('off or (age > 3 and (name = "x" or gone))', ["off", 'name = "x"', "gone"]),
        ("let X = age in X > 30 and X > 40", ["age > 30"]),
        ("let X = age in let Y = X in not (Y = 20)", ["not age = 20"]),
        ("(P) => P.age > 30", ["age > 30"]),
        ("(P, O) => O.x = P.age and gone", ["offer.x = age"]),
        (
            "let X = tags in exists Y from X where Y = age, X from X where X = 1",
            ["exists Y from tags where Y = age, X from tags where X = 1"],
        ),
        ("let X = age in tags.map((X) => X).includes(X)", ["tags.map((X) => X).includes(age)"]),
        ("let X = age in (sum X over X from tags where X = 2) > X", ["(sum X over X from tags where X = 2) > age"]),
        ("let X = age in (select Y from tags where Y = X)", ["select Y from tags where Y = age"]),
        ("let X = age in if(let X = 1 in X = 2, X, off)", ["if(let X = 1 in X = 2, age, off)"]),
        ("age > 3", []),
    ],
)
def test_the_clauses_are_the_smallest_that_matter(text: str, clauses: list[str]) -> None:
    assert [text for text, *_ in why(text)] == clauses


def test_a_rule_that_ran_out_of_steps_is_its_own_clause() -> None:
    text = "vip and (none X from orders where X.price = 5)"
    assert why(text, steps=0) == [("none X from orders where X.price = 5", None, "is true", True, False)]
    under_not = "not (none X from orders where X.price = 5)"
    assert why(under_not, steps=0) == [("not (none X from orders where X.price = 5)", None, "is true", True, False)]


def test_parts_that_ran_out_of_steps_only_together_are_no_clause() -> None:
    text = "off or ((none X from a where X = 5) and (none X from a where X = 6))"
    profile = {"off": False, "a": [1] * 10}
    assert [each for each, *_ in why(text, profile=profile, steps=80)] == []
    assert [each for each, *_ in why(text, profile=profile, steps=60)] == ["off"]


def test_explaining_changes_nothing() -> None:
    profile = {"age": 1, "a": {"b": 1}}
    given = scope(profile=profile)
    pql.why(pql.compile(pql.parse("age > 3 or a.b = 2 or c.d.e = 1")), given)
    assert profile == {"age": 1, "a": {"b": 1}}
    assert given.profile is profile


PATHS = st.sampled_from(
    [
        ("profile", "a"),
        ("profile", "b", "c"),
        ("context", "a"),
        ("offer", "p"),
        ("tables", "t", "r", "c"),
        ("event", "e"),
    ]
)
LITERALS = st.one_of(
    st.integers(0, 5).map(ast.Integer),
    st.floats(0, 9).map(abs).map(ast.Double),
    st.sampled_from(["", "a", "ab", "3"]).map(ast.Text),
    st.booleans().map(ast.Boolean),
)


def path_node(path: tuple[str, ...]) -> ast.Node:
    node: ast.Node = ast.Root(path[0])
    for name in path[1:]:
        node = ast.Field(node, name)
    return node


@st.composite
def comparisons(draw: st.DrawFn) -> ast.Node:
    path, literal = path_node(draw(PATHS)), draw(LITERALS)
    match draw(st.integers(0, 4)):
        case 0:
            return ast.Compare(draw(st.sampled_from(["in", "notIn"])), path, ast.Array((literal, draw(LITERALS))))
        case 1:
            return ast.Compare(draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">="])), literal, path)
        case 2:
            name = draw(st.sampled_from(["startsWith", "contains", "doesNotContain", "equals", "notEqualTo", "isNull"]))
            return ast.Method(path, name, () if name == "isNull" else (ast.Text("q"),))
        case 3:
            return path
        case _:
            return ast.Compare(draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">="])), path, literal)


RULES = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        inner.map(ast.Not), st.tuples(inner, inner).map(ast.And), st.tuples(inner, inner, inner).map(ast.Or)
    ),
    max_leaves=6,
)
SEEN = st.one_of(st.none(), st.booleans(), st.integers(0, 5), st.sampled_from(["", "a", "3", "q"]), st.just([1, "a"]))


def put(data: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    name, *rest = path
    return {**data, name: put(data.get(name) or {}, rest, value) if rest else value}


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(RULES, SEEN, SEEN, SEEN, SEEN)
def test_what_was_wanted_removes_the_clause(rule: ast.Node, a: Any, c: Any, p: Any, e: Any) -> None:
    data = {"profile": {"a": a, "b": {"c": c}}, "context": {"a": e}, "offer": {"p": p}, "tables": {}, "event": {"e": e}}
    program = pql.compile(rule)
    clauses = pql.why(program, pql.Scope(**data))
    assert bool(clauses) is not program.truth(pql.Scope(**data))
    for clause in clauses:
        if clause.path is None:
            # Nothing is less than empty text, so this has no witness.
            assert (clause.wanted, clause.seen) == (True, False)
            assert '""' in clause.text or "true" in clause.text or "false" in clause.text, clause
            continue
        changed = pql.Scope(**put(data, clause.path.split("."), clause.wanted))
        left = pql.why(program, changed)
        assert not left or clause.text not in [each.text for each in left]
