"""What the page client tells the server: clicks, displays, views, events."""

import json

import pytest

METRIC = {"type": "click", "eventToken": "clicked"}


@pytest.fixture
def hero(stub, page, delivered):
    """A page whose mbox has an offer that counts clicks, applied."""
    mbox = {"options": [{"type": "html", "content": "<b>Offer</b>"}], "metrics": [METRIC]}
    stub.answers = lambda asked: delivered(asked, mboxes={"hero": mbox})
    page.goto(stub.page("<div id='hero'>Default</div><a id='link' href='/next'>Next</a>"))
    page.evaluate(
        """() => offerd.getOffers({request: {execute: {mboxes: [{index: 0, name: 'hero'}]}}})
           .then((response) => offerd.applyOffers({response, selector: '#hero'}))"""
    )
    page.wait_for_selector("#hero.at-element-click-tracking")
    return page


def test_a_click_is_counted_once(hero, stub):
    hero.click("#hero b")
    notification = stub.wait_notification("click")
    assert notification["tokens"] == ["clicked"]
    assert notification["mbox"] == {"name": "hero"}
    assert len(notification["id"]) == 32
    assert abs(notification["timestamp"] - hero.evaluate("Date.now()")) < 60_000
    assert len(stub.notifications("click")) == 1
    assert stub.requests[-1]["context"]["beacon"] is True
    assert stub.headers[-1]["content-type"] == "text/plain;charset=UTF-8"
    assert stub.queries[-1]["sessionId"] == stub.queries[0]["sessionId"]


def test_an_offer_that_is_applied_again_counts_a_click_once(hero, stub):
    hero.evaluate(
        """() => offerd.getOffers({request: {execute: {mboxes: [{index: 0, name: 'hero'}]}}})
           .then((response) => offerd.applyOffers({response, selector: '#hero'}))"""
    )
    hero.click("#hero b")
    hero.evaluate("offerd.trackEvent({mbox: 'last'})")
    stub.wait(lambda each: any(n.get("mbox") == {"name": "last"} for n in each.get("notifications", ())))
    assert len(stub.notifications("click")) == 1


def test_a_click_in_elements_within_each_other_is_counted_once(stub, page):
    metrics = [{"type": "click", "selector": ".card", "eventToken": token} for token in ("one", "two")]
    page.goto(stub.page("<div class='card'><p class='card' id='inner'>Text</p></div>"))
    response = {"execute": {"pageLoad": {"metrics": metrics}}}
    page.evaluate("(response) => offerd.applyOffers({response})", response)
    page.wait_for_selector("#inner.at-element-click-tracking")
    page.click("#inner")
    page.evaluate("offerd.trackEvent({mbox: 'last'})")
    stub.wait(lambda each: each["notifications"][0].get("mbox") == {"name": "last"})
    for token in ("one", "two"):
        stub.wait(lambda each, token=token: each["notifications"][0].get("tokens") == [token])
    assert len(stub.notifications("click")) == 2
    page.click("#inner")
    stub.wait(lambda _: len(stub.notifications("click")) == 4)


def test_a_click_that_leaves_the_page_is_counted(hero, stub):
    stub.pages["/next"] = "<!DOCTYPE html><title>Next</title>"
    hero.evaluate("document.getElementById('hero').innerHTML = \"<a href='/next'>Go</a>\"")
    hero.click("#hero a")
    hero.wait_for_url("**/next")
    assert stub.wait_notification("click")["tokens"] == ["clicked"]


def test_a_prefetched_offer_is_counted_when_it_is_shown(stub, page, delivered):
    option = {"type": "html", "content": "<b>Offer</b>", "eventToken": "shown"}
    mboxes = {"hero": {"options": [option, {"type": "html", "content": "no token"}], "state": "S"}}
    stub.answers = lambda asked: delivered(asked, mboxes=mboxes)
    page.goto(stub.page("<div id='hero'>Default</div>"))
    page.evaluate(
        """async () => { window.response = await offerd.getOffers({request: {prefetch: {mboxes: [
             {index: 0, name: 'hero', parameters: {a: 1}, order: {id: 'o'}}, {index: 1, name: 'none'}]}}}) }"""
    )
    assert stub.notifications("display") == []
    page.evaluate("offerd.applyOffers({response, selector: '#hero'})")
    notification = stub.wait_notification("display")
    assert page.inner_html("#hero") == "<b>Offer</b>"
    assert notification["tokens"] == ["shown"]
    assert notification["mbox"] == {"name": "hero", "state": "S"}
    assert notification["parameters"] == {"a": 1}
    assert notification["order"] == {"id": "o"}
    assert len(stub.notifications("display")) == 1


