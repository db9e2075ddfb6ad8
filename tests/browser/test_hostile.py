"""Content and addresses that mean harm, and pages that allow little."""

import pytest

POLICY = "default-src 'self'; script-src 'nonce-n0nce'; style-src 'nonce-n0nce'; connect-src 'self'; base-uri 'none'"


def strict(stub, body="", *, settings="{}"):
    stub.policy = POLICY
    stub.pages["/strict"] = (
        "<!DOCTYPE html><html><head><script nonce='n0nce'>window.violations = [];"
        "document.addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective + e.sample));"
        f"window.offerdSettings = Object.assign({{pageLoadEnabled: true}}, {settings})</script>"
        f"<script nonce='n0nce' src='/offerd.js'></script></head><body>{body}</body></html>"
    )
    return f"{stub.url}/strict"


def test_nothing_violates_a_policy_of_nonces(stub, page, delivered):
    html = (
        "<style>#hero {color: rgb(1, 2, 3)}</style><link rel='stylesheet' href='/more.css'>"
        "<script>window.ran = 1</script><script src='/more.js'></script>"
    )
    stub.files["/more.css"] = ("text/css", "#hero {background-color: rgb(4, 5, 6)}")
    mark = "document.documentElement.className = window.ran ? 'in-order' : 'early'"
    stub.files["/more.js"] = ("text/javascript", mark)
    options = [
        {"type": "html", "content": html},
        {"type": "actions", "content": [
            {"type": "setHtml", "selector": "#hero", "cssSelector": "#hero", "content": "<b>Offer</b>"},
            {"type": "setStyle", "selector": "#hero", "cssSelector": "#hero", "content": {"font-size": "20px"}},
            {"type": "setAttribute", "selector": "#hero", "cssSelector": "#hero", "content": {"title": "T"}},
        ]},
    ]  # fmt: skip
    stub.answers = lambda asked: delivered(asked, pageLoad={"options": options, "metrics": [
        {"type": "click", "selector": "#hero", "eventToken": "t"}]})  # fmt: skip
    page.goto(strict(stub, "<div id='hero'>Default</div>"))
    page.wait_for_selector("html.in-order")
    page.wait_for_selector("#hero.at-element-click-tracking > b")
    page.click("#hero")
    stub.wait_notification("click")
    assert page.evaluate("getComputedStyle(document.getElementById('hero')).color") == "rgb(1, 2, 3)"
    page.wait_for_function("getComputedStyle(document.getElementById('hero')).backgroundColor === 'rgb(4, 5, 6)'")
    assert page.evaluate("violations") == []


def test_the_script_needs_no_eval():
    from offerd.browser import source  # noqa: PLC0415

    text = source()
    for word in ("eval(", "new Function", "document.write", "setTimeout('", 'setTimeout("'):
        assert word not in text


@pytest.fixture
def applied(stub, page):
    """Applies one action, as a server would give it; gives what became of it."""

    def apply(action, body="<a id='a' href='/safe'>A</a><img id='i' src='/safe.svg'>"):
        page.goto(stub.page(body))
        page.evaluate("window.harm = 0")
        return page.evaluate(
            "(response) => offerd.applyOffers({response}).catch((error) => error.execution)",
            {"execute": {"pageLoad": {"options": [{"type": "actions", "content": [action]}]}}},
        )

    return apply


@pytest.mark.parametrize(
    "content",
    [
        {"onclick": "harm = 1"}, {"ONERROR": "harm = 1"}, {"href": "javascript:harm = 1"},
        {"href": " java\nscript:harm = 1"},
        {"href": "data:text/html,<script>harm = 1</script>"}, {"srcdoc": "<script>parent.harm = 1</script>"},
    ],
)  # fmt: skip
def test_an_attribute_runs_no_script(applied, page, content):
    done = applied({"type": "setAttribute", "selector": "#a", "content": content})
    assert done[0]["status"] == "error"
    page.click("#a", modifiers=["Control"], no_wait_after=True)
    assert page.get_attribute("#a", "href") == "/safe"
    assert page.evaluate("harm") == 0


