"""What answers say of themselves: which ask they are for, what they repeat, what they show, and what was odd."""

from typing import Any

import pytest

from offerd import engine
from offerd.model.decision import Item, Proposition
from offerd.model.person import Assignment

OFFER = {"status": "approved"}


def document(**activity: Any) -> dict[str, Any]:
    """The activity A at p, with a choice of two offers, and B at q with the same."""
    live = {"status": "live", "selections": [{"offers": ["o", "other"]}]}
    return {
        "placements": {"p": {"content": []}, "q": {"content": []}},
        "offers": {"o": {**OFFER, "priority": 1}, "other": OFFER},
        "activities": {"A": {**live, "placements": ["p"], **activity}, "B": {**live, "placements": ["q"]}},
    }


def kept(offer: str = "o") -> dict[tuple[str, str], Proposition]:
    items = [Item(id="i", offer=offer, version=1)]
    return {("A", "p"): Proposition(id="k", ask=0, activity="A", placement="p", items=items)}


def released(offer: str = "o") -> dict[str, Assignment]:
    """The person's assignment in A, released to the offer that it was."""
    return {"A": Assignment(profile="p1", activity="A", state="released", rule="same", offer=offer)}


def lost(answer: engine.Answer) -> dict[str, tuple[str, Any, str | None]]:
    return {each.offer: (each.reason.code, each.reason.seen, each.selection) for each in answer.explanation.lost}


def test_an_answer_says_which_ask_it_is_for_and_where_it_is(tools: Any) -> None:
    made = document(keep="proposition")
    made["placements"]["empty"] = {"content": []}
    made["placements"]["p2"] = {"content": []}
    made["activities"]["New"] = {**made["activities"]["A"], "placements": ["p2"]}
    made["activities"]["Over"] = {**made["activities"]["A"], "status": "completed"}
    asks: list[tuple[dict[str, Any], tuple[str | None, str | None]]] = [
        ({"activity": "gone"}, ("gone", None)),
        ({"activity": "A", "placement": "gone"}, ("A", "gone")),
        ({"activity": "A"}, ("A", "p")),
        ({"activity": "New"}, ("New", "p2")),
        ({"activity": "New"}, ("New", "p2")),
        ({"placement": "gone"}, (None, "gone")),
        ({"placement": "empty"}, (None, "empty")),
        ({"placement": "p"}, ("A", "p")),
        ({"placement": "p2"}, ("New", "p2")),
        ({"offers": ["o"]}, (None, None)),
        ({}, (None, None)),
        ({"activity": "Over"}, ("Over", "p")),
    ]
    outcome = tools.decide(made, *(ask for ask, _ in asks), open=kept())
    seen = [(answer.ask, answer.activity, answer.placement) for answer in outcome.answers]
    assert seen == [(index, *where) for index, (_, where) in enumerate(asks)]
    assert [answer.kept is not None for answer in outcome.answers] == [index in {2, 7} for index in range(len(asks))]
    assert [answer.same_as for answer in outcome.answers] == [{4: 3, 8: 3}.get(index) for index in range(len(asks))]


def test_what_was_odd_is_said_once_with_the_name(tools: Any) -> None:
    asks = ({"activity": "x"}, {"placement": "y"}, {"placement": "y"}, {"offers": ["z"]}, {"activity": "A"})
    outcome = tools.decide(document(), *asks, property="v", pretend={"pins": {"A": "w"}})
    assert outcome.warnings == (
        "There is no property v",
        "There is no activity x",
        "There is no placement y",
        "There is no offer z",
        "The activity A has no offer w",
    )


def test_a_model_that_has_learned_nothing_is_named(tools: Any) -> None:
    made = document(selections=[{"offers": ["o"], "rank": {"model": "m"}}])
    assert tools.decide(made, {"activity": "A"}).warnings == (
        "The model m has learned nothing yet; its offers are ranked by priority",
    )


def test_an_activity_answers_at_its_other_placements_where_one_is_gone(tools: Any) -> None:
    outcome = tools.decide(document(placements=["gone", "p"]), {"activity": "A"})
    assert [(answer.placement, tools.offers(answer)) for answer in outcome.answers] == [("gone", []), ("p", ["o"])]


