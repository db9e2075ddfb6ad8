"""Compiling: what changed is compiled, the rest is shared."""

from typing import Any

import pytest

from offerd import engine, pql
from offerd.model.place import Workspace

DOCUMENT = {
    "placements": {"p": {"content": [], "lasts": "2 hours"}},
    "properties": {"b": {"token": "t"}, "c": {}},
    "rules": {"r": "age > 1"},
    "audiences": {"a": {"rule": "age > 2"}, "i": {"imported": True}, "gone": {"rule": "age > 3", "status": "archived"}},
    "tables": {"t": {"rows": {"k": {"v": 1}}}},
    "offers": {name: {"status": "approved", "tags": ["x"], "eligible": f"age > {n}"} for n, name in enumerate("abcd")},
    "fallbacks": {"f": {}},
    "collections": {"tagged": {"any_tags": ["x"]}, "listed": {"offers": ["d", "a"]}},
    "rankings": {"n": {"rank": "order"}},
    "selections": {"s": {"collection": "tagged"}},
    "activities": {
        "A": {
            "status": "live",
            "placements": ["p"],
            "selections": ["s", {"collection": {"where": "offer.priority = 0"}}],
        }
    },
}


def test_a_change_compiles_only_what_changed(tools: Any) -> None:
    before = tools.compile(DOCUMENT)
    changed = {
        **DOCUMENT,
        "offers": {**DOCUMENT["offers"], "b": {"status": "approved", "tags": ["x"], "eligible": "age > 77"}},
    }
    asked: list[str] = []

    def program(text: str) -> pql.Program:
        asked.append(text)
        return tools.program(text)

    after = engine.compile(tools.catalogue(changed, revision=2), program, before, [("offers", "b")])
    assert asked == ["age > 77"]
    assert after.revision == 2
    assert before.revision == 1
    assert after.offers["a"] is before.offers["a"]
    assert after.offers["b"] is not before.offers["b"]
    for name in (
        "activities",
        "selections",
        "collections",
        "rules",
        "audiences",
        "tables",
        "placements",
        "properties",
        "fallbacks",
        "rankings",
        "at",
    ):
        assert getattr(after, name) is getattr(before, name), name
    assert all(after.pools[key] is pool for key, pool in before.pools.items())


def test_nothing_changed_shares_everything(tools: Any) -> None:
    before = tools.compile(DOCUMENT)
    after = engine.compile(tools.catalogue(DOCUMENT, revision=2), tools.program, before)
    assert after.offers is before.offers
    assert after.pools is before.pools
    assert after.revision == 2


def test_what_came_and_went_between_two_revisions_changes_nothing(tools: Any) -> None:
    before = tools.compile(DOCUMENT)
    after = engine.compile(tools.catalogue(DOCUMENT), tools.program, before, [("offers", "brief")])
    assert after.offers == before.offers


def test_other_views_compile_all_anew(tools: Any) -> None:
    views = engine.Views((lambda offer: {"itemID": offer.id},))
    before = engine.compile(tools.catalogue(DOCUMENT), tools.program, views=views)
    assert engine.compile(tools.catalogue(DOCUMENT), tools.program, before, views=views).offers is before.offers
    after = engine.compile(tools.catalogue(DOCUMENT), tools.program, before)
    assert "itemID" in before.offers["a"].view
    assert "itemID" not in after.offers["a"].view


def test_another_zone_or_budget_compiles_all_anew(tools: Any) -> None:
    before = tools.compile(DOCUMENT)
    assert engine.compile(tools.catalogue(DOCUMENT, zone="Asia/Tokyo"), tools.program, before).zone.key == "Asia/Tokyo"
    after = engine.compile(tools.catalogue(DOCUMENT), tools.program, before, steps=7)
    assert after.steps == 7
    assert after.offers["a"] is not before.offers["a"]
    assert before.steps == 100_000


def test_a_snapshot_tells_whose_it_is(tools: Any) -> None:
    snapshot = tools.compile(DOCUMENT)
    assert snapshot.workspace == Workspace(id="default", code="acme")
    assert snapshot.catalogue.of("offers").keys() == snapshot.offers.keys()


def test_an_activity_that_comes_or_goes_leaves_the_others_of_its_placement(tools: Any) -> None:
    before = tools.compile(DOCUMENT)
    first = {"status": "live", "priority": 5, "placements": ["p", "new"], "selections": ["s"]}
    document = {**DOCUMENT, "activities": {**DOCUMENT["activities"], "B": first}}
    after = engine.compile(tools.catalogue(document), tools.program, before, [("activities", "B")])
    assert after.at == {"p": ("B", "A"), "new": ("B",)}
    again = engine.compile(tools.catalogue(DOCUMENT), tools.program, after, [("activities", "B")])
    assert again.at == before.at == {"p": ("A",)}


def test_a_token_follows_its_property(tools: Any) -> None:
    document = {**DOCUMENT, "properties": {"b": {"token": "u"}, "c": {}}}
    after = engine.compile(tools.catalogue(document), tools.program, tools.compile(DOCUMENT), [("properties", "b")])
    assert after.properties == {"b": "b", "u": "b", "c": "c"}


def test_properties_are_known_by_id_and_token(tools: Any) -> None:
    assert tools.compile(DOCUMENT).properties == {"b": "b", "t": "b", "c": "c"}


def test_an_id_goes_before_another_property_s_token(tools: Any) -> None:
    assert tools.compile({"properties": {"a": {"token": "b"}, "b": {"token": "x"}}}).properties == {
        "a": "a",
        "b": "b",
        "x": "b",
    }


