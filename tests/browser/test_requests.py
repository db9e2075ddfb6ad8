"""What the page client asks, and what it says when no answer comes."""

import pytest

from offerd.browser import page_client

ASK = """
(options) => new Promise((resolve) => offerd.getOffer(Object.assign({mbox: "hero",
  success: (offer) => resolve({offer}), error: (status, error) => resolve({status, error: String(error)})}, options)))
"""


@pytest.fixture
def asked(stub, page):
    """Asks for an mbox of a page with these settings; gives the first request."""

    def ask(options=None, *, settings="{}", head="", query=""):
        page.goto(stub.page("", settings=settings, head=head) + query)
        page.evaluate(ASK, options or {})
        return stub.requests[0]

    return ask


def test_a_request_is_what_the_delivery_api_takes(stub, asked, page):
    request = asked(settings="{clientCode: 'shop'}", query="?x=1")
    assert len(request["requestId"]) == 32
    assert request["execute"] == {"mboxes": [{"index": 0, "name": "hero"}]}
    context = request["context"]
    assert context["channel"] == "web"
    assert context["address"] == {"url": f"{stub.url}/page?x=1", "referringUrl": ""}
    assert context["browser"]["host"] == f"localhost:{stub.port}"
    assert context["userAgent"] == page.evaluate("navigator.userAgent")
    assert '"Chromium";v="' in context["clientHints"]["browserUAWithMajorVersion"]
    assert context["screen"]["orientation"] in {"landscape", "portrait"}
    assert stub.queries[0]["client"] == ["shop"]
    assert stub.queries[0]["version"]
    assert stub.headers[0]["content-type"].startswith("text/plain")


def test_a_page_of_another_origin_asks_without_a_preflight(stub, page):
    stub.pages["/page"] = (
        "<!DOCTYPE html><script>offerdSettings = {pageLoadEnabled: false, viewsEnabled: false}</script>"
        f"<script src='{stub.url}/offerd.js'></script>"
    )
    page.goto(f"http://127.0.0.1:{stub.port}/page")
    assert page.evaluate(ASK, {}) == {"offer": []}
    assert stub.headers[0]["origin"] == f"http://127.0.0.1:{stub.port}"
    assert stub.headers[0]["host"] == f"localhost:{stub.port}"  # where the script came from


def test_the_page_is_asked_for_as_it_loads(stub, page):
    page.goto(stub.page("", settings="{pageLoadEnabled: true, viewsEnabled: true}"))
    request = stub.wait(lambda each: "execute" in each)
    assert request["execute"] == {"pageLoad": {}}
    assert request["prefetch"] == {"views": [{}]}


@pytest.mark.parametrize(("older", "execute"), [("true", {"pageLoad": {}}), ("false", None)])
def test_the_older_setting_for_the_page_load_is_taken_too(stub, page, older, execute):
    settings = f"{{pageLoadEnabled: undefined, viewsEnabled: true, globalMboxAutoCreate: {older}}}"
    page.goto(stub.page("", settings=settings))
    assert stub.wait(lambda each: "prefetch" in each).get("execute") == execute


def test_the_script_may_be_used_by_the_next_one_in_the_head(stub, page):
    head = "<script>offerd.getOffer({mbox: 'hero', success: (offer) => window.got = offer, error() {}})</script>"
    page.goto(stub.page("", head=head))
    page.wait_for_function("window.got")


# Parameters


def test_parameters_have_their_places(asked):
    request = asked(
        {
            "params": {
                "a": 1, "on": True, "none": None, "profile.age": 27, "deep": {"er": {"x": "y"}}, "profile": {"g": "f"},
                "mbox3rdPartyId": "p1", "at_property": "prop", "orderId": "o1", "orderTotal": "12.50",
                "productPurchasedId": "x, y,", "productId": "p", "categoryId": "c", "list": [1, 2],
            }
        }
    )  # fmt: skip
    assert request["execute"]["mboxes"] == [
        {
            "index": 0, "name": "hero", "parameters": {"a": 1, "on": True, "none": "", "deep.er.x": "y", "list": "1,2"},
            "profileParameters": {"age": 27, "g": "f"},
            "order": {"id": "o1", "total": 12.5, "purchasedProductIds": ["x", "y"]},
            "product": {"id": "p", "categoryId": "c"},
        }
    ]  # fmt: skip
    assert request["id"]["thirdPartyId"] == "p1"
    assert request["property"] == {"token": "prop"}


