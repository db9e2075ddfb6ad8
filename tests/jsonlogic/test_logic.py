"""Rules: each operator, what is refused, and what a rule asks of its data."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offerd import jsonlogic
from offerd.jsonlogic import JsonLogicError, Limits


def value(tree, data=None):
    return jsonlogic.compile(tree).value({} if data is None else data)


DATA = {"a": 1, "t": "Text", "n": None, "f": False, "l": ["x", {"y": 5}], "o": {"p": {"q": "deep"}}, "": "empty"}


@pytest.mark.parametrize(
    ("tree", "wanted"),
    [
        (True, True),
        (None, None),
        (5, 5),
        ("x", "x"),
        ({}, {}),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}),
        ([1, "b"], [1, "b"]),
        ([{"var": "a"}, 2], [1, 2]),
        ({"var": "a"}, 1),
        ({"var": ["a"]}, 1),
        ({"var": "zz"}, None),
        ({"var": ["zz", 7]}, 7),
        ({"var": ["n", 7]}, None),
        ({"var": ["zz", {"var": "a"}]}, 1),
        ({"var": "o.p.q"}, "deep"),
        ({"var": ["o.x.q", "no"]}, "no"),
        ({"var": ["a.b", "no"]}, "no"),
        ({"var": ["n.b", "no"]}, "no"),
        ({"var": "l.0"}, "x"),
        ({"var": "l.1.y"}, 5),
        ({"var": "l.01"}, None),
        ({"var": "l.-1"}, None),
        ({"var": "l.2"}, None),
        ({"var": "l.999999999999"}, None),
        ({"var": "t.1"}, "e"),
        ({"var": "l.length"}, None),
        ({"var": ""}, DATA),
        ({"var": None}, DATA),
        ({"var": []}, DATA),
        ({"and": [1, "x", {"var": "a"}]}, 1),
        ({"and": [1, "", 2]}, ""),
        ({"and": [[], 2]}, []),
        ({"and": "x"}, "x"),
        ({"or": [0, "", None]}, None),
        ({"or": [0, "x", 2]}, "x"),
        ({"or": [{"var": "zz"}, {"var": "t"}]}, "Text"),
        ({"and": [{}]}, {}),
        ({"if": [{"var": "f"}, 1, {"var": "a"}, 2, 3]}, 2),
        ({"if": [0, 1]}, None),
        ({"if": [0, 1, 5]}, 5),
        ({"if": [{"var": "a"}]}, 1),
        ({"?:": [1, "y", "n"]}, "y"),
        ({"!": {"var": "f"}}, True),
        ({"!": [[]]}, True),
        ({"!": "0"}, False),
        ({"!!": [{"var": "t"}]}, True),
        ({"!!": [[]]}, False),
        ({"==": [1, {"var": "a"}]}, True),
        ({"==": [{"var": "a"}, "1"]}, True),
        ({"==": ["1", {"var": "a"}]}, True),
        ({"==": ["text", {"var": "t"}]}, False),
        ({"==": [None, {"var": "zz"}]}, True),
        ({"==": [0, {"var": "n"}]}, False),
        ({"!=": [{"var": "a"}, "1"]}, False),
        ({"===": [{"var": "a"}, "1"]}, False),
        ({"===": [{"var": "a"}, 1.0]}, True),
        ({"!==": [{"var": "a"}, "1"]}, True),
        ({"===": [{"var": "f"}, 0]}, False),
        ({"<": [0, {"var": "a"}]}, True),
        ({"<": [1, {"var": "a"}]}, False),
        ({"<=": [1, {"var": "a"}]}, True),
        ({">": [1, {"var": "a"}]}, False),
        ({">=": [1, {"var": "a"}]}, True),
        ({">": [{"var": "a"}, "0"]}, True),
        ({"<": [{"var": "t"}, "U"]}, True),
        ({"<": [{"var": "t"}, 5]}, False),
        ({">": [{"var": "t"}, 5]}, False),
        ({"<=": [0, {"var": "a"}, 1]}, True),
        ({"<": [0, {"var": "a"}, 1]}, False),
        ({"<": ["0", {"var": "a"}, "2"]}, True),
        ({"<=": [{"var": "a"}, 1, 0]}, False),
        ({"<=": [0, 1, {"var": "a"}]}, True),
        ({"<": [0, "11", "2"]}, True),
        ({"in": ["ex", {"var": "t"}]}, True),
        ({"in": ["EX", {"var": "t"}]}, False),
        ({"in": ["x", {"var": "l"}]}, True),
        ({"in": ["ex", {"var": "n"}]}, False),
        ({"in": [1, {"var": "a"}]}, False),
        ({"in": ["", ""]}, False),
        ({"in": ["", {"var": "t"}]}, True),
        ({"in": [{"var": "t"}, ["Text", "b"]]}, True),
        ({"in": ["1", [1]]}, False),
        ({"in": [5, "a5"]}, True),
        ({"in": ["p", {"var": "o"}]}, False),
    ],
)
def test_operators(tree, wanted):
    found = value(tree, DATA)
    assert found == wanted
    assert type(found) is type(wanted)
    truth = jsonlogic.compile(tree).truth(DATA)
    assert truth is jsonlogic.compile({"!!": [tree]}).value(DATA)


def test_what_is_absent_is_null_and_null_is_zero_where_numbers_are_compared():
    absent = {"var": "mbox.age"}
    for tree in (
        {"<": [absent, 5]},
        {"<=": [0, absent]},
        {">=": [0, absent]},
        {"<=": [-1, absent, 1]},
        {"<": [absent, "5"]},
    ):
        assert value(tree, {"mbox": {}}) is True
        assert value(tree, {}) is True
        assert value({"and": [{"!=": [absent, None]}, tree]}, {}) is False
    assert value({"<": [absent, 0]}, {}) is False


@pytest.mark.parametrize(
    "found", [5, 5.5, "5", "5.5", " 7 ", True, None, "", [6], [], "x", {}, "Infinity", 10, "10", 0]
)
def test_a_range_is_what_its_two_sides_are(found):
    data = {"v": found, "low": 5, "high": 10}
    variable = {"var": "v"}
    for first in ("<", "<="):
        for second in (">", ">="):
            sides = [{first: [5, variable]}, {second: [10, variable]}]
            plainly = [{first: [{"var": "low"}, variable]}, {second: [{"var": "high"}, variable]}]
            wanted = all(value(each, data) for each in plainly)
            assert jsonlogic.compile({"and": sides}).truth(data) is wanted
            assert jsonlogic.compile({"and": sides[::-1]}).truth(data) is wanted
            assert jsonlogic.compile({"and": [True, {"and": sides}]}).truth(data) is wanted
            assert value({"and": sides}, data) is wanted
    for name in ("<", "<="):
        wanted = value({name: [{"var": "low"}, variable, {"var": "high"}]}, data)
        assert value({name: [5, variable, 10]}, data) is wanted


def test_the_strictest_ends_of_ranges_count():
    ranges = [{"<": [5, {"var": "v"}]}, {"<=": [5, {"var": "v"}]}, {"<=": [{"var": "v"}, 9]}, {"<": [{"var": "v"}, 9]}]
    run = jsonlogic.compile({"and": ranges}).truth
    assert [run({"v": each}) for each in (5, 5.1, 8.9, 9)] == [False, True, True, False]
    other = jsonlogic.compile({"and": [{"<": [5, {"var": "v"}]}, {"<": [{"var": "w"}, 9]}]}).truth
    assert other({"v": 10, "w": 1})
    assert not other({"v": 10, "w": 10})


def test_a_variable_with_a_default_is_held_against_both_ends():
    variable = {"var": ["v", 7]}
    run = jsonlogic.compile({"and": [{"<=": [5, variable]}, {"<=": [{"var": "v"}, 6]}]})
    assert run.truth({}) is True
    assert jsonlogic.compile({"<=": [5, variable, 6]}).truth({}) is False


@pytest.mark.parametrize(
    ("tree", "pointer"),
    [
        ({"nope": [1]}, "/nope"),
        ({"and": [True, {"x/y~": 1}]}, "/and/1/x~1y~0"),
        ({"method": ["a", "b"]}, "/method"),
        ({"==": [1]}, "/=="),
        ({"==": [1, 2, 3]}, "/=="),
        ({"<": [1]}, "/<"),
        ({">": [1, 2, 3]}, "/>"),
        ({"and": []}, "/and"),
        ({"in": ["x"]}, "/in"),
        ({"!": []}, "/!"),
        ({"var": {"var": "x"}}, "/var"),
        ({"var": ["a", 1, 2]}, "/var"),
        ({"?:": [1, 2]}, "/?:"),
        ({"map": [[1], {"var": ""}]}, "/map"),
        ([{"no": 1}], "/0/no"),
        ({"var": ["a", {"no": 1}]}, "/var/1/no"),
    ],
)
def test_what_cannot_be_compiled_is_refused_and_says_where(tree, pointer):
    with pytest.raises(JsonLogicError) as refused:
        jsonlogic.compile(tree)
    assert refused.value.pointer == pointer
    assert refused.value.message


def _nested(levels):
    tree = True
    for _ in range(levels):
        tree = {"!": [tree]}
    return tree


def test_rules_are_bounded():
    assert jsonlogic.compile(_nested(100)).truth({}) is True
    with pytest.raises(JsonLogicError, match="nested more than 100"):
        jsonlogic.compile(_nested(101))
    with pytest.raises(JsonLogicError, match="nested more than 100"):
        jsonlogic.compile(_nested(100_000))
    assert jsonlogic.compile({"and": [1, 2]}, Limits(size=3)).truth({}) is True
    with pytest.raises(JsonLogicError, match="more than 3 parts"):
        jsonlogic.compile({"and": [1, 2, 3]}, Limits(size=3))


def test_it_says_what_it_reads():
    logic = jsonlogic.compile({"and": [{"==": [{"var": "page.url"}, 1]}, {"var": ["b", {"var": "c"}]}]})
    assert logic.paths == {"page.url", "b", "c"}
    assert logic.reads("page")
    assert logic.reads("b")
    assert not logic.reads("pag")
    assert jsonlogic.compile({"var": ""}).reads("anything")


class Watched(dict):
    """Data that knows what was asked of it, and makes it only then."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def __missing__(self, name):
        self.asked.append(name)
        raise KeyError(name)


