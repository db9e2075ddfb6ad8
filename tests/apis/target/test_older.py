"""The wire of older pages: everything in a query or a form, offers in older words."""

import pytest

from offerd.apis.target.older.offers import actions, offers
from offerd.apis.target.tokens import Event, Tokens

HEX = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def old(server, workspace, site):
    """An older page; gives the body of an answer."""
    with server.client("") as client:
        client.headers["origin"] = "https://shop.example"

        def ask(status=200, method="GET", fields=None, **query):
            answer = client.request(method, f"/m2/{workspace}/mbox/json", params=query, data=fields)
            assert answer.status_code == status, answer.text
            assert answer.headers["access-control-allow-origin"] == "https://shop.example"
            assert answer.headers["access-control-allow-credentials"] == "true"
            return answer.json()

        yield ask


def test_an_mbox_is_asked_in_the_query_or_in_a_form(old, workspace):
    asked = {"mbox": "hero", "mboxSession": HEX, "mboxPC": "", "tier": "gold", "mboxURL": "https://shop.example/"}
    for body in (old(**asked), old(method="POST", fields=asked), old(method="POST", **asked)):
        assert body["sessionId"] == HEX
        assert body["tntId"] == HEX
        assert body["edgeHost"] == "localhost"
        (offer,) = body["offers"]
        assert offer["html"] == "<b>Gold gold</b>"
        assert offer["responseTokens"]["activity.name"] == "Tiers"


def test_a_visitor_is_the_same_as_in_delivery(old, deliver, visitors):
    visitor = next(visitors(35, 66))
    body = deliver(id={"tntId": visitor}, execute={"mboxes": [{"name": "foot"}]})
    new = body["execute"]["mboxes"][0]["options"][0]["content"]
    assert old(mbox="foot", mboxPC=f"{visitor}.28_0", mboxSession="s")["offers"][0]["html"] == new


def test_a_whole_page_has_all_offers_and_its_clicks(old, visitors):
    body = old(mbox="target-global-mbox", mboxPC=next(visitors(35, 66)), mboxSession="s", form="1")
    members = [sorted(offer) for offer in body["offers"]]
    assert members == [["actions", "responseTokens"], ["html", "responseTokens"], ["actions"]]
    assert body["offers"][0]["actions"] == [
        {"action": "setContent", "selector": "#x", "cssSelector": "#x", "content": "<i>b</i>"}
    ]
    click = body["offers"][2]["actions"][0]
    assert (click["action"], click["selector"]) == ("trackClick", "#buy")
    assert click["clickTrackId"]


def test_a_place_where_nothing_answers_has_no_offers(old):
    assert old(mbox="nowhere", mboxSession="s", mboxPC="v") == {
        "sessionId": "s", "tntId": "v", "edgeHost": "localhost", "offers": [],
    }  # fmt: skip


def test_a_click_is_told_with_the_token_that_came_with_the_offer(old, events, visitors):
    visitor = next(visitors(35, 66))
    token = old(mbox="hero", mboxPC=visitor, mboxSession="s")["offers"][0]["clickToken"]
    for number in range(2):
        beacon = {"mbox": "hero-clicked", "mboxPC": visitor, "mboxSession": "s", "mboxRid": f"r-{number % 2}"}
        body = old(method="POST", **beacon, **{("clickTrackId", "mboxTarget")[number]: token})
        assert body["offers"] == []
    assert [each["placement"] for each in events("click")] == ["hero", "hero"]
    old(status=400, mbox="hero-clicked", clickTrackId="x")


def test_attributes_orders_properties_and_ids_have_names_of_their_own(old, site, events, visitors):
    visitor = next(visitors(35, 66))
    old(mbox="hero", mboxPC=visitor, mboxSession="s")
    old(**{
        "mbox": "order-confirm", "mboxPC": visitor, "mboxSession": "s", "profile.tier": "gold", "orderId": "o",
        "orderTotal": "3", "productPurchasedId": "a,b", "mbox3rdPartyId": "jo", "mboxMCGVID": "42",
        "vst.crm.id": "7", "vst.crm.authState": "1", "vst.old.id": "8", "vst.old.authState": "0",
    })  # fmt: skip
    profile = site.get("/profiles/thirdPartyId:jo").json()
    assert profile["attributes"] == {"tier": "gold"}
    assert {f"{each['namespace']}:{each['id']}" for each in profile["identities"]} == {
        "thirdPartyId:jo", "ECID:42", "crm:7", f"tntId:{visitor}",
    }  # fmt: skip
    (order,) = events("conversion")
    assert order["data"]["order"] == {"id": "o", "products": ["a", "b"]}
    token = "11111111-2222-3333-4444-555555555555"
    assert old(mbox="app", at_property=token)["offers"][0]["redirect"] == "https://example.com/app"
    assert old(mbox="app")["offers"] == []


