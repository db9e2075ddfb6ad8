"""What is decided: one content for an mbox, all for a page, stickiness, entry, properties, attributes, macros."""

import pytest

from offerd.engine.traffic import allocation, murmur


def hero(body, index=0):
    return body["execute"]["mboxes"][index].get("options")


def content(mbox):
    return [option["content"] for option in mbox.get("options", [])]


def test_the_hash_is_targets():
    assert float(allocation("someClientId", "123456", "ecid123", "salty")) == 29.06
    assert float(allocation("someClientId", "123456", "tntId123", "salty")) == 21.94
    assert float(allocation("someClientId", "123456", "thirtPartyId123", "salty")) == 73.15
    assert murmur("acmeclient.1111.702ff4d0-83b1-4e2e-a0a6-22cbe460eb15.experience") == -919077116


def test_default_content_holds_an_mbox_and_one_choice_stands_in_all_places(deliver, visitors):
    visitor = next(visitors(35, 66))
    mboxes = [{"name": "hero", "parameters": {"tier": "silver"}}, {"name": "hero"}, {"name": "foot"}]
    body = deliver(id={"tntId": visitor}, execute={"pageLoad": {}, "mboxes": mboxes})
    assert [content(each) for each in body["execute"]["mboxes"]] == [
        [], ["<b>B</b>"], ["<b>From Colours in foot</b>"],
    ]  # fmt: skip
    assert body["execute"]["pageLoad"]["options"][0]["content"] == [
        {"type": "setHtml", "content": "<i>b</i>", "selector": "#x", "cssSelector": "#x"}
    ]


def test_a_place_is_split_by_the_allocation(deliver, visitors):
    for low, high, wanted in ((0, 34, None), (34.01, 67, "<b>B</b>"), (67.01, 99.99, "<b>C</b>")):
        for visitor in (next(visitors(low, high)), next(visitors(high - 1, high))):
            shown = hero(deliver(id={"tntId": f"{visitor}.28_0"}, execute={"mboxes": [{"name": "hero"}]}))
            assert (shown and shown[0]["content"]) == wanted


def test_the_experience_cloud_id_splits_before_the_visitor_id_and_that_before_the_persons(deliver, visitors):
    b, c = next(visitors(35, 66)), next(visitors(68, 99))
    ask = {"mboxes": [{"name": "hero"}]}
    ids = {"marketingCloudVisitorId": b, "tntId": c, "thirdPartyId": c}
    assert hero(deliver(id=ids, execute=ask))[0]["content"] == "<b>B</b>"
    assert hero(deliver(id={"thirdPartyId": f"{c}"}, execute=ask, session="s-3"))[0]["content"] == "<b>B</b>"


def test_the_person_splits_where_there_is_no_browser(deliver, visitors):
    b = next(visitors(35, 66))
    assert hero(deliver(id={"thirdPartyId": b}, execute={"mboxes": [{"name": "hero"}]}))[0]["content"] == "<b>B</b>"


def test_a_visitor_stays_where_they_are_when_the_split_moves(deliver, visitors, site):
    old, new = (visitor for visitor, _ in zip(visitors(35, 66), range(2), strict=False))
    ask = {"mboxes": [{"name": "hero"}]}
    assert hero(deliver(id={"tntId": old}, execute=ask))[0]["content"] == "<b>B</b>"
    moved = [{"op": "replace", "path": "/selections/0/rank/traffic", "value": {"a": 0, "b": 0, "c": 100}}]
    answer = site.patch("/activities/ab", json=moved, headers={"content-type": "application/json-patch+json"})
    assert answer.status_code == 200, answer.text
    assert hero(deliver(id={"tntId": old}, execute=ask))[0]["content"] == "<b>B</b>"
    assert hero(deliver(id={"tntId": new}, execute=ask))[0]["content"] == "<b>C</b>"


def test_a_percentage_lets_in_whom_the_hash_says(deliver, visitors, site):
    site.patch("/activities/ab", json={"percent": 50}, headers={"content-type": "application/merge-patch+json"})
    ask = {"mboxes": [{"name": "hero"}]}
    inside, outside = next(visitors(40, 50)), next(visitors(50.01, 60))
    assert hero(deliver(id={"tntId": inside}, execute=ask))[0]["content"] == "<b>C</b>"  # the last third of 50
    assert hero(deliver(id={"tntId": outside}, execute=ask)) is None


def test_a_conversion_releases_a_visitor_who_then_enters_anew(deliver, visitors):
    visitor = next(v for v in visitors(35, 66) if v in set(visitors(68, 99, salt="1")))
    ask = {"mboxes": [{"name": "hero"}]}
    assert hero(deliver(id={"tntId": visitor}, execute=ask))[0]["content"] == "<b>B</b>"
    deliver(id={"tntId": visitor}, execute={"mboxes": [{"name": "order-confirm", "order": {"id": "o", "total": 9}}]})
    assert hero(deliver(id={"tntId": visitor}, execute=ask))[0]["content"] == "<b>C</b>"


def test_the_highest_activity_alone_has_an_mbox(deliver):
    body = deliver(execute={"mboxes": [{"name": "hero", "parameters": {"tier": "gold"}}]})
    assert content(body["execute"]["mboxes"][0]) == ["<b>Gold gold</b>"]


def test_a_form_and_all_changes_to_a_page_are_given_the_lowest_first(deliver, visitors):
    visitor = {"tntId": next(visitors(35, 66))}
    page = deliver(id=visitor, execute={"pageLoad": {"parameters": {"form": 1}}})["execute"]["pageLoad"]
    assert [option["type"] for option in page["options"]] == ["actions", "html"]
    assert page["options"][1]["content"] == "<form></form>"
    same = deliver(id=visitor, execute={"mboxes": [{"name": "target-global-mbox", "parameters": {"form": "1"}}]})
    assert [option["type"] for option in same["execute"]["mboxes"][0]["options"]] == ["actions", "html"]


