"""The notation pql/json: its shapes, and what is refused."""

import json
from typing import Any

import pytest

from offerd import pql
from offerd.pql import Limits, PQLError, Scope, ast

PROFILE = {"nodeType": "parameterReference", "position": 1}


def literal(kind: str, value: Any) -> dict[str, Any]:
    return {"nodeType": "literal", "literalType": kind, "value": value}


def field(name: str, of: Any = PROFILE) -> dict[str, Any]:
    return {"nodeType": "fieldLookup", "fieldName": name, "object": of}


def apply(name: str, *params: Any) -> dict[str, Any]:
    return {"nodeType": "fnApply", "fnName": name, "params": list(params)}


def variable(name: str) -> dict[str, Any]:
    return {"nodeType": "varRef", "varName": name}


SHAPES = [
    ('home.city = "Oslo"', apply("=", field("city", field("home")), literal("String", "Oslo"))),
    ("a and b and not c", apply("and", field("a"), field("b"), apply("not", field("c")))),
    ("a or b", apply("or", field("a"), field("b"))),
    ("a < 1.5", apply("<", field("a"), literal("Number", 1.5))),
    ("a.isNull()", apply("isNull", field("a"))),
    ('a.equals("x", false)', apply("equals", field("a"), literal("String", "x"), literal("Boolean", False))),
    ('status in ["x", "y"]', apply("in", field("status"), literal("List", ["x", "y"]))),
    ("a notIn [1, [2.5, b]]", apply("notIn", field("a"), literal("List", [1, [2.5, field("b")]]))),
    ("offer.priority + -1", apply("+", field("priority", variable("offer")), apply("-", literal("Integer", 1)))),
    ('@{ctx;version=1}.w = "hot"', apply(
        "=", field("w", apply("modelInstances", literal("String", "ctx;version=1"))), literal("String", "hot"))),
    ("select X from orders where X.paid", {"nodeType": "select", "variables": [
        {"nodeType": "varDecl", "varName": "X", "from": field("orders"), "where": field("paid", variable("X"))}]}),
    ("some X from orders", {"nodeType": "quantification", "quantifier": "some", "variables": [
        {"nodeType": "varDecl", "varName": "X", "from": field("orders")}]}),
    ("orders[sku = 1]", apply("[]", field("orders"), apply(
        "=", field("sku", apply("^", literal("Integer", 0))), literal("Integer", 1)))),
    ("orders.map((X) => X.sku)", apply("map", field("orders"), {
        "nodeType": "fnCreate", "params": [{"varName": "X"}], "body": field("sku", variable("X"))})),
    ("born occurs <= 2 days before now", apply(
        "occurs", field("born"), literal("String", "<="), literal("Integer", 2), literal("String", "day"),
        literal("String", "before"), apply("now"))),
    ("born occurs on this week", apply(
        "occurs", field("born"), literal("String", "on"), apply("this", literal("String", "week")))),
    ("born occurs after now", apply("occurs", field("born"), literal("String", "after"), apply("now"))),
    ("born occurs between today and now", apply(
        "occurs", field("born"), literal("String", "between"), apply("today"), apply("now"))),
    ("sum X.n over X from orders", apply(
        "over", literal("String", "sum"), field("n", variable("X")), {"nodeType": "select", "variables": [
            {"nodeType": "varDecl", "varName": "X", "from": field("orders")}]})),
    ("let S = a in S", apply("let", field("a"), {
        "nodeType": "fnCreate", "params": [{"varName": "S"}], "body": variable("S")})),
    ("if(a, 1, $2.x)", apply(
        "if", field("a"), literal("Integer", 1), field("x", {"nodeType": "parameterReference", "position": 2}))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tree"), SHAPES, ids=[text for text, _ in SHAPES])
def test_each_construct_has_its_shape(text: str, tree: dict[str, Any]) -> None:
    node = pql.parse(text)
    assert json.loads(pql.to_json(node)) == tree
    assert pql.from_json(json.dumps(tree)) == node


def test_one_word_stands_for_what_the_text_has_two_for() -> None:
    assert pql.from_json(pql.to_json(pql.parse("$1.a"))) == pql.parse("profile.a")
    assert pql.from_json(pql.to_json(pql.parse("exists X from a"))) == pql.parse("some X from a")
    assert pql.from_json(pql.to_json(pql.parse("forall X from a where X.b"))) == pql.parse("all X from a where X.b")


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (literal("Integer", -3), "-3"),
        (literal("Number", 2), "2"),
        (literal("Number", 0), "0"),
        (literal("Number", 0.5), "0.5"),
        (literal("Number", -2.5), "-2.5"),
        (apply("and", field("a")), "a"),
        (apply("!", field("a")), "not a"),
        (apply("this", literal("String", "Weeks")), None),
    ],
)
def test_other_ways_to_say_it_are_read(tree: dict[str, Any], text: str | None) -> None:
    if text is None:
        tree = apply("occurs", field("t"), literal("String", "on"), tree)
        text = "t occurs on this week"
    assert pql.to_text(pql.from_json(json.dumps(tree))) == text


