"""Offers in a page: every type, applied to real elements."""

import pytest

APPLY = """
(mbox) => new Promise((resolve, reject) => offerd.getOffer({
  mbox,
  success: (offer) => { offerd.applyOffer({mbox, selector: "#hero", offer}); resolve(offer); },
  error: (status, error) => reject(new Error(status + ": " + error)),
}))
"""


@pytest.fixture
def rendered(stub, page, delivered):
    """Applies the options of one global mbox to a page, and gives the page."""

    def render(body, *options, settings="{}", metrics=()):
        stub.answers = lambda asked: delivered(asked, pageLoad={"options": list(options), "metrics": list(metrics)})
        address = stub.page(
            body, settings=settings, head="<script>document.addEventListener('at-content-rendering-succeeded',"
            "(e) => window.done = e.detail); document.addEventListener('at-content-rendering-failed',"
            "(e) => window.done = e.detail)</script>",
        )  # fmt: skip
        page.goto(address)
        page.evaluate(
            """() => offerd.getOffers({request: {execute: {pageLoad: {}}}})
               .then((response) => offerd.applyOffers({response})).catch(() => {})"""
        )
        page.wait_for_function("window.done")
        return page

    return render


def actions(*given):
    return {"type": "actions", "content": list(given)}


def test_an_offer_is_put_where_the_page_says(stub, page, delivered):
    options = [{"type": "html", "content": "<b>Hi</b>"}]
    stub.answers = lambda asked: delivered(asked, mboxes={"hero": {"options": options}})
    page.goto(stub.page("<div id='hero'>Default</div>"))
    offer = page.evaluate(APPLY, "hero")
    assert offer == [{"action": "setContent", "content": "<b>Hi</b>"}]
    assert page.inner_html("#hero") == "<b>Hi</b>"


BODY = "<ul id='list'><li id='a'>A</li><li id='b'>B</li><li id='c'>C</li></ul><img id='pic' src='/old.svg'>"


CASES = [
    ({"type": "setHtml", "selector": "#a", "content": "<i>x</i>"}, "#a > i"),
    ({"type": "setText", "selector": "#a", "content": "<i>x</i>"}, "#a:text-is('<i>x</i>')"),
    ({"type": "appendHtml", "selector": "#list", "content": "<li id='d'>D</li>"}, "#c + #d"),
    ({"type": "prependHtml", "selector": "#list", "content": "<li id='d'>D</li>"}, "#d + #a"),
    ({"type": "replaceHtml", "selector": "#b", "content": "<li id='d'>D</li>"}, "#a + #d + #c"),
    ({"type": "insertBefore", "selector": "#b", "content": "<li id='d'>D</li>"}, "#a + #d + #b"),
    ({"type": "insertAfter", "selector": "#b", "content": "<li id='d'>D</li>"}, "#b + #d + #c"),
    ({"type": "customCode", "selector": "#list", "content": "<p id='d'>D</p>"}, "#d + #list"),
    ({"type": "customCode", "selector": "body", "content": "<p id='d'>D</p>"}, "body > #d:first-child"),
    ({"type": "setAttribute", "selector": "#a", "content": {"title": "T", "lang": "de"}}, "#a[title=T][lang=de]"),
    ({"type": "setStyle", "selector": "#a", "content": {"color": "red", "backgroundColor": "blue"}},
     "#a[style='color: red; background-color: blue;']"),
    ({"type": "setStyle", "selector": "#a", "content": {"color": "red", "priority": "important"}},
     "#a[style='color: red !important;']"),
    ({"type": "resize", "selector": "#a", "content": {"width": "7", "height": 20}},
     "#a[style='width: 7px; height: 20px;']"),
    ({"type": "move", "selector": "#a", "content": {"left": 3, "top": "1em", "position": "relative"}},
     "#a[style='left: 3px; top: 1em; position: relative;']"),
    ({"type": "rearrange", "selector": "#list", "content": {"from": 0, "to": 2}}, "#b + #c + #a"),
    ({"type": "rearrange", "selector": "#list", "content": {"from": 2, "to": 0}}, "#c + #a + #b"),
    ({"type": "setHtml", "selector": "#list > li:eq(1)", "cssSelector": "#b", "content": "<i>x</i>"}, "#b > i"),
    ({"type": "setHtml", "selector": "ul:eq(0) > li:eq(2)", "content": "<i>x</i>"}, "#c > i"),
    ({"type": "setHtml", "selector": "CLKTRK#offer #a", "content": "<i>x</i>"}, "#a > i#offer"),
]  # fmt: skip


