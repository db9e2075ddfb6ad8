from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offerd.model import json
from offerd.services.catalogue import CatalogueService
from offerd.services.document import read_yaml, write_yaml
from offerd.services.errors import InvalidDocument, Referenced
from offerd.services.house import House
from offerd.settings import Settings

WS = "default"

ids = st.text(alphabet=st.sampled_from("abcNOon01-_./:#äß"), min_size=1, max_size=8)
words = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
numbers = st.one_of(
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["1.50", "1E3", "-0.0", "12345678901234567890123"]).map(json.loads),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, words),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
attributes = st.dictionaries(words, values, max_size=3)
rules = st.sampled_from(
    ["age >= 18", 'name = "x"', "context.a.b and not (c = 1)", "offer.priority * 2", 'inSegment("z")']
)
conditions = st.one_of(rules, rules.map(lambda rule: {"pql": rule}), st.just({"any_audiences": ["everyone"]}))
instants = st.sampled_from(["2026-01-01", "2026-06-01T12:00:00+02:00", "2027-01-01T00:00:00.123456Z"])
components = st.one_of(
    words.map(lambda body: {"html": body}),
    st.fixed_dictionaries({"type": st.just("json"), "body": values}, optional={"language": st.just(["NO"])}),
    st.fixed_dictionaries({"ref": st.just("shared")}, optional={"when": conditions}),
)


