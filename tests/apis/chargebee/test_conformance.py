"""The conformance cases of the format, by their names."""

import base64
import json
import queue

import pytest

PYTHON = "Chargebee-Python-Client v3.29.0"
NOON = 1_767_268_800

#: Everything that a request may say.
FULL = {
    "customer_id": "c1",
    "subscription_id": "s1",
    "first_name": "Ada",
    "last_name": "Example",
    "email": "ada@mail.example",
    "roles": ["owner", "sales"],
    "external_user_id": "u1",
    "custom": {"viewCount": 6, "storage": {"usedPercent": 91}},
    "request_context": {
        "user_agent": "firefox/142.0",
        "locale": "en-GB",
        "timezone": "Europe/Vienna",
        "url": "https://app.example/account?tab=plan",
        "referrer_url": "https://app.example/",
    },
}

BRANDS = {
    "properties": {
        "b-eu": {"name": "Northern", "extensions": {"chargebee": {"brand": "eu"}}},
        "b-us": {"name": "Western", "extensions": {"chargebee": {}}},
    }
}


def test_c01_list_with_a_full_body(site):
    site.apply({"properties": {"b-eu": BRANDS["properties"]["b-eu"]}})
    site.customer("c1", subscriptions=[{"id": "s1", "status": "active", "brand": "eu"}])
    told = site.list(**{"customer": "c1", **{name: value for name, value in FULL.items() if name != "customer_id"}})
    assert set(told) == {"personalized_offers", "expires_at", "brand"}
    assert told["brand"] == {"id": "eu", "name": "Northern"}
    assert told["expires_at"] == NOON + 86_400
    assert isinstance(told["expires_at"], int)
    (offer,) = told["personalized_offers"]
    assert set(offer) == {"id", "offer_id", "content", "options"}
    assert offer["offer_id"] == "FIFTH"
    assert len(offer["id"]) <= 50
    assert offer["content"] == {
        "title": '<div class="slate-p">Stay, Ada</div>',
        "description": '<div class="slate-p">A fifth less</div>',
    }
    assert offer["options"] == [
        {"id": "apply", "label": "Apply it", "processing_type": "url_redirect", "processing_layout": "full_page"},
        {
            "id": "terms",
            "label": "See the terms",
            "processing_type": "url_redirect",
            "processing_layout": "full_page",
            "redirect_url": "https://shop.example/terms",
        },
    ]


def test_c02_list_with_a_customer_alone(site):
    site.customer("c1", atRisk=True)
    told = site.list("c1")
    assert [each["offer_id"] for each in told["personalized_offers"]] == ["FIFTH"]
    assert "brand" not in told


def test_c03_list_without_a_match(site):
    site.apply(BRANDS)
    site.customer("c1", subscriptions=[{"id": "s1", "brand": "eu"}])
    assert site.list("c1", subscription_id="s1") == {"personalized_offers": [], "expires_at": NOON + 86_400}


def test_c04_list_without_a_customer(site, refused):
    for body in ({}, {"customer_id": None}, {"customer_id": ""}, {"customer_id": "  "}):
        told = refused(site.post("/personalized_offers", body), 400, "param_wrong_value", "customer_id")
        assert told == {
            "message": "customer_id : cannot be blank",
            "type": "invalid_request",
            "api_error_code": "param_wrong_value",
            "param": "customer_id",
        }


def test_c05_list_with_a_member_that_is_too_long_or_no_address(site, refused):
    refused(site.post("/personalized_offers", {"customer_id": "c" * 51}), 400, "param_wrong_value", "customer_id")
    for email in ("nobody", "a@b", "a b@mail.example", "@mail.example", "a@.example", f"{'a' * 60}@mail.example"):
        answer = site.post("/personalized_offers", {"customer_id": "c1", "email": email})
        refused(answer, 400, "param_wrong_value", "email")
    assert site.list("c" * 50, email="a@mail.example")["personalized_offers"] == []


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Bearer",
        "Basic",
        "Basic !!!",
        f"Basic {base64.b64encode(b'wrong:').decode()}",
        f"Basic {base64.b64encode(b':').decode()}",
        f"Basic {base64.b64encode(bytes([0xFF, 0x3A])).decode()}",
        "Digest abc",
    ],
)
def test_c06_no_key_or_a_wrong_one(site, refused, header):
    headers = {} if header is None else {"authorization": header}
    with site.server.client("") as client:
        answer = client.post("/api/v2/personalized_offers", json={"customer_id": "c1"}, headers=headers)
    assert refused(answer, 401, "api_authentication_failed")["type"] == "untyped"


