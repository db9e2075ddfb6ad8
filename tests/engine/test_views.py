"""What wire formats add to offers and people as rules see them."""

from typing import Any

import msgspec

from offerd import engine

FIRST = engine.Views(
    (lambda offer: {"itemID": offer.id, "name": "theirs"},), (lambda audiences: {"n": len(audiences)},)
)
SECOND = engine.Views((lambda offer: {"rank": offer.priority, "itemID": "late"},), (lambda audiences: {"vip": True},))


def given(tools: Any, rule: str, views: engine.Views, **rest: Any) -> bool:
    document = {"offers": {"o": {"status": "approved", "priority": 4, "eligible": rule}}}
    snapshot = engine.compile(tools.catalogue(document), tools.program, views=views)
    return bool(engine.decide(snapshot, tools.situation({"offers": ["o"]}, **rest)).answers[0].given)


def test_rules_see_what_a_view_adds_and_the_model_s_own_before_it(tools: Any) -> None:
    assert given(tools, 'offer.itemID = "o" and offer.name = "o"', FIRST)
    assert given(tools, "n = 2", FIRST, memberships=["a", "b"])
    assert given(tools, "n = 9", FIRST, memberships=["a", "b"], attributes={"n": 9})
    assert not given(tools, "offer.itemID.isNotNull() or n = 0", engine.Views())


def test_an_offer_written_in_an_activity_has_them_too(tools: Any) -> None:
    inline = {"i": {"status": "approved", "eligible": 'offer.itemID = "i"'}}
    made = {
        "placements": {"p": {"content": []}},
        "selections": {"s": {"inline": inline}},
        "activities": {
            "A": {"status": "live", "placements": ["p"], "selections": [{"inline": inline}]},
            "B": {"status": "live", "placements": ["p"], "selections": ["s"]},
        },
    }
    snapshot = engine.compile(tools.catalogue(made), tools.program, views=FIRST)
    for name in "AB":
        assert tools.offers(engine.decide(snapshot, tools.situation({"activity": name})).answers[0]) == ["i"]


def test_views_add_up_and_the_first_stays(tools: Any) -> None:
    both = FIRST.plus(SECOND)
    assert given(tools, 'offer.itemID = "o" and offer.rank = 4 and n = 0 and vip', both)
    assert (len(both.offers), len(both.people)) == (2, 2)
    assert msgspec.structs.astuple(FIRST.plus(engine.Views())) == msgspec.structs.astuple(FIRST)
