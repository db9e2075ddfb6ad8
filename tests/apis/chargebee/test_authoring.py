"""Plays written as catalogues: what is checked, what is not shown, and what the linter says of it."""

import pytest

CARD = {"offer-card": {"title": "T", "description": "D"}}
OPTION = {"id": "ok", "label": "Ok", "fulfil": {"kind": "redirect", "url": "https://shop.example/ok"}}
PLAY = {"status": "live", "keep": "proposition", "placements": ["in-app"], "priority": 99}


def findings(site):
    found = site.native.get("/catalogue/findings").json()["items"]
    return {each["pointer"]: each["message"] for each in found if each["code"] == "chargebee"}


def offer(**more):
    return {"status": "approved", "content": {"in-app": CARD}, "choices": [OPTION], **more}


def test_a_whole_site_has_nothing_odd(site):
    assert findings(site) == {}


@pytest.mark.parametrize(
    ("kind", "extension", "pointer"),
    [
        ("placements", "text", ""),
        ("placements", {"field": []}, "/field"),
        ("placements", {"fields": ["customer_id"]}, "/fields"),
        ("placements", {"fields": "email"}, "/fields"),
        ("placements", {"custom": ["a", "A"]}, "/custom"),
        ("placements", {"custom": ["a..b"]}, "/custom"),
        ("placements", {"custom": [1]}, "/custom"),
        ("placements", {"custom": [f"f{index}" for index in range(501)]}, "/custom"),
        ("placements", {"customers": "some"}, "/customers"),
        ("properties", {"brand": ""}, "/brand"),
        ("properties", {"brand": "b" * 51}, "/brand"),
        ("properties", {"brand": 5}, "/brand"),
        ("offers", {}, ""),
    ],
)
def test_extensions_are_checked(site, kind, extension, pointer):
    answer = site.native.post("/catalogue/apply", json={kind: {"x": {"extensions": {"chargebee": extension}}}})
    assert answer.status_code == 422, answer.text
    assert [each["pointer"] for each in answer.json()["errors"]] == [f"/{kind}/x/extensions/chargebee{pointer}"]


def test_the_extension_of_a_choice_is_checked(site):
    choice = {**OPTION, "extensions": {"chargebee": {"processing_layout": "popup"}}}
    answer = site.native.post("/catalogue/apply", json={"offers": {"x": offer(choices=[choice])}})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/offers/x/choices/0/extensions/chargebee/processing_layout"


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"choices": []}, "/choices"),
        ({"choices": [{"id": "ok", "label": "Ok"}]}, "/choices/0/fulfil/kind"),
        ({"choices": [{"id": "ok", "label": "Ok", "fulfil": {"kind": "none"}}]}, "/choices/0/fulfil/kind"),
        ({"choices": [{**OPTION, "label": ""}]}, "/choices/0/label"),
        ({"choices": [{**OPTION, "label": "l" * 51}]}, "/choices/0/label"),
        ({"choices": [{**OPTION, "id": "i" * 51}]}, "/choices/0/id"),
        ({"choices": [{**OPTION, "fulfil": {"kind": "redirect"}}]}, "/choices/0/fulfil/url"),
        (
            {"choices": [{**OPTION, "fulfil": {"kind": "redirect", "url": f"https://shop.example/{'x' * 250}"}}]},
            "/choices/0/fulfil/url",
        ),
        ({"choices": [{**OPTION, "fulfil": {"kind": "checkout"}}]}, "/choices/0/fulfil/url"),
        ({"content": {"in-app": {"offer-card": {"title": "T"}}}}, "/content/in-app/0/body/description"),
        ({"content": {"in-app": {"offer-card": "text"}}}, "/content/in-app/0/body/title"),
        ({"ids": {"chargebee": "x" * 51}}, "/id"),
    ],
)
def test_an_offer_that_lacks_something_is_not_shown_and_told_of(site, more, pointer):
    play = {**PLAY, "selections": [{"offers": ["bad", "good"], "rank": "order"}]}
    site.apply({"offers": {"bad": offer(**more), "good": offer()}, "activities": {"first": play}})
    shown = site.offer("c1")
    assert shown["offer_id"] == "good"
    assert site.offer("c1")["id"] == shown["id"]
    assert f"/offers/bad{pointer}" in findings(site)
    assert all(at.startswith("/offers/bad/") for at in findings(site))