def test_c06_a_key_with_a_password_is_no_key(site, refused):
    answer = site.http.post("/api/v2/personalized_offers", json={"customer_id": "c1"}, auth=(site.key, "secret"))
    refused(answer, 401, "api_authentication_failed")


def test_c07_custom_keys_of_both_clients_meet_the_same_rule(site):
    for custom in ({"viewCount": 6}, {"viewcount": 6}, {"VIEWCOUNT": 6}):
        assert site.offer("c1", custom=custom)["offer_id"] == "FIFTH"
    assert site.offer("c2", custom={"viewCount": 5}) is None


def test_c08_several_brands_and_no_subscription(site, refused):
    site.apply(BRANDS)
    answer = site.post("/personalized_offers", {"customer_id": "c1"})
    refused(answer, 400, "param_wrong_value", "subscription_id")
    assert site.decisions() == []


def test_c09_create_with_a_redirect(site):
    site.customer("c1", plan="small")
    offer = site.offer("c1")
    made = site.accept(offer, "go")
    assert set(made) == {"offer_fulfillment"}
    own = made["offer_fulfillment"]
    assert own == {
        "id": own["id"],
        "personalized_offer_id": offer["id"],
        "option_id": "go",
        "processing_type": "url_redirect",
        "status": "in_progress",
        "redirect_url": "https://shop.example/upgrade",
        "created_at": NOON,
    }
    assert "/" not in own["id"]
    assert len(own["id"]) <= 50


def test_c10_create_with_a_checkout(site):
    site.customer("c1", plan="small")
    made = site.accept(site.offer("c1"), "pay")
    own, page = made["offer_fulfillment"], made["hosted_page"]
    assert own["status"] == "in_progress"
    assert own["processing_type"] == "checkout"
    assert page == {
        "object": "hosted_page",
        "id": page["id"],
        "type": "checkout_existing",
        "url": f"https://pay.example/{own['id']}",
        "state": "created",
        "embed": True,
        "layout": "in_app",
        "created_at": NOON,
        "expires_at": NOON + 7 * 86_400,
    }
    assert len(page["id"]) <= 70


def test_c11_create_with_a_billing_update(site):
    site.customer("c1", plan="small")
    own = site.accept(site.offer("c1"), "bill")["offer_fulfillment"]
    assert own["status"] == "in_progress"
    assert "redirect_url" not in own
    answer = site.native.post(f"/fulfilments/{own['id']}/finish", json={})
    assert answer.status_code == 200, answer.text
    assert site.read(own) == {**own, "status": "completed", "completed_at": NOON}


def test_c11_a_billing_update_is_carried_out_by_the_server_s_fulfiller(alone, receive):
    billing = receive({"state": "completed"})
    site = alone(fulfillers={"billing_update": billing.url})
    delivered = watch(site)
    site.customer("c1", plan="small")
    own = site.accept(site.offer("c1"), "bill")["offer_fulfillment"]
    assert own["status"] == "in_progress"
    assert delivered.get(timeout=60) == ("http", "delivered")
    assert site.read(own) == {**own, "status": "completed", "completed_at": NOON}
    assert [each["data"]["fulfilment"]["choice"] for each in billing.received] == ["bill"]


def test_c11_what_carries_out_an_option_is_told_for_whom(alone, receive):
    billing = receive({"state": "completed"})
    site = alone(fulfillers={"billing_update": billing.url})
    delivered = watch(site)
    settings = {"customer": "{{ context.customer.id }}", "subscription": "{{ context.subscription.id }}", "months": 1}
    choice = {"id": "bill", "label": "Bill me", "fulfil": {"kind": "billing_update", "settings": settings}}
    site.apply({"offers": {"menu": {**written(site, "menu"), "choices": [choice]}}})
    site.customer("c1", plan="small", subscriptions=[{"id": "s1"}, {"id": "s2"}])
    site.accept(site.offer("c1", subscription_id="s2", external_user_id="u1"), "bill")
    assert delivered.get(timeout=60) == ("http", "delivered")
    (told,) = billing.received
    assert told["data"]["settings"] == {"customer": "c1", "subscription": "s2", "months": 1}


