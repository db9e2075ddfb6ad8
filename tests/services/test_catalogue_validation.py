from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from offerd.model.codec import Fault
from offerd.services.catalogue import CatalogueService
from offerd.services.catalogue.plan import RuleFault
from offerd.services.errors import InvalidDocument
from offerd.services.house import House

pytestmark = pytest.mark.anyio

WS = "default"
BASE: dict[str, Any] = {
    "properties": {"shop": {"token": "tok-1"}},
    "placements": {"hero": {"content": ["html", "json"]}, "side": {}},
    "rules": {"adult": "age >= 18"},
    "audiences": {"regulars": 'inSegment("vips") and age > 3', "vips": {"imported": True}},
    "contents": {"thanks": {"type": "html", "body": "<p>Thanks</p>"}, "photo": {"type": "image", "body": "x.png"}},
    "offers": {"a": {"content": {"hero": {"html": "<b>a</b>"}}}, "b": {}},
    "rankings": {"best": {"rank": {"formula": "offer.priority * 2"}}},
    "collections": {"all": {"where": "offer.priority > 0"}},
    "selections": {"pick": {"offers": ["a"]}},
    "fallbacks": {"plain": {"content": {"hero": {"ref": "thanks"}}}},
}
TWO = {"type": "html", "body": "x"}


@pytest.fixture
async def catalogue(house: House) -> CatalogueService:
    await house.catalogue.apply(WS, BASE, author="seed")
    return house.catalogue


def activity(**members: Any) -> dict[str, Any]:
    return {"placements": ["hero"], **members}


def selection(**members: Any) -> dict[str, Any]:
    return activity(selections=[{"offers": ["a", "b"], **members}])


def fulfil(kind: str, url: str) -> dict[str, Any]:
    return {"choices": [{"id": "yes", "fulfil": {"kind": kind, "url": url}}]}