def test_prefetched_offers_of_one_name_are_counted_each_for_itself(stub, page):
    mboxes = [
        {"index": i, "name": "hero", "options": [{"type": "json", "content": i, "eventToken": token}]}
        for i, token in enumerate(["first", "second"])
    ]
    page.goto(stub.page(""))
    page.evaluate("(response) => offerd.applyOffers({response})", {"prefetch": {"mboxes": mboxes}})
    for token in ("first", "second"):
        stub.wait(lambda each, token=token: each["notifications"][0]["tokens"] == [token])
    assert len(stub.notifications("display")) == 2


def test_an_experience_that_shows_nothing_is_counted_too(stub, page, delivered):
    nothing = {"type": "actions", "content": [], "eventToken": "control"}
    stub.answers = lambda asked: delivered(asked, mboxes={"hero": {"options": [nothing]}})
    page.goto(stub.page("<div id='hero'>Default</div>"))
    page.evaluate(
        """async () => offerd.applyOffers({selector: '#hero', response: await offerd.getOffers(
             {request: {prefetch: {mboxes: [{index: 0, name: 'hero'}]}}})})"""
    )
    assert stub.wait_notification("display")["tokens"] == ["control"]
    assert page.inner_html("#hero") == "Default"


def test_a_prefetched_redirect_is_counted_and_nothing_else_of_its_page(stub, page):
    stub.pages["/elsewhere"] = "<!DOCTYPE html><title>Elsewhere</title>"
    mboxes = [
        {"index": 0, "name": "hero", "options": [{"type": "json", "content": 1, "eventToken": "not shown"}]},
        {"index": 1, "name": "gate", "options": [
            {"type": "json", "content": 1, "eventToken": "not shown"},
            {"type": "redirect", "content": "/elsewhere", "eventToken": "went"}]},
    ]  # fmt: skip
    page.goto(stub.page(""))
    page.evaluate("(response) => { offerd.applyOffers({response}) }", {"prefetch": {"mboxes": mboxes}})
    page.wait_for_url("**/elsewhere")
    assert stub.wait_notification("display")["tokens"] == ["went"]
    assert len(stub.notifications("display")) == 1


def test_clicks_that_count_wherever_a_view_is_are_counted(stub, page, delivered):
    def answer(asked):
        body = delivered(asked, views=[])
        body["prefetch"]["metrics"] = [{"type": "click", "selector": "#buy", "eventToken": "bought"}, {"type": "click"}]
        return body

    stub.answers = answer
    page.goto(stub.page("<button id='buy'>Buy</button>", settings="{viewsEnabled: true}"))
    page.wait_for_selector("#buy.at-element-click-tracking")
    page.click("#buy")
    assert stub.wait_notification("click")["tokens"] == ["bought"]


VIEW = {
    "name": "Home", "key": "home", "state": "S",
    "options": [{"type": "actions", "eventToken": "shown", "content": [
        {"type": "appendHtml", "selector": "#hero", "cssSelector": "#hero", "content": "<b>Offer</b>"},
        {"type": "setStyle", "selector": "#hero", "cssSelector": "#hero", "content": {"color": "red"}}]}],
    "metrics": [{"type": "click", "selector": "#hero", "eventToken": "clicked"}],
}  # fmt: skip
SHOWN = "[...document.querySelectorAll('#hero b')].length"


@pytest.fixture
def app(stub, page, delivered, reply):
    """A page of one application with views; the answer to its page load waits at a gate."""
    stub.answers = lambda asked: reply(json.dumps(delivered(asked, views=[VIEW])), gate="views")
    page.goto(stub.page(
        "<div id='hero'></div>", settings="{viewsEnabled: true}",
        head="<script>document.addEventListener('at-content-rendering-succeeded', (e) => done = e.detail)</script>",
    ))  # fmt: skip
    return page


def test_a_view_is_shown_when_it_is_triggered_and_counted(app, stub):
    app.evaluate("offerd.triggerView('HOME')")
    stub.gate("views").set()
    notification = stub.wait_notification("display")
    assert app.evaluate(SHOWN) == 1
    assert app.get_attribute("#hero", "at-action-key") == "home"
    assert notification["tokens"] == ["shown"]
    assert notification["view"] == {"name": "home", "key": "home", "state": "S"}
    assert stub.requests[-1]["impressionId"]
    app.wait_for_selector("#hero.at-element-click-tracking")
    app.click("#hero")
    clicked = stub.wait_notification("click")
    assert clicked["tokens"] == ["clicked"]
    assert clicked["view"]["name"] == "home"
    assert app.evaluate("done.execution[0].view") == "home"