def test_c11_a_billing_update_that_fails(alone, receive):
    billing = receive({"state": "failed", "error": {"code": "plan_gone", "message": "There is no such plan"}})
    site = alone(fulfillers={"billing_update": billing.url})
    delivered = watch(site)
    site.customer("c1", plan="small")
    own = site.accept(site.offer("c1"), "bill")["offer_fulfillment"]
    assert delivered.get(timeout=60) == ("http", "delivered")
    error = {"code": "billing_update_failed", "message": "There is no such plan"}
    assert site.read(own) == {**own, "status": "failed", "failed_at": NOON, "error": error}


def test_c12_create_with_a_webhook(alone, receive):
    hook = receive(None)
    site = alone()
    delivered = watch(site)
    choice = {"id": "hook", "label": "Tell them", "fulfil": {"kind": "webhook", "url": hook.url}}
    site.apply({"offers": {"menu": {**written(site, "menu"), "choices": [choice]}}})
    site.customer("c1", plan="small")
    offer = site.offer("c1")
    made = [site.accept(offer, "hook") for _ in range(3)]
    assert made[0] == made[1] == made[2]
    assert delivered.get(timeout=60) == ("webhook", "delivered")
    (message,) = hook.received
    assert message["data"]["fulfilment"]["id"] == made[0]["offer_fulfillment"]["id"]
    assert site.read(made[0]["offer_fulfillment"])["status"] == "in_progress"
    assert delivered.empty()


def test_c12_what_is_secret_in_a_webhook_s_address_is_used_and_not_told(alone, receive):
    hook = receive(None)
    site = alone()
    delivered = watch(site)
    url = f"{hook.url.replace('//', '//shop:secret-word@')}hooks?key=secret-key"
    choice = {"id": "hook", "label": "Tell them", "fulfil": {"kind": "webhook", "url": url}}
    site.apply({"offers": {"menu": {**written(site, "menu"), "choices": [choice]}}})
    site.customer("c1", plan="small")
    site.accept(site.offer("c1"), "hook")
    assert delivered.get(timeout=60) == ("webhook", "delivered")
    assert hook.headers[0]["authorization"] == f"Basic {base64.b64encode(b'shop:secret-word').decode()}"
    told = site.native.get("/deliveries")
    assert [each["url"] for each in told.json()["items"]] == [f"{hook.url}hooks"]
    assert "secret" not in told.text


def test_c12_create_with_a_mail(alone):
    site = alone()
    delivered = watch(site)
    settings = {"to": "{{ profile.email }}", "subject": "Your offer", "text": "Thank you"}
    choice = {"id": "mail", "label": "Mail me", "fulfil": {"kind": "email", "settings": settings}}
    site.apply({"offers": {"menu": {**written(site, "menu"), "choices": [choice]}}})
    site.customer("c1", plan="small", email="ada@mail.example")
    offer = site.offer("c1")
    own = site.accept(offer, "mail")["offer_fulfillment"]
    assert site.accept(offer, "mail")["offer_fulfillment"] == own
    assert delivered.get(timeout=60) == ("email", "delivered")
    (mail,) = (site.server.folder / "outbox").glob("*.eml")
    assert own["id"] in mail.name
    assert b"To: ada@mail.example" in mail.read_bytes()
    assert delivered.empty()


def test_c13_create_twice_is_once(site):
    site.customer("c1", plan="small")
    offer = site.offer("c1")
    first, again = site.accept(offer, "go"), site.accept(offer, "go")
    assert again == first
    assert len(site.events("accept")) == 1
    site.accept(offer, "pay", 409)
    assert len(site.events("accept")) == 1


def test_c13_a_checkout_that_is_created_again_has_the_same_page(site):
    site.customer("c1", plan="small")
    offer = site.offer("c1")
    assert site.accept(offer, "pay") == site.accept(offer, "pay")


