"""Forms: whatever is sent is a tree or is refused, and what an encoder writes is read as it was."""

import contextlib
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offerd.apis.chargebee.forms import tree_of
from offerd.apis.chargebee.problems import Rejected

names = st.text("abcXYZ_-. é", min_size=1, max_size=5)
trees = st.recursive(
    st.text(max_size=5),
    lambda below: st.dictionaries(names, below, min_size=1, max_size=3) | st.lists(below, min_size=1, max_size=3),
    max_leaves=10,
)


def pairs(value, name):
    """The fields of a value as an encoder writes them."""
    if isinstance(value, dict):
        return [pair for key, each in value.items() for pair in pairs(each, f"{name}[{key}]")]
    if isinstance(value, list):
        return [pair for index, each in enumerate(value) for pair in pairs(each, f"{name}[{index}]")]
    return [(name, value)]


@given(st.dictionaries(names.filter(lambda name: name != "custom"), trees, max_size=4))
def test_what_an_encoder_writes_is_read_as_it_was(tree):
    form = urlencode([pair for name, value in tree.items() for pair in pairs(value, name)], quote_via=quote_plus)
    assert tree_of(form, 100) == tree


@given(st.text("abc[]=&%+{}\"0123,:nultre", max_size=60), st.booleans())
def test_whatever_is_sent_is_a_tree_or_is_refused(text, custom):
    with contextlib.suppress(Rejected):
        assert isinstance(tree_of(f"custom{text}" if custom else text, 20), dict)


@pytest.mark.parametrize(
    ("form", "tree"),
    [
        ("", {}),
        ("a", {"a": ""}),
        ("a[]=1&a[]=2", {"a": ["1", "2"]}),
        ("a[1]=x&a[0]=y", {"a": ["y", "x"]}),
        ("a[1]=x&a[2]=y", {"a": {"1": "x", "2": "y"}}),
        ("a[=1", {"a[": "1"}),
        ("[a]=1", {"[a]": "1"}),
        ("a[b]c=1", {"a[b]c": "1"}),
        ("custom={}", {"custom": {}}),
        ("custom=%20", {"custom": {}}),
        ("custom[a]=5&custom[b]=-1.50&custom[c]=true", {"custom": {"a": 5, "b": -1.5, "c": True}}),
        ("custom[a]=null&custom[b]=", {"custom": {"a": None, "b": ""}}),
        ("custom[a]=05&custom[b]=1e5&custom[c]=True", {"custom": {"a": "05", "b": "1e5", "c": "True"}}),
        ("customs[a]=5", {"customs": {"a": "5"}}),
    ],
)
def test_how_names_are_read(form, tree):
    assert tree_of(form, 100) == tree


@pytest.mark.parametrize(
    "form", ["a=1&a=2", "a=1&a[b]=2", "a[b]=1&a=2", "a[b]=1&a[b]=2", "custom=NaN", f"a{'[b]' * 20}=1"]
)
def test_what_cannot_be_read(form):
    with pytest.raises(Rejected):
        tree_of(form, 20)
