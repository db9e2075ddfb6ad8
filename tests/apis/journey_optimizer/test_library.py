"""What the library's two dialects share: one store, and writes that change only what their dialect can say."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

HTML = "https://ns.adobe.com/experience/offer-management/content-component-html"
WEB = "https://ns.adobe.com/xdm/channel-types/web"


def hero(library: Any) -> Any:
    return library.create("offer-placement", {"xdm:name": "Hero", "xdm:componentType": HTML, "xdm:channel": WEB})


def representation(place: str, text: str, **more: Any) -> dict[str, Any]:
    component = {"@type": HTML, "dc:format": "text/html", "xdm:content": text, **more}
    return {"xdm:placement": place, "xdm:components": [component]}


def test_of_many_patches_with_the_same_etag_one_wins(library: Any) -> None:
    tag = library.create("tag", {"xdm:name": "t"})

    def attempt(number: int) -> int:
        patch = [{"op": "replace", "path": "/_instance/xdm:name", "value": f"name {number}"}]
        return library.patch(tag, patch, if_match='"1"').status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(attempt, range(16)))
    assert sorted(statuses) == [200] + [409] * 15


def test_patches_without_an_etag_are_all_made_on_what_is_there(library: Any) -> None:
    offer = library.create(
        "personalized-offer", {"xdm:name": "o", "xdm:status": "draft", "xdm:characteristics": {"a": "b"}}
    )

    def add(number: int) -> int:
        patch = [{"op": "add", "path": f"/_instance/xdm:characteristics/k{number}", "value": "v"}]
        return library.patch(offer, patch).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(add, range(16))) == {200}
    assert len(library.instance(offer)["xdm:characteristics"]) == 17


NATIVE = {
    "placements": {"hero": {"channel": "web", "content": ["html", "image"], "count": "all", "lasts": "14 days"}},
    "contents": {"banner": {"type": "html", "body": "<b>named</b>"}},
    "tags": {"shoes": {"name": "Shoes"}},
    "audiences": {"vip": {"imported": True}},
    "rankings": {"split": {"rank": {"traffic": {"boots": 100}}}, "warm": {"rank": {"formula": "offer.priority"}}},
    "selections": {"best": {"collection": "all", "when": {"any_audiences": ["vip"]}}},
    "collections": {"all": {"any_tags": ["shoes"]}, "dear": {"where": "offer.attributes.margin > 3"}},
    "offers": {
        "boots": {
            "name": "Boots",
            "status": "approved",
            "eligible": "age > 18",
            "tags": ["shoes", "unnamed"],
            "attributes": {"margin": 4.50, "city": "Oslo"},
            "requires": [{"code": "adult", "rule": "age > 17"}],
            "caps": [
                {"id": "rolling", "limit": 3, "within": "7 days"},
                {"id": "daily", "limit": 2, "per": "profile", "every": "day"},
                {"id": "formula", "limit": "offer.attributes.margin"},
            ],
            "choices": [{"id": "yes"}],
            "content": {"hero": [
                {"type": "html", "body": "<b>Boots</b>", "locator": "#hero", "when": "age > 20"},
                {"ref": "banner", "type": "html", "language": ["nb"]},
                {"type": "image", "body": "https://img.example/1.png"},
            ]},
        }
    },
    "fallbacks": {"plain": {"content": {"hero": {"html": "plain"}}}},
    "activities": {
        "home": {
            "status": "live",
            "audience": "age > 10",
            "percent": 50,
            "keep": "profile",
            "placements": {"hero": {"when": "age > 5"}},
            "goals": [{"on": "click"}],
            "fallback": "plain",
            "selections": [
                {"collection": "all", "rank": {"ranking": "split"}, "group": 2},
                {"inline": {"own": {"status": "approved"}}},
                {"strategy": "best"},
                {"offers": ["boots"], "when": {"audience": "vip"}, "rank": "order"},
                {"collection": {"where": "offer.priority > 1"}, "rank": {"formula": "offer.priority"}},
            ],
        }
    },
}  # fmt: skip


def one(library: Any, word: str, name: str) -> Any:
    results = library.list(word, property=f"_instance.xdm:name=={name}")["_embedded"]["results"]
    assert len(results) == 1
    return results[0]


def test_objects_that_were_written_natively_are_shown(library: Any) -> None:
    library.apply(NATIVE)
    boots = one(library, "personalized-offer", "Boots")["_instance"]
    hero_id, shoes = (
        one(library, "offer-placement", "hero")["_instance"]["@id"],
        one(library, "tag", "Shoes")["_instance"]["@id"],
    )
    assert boots["xdm:status"] == "approved"
    assert boots["xdm:tags"] == [shoes, "unnamed"]
    assert boots["xdm:characteristics"] == {"margin": "4.5", "city": "Oslo"}
    assert boots["xdm:rank"] == {"xdm:priority": 0}
    assert "xdm:selectionConstraint" not in boots  # a rule written in place is none that this format can name
    assert boots["xdm:frequencyCappingConstraints"] == [
        {"xdm:limit": 2, "xdm:scope": "profile", "xdm:entity": "offer", "xdm:events": ["decisioning"],
         "xdm:repeat": {"xdm:enabled": True, "xdm:unit": "day", "xdm:unitCount": 1}},
        {"xdm:limit": 0, "xdm:scope": "global", "xdm:entity": "offer", "xdm:events": ["decisioning"],
         "xdm:dynamicCappingThresholdEnabled": True,
         "xdm:dynamicCappingThresholdQuery": "offer.attributes.margin"},
    ]  # fmt: skip
    (shown,) = boots["xdm:representations"]
    assert shown["xdm:placement"] == hero_id
    assert [each.get("xdm:content") for each in shown["xdm:components"]] == ["<b>Boots</b>", "<b>named</b>", None]
    assert shown["xdm:components"][2]["xdm:deliveryURL"] == "https://img.example/1.png"
    home = one(library, "offer-activity", "home")["_instance"]
    criteria = home["xdm:criteria"]
    assert [each.get("xdm:optionSelection", {}).keys() for each in criteria] == [
        {"xdm:filter"},
        {"xdm:options", "xdm:optionSelectionType"},
        set(),
    ]
    assert criteria[1]["xdm:profileConstraints"]["xdm:segmentIdentities"][0]["xid"] == "vip"
    assert all(each["xdm:placements"] == [hero_id] for each in criteria)
    assert library.seen("/ranking-formulas")["total"] == 1
    (dear,) = library.seen("/item-collections?property=name==dear")["results"]
    assert json.loads(dear["constraints"][0]["uiModel"]) == {"operator": "pql", "value": "offer.attributes.margin > 3"}


@pytest.mark.parametrize(
    "word", ["personalized-offer", "offer-activity", "fallback-offer", "offer-placement", "offer-filter"]
)
def test_a_replace_with_what_was_shown_changes_nothing(library: Any, word: str) -> None:
    library.apply(NATIVE)
    before = library.native("catalogue?short=false")
    for result in library.list(word)["_embedded"]["results"]:
        answer = library.replace(result, {"_instance": result["_instance"], "_links": {}})
        assert answer.status_code == 200, answer.text
        assert library.native("catalogue?short=false") == before
        assert answer.json()["repo:etag"] == result["repo:etag"]


def test_a_patch_changes_what_it_says_and_leaves_what_this_format_cannot_say(library: Any) -> None:
    library.apply(NATIVE)
    boots = one(library, "personalized-offer", "Boots")
    answer = library.patch(boots, [
        {"op": "replace", "path": "/_instance/xdm:representations/0/xdm:components/0/xdm:content",
         "value": "<i>New</i>"},
        {"op": "replace", "path": "/_instance/xdm:frequencyCappingConstraints/0/xdm:limit", "value": 9},
        {"op": "add", "path": "/_instance/xdm:characteristics/city", "value": "Bergen"},
    ])  # fmt: skip
    assert answer.status_code == 200, answer.text
    after, before = library.native("offers/boots"), NATIVE["offers"]["boots"]
    assert after["eligible"] == {"pql": "age > 18"}
    assert after["attributes"] == {"margin": 4.5, "city": "Bergen"}
    assert after["requires"][0]["code"] == "adult"
    assert [cap["id"] for cap in after["caps"]] == ["rolling", "daily", "formula"]
    assert after["caps"][1]["limit"] == 9
    first, second, third = after["content"]["hero"]
    assert (first["body"], first["locator"], first["when"]) == ("<i>New</i>", "#hero", {"pql": "age > 20"})
    assert second["ref"] == "banner"
    assert third["body"] == before["content"]["hero"][2]["body"]


def test_a_patch_of_a_decision_keeps_selections_that_have_no_words_here(library: Any) -> None:
    library.apply(NATIVE)
    home = one(library, "offer-activity", "home")
    answer = library.patch(home, [
        {"op": "replace", "path": "/_instance/xdm:criteria/0/xdm:ranking/xdm:priority", "value": 7},
        {"op": "add", "path": "/_instance/xdm:criteria/0/xdm:description", "value": "first"},
    ])  # fmt: skip
    assert answer.status_code == 200, answer.text
    after = library.native("activities/home")
    assert [one.get("group", 0) for one in after["selections"]] == [7, 0, 0, 0, 0]
    assert after["selections"][0]["description"] == "first"
    assert any("inline" in each for each in after["selections"])
    assert any(each.get("strategy") == "best" for each in after["selections"])
    assert after["placements"] == {"hero": {"when": {"pql": "age > 5"}}}
    assert (after["keep"], after["percent"], after["goals"][0]["on"]) == ("profile", "50", "click")


def test_caps_keep_their_counts_when_entries_move(library: Any) -> None:
    place = hero(library)["@id"]
    entry = {"xdm:scope": "profile", "xdm:entity": "offer"}
    offer = library.create("personalized-offer", {
        "xdm:name": "o", "xdm:status": "draft", "xdm:frequencyCappingConstraints": [
            {**entry, "xdm:limit": 1}, {**entry, "xdm:limit": 2, "xdm:entity": "placement", "xdm:placements": [place]},
            {**entry, "xdm:limit": 3, "xdm:events": ["custom"], "xdm:customQuery": "event.data.paid = true"},
        ],
    })  # fmt: skip
    tree = library.instance(offer)
    (native,) = [each for each in library.native("offers")["items"] if each["name"] == "o"]
    assert [cap["id"] for cap in native["caps"]] == ["frequency-1", "frequency-2", "frequency-3"]
    assert native["caps"][2]["counts"] == {"type": "custom", "when": "event.data.paid = true"}
    entries = tree["xdm:frequencyCappingConstraints"]
    library.replace(offer, {**tree, "xdm:frequencyCappingConstraints": [entries[2], entries[0]]})
    (native,) = [each for each in library.native("offers")["items"] if each["name"] == "o"]
    assert [cap["id"] for cap in native["caps"]] == ["frequency-3", "frequency-1"]
    assert library.instance(offer)["xdm:frequencyCappingConstraints"] == [entries[2], entries[0]]


def test_several_events_share_one_count(library: Any) -> None:
    library.plain("/offers?offer-type=personalized", {"name": "o", "status": "draft", "frequencyCappingConstraints": [
        {"limit": 5, "scope": "global", "entity": "placement", "events": ["decisioning", "click"],
         "repeat": {"enabled": True, "unit": "month", "unitCount": 3}},
    ]})  # fmt: skip
    (native,) = library.native("offers")["items"]
    first, second = native["caps"]
    assert first["key"] == second["key"]
    assert (first.get("counts", {}).get("type", "decision"), second["counts"]["type"]) == ("decision", "click")
    assert (first["every"], first["zone"], first["placements"]) == ("3 months", "UTC", "each")


def test_audiences_that_are_named_for_the_first_time_become_lists_to_import(library: Any) -> None:
    constraint = {
        "profileConstraintType": "anySegments",
        "segmentIdentities": [{"_id": "seg-7", "namespace": {"code": "ups"}}],
    }
    name = library.plain(
        "/offers?offer-type=personalized", {"name": "o", "status": "draft", "selectionConstraint": constraint}
    )
    assert library.native("audiences/seg-7")["imported"] is True
    assert library.own(f"/offers/{name}")["selectionConstraint"] == constraint
    (native,) = library.native("offers")["items"]
    assert native["eligible"]["any_audiences"] == ["seg-7"]


def test_a_rule_that_is_changed_natively_is_shown_as_text(library: Any) -> None:
    tree = {"nodeType": "literal", "literalType": "Boolean", "value": True}
    name = library.plain(
        "/offer-rules", {"name": "r", "condition": {"type": "PQL", "format": "pql/json", "value": json.dumps(tree)}}
    )
    (native,) = library.native("rules")["items"]
    assert library.own(f"/offer-rules/{name}")["condition"]["format"] == "pql/json"
    library.send("PATCH", f"/offerd/v1/rules/{native['id']}", {"when": "age > 3"}, "application/merge-patch+json")
    assert library.own(f"/offer-rules/{name}")["condition"] == {"type": "PQL", "format": "pql/text", "value": "age > 3"}


def test_what_was_written_empty_comes_back_empty(library: Any) -> None:
    body = {"name": "o", "status": "draft", "tags": [], "characteristics": {}, "representations": [], "description": "",
            "selectionConstraint": {}, "rank": {"priority": 0}, "cappingConstraint": {},
            "frequencyCappingConstraints": []}  # fmt: skip
    name = library.plain("/offers?offer-type=personalized", body)
    assert library.own(f"/offers/{name}") == body


def test_a_component_of_the_first_generation_keeps_its_copyline(library: Any) -> None:
    place = library.create("offer-placement", {
        "xdm:name": "Note", "xdm:channel": WEB, "xdm:componentType": HTML.replace("html", "text")})["@id"]  # fmt: skip
    component = {"@type": HTML.replace("html", "text"), "dc:format": "text/plain", "xdm:copyline": "Hello"}
    body = {"xdm:name": "o", "xdm:status": "draft", "xdm:rank": {"xdm:priority": 0},
            "xdm:representations": [{"xdm:placement": place, "xdm:components": [component]}]}  # fmt: skip
    offer = library.create("personalized-offer", body)
    assert library.instance(offer) == body
    (native,) = library.native("offers")["items"]
    assert next(iter(native["content"].values()))[0]["body"] == "Hello"


def test_json_content_that_was_written_natively_is_text_here_and_stays_json(library: Any) -> None:
    library.apply({
        "placements": {"p": {"content": ["json"]}},
        "offers": {"o": {"status": "approved", "content": {"p": {"json": {"a": 1.50}}}}},
    })  # fmt: skip
    result = one(library, "personalized-offer", "o")
    component = result["_instance"]["xdm:representations"][0]["xdm:components"][0]
    assert json.loads(component["xdm:content"]) == {"a": 1.5}
    patch = [{"op": "add", "path": "/_instance/xdm:representations/0/xdm:components/0/dc:language", "value": ["en"]}]
    assert library.patch(result, patch).status_code == 200
    assert library.native("offers/o")["content"]["p"][0]["body"] == {"a": 1.5}


def test_criteria_without_placements_are_for_those_that_the_fallback_shows_something_at(library: Any) -> None:
    place = hero(library)["@id"]
    fallback = library.create("fallback-offer", {"xdm:name": "f", "xdm:status": "approved",
                                                 "xdm:representations": [representation(place, "f")]})  # fmt: skip
    filter_ = library.create("offer-filter", {"xdm:name": "c", "xdm:filterType": "anyTags", "xdm:ids": []})
    body = {"xdm:name": "a", "xdm:status": "live", "xdm:fallback": fallback["@id"],
            "xdm:criteria": [{"xdm:optionSelection": {"xdm:filter": filter_["@id"]}}]}  # fmt: skip
    decision = library.create("offer-activity", body)
    (native,) = library.native("activities")["items"]
    assert len(native["placements"]) == 1
    (criterion,) = library.instance(decision)["xdm:criteria"]
    assert "xdm:placements" not in criterion


def test_an_extension_of_another_shape_is_refused_whoever_writes_it(library: Any) -> None:
    for extension in (5, {"~clients": 1}, {"~~clients": "x"}, {"~~item": {"~status": 3}}):
        answer = library.send("PUT", "/offerd/v1/tags/t", {"extensions": {"journey_optimizer": extension}})
        assert answer.status_code == 422, extension
    answer = library.send("PUT", "/offerd/v1/tags/t", {"extensions": {"journey_optimizer": {"offerui:x": 1}}})
    assert answer.status_code == 201
    assert one(library, "tag", "t")["_instance"]["offerui:x"] == 1


def test_a_secret_that_is_sent_as_api_key_is_not_told(library: Any, server: Any) -> None:
    secret = server.admin
    answer = library.send("POST", "/data/core/dps/tags", {"name": "t"}, x_api_key=secret)
    assert answer.json()["createdByClientId"] == "test"
    assert secret not in library.http.get("/offerd/v1/catalogue").text


def test_a_token_that_may_only_read_may_not_write(server: Any, library: Any) -> None:
    with server.client(server.token("catalogue:read", workspace=library.workspace)) as client:
        assert client.get("/data/core/dps/tags").status_code == 200
        answer = client.post("/data/core/dps/tags", json={"name": "t"})
    assert answer.status_code == 403
    assert answer.json()["type"] == "https://ns.adobe.com/aep/errors/DPS-1102-403"


def test_without_a_token_the_problem_says_so(server: Any) -> None:
    with server.client("") as client:
        answer = client.get("/data/core/xcore/")
    assert (answer.status_code, answer.json()["title"]) == (401, "Unauthenticated")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_repeated_create_with_an_idempotency_key_makes_one(library: Any) -> None:
    first = library.send("POST", "/data/core/dps/tags", {"name": "t"}, idempotency_key="k1")
    again = library.send("POST", "/data/core/dps/tags", {"name": "t"}, idempotency_key="k1")
    assert first.json() == again.json()
    assert library.seen("/tags")["total"] == 1