def test_c14_create_of_what_is_not_there(site, refused):
    site.customer("c1", atRisk=True)
    offer = site.offer("c1")
    for id_ in ("nothing", "00000000-0000-4000-8000-000000100000", offer["id"].upper()):
        answer = site.post("/offer_fulfillments", {"personalized_offer_id": id_, "option_id": "apply"})
        refused(answer, 404, "resource_not_found", "personalized_offer_id")
    answer = site.post("/offer_fulfillments", {"personalized_offer_id": offer["id"], "option_id": "go"})
    refused(answer, 400, "param_wrong_value", "option_id")
    assert site.events() == []


def test_c15_create_of_an_offer_that_has_expired(alone, refused):
    site = alone()
    site.customer("c1", atRisk=True)
    told = site.list("c1")
    site.server.clock.advance(seconds=told["expires_at"] - NOON, microseconds=-1)
    assert site.offer("c1") == told["personalized_offers"][0]
    site.server.clock.advance(microseconds=1)
    body = {"personalized_offer_id": told["personalized_offers"][0]["id"], "option_id": "apply"}
    refused(site.post("/offer_fulfillments", body), 409, "invalid_state_for_request")
    assert site.events("accept") == []
    assert site.offer("c1")["id"] != told["personalized_offers"][0]["id"]


def test_c16_update_completed(site):
    site.customer("c1", plan="small")
    own = site.accept(site.offer("c1"), "go")["offer_fulfillment"]
    done = site.update(own, status="completed")["offer_fulfillment"]
    assert done == {**own, "status": "completed", "completed_at": NOON}
    assert site.read(own) == done
    assert site.update(own, status="completed")["offer_fulfillment"] == done
    (event,) = site.events("fulfilled")
    assert event["proposition"] == own["personalized_offer_id"]
    assert site.update(own, 409, status="failed", failure_reason="late")["api_error_code"] == (
        "invalid_state_for_request"
    )


def test_c17_update_failed(site):
    site.customer("c1", plan="small")
    offer = site.offer("c1")
    own = site.accept(offer, "hook")["offer_fulfillment"]
    done = site.update(own, status="failed", failure_reason="no such plan")["offer_fulfillment"]
    error = {"code": "external_fulfillment_failed", "message": "no such plan"}
    assert done == {**own, "status": "failed", "failed_at": NOON, "error": error}
    assert site.update(own, status="failed", failure_reason="another")["offer_fulfillment"] == done
    assert len(site.events("failed")) == 1
    assert site.update(own, 409, status="completed")["api_error_code"] == "invalid_state_for_request"
    assert site.accept(offer, "hook", 409)["api_error_code"] == "invalid_state_for_request"


def test_c18_updates_that_may_not_be(site, refused):
    site.customer("c1", plan="small")
    site.customer("c2", plan="small")
    own = site.accept(site.offer("c1"), "mail")["offer_fulfillment"]
    path = f"/offer_fulfillments/{own['id']}"
    for body, param in (
        ({"id": own["id"], "status": "failed"}, "failure_reason"),
        ({"id": own["id"], "status": "failed", "failure_reason": ""}, "failure_reason"),
        ({"id": own["id"], "status": "failed", "failure_reason": "x" * 101}, "failure_reason"),
        ({"id": own["id"], "status": "in_progress"}, "status"),
        ({"id": own["id"]}, "status"),
        ({"status": "completed"}, "id"),
        ({"id": "another", "status": "completed"}, "id"),
    ):
        refused(site.post(path, body), 400, "param_wrong_value", param)
    for option in ("bill", "pay"):
        site.customer(option, plan="small")
        theirs = site.accept(site.offer(option), option)["offer_fulfillment"]
        answer = site.post(f"/offer_fulfillments/{theirs['id']}", {"id": theirs["id"], "status": "completed"})
        refused(answer, 409, "invalid_state_for_request")
    assert site.read(own) == own
    assert site.events("fulfilled") == site.events("failed") == []