WRONG: list[tuple[str, Any, str, str]] = [
    # what is named
    ("offers", {"eligible": {"rule": "nope"}}, "/eligible/rule", "no 'nope' among the rules"),
    ("offers", {"eligible": {"all_audiences": ["vips", "nope"]}}, "/eligible/all_audiences/1", "among the audiences"),
    ("offers", {"content": {"nope": []}}, "/content/nope", "among the placements"),
    ("offers", {"content": {"hero": [{"ref": "nope"}]}}, "/content/hero/0/ref", "among the contents"),
    ("offers", {"caps": [{"id": "c", "limit": 1, "placements": ["nope"]}]}, "/caps/0/placements/0", "placements"),
    ("activities", activity(fallback="nope"), "/fallback", "among the fallbacks"),
    ("activities", activity(properties=["nope"]), "/properties/0", "among the properties"),
    ("activities", {"placements": {"nope": {}}}, "/placements/nope", "among the placements"),
    ("activities", {"placements": ["nope"]}, "/placements", "among the placements"),
    ("activities", activity(goals=[{"on": "click", "at": "nope"}]), "/goals/0/at", "among the placements"),
    ("activities", activity(selections=["nope"]), "/selections/0", "among the selections"),
    ("activities", activity(selections=[{"collection": "nope"}]), "/selections/0/collection", "among the collections"),
    ("activities", selection(rank={"ranking": "nope"}), "/selections/0/rank/ranking", "among the rankings"),
    # conditions and collections
    ("offers", {"eligible": {}}, "/eligible", "needs one of"),
    ("offers", {"eligible": {"rule": "adult", "pql": "true"}}, "/eligible/rule", "cannot stand beside pql"),
    ("offers", {"eligible": {"any_audiences": []}}, "/eligible/any_audiences", "names nothing"),
    ("collections", {}, "", "needs one of"),
    ("collections", {"any_tags": ["x"], "where": "true"}, "/where", "cannot stand beside any_tags"),
    ("audiences", {}, "", "needs a rule"),
    ("audiences", {"rule": "true", "imported": True}, "/rule", "has no rule"),
    ("audiences", {"rule": 'inSegment("x")'}, "/rule", "itself"),
    # rules
    ("rules", {"when": "age >"}, "/when", "line 1, column 6: the rule ends too early; expected a value"),
    ("rules", "age >\n  nofunc(1)", "", "line 2, column 3"),
    ("offers", {"eligible": "age >= "}, "/eligible", "expected"),
    ("offers", {"requires": [{"code": "c", "rule": "nofunc(1)"}]}, "/requires/0/rule", "unknown function"),
    ("offers", {"caps": [{"id": "c", "limit": "1 +"}]}, "/caps/0/limit", "expected"),
    (
        "offers",
        {"caps": [{"id": "c", "limit": 1, "counts": {"type": "x", "when": "("}}]},
        "/caps/0/counts/when",
        "line",
    ),
    ("offers", {"content": {"hero": {"html": "x", "when": "("}}}, "/content/hero/when", "line 1"),
    ("activities", selection(rank={"formula": "1 *"}), "/selections/0/rank/formula", "line 1"),
    ("activities", activity(goals=[{"id": "x", "on": "a"}, {"id": "x", "on": "b"}]), "/goals/1/id", "is there twice"),
    ("activities", activity(goals=[{"id": "1", "on": "a"}, {"on": "b"}]), "/goals/1", "'1' is there twice"),
    ("activities", activity(goals=[{"on": "click", "when": "("}]), "/goals/0/when", "line 1"),
    ("activities", activity(selections=[{"collection": {"where": "("}}]), "/selections/0/collection/where", "line"),
    ("activities", {"placements": {"hero": {"when": "("}}}, "/placements/hero/when", "line 1"),
    # dates and numbers
    ("offers", {"window": {"from": "2026-02-01", "until": "2026-02-01"}}, "/window/until", "not after"),
    ("offers", {"window": {"from": "2026-02-30"}}, "/window/from", "not a date"),
    ("activities", activity(percent=100.5), "/percent", "between 0 and 100"),
    ("activities", activity(percent=-1), "/percent", "between 0 and 100"),
    # caps and choices
    ("offers", {"caps": [{"id": "c", "limit": 1}] * 2}, "/caps/1/id", "twice"),
    ("offers", {"caps": [{"id": "c", "limit": 1, "every": "day", "within": "2 days"}]}, "/caps/0/within", "every"),
    ("offers", {"caps": [{"id": "c", "limit": 1, "every": "day", "zone": "Mars"}]}, "/caps/0/zone", "time zone"),
    ("offers", {"caps": [{"id": "c", "limit": 1, "zone": "UTC"}]}, "/caps/0/zone", "belongs to every"),
    ("offers", {"caps": [{"id": "c", "limit": 1, "hold": "2 days"}]}, "/caps/0/hold", "interaction"),
    ("offers", {"caps": [{"id": "c", "limit": 1, "placements": []}]}, "/caps/0/placements", "names nothing"),
    ("offers", {"caps": [{"id": "c", "limit": -1}]}, "/caps/0/limit", ""),
    ("offers", {"choices": [{"id": "yes"}, {"id": "yes"}]}, "/choices/1/id", "twice"),
    ("fallbacks", {"choices": [{"id": "yes"}, {"id": "yes"}]}, "/choices/1/id", "twice"),
    # where choices lead
    ("offers", fulfil("webhook", "shop.example/x"), "/choices/0/fulfil/url", "starts with http:// or https://"),
    ("offers", fulfil("webhook", "https://x.example/{{profile.a}}"), "/choices/0/fulfil/url", "is no template"),
    ("offers", fulfil("webhook", "https://x.example/{% if a %}"), "/choices/0/fulfil/url", "is no template"),
    ("offers", fulfil("webhook", "https://x.example/two words"), "/choices/0/fulfil/url", "no blanks"),
    ("offers", fulfil("webhook", "https:///x"), "/choices/0/fulfil/url", "needs a host"),
    ("offers", fulfil("webhook", "https://x.example:70000/"), "/choices/0/fulfil/url", "a port up to 65535"),
    ("fallbacks", fulfil("redirect", "https://x.example/two words"), "/choices/0/fulfil/url", "no blanks"),
    ("offers", fulfil("redirect", "https://x.example/{{ profile.a"), "/choices/0/fulfil/url", "the template cannot"),
    ("offers", fulfil("redirect", "https://x.example/a b?{{ profile.a }}"), "/choices/0/fulfil/url", "and no blanks"),
    ("offers", fulfil("redirect", "https://x.example/{{ profile.a }}\n"), "/choices/0/fulfil/url", "and no blanks"),
    ("offers", fulfil("checkout", "https://x.example/{{ a }}\u00a0b"), "/choices/0/fulfil/url", "and no blanks"),
    ("offers", fulfil("redirect", "https:///{{ profile.a }}"), "/choices/0/fulfil/url", "it needs a host"),
    ("offers", fulfil("checkout", "https://?a={{ profile.a }}"), "/choices/0/fulfil/url", "it needs a host"),
    (
        "activities",
        activity(selections=[{"inline": {"x": fulfil("webhook", "https://x.example/a b")}}]),
        "/selections/0/inline/x/choices/0/fulfil/url",
        "no blanks",
    ),
    # content
    ("offers", {"content": {"hero": {"text": "x"}}}, "/content/hero", "takes html or json, not text"),
    ("offers", {"content": {"hero": {"ref": "photo"}}}, "/content/hero", "not image"),
    ("offers", {"content": {"side": [{"ref": "thanks", "body": "x"}]}}, "/content/side/0/body", "beside ref"),
    ("offers", {"content": {"side": [{"format": "x"}]}}, "/content/side/0", "needs a type"),
    ("offers", {"content": {"side": [TWO, TWO]}}, "/content/side/1", "same type, locator and language"),
    (
        "offers",
        {"content": {"side": [{**TWO, "language": ["en", "de"]}, {**TWO, "language": ["fr", "de"]}]}},
        "/content/side/1",
        "same type, locator and language",
    ),
    ("offers", {"content": {"side": {**TWO, "body": "{% if", "template": "liquid"}}}, "/content/side/body", "template"),
    ("contents", {"body": "{{ a", "template": "liquid"}, "/body", "template"),
    # ranking
    ("rankings", {"rank": {"ranking": "best"}}, "/rank", "does not name another"),
    ("rankings", {"rank": {"by": "formula"}}, "/rank", "is required"),
    ("rankings", {"rank": {"by": "priority", "model": "m"}}, "/rank/model", "has no use"),
    ("activities", selection(rank={"traffic": {"a": 60, "b": 39}}), "/selections/0/rank/traffic", "come to 99"),
    ("activities", selection(rank={"traffic": {"a": 60, "c": 40}}), "/selections/0/rank/traffic/c", "not an offer"),
    ("activities", selection(rank={"traffic": {"a": 120, "b": -20}}), "/selections/0/rank/traffic/b", "less than 0"),
    (
        "selections",
        {"collection": "all", "rank": {"traffic": {"a": 50, "z": 50}}},
        "/rank/traffic/z",
        "no 'z' among the offers",
    ),
    # selections and activities
    ("selections", {}, "", "needs one of collection, offers, inline"),
    ("selections", {"offers": ["a"], "collection": "all"}, "/offers", "beside collection"),
    (
        "activities",
        activity(selections=[{"strategy": "pick", "when": "true"}]),
        "/selections/0/when",
        "named selection",
    ),
    ("activities", activity(selections=[{"strategy": "pick", "rank": "order"}]), "/selections/0/rank", "named"),
    ("activities", selection(placements=["side"]), "/selections/0/placements/0", "not a placement of this activity"),
    (
        "activities",
        activity(selections=[{"inline": {"x": {}}}, {"inline": {"x": {}}}]),
        "/selections/1/inline/x",
        "another selection",
    ),
    (
        "activities",
        activity(selections=[{"inline": {"x": {"content": {"hero": {"text": "t"}}}}}]),
        "/selections/0/inline/x/content/hero",
        "takes html",
    ),
    # ids
    ("offers", {"id": "other"}, "/id", "where the object is 'x'"),
    ("offers", {"ids": {"time": "XYZ"}}, "/ids/time", "is no time id"),
    ("offers", {"ids": {"uuid": "5f2b1a52-0000-4000-8000-000000000000"}}, "/ids/uuid", "is no uuid id"),
    ("offers", {"ids": {"number": "9007199254740992"}}, "/ids/number", "is no number id"),
    ("offers", {"ids": {"number": "1"}}, "/ids/number", "already"),
    ("properties", {"token": "tok-1"}, "/token", "properties/shop"),
    # extensions
    ("offers", {"extensions": {"nobody": {}}}, "/extensions/nobody", "no wire format"),
]


