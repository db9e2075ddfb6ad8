from __future__ import annotations

import copy
from typing import Any

import pytest

from offerd.model import codec, json
from offerd.services.catalogue import CatalogueService, patch
from offerd.services.catalogue.patch import merged, patched
from offerd.services.errors import InvalidDocument, Unprocessable
from offerd.services.house import House

TREE: dict[str, Any] = json.loads('{"a": {"b": [1, 2]}, "n": 1.50, "s": "x"}')


@pytest.mark.parametrize(
    ("operations", "result"),
    [
        ([{"op": "add", "path": "/a/b/-", "value": 3}], {"a": {"b": [1, 2, 3]}, "n": 1.5, "s": "x"}),
        ([{"op": "remove", "path": "/a"}], {"n": 1.5, "s": "x"}),
        ([{"op": "replace", "path": "/a/b/0", "value": None}], {"a": {"b": [None, 2]}, "n": 1.5, "s": "x"}),
        ([{"op": "move", "from": "/a/b", "path": "/c"}], {"a": {}, "n": 1.5, "s": "x", "c": [1, 2]}),
        ([{"op": "copy", "from": "/n", "path": "/m"}, {"op": "test", "path": "/m", "value": 1.5}], {**TREE, "m": 1.5}),
        ([{"op": "add", "path": "", "value": {}}], {}),
        ([], TREE),
    ],
)
def test_a_json_patch_is_applied_and_the_tree_stays_as_it_was(operations: list[Any], result: Any) -> None:
    before = copy.deepcopy(TREE)
    assert patched(TREE, operations) == result
    assert before == TREE


@pytest.mark.parametrize(
    ("operations", "pointer"),
    [
        ({}, ""),
        ([1], "/0"),
        ([{"op": "grow", "path": "/a"}], "/0/op"),
        ([{"op": ["add"], "path": "/a"}], "/0/op"),
        ([{"op": "remove"}], "/0/path"),
        ([{"op": "add", "path": "/a"}], "/0/value"),
        ([{"op": "copy", "path": "/a"}], "/0/from"),
        ([{"op": "copy", "from": 5, "path": "/a"}], "/0/from"),
        ([{"op": "remove", "path": "a"}], "/0/path"),
        ([{"op": "remove", "path": "/z"}], "/0"),
        ([{"op": "replace", "path": "/a/b/7", "value": 1}], "/0"),
        ([{"op": "add", "path": "/a/b/x", "value": 1}], "/0"),
        ([{"op": "add", "path": "/s/x", "value": 1}], "/0"),
        ([{"op": "copy", "from": "/z", "path": "/y"}], "/0"),
        ([{"op": "move", "from": "/a", "path": "/a/b"}], "/0"),
        ([{"op": "add", "path": "/k", "value": 1}, {"op": "remove", "path": "/z"}], "/1"),
        ([{"op": "remove", "path": "/a"}] * 1_001, ""),
    ],
)
def test_a_patch_that_is_malformed_or_does_not_fit_is_refused(operations: Any, pointer: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        patched(TREE, operations)
    assert refused.value.faults[0].pointer == pointer


def test_a_test_that_fails_is_told_from_a_patch_that_is_wrong() -> None:
    with pytest.raises(Unprocessable, match="/s is not what the test expects"):
        patched(TREE, [{"op": "test", "path": "/s", "value": "y"}])


def test_copies_cannot_grow_a_document_without_bound() -> None:
    bomb = [{"op": "copy", "from": "", "path": "/x"}, {"op": "copy", "from": "/x", "path": "/y"}] * 60
    with pytest.raises(InvalidDocument, match=r"deep|copies more"):
        patched({"k": "v" * 100}, bomb)
    wide = [{"op": "copy", "from": f"/l{n}", "path": f"/l{n + 1}"} for n in range(900)]
    with pytest.raises(InvalidDocument, match="copies more"):
        patched({"l0": "v" * (patch.MOST_COPIED // 500)}, wide)


def test_a_merge_patch_follows_the_examples_of_its_standard() -> None:
    cases: list[tuple[Any, Any, Any]] = [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ]
    assert [merged(tree, change) for tree, change, _ in cases] == [result for _, _, result in cases]


@pytest.mark.anyio
async def test_patches_of_objects_see_the_long_form_and_keep_the_rest(house: House) -> None:
    catalogue: CatalogueService = house.catalogue
    tree = json.loads('{"id": "x", "eligible": "a = 1", "attributes": {"n": 1.50}, "later": [1E2]}')
    await catalogue.create("default", "offers", tree, author="a")
    made = await catalogue.patch(
        "default", "offers", "x", [{"op": "replace", "path": "/eligible/pql", "value": "a = 2"}], author="b"
    )
    assert made.eligible.pql == "a = 2"  # type: ignore[attr-defined]
    made = await catalogue.patch("default", "offers", "x", {"priority": 3, "eligible": None}, author="c")
    rest = {name: codec.tree(made)[name] for name in ("priority", "attributes", "later")}
    assert json.dumps(rest) == b'{"priority":3,"attributes":{"n":1.50},"later":[1E2]}'
    assert (made.version, made.modified_by, made.eligible) == (3, "c", None)  # type: ignore[attr-defined]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"priority": "high"}, "/priority"),
        ({"id": "y"}, "/id"),
        ([{"op": "replace", "path": "", "value": 5}], ""),
        ({"eligible": {"pql": "("}}, "/eligible/pql"),
    ],
)
async def test_a_patch_may_not_make_an_object_wrong(house: House, change: Any, pointer: str) -> None:
    await house.catalogue.create("default", "offers", {"id": "x"}, author="a")
    with pytest.raises(InvalidDocument) as refused:
        await house.catalogue.patch("default", "offers", "x", change, author="a")
    assert refused.value.faults[0].pointer == pointer
    assert house.catalogue.get("default", "offers", "x").version == 1
