"""Pre-hiding: default content is never seen before the offer, and nothing stays hidden."""

import json

import pytest

LOADS = 200
CONTROLS = 10

#: Looks at every frame from before the first script of the page: whether default content can be seen in it. The
#: server's answer waits until as many frames were looked at as the page's address says.
SAMPLER = """
(() => {
  const asked = new URLSearchParams(location.search);
  const wanted = Number(asked.get("frames"));
  window.seen = {frames: 0, flickers: 0, offers: 0};
  const open = (gate) => { const call = new XMLHttpRequest(); call.open("GET", "/open?gate=" + gate); call.send(); };
  const look = () => {
    seen.frames += 1;
    const hero = document.getElementById("hero");
    if (hero && document.body) {
      const shown = getComputedStyle(document.body).opacity !== "0";
      const visible = shown && getComputedStyle(hero).visibility === "visible";
      if (visible && /Default/.test(hero.textContent)) seen.flickers += 1;
      if (visible && /Offer/.test(hero.textContent)) seen.offers += 1;
    }
    if (seen.frames === wanted) open("answer-" + asked.get("load"));
    if (seen.frames === Number(asked.get("rest"))) open("rest-" + asked.get("load"));
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""

OPTION = {"type": "actions", "content": [
    {"type": "setHtml", "selector": "#hero", "cssSelector": "#hero", "content": "<b>Offer</b>"}]}  # fmt: skip


@pytest.fixture
def sampled(browser, stub, delivered, reply):
    """Loads a page so many times, with every mix of slow answers and slow pages; gives what was seen each time."""
    visitor = browser.new_context()
    visitor.add_init_script(SAMPLER)
    visitor.set_default_timeout(20_000)

    def load(times, settings, head=""):
        def answer(asked):
            number = asked["context"]["address"]["url"].partition("load=")[2].partition("&")[0]
            body = delivered(asked, pageLoad={"options": [OPTION]}, mboxes={"hero": {"options": [
                {"type": "html", "content": "<b>Offer</b>"}]}})  # fmt: skip
            return reply(json.dumps(body), gate=f"answer-{number}")

        def pieces(query):
            whole = document.replace("HEAD", head)
            first, rest = whole.split("|")
            yield first
            if "rest" in query:
                stub.gate(f"rest-{query['load'][0]}").wait(20)
            yield rest

        body = "<p>Text</p><div id='hero'>Default | and more Default</div><p>End</p>"
        stub.page(body, settings=settings, head="HEAD")
        document = stub.pages["/page"]
        stub.pages["/page"] = pieces
        stub.answers = answer
        page = visitor.new_page()
        found = []
        for i in range(times):
            rest = f"&rest={1 + i % 5}" if i % 2 else ""
            page.goto(f"{stub.url}/page?load={i}&frames={1 + i % 7}{rest}", wait_until="commit")
            page.wait_for_function("seen.offers > 1")
            found.append(page.evaluate("seen"))
        page.close()
        return found

    yield load
    stub.open_gates()
    visitor.close()


def test_two_hundred_page_loads_show_no_default_content(sampled):
    found = sampled(LOADS, "{pageLoadEnabled: true}")
    assert sum(each["flickers"] for each in found) == 0
    assert sum(each["frames"] for each in found) > LOADS


def test_without_hiding_the_same_page_shows_it(sampled):
    found = sampled(CONTROLS, "{pageLoadEnabled: true, bodyHidingEnabled: false}")
    assert all(each["flickers"] for each in found)


ASK = """<script>
  const show = offerd.hide("#hero");
  offerd.getOffer({mbox: "hero", error: show, success(offer) {
    offerd.applyOffer({mbox: "hero", selector: "#hero", offer});
    show();
  }});
