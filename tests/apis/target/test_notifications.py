"""What clients tell: displays and clicks by their tokens, conversions, orders; each once."""

import pytest

from offerd.apis.target.tokens import Event, Preview, Tokens

NOW = 1_767_268_800_000  # 2026-01-01T12:00:00Z, which the server takes for now


def told(type_="display", id_="n-1", **more):
    return {"id": id_, "type": type_, "timestamp": NOW, **more}


@pytest.fixture
def shown(deliver, visitors):
    """A visitor in experience B, and the prefetched hero."""
    visitor = {"tntId": next(visitors(35, 66))}
    mbox = deliver(id=visitor, prefetch={"mboxes": [{"name": "hero"}]})["prefetch"]["mboxes"][0]
    return visitor, mbox


def test_a_display_stands_for_what_its_token_says(deliver, events, shown):
    visitor, mbox = shown
    notification = told(tokens=[mbox["options"][0]["eventToken"]], mbox={"name": "hero", "state": mbox["state"]})
    assert deliver(id=visitor, notifications=[notification])["notifications"] == [{"id": "n-1"}]
    (seen,) = events()
    assert (seen["type"], seen["activity"], seen["offer"], seen["placement"]) == ("display", "ab", "b", "hero")
    assert seen["at"] == "2026-01-01T12:00:00Z"
    assert seen["data"] == {"session": "s-1"}
    assert "proposition" not in seen


def test_default_content_that_was_prefetched_is_told_and_counted_as_any_other(deliver, events, visitors):
    visitor = {"tntId": next(visitors(0, 34))}
    ask = {"mboxes": [{"name": "hero"}, {"name": "nowhere"}], "pageLoad": {}}
    later = deliver(id=visitor, prefetch=ask)["prefetch"]
    (mbox,), (page,) = later["mboxes"][0]["options"], later["pageLoad"]["options"]
    assert [(each["type"], each["content"]) for each in (mbox, page)] == [("actions", [])] * 2, "nothing is shown"
    assert "options" not in later["mboxes"][1]
    deliver(id=visitor, notifications=[told(tokens=[mbox["eventToken"], page["eventToken"]])])
    seen = [(each["activity"], each["offer"], each["placement"]) for each in events("display")]
    assert sorted(seen) == [("ab", "a", "hero"), ("ab", "a", "target-global-mbox")]
    assert "options" not in deliver(id=visitor, execute=ask)["execute"]["mboxes"][0]


def test_a_token_counts_for_a_visitor_who_was_never_given_anything(server, workspace, deliver, events):
    token = Tokens(server.house, workspace).event(Event("ab", "c", "hero"))
    notification = told(tokens=[token], impressionId="i-1", mbox={"name": "hero"})
    deliver(session="other", id={"tntId": "unknown"}, notifications=[notification])
    assert [(each["activity"], each["offer"]) for each in events("display")] == [("ab", "c")]


def test_an_impression_counts_once_however_it_is_told(deliver, events, shown):
    visitor, mbox = shown
    tokens = [mbox["options"][0]["eventToken"]] * 2
    for number in range(3):
        notification = told(id_=f"n-{number}", impressionId="i-1", tokens=tokens)
        deliver(id=visitor, notifications=[notification])
    deliver(id=visitor, impressionId="i-1", execute={"mboxes": [{"name": "hero"}, {"name": "hero"}]})
    assert len(events("display")) == 1
    for _ in range(2):
        deliver(id=visitor, impressionId="i-2", execute={"mboxes": [{"name": "hero"}, {"name": "hero"}]})
    assert len(events("display")) == 2
    deliver(id=visitor, impressionId="i-2", notifications=[told(tokens=tokens)])
    assert len(events("display")) == 2


def test_page_views_of_one_name_are_those_of_each_visitor(deliver, events, shown, visitors):
    visitor, mbox = shown
    other = {"tntId": next(name for name in visitors(34, 100) if name != visitor["tntId"])}
    for each in (visitor, other):
        notification = told(impressionId="page", tokens=[mbox["options"][0]["eventToken"]])
        deliver(id=each, notifications=[notification])
        deliver(id=each, impressionId="page", execute={"mboxes": [{"name": "deal"}]})
    assert [each["placement"] for each in events("display")].count("hero") == 2
    assert [each["placement"] for each in events("display")].count("deal") == 2


