from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from offerd.services.house import House

if TYPE_CHECKING:
    from conftest import Shop

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


def fulfil(**members: Any) -> dict[str, Any]:
    return {"tags": ["x"], "choices": [{"id": "c", "fulfil": members}]}


def mail(**settings: Any) -> dict[str, Any]:
    return fulfil(kind="email", settings=settings)


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
    ("offers", "z", mail(text="x"), "/offers/z/choices/0/fulfil/settings", "mail-without-recipient"),
    ("offers", "z", mail(to=[], text="x"), "/offers/z/choices/0/fulfil/settings", "mail-without-recipient"),
    ("offers", "z", mail(to="{{ profile.mail }}"), "/offers/z/choices/0/fulfil/settings", "mail-without-text"),
    ("offers", "z", fulfil(kind="webhook"), "/offers/z/choices/0/fulfil", "webhook-without-url"),
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


CAP = {"id": "c", "limit": 1}
HTML = {"type": "html", "body": "x"}

#: An object, where its unknown member is, and the member that was meant.
SLIPS: list[tuple[str, Any, str, str]] = [
    ("offers", {"eligble": "age >= 18"}, "/eligble", "eligible"),
    ("offers", {"Priority": 5}, "/Priority", "priority"),
    ("offers", {"state": "approved"}, "/state", "status"),
    ("offers", {"a/b": 1, "cpas": []}, "/cpas", "caps"),
    ("offers", {"window": {"untill": "2026-01-01"}}, "/window/untill", "until"),
    ("offers", {"eligible": {"pql": "true", "rules": ["r"]}}, "/eligible/rules", "rule"),
    ("offers", {"caps": [{**CAP, "pre": "profile"}]}, "/caps/0/pre", "per"),
    ("offers", {"caps": [{**CAP, "counts": {"type": "x", "whne": "true"}}]}, "/caps/0/counts/whne", "when"),
    ("offers", {"requires": [{"code": "c", "rule": "true", "fact": {}}]}, "/requires/0/fact", "facts"),
    ("offers", {"choices": [{"id": "c", "lable": "x"}]}, "/choices/0/lable", "label"),
    ("offers", {"choices": [{"id": "c", "fulfil": {"urls": "x"}}]}, "/choices/0/fulfil/urls", "url"),
    ("offers", {"content": {"side": {**HTML, "langauge": ["en"]}}}, "/content/side/0/langauge", "language"),
    (
        "fallbacks",
        {"content": {"side": [HTML, {"type": "text", "lang/uage": 1}]}},
        "/content/side/1/lang~1uage",
        "language",
    ),
    ("rankings", {"rank": {"formla": "1"}}, "/rank/formla", "formula"),
    ("selections", {"inline": {"i": {"eligble": "true"}}}, "/inline/i/eligble", "eligible"),
    ("activities", {"audiance": "true"}, "/audiance", "audience"),
    ("activities", {"placements": {"side": {"share": True}}}, "/placements/side/share", "shares"),
    ("activities", {"goals": [{"on": "click", "one": True}]}, "/goals/0/one", "once"),
    ("activities", {"selections": [{"offers": ["a"], "gruop": 2}]}, "/selections/0/gruop", "group"),
    (
        "activities",
        {"selections": [{"collection": {"where": "true", "any-tags": ["x"]}}]},
        "/selections/0/collection/any-tags",
        "any_tags",
    ),
    (
        "activities",
        {"selections": [{"inline": {"i": {"caps": [{**CAP, "pre": "profile"}]}}}]},
        "/selections/0/inline/i/caps/0/pre",
        "per",
    ),
]


async def unknown(house: House, kind: str, document: Any) -> list[tuple[str, str, str]]:
    """Pointer, severity and message of what lint says of the members of one object that nothing knows."""
    await house.catalogue.apply(WS, GOOD, author="a")
    found = await house.catalogue.lint(WS, {kind: {"z": document}})
    return [(each.pointer, each.severity, each.message) for each in found if each.code == "member-unknown"]


@pytest.mark.parametrize(("kind", "document", "pointer", "meant"), SLIPS)
async def test_a_mistyped_member_is_told_with_the_one_that_was_meant(
    house: House, *, kind: str, document: Any, pointer: str, meant: str
) -> None:
    message = f"nothing here knows this member; did you mean {meant}?"
    assert await unknown(house, kind, document) == [(f"/{kind}/z{pointer}", "warning", message)]


async def test_a_member_of_another_kind_has_a_hint_to_which(house: House) -> None:
    message = "nothing here knows this member; it belongs to activities"
    assert await unknown(house, "offers", {"audience": "true"}) == [("/offers/z/audience", "hint", message)]
    ((_, _, message),) = await unknown(house, "placements", {"attributes": {}})
    assert message.endswith("belongs to offers and fallbacks")


