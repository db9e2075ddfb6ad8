"""What holds for every rule: text and tree say the same, and no data makes one raise."""

import math
from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from offerd import pql
from offerd.pql import ast
from offerd.pql.registry import FUNCTIONS, METHODS
from offerd.pql.rewrite import applied

Below = Callable[..., ast.Node]
NAMES = st.sampled_from(
    ["age", "city", "from", "offer", "count", "all", "_t", "ünï", "a b", "x.y", "b`q", "If", "this"]
)
VARIABLES = st.sampled_from(["X", "Y", "my var", "Last"])
TEXTS = st.text(st.characters(codec="utf-8"), max_size=5)
OPS = get_args(ast.CompareOp)
ORDERS = get_args(ast.OrderOp)


def literals() -> st.SearchStrategy[ast.Node]:
    return st.one_of(
        TEXTS.map(ast.Text),
        st.integers(0, 2**63 - 1).map(ast.Integer),
        st.floats(0, allow_nan=False, allow_infinity=False).map(abs).map(ast.Double),
        st.booleans().map(ast.Boolean),
        st.sampled_from(get_args(ast.MomentWord)).map(ast.Moment),
    )


@st.composite
def beginnings(draw: st.DrawFn, bound: tuple[str, ...], filters: int) -> ast.Node:
    ways = ["root", "field", "parameter", "item", *(["variable"] if bound else []), *(["here"] if filters else [])]
    match draw(st.sampled_from(ways)):
        case "root":
            return ast.Root(draw(st.sampled_from(get_args(ast.RootName))))
        case "field":
            return ast.Field(ast.Root("profile"), draw(NAMES))
        case "parameter":
            return ast.Parameter(draw(st.sampled_from([1, 2])))
        case "item":
            return ast.Item(draw(st.sampled_from(["a", "_xdm.context;version=1", "-/"])))
        case "variable":
            return ast.Variable(draw(st.sampled_from(bound)))
        case _:
            return ast.Field(ast.Here(draw(st.integers(0, filters - 1))), draw(NAMES))


@st.composite
def nodes(draw: st.DrawFn, depth: int = 3, bound: tuple[str, ...] = (), filters: int = 0) -> ast.Node:  # noqa: C901, PLR0911, PLR0912 - a case for each node
    """Draw a tree of at most so many levels, with these variables in sight and this many filters around."""

    def below(*names: str, into: int = 0) -> ast.Node:
        return draw(nodes(depth - 1, (*bound, *names), filters + into))

    if depth == 0:
        return draw(st.one_of(literals(), beginnings(bound, filters)))

    def declared() -> tuple[tuple[ast.Declaration, ...], tuple[str, ...]]:
        made, names = [], ()
        for name in draw(st.lists(VARIABLES, min_size=1, max_size=2)):
            source = below(*names)
            names = (*names, name)
            made.append(ast.Declaration(name, source, below(*names) if draw(st.booleans()) else None))
        return tuple(made), names

    def moment() -> ast.Node:
        if draw(st.booleans()):
            return ast.Period(draw(st.sampled_from(get_args(ast.PeriodWord))), draw(units))
        return below()

    units = st.sampled_from(get_args(ast.Unit))
    directions = st.sampled_from(get_args(ast.Direction))
    kind = draw(st.sampled_from(KINDS))
    match kind:
        case ast.Array:
            return ast.Array(tuple(below() for _ in range(draw(st.integers(0, 3)))))
        case ast.Field:
            return ast.Field(below(), draw(NAMES))
        case ast.Filter:
            where = below(into=1)
            literal = isinstance(where, ast.Text | ast.Integer | ast.Double | ast.Array)
            return ast.Filter(below(), ast.Not(where) if literal else where)
        case ast.Method:
            return method(draw, below)
        case ast.Function:
            return function(draw, below)
        case ast.Negate:
            return ast.Negate(below())
        case ast.Arithmetic:
            return ast.Arithmetic(draw(st.sampled_from(get_args(ast.ArithmeticOp))), below(), below())
        case ast.Compare:
            return ast.Compare(draw(st.sampled_from(OPS)), below(), below())
        case ast.OccursOn:
            return ast.OccursOn(below(), moment())
        case ast.OccursBeside:
            return ast.OccursBeside(below(), draw(directions), moment())
        case ast.OccursWithin:
            op, count = draw(st.sampled_from(ORDERS)), draw(st.integers(0, 400))
            return ast.OccursWithin(below(), op, count, draw(units), draw(directions), moment())
        case ast.OccursBetween:
            return ast.OccursBetween(below(), moment(), moment())
        case ast.Not:
            return ast.Not(below())
        case ast.And | ast.Or:
            return kind(tuple(below() for _ in range(draw(st.integers(2, 3)))))
        case ast.Select:
            return ast.Select(declared()[0])
        case ast.Quantified:
            return ast.Quantified(draw(st.sampled_from(get_args(ast.Quantifier))), declared()[0])
        case ast.Aggregate:
            variables, names = declared()
            return ast.Aggregate(draw(st.sampled_from(get_args(ast.AggregateName))), below(*names), variables)
        case ast.Let:
            name = draw(VARIABLES)
            return ast.Let(name, below(), below(name))
    raise AssertionError(kind)


