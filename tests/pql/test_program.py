"""A compiled rule: what it says of itself, what it costs, and how it meets odd data."""

from collections import ChainMap
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from zoneinfo import ZoneInfo

import msgspec
import pytest

from offerd import pql
from offerd.pql import ast


def run(text: str, **given) -> object:
    return pql.compile(pql.parse(text)).value(pql.Scope(**given))


def paths(text: str) -> set[str]:
    return {"/".join(path) for path in pql.compile(pql.parse(text)).paths}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('address.city = "x"', {"profile/address/city"}),
        ("profile.address.city = $1.age", {"profile/address/city", "profile/age"}),
        ("context.cart.total > offer.priority", {"context/cart/total", "offer/priority"}),
        ("$2.priority > 1", {"offer/priority"}),
        ("xEvent.a = event.b", {"event/a", "event/b"}),
        ("elsData.`a b`.c = tables.d.e", {"tables/a b/c", "tables/d/e"}),
        ("@{t;version=1}.w = 1", {"@{t;version=1}/w"}),
        ('offer.characteristics.get("city").x', {"offer/characteristics/city/x"}),
        ("offer.characteristics.get(city)", {"offer/characteristics", "profile/city"}),
        ("orders[price > ^limit]", {"profile/orders", "profile/limit"}),
        ("exists X from orders where X.price > limit", {"profile/orders", "profile/limit"}),
        ("let S = (cart.total) in S > 3", {"profile/cart/total"}),
        ("(P, O) => P.age > O.min", {"profile/age", "offer/min"}),
        ("orders.map((X) => X.price)", {"profile/orders"}),
        ("offer.isNull()", {"offer"}),
        ("1 = 1", set()),
        ("now > date(2020, 1, 1)", set()),
    ],
)
def test_a_program_says_which_paths_it_reads(text: str, read: set[str]) -> None:
    assert paths(text) == read


def test_a_program_says_whether_it_looks_at_the_offer() -> None:
    assert pql.compile(pql.parse("offer.priority > 1")).reads_offer is True
    assert pql.compile(pql.parse("(P, O) => exists X from O.tags")).reads_offer is True
    assert pql.compile(pql.parse("profile.offer > 1")).reads_offer is False


@pytest.mark.parametrize(
    "text",
    [
        "a < now",
        "a occurs this month",
        "currentMonth() = 1",
        "currentYear() = 1",
        "currentDayOfMonth() = 1",
        "today > a",
    ],
)
def test_a_program_that_looks_at_the_clock_says_so(text: str) -> None:
    assert pql.compile(pql.parse(text)).reads_time is True


@pytest.mark.parametrize("text", ["a occurs before b", "a > date(2020, 1, 1)", "a.getMonth() = 1", "now2 = 1"])
def test_a_program_that_only_compares_times_does_not_look_at_the_clock(text: str) -> None:
    assert pql.compile(pql.parse(text)).reads_time is False


def test_a_program_names_its_audiences_and_keeps_its_source() -> None:
    program = pql.compile(pql.parse('inSegment("a")   AND not inSegment("b") or inSegment(c)'))
    assert program.segments == frozenset({"a", "b"})
    assert program.source == 'inSegment("a") and not inSegment("b") or inSegment(c)'
    assert program.node == pql.parse(program.source)


def test_audiences_may_be_a_set_or_a_function() -> None:
    rule = "inSegment(wanted)"
    assert run(rule, profile={"wanted": "a"}, segments=frozenset({"a"})) is True
    assert run(rule, profile={"wanted": "b"}, segments=frozenset({"a"})) is False
    assert run(rule, profile={"wanted": "b"}, segments=lambda name: name == "b") is True
    assert run(rule, profile={"wanted": ["x", "b"]}, segments=lambda name: name == "b") is True
    assert run(rule, profile={"wanted": [1, None]}, segments=lambda name: True) is False
    assert run(rule, segments=lambda name: True) is False