</script>"""


def test_an_mbox_that_a_page_hides_shows_no_default_content(sampled):
    found = sampled(20, "{}", ASK)
    assert sum(each["flickers"] for each in found) == 0


VISIBLE = """getComputedStyle(document.body).opacity === '1'
  && getComputedStyle(document.getElementById('hero')).visibility === 'visible'"""
BODY = "<div id='hero'>Default</div>"


def test_the_page_is_shown_at_its_limit_though_no_answer_comes(stub, page, reply):
    stub.answers = lambda _: reply("{}", gate="never")
    page.goto(stub.page(BODY, settings="{pageLoadEnabled: true, hidingLimit: 60, timeout: 20000}"))
    page.wait_for_function(VISIBLE)
    assert page.locator("style.at-flicker-control").count() == 0


@pytest.mark.parametrize(("body", "status"), [("oops", 200), ("{}", 500)])
def test_the_page_is_shown_as_soon_as_an_error_comes(stub, page, reply, body, status):
    stub.answers = lambda _: reply(body, status)
    page.goto(stub.page(BODY, settings="{pageLoadEnabled: true, hidingLimit: 600000}"))
    page.wait_for_function(VISIBLE)


def test_the_page_is_shown_when_the_server_is_offline(stub, page):
    settings = "{pageLoadEnabled: true, hidingLimit: 600000, serverDomain: 'localhost:1'}"
    page.goto(stub.page(BODY, settings=settings))
    page.wait_for_function(VISIBLE)


def test_the_page_is_hidden_until_the_answer_comes(stub, page, delivered, reply):
    stub.answers = lambda asked: reply(json.dumps(delivered(asked)), gate="answer")
    page.goto(stub.page(BODY, settings="{pageLoadEnabled: true, hidingLimit: 600000}"))
    assert page.evaluate("getComputedStyle(document.body).opacity") == "0"
    assert page.locator("style#at-body-style.at-flicker-control").count() == 1
    stub.gate("answer").set()
    page.wait_for_function(VISIBLE)


def test_a_page_that_hid_itself_is_shown(stub, page):
    snippet = "<style id='at-body-style'>body {opacity: 0 !important}</style>"
    page.goto(stub.page(BODY, settings="{pageLoadEnabled: true, hidingLimit: 600000}", head=snippet))
    page.wait_for_function(VISIBLE)


def test_a_page_that_leaves_shows_nothing_more(stub, page, delivered):
    stub.pages["/elsewhere"] = "<!DOCTYPE html><title>Elsewhere</title>"
    stub.answers = lambda asked: delivered(asked, pageLoad={"options": [{"type": "redirect", "content": "/elsewhere"}]})
    watch = """<script>addEventListener("pagehide", () =>
      sessionStorage.hidden = String(!!document.getElementById("at-body-style")))</script>"""
    page.goto(stub.page(BODY, settings="{pageLoadEnabled: true}", head=watch), wait_until="commit")
    page.wait_for_url("**/elsewhere")
    assert page.evaluate("sessionStorage.hidden") == "true"


def test_a_page_does_not_redirect_to_itself(stub, page, delivered):
    stub.answers = lambda asked: delivered(asked, pageLoad={"options": [{"type": "redirect", "content": "/page#x"}]})
    page.goto(stub.page(BODY, settings="{pageLoadEnabled: true}"))
    page.wait_for_function(VISIBLE)
    assert len(stub.requests) == 1


def test_a_redirect_ends_though_the_server_leads_on_from_where_it_goes(stub, page, context, delivered):
    stub.moved["/there"] = "/there/"
    stub.answers = lambda asked: delivered(asked, pageLoad={"options": [{"type": "redirect", "content": "/there"}]})
    for path in ("/page", "/there/"):
        address = stub.page(BODY, settings="{pageLoadEnabled: true}", path=path)
    for _ in range(2):  # whoever comes again is led there again
        page.goto(f"{stub.url}/page", wait_until="commit")
        page.wait_for_url(address)
        page.wait_for_function(VISIBLE)
        assert page.url == address
    assert len(stub.requests) == 4
    assert [each["name"] for each in context.cookies()] == ["mbox"]


def test_what_the_server_prepared_is_shown_without_a_request(stub, page):
    response = {"execute": {"pageLoad": {"options": [OPTION]}}, "prefetch": {"views": []}}
    state = json.dumps({"request": {}, "response": response})
    page.goto(stub.page(BODY, settings=f"{{pageLoadEnabled: true, serverState: {state}}}"))
    page.wait_for_selector("#hero > b")
    page.wait_for_function(VISIBLE)
    assert stub.requests == []


def test_what_is_hidden_twice_is_shown_when_both_have_shown_it(stub, page):
    page.goto(stub.page(BODY))
    visible = "getComputedStyle(document.getElementById('hero')).visibility"
    page.evaluate("window.first = offerd.hide('#hero'); window.second = offerd.hide('#hero'); 0")
    page.evaluate("first(); first(); 0")
    assert page.evaluate(visible) == "hidden"
    page.evaluate("second(); 0")
    assert page.evaluate(visible) == "visible"
    page.evaluate("offerd.hide('#hero', 20); 0")
    page.wait_for_function(f"{visible} === 'visible'")


@pytest.mark.parametrize("selector", ["p {} body {display: none} p", "p, }", "p /*", "</style><script>", "", "#a[b='}"])
def test_a_hostile_selector_hides_nothing(stub, page, selector):
    page.goto(stub.page(BODY))
    page.evaluate("(selector) => offerd.hide(selector)()", selector)
    page.evaluate("(selector) => { offerd.hide(selector) }", selector)
    assert page.evaluate(VISIBLE)
    assert page.locator("style").count() == 0
