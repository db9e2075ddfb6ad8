from __future__ import annotations

from typing import Any

import pytest

from offerd.services.house import House

pytestmark = pytest.mark.anyio

WS = "default"
GOOD: dict[str, Any] = {
    "placements": {"hero": {"content": ["html"]}, "side": {}},
    "offers": {"a": {"status": "approved", "tags": ["x"]}},
    "fallbacks": {"plain": {"content": {"hero": {"html": "x"}}}},
    "activities": {
        "home": {
            "status": "live",
            "placements": ["hero", "side"],
            "selections": [{"collection": {"any_tags": ["x"]}}],
            "fallback": "plain",
        }
    },
}


async def test_a_sound_catalogue_has_no_findings(house: House) -> None:
    await house.catalogue.apply(WS, GOOD, author="a")
    assert await house.catalogue.lint(WS) == []


LIVE = GOOD["activities"]["home"]

ODD: list[tuple[str, str, Any, str, str]] = [
    ("offers", "z", {"status": "approved"}, "/offers/z", "offer-unused"),
    ("offers", "z", {"tags": ["x"], "window": {"until": "2020-01-01"}}, "/offers/z/window/until", "offer-over"),
    ("offers", "z", {"tags": ["x"], "caps": [{"id": "c", "limit": 0}]}, "/offers/z/caps/0/limit", "cap-zero"),
    (
        "offers",
        "z",
        {"tags": ["x"], "caps": [{"id": "c", "limit": 1, "counts": {"when": "event.a = 1"}}]},
        "/offers/z/caps/0/counts/when",
        "cap-event",
    ),
    ("offers", "z", {"tags": ["x"], "eligible": 'inSegment("who")'}, "/offers/z/eligible/pql", "audience-unknown"),
    (
        "activities",
        "z",
        {"status": "live", "selections": LIVE["selections"]},
        "/activities/z",
        "activity-without-placements",
    ),
    ("activities", "z", {"status": "live", "placements": ["hero"]}, "/activities/z", "activity-without-selections"),
    ("activities", "z", {**LIVE, "percent": 0}, "/activities/z/percent", "activity-without-traffic"),
    ("activities", "z", {**LIVE, "window": {"until": "2020-01-01"}}, "/activities/z/window/until", "activity-over"),
    (
        "activities",
        "z",
        {**LIVE, "selections": [{"offers": ["d"]}]},
        "/activities/z/selections/0",
        "selection-without-offers",
    ),
    (
        "activities",
        "z",
        {**LIVE, "selections": [{"inline": {"i": {}}}]},
        "/activities/z/selections/0",
        "selection-without-offers",
    ),
    ("activities", "z", {**LIVE, "selections": ["s"]}, "/activities/z/selections/0", "selection-without-offers"),
    ("activities", "z", {**LIVE, "fallback": "old"}, "/activities/z/fallback", "fallback-not-approved"),
    ("activities", "z", {**LIVE, "fallback": "bare"}, "/activities/z/fallback", "fallback-without-content"),
    ("rules", "z", "true", "/rules/z", "unused"),
    ("tags", "z", {}, "/tags/z", "unused"),
]


@pytest.mark.parametrize(("kind", "id_", "document", "pointer", "code"), ODD)
async def test_what_is_probably_not_meant_is_found(
    house: House, *, kind: str, id_: str, document: Any, pointer: str, code: str
) -> None:
    beside = {
        "offers": {"d": {"status": "draft", "tags": ["x"]}},
        "selections": {"s": {"offers": ["d"]}},
        "fallbacks": {"old": {"status": "archived", "content": {"hero": []}}, "bare": {}},
    }
    await house.catalogue.apply(WS, GOOD, author="a")
    await house.catalogue.apply(WS, beside, author="a")
    found = await house.catalogue.lint(WS, {kind: {id_: document}})
    assert (pointer, code) in [(finding.pointer, finding.code) for finding in found]
    assert all(finding.pointer.startswith(f"/{kind}/{id_}") for finding in found)
    assert house.catalogue.catalogue(WS).revision == 2
    await house.catalogue.apply(WS, {kind: {id_: document}}, author="a")
    assert (pointer, code) in [(finding.pointer, finding.code) for finding in await house.catalogue.lint(WS)]


async def test_an_audience_that_is_archived_is_told_where_it_is_asked_for(house: House) -> None:
    document = {
        "audiences": {"gone": {"rule": "true", "status": "archived"}},
        "offers": {"a": {"status": "archived", "eligible": 'inSegment("gone")'}},
    }
    assert [finding.code for finding in await house.catalogue.lint(WS, document)] == ["audience-archived"]
    everything = {**GOOD, "collections": {"c": {"where": "true"}}, "activities": {}}
    codes = [finding.code for finding in await house.catalogue.lint(WS, everything)]
    assert codes == ["unused"]