def some(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with any of these members, and perhaps one that nothing knows."""
    return st.fixed_dictionaries({}, optional={**members, "later on": values, "name": words, "description": words})


caps = st.fixed_dictionaries(
    {"id": st.just("c"), "limit": st.integers(0, 99) | rules},
    optional={
        "per": st.just("profile"),
        "every": st.just("2 weeks"),
        "counts": st.sampled_from(["display", {"type": "x"}]),
    },
)
offers = some(
    status=st.sampled_from(["draft", "approved"]),
    priority=st.integers(-9, 9),
    eligible=conditions,
    window=instants.map(lambda at: {"from": at}),
    caps=st.lists(caps, max_size=1),
    tags=st.lists(ids, max_size=3),
    attributes=attributes,
    content=st.one_of(components, st.lists(components, max_size=1)).map(lambda content: {"hero": content}),
)
shares = st.sampled_from([{"a": 33.3, "b": 66.7}, {"b": 50, "a": 50.0}, {"b": 100}])
selections = st.one_of(
    some(collection=st.just({"any_tags": ["x"]}), when=conditions, group=st.integers(0, 3)).map(
        lambda one: {"collection": "all", **one}
    ),
    st.tuples(offers, offers, shares).map(lambda o: {"inline": {"b": o[0], "a": o[1]}, "rank": {"traffic": o[2]}}),
)
activities = some(
    status=st.sampled_from(["draft", "live"]),
    percent=st.sampled_from([0, 50.50, 100, 1e-7]),
    audience=conditions,
    selections=st.lists(selections, max_size=1),
    keep=st.sampled_from(["nothing", "profile"]),
)
catalogues = st.fixed_dictionaries(
    {
        "placements": st.dictionaries(ids, some(channel=words), max_size=2).map(lambda one: {**one, "hero": {}}),
        "audiences": st.just({"everyone": "true"}),
        "contents": st.just({"shared": {"body": "x"}}),
        "collections": st.just({"all": {"where": "true"}}),
    },
    optional={
        "offers": st.dictionaries(ids, offers, max_size=3),
        "rules": st.dictionaries(ids, rules, max_size=2),
        "tables": st.dictionaries(
            ids, st.dictionaries(words, attributes, max_size=2).map(lambda r: {"rows": r}), max_size=2
        ),
        "activities": st.dictionaries(ids, activities.map(lambda one: {"placements": ["hero"], **one}), max_size=2),
    },
)


def exported(document: Any, folder: Path) -> str:
    """The YAML of a catalogue that was applied to an empty folder and loaded again."""

    async def main() -> str:
        house = await House.open(folder, Settings())
        try:
            await house.catalogue.apply(WS, document, author="a")
            text = write_yaml(await house.catalogue.export(WS))
            assert (await house.catalogue.apply(WS, read_yaml(text), author="b")).changes == []
            assert write_yaml(await house.catalogue.export(WS)) == text
        finally:
            await house.close()
        house = await House.open(folder, Settings())
        try:
            assert write_yaml(await house.catalogue.export(WS)) == text
        finally:
            await house.close()
        return text

    return asyncio.run(main())


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(catalogues)
def test_applying_and_exporting_an_export_gives_the_same_bytes(document: Any) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        text = exported(document, Path(one))
        assert exported(read_yaml(text), Path(other)) == text


@pytest.fixture
async def catalogue(house: House) -> CatalogueService:
    return house.catalogue


@pytest.mark.anyio
async def test_the_short_forms_are_used_and_nothing_that_the_server_assigns(catalogue: CatalogueService) -> None:
    text = (
        "placements:\n"
        "  hero: {channel: web}\n"
        "offers:\n"
        "  a:\n"
        "    ids: {crm: A-1}\n"
        "    eligible: age >= 18\n"
        "    caps:\n"
        "      - {id: c, limit: 1, counts: display}\n"
        "    content:\n"
        "      hero: {html: <b>}\n"
        "activities:\n"
        "  home:\n"
        "    percent: 50.50\n"
        "    placements: [hero]\n"
        "    selections:\n"
        "      - inline:\n"
        "          x: {priority: 3}\n"
        "        rank: order\n"
    )
    document = read_yaml(text)
    await catalogue.apply(WS, document, author="a")
    assert write_yaml(await catalogue.export(WS)) == text.replace("<b>", '"<b>"')
    moved = (await catalogue.export(WS, ids=True))["offers"]["a"]["ids"]
    assert list(moved) == ["crm", "number", "time", "uuid"]
    assert (await catalogue.export(WS, short=False))["offers"]["a"]["eligible"] == {"pql": "age >= 18"}


@pytest.mark.anyio
async def test_a_difference_is_shown_before_it_is_applied(catalogue: CatalogueService) -> None:
    await catalogue.apply(WS, {"offers": {"a": {"priority": 1}, "b": {}}, "tags": {"t": {}}}, author="a")
    document = {"offers": {"a": {"priority": 2, "name": "A"}, "c": {}}}
    shown = await catalogue.compare(WS, document)
    assert [(one.kind, one.id, one.what) for one in shown] == [("offers", "a", "changed"), ("offers", "c", "created")]
    steps = sorted((s.pointer, s.before, s.after) for s in shown[0].changes if s.pointer != "/name")
    assert steps == [("/priority", 1, 2)]
    assert shown[1].changes[0].after == {"id": "c"}
    pruned = await catalogue.compare(WS, document, prune=True)
    assert [(one.id, one.what) for one in pruned[2:]] == [("t", "deleted"), ("b", "deleted")]
    assert catalogue.catalogue(WS).revision == 1
    written = await catalogue.apply(WS, document, author="a", prune=True, message="tidy")
    without_ids = [(one.kind, one.id, one.what) for one in written.changes]
    assert without_ids == [(one.kind, one.id, one.what) for one in pruned]
    assert await catalogue.compare(WS, document, prune=True) == []


@pytest.mark.anyio
async def test_the_order_of_shares_is_a_difference_and_that_of_attributes_is_not(catalogue: CatalogueService) -> None:
    def document(*names: str) -> Any:
        rank = {"traffic": dict.fromkeys(names, 50)}
        return {
            "offers": {"a": {"attributes": dict.fromkeys(names, 1)}, "b": {}},
            "selections": {"s": {"offers": ["a", "b"], "rank": rank}},
        }

    await catalogue.apply(WS, document("a", "b"), author="a")
    (changed,) = await catalogue.compare(WS, document("b", "a"))
    assert (changed.kind, [step.pointer for step in changed.changes]) == ("selections", ["/rank/traffic"])


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ([], ""),
        ({"things": {}}, "/things"),
        ({"offers": []}, "/offers"),
        ({"offers": {"a b": {}}}, "/offers/a b"),
        ({"offers": {"a": {"id": "b"}}}, "/offers/a/id"),
        ({"offers": {"a": 5}}, "/offers/a"),
        ({"offers": {"a": {"caps": [{"id": "x", "limit": "("}]}}}, "/offers/a/caps/0/limit"),
        ({"rules": {"a": "("}}, "/rules/a"),
    ],
)
async def test_a_wrong_document_is_refused_with_pointers_into_it(
    catalogue: CatalogueService, document: Any, pointer: str
) -> None:
    async def compare() -> None:
        await catalogue.compare(WS, document)

    async def apply() -> None:
        await catalogue.apply(WS, document, author="a")

    for attempt in (compare, apply):
        with pytest.raises(InvalidDocument) as refused:
            await attempt()
        assert pointer in [fault.pointer for fault in refused.value.faults]
    assert [finding.severity for finding in await catalogue.lint(WS, document)][:1] == ["error"]


@pytest.mark.anyio
async def test_pruning_does_not_take_what_the_document_names(catalogue: CatalogueService) -> None:
    await catalogue.apply(WS, {"placements": {"hero": {}}}, author="a")
    with pytest.raises(Referenced):
        await catalogue.apply(WS, {"offers": {"a": {"content": {"hero": []}}}}, author="a", prune=True)
    await catalogue.apply(WS, {"placements": None, "offers": {"a": None}}, author="a")
    assert await catalogue.export(WS) == {"placements": {"hero": {}}, "offers": {"a": {}}}