PAGE_FUNCTIONS = """<script>
  targetPageParamsAll = () => ({all: 'page', params: 'page', item: 'page', deep: {er: 1}});
  targetPageParams = () => ['global=a%26b', 'item=global'];
</script>"""
PROVIDERS = """{mboxParams: {setting: 1, provider: 'setting'}, dataProviders: [
  {name: 'one', version: '1', provider: (done) => done(null, {provider: 'p', params: 'p', all: 'p'})},
  {name: 'failing', provider: (done) => done(new Error('no'))},
  {name: 'throwing', provider() { throw new Error('no') }},
  {name: 'late', timeout: 20, provider() {}}, null]}"""


def test_later_parameters_win(asked, page, stub):
    request = asked({"params": {"params": "given", "all": "given"}}, settings=PROVIDERS, head=PAGE_FUNCTIONS)
    expected = {"setting": 1, "provider": "p", "params": "page", "all": "page", "item": "page", "deep.er": 1}
    assert request["execute"]["mboxes"][0]["parameters"] == expected
    page.evaluate(
        """offerd.getOffers({request: {execute: {
             pageLoad: {parameters: {item: 'own'}}, mboxes: [{name: 'm', parameters: {item: 'own'}}]}}})"""
    )
    execute = stub.requests[-1]["execute"]
    assert execute["mboxes"][0]["parameters"]["item"] == "own"
    assert execute["mboxes"][0]["index"] == 0
    assert "global" not in execute["mboxes"][0]["parameters"]
    assert execute["pageLoad"]["parameters"]["item"] == "own"
    assert execute["pageLoad"]["parameters"]["global"] == "a&b"


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        ("'a=1&b=x%20y&c'", {"a": "1", "b": "x y", "c": ""}),
        ("'a=Tom+%26+Jerry'", {"a": "Tom & Jerry"}),
        ("['a=1=2', 'b=%zz']", {"a": "1=2", "b": "%zz"}),
        ("['a=Tom & Jerry', 'b=1+1=%32']", {"a": "Tom & Jerry", "b": "1+1=2"}),
        ("null", {}),
    ],
)
def test_a_page_function_may_return_text_or_a_list(asked, returned, expected):
    request = asked(head=f"<script>targetPageParamsAll = () => {returned}</script>")
    assert request["execute"]["mboxes"][0].get("parameters", {}) == expected


def test_hostile_parameters_are_bounded_and_refused(asked, page):
    request = asked(
        head="""<script>
          const loop = {x: 1, odd: [Object.create(null)]};
          for (let i = 0; i < 50; i++) loop['loop' + i] = loop;
          const many = {}; for (let i = 0; i < 120; i++) many['m' + i] = i;
          targetPageParamsAll = () => Object.assign(
            JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 2}}}'),
            {loop, long: 'x'.repeat(5001), ['n'.repeat(129)]: 1, ' ': 1, f() {}, nan: NaN},
            {profile: {big: 'x'.repeat(257)}}, many);
        </script>"""
    )
    mbox = request["execute"]["mboxes"][0]
    assert len(mbox["parameters"]) == 100
    assert not {"long", "n" * 129, " ", "f", "nan"} & set(mbox["parameters"])
    assert "profileParameters" not in mbox
    assert page.evaluate("({}).polluted") is None


def test_parameters_that_branch_without_end_are_cut_off(asked):
    request = asked(
        head="""<script>
          let tree = {leaf: 1};
          for (let i = 0; i < 7; i++) tree = Object.fromEntries(Array.from({length: 30}, (_, j) => [`b${j}`, tree]));
          targetPageParamsAll = () => tree;
        </script>"""
    )
    assert len(request["execute"]["mboxes"][0]["parameters"]) == 100


def test_a_page_function_that_throws_is_not_our_failure(asked):
    assert asked(head="<script>targetPageParamsAll = () => { throw new Error('no') }</script>")["execute"]


# What goes wrong


def test_a_timeout_is_told(stub, page, reply):
    stub.answers = lambda _: reply("{}", gate="never")
    page.goto(stub.page(""))
    assert page.evaluate(ASK, {"timeout": 30}) == {"status": "timeout", "error": "Request timed out"}