def test_it_runs_like_its_text() -> None:
    tree = apply("=", field("city", field("home")), literal("String", "Oslo"))
    program = pql.compile(pql.from_json(json.dumps(tree)))
    assert program.truth(Scope(profile={"home": {"city": "Oslo"}}))
    assert not program.truth(Scope(profile={}))


@pytest.mark.parametrize(
    ("tree", "where", "what"),
    [
        ([], "/", "object"),
        ({"nodeType": "sum"}, "/nodeType", "unknown node `sum`"),
        ({"nodeType": "literal", "literalType": "String"}, "/value", "no literal"),
        (literal("XDMObject", {"a": 1}), "/value", "no literal"),
        (apply("frob", field("a")), "/fnName", "unknown function `frob`"),
        (apply("matches", field("a")), "/fnName", "`matches` got no argument"),
        (apply("and"), "/fnName", "unknown function `and`"),
        (apply("=", field("a"), field("", PROFILE)), "/params/1/fieldName", "is empty"),
        (apply("not", variable("x")), "/params/0/varName", "nothing is called `x`"),
        ({"nodeType": "parameterReference", "position": 3}, "/position", "no parameter 3"),
        ({"nodeType": "quantification", "quantifier": "most", "variables": []}, "/quantifier", "`some`"),
        ({"nodeType": "select", "variables": []}, "/variables", "nothing to go through"),
        ({"nodeType": "fnCreate", "params": [], "body": PROFILE}, "/params", "without parameters"),
        (apply("let", PROFILE, {"nodeType": "fnCreate", "params": [{"varName": "a"}, {"varName": "b"}],
                                "body": PROFILE}), "/params/1/params", "one name"),
        (apply("this", literal("String", "aeon")), "/params/0/value", "unit of time"),
        (apply("occurs", field("a"), apply("now")), "/params", "`occurs` is told"),
        (apply("occurs", field("a"), literal("String", "near"), apply("now")), "/params/1/value", "`before`"),
        (apply("over", literal("String", "median"), PROFILE, {"nodeType": "select", "variables": []}),
         "/params/0/value", "`average`"),
        (apply("let", PROFILE), "/params", "expected 2"),
        (apply("modelInstances", literal("String", "a} or @{b")), "/", "cannot have"),
        (apply("matches", field("a"), literal("String", "(")), "/", "not a pattern"),
        (apply("^", literal("Integer", 0)), "/fnName", "unknown function `^`"),
        (literal("Integer", 2**63), "/", "too large"),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused_with_its_place(tree: Any, where: str, what: str) -> None:
    with pytest.raises(PQLError) as refused:
        pql.from_json(json.dumps(tree))
    assert refused.value.message.startswith(f"at {where}: ")
    assert what in str(refused.value)


BAD = {"nodeType": "sum"}
MISSING = "is missing or of the wrong type"
WORD = literal("String", "<=")


def declared(source: Any, where: Any = None) -> list[dict[str, Any]]:
    return [{"nodeType": "varDecl", "varName": "X", "from": source, **({} if where is None else {"where": where})}]


def select(source: Any, where: Any = None) -> dict[str, Any]:
    return {"nodeType": "select", "variables": declared(source, where)}


def function(body: Any, *names: str) -> dict[str, Any]:
    return {"nodeType": "fnCreate", "params": [{"varName": name} for name in names or ("X",)], "body": body}


def within(subject: Any, count: Any, moment: Any) -> dict[str, Any]:
    return apply("occurs", subject, WORD, count, literal("String", "day"), literal("String", "before"), moment)


@pytest.mark.parametrize(
    ("tree", "where"),
    [
        (BAD, ""),
        (apply("not", apply("not", BAD)), "/params/0/params/0"),
        (field("a", BAD), "/object"),
        (literal("List", [1, [BAD]]), "/value/1/0"),
        (function(BAD), "/body"),
        (select(BAD), "/variables/0/from"),
        (select(PROFILE, BAD), "/variables/0/where"),
        (apply("let", BAD, function(PROFILE)), "/params/0"),
        (apply("let", PROFILE, function(BAD)), "/params/1/body"),
        (apply("over", literal("String", "sum"), BAD, select(PROFILE)), "/params/1"),
        (apply("over", literal("String", "sum"), PROFILE, select(BAD)), "/params/2/variables/0/from"),
        (apply("occurs", BAD, literal("String", "after"), apply("now")), "/params/0"),
        (apply("occurs", PROFILE, literal("String", "after"), BAD), "/params/2"),
        (within(PROFILE, literal("Integer", 1), BAD), "/params/5"),
    ],
)
def test_a_node_that_is_none_is_refused_where_it_stands(tree: Any, where: str) -> None:
    with pytest.raises(PQLError) as refused:
        pql.from_json(json.dumps(apply("not", tree)))
    assert refused.value.message == f"at /params/0{where}/nodeType: unknown node `sum`"


@pytest.mark.parametrize(
    ("tree", "where", "what"),
    [
        ({}, "/nodeType", MISSING),
        ({"nodeType": "parameterReference"}, "/position", MISSING),
        ({"nodeType": "varRef"}, "/varName", MISSING),
        ({"nodeType": "fieldLookup", "object": PROFILE}, "/fieldName", MISSING),
        (field("", PROFILE), "/fieldName", "is empty"),
        (field("a", {"fnName": "^"}), "/object/params", MISSING),
        (field("a", apply("^")), "/object/params", "expected 1"),
        (field("a", apply("^", {})), "/object/params/0/value", MISSING),
        (literal("XDMObject", {"a": 1}), "/value", "no literal that a rule can hold"),
        ({"nodeType": "select"}, "/variables", MISSING),
        ({"nodeType": "select", "variables": []}, "/variables", "nothing to go through"),
        ({"nodeType": "select", "variables": [{}]}, "/variables/0/varName", MISSING),
        ({"nodeType": "fnApply"}, "/fnName", MISSING),
        ({"nodeType": "fnApply", "fnName": "not"}, "/params", MISSING),
        ({"nodeType": "fnCreate", "body": PROFILE}, "/params", MISSING),
        ({"nodeType": "fnCreate", "params": [{}], "body": PROFILE}, "/params/0/varName", MISSING),
        (function(PROFILE, ""), "/params/0/varName", "is empty"),
        ({"nodeType": "fnCreate", "params": [], "body": PROFILE}, "/params", "a function without parameters"),
        (apply("let", PROFILE, {"nodeType": "fnCreate"}), "/params/1/params", MISSING),
        (apply("let", PROFILE, function(PROFILE, "X", "Y")), "/params/1/params", "`let` binds one name"),
        ({"nodeType": "fnApply", "fnName": "this"}, "/params", MISSING),
        (apply("this"), "/params", "expected 1"),
        (apply("this", {}), "/params/0/value", MISSING),
        (apply("this", literal("String", "aeon")), "/params/0/value", "no unit of time"),
        ({"nodeType": "fnApply", "fnName": "modelInstances"}, "/params", MISSING),
        (apply("modelInstances"), "/params", "expected 1"),
        (apply("modelInstances", {}), "/params/0/value", MISSING),
        ({"nodeType": "fnApply", "fnName": "over"}, "/params", MISSING),
        (apply("over", literal("String", "sum"), PROFILE), "/params", "expected 3"),
        (apply("over", {}, PROFILE, select(PROFILE)), "/params/0/value", MISSING),
        (apply("over", literal("String", "median"), PROFILE, select(PROFILE)), "/params/0/value", "cannot be `median`"),
        ({"nodeType": "fnApply", "fnName": "occurs"}, "/params", MISSING),
        (apply("occurs", PROFILE), "/params", "`occurs` is told what, a relation, and when"),
        (apply("occurs", PROFILE, []), "/params", "`occurs` is told what, a relation, and when"),
        (apply("occurs", PROFILE, [], PROFILE), "/params/1", "expected a node, which is an object"),
        (within(PROFILE, {}, PROFILE), "/params/2/value", MISSING),
    ],
)  # fmt: skip
def test_a_part_that_is_missing_or_wrong_is_refused_where_it_should_be(tree: Any, where: str, what: str) -> None:
    with pytest.raises(PQLError) as refused:
        pql.from_json(json.dumps(apply("not", tree)))
    assert refused.value.message == f"at /params/0{where}: {what}"


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({"nodeType": "parameterReference", "position": 3}, ("1, the profile", "2, the offer")),
        (literal("XDMObject", {}), ("text", "a number", "a boolean", "a list")),
        (apply("includes", PROFILE), ("1 argument",)),
        (BAD, ("a `nodeType` of pql/json",)),
        (apply("date", *(literal("Integer", part) for part in (2026, 13, 1))), ("`date(year, month, day)`",)),
    ],
)
def test_a_refusal_says_what_was_expected(tree: Any, expected: tuple[str, ...]) -> None:
    with pytest.raises(PQLError) as refused:
        pql.from_json(json.dumps(tree))
    assert (refused.value.line, refused.value.column, refused.value.expected) == (1, 1, expected)