def test_an_audience_may_be_a_rule_over_the_same_scope() -> None:
    inner = pql.compile(pql.parse("exists Z from orders where Z.n = 2"))
    outer = pql.compile(pql.parse('exists X from orders where X.n = 1 and inSegment("inner") and X.n = 1'))
    scope = pql.Scope(profile={"orders": [{"n": 1}, {"n": 2}]}, segments=lambda name: inner.truth(scope))
    assert outer.truth(scope) is True


def test_a_budget_used_up_makes_a_rule_false_and_a_formula_nothing() -> None:
    profile = {"a": [{"n": 1}] * 50}
    rule = pql.compile(pql.parse("not exists X from a where X.n = 2"))
    formula = pql.compile(pql.parse("sum X.n over X from a, Y from a"))
    assert rule.truth(pql.Scope(profile=profile)) is True
    assert formula.number(pql.Scope(profile=profile)) == 2500
    small = pql.Scope(profile=profile, steps=100)
    assert rule.truth(small) is False
    assert formula.number(small) == 0.0
    assert formula.value(small) is None


def test_each_evaluation_has_the_whole_budget() -> None:
    rule = pql.compile(pql.parse("exists X from a where X = 9"))
    scope = pql.Scope(profile={"a": [1] * 9 + [9]}, steps=40)
    assert [rule.truth(scope) for _ in range(3)] == [True, True, True]
    # Ten turns of a comparison of two nodes: four steps each.
    assert rule.truth(pql.Scope(profile={"a": [1] * 9 + [9]}, steps=39)) is False


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a[(X) => X]", None),
        ("a[b]", 150),
        ("a.filter(b)", 150),
        ("a.b", 50),
        ('a.get("b")', 50),
        ("a.map(b)", 150),
        ("a.distinct()", 50),
        ("a = a", 102),
        ("a = 9", 50),
        ("9 in a", 50),
        ("a.includes(9)", 50),
        ('a.equals("x")', 50),
        ('a.equals("x", false)', 102),
        ('t.contains("x")', 50),
        ("a.sum()", 50),
        ("t occurs before now", 50),
        ("t.getMonth()", 50),
        ("m.keys()", 50),
        ("m.values()", 50),
        ("inSegment(t)", 50),
        ('t.matches("a")', 50),
        ('t like "%a"', 50),
        ('t.regexGroup("a", 0)', 50),
        ("a.topN(b, 1)", 150),
        ("a.groupBy(b)", 150),
        ("select X from a", 50),
        ("none X from a where X.b = 1", 250),
        ("count X over X from a", 50),
        ("forall X from a", 50),
        ("one X from a", 2),
        ("n.b", 51),
        ("a.count()", 0),
        ("a.head()", 0),
    ],
)
def test_whatever_goes_through_a_list_is_paid_for(text: str, steps: int | None) -> None:
    if steps is None:
        with pytest.raises(pql.PQLError):
            pql.parse(text)
        return
    data = {"a": [1] * 50, "n": [[{"b": 1}] * 50], "t": ["y"] * 50, "m": {str(i): i for i in range(50)}}
    program = pql.compile(pql.parse(text))
    assert program.value(pql.Scope(profile=data, steps=steps)) is not None
    if steps:
        assert program.value(pql.Scope(profile=data, steps=steps - 1)) is None


def test_long_text_costs_more() -> None:
    text = "x" * 4096
    for rule, steps in [('s.contains("y")', 5), ('s.matches("^y")', 64), ('s like "y"', 64)]:
        program = pql.compile(pql.parse(rule))
        assert program.value(pql.Scope(profile={"s": text}, steps=steps * 10)) is False
        assert program.value(pql.Scope(profile={"s": text}, steps=steps - 1)) is None


def test_a_pattern_cannot_hang() -> None:
    program = pql.compile(pql.parse('s.matches("(.?){200}x(a*)*b")'))
    assert program.truth(pql.Scope(profile={"s": "a" * 100_000})) is False


def test_data_nested_without_end_is_only_false() -> None:
    deep: list = []
    deep.append(deep)
    assert run("a.b", profile={"a": deep}) is None
    assert run("a = a", profile={"a": deep}) is None