@pytest.mark.parametrize("timeout", ["null", "-1", "NaN", "'1'"])
def test_a_timeout_that_is_none_is_that_of_the_settings(stub, page, reply, timeout):
    stub.answers = lambda _: reply("{}", gate="never")
    page.goto(stub.page("", settings="{timeout: 30}"))
    told = page.evaluate(f"({ASK})({{timeout: {timeout}}})")
    assert told == {"status": "timeout", "error": "Request timed out"}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (("<html>", 200), ("parseerror", "Malformed response JSON")),
        (("", 200), ("parseerror", "Malformed response JSON")),
        (("[1]", 200), ("parseerror", "Malformed response JSON")),
        (("null", 200), ("parseerror", "Malformed response JSON")),
        (("<html>", 503), ("error", "HTTP status 503")),
        (('{"oops": 1}', 503), ("error", "HTTP status 503")),
        (('{"status": 400, "message": "no client"}', 400), ("error", "no client")),
        (('{"error": "The mbox is blocked"}', 200), ("error", "The mbox is blocked")),
    ],
)
def test_a_server_error_is_told(stub, page, reply, answer, told):
    stub.answers = lambda _: reply(*answer)
    page.goto(stub.page(""))
    assert page.evaluate(ASK, {}) == {"status": told[0], "error": told[1]}


def test_a_server_that_is_offline_is_told(stub, page):
    page.goto(stub.page("", settings="{serverDomain: 'localhost:1'}"))
    page.evaluate("document.addEventListener('at-request-failed', (e) => window.failed = e.detail)")
    assert page.evaluate(ASK, {}) == {"status": "error", "error": "Network request failed"}
    assert page.evaluate("[failed.mbox, failed.error]") == ["hero", "Network request failed"]
    assert page.evaluate("failed.tracking.sessionId.length") == 32


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (("<html>", 200), {"status": "unknown", "error": "Error: Malformed response JSON"}),
        (('{"oops": 1}', 503), {"offer": []}),
        (('{"error": "The mbox is blocked"}', 200), {"offer": []}),
        (('{"status": 500, "message": "broken"}', 500), {"status": "unknown", "error": "Error: broken"}),
    ],
)
def test_strictly_errors_are_those_of_at_js(stub, page, reply, answer, told):
    stub.answers = lambda _: reply(*answer)
    page.goto(stub.page("", settings="{strictAtJs: true}"))
    assert page.evaluate(ASK, {}) == told


@pytest.mark.parametrize("body", [
    {"execute": {"mboxes": [None, 3, {"name": 5}, {"index": 0, "name": "hero", "options": [
        None, 3, {"type": "html", "content": 5}, {"type": "odd", "content": "x"}, {"type": "actions", "content": "x"},
        {"type": "actions", "content": [None, {"type": "setHtml", "selector": "#x", "content": 5},
                                        {"type": "setStyle", "selector": "#x", "content": "x"},
                                        {"type": "setHtml", "content": "x"}, {"type": "constructor", "selector": "p"}]},
        {"type": "redirect", "content": "javascript:alert(1)"}, {"type": "redirect", "content": {}},
        {"type": "dynamic", "content": "file:///etc/passwd"}], "metrics": [{"type": "click"}, None]}]}},
    {"execute": 5, "prefetch": [], "id": "x", "notifications": {}},
    {"execute": {"mboxes": {"length": 3}, "pageLoad": []}, "id": {"tntId": {"x": 1}}},
])  # fmt: skip
def test_what_is_malformed_in_an_answer_is_left_out(stub, page, body):
    stub.answers = lambda _: body
    page.goto(stub.page(""))
    assert page.evaluate(ASK, {}) == {"offer": []}


@pytest.mark.parametrize(
    "call",
    [
        "offerd.getOffer()", "offerd.getOffer({mbox: ''})", "offerd.getOffer({mbox: 'x'})",
        "offerd.applyOffer({mbox: 'x'})",
        "offerd.getOffer({mbox: 'x'.repeat(251), success() {}, error() {}})", "offerd.trackEvent({})",
        "offerd.triggerView('')", "offerd.sendNotifications({request: {execute: {}, notifications: [{}]}})",
    ],
)  # fmt: skip
def test_wrong_options_are_only_warned_of(stub, page, call):
    page.goto(stub.page(""))
    with page.expect_console_message(lambda message: message.type == "warning"):
        assert page.evaluate(f"{call} === undefined")
    assert stub.requests == []


def test_wrong_options_reject_the_promises(stub, page):
    page.goto(stub.page(""))
    told = page.evaluate("offerd.getOffers({request: {}}).catch(({valid, error}) => ({valid, error}))")
    assert told == {"valid": False, "error": "getOffers needs execute or prefetch"}
    assert "response" in page.evaluate("offerd.applyOffers({}).catch((error) => error.message)")


def test_a_callback_that_throws_harms_nobody(stub, page):
    page.goto(stub.page(""))
    page.evaluate(
        "offerd.getOffer({mbox: 'x', success() { setTimeout(() => window.on = 1); throw new Error('x') }, error() {}})"
    )
    page.wait_for_function("window.on")