@pytest.mark.parametrize(("kind", "document", "pointer", "message"), WRONG)
async def test_a_wrong_object_is_refused_with_a_pointer_and_nothing_is_stored(
    house: House, catalogue: CatalogueService, *, kind: str, document: Any, pointer: str, message: str
) -> None:
    def stored() -> list[Any]:
        names = ("objects", "revisions", "changes", "foreign_ids", "rules", "sequences")
        return [house.storage.reader.execute(text(f"SELECT * FROM {name}")).all() for name in names]  # noqa: S608

    before, snapshot = stored(), catalogue.snapshot(WS)
    with pytest.raises(InvalidDocument) as refused:
        await catalogue.replace(WS, kind, document, id="x", author="a")
    faults = [fault for fault in refused.value.faults if fault.pointer == pointer]
    assert any(message in fault.message for fault in faults), refused.value.faults
    with pytest.raises(InvalidDocument) as in_file:
        await catalogue.apply(WS, {kind: {"x": document}}, author="a")
    assert f"/{kind}/x{pointer}" in [fault.pointer for fault in in_file.value.faults]
    assert stored() == before
    assert catalogue.snapshot(WS) is snapshot


RIGHT: list[tuple[str, Any]] = [
    ("offers", {"content": {"side": [{**TWO, "language": ["en"]}, {**TWO, "language": ["de"]}]}}),
    ("offers", {"content": {"side": [{**TWO, "locator": "#a"}, {**TWO, "locator": "#b"}]}}),
    ("offers", {"content": {"side": [{**TWO, "when": {"rule": "adult"}}, TWO]}}),
    ("offers", {"content": {"side": [TWO, {"type": "json", "body": {}}]}}),
    ("offers", {"content": {"hero": {"type": "default"}}}),
    ("offers", {"content": {"hero": {"ref": "thanks"}}}),
    ("offers", {"eligible": 'inSegment("not-yet-imported")'}),
    ("offers", {"caps": [{"id": "c", "limit": "profile.left", "every": "2 weeks", "zone": "Europe/Berlin"}]}),
    ("activities", selection(rank={"traffic": {"a": 33.3, "b": 66.6}})),
    ("activities", activity(selections=[{"inline": {"x": {}, "y": {}}, "rank": {"traffic": {"x": 50, "y": 50}}}])),
    ("activities", activity(selections=[{"strategy": "pick", "placements": ["hero"], "group": 2}])),
    ("selections", {"collection": "all", "rank": {"traffic": {"a": 50, "b": 50}}}),
    ("offers", fulfil("webhook", "HTTPS://user:word@x.example:8443/%7B%7B?a=b#c")),
    ("offers", fulfil("redirect", "https://{{ context.host }}/a?b={{ profile.a }}{% if profile.c %}&c=1{% endif %}")),
    ("audiences", 'inSegment("regulars")'),
    ("properties", {}),
]