@pytest.mark.parametrize(
    ("text", "depth", "deepest"),
    [
        ("not not a", 4, "/params/0/params/0/object"),
        ("let S = (not not a) in S", 5, "/params/0/params/0/params/0/object"),
        ("let S = a in not not S", 4, "/params/1/body/params/0/params/0"),
        ("sum (not not not X) over X from a", 5, "/params/1/params/0/params/0/params/0"),
        ("sum X over X from (not not a)", 6, "/params/2/variables/0/from/params/0/params/0/object"),
        ("sum X over X from a where not not X", 5, "/params/2/variables/0/where/params/0/params/0"),
        ("(X) => not not X", 4, "/body/params/0/params/0"),
        ("(not not a) occurs before b", 5, "/params/0/params/0/params/0/object"),
        ("a occurs before (not not b)", 5, "/params/2/params/0/params/0/object"),
        ("a in [[not b]]", 6, "/params/1/value/0/0/params/0/object"),
        ("a in [[[1]]]", 5, "/params/1/value/0/0/0"),
        ("select X from (not not a)", 5, "/variables/0/from/params/0/params/0/object"),
        ("select X from a where not not X", 4, "/variables/0/where/params/0/params/0"),
    ],
)
def test_each_construct_counts_its_levels(text: str, depth: int, deepest: str) -> None:
    node = pql.parse(text)
    assert pql.from_json(pql.to_json(node), Limits(depth=depth)) == node
    with pytest.raises(PQLError) as refused:
        pql.from_json(pql.to_json(node), Limits(depth=depth - 1))
    assert refused.value.message == f"at {deepest}: the rule is nested too deeply: more than {depth - 1} levels"