# Where it does nothing


@pytest.mark.parametrize(
    ("settings", "query"),
    [("{enabled: false}", ""), ("{}", "?mboxDisable=1"), ("{pageLoadEnabled: true}", "?mboxDisable")],
)
def test_delivery_may_be_disabled(stub, page, settings, query):
    page.goto(stub.page("<p>Default</p>", settings=settings) + query)
    assert page.evaluate(ASK, {})["status"] == "warning"
    assert page.evaluate("offerd.VERSION") == ""
    assert page.evaluate("offerd.getOffers({request: {execute: {}}}).catch(() => 'no')") == "no"
    assert stub.requests == []
    assert page.locator("style").count() == 0


def test_a_page_in_quirks_mode_is_left_alone(stub, page):
    stub.pages["/quirks"] = "<script src='/offerd.js'></script>"
    page.goto(f"{stub.url}/quirks")
    assert page.evaluate("offerd.VERSION") == ""


def test_loading_it_twice_is_ignored(stub, page):
    with page.expect_console_message(lambda message: "already" in message.text):
        page.goto(stub.page("<script>window.first = offerd</script><script src='/offerd.js'></script>"))
    assert page.evaluate("first === offerd")


def test_elements_named_like_settings_are_no_settings(stub, page):
    stub.pages["/clobbered"] = (
        "<!DOCTYPE html><form id=offerdSettings><input name=serverDomain></form><form id=offerd></form>"
        "<form id=targetPageParamsAll></form><script src='/offerd.js'></script>"
    )
    page.goto(f"{stub.url}/clobbered")
    assert page.evaluate(ASK, {}) == {"offer": []}
    assert stub.queries


def test_settings_of_the_wrong_type_are_ignored(stub, page):
    wrong = "{serverDomain: 5, timeout: 'x', endpoint: null, dataProviders: {}, clientCode: ['x']}"
    page.goto(stub.page("", settings=wrong))
    assert page.evaluate(ASK, {}) == {"offer": []}
    assert stub.queries[0]["client"] == ["default"]


def test_settings_of_at_js_are_taken_too(stub, page):
    page.goto(stub.page("", settings="{clientCode: 'mine'}"))
    stub.pages["/page"] = stub.pages["/page"].replace(
        "<script>window", "<script>window.targetGlobalSettings = {clientCode: 'theirs', imsOrgId: 'o@x'}; window"
    )
    page.reload()
    page.evaluate(ASK, {})
    assert stub.queries[0]["client"] == ["mine"]
    assert stub.queries[0]["imsOrgId"] == ["o@x"]


def test_it_is_adobe_target_where_a_setting_says_so(stub, page):
    page.goto(stub.page(""))
    assert page.evaluate("typeof window.adobe") == "undefined"
    page.goto(stub.page("", settings="{adobeTarget: true}"))
    assert page.evaluate("adobe.target === offerd")
    assert page.evaluate("Object.keys(adobe.target).sort()") == sorted(
        ["VERSION", "event", "getOffer", "getOffers", "applyOffer", "applyOffers", "trackEvent", "triggerView",
         "sendNotifications", "hide"]
    )  # fmt: skip


def test_what_at_js_2_has_given_up_only_warns_where_it_is_adobe_target(stub, page):
    page.goto(stub.page("", settings="{adobeTarget: true}"))
    with page.expect_console_message(lambda message: message.type == "warning" and "mboxUpdate" in message.text):
        page.evaluate("mboxCreate('hero', 'a=1'); mboxDefine('hero', 'hero'); mboxUpdate('hero')")
    page.goto(stub.page(""))
    assert page.evaluate("typeof window.mboxCreate") == "undefined"


# Cookies


def cookies(context):
    return {each["name"]: each for each in context.cookies()}


def test_the_session_and_the_device_are_kept(stub, page, context):
    page.goto(stub.page(""))
    page.evaluate(ASK, {})
    page.evaluate(ASK, {})
    first, second = stub.queries
    assert first["sessionId"] == second["sessionId"]
    assert "id" not in stub.requests[0]
    assert stub.requests[1]["id"] == {"tntId": "5c" * 16}
    kept = cookies(context)
    assert set(kept) == {"mbox"}
    entries = dict(entry.split("#", 1) for entry in kept["mbox"]["value"].split("|"))
    assert entries["session"].split("#")[0] == first["sessionId"][0]
    assert entries["PC"].startswith("5c" * 16 + "#")
    now = page.evaluate("Date.now()") / 1000
    assert 1800 < int(entries["session"].split("#")[1]) - now <= 1861
    assert 2 * 365 * 86400 < int(entries["PC"].split("#")[1]) - now <= 732 * 86400 + 1
    assert kept["mbox"]["expires"] - now > 390 * 86400  # browsers keep none for longer than 400 days