def test_a_component_of_a_page_has_an_audience_of_its_own(deliver, visitors):
    visitor = {"tntId": next(visitors(35, 66))}
    page = deliver(id=visitor, context={"geo": {"countryCode": "FR"}}, execute={"pageLoad": {}})["execute"]["pageLoad"]
    assert [each["selector"] for each in page["options"][0]["content"]] == ["#x", "#hello"]
    assert page["options"][0]["content"][1] == {
        "type": "setHtml", "content": "Bonjour", "selector": "#hello", "cssSelector": "#hello",
    }  # fmt: skip


@pytest.mark.parametrize("token", [None, "wrong", "11111111-2222-3333-4444-555555555555"])
def test_an_activity_of_a_property_answers_for_its_token(deliver, token):
    body = deliver(**({"property": {"token": token}} if token else {}), execute={"mboxes": [{"name": "app"}]})
    options = hero(body)
    if token is None or token == "wrong":
        assert options is None
    else:
        assert (options[0]["type"], options[0]["content"]) == ("redirect", "https://example.com/app")


def test_attributes_count_at_once_in_the_request_that_brings_them(deliver, site):
    visitor = {"tntId": "v"}
    both = {"mboxes": [{"name": "deal"}, {"name": "nowhere", "profileParameters": {"tier": "gold"}}]}
    assert hero(deliver(id=visitor, execute={"mboxes": [{"name": "deal"}]}))[0]["content"] == {"discount": 5}
    assert hero(deliver(id=visitor, execute=both))[0]["content"] == {"discount": 20}
    assert hero(deliver(id=visitor, execute={"mboxes": [{"name": "deal"}]}))[0]["content"] == {"discount": 20}
    before = site.get("/profiles/tntId:v").json()["version"]
    deliver(id=visitor, execute=both)
    assert site.get("/profiles/tntId:v").json()["version"] == before, "what is known already is not written again"


def test_a_profile_does_not_grow_without_end(deliver):
    for number in range(7):
        many = {f"a{number}-{index}": "x" * 200 for index in range(50)}
        last = deliver(
            id={"tntId": "v"}, execute={"pageLoad": {"profileParameters": many}}, status=400 if number == 6 else 200
        )
    assert "would be larger than 65536 bytes" in last["message"]


def test_views_are_prefetched_with_tokens_and_state(deliver):
    for asked in ({}, {"name": "HOME"}, {"key": "Home"}):
        views = deliver(prefetch={"views": [asked]})["prefetch"]["views"]
        assert [view["name"] for view in views] == ["home"]
        assert views[0]["options"][0]["eventToken"]
        assert views[0]["state"]
        assert views[0]["metrics"][0]["selector"] == ".go"
    views = deliver(prefetch={"views": [{}, {"name": "home"}, {"name": "none"}, {}]})["prefetch"]["views"]
    assert [view["name"] for view in views] == ["home"], "each once"
    for asked in ({"name": "other"}, {"key": "other"}):
        assert deliver(prefetch={"views": [asked]})["prefetch"] == {"views": []}


def test_prefetched_options_have_tokens_and_executed_ones_have_none(deliver, events):
    ask = {"mboxes": [{"index": 0, "name": "deal"}, {"index": 1, "name": "nowhere"}]}
    later = deliver(prefetch=ask)["prefetch"]["mboxes"]
    assert later[0]["options"][0]["eventToken"]
    assert later[0]["state"]
    assert later[1].keys() == {"index", "name", "state"}
    assert events() == []
    now = deliver(execute=ask)["execute"]["mboxes"]
    assert "eventToken" not in now[0]["options"][0]
    assert [each["placement"] for each in events("display")] == ["deal"]


def test_response_tokens_say_what_is_shown(start_server, deliver):
    tokens = hero(deliver(execute={"mboxes": [{"name": "deal"}]}))[0]["responseTokens"]
    assert tokens.pop("activity.id").isdigit()
    assert tokens == {
        "activity.name": "Everyone", "experience.id": "0", "experience.name": "only", "offer.id": "1",
        "offer.name": "only", "option.id": "1", "option.name": "only",
    }  # fmt: skip


def test_a_named_content_has_its_own_number_and_name(deliver, visitors, site):
    visitor = {"tntId": next(visitors(35, 66))}
    tokens = hero(deliver(id=visitor, execute={"mboxes": [{"name": "foot"}]}))[0]["responseTokens"]
    assert tokens["offer.name"] == "Banner"
    assert tokens["offer.id"] == site.get("/contents/banner").json()["ids"]["number"]
    assert (tokens["experience.id"], tokens["experience.name"]) == ("1", "Experience B")


def test_a_macro_shows_a_parameter_as_text_and_never_as_markup(deliver):
    evil = "gold"
    body = deliver(execute={"mboxes": [{"name": "hero", "parameters": {"tier": evil}}]})
    assert hero(body)[0]["content"] == "<b>Gold gold</b>"


def test_clicks_are_told_where_a_goal_waits_for_them(deliver, visitors):
    visitor = {"tntId": next(visitors(35, 66))}
    body = deliver(id=visitor, execute={"pageLoad": {}, "mboxes": [{"name": "hero"}, {"name": "foot"}]})["execute"]
    assert [metric.get("selector") for metric in body["pageLoad"]["metrics"]] == ["#buy"]
    assert [metric.keys() for metric in body["mboxes"][0]["metrics"]] == [{"type", "eventToken"}]
    assert "metrics" not in body["mboxes"][1]