@pytest.mark.parametrize(
    "text",
    [
        "(X) => let S = X.a in S > X.b",
        "(X) => X.t occurs between X.from and X.until",
        "(X) => X.a in [X.b, [X.c]]",
        "select X from a, Y from X.b, Z from X.c",
        "select X from a where X.t occurs on X.day, Y from X.b where Y = X.c",
        "(P, O) => sum X.n over X from O.list where X = P.wish",
    ],
)
def test_names_are_known_in_all_that_they_are_bound_for(text: str) -> None:
    node = pql.parse(text)
    assert pql.from_json(pql.to_json(node)) == node


@pytest.mark.parametrize("text", ["", "{", "\ud800", '{"nodeType":"literal","value":1e999}', "[" * 100_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(PQLError) as refused:
        pql.from_json(text)
    assert refused.value.message.startswith("at /")


def test_json_may_be_as_long_as_the_limit_and_no_longer() -> None:
    text = json.dumps(field("a")).ljust(640)
    assert pql.from_json(text, Limits(size=10)) == pql.parse("a")
    with pytest.raises(PQLError) as refused:
        pql.from_json(text + " ", Limits(size=10))
    assert refused.value.message == "at /: a rule of 641 characters; at most 640 are allowed"


def test_size_and_nesting_are_bounded_like_text() -> None:
    node: Any = field("a")
    for _ in range(30):
        node = apply("not", node)
    text = json.dumps(node)
    assert pql.from_json(text)
    with pytest.raises(PQLError, match="nested too deeply"):
        pql.from_json(text, Limits(depth=30))
    with pytest.raises(PQLError, match="nested too deeply"):
        pql.from_json(json.dumps(literal("List", [[[[1]]]])), Limits(depth=4))
    with pytest.raises(PQLError, match="nested more than"):
        pql.from_json(text, Limits(depth=10))
    with pytest.raises(PQLError, match="at most 640 are allowed"):
        pql.from_json(text, Limits(size=10))
    with pytest.raises(PQLError, match="at most 5 are allowed"):
        pql.from_json(json.dumps(field("abcdef")), Limits(size=5))


def test_a_rule_at_the_limit_of_nesting_goes_both_ways() -> None:
    node = pql.parse("not " * 98 + "a")
    assert pql.from_json(pql.to_json(node)) == node
    declared: ast.Node = pql.parse("a")
    for _ in range(40):
        declared = ast.Select((ast.Declaration("X", declared),))
    assert pql.from_json(pql.to_json(declared)) == declared