def test_tagged_offers_are_in_the_order_of_their_ids_and_listed_ones_as_listed(tools: Any) -> None:
    snapshot = tools.compile(DOCUMENT)
    members = {key.by: pool.members for key, pool in snapshot.pools.items()}
    assert members == {"any_tags": ("a", "b", "c", "d"), "offers": ("d", "a"), "where": ("a", "b", "c", "d")}


def test_a_pool_knows_its_members_in_whichever_order_they_are(tools: Any) -> None:
    for pool in tools.compile(DOCUMENT).pools.values():
        assert [each for each in "abcdx" if pool.has(each)] == sorted(pool.members)


def test_an_offer_is_found_by_its_id_before_an_activity_s_is(tools: Any) -> None:
    written = {"i": {"status": "approved"}, "i#j": {"status": "approved"}}
    document = {"offers": {"A#i": {}, "o": {}}, "activities": {"A": {"selections": [{"inline": written}]}}}
    snapshot = tools.compile(document)
    assert snapshot.offer("A#i") is snapshot.offers["A#i"]
    assert snapshot.offer("A#i#j").uid == "A#i#j"
    assert snapshot.offer("i", "A").offer.id == "i"
    assert snapshot.offer("o", "A") is snapshot.offers["o"]
    assert snapshot.offer("B#i") is None


def test_a_collection_follows_the_offers(tools: Any) -> None:
    snapshot = tools.compile(DOCUMENT)
    document = {**DOCUMENT, "offers": dict(DOCUMENT["offers"])}
    for name, value, members in (
        ("b", {"status": "approved"}, ("a", "c", "d")),
        ("bb", {"tags": ["x"], "priority": 1}, ("a", "bb", "c", "d")),
        ("a", None, ("bb", "c", "d")),
    ):
        document["offers"].pop(name, None)
        if value is not None:
            document["offers"][name] = value
        snapshot = engine.compile(tools.catalogue(document), tools.program, snapshot, [("offers", name)])
        assert snapshot.pools["any_tags", ("x",)].members == members
    assert snapshot.pools["where", ("offer.priority = 0",)].members == ("b", "c", "d")


@pytest.mark.parametrize(
    "where", ["offer.window.until occurs before now", 'inSegment("a")', "age > 1", "inSegment(offer.name)"]
)
def test_a_rule_that_looks_beyond_the_offer_is_asked_each_time(tools: Any, where: str) -> None:
    document = {**DOCUMENT, "collections": {"w": {"where": where}}}
    pool = tools.compile(document).pools["where", (where,)]
    assert not pool.fixed
    assert pool.members == ("a", "b", "c", "d")


def test_the_rule_of_a_collection_goes_by_the_workspace_s_zone(tools: Any) -> None:
    where = "offer.attributes.day occurs on date(2026, 1, 1)"
    offer = {"status": "approved", "attributes": {"day": "2026-01-02T03:00:00Z"}}
    document = {"offers": {"a": offer}, "collections": {"new-year": {"where": where}}}
    for zone, members in (("America/New_York", ("a", "b")), ("UTC", ())):
        snapshot = tools.compile(document, zone=zone)
        assert snapshot.pools["where", (where,)].fixed
        assert snapshot.pools["where", (where,)].members == members[:1]
        after = {**document, "offers": {"a": offer, "b": offer}}
        snapshot = engine.compile(tools.catalogue(after, zone=zone), tools.program, snapshot, [("offers", "b")])
        assert snapshot.pools["where", (where,)].members == members


def test_a_collection_that_depends_on_the_person(tools: Any) -> None:
    document = {
        **DOCUMENT,
        "activities": {
            "A": {
                "status": "live",
                "placements": {"p": {}},
                "selections": [{"collection": {"where": "offer.id = wish"}}],
            }
        },
    }
    outcome = tools.decide(document, {"activity": "A"}, attributes={"wish": "c", "age": 9}, explain=True)
    assert tools.offers(outcome.answers[0]) == ["c"]
    assert outcome.answers[0].explanation.lost == []


def test_a_kept_proposition_of_a_collection_that_depends_on_the_person(tools: Any) -> None:
    document = {
        **DOCUMENT,
        "activities": {
            "A": {
                "status": "live",
                "keep": "request",
                "placements": ["p"],
                "selections": [{"collection": {"where": "offer.id = wish"}}],
            }
        },
    }
    assert tools.given(document, {"activity": "A"}, {"activity": "A"}, attributes={"wish": "c", "age": 9}) == [
        ["c"],
        ["c"],
    ]


def test_collections_out_of_use_are_forgotten(tools: Any) -> None:
    before = tools.compile(DOCUMENT)
    document = {**DOCUMENT, "activities": {}}
    after = engine.compile(tools.catalogue(document), tools.program, before, [("activities", "A")])
    assert {key.by for key in after.pools} == {"any_tags", "offers"}
    assert after.at == {}


def test_two_collections_that_say_the_same_share_a_pool(tools: Any) -> None:
    document = {**DOCUMENT, "collections": {"one": {"any_tags": ["x", "y"]}, "two": {"any_tags": ["y", "x", "y"]}}}
    snapshot = tools.compile(document)
    assert snapshot.collections["one"] == snapshot.collections["two"]


def test_a_budget_of_steps_bounds_every_rule(tools: Any) -> None:
    document = {"offers": {"o": {"status": "approved", "eligible": "(select X from list where X.n > 0).count() = 50"}}}
    catalogue = tools.catalogue(document)
    for steps, given in ((100_000, ["o"]), (10, [])):
        snapshot = engine.compile(catalogue, tools.program, steps=steps)
        outcome = engine.decide(snapshot, tools.situation({"offers": ["o"]}, attributes={"list": [{"n": 1}] * 50}))
        assert tools.offers(outcome.answers[0]) == given