@pytest.mark.parametrize(("kind", "document"), RIGHT)
async def test_a_right_object_is_stored(catalogue: CatalogueService, kind: str, document: Any) -> None:
    assert (await catalogue.replace(WS, kind, document, id="x", author="a")).version == 1


async def test_a_faulty_rule_says_line_column_and_what_was_expected(catalogue: CatalogueService) -> None:
    with pytest.raises(InvalidDocument) as refused:
        await catalogue.replace(WS, "rules", "age >=\n (", id="x", author="a")
    (fault,) = refused.value.faults
    assert isinstance(fault, RuleFault)
    assert (fault.line, bool(fault.column), bool(fault.expected)) == (2, True, True)


async def test_everything_that_is_wrong_is_said_at_once(catalogue: CatalogueService) -> None:
    document = {"window": {"from": "2026-02-02", "until": "2026-01-01"}, "eligible": "(", "ids": {"time": "?"}}
    with pytest.raises(InvalidDocument) as refused:
        await catalogue.replace(WS, "offers", document, id="x", author="a")
    assert {fault.pointer for fault in refused.value.faults} == {"/window/until", "/eligible", "/ids/time"}


async def test_a_placement_keeps_taking_what_offers_show_there(catalogue: CatalogueService) -> None:
    with pytest.raises(InvalidDocument) as refused:
        await catalogue.patch(WS, "placements", "hero", {"content": ["json"]}, author="a")
    named = [(fault.pointer, fault.message.split(" ")[0]) for fault in refused.value.faults]
    assert named == [("/content", "fallbacks/plain"), ("/content", "offers/a")]
    await catalogue.patch(WS, "placements", "hero", {"content": ["html", "text"]}, author="a")