def test_a_view_that_is_shown_again_changes_nothing_twice(app, stub):
    stub.gate("views").set()
    app.evaluate("offerd.triggerView('home')")
    app.wait_for_function("window.done")
    app.evaluate("window.done = null; document.getElementById('hero').style.color = ''")
    app.evaluate("offerd.triggerView('home', {page: false})")
    app.wait_for_function("window.done")
    assert app.evaluate(SHOWN) == 1
    assert app.evaluate("document.getElementById('hero').style.color") == "red"
    assert len(stub.notifications("display")) <= 1
    app.evaluate("window.done = null; document.getElementById('hero').outerHTML = '<p id=hero></p>'")
    app.evaluate("offerd.triggerView('home')")
    app.wait_for_function("window.done")
    assert app.evaluate(SHOWN) == 1


def test_custom_code_runs_whenever_its_view_is_triggered_but_not_when_it_is_drawn_anew(stub, page, delivered):
    script = "<script>window.runs = (window.runs || 0) + 1</script>"
    code = {"type": "customCode", "selector": "body", "content": script}
    view = {"name": "home", "options": [{"type": "actions", "eventToken": "t", "content": [code]}]}
    stub.answers = lambda asked: delivered(asked, views=[view])
    page.goto(stub.page("<p>Default</p>", settings="{viewsEnabled: true}"))
    page.evaluate("offerd.triggerView('home')")
    page.wait_for_function("window.runs === 1")
    page.evaluate("offerd.triggerView('home', {page: false}); offerd.triggerView('home')")
    page.wait_for_function("window.runs > 1")
    assert page.evaluate("runs") == 2


def test_a_view_does_not_wait_for_what_the_page_load_waits_for(stub, page, delivered):
    late = {"type": "setText", "selector": "#never", "cssSelector": "#never", "content": "Offer"}
    page_load = {"options": [{"type": "actions", "content": [late]}]}
    stub.answers = lambda asked: delivered(asked, pageLoad=page_load, views=[VIEW])
    settings = "{pageLoadEnabled: true, viewsEnabled: true, selectorsPollingTimeout: 600000}"
    page.goto(stub.page("<div id='hero'></div>", settings=settings))
    page.evaluate("offerd.triggerView('home')")
    assert stub.wait_notification("display")["tokens"] == ["shown"]
    assert page.evaluate(SHOWN) == 1


def test_a_page_that_leaves_shows_no_view(stub, page, delivered):
    stub.pages["/elsewhere"] = "<!DOCTYPE html><title>Elsewhere</title>"
    redirect = {"options": [{"type": "redirect", "content": "/elsewhere"}]}
    stub.answers = lambda asked: delivered(asked, pageLoad=redirect, views=[VIEW])
    head = "<script>offerd.triggerView('home')</script>"
    settings = "{pageLoadEnabled: true, viewsEnabled: true}"
    page.goto(stub.page("<div id='hero'></div>", settings=settings, head=head), wait_until="commit")
    page.wait_for_url("**/elsewhere")
    assert stub.notifications("display") == []


def test_a_view_without_offers_is_told_of(app, stub):
    stub.gate("views").set()
    app.evaluate("offerd.triggerView('elsewhere')")
    notification = stub.wait_notification("display")
    assert notification["view"] == {"name": "elsewhere"}
    assert "tokens" not in notification


def test_views_are_told_of_though_the_page_load_failed(stub, page, reply):
    stub.answers = lambda _: reply("no", 500)
    page.goto(stub.page("", settings="{viewsEnabled: true}"))
    page.evaluate("offerd.triggerView('home')")
    assert stub.wait_notification("display")["view"] == {"name": "home"}


def test_an_event_is_tracked_at_once(stub, page):
    page.goto(stub.page(""))
    page.evaluate(
        "offerd.trackEvent({mbox: 'bought', params: {orderId: 'o', orderTotal: 5, a: 1}, success: () => window.ok = 1})"
    )
    notification = stub.wait_notification("display")
    assert page.evaluate("ok") == 1
    assert notification["mbox"] == {"name": "bought"}
    assert notification["order"] == {"id": "o", "total": 5}
    assert notification["parameters"] == {"a": 1}
    assert "tokens" not in notification