@pytest.mark.parametrize(
    "value",
    [
        "session#<script>#99999999999|PC#a%2Fb%7Cc#99999999999", "session#%zz#99999999999", "###|||#|session",
        "session#abc#NaN|PC#x#-5", "session#old#5", "x" * 3900, "session#a b#99999999999", "__proto__#x#99999999999",
    ],
)  # fmt: skip
def test_a_hostile_cookie_is_refused(stub, page, context, value):
    context.add_cookies([{"name": "mbox", "value": value, "url": stub.url}])
    page.goto(stub.page(""))
    assert page.evaluate(ASK, {}) == {"offer": []}
    assert len(stub.queries[0]["sessionId"][0]) == 32
    assert "id" not in stub.requests[0]


def test_a_good_cookie_is_kept_no_longer_than_ours_may_last(stub, page, context):
    context.add_cookies([{"name": "mbox", "value": "session#abc#99999999999|PC#dev.28_0#99999999999", "url": stub.url}])
    page.goto(stub.page(""))
    page.evaluate(ASK, {})
    assert stub.queries[0]["sessionId"] == ["abc"]
    assert stub.requests[0]["id"] == {"tntId": "dev.28_0"}
    assert stub.headers[0]["host"] == f"localhost:{stub.port}"


@pytest.mark.parametrize("device", ["a|b", "x#y", "; domain=evil", "x" * 129, 5, {"toString": 1}])
def test_a_device_id_that_would_break_the_cookie_is_refused(stub, page, context, device, delivered):
    stub.answers = lambda asked: delivered(asked) | {"id": {"tntId": device}}
    page.goto(stub.page(""))
    assert page.evaluate(ASK, {}) == {"offer": []}
    assert "PC" not in cookies(context)["mbox"]["value"]


def test_the_session_may_come_with_the_address(asked, stub):
    asked(query="?mboxSession=from-elsewhere")
    assert stub.queries[0]["sessionId"] == ["from-elsewhere"]


def test_previews_and_traces_are_asked_for_by_the_address(asked, stub, page):
    request = asked(
        query="?at_preview_token=T&at_preview_index=1_2&at_preview_index=3&at_preview_listed_activities_only=true"
        "&at_preview_evaluate_as_true_audience_ids=4_5&authorization=A&at_preview=P"
    )
    mode = {
        "token": "T", "listedActivitiesOnly": True, "evaluateAsTrueAudienceIds": [4, 5],
        "evaluateAsFalseAudienceIds": [],
        "previewIndexes": [{"activityIndex": 1, "experienceIndex": 2}, {"activityIndex": 3}],
    }  # fmt: skip
    assert request["qaMode"] == mode
    assert request["trace"] == {"authorizationToken": "A"}
    assert request["preview"] == {"token": "P"}
    page.goto(f"{stub.url}/page")
    page.evaluate(ASK, {})
    assert stub.requests[1]["qaMode"] == mode
    assert stub.requests[1]["preview"] == {"token": "P"}
    page.goto(f"{stub.url}/page?at_preview_token=&at_preview=")
    page.evaluate(ASK, {})
    assert not {"qaMode", "preview"} & set(stub.requests[2])


def test_traces_are_kept_for_whoever_debugs(stub, page, delivered):
    stub.answers = lambda asked: delivered(asked, mboxes={"hero": {"trace": {"campaigns": []}}})
    page.goto(stub.page(""))
    page.evaluate(ASK, {})
    assert page.evaluate("___target_traces") == [{"campaigns": []}]


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("localhost", "localhost"), ("127.0.0.1", "127.0.0.1"), ("shop.example.com", "example.com"),
        ("a.shop.co.uk", "shop.co.uk"), ("example.com", "example.com"),
        ("shop.gob.ar", "shop.gob.ar"),  # a registry, which may keep no cookie
    ],
)  # fmt: skip
def test_the_cookie_is_for_the_whole_site(browser, stub, host, domain):
    visitor = browser.new_context()
    page = visitor.new_page()
    address = stub.page("").replace("localhost", host)
    script = page_client().served.decode()
    page.route("**/page", lambda route: route.fulfill(body=stub.pages["/page"], content_type="text/html"))
    page.route("**/offerd.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))
    page.goto(address)
    kept = {each["domain"].lstrip(".") for each in visitor.cookies()}
    visitor.close()
    assert kept == {domain}
