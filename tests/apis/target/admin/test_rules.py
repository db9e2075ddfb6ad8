"""Target rules and PQL: what is asked of a visitor, the same in both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offerd import pql
from offerd.apis.target.admin import composites, rules, sayings
from offerd.apis.target.admin.grammar import OPERATORS
from offerd.services.errors import InvalidDocument

CASES = [
    ({"profile": "memberLevel", "equals": ["gold"]}, 'memberLevel = "gold"'),
    ({"page": "url", "equals": ["http://a.example/"]}, 'context.page.url = "http://a.example/"'),
    ({"geo": "region", "matches": ["california"]}, 'context.geo.region.equals("california", false)'),
    ({"mbox": "tier", "equals": ["gold", "tin"]}, 'context.mbox.tier in ["gold", "tin"]'),
    ({"mbox": "cart.size", "lessThan": ["5"]}, "context.mbox.cart.size < 5"),
    ({"mbox": "age", "greaterThanOrEquals": [-1.5]}, "context.mbox.age >= -1.5"),
    ({"mbox": "a b", "exists": []}, "context.mbox.`a b`.isNotNull()"),
    ({"profile": "a.b", "notExists": [True]}, "not `a.b`.isNotNull()"),
    ({"referring": "domain", "notContains": ["x", "y"]},
     'not (context.referring.domain.contains("x") or context.referring.domain.contains("y"))'),
    ({"user": "browserType", "startsWithIgnoreCase": ["Fire"]}, 'context.user.browserType.startsWith("Fire", false)'),
    ({"time": "weekday", "equals": [6, 7]}, "context.time.weekday in [6, 7]"),
    ({"time": "date", "lessThan": ["2026-02-01"]}, 'context.time.date < "2026-02-01"'),
    ({"profile": "vip", "notEquals": [True]}, "not vip = true"),
    ({"and": [{"profile": "a", "equals": ["1"]}, {"or": [{"profile": "b", "equals": ["2"]},
                                                        {"profile": "c", "endsWith": ["3"]}]}]},
     'a = "1" and (b = "2" or c.endsWith("3"))'),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "text"), CASES)
def test_a_rule_is_pql(rule, text):
    assert rules.to_pql(rule) == text
    assert rules.to_pql(sayings.from_pql(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        'context.mbox.a != "x"', "orders.count() > 3", 'homeAddress.city = "Bondi"', "vip", 'inSegment("x")',
        'context.mbox = "x"', 'context.page.colour = "x"', "a = b", 'context.mbox.`a.b` = "x"', 'a < "x"',
        "birthday occurs this month", "not (a < 5)", '"x" = a', 'a like "x%"', "a in b", 'a.contains("x", true, 1)',
    ],
)  # fmt: skip
def test_what_no_rule_says(text):
    assert sayings.from_pql(text) is None


@pytest.mark.parametrize(
    ("rule", "at"),
    [
        ({}, ""),
        ([], ""),
        ("x", ""),
        ({"and": []}, "/and"),
        ({"and": {}}, "/and"),
        ({"and": [], "or": []}, ""),
        ({"or": [{"mbox": "a", "equals": ["x"]}, 5]}, "/or/1"),
        ({"mbox": "a"}, ""),
        ({"equals": ["x"]}, ""),
        ({"mbox": "a", "page": "url", "equals": ["x"]}, ""),
        ({"mbox": "a", "equals": ["x"], "contains": ["y"]}, ""),
        ({"mbox": "a", "resembles": ["x"]}, "/resembles"),
        ({"moon": "phase", "equals": ["x"]}, "/moon"),
        ({"landing": "url", "equals": ["x"]}, "/landing"),
        ({"page": "colour", "equals": ["x"]}, "/page"),
        ({"mbox": "", "equals": ["x"]}, "/mbox"),
        ({"mbox": "a..b", "equals": ["x"]}, "/mbox"),
        ({"mbox": 5, "equals": ["x"]}, "/mbox"),
        ({"mbox": "a", "equals": []}, "/equals"),
        ({"mbox": "a", "equals": "x"}, "/equals"),
        ({"mbox": "a", "equals": [None]}, "/equals/0"),
        ({"mbox": "a", "equals": [["x"]]}, "/equals/0"),
        ({"mbox": "a", "contains": [5]}, "/contains/0"),
        ({"mbox": "a", "lessThan": ["five"]}, "/lessThan/0"),
        ({"mbox": "a", "lessThan": [True]}, "/lessThan/0"),
        ({"mbox": "a", "equals": ["x" * 5_001]}, "/equals/0"),
        ({"mbox": "a", "exists": ["x"]}, "/exists"),
    ],
)
def test_what_is_no_rule(rule, at):
    with pytest.raises(InvalidDocument) as refused:
        rules.to_pql(rule)
    assert f"/targetRule{at}" in [fault.pointer for fault in refused.value.faults]


def test_numbers_in_parameters_are_text():
    rule = rules.to_pql({"mbox": "age", "lessThan": ["9"]})
    for age, wanted in (("8", True), ("10", False), ("nine", False), ("8.5", True), ("-3", True), (None, False)):
        mbox = {} if age is None else {"age": age}
        scope = pql.Scope(context={"mbox": mbox})
        assert pql.compile(pql.parse(rule)).truth(scope) is wanted, age


NAMES = st.sampled_from(["a", "b", "und", "and", "größe", "x y"])
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=6)
NUMBERS = st.integers(-20, 20) | st.floats(-9, 9, allow_nan=False).map(lambda each: round(each, 2))
PLAIN = sorted({"equals", "notEquals"})
ORDERS = [name for name in OPERATORS if "Than" in name]
OF_TEXT = sorted(set(OPERATORS) - {*PLAIN, *ORDERS, "exists", "notExists"})
LEAVES = st.one_of(
    st.builds(lambda kind, name, word, values: {kind: name, word: values}, st.sampled_from(["mbox", "profile"]), NAMES,
              st.sampled_from(PLAIN), st.lists(TEXTS | NUMBERS | st.booleans(), min_size=1, max_size=3)),
    st.builds(lambda name, word, values: {"mbox": name, word: values}, NAMES, st.sampled_from(OF_TEXT),
              st.lists(TEXTS, min_size=1, max_size=3)),
    st.builds(lambda name, word, values: {"mbox": name, word: values}, NAMES,
              st.sampled_from(ORDERS),
              st.lists(NUMBERS, min_size=1, max_size=3)),
    st.builds(lambda name, word: {"mbox": name, word: [True]}, NAMES, st.sampled_from(["exists", "notExists"])),
)  # fmt: skip
RULES = st.recursive(
    LEAVES,
    lambda inner: st.builds(lambda word, each: {word: each}, st.sampled_from(["and", "or"]),
                            st.lists(inner, min_size=1, max_size=3)),
    max_leaves=8,
)  # fmt: skip


@given(RULES, st.dictionaries(NAMES, TEXTS | NUMBERS.map(str), max_size=4), st.dictionaries(NAMES, TEXTS | NUMBERS))
def test_what_is_shown_of_pql_says_the_same(rule, mbox, profile):
    text = rules.to_pql(rule)
    shown = sayings.from_pql(text)
    assert shown is not None
    scopes = [pql.Scope(profile=profile, context={"mbox": mbox}) for _ in range(2)]
    first, second = (pql.compile(pql.parse(each)).truth(scope) for each, scope in
                     zip((text, rules.to_pql(shown)), scopes, strict=True))  # fmt: skip
    assert first is second


def test_composites_are_pql():
    names = {1: "a", 2: 'b"c', 3: "d"}
    numbers = {name: number for number, name in names.items()}
    for rule, text in (
        ({"restRuleOperator": "AND", "rules": [1, 2]}, 'inSegment("a") and inSegment("b\\"c")'),
        ({"restRuleOperator": "OR", "rules": [1, {"restRuleOperator": "NOT", "rules": [2, 3]}]},
         'inSegment("a") or not (inSegment("b\\"c") or inSegment("d"))'),
        ({"restRuleOperator": "NOT", "rules": [3]}, 'not inSegment("d")'),
    ):  # fmt: skip
        assert composites.to_pql(rule, names.get) == text
        assert composites.from_pql(text, numbers.get) == rule
    assert composites.from_pql('inSegment("a")', numbers.get) == {"restRuleOperator": "AND", "rules": [1]}
    for text in ('inSegment("unknown")', "vip", 'inSegment("a") and vip', "not vip"):
        assert composites.from_pql(text, numbers.get) is None


@pytest.mark.parametrize(
    "rule",
    [
        [], {}, 5, {"rules": [1]}, {"restRuleOperator": "XOR", "rules": [1]}, {"restRuleOperator": "AND", "rules": []},
        {"restRuleOperator": "AND", "rules": [9]}, {"restRuleOperator": "AND", "rules": ["1"]},
        {"restRuleOperator": "AND", "rules": [True]}, {"restRuleOperator": "AND", "rules": [1], "more": 1},
    ],
)  # fmt: skip
def test_what_is_no_composite(rule):
    with pytest.raises(InvalidDocument):
        composites.to_pql(rule, {1: "a"}.get)