def test_c19_seven_days_in_progress(alone):
    site = alone()
    site.customer("c1", plan="small")
    own = site.accept(site.offer("c1"), "go")["offer_fulfillment"]
    site.server.clock.advance(days=7, microseconds=-1)
    assert site.read(own)["status"] == "in_progress"
    site.server.clock.advance(microseconds=1)
    late = site.read(own)
    assert late["status"] == "failed"
    assert late["failed_at"] == NOON + 7 * 86_400
    assert late["error"]["code"] == "fulfillment_expired"
    assert site.update(own, 409, status="completed")["api_error_code"] == "invalid_state_for_request"


def test_c20_viewed_counts_once(site):
    site.customer("c1", atRisk=True)
    offer = site.offer("c1")
    for _ in range(2):
        assert site.tell(offer, "viewed", 204).content == b""
    for _ in range(2):
        assert site.tell(offer, "viewed", 200, headers={"user-agent": PYTHON}).json() == {}
    (event,) = site.events("display")
    assert event["proposition"] == offer["id"]


def test_c21_events_that_cannot_be_told(site, refused):
    site.customer("c1", atRisk=True)
    offer = site.offer("c1")
    for type_ in ("accepted", "fulfilled", "failed", "Viewed", "display"):
        answer = site.post("/offer_events", {"personalized_offer_id": offer["id"], "type": type_})
        refused(answer, 400, "param_wrong_value", "type")
    refused(site.post("/offer_events", {"personalized_offer_id": offer["id"]}), 400, "param_wrong_value", "type")
    answer = site.post("/offer_events", {"personalized_offer_id": "nothing", "type": "viewed"})
    refused(answer, 404, "resource_not_found", "personalized_offer_id")
    assert site.events() == []


def test_c22_an_unknown_fulfillment(site, refused):
    refused(site.http.get("/api/v2/offer_fulfillments/of_1"), 404, "resource_not_found", "id")
    answer = site.post("/offer_fulfillments/of_1", {"id": "of_1", "status": "completed"})
    refused(answer, 404, "resource_not_found", "id")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v2/personalized_offers"),
        ("PUT", "/api/v2/offer_events"),
        ("GET", "/api/v2/offer_fulfillments"),
        ("DELETE", "/api/v2/offer_fulfillments/of_1"),
        ("PATCH", "/acme.grow.chargebee.com/api/v2/offer_fulfillments/of_1"),
        ("DELETE", "/acme/api/v2/offer_events"),
    ],
)
def test_c23_wrong_methods(site, refused, method, path):
    told = refused(site.http.request(method, path), 405, "http_method_not_supported")
    assert told["type"] == "invalid_request"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v2/customers",
        "/acme.grow.chargebee.com/api/v2/customers",
        "/api/v2/personalized_offers/1",
        "/api/v2/offer_fulfillments/of_1/more",
    ],
)
def test_c23_wrong_paths(site, refused, path):
    for method in ("GET", "POST"):
        told = refused(site.http.request(method, path), 404, "resource_not_found")
        assert told["type"] == "invalid_request"


def test_c24_more_calls_than_may_be(alone, refused):
    site = alone(rate_limits={"chargebee": 2})
    for _ in range(2):
        site.list("c1")
    answer = site.post("/personalized_offers", {"customer_id": "c1"})
    assert refused(answer, 429, "api_request_limit_exceeded")["type"] == "operation_failed"
    assert answer.headers["retry-after"] == "30"
    labelled = site.http.post("/acme/api/v2/personalized_offers", json={"customer_id": "c1"})
    refused(labelled, 429, "api_request_limit_exceeded")
    site.server.clock.advance(seconds=30)
    site.list("c1")


def test_c25_an_idempotency_key(site, refused):
    site.customer("c1", plan="small")
    offer, key = site.offer("c1"), {"chargebee-idempotency-key": "k1"}
    body = {"personalized_offer_id": offer["id"], "option_id": "go"}
    first = site.post("/offer_fulfillments", body, 202, headers=key)
    assert "chargebee-idempotency-replayed" not in first.headers
    again = site.post("/offer_fulfillments", body, 202, headers=key)
    assert again.headers["chargebee-idempotency-replayed"] == "true"
    assert again.json() == first.json()
    answer = site.post("/offer_fulfillments", {**body, "option_id": "pay"}, headers=key)
    assert refused(answer, 422, "unable_to_process_request")["type"] == "invalid_request"
    answer = site.post("/offer_fulfillments", body, headers={"chargebee-idempotency-key": "a b"})
    refused(answer, 400, "param_wrong_value", "Chargebee-Idempotency-Key")
    assert len(site.events("accept")) == 1