def test_text_stays_text(applied, page):
    applied({"type": "setText", "selector": "#a", "content": "<img src=x onerror='harm = 1'>"})
    assert page.inner_text("#a") == "<img src=x onerror='harm = 1'>"
    assert page.locator("#a > img").count() == 0


@pytest.mark.parametrize(
    "url", ["javascript:parent.harm=1", "data:text/html,x", "file:///etc/passwd", "//", "http://", 5]
)
def test_a_redirect_leads_to_a_web_address_or_nowhere(stub, page, delivered, url):
    stub.answers = lambda asked: delivered(asked, pageLoad={"options": [{"type": "redirect", "content": url}]})
    head = """<script>window.harm = 0;
      document.addEventListener('at-content-rendering-no-offers', () => window.none = 1)</script>"""
    page.goto(stub.page("<p>Default</p>", settings="{pageLoadEnabled: true}", head=head))
    page.wait_for_function("window.none")
    page.evaluate("(url) => offerd.applyOffer({mbox: 'm', offer: [{action: 'redirect', url}]})", url)
    assert page.evaluate("[harm, location.pathname]") == [0, "/page"]


def test_a_redirect_takes_along_what_it_is_told_to(stub, page):
    stub.pages["/to"] = "<!DOCTYPE html><title>To</title>"
    page.goto(stub.page("") + "?a=%26b")
    offer = [{"action": "redirect", "url": "/to?x=1", "includeAllUrlParameters": True, "passMboxSession": True}]
    page.evaluate("(offer) => offerd.applyOffer({mbox: 'm', offer})", offer)
    page.wait_for_url("**/to?x=1&a=%26b&mboxSession=*")


def test_a_redirect_to_where_it_came_from_ends_though_it_takes_the_parameters_along(stub, page):
    offer = "[{action: 'redirect', url: '/to?x=1', includeAllUrlParameters: true, passMboxSession: true}]"
    head = f"""<script>sessionStorage.times = Number(sessionStorage.times || 0) + 1;
      document.addEventListener('at-content-rendering-no-offers', () => window.none = 1);
      offerd.applyOffer({{mbox: 'm', offer: {offer}}})</script>"""
    stub.page("", head=head, path="/to")
    page.goto(f"{stub.url}/to?x=1&a=1&a=2")
    page.wait_for_function("window.none")
    assert page.url.startswith(f"{stub.url}/to?x=1&a=1&a=2&mboxSession=")
    assert page.evaluate("sessionStorage.times") == "2"


@pytest.mark.parametrize("selector", ["p {", ":eq(", "#a:eq(x)", "[", "<script>", "x" * 10_000, "#a, "])
def test_a_selector_that_is_none_fails_by_itself(stub, page, selector):
    page.goto(stub.page("<p id='a'>A</p>", settings="{selectorsPollingTimeout: 50}"))
    actions = [
        {"type": "setText", "selector": selector, "cssSelector": selector, "content": "no"},
        {"type": "setText", "selector": "#a", "content": "Offer"},
    ]
    done = page.evaluate(
        "(response) => offerd.applyOffers({response}).catch((error) => error.execution)",
        {"execute": {"pageLoad": {"options": [{"type": "actions", "content": actions}]}}},
    )
    assert len(done[0]["data"]["errors"]) == 1
    assert page.inner_text("#a") == "Offer"


def test_an_image_that_cannot_be_loaded_leaves_the_old_one(applied, page):
    done = applied({"type": "setImageSource", "selector": "#i", "content": "/nowhere.svg"})
    assert done[0]["status"] == "error"
    assert page.get_attribute("#i", "src") == "/safe.svg"
    assert page.locator("style").count() == 0


def test_hostile_marks_of_the_address_do_no_harm(stub, page):
    address = stub.page("<p>Default</p>")
    page.goto(f"{address}?at_preview_token=%3Cscript%3E;x&at_preview_index=__proto__&at_preview_index=&mboxSession=%7C%23&%zz")
    answered = page.evaluate(
        "new Promise((ok) => offerd.getOffer({mbox: 'm', success: () => ok(1), error: () => ok(0)}))"
    )
    assert answered == 1
    assert len(stub.queries[0]["sessionId"][0]) == 32
    assert stub.requests[0]["qaMode"]["previewIndexes"] == []