def test_an_offer_that_fell_names_the_selection_it_was_in(tools: Any) -> None:
    made = document(selections=[
        {"name": "drafts", "offers": ["draft"]},
        {"name": "split", "offers": ["o", "other"], "rank": {"traffic": {"o": 1}}},
    ])  # fmt: skip
    made["offers"]["draft"] = {"status": "draft"}
    (answer,) = tools.decide(made, {"activity": "A"}, explain=True).answers
    assert lost(answer) == {"draft": ("offer-status", "draft", "drafts"), "other": ("no-share", 0, "split")}


def test_offers_that_are_asked_for_directly_are_ranked_as_listed_and_end_with_the_first(tools: Any) -> None:
    made = document()
    made["offers"] = {
        "o": {**OFFER, "window": {"until": "2026-12-01"}, "caps": [{"id": "c", "limit": 9, "counts": "display"}]},
        "other": {**OFFER, "priority": 9, "window": {"until": "2026-11-30"}},
        "third": OFFER,
    }
    ask = {"offers": ["o", "other", "third"], "count": 2}
    (answer,) = tools.decide(made, ask, displayed=True, explain=True).answers
    assert [(each.offer.id, each.rank, each.score) for each in answer.given] == [
        ("o", "order", 0),
        ("other", "order", -1),
    ]
    assert [len(each.reservations) for each in answer.given] == [1, 0]
    assert answer.expires == tools.micros("2026-11-30T00:00:00Z")
    assert lost(answer) == {"third": ("outranked", 2, None)}


def test_every_offer_that_is_not_there_is_named(tools: Any) -> None:
    (answer,) = tools.decide(document(), {"offers": ["x", "y"]}, explain=True).answers
    assert lost(answer) == {"x": ("offer-unknown", None, None), "y": ("offer-unknown", None, None)}


@pytest.mark.parametrize("rest", [{"open": kept()}, {"pretend": {"pins": {"A": "o"}}}])
def test_what_was_not_ranked_is_a_duplicate_elsewhere_too(tools: Any, rest: dict[str, Any]) -> None:
    made = document(keep="proposition")
    first, second = tools.decide(made, {"activity": "A"}, {"activity": "B"}, explain=True, **rest).answers
    assert tools.offers(first) == ["o"]
    assert tools.offers(second) == ["other"]
    (fallen,) = second.explanation.lost
    assert (fallen.offer, fallen.reason.code, fallen.selection) == ("o", "duplicate", "B#0")
    assert fallen.reason.facts == {"activity": "A", "placement": "p"}


def test_the_others_fell_to_the_proposition_that_stands(tools: Any) -> None:
    made = document(keep="proposition")
    asks = ({"activity": "A"}, {"activity": "A"})
    for answer in tools.decide(made, *asks, open=kept("other"), explain=True).answers:
        assert lost(answer) == {"o": ("not-kept", "other", "A#0")}
    _, again = tools.decide(made, *asks, explain=True).answers
    assert lost(again) == {"other": ("not-kept", "o", "A#0")}


def test_a_proposition_that_is_repeated_takes_no_place_again(tools: Any) -> None:
    made = document(keep="proposition")
    made["offers"]["o"] = {**OFFER, "priority": 1, "caps": [{"id": "c", "limit": 9}]}
    first, again = tools.decide(made, {"activity": "A"}, {"activity": "A"}).answers
    assert [len(each.reservations) for each in first.given] == [1]
    assert [(each.offer.id, each.reservations) for each in again.given] == [("o", ())]


def test_a_proposition_that_an_earlier_ask_closed_is_not_given_by_a_later_one(tools: Any) -> None:
    made = document(keep="proposition", selections=[{"offers": ["o"], "when": "context.ok"}])
    asks = [{"activity": "A", "context": {"members": {"ok": ok}}} for ok in (False, True)]
    outcome = tools.decide(made, *asks, open=kept())
    assert [(answer.kept, tools.offers(answer)) for answer in outcome.answers] == [(None, []), (None, ["o"])]
    assert list(outcome.closed) == ["k"]


def test_a_release_to_the_same_says_so_of_the_offer_and_of_the_others(tools: Any) -> None:
    (answer,) = tools.decide(
        document(keep="profile"), {"activity": "A"}, assignments=released(offer="other"), explain=True
    ).answers
    assert [(each.offer.id, each.rank, each.selection, each.score) for each in answer.given] == [
        ("other", "kept", "A#0", 0)
    ]
    assert lost(answer) == {"o": ("not-kept", "other", "A#0")}