async def test_a_content_stays_what_its_placements_take(catalogue: CatalogueService) -> None:
    with pytest.raises(InvalidDocument) as refused:
        await catalogue.patch(WS, "contents", "thanks", {"type": "image"}, author="a")
    assert [(f.pointer, f.message.split(" ")[0]) for f in refused.value.faults] == [("/type", "fallbacks/plain")]
    await catalogue.patch(WS, "contents", "photo", {"type": "video"}, author="a")


async def test_long_lists_of_objects_that_do_not_fit_are_cut(catalogue: CatalogueService) -> None:
    many = {f"o{n}": {"content": {"hero": {"html": "x"}}} for n in range(9)}
    await catalogue.apply(WS, {"offers": many}, author="a")
    with pytest.raises(InvalidDocument) as refused:
        await catalogue.patch(WS, "placements", "hero", {"content": ["json"]}, author="a")
    assert refused.value.faults[-1].message == "and more objects"
    assert len(refused.value.faults) == 6


async def test_audiences_may_not_ask_for_each_other_in_a_circle(catalogue: CatalogueService) -> None:
    with pytest.raises(InvalidDocument, match="itself"):
        await catalogue.replace(WS, "audiences", 'inSegment("regulars")', id="vips", author="a")


async def test_offers_within_an_activity_are_called_by_their_keys_and_carry_nothing_assigned(
    catalogue: CatalogueService,
) -> None:
    inline = {"x": {"version": 9, "created_by": "me"}, "y": {}}
    made = await catalogue.replace(WS, "activities", activity(selections=[{"inline": inline}]), id="t", author="a")
    (chosen,) = made.selections  # type: ignore[attr-defined]
    assert [(key, offer.id, offer.version, offer.created_by) for key, offer in chosen.inline.items()] == [
        ("x", "x", 0, ""),
        ("y", "y", 0, ""),
    ]
    named = await catalogue.replace(WS, "selections", {"inline": {"z": {}}}, id="n", author="a")
    assert named.inline["z"].id == "z"  # type: ignore[attr-defined]
    assert (await catalogue.export(WS))["selections"]["n"] == {"inline": {"z": {}}}


async def test_foreign_ids_are_assigned_once_and_kept(catalogue: CatalogueService) -> None:
    first = await catalogue.replace(WS, "offers", {"ids": {"crm": "1", "erp": "e"}}, id="x", author="a")
    again = await catalogue.replace(WS, "offers", {"ids": {"crm": "2", "erp": ""}}, id="x", author="a")
    assert again.ids == {**{k: v for k, v in first.ids.items() if k != "erp"}, "crm": "2"}
    for system, other in [("time", "1d"), ("number", "999"), ("uuid", "5f2b1a52-0000-1000-8000-000000000000")]:
        with pytest.raises(InvalidDocument) as refused:
            await catalogue.replace(WS, "offers", {"ids": {system: other}}, id="x", author="a")
        assert [fault.pointer for fault in refused.value.faults] == [f"/ids/{system}"]
    assert catalogue.find_foreign(WS, "crm", "2", "offers") == ("offers", again)
    assert catalogue.find_foreign(WS, "crm", "2") == ("offers", again)
    assert catalogue.find_foreign(WS, "crm", "1") is None
    assert catalogue.find_foreign(WS, "erp", "e") is None
    assert catalogue.find_foreign(WS, "time", again.ids["time"]) == ("offers", again)
    assert catalogue.find_foreign(WS, "time", again.ids["time"], "tags") is None
    assert catalogue.get(WS, "offers", "crm=2") is again


