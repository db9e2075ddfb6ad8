"""The route of delivery: tenants, ids, statuses, what clients send loosely, and what is refused."""

import json

import pytest

from offerd.apis.target.runtime import MOST_AT_ONCE, runtime

HEX = "0123456789abcdef0123456789abcdef"


def test_a_place_where_nothing_answers_is_told_with_its_index(deliver):
    body = deliver(execute={"mboxes": [{"index": 7, "name": "nowhere"}]})
    assert body["execute"] == {"mboxes": [{"index": 7, "name": "nowhere"}]}
    assert body["status"] == 200
    assert "message" not in body


def test_the_client_is_named_by_code_or_by_organisation(server, workspace, site):
    body = json.dumps({"context": {}})
    with server.client("") as client:
        for query in ({"client": workspace}, {"imsOrgId": workspace}):
            answer = client.post("/rest/v1/delivery", params={**query, "sessionId": "s"}, content=body)
            assert answer.status_code == 200
            assert answer.json()["client"] == workspace
        nobody = client.post("/rest/v1/delivery", params={"sessionId": "s"}, content=body)
    assert nobody.status_code == 400
    assert nobody.json() == {"status": 400, "message": "The query names neither client nor imsOrgId"}


def test_a_client_that_the_settings_do_not_know_is_refused(start_server):
    live = start_server(workspace_keys={"acme": "default", "ORG@AdobeOrg": "default"})
    with live.client("") as client:
        for query, status in (({"client": "acme"}, 200), ({"imsOrgId": "ORG@AdobeOrg"}, 200), ({"client": "x"}, 400)):
            answer = client.post("/rest/v1/delivery", params=query, json={})
            assert answer.status_code == status, query
    assert "not known" in answer.json()["message"]


def test_ids_are_given_back_and_a_visitor_id_is_made(deliver):
    known = {"tntId": f"{HEX}.28_0", "thirdPartyId": "jo", "marketingCloudVisitorId": "123"}
    customers = [{"id": "7", "integrationCode": "crm", "authenticatedState": "logged_out"}]
    assert deliver(id={**known, "customerIds": customers})["id"] == {**known, "tntId": HEX, "customerIds": customers}
    assert deliver(session=HEX)["id"] == {"tntId": HEX}
    dashed = "01234567-89ab-cdef-0123-456789abcdef"
    assert deliver(session=dashed)["id"] == {"tntId": HEX}
    made = deliver(session="ping123")["id"]["tntId"]
    assert len(made) == 32
    assert deliver(session="ping123")["id"]["tntId"] != made


def test_a_person_without_a_browser_is_always_the_same_visitor(deliver):
    first = deliver(id={"thirdPartyId": "jo"})["id"]["tntId"]
    assert deliver(id={"thirdPartyId": "jo"}, session="s-2")["id"]["tntId"] == first
    assert deliver(id={"thirdPartyId": "bo"})["id"]["tntId"] != first


def test_the_edge_host_is_none_that_clients_would_take_apart(page, workspace):
    def host(name):
        answer = page.post("/rest/v1/delivery", headers={"host": name}, content="{}")
        return answer.json().get("edgeHost")

    assert host("127.0.0.1:8080") == "localhost"
    assert host("shop.example") == "shop.example"
    assert host("a.b.shop.example") is None
    assert host("10.0.0.1") is None
    assert host("<script>") is None


def test_a_beacon_is_answered_with_nothing(deliver):
    assert deliver(status=204, context={"beacon": True}) is None
    assert deliver(status=204, context={"beacon": "true"}, execute={"mboxes": [{"name": "hero"}]}) is None


def test_a_page_may_read_every_answer_with_its_cookies(page):
    for content, status in (("{}", 200), ("{", 400), (json.dumps({"context": {"beacon": True}}), 204)):
        answer = page.post("/rest/v1/delivery", content=content)
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "Origin" in answer.headers["vary"]
    refused = page.get("/rest/v1/delivery")
    assert refused.status_code == 405
    assert refused.json() == {"status": 405, "message": "The path does not take this method"}
    assert refused.headers["access-control-allow-origin"] == "https://shop.example"
    asked = page.request(
        "OPTIONS", "/rest/v1/delivery", headers={"access-control-request-method": "POST"}, content=b""
    )
    assert asked.status_code == 204
    assert "POST" in asked.headers["access-control-allow-methods"]