def test_an_event_tells_whose_it_is(stub, page):
    page.goto(stub.page("", head="<script>targetPageParams = () => ({at_property: 'shop'})</script>"))
    page.evaluate("offerd.trackEvent({mbox: 'bought', params: {mbox3rdPartyId: 'p1', a: 1}})")
    assert stub.wait_notification("display")["parameters"] == {"a": 1}
    assert stub.requests[0]["id"] == {"thirdPartyId": "p1"}
    assert stub.requests[0]["property"] == {"token": "shop"}


def test_an_event_of_an_element_is_tracked_and_then_goes_on(stub, page):
    stub.pages["/next"] = "<!DOCTYPE html><title>Next</title>"
    page.goto(stub.page("<a id='link' href='/next'>Next</a>"))
    page.evaluate("offerd.trackEvent({mbox: 'went', selector: '#link', type: 'click', preventDefault: true})")
    page.click("#link")
    page.wait_for_url("**/next")
    assert stub.wait_notification("click")["mbox"] == {"name": "went"}


def test_a_form_is_tracked_and_then_sent(stub, page):
    stub.pages["/next"] = "<!DOCTYPE html><title>Next</title>"
    page.goto(stub.page("<form action='/next'><button id='go' name='submit' value='go'>Go</button></form>"))
    page.evaluate("offerd.trackEvent({mbox: 'sent', selector: 'form', type: 'submit', preventDefault: true})")
    page.evaluate("offerd.trackEvent({mbox: 'pressed', selector: '#go', type: 'click', preventDefault: true})")
    page.click("#go")
    page.wait_for_url("**/next?submit=go")
    assert stub.wait_notification("display")["mbox"] == {"name": "sent"}
    assert stub.wait_notification("click")["mbox"] == {"name": "pressed"}


def test_notifications_may_be_sent_by_the_page(stub, page):
    page.goto(stub.page(""))
    page.evaluate(
        """offerd.sendNotifications({request: {notifications: [
             {id: 'n1', type: 'display', timestamp: 1, tokens: ['t'], mbox: {name: 'm'}}]}})"""
    )
    assert stub.wait_notification("display")["id"] == "n1"


def test_what_is_too_big_for_a_beacon_is_sent_all_the_same(stub, page):
    page.goto(stub.page(""))
    page.evaluate(
        "offerd.sendNotifications({request: {notifications: [{id: 'x'.repeat(70000), type: 'display', timestamp: 1}]}})"
    )
    assert len(stub.wait_notification("display")["id"]) == 70_000


BIG = """
(strict) => new Promise((resolve) => offerd.trackEvent({mbox: "big",
  params: Object.fromEntries(Array.from({length: 20}, (_, i) => ["p" + i, "x".repeat(5000)])),
  success: () => resolve("sent"), error: (status, error) => resolve([status, error])}))
"""


def test_an_event_that_is_too_big_for_a_beacon_is_told_of_once_it_was_sent(stub, page):
    page.goto(stub.page(""))
    assert page.evaluate(BIG) == "sent"
    assert len(stub.wait_notification("display")["parameters"]) == 20


@pytest.mark.parametrize(("settings", "status"), [("", "error"), ("strictAtJs: true", "unknown")])
def test_an_event_that_cannot_be_sent_is_told_of(stub, page, settings, status):
    page.goto(stub.page("", settings=f"{{serverDomain: 'localhost:1', {settings}}}"))
    assert page.evaluate(BIG) == [status, "Track event request failed"]


def test_events_tell_what_happens(stub, page, delivered):
    option = {"type": "html", "content": "<b>x</b>", "responseTokens": {"offer.name": "Coupon"}}
    stub.answers = lambda asked: delivered(asked, mboxes={"hero": {"options": [option]}})
    page.goto(
        stub.page(
            "<div id='hero'></div>",
            head="<script>window.told = []; for (const name of Object.values(offerd.event))"
            "document.addEventListener(name, (e) => told.push(e.detail))</script>",
        )
    )
    page.evaluate(
        """offerd.getOffer({mbox: 'hero', error() {},
             success: (offer) => offerd.applyOffer({mbox: 'hero', selector: '#hero', offer})})"""
    )
    page.wait_for_function("told.length === 4")
    told = page.evaluate("told")
    assert [each["type"] for each in told] == [
        "at-request-start", "at-request-succeeded", "at-content-rendering-start", "at-content-rendering-succeeded",
    ]  # fmt: skip
    assert all(each["mbox"] == "hero" and each["tracking"]["sessionId"] for each in told)
    assert told[1]["responseTokens"] == [{"offer.name": "Coupon"}]
    assert told[1]["redirect"] is False
    assert told[3]["execution"][0]["mbox"] == "hero"
    assert page.evaluate("offerd.event.REQUEST_SUCCEEDED") == "at-request-succeeded"