def test_a_preview_and_a_trace_work_here_too(old, server, workspace):
    from offerd.apis.target.tokens import Preview  # noqa: PLC0415

    token = Tokens(server.house, workspace).preview(Preview(["soon"], ["two"]))
    assert old(mbox="hero", at_preview=token)["offers"][0]["html"] == "<b>Soon 2</b>"
    assert "trace" in old(mbox="hero", authorization=server.token("decide", workspace=workspace))


def test_what_cannot_be_understood_is_refused_in_the_words_of_these_clients(server, workspace, old):
    assert old(status=400) == {"error": "mbox.name: must not be blank"}
    assert "sessionId" in old(status=400, mbox="x", mboxSession="a b")["error"]
    assert "size must be" in old(status=400, mbox="x", **{f"p{n}": "1" for n in range(101)})["error"]
    assert "size must be" in old(status=400, mbox="x", p="x" * 5001)["error"]
    with server.client("") as client:
        odd = client.post(f"/m2/{workspace}/mbox/json", content="mbox=ü".encode())
        assert odd.json() == {"error": "The form is not percent-encoded"}
        assert client.put(f"/m2/{workspace}/mbox/json").json() == {"error": "The path does not take this method"}


def test_a_total_as_a_page_writes_it_keeps_nobody_from_an_order(old, events, visitors):
    visitor = next(visitors(35, 66))
    old(mbox="hero", mboxPC=visitor, mboxSession="s")
    for total in ("$1,299.00", "-1", "1e-999999999"):
        old(mbox="order-confirm", mboxPC=visitor, mboxSession="s", orderId=f"o {total}", orderTotal=total)
        old(mbox="hero", mboxPC=visitor, mboxSession="s")
    orders = events("conversion")
    assert {each["data"]["order"]["id"] for each in orders} == {"o $1,299.00", "o -1", "o 1e-999999999"}
    assert all("value" not in each for each in orders)


def test_every_action_has_older_words():
    def old_words(kind, content):
        made = list(actions({"type": kind, "selector": "#x", "content": content}))
        return [{k: v for k, v in each.items() if k not in {"selector", "cssSelector"}} for each in made]

    assert old_words("setText", "t") == [{"action": "setContent", "content": "t", "contentType": "text"}]
    assert old_words("appendHtml", "t") == [{"action": "appendContent", "content": "t"}]
    assert old_words("setImageSource", "u") == [{"action": "setAttribute", "attribute": "src", "value": "u"}]
    assert old_words("redirect", "u") == [{"action": "redirect", "url": "u"}]
    assert old_words("remove", None) == [{"action": "remove"}]
    assert old_words("setAttribute", {"a": "1", "b": "2"}) == [
        {"action": "setAttribute", "attribute": "a", "value": "1"},
        {"action": "setAttribute", "attribute": "b", "value": "2"},
    ]
    assert old_words("setStyle", {"color": "red", "priority": "important"}) == [
        {"action": "setStyle", "property": "color", "value": "red", "priority": "important"}
    ]
    assert old_words("resize", {"width": 1, "height": 2}) == [{"action": "resize", "finalHeight": 2, "finalWidth": 1}]
    assert old_words("move", {"left": 1, "top": 2, "position": "fixed"}) == [
        {"action": "move", "finalLeftPosition": 1, "finalTopPosition": 2, "position": "fixed"}
    ]
    assert old_words("rearrange", {"from": 0, "to": 1}) == [{"action": "rearrange", "from": 0, "to": 1}]
    assert old_words("rearrange", "x") == []


def test_json_and_dynamic_offers_and_several_clicks_have_theirs():
    options = [{"type": "json", "content": {"a": 1}}, {"type": "dynamic", "content": "https://x.example/"}]
    clicks = [{"type": "click", "eventToken": "t1"}, {"type": "click", "eventToken": "t2"}]
    assert offers(options, clicks) == [
        {"json": {"a": 1}},
        {"dynamic": {"url": "https://x.example/", "params": []}, "clickToken": "t1"},
        {"clickToken": "t2"},
    ]
    assert offers([], clicks[:1]) == [{"clickToken": "t1"}]


@pytest.fixture
def server_side(server, workspace, site):
    with server.client("") as client:

        def ask(path, body, status=200):
            answer = client.post(f"/rest/{path}", params={"client": workspace, "sessionId": "s"}, json=body)
            assert answer.status_code == status, answer.text
            return answer.json()

        yield ask