KINDS = (
    ast.Array,
    ast.Field,
    ast.Filter,
    ast.Method,
    ast.Function,
    ast.Negate,
    ast.Arithmetic,
    ast.Compare,
    ast.OccursOn,
    ast.OccursBeside,
    ast.OccursWithin,
    ast.OccursBetween,
    ast.Not,
    ast.And,
    ast.Or,
    ast.Select,
    ast.Quantified,
    ast.Aggregate,
    ast.Let,
)


def method(draw: st.DrawFn, below: Below) -> ast.Node:
    name = draw(st.sampled_from(sorted(METHODS)))
    signature = METHODS[name]
    count = draw(st.integers(signature.least, signature.most))
    args = [below() for _ in range(count)]
    if name in ("matches", "regexGroup"):
        args[0] = ast.Text(draw(st.sampled_from(["(a)|(b)", "^x", "\\w+()()"])))
    if name == "regexGroup":
        args[1] = ast.Integer(0)
    if signature.each and args:
        variable = draw(st.one_of(st.none(), VARIABLES))
        args[0] = below(into=1) if variable is None else ast.Lambda((variable,), below(variable))
    return ast.Method(below(), name, tuple(args))


def function(draw: st.DrawFn, below: Below) -> ast.Node:
    name = draw(st.sampled_from(sorted(FUNCTIONS)))
    if name == "if":
        return ast.Function(name, (below(), below(), below()))
    if name == "date":
        return ast.Function(name, (below(), ast.Integer(2), ast.Integer(draw(st.integers(1, 28)))))
    return ast.Function(name, (below(),) if name == "inSegment" else ())


@st.composite
def rules(draw: st.DrawFn, depth: int = 3) -> ast.Node:
    """Draw a whole rule, which may be a lambda."""
    parameters = draw(st.sampled_from([(), (), ("X",), ("X", "Y")]))
    body = draw(nodes(depth, parameters))
    return ast.Lambda(parameters, body) if parameters else body


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    TEXTS,
    st.decimals(),
    st.datetimes(),
    st.dates(),
    st.sampled_from(
        ["12", "-1.5", "true", "2026-03-08T02:30:00", "2026-11-01", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"]
    ),
    st.sampled_from([10**400, 1e308, -(10**17), object(), b"bytes", {1, 2}]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES | TEXTS, inner, max_size=3)),
    max_leaves=12,
)
MAPS = st.dictionaries(NAMES, VALUES, max_size=5)


QUICK = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def said(node: ast.Node) -> ast.Node:
    """A date between literals may be none, and is then refused; the others are what a text can say."""
    impossible = [
        each
        for each in ast.walk(node)
        if isinstance(each, ast.Function) and each.name == "date" and isinstance(each.args[0], ast.Integer)
    ]
    return ast.Boolean(True) if impossible else node


@QUICK
@given(rules().map(said))
@example(ast.Aggregate("sum", ast.Negate(ast.Integer(1)), (ast.Declaration("X", ast.Root("context")),)))
@example(ast.Aggregate("sum", ast.Array(()), (ast.Declaration("X", ast.Root("context")),)))
@example(ast.Double(5e-324))
@example(ast.Double(1.7976931348623157e308))
@example(ast.Text('\u0000\u001f"\\\n\ud7ff\U0001f600/'))
def test_a_tree_is_what_its_text_parses_to(node: ast.Node) -> None:
    text = pql.to_text(node)
    assert pql.parse(text) == node, text
    assert pql.to_text(pql.parse(text)) == text
    assert hash(pql.parse(text)) == hash(node)