def test_a_scope_is_not_changed() -> None:
    profile = {"a": [{"n": 1}]}
    scope = pql.Scope(profile=profile)
    pql.compile(pql.parse("(select X from a where X.n = 1)[n = 1].n = 1")).truth(scope)
    assert profile == {"a": [{"n": 1}]}
    assert (scope.left, scope.frame) == (100_000, [])


@pytest.mark.parametrize(
    ("value", "score"),
    [
        (5, 5.0),
        (5.5, 5.5),
        ("5.5", 5.5),
        ("x", 0.0),
        (None, 0.0),
        (True, 0.0),
        ([], 0.0),
        ([5], 0.0),
        ({}, 0.0),
        (float("nan"), 0.0),
        (float("inf"), 0.0),
        (float("-inf"), 0.0),
        (10**400, 0.0),
        (2**1024 - 1, 0.0),
        (Decimal("1.5"), 1.5),
        (Decimal("NaN"), 0.0),
        (Decimal("sNaN"), 0.0),
        (Decimal("1E+401"), 0.0),
        (Decimal("-1E-401"), 0.0),
        (Decimal("1E+309"), 0.0),
        ("1e400", 0.0),
        (" 5", 0.0),
        ("٣", 0.0),
        ("1_000", 0.0),
        ("+5", 5.0),
        ("-5e-1", -0.5),
        ("inf", 0.0),
        ("nan", 0.0),
        ("", 0.0),
        ("9" * 300, 1e300),
        ("0" * 401, 0.0),
        ("0" * 399 + "5", 5.0),
        ("5.", 0.0),
        (".5", 0.0),
        ("0x5", 0.0),
    ],
)
def test_a_score_is_always_a_finite_number(value: object, score: float) -> None:
    found = pql.compile(pql.parse("v")).number(pql.Scope(profile={"v": value}))
    assert found == pytest.approx(score)
    assert type(found) is float


def test_decimals_are_numbers() -> None:
    data = {"d": Decimal("0.1"), "f": 0.1, "whole": Decimal("2.00"), "big": Decimal("1E+400"), "text": "2"}
    assert run("d = 0.1", profile=data) is True
    assert run("0.1 = d", profile=data) is True
    assert run("f = d", profile=data) is True
    assert run("d > 0.2", profile=data) is False
    assert run("text = whole", profile=data) is True
    assert run("d * 3", profile=data) == Decimal("0.3")
    assert run("d + f", profile=data) == 0.2
    assert run("f + d", profile=data) == 0.2
    assert run("d / 0", profile=data) is None
    assert run("big * big", profile=data) is None
    assert run("big > f", profile={**data, "f": 1}) is True
    assert run("whole % 2", profile=data) == 0
    assert run("[whole, 2].distinct().count()", profile=data) == 1
    assert run("[d, f].distinct().count()", profile=data) == 1
    assert run("-d", profile=data) == Decimal("-0.1")


def test_numbers_that_are_none_compare_as_missing() -> None:
    data = {"nan": float("nan"), "inf": float("inf"), "huge": 2**1025, "dnan": Decimal("sNaN")}
    for name in data:
        for op in ("=", "!=", ">", "<"):
            assert run(f"{name} {op} 1", profile=data) is False
            assert run(f"1 {op} {name}", profile=data) is False
    assert run("if(nan, 1, 2)", profile=data) == 2
    assert run("huge + 1", profile=data) is None


def test_a_result_too_large_is_null() -> None:
    assert run("a * a", profile={"a": 2**1023}) is None
    assert run("a * 1.5", profile={"a": 2**1024 - 1}) is None
    assert run("a + 0", profile={"a": 2**1024 - 1}) == 2**1024 - 1
    assert run("a + 1", profile={"a": 2**1024 - 1}) is None