def test_an_action_changes_its_element(rendered):
    page = rendered(BODY, actions())
    for action, shown in CASES:
        page.evaluate("(body) => { document.body.innerHTML = body }", BODY)
        response = {"execute": {"pageLoad": {"options": [actions(action)]}}}
        done = page.evaluate("(response) => offerd.applyOffers({response})", response)
        assert page.locator(shown).count() == 1, action
        assert done[0]["status"] == "success"


def test_an_element_is_removed(rendered):
    assert rendered(BODY, actions({"type": "remove", "selector": "#b"})).locator("#list > li").count() == 2


def test_an_image_is_shown_once_it_has_been_loaded(stub, rendered):
    stub.files["/new.svg"] = ("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>")
    page = rendered(BODY, actions({"type": "setImageSource", "selector": "#pic", "content": "/new.svg"}))
    assert page.evaluate("document.getElementById('pic').naturalWidth") == 9


def test_an_id_may_begin_with_a_digit(rendered):
    page = rendered("<p id='1a'>Default</p>", actions({"type": "setText", "selector": "#1a", "content": "Offer"}))
    assert page.inner_text("p") == "Offer"


def test_digits_elsewhere_in_a_selector_are_what_they_are(rendered):
    option = actions({"type": "setText", "selector": "[title='v1.2 #3 x']", "content": "Offer"})
    page = rendered("<p title='v1.2 #3 x'>Default</p>", option)
    assert page.inner_text("p") == "Offer"


def test_into_the_head_go_scripts_links_and_styles_alone(rendered):
    html = "<style>p {color: rgb(1, 2, 3)}</style><p>No</p><script>window.ran = (window.ran || 0) + 1</script>"
    page = rendered("<p>Default</p>", {"type": "html", "content": html})
    assert page.evaluate("getComputedStyle(document.querySelector('p')).color") == "rgb(1, 2, 3)"
    assert page.evaluate("ran") == 1
    assert page.locator("head p").count() == 0


def test_scripts_run_in_order_and_one_that_is_fetched_holds_up_the_next(stub, rendered):
    stub.files["/first.js"] = ("text/javascript", "window.order = ['fetched']")
    html = (
        "<script src='/first.js'></script><script type='text/x-javascript'>order.push('inline')</script>"
        "<script type='application/json'>{\"data\": 1}</script><script>document.title = 'ran'</script>"
    )
    page = rendered("<p id='a'></p>", actions({"type": "setHtml", "selector": "#a", "content": html}))
    page.wait_for_function("document.title === 'ran'")
    assert page.evaluate("order") == ["fetched", "inline"]


def test_dynamic_content_is_fetched(stub, page, delivered):
    stub.files["/fragment"] = ("text/html", "<em>Fetched</em>")
    options = [{"type": "dynamic", "content": "/fragment"}]
    stub.answers = lambda asked: delivered(asked, mboxes={"hero": {"options": options}})
    page.goto(stub.page("<div id='hero'>Default</div>"))
    assert page.evaluate(APPLY, "hero") == [{"action": "setContent", "content": "<em>Fetched</em>"}]
    assert page.inner_text("#hero") == "Fetched"