def test_data_is_asked_only_for_what_the_rule_comes_to():
    data = Watched()
    assert not jsonlogic.compile({"and": [{"==": [{"var": "a.b"}, "x"]}, {"==": [{"var": "c"}, 1]}]}).truth(data)
    assert set(data.asked) == {"a"}


def test_a_range_can_be_taken_apart_from_the_rest():
    share, rest = {"and": [{"<": [50, {"var": "a"}]}, {">=": [100, {"var": "a"}]}]}, {"==": ["x", {"var": "b"}]}
    span, truth = jsonlogic.compile({"and": [share, rest]}).apart("a")
    assert span[2:] == (50, 100, False, True)
    assert truth({"b": "x"})
    assert not truth({"b": "y", "a": 60})
    assert jsonlogic.compile(share).apart("a")[1]({}) is True
    whole = jsonlogic.compile({"or": [share, rest]})
    assert whole.apart("a") == (None, whole.truth)


# Rules over values of which both libraries think alike: texts beside texts, numbers beside numbers, with guards.
_NAMES = st.sampled_from(("a", "b.c", "l", "none", "t"))
_GUARDED = {"a": 5, "b": {"c": "some Text"}, "l": ["x", "some Text", 5], "t": "x"}
_NUMBERS = st.one_of(st.integers(-10, 10), st.sampled_from((5.0, 5.5, 4.99)))