def test_numbers_are_written_as_people_write_them() -> None:
    data = {
        "whole": 5.0,
        "tiny": 1e-7,
        "large": 1e16,
        "near": 9007199254740992.0,
        "d": Decimal("5.10"),
        "e": Decimal("1E+2"),
        "n": -0.5,
        "neg": -7.0,
    }
    for name, text in [
        ("whole", "5"),
        ("tiny", "1e-07"),
        ("large", "1e+16"),
        ("near", "9007199254740992"),
        ("d", "5.1"),
        ("e", "100"),
        ("n", "-0.5"),
        ("neg", "-7"),
    ]:
        assert run(f'"{text}" = {name}', profile=data) is True, name
        assert run(f'"{text}" != {name}', profile=data) is False, name


def test_subclasses_of_numbers_and_text_are_what_they_extend() -> None:
    class Spelled(float):
        def __repr__(self) -> str:
            return "1.50"

    class Name(str):
        pass

    assert run("a = 1.5", profile={"a": Spelled(1.5)}) is True
    assert run('"1.5" = a', profile={"a": Spelled(1.5)}) is True
    assert run('a = "x"', profile={"a": Name("x")}) is True
    assert run('a in ["x"]', profile={"a": Name("x")}) is True
    assert run('a notIn ["x"]', profile={"a": Name("x")}) is False
    assert run('[a, "x"].distinct()', profile={"a": Name("x")}) == ["x"]


def test_any_mapping_can_be_looked_into_and_nothing_else() -> None:
    class Thing:
        secret = 1

    view = MappingProxyType({"b": ChainMap({"c": 1})})
    assert run("a.b.c", profile={"a": view}) == 1
    assert run("b.c", profile=view) == 1
    assert run("a.secret", profile={"a": Thing()}) is None
    assert run('a.get("secret")', profile={"a": Thing()}) is None
    assert run("a.year", profile={"a": date(2020, 1, 1)}) is None
    assert run("a.keys", profile={"a": {}}) is None
    assert run("a.real", profile={"a": 1}) is None
    assert run("a.b", profile={"a": ({"b": 1},)}) == [1]
    thing = Thing()
    assert run("a = b", profile={"a": thing, "b": thing}) is False
    assert run("[a, b, c].distinct().count()", profile={"a": thing, "b": thing, "c": Thing()}) == 2
    assert run("a.distinct().count()", profile={"a": [{1}, {1}]}) == 2


def test_a_pattern_in_data_that_is_none_matches_nothing() -> None:
    for text, found in [("s.matches(p)", False), ("s like n", False), ("s.regexGroup(p, 0)", None)]:
        assert run(text, profile={"s": "a(", "p": "(", "n": 1}) is found


def test_a_word_beyond_the_calendar_is_null() -> None:
    first = -62_135_596_800_000_000
    zone = ZoneInfo("America/New_York")
    assert run("yesterday", now=first, zone=UTC) is None
    assert run("today", now=first, zone=zone) is None
    assert run("now", now=first, zone=zone) == datetime.min.replace(tzinfo=UTC)
    assert run("not (now occurs today)", now=first, zone=zone) is True
    assert run("currentYear()", now=first, zone=zone) is None


def test_an_unknown_root_is_null() -> None:
    for root in ("offer", "event", "xEvent", "context.a", "tables.a", "elsData.a", "@{a}", "@{a}.b"):
        assert run(root) is None, root
    assert run("profile.isNotNull()") is True