@pytest.mark.parametrize("own", [{"placements": ["q"]}, {"when": "vip"}])
def test_a_release_to_the_same_chooses_anew_where_it_does_not_match(tools: Any, own: dict[str, Any]) -> None:
    selections = [{"offers": ["o"], **own}, {"offers": ["other"]}]
    made = document(keep="profile", placements=["p", "q"], selections=selections)
    assert tools.given(made, {"activity": "A", "placement": "p"}, assignments=released()) == [["other"]]


def test_an_activity_without_placements_answers_at_any(tools: Any) -> None:
    assert tools.given(document(placements=[]), {"activity": "A", "placement": "p"}) == [["o"]]


def test_one_choice_for_all_placements_does_not_mind_one_that_is_gone(tools: Any) -> None:
    made = document(keep="request", placements=["p", "gone"])
    assert tools.given(made, {"activity": "A", "placement": "p"}) == [["o"]]


def test_what_is_gone_hides_nothing_that_comes_after_it(tools: Any) -> None:
    made = document(selections=["gone", {"offers": ["gone", "o"]}])
    assert tools.given(made, {"activity": "A"}) == [["o"]]


def test_an_offer_of_two_selections_that_score_the_same_is_of_the_first(tools: Any) -> None:
    made = document(selections=[{"offers": ["o"]}, {"offers": ["o"]}])
    assert [each.selection for each in tools.decide(made, {"activity": "A"}).answers[0].given] == ["A#0"]


def test_a_named_selection_is_called_by_its_id(tools: Any) -> None:
    made = {**document(selections=["s"]), "selections": {"s": {"name": "The best", "offers": ["o"]}}}
    assert [each.selection for each in tools.decide(made, {"activity": "A"}).answers[0].given] == ["s"]


def test_a_cap_of_an_offer_written_in_an_activity_goes_by_the_workspace_s_zone(tools: Any) -> None:
    cap = {"id": "c", "limit": 1, "every": "day"}
    made = document(selections=[{"inline": {"i": {**OFFER, "caps": [cap]}}}])
    evening = {"zone": "America/New_York", "now": "2026-11-21T03:00:00Z"}
    (given,) = tools.decide(made, {"activity": "A"}, **evening).answers[0].given
    assert [each.key.window for each in given.reservations] == ["day:2026-11-20"]


def test_a_pinned_offer_that_shows_nothing_here_falls_like_any_other(tools: Any) -> None:
    made = document()
    made["placements"]["p"] = {"content": ["html"]}
    made["offers"]["other"] = {**OFFER, "content": {"p": {"html": "x"}}}
    (answer,) = tools.decide(made, {"activity": "A"}, pretend={"pins": {"A": "o"}}, explain=True).answers
    assert answer.given == ()
    assert lost(answer) == {"o": ("no-content", [], "A#0"), "other": ("not-pinned", "o", "A#0")}


def test_a_pin_leaves_the_selections_of_other_placements_alone(tools: Any) -> None:
    made = document(selections=[{"offers": ["o"]}, {"offers": ["other"], "placements": ["q"]}])
    (answer,) = tools.decide(made, {"activity": "A"}, pretend={"pins": {"A": "o"}}, explain=True).answers
    assert lost(answer) == {}


def test_a_pin_on_a_collection_that_depends_on_the_person_holds_only_for_them(tools: Any) -> None:
    made = document(selections=[{"collection": {"where": "offer.id = wish or offer.id = also"}}])
    for wish, given in (("o", ["o"]), ("x", [])):
        outcome = tools.decide(
            made,
            {"activity": "A"},
            pretend={"pins": {"A": "o"}},
            attributes={"wish": wish, "also": "other"},
            explain=True,
        )
        assert tools.offers(outcome.answers[0]) == given
        assert lost(outcome.answers[0])["other"][0] == "not-pinned"


def test_a_pin_in_a_collection_that_is_gone(tools: Any) -> None:
    made = document(selections=[{"collection": "gone"}])
    (answer,) = tools.decide(made, {"activity": "A"}, pretend={"pins": {"A": "o"}}).answers
    assert answer.given == ()