def test_only_pages_of_the_origins_in_the_settings_may_call(start_server):
    live = start_server(target_origins="https://shop.example https://www.shop.example/")
    with live.client("") as client:
        own = client.post("/rest/v1/delivery?client=x", headers={"origin": "https://www.shop.example"}, content="{}")
        foreign = client.post("/rest/v1/delivery?client=x", headers={"origin": "https://evil.example"}, content="{}")
        server_side = client.post("/rest/v1/delivery?client=x", content="{}")
    assert (own.status_code, foreign.status_code, server_side.status_code) == (200, 403, 200)
    assert own.headers["access-control-allow-origin"] == "https://www.shop.example"
    assert "access-control-allow-origin" not in foreign.headers
    assert foreign.json()["message"] == "Pages of this origin may not call"


def test_what_real_clients_send_loosely_is_understood(deliver):
    body = deliver(
        id={},
        context={"channel": "web", "userAgent": None, "address": {"url": 5}, "crossDomain": "enabled"},
        execute={
            "mboxes": [
                {"name": "hero", "parameters": {"tier": "gold", "n": 1, "yes": True, "none": None, "a.b": 1.5}},
                {"name": "hero", "index": "4"},
                {"name": "hero", "index": -1, "parameters": None, "order": {}, "product": {}},
            ]
        },
        telemetry={"entries": [{"requestId": 1}]},
        experienceCloud={"analytics": {"logging": "server_side"}},
    )
    assert [each["index"] for each in body["execute"]["mboxes"]] == [0, 4, 2]
    assert body["execute"]["mboxes"][0]["options"][0]["content"] == "<b>Gold gold</b>"


def test_a_request_that_asks_nothing_is_answered(deliver, site):
    for more in ({}, {"telemetry": {"entries": []}}, {"execute": {}}, {"prefetch": None}, {"notifications": []}):
        body = deliver(session="ping123", **more)
        assert body.keys() <= {"status", "requestId", "client", "id", "edgeHost"}
    assert site.get("/profiles").json()["items"] == []


def test_the_request_is_given_back_its_name(page, deliver):
    assert deliver(requestId="r-1")["requestId"] == "r-1"
    answer = page.post("/rest/v1/delivery", content="{}", headers={"x-request-id": "mine"})
    assert answer.json()["requestId"] == "mine"


MANY = [{"name": "m"}] * 51
REFUSED = [
    ("{", "JSON"),
    ("", "JSON"),
    ("[]", "expected an object"),
    ('{"execute": []}', "execute: expected an object"),
    ({"execute": {"mboxes": MANY}}, "size must be between 0 and 50"),
    ({"execute": {"mboxes": {}}}, "expected a list of objects"),
    ({"execute": {"mboxes": [{"index": 0}]}}, "must not be blank"),
    ({"execute": {"mboxes": [{"name": " "}]}}, "must not be blank"),
    ({"execute": {"mboxes": [{"name": "x" * 251}]}}, "size must be between 0 and 250"),
    ({"execute": {"mboxes": [{"name": "x\u0000"}]}}, "control characters"),
    ({"execute": {"mboxes": [{"name": "x-clicked"}]}}, "is no name"),
    ({"execute": {"mboxes": [{"name": "** any mbox **"}]}}, "is no name"),
    ({"execute": {"mboxes": [{"name": {}}]}}, "expected text"),
    ({"execute": {"pageLoad": {"parameters": {str(n): "" for n in range(101)}}}}, "between 0 and 100"),
    ({"execute": {"pageLoad": {"parameters": {"a": "x" * 5001}}}}, "between 0 and 5000"),
    ({"execute": {"pageLoad": {"parameters": {"a": {}}}}}, "expected text"),
    ({"execute": {"pageLoad": {"parameters": {"": "x"}}}}, "expected names"),
    ({"execute": {"pageLoad": {"parameters": {"x" * 129: "x"}}}}, "expected names"),
    ({"execute": {"pageLoad": {"profileParameters": {"a": "x" * 257}}}}, "between 0 and 256"),
    ({"execute": {"pageLoad": {"profileParameters": {str(n): "" for n in range(51)}}}}, "between 0 and 50"),
    ({"execute": {"pageLoad": {"order": {"total": -1}}}}, "expected a number from 0"),
    ({"execute": {"pageLoad": {"order": {"total": "much"}}}}, "expected a number from 0"),
    ({"execute": {"pageLoad": {"order": {"total": []}}}}, "expected a number from 0"),
    ({"execute": {"pageLoad": {"order": {"total": "1e-999999999"}}}}, "expected a number from 0"),
    ({"execute": {"pageLoad": {"order": {"total": f"0.{'1' * 31}"}}}}, "expected a number from 0"),
    ({"execute": {"pageLoad": []}}, "execute.pageLoad: expected an object"),
    ({"prefetch": {"pageLoad": True}}, "prefetch.pageLoad: expected an object"),
    ({"execute": {"pageLoad": {"order": {"purchasedProductIds": ["x" * 51]}}}}, "at most 50 characters"),
    ({"id": {"tntId": "x" * 129}}, "between 0 and 128"),
    ({"id": {"thirdPartyId": {}}}, "expected text"),
    ({"id": {"customerIds": "x"}}, "expected a list"),
    ({"notifications": [{"type": "display", "timestamp": 1}]}, "notifications.id"),
    ({"notifications": [{"id": "1", "type": "hover", "timestamp": 1}]}, "expected click or display"),
    ({"notifications": [{"id": "1", "type": [], "timestamp": 1}]}, "expected click or display"),
    ({"notifications": [{"id": "1", "type": "click", "timestamp": 1, "mbox": "hero"}]}, "mbox: expected an object"),
    ({"notifications": [{"id": "1", "type": "click", "timestamp": 1, "view": []}]}, "view: expected an object"),
    ({"notifications": [{"id": "1", "type": "click", "timestamp": "soon"}]}, "expected milliseconds"),
    ({"notifications": [{"id": "1", "type": "click", "timestamp": 0}]}, "expected milliseconds"),
    ({"notifications": [{"id": "1", "type": "click", "timestamp": 1, "tokens": "x"}]}, "expected a list"),
    ({"notifications": [{"id": "1", "type": "click", "timestamp": 1, "tokens": ["x"]}]}, "not one that this server"),
    ({"notifications": [{"id": "1", "type": "click", "timestamp": 1, "mbox": {"name": "a"}, "view": {}}]}, "exclude"),
    ({"qaMode": {"token": "x", "previewIndexes": [{"activityIndex": 0}]}}, "whole number from 1"),
]