def test_a_redirect_leaves_the_page_and_renders_nothing_else(stub, page, delivered):
    stub.pages["/elsewhere"] = "<!DOCTYPE html><title>Elsewhere</title>"
    options = [{"type": "html", "content": "<b>no</b>"}, {"type": "redirect", "content": "/elsewhere?x=1"}]
    stub.answers = lambda asked: delivered(asked, mboxes={"hero": {"options": options}})
    page.goto(stub.page(
        "<div id='hero'>Default</div>",
        head="<script>document.addEventListener('at-content-rendering-redirect',"
        "(e) => sessionStorage.told = e.detail.url + document.getElementById('hero').innerText)</script>",
    ))  # fmt: skip
    page.evaluate(APPLY, "hero")
    page.wait_for_url("**/elsewhere?x=1")
    assert page.evaluate("sessionStorage.told") == f"{stub.url}/elsewhere?x=1Default"


def test_json_is_given_and_changes_nothing(stub, page, delivered):
    options = [{"type": "json", "content": {"saves": 4}}, {"type": "json", "content": [1]}]
    stub.answers = lambda asked: delivered(asked, mboxes={"hero": {"options": options}})
    page.goto(stub.page("<div id='hero'>Default</div>"))
    assert page.evaluate(APPLY, "hero") == [{"action": "setJson", "content": [{"saves": 4}, [1]]}]
    assert page.inner_text("#hero") == "Default"


def test_no_offer_is_told(stub, page):
    page.goto(stub.page("<div id='hero'>Default</div>"))
    page.evaluate("document.addEventListener('at-content-rendering-no-offers', (e) => window.none = e.detail)")
    assert page.evaluate(APPLY, "hero") == []
    page.wait_for_function("window.none && none.mbox === 'hero'")
    assert page.locator("#hero.at-element-marker:text-is('Default')").count() == 1


def test_an_element_that_comes_later_is_rendered_when_it_comes(stub, page, delivered):
    option = actions({"type": "setText", "selector": "#late", "content": "Offer"})
    stub.answers = lambda asked: delivered(asked, pageLoad={"options": [option]})
    page.goto(stub.page(""))
    page.evaluate(
        """async () => {
          const response = await offerd.getOffers({request: {execute: {pageLoad: {}}}});
          window.applied = offerd.applyOffers({response});
        }"""
    )
    assert page.locator("style#at-hidden, style.at-flicker-control").count() == 1
    page.evaluate("document.body.innerHTML = '<p id=late>Default</p>'")
    assert page.evaluate("applied")[0]["status"] == "success"
    assert page.inner_text("#late") == "Offer"
    assert page.locator("style.at-flicker-control").count() == 0


def test_an_element_that_never_comes_fails_and_hides_nothing_for_ever(rendered):
    option = actions(
        {"type": "setText", "selector": "#never", "content": "Offer"},
        {"type": "setText", "selector": "#a", "content": "Offer"},
    )
    page = rendered(BODY, option, settings="{selectorsPollingTimeout: 50}")
    assert page.evaluate("done.execution[0]")["data"]["errors"][0]["selector"] == "#never"
    assert page.inner_text("#a") == "Offer"
    assert page.locator("style.at-flicker-control").count() == 0