def test_c25_every_call_may_carry_a_key(site):
    site.customer("c1", plan="small")

    def twice(path, body, key):
        answers = [site.post(path, body, headers={"chargebee-idempotency-key": key}) for _ in range(2)]
        assert [each.headers.get("chargebee-idempotency-replayed") for each in answers] == [None, "true"]
        assert answers[0].content == answers[1].content
        assert answers[0].status_code == answers[1].status_code
        return answers[0]

    (offer,) = twice("/personalized_offers", {"customer_id": "c1"}, "k1").json()["personalized_offers"]
    twice("/offer_events", {"personalized_offer_id": offer["id"], "type": "viewed"}, "k2")
    own = site.accept(offer, "go")["offer_fulfillment"]
    twice(f"/offer_fulfillments/{own['id']}", {"id": own["id"], "status": "completed"}, "k3")
    assert len(site.decisions()) == 1
    assert site.read(own)["status"] == "completed"


def test_c26_a_form_is_read_as_json_is(site):
    form = (
        "customer_id=c1&subscription_id=s1&first_name=Ada&last_name=Example&email=ada%40mail.example"
        "&roles[0]=owner&roles[1]=sales&external_user_id=u1"
        "&custom=%7B%22viewCount%22%3A6%2C%22storage%22%3A%7B%22usedPercent%22%3A91%7D%7D"
        "&request_context[user_agent]=firefox%2F142.0&request_context[locale]=en-GB"
        "&request_context[timezone]=Europe%2FVienna&request_context[url]=https%3A%2F%2Fapp.example%2Faccount"
    )
    media = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    first = site.http.post("/api/v2/personalized_offers", content=form, headers=media)
    assert first.status_code == 200, first.text
    assert first.json()["personalized_offers"][0]["offer_id"] == "FIFTH"
    assert site.post("/personalized_offers", FULL).json() == first.json()
    offer = first.json()["personalized_offers"][0]
    told = site.http.post(
        "/api/v2/offer_fulfillments", data={"personalized_offer_id": offer["id"], "option_id": "apply"}
    )
    assert told.status_code == 202
    own = told.json()["offer_fulfillment"]
    done = site.http.post(f"/api/v2/offer_fulfillments/{own['id']}", data={"id": own["id"], "status": "completed"})
    assert done.json()["offer_fulfillment"]["status"] == "completed"


@pytest.mark.parametrize("body", ["customer_id=c1&custom[viewCount]=6", "customer_id=c1&custom[viewcount]=6"])
def test_c26_a_custom_field_of_a_form_may_be_written_by_itself(site, body):
    media = {"content-type": "application/x-www-form-urlencoded"}
    answer = site.http.post("/api/v2/personalized_offers", content=body, headers=media)
    assert answer.json()["personalized_offers"][0]["offer_id"] == "FIFTH"


@pytest.mark.parametrize("label", ["acme.grow.chargebee.com", "acme-test.grow.chargebee.com", "acme"])
def test_c27_a_leading_label(site, label):
    site.customer("c1", plan="small")
    base = f"/{label}/api/v2"
    offer = site.http.post(f"{base}/personalized_offers", json={"customer_id": "c1"}).json()["personalized_offers"][0]
    body = {"personalized_offer_id": offer["id"], "option_id": "go"}
    own = site.http.post(f"{base}/offer_fulfillments", json=body).json()["offer_fulfillment"]
    assert site.http.get(f"{base}/offer_fulfillments/{own['id']}").json()["offer_fulfillment"] == own