def test_a_repeated_impression_takes_no_second_place_under_a_cap_on_displays(deliver, site):
    cap = [{"id": "twice", "limit": 2, "per": "profile", "counts": "display"}]
    path = "/selections/0/inline/only/caps"
    patch = [{"op": "add", "path": path, "value": cap}]
    answer = site.patch("/activities/everyone", json=patch, headers={"content-type": "application/json-patch+json"})
    assert answer.status_code == 200, answer.text
    ask = {"mboxes": [{"name": "deal"}]}
    shown = [
        "options" in deliver(id={"tntId": "v"}, impressionId=name, execute=ask)["execute"]["mboxes"][0]
        for name in ("i-1", "i-1", "i-1", "i-2", "i-3")
    ]
    assert shown == [True, True, True, True, False]


def test_a_click_reaches_its_goal_and_is_told_again_for_nothing(deliver, events, shown):
    visitor, mbox = shown
    click = told("click", tokens=[mbox["metrics"][0]["eventToken"]], mbox={"name": "hero"})
    for _ in range(2):
        deliver(id=visitor, notifications=[click], status=204, context={"beacon": True})
    deliver(id=visitor, notifications=[{**click, "id": "n-2"}])
    assert [each["placement"] for each in events("click")] == ["hero", "hero"]


def test_a_click_on_a_selector_keeps_it(deliver, events, visitors):
    visitor = {"tntId": next(visitors(35, 66))}
    page = deliver(id=visitor, execute={"pageLoad": {}})["execute"]["pageLoad"]
    deliver(id=visitor, notifications=[told("click", tokens=[page["metrics"][0]["eventToken"]])])
    assert [each["selector"] for each in events("click")] == ["#buy"]


def test_one_wrong_token_refuses_the_whole_request(deliver, events, shown, server, workspace):
    visitor, mbox = shown
    good = mbox["options"][0]["eventToken"]
    foreign = Tokens(server.house, "another").event(Event("ab", "b", "hero"))
    changed = good[:-2] + ("AA" if good[-2:] != "AA" else "BB")
    for wrong in (foreign, changed, mbox["state"], "", "ü", good[:10], "x" * 20_000):
        notifications = [told(tokens=[good]), told(id_="n-2", tokens=[wrong])]
        ask = {"mboxes": [{"name": "nowhere", "profileParameters": {"tier": "gold"}}]}
        refused = deliver(id=visitor, notifications=notifications, execute=ask, status=400)
        assert "token" in refused["message"]
    assert events() == []


def test_a_request_with_more_tokens_than_a_page_can_have_is_refused(deliver, events, shown):
    visitor, mbox = shown
    tokens = [mbox["options"][0]["eventToken"]] * 500
    three = [told(id_=f"n-{number}", tokens=tokens) for number in range(3)]
    assert "between 0 and 1000" in deliver(id=visitor, notifications=three, status=400)["message"]
    assert events() == []
    deliver(id=visitor, notifications=three[:2])
    assert len(events("display")) == 2


def test_what_was_deleted_since_is_told_for_nothing(deliver, events, shown, server, workspace):
    visitor, _ = shown
    tokens = Tokens(server.house, workspace)
    gone = [tokens.event(Event("gone", "b", "hero")), tokens.event(Event("ab", "gone", "hero", None, "99"))]
    assert deliver(id=visitor, notifications=[told(tokens=gone)])["notifications"] == [{"id": "n-1"}]
    assert [(each["activity"], each.get("offer")) for each in events()] == [("ab", None)]


def test_a_clock_that_is_ahead_is_set_back(deliver, events, shown):
    visitor, mbox = shown
    tokens = [mbox["options"][0]["eventToken"]]
    deliver(id=visitor, notifications=[told(tokens=tokens, timestamp=NOW * 1000), told(id_="n-2", tokens=tokens)])
    assert {each["at"] for each in events()} == {"2026-01-01T12:00:00Z"}


def test_a_place_that_is_shown_is_a_conversion_of_those_who_are_in_the_activity(deliver, events, visitors):
    inside, stranger = {"tntId": next(visitors(35, 66))}, {"tntId": "stranger"}
    deliver(id=inside, execute={"mboxes": [{"name": "hero"}]})
    order = {"id": "o-1", "total": "12.50", "purchasedProductIds": "a, b"}
    for visitor in (inside, stranger, inside):
        body = deliver(id=visitor, execute={"mboxes": [{"name": "order-confirm", "order": order}]})
        assert body["execute"]["mboxes"] == [{"index": 0, "name": "order-confirm"}]
    (seen,) = events("conversion")
    assert (seen["activity"], seen["offer"], seen["placement"]) == ("ab", "b", "order-confirm")
    assert float(seen["value"]) == 12.5
    assert seen["data"]["order"] == {"id": "o-1", "products": ["a", "b"]}