def test_a_checkout_may_have_its_page_from_a_setting(alone):
    site = alone(fulfilment_pages={"checkout": "https://pay.example/{{ choice.id }}"})
    paid = offer(choices=[{**OPTION, "fulfil": {"kind": "checkout"}}])
    site.apply({"offers": {"paid": paid}, "activities": {"first": {**PLAY, "selections": [{"offers": ["paid"]}]}}})
    assert findings(site) == {}
    assert site.accept(site.offer("c1"), "ok")["hosted_page"]["url"] == "https://pay.example/ok"


def test_offers_written_in_a_play_are_shown(site):
    play = {**PLAY, "selections": [{"inline": {"own": offer(), "bad": offer(choices=[], priority=9)}}]}
    site.apply({"activities": {"first": play}})
    shown = site.offer("c1")
    assert (shown["offer_id"], shown["options"][0]["redirect_url"]) == ("own", "https://shop.example/ok")
    assert site.accept(shown, "ok")["offer_fulfillment"]["redirect_url"] == "https://shop.example/ok"
    assert list(findings(site)) == ["/activities/first/selections/0/inline/bad/choices"]


def test_a_card_may_be_a_content_of_its_own(site):
    body = {"title": "Shared", "description": "By several"}
    site.apply({
        "contents": {"card": {"type": "offer-card", "body": body}},
        "offers": {"x": offer(content={"in-app": {"ref": "card"}})},
        "activities": {"first": {**PLAY, "selections": [{"offers": ["x"]}]}},
    })
    assert site.offer("c1")["content"] == body
    assert findings(site) == {}


def test_a_fallback_is_no_offer(site):
    play = {**PLAY, "selections": [{"offers": []}], "fallback": "f"}
    fallback = {"content": {"in-app": CARD}, "choices": [OPTION]}
    site.apply({"fallbacks": {"f": fallback}, "activities": {"first": play}})
    assert site.offer("c1") is None


def test_what_is_odd_about_places_and_plays(site):
    site.apply({
        "placements": {
            "in-app": {"extensions": {"chargebee": {}}},
            "later": {"content": ["offer-card"], "lasts": "1 day", "extensions": {"chargebee": {}}},
        },
        "activities": {"save": {"status": "live", "placements": ["in-app"], "selections": [{"offers": ["menu"]}]}},
    })
    assert set(findings(site)) == {
        "/placements/in-app/content",
        "/placements/in-app/lasts",
        "/placements/later/extensions/chargebee",
        "/activities/save/keep",
    }


def test_without_a_placement_there_is_no_offer(server, workspace, site):
    site.native.post("/catalogue/apply", params={"prune": "true"}, json={}).raise_for_status()
    assert site.list("c1") == {"personalized_offers": [], "expires_at": 1_767_268_800 + 86_400}
    assert site.decisions() == []


def test_a_template_that_fails_shows_no_offer(site):
    card = {"offer-card": {"title": "{{ 1 | divided_by: 0 }}", "description": "D"}, "template": "liquid"}
    site.apply({
        "offers": {"x": offer(content={"in-app": card})},
        "activities": {"first": {**PLAY, "selections": [{"offers": ["x"]}]}},
    })
    assert site.offer("c1") is None
    assert "left empty" in site.warnings()[-1]


def test_why_there_is_no_offer_is_found_by_the_decision_in_the_header(site):
    assert site.offer("c1") is None
    (proposition,) = site.explained()["propositions"]
    assert set(proposition["explanation"]["activities"]) == {"save", "grow"}


def test_an_unshowable_offer_that_no_play_gives_changes_nothing(site):
    site.apply({"offers": {"bad": offer(choices=[])}})
    site.customer("c1", atRisk=True)
    assert site.offer("c1")["id"] == site.offer("c1")["id"]
    assert list(findings(site)) == ["/offers/bad/choices"]


def test_the_usual_placement_answers_where_none_says_that_it_does(site):
    site.apply({"placements": {"in-app": {"content": ["offer-card"], "lasts": "2 days"}}})
    site.customer("c1", atRisk=True)
    told = site.list("c1", first_name="Ada")
    assert told["expires_at"] == 1_767_268_800 + 2 * 86_400
    assert told["personalized_offers"][0]["content"]["title"] == '<div class="slate-p">Stay, friend</div>'
    assert findings(site) == {}


def test_what_other_clients_started_is_no_fulfillment_here(site):
    body = {"type": "accept", "offer": "menu", "choice": "go", "identities": [{"namespace": "crm", "id": "1"}]}
    started = site.native.post("/interactions", json=body).json()["fulfilment"]
    site.get(f"/offer_fulfillments/{started['id']}", 404)