def test_times_in_data() -> None:
    zone = ZoneInfo("Europe/Berlin")
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    same = [
        moment,
        moment.astimezone(zone),
        datetime(2026, 3, 1, 13),  # noqa: DTZ001 - data may be without a zone
        "2026-03-01T12:00:00Z",
        "2026-03-01t12:00:00z",
        "2026-03-01 13:00",
        "2026-03-01T13:00:00+01:00",
        "2026-03-01T13:00:00+0100",
        "2026-03-01T12:00:00.000000000Z",
        1_772_366_400_000,
        1_772_366_400_000.0,
        moment.astimezone(timezone(timedelta(hours=5, minutes=30))),
    ]
    for value in same:
        assert run("d = a", profile={"a": value, "d": moment}, zone=zone) is True, value
        assert run("a = d", profile={"a": value, "d": moment}, zone=zone) is True, value
        assert (
            run("a occurs from d and a occurs <= 0 days after d", profile={"a": value, "d": moment}, zone=zone) is True
        )
    wrong = [
        "2026-03-01T25:00",
        "2026-13-01",
        "20260301",
        "2026-W09-7",
        "2026-3-1",
        "12:00",
        "noon",
        True,
        None,
        {},
        10**30,
        float("nan"),
        float("inf"),
        "2026-03-01T12:00:00" + "0" * 60,
    ]
    for value in wrong:
        assert run("a occurs before tomorrow", profile={"a": value}, now=0) is False, value
        assert run("d != a", profile={"a": value, "d": moment}) is False, value
    assert run("a = date(2026, 3, 1)", profile={"a": date(2026, 3, 1)}, zone=zone) is True
    assert run("[a, b].max() = b", profile={"a": date(2026, 3, 1), "b": moment}, zone=zone) is True
    assert run("a.max() = b", profile={"a": [moment, "2030-01-01", None], "b": "2030-01-01"}) is False


def test_times_without_an_offset_are_ordered_by_the_zone() -> None:
    data = {"local": datetime(2026, 3, 1, 12), "other": datetime(2026, 3, 1, 14, tzinfo=UTC)}  # noqa: DTZ001
    assert run("[local, other].max() = local", profile=data, zone=ZoneInfo("America/New_York")) is True
    assert run("[local, other].max() = other", profile=data, zone=UTC) is True


def test_a_scope_that_says_no_moment_is_at_the_epoch() -> None:
    assert run("now") == datetime(1970, 1, 1, tzinfo=UTC)


def test_two_times_of_one_zone_compare_by_moment_when_clocks_go_back() -> None:
    zone = ZoneInfo("America/New_York")
    first, second = datetime(2026, 11, 1, 1, 30, tzinfo=zone), datetime(2026, 11, 1, 1, 10, tzinfo=zone, fold=1)
    assert run("a < b", profile={"a": first, "b": second}) is True


def test_a_stored_tree_that_no_parser_made_is_refused_when_compiled() -> None:
    for node in [
        ast.Function("exec", ()),
        ast.Method(ast.Root("profile"), "__class__", ()),
        ast.Variable("X"),
        ast.Here(0),
        ast.Here(-1),
        ast.Period("this", "day"),
        ast.Lambda(("X",), ast.Variable("Y")),
        ast.Not(ast.Lambda(("X",), ast.Boolean(True))),
    ]:
        with pytest.raises((ValueError, TypeError)):
            pql.compile(node)


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (ast.Function("exec", ()), "unknown function `exec`"),
        (ast.Method(ast.Root("profile"), "__class__", ()), "unknown function `__class__`"),
        (ast.Not(ast.Lambda(("X",), ast.Boolean(True))), "a Lambda where there can be none"),
    ],
)
def test_a_stored_tree_is_refused_with_the_reason(node: ast.Node, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        pql.compile(node)


def test_what_is_no_stored_tree_is_refused() -> None:
    for data in [
        b"{}",
        b'{"node":"exec"}',
        b'{"node":"text","value":"x","more":1}',
        b'{"node":"parameter","position":3}',
        b'{"node":"root","name":"os"}',
        b"[",
    ]:
        with pytest.raises(msgspec.DecodeError):
            pql.decode(data)


def test_a_stored_tree_is_plain_json() -> None:
    assert pql.encode(pql.parse("age > 3")) == (
        b'{"node":"compare","op":">","left":{"node":"field","object":{"node":"root","name":"profile"},"name":"age"},'
        b'"right":{"node":"integer","value":3}}'
    )


def test_the_room_gives_what_it_promises() -> None:
    for name in pql.__all__:
        assert hasattr(pql, name)
    assert isinstance(pql.parse("a"), pql.Node)
    assert set(pql.__all__) >= {
        "Limits",
        "Node",
        "PQLError",
        "Program",
        "Scope",
        "Clause",
        "compile",
        "decode",
        "encode",
        "parse",
        "to_text",
        "why",
    }