@pytest.mark.parametrize("told_as", ["shown", "notified"])
def test_a_visitor_who_logs_in_with_the_order_converts(deliver, events, visitors, told_as):
    browser = {"tntId": next(visitors(35, 66))}
    deliver(id=browser, execute={"mboxes": [{"name": "hero"}]})
    place = {"name": "order-confirm"}
    what = {"execute": {"mboxes": [place]}} if told_as == "shown" else {"notifications": [told(mbox=place)]}
    deliver(id={**browser, "thirdPartyId": "jo"}, **what)
    assert [(each["activity"], each["offer"]) for each in events("conversion")] == [("ab", "b")]


def test_an_event_without_tokens_is_a_conversion_too(deliver, events, visitors):
    visitor = {"tntId": next(visitors(35, 66))}
    deliver(id=visitor, execute={"mboxes": [{"name": "hero"}]})
    for name in ("n-1", "n-1"):
        event = told(id_=name, mbox={"name": "order-confirm"}, parameters={"x": 1})
        deliver(id=visitor, requestId="r-1", notifications=[event])
    assert [each["data"]["parameters"] for each in events("conversion")] == [{"x": "1"}]


@pytest.mark.parametrize("goal", [{"on": "conversion"}, {"on": "click", "at": "deal"}])
def test_an_activity_that_remembers_nothing_converts_the_experience_last_seen(deliver, events, site, goal):
    merge = {"content-type": "application/merge-patch+json"}
    site.patch("/activities/everyone", json={"goals": [goal]}, headers=merge).raise_for_status()
    visitor = {"tntId": "v"}
    bought = "at" not in goal
    order = {"mbox": {"name": "deal"}, **({"order": {"id": "o", "total": 1}} if bought else {})}
    type_ = "display" if bought else "click"
    deliver(id=visitor, notifications=[told(type_, **order)])
    assert events(goal["on"]) == []
    deliver(id=visitor, execute={"mboxes": [{"name": "deal"}]})
    deliver(id=visitor, notifications=[told(type_, id_="n-2", **order)])
    assert [(each["activity"], each["offer"]) for each in events(goal["on"])] == [("everyone", "only")]


def test_a_view_and_a_page_convert_as_an_mbox_does(deliver, events, site):
    merge = {"content-type": "application/merge-patch+json"}
    goals = [{"on": "conversion", "at": "home"}, {"on": "conversion", "at": "target-global-mbox"}]
    site.patch("/activities/everyone", json={"goals": goals}, headers=merge).raise_for_status()
    visitor = {"tntId": "v"}
    deliver(id=visitor, execute={"mboxes": [{"name": "deal"}]})
    deliver(id=visitor, notifications=[told(view={"name": "HOME"}), told(id_="n-2", pageLoad={})])
    assert {each["placement"] for each in events("conversion")} == {"home", "target-global-mbox"}


def test_a_cap_that_counts_clicks_asks_for_them(deliver, site):
    caps = [{"id": "c", "limit": 1, "counts": "click"}]
    cap = [{"op": "add", "path": "/selections/0/inline/only/caps", "value": caps}]
    json_patch = {"content-type": "application/json-patch+json"}
    site.patch("/activities/everyone", json=cap, headers=json_patch).raise_for_status()
    mbox = deliver(id={"tntId": "v"}, execute={"mboxes": [{"name": "deal"}]})["execute"]["mboxes"][0]
    deliver(id={"tntId": "v"}, notifications=[told("click", tokens=[mbox["metrics"][0]["eventToken"]])])
    assert "options" not in deliver(id={"tntId": "v"}, execute={"mboxes": [{"name": "deal"}]})["execute"]["mboxes"][0]


def test_a_token_says_the_same_in_every_run_and_nothing_to_another_use(server, workspace):
    tokens = Tokens(server.house, workspace)
    event = Event("ab", "b", "hero", 1, "bought")
    assert tokens.event(event) == Tokens(server.house, workspace).event(event)
    assert tokens.read_event(tokens.event(event)) == event
    preview = tokens.preview(Preview(["ab"], ["b"]))
    assert tokens.read_preview(preview) == Preview(["ab"], ["b"])
    assert tokens.read_event(preview) is None
    assert tokens.read_preview(tokens.event(event)) is None