def test_actions_survive_the_way_through_the_page(rendered, stub, page, delivered):
    """What getOffer gives of the global mbox, applyOffer renders."""
    option = actions(
        {"type": "setHtml", "selector": "#a", "cssSelector": "#a", "content": "<i>x</i>"},
        {"type": "setStyle", "selector": "#b", "cssSelector": "#b", "content": {"color": "red"}},
        {"type": "resize", "selector": "#c", "cssSelector": "#c", "content": {"width": 5, "height": 6}},
        {"type": "remove", "selector": "#pic", "cssSelector": "#pic"},
    )
    metric = {"type": "click", "selector": "#a", "eventToken": "t1"}
    stub.answers = lambda asked: delivered(asked, pageLoad={"options": [option], "metrics": [metric]})
    page.goto(stub.page(BODY))
    offer = page.evaluate(APPLY, "target-global-mbox")
    assert offer == [
        {"action": "setContent", "selector": "#a", "cssSelector": "#a", "content": "<i>x</i>"},
        {"action": "setStyle", "selector": "#b", "cssSelector": "#b", "style": {"color": "red"}},
        {"action": "setStyle", "selector": "#c", "cssSelector": "#c", "style": {"width": 5, "height": 6}},
        {"action": "remove", "selector": "#pic", "cssSelector": "#pic"},
        {"action": "trackClick", "selector": "#a", "clickTrackId": "t1"},
    ]
    page.wait_for_selector("#a.at-element-click-tracking > i")
    assert page.get_attribute("#c", "style") == "width: 5px; height: 6px;"
    assert page.locator("#pic").count() == 0
    page.click("#a")
    assert stub.wait_notification("click")["tokens"] == ["t1"]


OLD = [
    ([{"action": "setText", "selector": "#a", "content": "<i>"}], "#a:text-is('<i>')"),
    ([{"action": "setContent", "selector": "#a", "content": "<i>", "contentType": "text"}], "#a:text-is('<i>')"),
    ([{"action": "setStyle", "selector": "#a", "property": "color", "value": "red", "priority": "important"}],
     "#a[style='color: red !important;']"),
    ([{"action": "resize", "selector": "#a", "finalHeight": "7", "finalWidth": 20}],
     "#a[style='width: 20px; height: 7px;']"),
    ([{"action": "move", "selector": "#a", "finalLeftPosition": 1, "finalTopPosition": 2, "position": "absolute"}],
     "#a[style='left: 1px; top: 2px; position: absolute;']"),
    ([{"action": "appendContent", "selector": "#list", "content": "<li id='d'>"}], "#c + #d"),
    ([{"action": "prependContent", "selector": "#list", "content": "<li id='d'>"}], "#d + #a"),
    ([{"action": "replaceContent", "selector": "#b", "content": "<li id='d'>"}], "#a + #d + #c"),
    ([{"action": "insertBefore", "selector": "#b", "content": "<li id='d'>"}], "#a + #d + #b"),
    ([{"action": "setAttribute", "selector": "#a", "attribute": "title", "value": "T"}], "#a[title=T]"),
    ([{"action": "setStyle", "selector": "#a", "style": {"left": 1, "top": 2}}], "#a[style='left: 1px; top: 2px;']"),
    ([{"action": "rearrange", "selector": "#list", "from": "0", "to": "2"}], "#b + #c + #a"),
    ([{"action": "customCode", "selector": "#list", "content": "<p id='d'>"}], "#d + #list"),
    ({"offers": [{"actions": {"content": [{"action": "setContent", "selector": "#a", "content": "<i>"}]}}]}, "#a > i"),
    ({"offers": [{"html": "<i>x</i>", "plugins": ["<u>y</u>"]}]}, "#list > i + u"),
]  # fmt: skip


def test_actions_of_the_page_are_applied_and_so_is_what_older_servers_answer(stub, page):
    page.goto(stub.page(BODY))
    for offer, shown in OLD:
        page.evaluate("(body) => { document.body.innerHTML = body }", BODY)
        page.evaluate("(offer) => offerd.applyOffer({mbox: 'm', selector: '#list', offer})", offer)
        page.wait_for_selector(shown, state="attached")


def test_strictly_an_mbox_honours_four_actions_alone(stub, page):
    page.goto(stub.page(BODY, settings="{strictAtJs: true}"))
    page.evaluate(
        """offerd.applyOffer({mbox: 'm', selector: '#b', offer: [
             {action: 'setText', selector: '#a', content: 'no'}, {action: 'setContent', content: '<i>x</i>'}]})"""
    )
    page.wait_for_selector("#b > i")
    assert page.inner_text("#a") == "A"