def test_c27_an_absolute_request_line(site):
    site.customer("c1", atRisk=True)
    body = json.dumps({"customer_id": "c1"})
    key = base64.b64encode(f"{site.key}:".encode()).decode()
    with site.server.connect() as connection:
        connection.sendall(
            "POST http://acme.grow.selfhost.test/api/v2/personalized_offers HTTP/1.1\r\n"
            f"Host: acme.grow.selfhost.test\r\nAuthorization: Basic {key}\r\nConnection: close\r\n"
            f"Content-Type: application/json;charset=UTF-8\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, told = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert json.loads(told)["personalized_offers"][0]["offer_id"] == "FIFTH"


def test_c28_redeemed_out(site, refused):
    site.apply({**BRANDS, "activities": {"save": play("b-eu"), "save-us": play("b-us")}})
    site.customer("c1", subscriptions=[{"id": "s1", "brand": "eu"}, {"id": "s2", "brand": "b-us"}])
    mine, other = (site.offer("c1", subscription_id=each) for each in ("s1", "s2"))
    assert mine["offer_id"] == other["offer_id"] == "FIFTH"
    site.accept(mine, "apply")
    assert site.offer("c1", subscription_id="s1")["offer_id"] == "pause"
    answer = site.post("/offer_fulfillments", {"personalized_offer_id": other["id"], "option_id": "apply"})
    assert refused(answer, 400, "resource_limit_exhausted")["type"] == "invalid_request"
    assert site.offer("c1", subscription_id="s2")["offer_id"] == "pause"
    assert len(site.events("accept")) == 1


@pytest.mark.parametrize("headers", [{}, {"chargebee-idempotency-key": "k1"}])
def test_c28_an_open_offer_that_others_took_is_withheld(site, refused, headers):
    everyone = [{"id": "all", "limit": 1, "counts": "accept"}]
    site.apply({"offers": {"disc20": {**written(site, "disc20"), "caps": everyone}}})
    for customer in ("c1", "c2"):
        site.customer(customer, atRisk=True)
    mine, theirs = site.offer("c1"), site.offer("c2")
    site.accept(theirs, "apply")
    answer = site.post("/offer_fulfillments", {"personalized_offer_id": mine["id"], "option_id": "apply"})
    refused(answer, 400, "resource_limit_exhausted")
    (other,) = site.post("/personalized_offers", {"customer_id": "c1"}, headers=headers).json()["personalized_offers"]
    assert other["offer_id"] == "pause"
    (again,) = site.post("/personalized_offers", {"customer_id": "c1"}, headers=headers).json()["personalized_offers"]
    assert again == other == site.offer("c1")


def test_c28_nothing_is_left_when_all_was_taken(site):
    once = [{"id": "once", "limit": 1, "counts": "accept"}]
    site.apply({"offers": {"menu": {**written(site, "menu"), "caps": once}}})
    for customer in ("c1", "c2"):
        site.customer(customer, plan="small")
    mine, theirs = site.offer("c1"), site.offer("c2")
    assert mine["offer_id"] == "menu"
    site.accept(theirs, "go")
    assert site.offer("c1") is None
    site.accept(mine, "go", 400)


def test_c29_dismissed_and_cooled_down(alone, refused):
    site = alone()
    site.customer("c1", atRisk=True)
    offer = site.offer("c1")
    for _ in range(3):
        site.tell(offer, "dismissed")
    assert len(site.events("dismiss")) == 1
    assert site.offer("c1")["offer_id"] == "pause"
    answer = site.post("/offer_fulfillments", {"personalized_offer_id": offer["id"], "option_id": "apply"})
    refused(answer, 409, "invalid_state_for_request")
    site.advance(days=13)
    assert site.offer("c1")["offer_id"] == "pause"
    site.advance(days=1.1)
    again = site.offer("c1")
    assert again["offer_id"] == "FIFTH"
    assert again["id"] != offer["id"]


def watch(site):
    """What comes of each attempt to deliver something, as it is known."""
    told = queue.Queue()
    site.server.house.deliveries.watch(lambda *outcome: told.put(outcome))
    return told


def written(site, offer):
    """An offer as the catalogue has it."""
    return site.native.get("/catalogue").json()["offers"][offer]


def play(brand):
    """A play of one brand."""
    return {
        "status": "live",
        "keep": "proposition",
        "placements": ["in-app"],
        "properties": [brand],
        "selections": [{"offers": ["disc20", "pause"]}],
    }