def _leaves():
    number, text = {"var": "a"}, st.sampled_from(("b.c", "t"))
    return st.one_of(
        st.booleans(),
        st.builds(lambda o, n: {o: [n, number]}, st.sampled_from(("<", "<=", ">", ">=", "==", "!=", "===")), _NUMBERS),
        st.builds(lambda o, low, high: {o: [low, number, high]}, st.sampled_from(("<", "<=")), _NUMBERS, _NUMBERS),
        st.builds(
            lambda o, n, v: {o: [n, {"var": v}]},
            st.sampled_from(("==", "!=", "in", "!==")),
            st.sampled_from(("x", "Text", "some Text")),
            text,
        ),
        st.builds(lambda n: {"in": [n, {"var": "l"}]}, st.sampled_from(("x", "y", 5))),
        st.builds(lambda n: {"!=": [None, {"var": n}]}, _NAMES),
        st.builds(lambda n: {"!!": [{"var": n}]}, _NAMES),
        st.builds(lambda n, d: {"==": [{"var": [n, d]}, d]}, st.just("none"), st.sampled_from(("q", 5))),
    )


_RULES = st.recursive(
    _leaves(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map(lambda parts: {"and": parts}),
        st.lists(inner, min_size=1, max_size=4).map(lambda parts: {"or": parts}),
        st.lists(inner, min_size=1, max_size=5).map(lambda parts: {"if": parts}),
        inner.map(lambda part: {"!": [part]}),
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(tree=_RULES)
def test_rules_mean_what_they_mean_to_the_library_of_the_python_sdk(target_device, tree):
    assert value(tree, _GUARDED) == target_device.ask({"logic": tree, "data": _GUARDED})["value"]


@settings(max_examples=200)
@given(tree=_RULES)
def test_truth_is_the_truth_of_the_value(tree):
    logic = jsonlogic.compile(tree)
    assert logic.truth(_GUARDED) is bool(logic.value(_GUARDED))


@pytest.mark.parametrize(
    ("tree", "here", "there"),
    [
        ({"<": [{"var": "absent"}, 5]}, True, False),
        ({"<": ["11", "2"]}, True, True),
        ({"<": ["abc", 5]}, False, None),
        ({"<": [5, "abc"]}, False, None),
        ({"==": [5, "5.0"]}, True, False),
        ({"==": [True, "1"]}, True, False),
        ({"in": [5, "a5"]}, True, None),
    ],
)
def test_where_the_library_of_the_python_sdk_differs(target_device, tree, here, there):
    """`None` is an error there."""
    assert value(tree, {"x": 1}) is here
    answer = target_device.ask({"logic": tree, "data": {"x": 1}})
    assert "raised" in answer if there is None else answer == {"value": there}