def test_a_proposition_is_kept_only_where_a_selection_holds_its_offer(tools: Any) -> None:
    made = document(keep="proposition", placements=["p", "q"], selections=[{"offers": ["o"], "placements": ["q"]}])
    outcome = tools.decide(made, {"activity": "A", "placement": "p"}, open=kept())
    assert {name: why.code for name, why in outcome.closed.items()} == {"k": "left-selection"}


def test_the_rules_of_a_kept_proposition_look_at_its_offer(tools: Any) -> None:
    made = document(keep="proposition", selections=[{"offers": ["o"], "when": 'offer.id = "o"'}])
    made["offers"]["o"] = {**OFFER, "eligible": "offer.priority = 0"}
    assert tools.decide(made, {"activity": "A"}, open=kept()).answers[0].kept is not None
    made["activities"]["A"]["selections"] = [{"offers": ["o"], "when": 'offer.id = "x"'}]
    (why,) = tools.decide(made, {"activity": "A"}, open=kept()).closed.values()
    assert (why.code, why.stage, why.path, why.seen) == ("selection-condition", "selection", "offer.id", "o")


def test_the_conditions_of_a_remembered_offer_s_components_look_at_it(tools: Any) -> None:
    made = document(keep="request")
    made["placements"]["p"] = {"content": ["html"]}
    made["offers"] = {
        "o": {**OFFER, "content": {"p": {"html": "x", "when": 'offer.id = "o"'}}},
        "other": {**OFFER, "priority": -1},
    }
    answers = tools.decide(made, {"activity": "A"}, {"activity": "A"}, duplicates=True).answers
    assert [[part.body for part in answer.given[0].components] for answer in answers] == [["x"], ["x"]]


def test_a_component_has_the_format_and_template_of_the_content_it_names(tools: Any) -> None:
    made = document()
    made["placements"]["p"] = {"content": ["html"]}
    made["contents"] = {"c": {"type": "html", "body": "<i>", "template": "liquid", "format": "text/x"}}
    parts = [{"ref": "c", "locator": "#a"}, {"ref": "c", "locator": "#b", "format": "text/own"}]
    made["offers"]["o"] = {**OFFER, "content": {"p": parts}}
    (given,) = tools.decide(made, {"activity": "A"}).answers[0].given
    shown = [(part.type, part.body, part.template, part.format) for part in given.components]
    assert shown == [("html", "<i>", "liquid", "text/x"), ("html", "<i>", "liquid", "text/own")]


def test_an_answer_does_not_call_lost_what_another_activity_gave(tools: Any) -> None:
    made = document(priority=2, selections=[{"offers": ["o"], "when": "vip"}])
    made["activities"]["B"]["placements"] = ["p"]
    (answer,) = tools.decide(made, {"placement": "p"}, explain=True).answers
    assert (answer.activity, tools.offers(answer)) == ("B", ["o"])
    assert lost(answer) == {"other": ("outranked", 1, "B#0")}
    assert answer.explanation.reason is None


def test_an_answer_of_activities_that_had_nothing_names_them_and_no_other_reason(tools: Any) -> None:
    (answer,) = tools.decide(document(selections=[]), {"placement": "p"}, explain=True).answers
    assert [(name, why.code) for name, why in answer.explanation.activities.items()] == [("A", "empty")]
    assert answer.explanation.reason is None


@pytest.mark.parametrize(
    ("activity", "rest"),
    [
        ({"status": "completed"}, {}),
        ({}, {"assignments": {"A": Assignment(profile="p1", activity="A", state="barred")}}),
        ({"properties": ["x"]}, {}),
    ],
)
def test_a_proposition_that_cannot_stand_does_not_go_before_others(tools: Any, activity: Any, rest: Any) -> None:
    made = document(keep="proposition", **activity)
    made["activities"]["B"] |= {"placements": ["p"], "priority": 5}
    (answer,) = tools.decide(made, {"placement": "p"}, open=kept(), explain=True, **rest).answers
    assert answer.activity == "B"
    assert answer.explanation.activities["A"].code == "activity-outranked"
    (answer,) = tools.decide(document(keep="proposition"), {"placement": "p"}, open=kept()).answers
    assert answer.activity == "A"