@QUICK
@given(rules())
def test_a_stored_tree_comes_back_and_needs_no_parser(node: ast.Node) -> None:
    assert pql.decode(pql.encode(node)) == node


def in_json_words(node: ast.Node) -> ast.Node:
    """The tree with the words that pql/json has: one for `$1` and the profile, one for `exists` and `some`."""
    if isinstance(node, ast.Parameter) and node.position == 1:
        return ast.Root("profile")
    if isinstance(node, ast.Quantified) and node.quantifier in ("exists", "forall"):
        node = ast.Quantified("some" if node.quantifier == "exists" else "all", node.variables)
    return msgspec.structs.replace(node, **{name: _in_json(getattr(node, name)) for name in node.__struct_fields__})


def _in_json(part: Any) -> Any:
    if isinstance(part, tuple):
        return tuple(map(_in_json, part))
    return in_json_words(part) if isinstance(part, msgspec.Struct) else part


@QUICK
@given(rules().map(said))
@example(ast.Double(1e16))
@example(ast.Array((ast.Array((ast.Integer(1), ast.Double(1.0))), ast.Negate(ast.Integer(0)))))
def test_a_tree_is_what_its_json_says(node: ast.Node) -> None:
    text = pql.to_json(node)
    read = pql.from_json(text)
    assert read == in_json_words(node), text
    assert pql.to_json(read) == text


def test_random_trees_reach_every_node() -> None:
    drawn: set[type] = {ast.Here, ast.Lambda, ast.Period}
    drawn.update(KINDS)
    drawn.update((ast.Text, ast.Integer, ast.Double, ast.Boolean, ast.Moment))
    drawn.update((ast.Root, ast.Parameter, ast.Variable, ast.Item))
    assert drawn == set(ast.Node.__args__)


@QUICK
@given(
    rules(depth=2),
    MAPS,
    MAPS,
    st.one_of(MAPS, st.lists(VALUES, max_size=3), st.none()),
    st.tuples(
        st.sampled_from([UTC, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Kiritimati")]),
        st.sampled_from([0, 1_772_994_615_250_000, -62_135_596_800_000_000 + 1, 253_402_300_799_000_000]),
    ),
)
def test_no_data_makes_a_rule_raise(
    node: ast.Node, profile: dict[str, Any], offer: dict[str, Any], event: Any, clock: tuple[tzinfo, int]
) -> None:
    zone, now = clock
    scope = pql.Scope(
        profile=profile,
        context=offer,
        offer=offer,
        event=event,
        items={"a": event},
        tables={"age": profile},
        segments=frozenset({"a"}),
        now=now,
        zone=zone,
    )
    program = pql.compile(node)
    truth, score = program.truth(scope), program.number(scope)
    program.value(scope)
    assert truth is True or truth is False
    assert type(score) is float
    assert math.isfinite(score)
    negated = pql.compile(ast.Not(ast.Function("if", (applied(node), ast.Boolean(True), ast.Boolean(False)))))
    assert negated.truth(scope) is not truth
    assert bool(pql.why(program, scope)) is not truth


def refusal(text: str) -> pql.PQLError | None:
    """Parse a text, hold its tree against its canonical text, and give what it was refused with."""
    try:
        node = pql.parse(text)
    except pql.PQLError as error:
        return error
    assert pql.parse(pql.to_text(node)) == node
    return None


@QUICK
@given(st.text(st.sampled_from('ab X.()[],"`^$@{}=<>!+-*/%:;\\ \n'), max_size=30))
def test_any_text_is_a_rule_or_is_refused_with_its_place(text: str) -> None:
    error = refusal(text)
    if error is not None:
        lines = text.split("\n")
        assert 1 <= error.line <= len(lines)
        assert 1 <= error.column <= len(lines[error.line - 1]) + 1


WORDS = [
    *("and", "or", "not", "in", "like", "occurs", "select", "exists", "X", "from", "a", "where", "sum", "over", "let"),
    *("=", "(", ")", "[", "]", ".", ",", ":", "=>", "<", "+", "!", "1", "if", "count"),
    *("now", "today", "this", "month", "before", "between"),
]


@QUICK
@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_any_row_of_words_is_a_rule_or_is_refused(text: str) -> None:
    error = refusal(text)
    assert error is None or str(error).startswith(f"line 1, column {error.column}: ")