async def test_aliases_are_unique_within_a_kind_and_free_again_when_their_object_is_gone(
    catalogue: CatalogueService,
) -> None:
    await catalogue.replace(WS, "offers", {"ids": {"crm": "1"}}, id="x", author="a")
    await catalogue.replace(WS, "placements", {"ids": {"crm": "1"}}, id="x", author="a")
    with pytest.raises(InvalidDocument, match="crm id of offers/x already"):
        await catalogue.replace(WS, "offers", {"ids": {"crm": "1"}}, id="y", author="a")
    twice = {"p": {"ids": {"crm": "7"}}, "q": {"ids": {"crm": "7"}}}
    with pytest.raises(InvalidDocument, match="another object, too"):
        await catalogue.apply(WS, {"offers": twice}, author="a")
    await catalogue.apply(WS, {"offers": {"x": {"ids": {"crm": "2"}}, "y": {"ids": {"crm": "1"}}}}, author="a")
    await catalogue.delete(WS, "offers", "x", author="a")
    await catalogue.replace(WS, "offers", {"ids": {"crm": "2"}}, id="z", author="a")


async def test_ids_that_another_server_assigned_are_taken_over(catalogue: CatalogueService) -> None:
    ids = {"time": "124e0be5699743d3", "uuid": "5f2b1a52-aaaa-11ef-8000-000000000000", "number": "4000"}
    made = await catalogue.replace(WS, "offers", {"ids": ids}, id="x", author="a")
    assert made.ids == ids
    numbers = [int((await catalogue.create(WS, "tags", {}, author="a")).ids["number"]) for _ in range(2)]
    assert numbers[1] == numbers[0] + 1 < 4000


def well_formed(value: Any) -> list[Fault]:
    return [] if isinstance(value, dict) and value.get("ok") else [Fault("/ok", "must be true")]


async def test_a_wire_format_registers_what_it_keeps_and_wrong_ones_are_refused_whoever_writes(
    catalogue: CatalogueService,
) -> None:
    catalogue.register_extension("wire", "offers", well_formed)
    catalogue.register_extension("wire", "Component", well_formed)
    right = {"extensions": {"wire": {"ok": True, "n": 1.50}}}
    nested = {"content": {"side": [{"type": "html", "extensions": {"wire": {"ok": True}}}]}}
    made = await catalogue.replace(WS, "offers", {**right, **nested}, id="x", author="a")
    assert made.extensions == right["extensions"]
    for document, pointer in [
        ({"extensions": {"wire": {}}}, "/extensions/wire/ok"),
        ({"content": {"side": [{"type": "html", "extensions": {"wire": {}}}]}}, "/content/side/0/extensions/wire/ok"),
        ({"choices": [{"id": "c", "extensions": {"wire": {}}}]}, "/choices/0/extensions/wire"),
        ({"extensions": {"other": {}}}, "/extensions/other"),
    ]:
        with pytest.raises(InvalidDocument) as refused:
            await catalogue.apply(WS, {"offers": {"x": document}}, author="a")
        full = f"/offers/x{pointer}"
        assert [full.startswith(fault.pointer) for fault in refused.value.faults] == [True]
    with pytest.raises(InvalidDocument, match="keeps no extension of the placements"):
        await catalogue.replace(WS, "placements", {"extensions": {"wire": {"ok": True}}}, id="x", author="a")
    with pytest.raises(ValueError, match="already"):
        catalogue.register_extension("wire", "offers", well_formed)


@pytest.mark.parametrize(
    ("kind", "document", "pointer"),
    [
        ("rankings", {}, "/rank"),
        ("rules", {}, "/when"),
        ("offers", {"caps": [{"id": "c"}]}, "/caps/0/limit"),
        ("offers", {"requires": [{"rule": "true"}]}, "/requires/0/code"),
        ("activities", selection(rank="order") | {"goals": [{}]}, "/goals/0/on"),
    ],
)
async def test_a_missing_member_is_named(
    catalogue: CatalogueService, *, kind: str, document: Any, pointer: str
) -> None:
    with pytest.raises(InvalidDocument) as refused:
        await catalogue.replace(WS, kind, document, id="x", author="a")
    assert refused.value.faults == (Fault(pointer, "is required"),)
    with pytest.raises(InvalidDocument) as in_file:
        await catalogue.apply(WS, {kind: {"x": document}}, author="a")
    assert in_file.value.faults == (Fault(f"/{kind}/x{pointer}", "is required"),)
