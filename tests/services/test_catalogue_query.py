from __future__ import annotations

from typing import Any

import pytest

from offerd.model import codec
from offerd.services.catalogue import CatalogueService, Filter, Query, parse_filter
from offerd.services.errors import NotFound, Unprocessable
from offerd.services.house import House

pytestmark = pytest.mark.anyio

WS = "default"
OFFERS: dict[str, Any] = {
    "a": {"name": "Free shipping", "priority": 5, "status": "approved", "tags": ["shipping", "web"]},
    "b": {"name": "Ten percent", "priority": 5, "attributes": {"margin": 4.50, "new": True, "a.b": {"c": 1}}},
    "c": {"description": "free gift", "priority": 7, "window": {"until": "2026-06-01"}, "attributes": {"margin": "x"}},
    "d": {"ids": {"crm": "9"}, "window": {"until": "2027-01-01"}, "attributes": {"margin": 10}, "later": {"x": [1, 2]}},
}


@pytest.fixture
async def catalogue(house: House) -> CatalogueService:
    await house.catalogue.apply(WS, {"offers": OFFERS, "placements": {"p": {}}}, author="seed")
    return house.catalogue


async def found(catalogue: CatalogueService, **query: Any) -> list[str]:
    return [thing.id for thing in (await catalogue.find(WS, "offers", Query(**query))).objects]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("status=approved", "a"),
        ("status!=approved", "bcd"),
        ("priority=5", "ab"),
        ("priority=5.0", "ab"),
        ("priority>5", "c"),
        ("priority>=5", "abc"),
        ("priority<5", "d"),
        ("priority<=5", "abd"),
        ("attributes.margin>=4.5", "bcd"),
        ("attributes.margin=x", "c"),
        ("attributes.new=true", "b"),
        ("attributes.new=1", ""),
        ("attributes.a.b.c=1", "b"),
        ("tags=shipping", "a"),
        ("tags!=shipping", "bcd"),
        ("tags~web", "a"),
        ("name~FREE", "a"),
        ("attributes~new", "b"),
        ("window.until<2026-12-31", "c"),
        ("window.until>=2026-06-01T00:00:00Z", "cd"),
        ("window.until>soon", ""),
        ("window.until", "cd"),
        ("ids.crm=9", "d"),
        ("later.x=2", "d"),
        ("created>2026-01-01", "abcd"),
        ("nothing.here=1", ""),
        ("nothing.here!=1", "abcd"),
    ],
)
async def test_filters_compare_members_as_what_they_are(catalogue: CatalogueService, text: str, ids: str) -> None:
    assert await found(catalogue, filter=[parse_filter(text)]) == list(ids)


async def test_filters_may_be_values_and_all_must_hold(catalogue: CatalogueService) -> None:
    assert await found(catalogue, filter=[Filter("priority", "=", 5), Filter("tags", "exists", False)]) == ["b"]
    assert await found(catalogue, filter=[Filter("attributes.new", "=", True)]) == ["b"]
    assert await found(catalogue, filter=[Filter("name", "=", 5)]) == []
    assert await found(catalogue, filter=[Filter("priority", "=", True)]) == []


@pytest.mark.parametrize("text", ["=5", "", " ", "status ? live", "status?live", "status is live", "!status"])
def test_what_has_no_path_or_no_operator_is_no_filter(text: str) -> None:
    with pytest.raises(Unprocessable, match="is no filter"):
        parse_filter(text)


async def test_search_finds_every_word_in_any_case(catalogue: CatalogueService) -> None:
    assert await found(catalogue, search="FREE") == ["a", "c"]
    assert await found(catalogue, search="free shipping") == ["a"]
    assert await found(catalogue, search="web") == ["a"]
    assert await found(catalogue, search="nothing") == []


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        ("", "abcd"),
        ("-id", "dcba"),
        ("priority", "dabc"),
        ("-priority", "cabd"),
        ("-priority,-id", "cbad"),
        ("name", "abcd"),
        ("attributes.margin", "bdca"),
        ("-attributes.margin", "cdba"),
        ("-window.until", "dcab"),
        ("attributes.new,id", "bacd"),
    ],
)
async def test_order_goes_by_members_then_by_id_with_what_is_absent_last(
    catalogue: CatalogueService, order: str, ids: str
) -> None:
    assert await found(catalogue, order=order) == list(ids)
    paged: list[str] = []
    cursor = None
    while True:
        page = await catalogue.find(WS, "offers", Query(order=order, limit=1, cursor=cursor))
        paged += [thing.id for thing in page.objects]
        assert page.total == 4
        if (cursor := page.cursor) is None:
            break
    assert paged == list(ids)


@pytest.mark.parametrize("order", ["", "priority", "-priority"])
async def test_a_cursor_holds_while_others_write(catalogue: CatalogueService, order: str) -> None:
    everything = await found(catalogue, order=order)
    first = await catalogue.find(WS, "offers", Query(order=order, limit=2))
    await catalogue.delete(WS, "offers", first.objects[-1].id, author="a")
    await catalogue.create(WS, "offers", {"id": "0", "priority": {"-priority": 99}.get(order, -1)}, author="a")
    second = await catalogue.find(WS, "offers", Query(order=order, limit=9, cursor=first.cursor))
    assert [thing.id for thing in first.objects + second.objects] == everything


@pytest.mark.parametrize("cursor", ["x", "!!", "e30", "W10", "WyIiLFtdLDFd", "WyIiLFtbMSwiYSJdXSwiYSJd"])
async def test_a_cursor_that_no_list_gave_is_refused(catalogue: CatalogueService, cursor: str) -> None:
    with pytest.raises(Unprocessable):
        await catalogue.find(WS, "offers", Query(cursor=cursor))


async def test_a_cursor_belongs_to_its_order(catalogue: CatalogueService) -> None:
    cursor = (await catalogue.find(WS, "offers", Query(order="priority", limit=1))).cursor
    with pytest.raises(Unprocessable, match="another order"):
        await catalogue.find(WS, "offers", Query(order="-priority", cursor=cursor))
    with pytest.raises(NotFound):
        await catalogue.find(WS, "things", Query())


async def test_a_page_of_many_encodes_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.catalogue.apply(WS, {"offers": {f"o{n:03}": {"priority": n} for n in range(500)}}, author="a")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an object was encoded")

    monkeypatch.setattr(codec, "tree", refuse)
    query = Query(filter=[parse_filter("priority>=100")], search="o", order="-priority", limit=50)
    page = await house.catalogue.find(WS, "offers", query)
    assert (page.objects[0].id, len(page.objects), page.total) == ("o499", 50, 400)