async def test_a_strange_member_within_a_part_has_a_hint(house: House) -> None:
    document = {"window": {"label": "year"}, "caps": [{**CAP, "x" * 100_000: 1}]}
    assert await unknown(house, "offers", document) == [
        ("/offers/z/window/label", "hint", "nothing here knows this member"),
        (f"/offers/z/caps/0/{'x' * 100_000}", "hint", "nothing here knows this member"),
    ]


async def test_notes_on_an_object_and_free_json_are_the_authors_own(house: House) -> None:
    notes = {"owner": "jo", "note": "?", "comment": "!", "contact": "x", "creator": "x", "created": "2020-01-01"}
    free = {"attributes": {"eligble": 1}, "choices": [{"id": "c", "fulfil": {"settings": {"ulr": 1}}}]}
    assert await unknown(house, "offers", {**notes, **free, "content": {"side": {**HTML, "body": {"typ": 1}}}}) == []
    assert await unknown(house, "tables", {"rows": {"r": {"row": 1}}}) == []


async def test_what_has_no_use_is_told_in_the_singular(house: House) -> None:
    document = {"rankings": {"r": {"rank": "order"}}, "contents": {"c": {"body": "x"}}}
    assert [(each.pointer, each.message) for each in await house.catalogue.lint(WS, document)] == [
        ("/contents/c", "nothing uses this content"),
        ("/rankings/r", "nothing uses this ranking"),
    ]


async def test_a_mail_and_a_webhook_that_can_be_sent_are_nothing_odd(house: House) -> None:
    await house.catalogue.apply(WS, GOOD, author="a")
    right = [mail(to="{{ profile.mail }}", html="x"), fulfil(kind="webhook", url="https://x.example/")]
    for document in right:
        assert await house.catalogue.lint(WS, {"offers": {"z": document}}) == []


FIXED, TEMPLATE, AT = "https://x.example/", "https://x.example/{{profile.a}}", "/offers/z/choices/0/fulfil"

#: The setting, a choice, and what is odd about it.
CARRIED: list[tuple[dict[str, str], dict[str, Any], list[tuple[str, str]]]] = [
    ({}, {"kind": "bill", "url": TEMPLATE}, []),
    ({"bill": "webhook"}, {"kind": "bill", "url": FIXED}, []),
    ({"bill": "webhook"}, {"kind": "bill", "url": TEMPLATE}, [(f"{AT}/url", "webhook-with-template")]),
    ({"bill": "http"}, {"kind": "bill", "url": TEMPLATE}, [(f"{AT}/url", "webhook-with-template")]),
    ({"redirect": "webhook"}, {"kind": "redirect", "url": TEMPLATE}, [(f"{AT}/url", "webhook-with-template")]),
    ({"bill": "webhook"}, {"kind": "bill"}, [(AT, "webhook-without-url")]),
    ({"bill": "https://bill.example/"}, {"kind": "bill"}, []),
    ({"bill": "https://bill.example/"}, {"kind": "bill", "url": TEMPLATE}, []),
    ({"webhook": "https://bill.example/"}, {"kind": "webhook"}, []),
    ({"webhook": "hand"}, {"kind": "webhook"}, []),
    ({"email": "hand"}, {"kind": "email"}, []),
    ({"email": "webhook"}, {"kind": "email", "url": FIXED}, []),
    (
        {"letter": "email"},
        {"kind": "letter"},
        [(f"{AT}/settings", "mail-without-recipient"), (f"{AT}/settings", "mail-without-text")],
    ),
]


@pytest.mark.parametrize(("fulfillers", "choice", "odd"), CARRIED)
async def test_what_is_odd_about_a_choice_follows_from_what_carries_it_out(
    shop: Shop, fulfillers: dict[str, str], choice: dict[str, Any], odd: list[tuple[str, str]]
) -> None:
    await shop.restart(fulfillers=fulfillers)
    await shop.house.catalogue.apply(WS, GOOD, author="a")
    found = await shop.house.catalogue.lint(WS, {"offers": {"z": fulfil(**choice)}})
    assert [(each.pointer, each.code) for each in found] == odd


async def test_a_choice_that_is_done_by_hand_for_its_template_is_told_why(shop: Shop) -> None:
    await shop.restart(fulfillers={"bill": "webhook"})
    await shop.house.catalogue.apply(WS, GOOD, author="a")
    (found,) = await shop.house.catalogue.lint(WS, {"offers": {"z": fulfil(kind="bill", url=TEMPLATE)}})
    assert found.severity == "warning"
    assert found.message == "this is done by hand: 'webhook', which 'bill' goes by, takes a fixed address only"