@pytest.mark.parametrize(("body", "message"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_understood_is_refused_with_status_and_message(page, site, body, message):
    answer = page.post("/rest/v1/delivery", content=body if isinstance(body, str) else json.dumps(body))
    assert answer.status_code == 400
    assert answer.json().keys() == {"status", "message"}
    assert answer.json()["status"] == 400
    assert message in answer.json()["message"]
    assert site.get("/interactions").json()["items"] == []


@pytest.mark.parametrize("session", ["a b", "a?", "a/b", "{x}", "x" * 129, "ü\n"])
def test_a_session_that_is_no_name_is_refused(page, session):
    answer = page.post("/rest/v1/delivery", params={"sessionId": session}, content="{}")
    assert answer.status_code == 400
    assert "sessionId" in answer.json()["message"]


def test_a_body_that_is_too_long_or_too_deep_is_refused(page):
    assert page.post("/rest/v1/delivery", content=b" " * 1_048_577).json()["status"] == 413
    deep = page.post("/rest/v1/delivery", content="[" * 200 + "]" * 200)
    assert deep.status_code == 400


def test_a_query_that_is_not_percent_encoded_is_refused(server, workspace):
    with server.client("") as client:
        answer = client.post(f"/rest/v1/delivery?client={workspace}&x=%ff", content="{}")
    assert answer.status_code == 400
    assert "percent-encoded" in answer.json()["message"]


def test_a_session_with_too_many_requests_at_once_is_told_so(server, workspace, deliver):
    sessions = runtime(server.house)
    sessions._under_way[workspace, "busy"] = MOST_AT_ONCE
    try:
        refused = deliver(session="busy", status=420)
    finally:
        del sessions._under_way[workspace, "busy"]
    assert refused == {"status": 420, "message": "Too many requests with same session ID"}
    assert deliver(session="busy")["status"] == 200


def test_more_places_than_one_decision_takes_are_answered_all_the_same(deliver):
    fifty = [{"index": index, "name": "deal"} for index in range(50)]
    body = deliver(execute={"pageLoad": {}, "mboxes": fifty}, prefetch={"mboxes": fifty, "views": [{}], "pageLoad": {}})
    everyone = [each["options"][0]["content"] for each in body["execute"]["mboxes"] + body["prefetch"]["mboxes"]]
    assert everyone == [{"discount": 5}] * 100
    assert body["prefetch"]["pageLoad"]["state"]
    assert len(body["prefetch"]["views"]) == 1