def test_a_server_asks_for_one_mbox(server_side, server, workspace):
    body = server_side("v1/mbox/s-9", {"mbox": "hero", "mboxParameters": {"tier": "gold"}, "tntId": "v"})
    assert body == {"tntId": "v", "edgeHost": "localhost", "content": "<b>Gold gold</b>", "sessionId": "s-9"}
    person = {"mbox": "deal", "thirdPartyId": "jo", "profileParameters": {"tier": "gold"}}
    location = {"requestLocation": {"pageURL": "https://shop.example/", "host": "shop.example", "ipAddress": "1.2.3.4"}}
    assert server_side("v1/mbox/s-9", {**person, **location}) == {
        "thirdPartyId": "jo", "edgeHost": "localhost", "content": '{"discount":20}', "sessionId": "s-9",
    }  # fmt: skip
    assert server_side("v1/mbox/s-9", {"mbox": "deal", "marketingCloudVisitorId": "42"}).keys() == {
        "edgeHost", "content", "sessionId",
    }  # fmt: skip
    trace = {"authorizationToken": server.token("decide", workspace=workspace)}
    assert "trace" in server_side("v1/mbox/s-9", {"mbox": "deal", "mboxTrace": trace})
    assert server_side("v1/mbox/s-9", {"mbox": "deal", "clicked": True})["content"] == ""
    assert server_side("v1/mbox/s-9", {}, 400)["status"] == 400


def test_a_server_asks_for_many_mboxes(server_side, events, server, workspace, visitors):
    visitor = next(visitors(35, 66))
    body = server_side(
        "v2/batchmbox",
        {
            "requestId": "r-1",
            "id": {"tntId": visitor},
            "contentAsJson": True,
            "profileParameters": {"tier": "gold"},
            "mboxes": [{"indexId": 0, "mbox": "deal"}, {"indexId": 1, "mbox": "target-global-mbox"}],
            "prefetch": [{"indexId": 0, "mbox": "hero", "requestLocation": {"pageURL": "https://x.example/"}}],
        },
    )
    assert (body["requestId"], body["client"], body["id"]) == ("r-1", workspace, {"tntId": visitor})
    assert body["mboxResponses"][0] == {"mbox": "deal", "content": {"discount": 20}}
    assert body["mboxResponses"][1]["content"][0]["type"] == "setHtml"
    (later,) = body["prefetchResponses"]
    assert later["content"] == "<b>B</b>"
    assert len(events("display")) == 2
    told = [
        {"type": "hit", "timestamp": 1_767_268_800_000, "mbox": "hero", "eventTokens": later["eventTokens"]},
        {"type": "click", "mbox": "hero", "clickToken": later["clickToken"]},
    ]
    clicked = [{"indexId": 0, "mbox": "hero", "clicked": True}]
    server_side("v2/batchmbox", {"id": {"tntId": visitor}, "notifications": told, "mboxes": clicked})
    assert len(events("display")) == 3
    assert len(events("click")) == 2  # one by its token, one by the mbox
    for wrong, words in (
        ({"type": "hover"}, "expected hit or click"),
        ({"type": "hit", "eventTokens": "x"}, "expected a list"),
        ({"type": "hit", "eventTokens": ["x"]}, "not one that this server issued"),
        ({"type": "click", "clickToken": []}, "expected text"),
        ({"type": "click", "timestamp": "soon"}, "expected milliseconds"),
    ):
        body = {"notifications": [{"mbox": "hero", **wrong}]}
        assert words in server_side("v2/batchmbox", body, 400)["message"]
    unknown = {"mboxes": [{"mbox": "hero"}] * 51}
    assert "between 0 and 50" in server_side("v2/batchmbox", unknown, 400)["message"]


def test_a_server_prefetches_default_content_with_its_token(server_side, events, visitors):
    visitor = {"tntId": next(visitors(0, 34))}
    (later,) = server_side("v2/batchmbox", {"id": visitor, "prefetch": [{"mbox": "hero"}]})["prefetchResponses"]
    assert later["content"] == ""
    hit = {"type": "hit", "mbox": "hero", "eventTokens": later["eventTokens"]}
    server_side("v2/batchmbox", {"id": visitor, "notifications": [hit]})
    assert [(each["activity"], each["offer"]) for each in events("display")] == [("ab", "a")]


def test_attributes_that_a_server_says_of_no_mbox_are_the_visitors_too(server_side, site):
    shared = {"id": {"tntId": "v"}, "profileParameters": {"a": "1", "b": "1"}}
    server_side("v2/batchmbox", shared)
    assert site.get("/profiles/tntId:v").json()["attributes"] == {"a": "1", "b": "1"}
    mboxes = [{"mbox": "deal", "profileParameters": {"b": "2"}}, {"mbox": "deal", "profileParameters": None}]
    server_side("v2/batchmbox", {**shared, "mboxes": mboxes})
    assert site.get("/profiles/tntId:v").json()["attributes"] == {"a": "1", "b": "2"}
    refused = server_side("v2/batchmbox", {"profileParameters": {"a": "x" * 257}}, 400)
    assert "between 0 and 256" in refused["message"]


def test_a_click_on_an_mbox_of_no_token_is_the_goal_of_those_who_are_in_it(old, events, visitors, server, workspace):
    visitor = next(visitors(35, 66))
    old(mbox="hero", mboxPC=visitor, mboxSession="s")
    old(method="POST", mbox="hero-clicked", mboxPC=visitor, mboxSession="s")
    assert [(each["activity"], each["offer"]) for each in events("click")] == [("ab", "b")]
    assert Tokens(server.house, workspace).read_event("x") is None
    assert Event("a", "b").goal is None
