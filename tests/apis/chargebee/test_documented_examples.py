"""Every call as its documentation shows it: what is sent, with what headers, and what comes back."""

import pytest

NOON = 1_767_268_800

#: What the published client for Node sends with every call.
NODE = {
    "user-agent": "Chargebee-NodeJs-Client v3.33.0",
    "lang-version": "v20.20.2",
    "accept": "application/json",
    "accept-encoding": "gzip, deflate",
    "x-chargebee-sdk-telemetry": "f;ct",
}

#: What a caller may add.
ADDED = {
    "chargebee-request-origin-device": "phone",
    "chargebee-request-origin-user": "ada@mail.example",
    "chargebee-request-origin-user-encoded": "YWRhQG1haWwuZXhhbXBsZQ==",
    "chargebee-request-origin-ip": "192.0.2.7",
    "chargebee-event-actions": "all-disabled",
    "chargebee-event-email": "all-disabled",
    "chargebee-event-webhook": "all-disabled",
    "chargebee-business-entity-id": "entity-1",
    "x-cb-retry-attempt": "1",
}

JSON = {"content-type": "application/json;charset=UTF-8"}


@pytest.fixture(params=["node", "added"])
def headers(request):
    return NODE | JSON | (ADDED if request.param == "added" else {})


@pytest.fixture
def offer(site):
    """An offer that a customer was given."""
    site.customer("8anaBCustomer1", plan="small")
    return site.offer("8anaBCustomer1")


def test_list_personalized_offers(site, headers):
    site.customer("8anaBCustomer1", plan="small", subscriptions=[{"id": "9bnaBSubscription1", "status": "active"}])
    body = {
        "customer_id": "8anaBCustomer1",
        "subscription_id": "9bnaBSubscription1",
        "first_name": "Mara",
        "last_name": "Lind",
        "email": "mara.lind@mail.example",
        "roles": ["billing", "sales"],
        "external_user_id": "mara-17",
        "custom": {"viewCount": 3, "lastSeen": 1_767_000_000},
        "request_context": {
            "user_agent": "firefox/142.0",
            "locale": "en-US",
            "timezone": "America/New_York",
            "url": "https://app.example/subscription",
            "referrer_url": "https://app.example/home",
        },
    }
    answer = site.http.post("/api/v2/personalized_offers", json=body, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    (offer,) = told["personalized_offers"]
    assert told == {
        "personalized_offers": [
            {
                "id": offer["id"],
                "offer_id": "menu",
                "content": {"title": "More for you", "description": "Choose what you like"},
                "options": [
                    option("go", "Go there", "url_redirect", redirect_url="https://shop.example/upgrade"),
                    option("pay", "Pay here", "checkout", layout="in_app"),
                    option("bill", "Bill me", "billing_update"),
                    option("hook", "Tell them", "webhook"),
                    option("mail", "Mail me", "email"),
                ],
            }
        ],
        "expires_at": NOON + 86_400,
    }


def option(id_, label, processing, layout="full_page", **more):
    return {"id": id_, "label": label, "processing_type": processing, "processing_layout": layout, **more}


@pytest.mark.parametrize(
    ("chosen", "processing"),
    [("go", "url_redirect"), ("pay", "checkout"), ("bill", "billing_update"), ("hook", "webhook")],
)
def test_create_an_offer_fulfillment(site, headers, offer, chosen, processing):
    body = {"personalized_offer_id": offer["id"], "option_id": chosen}
    answer = site.http.post("/api/v2/offer_fulfillments", json=body, headers=headers)
    assert answer.status_code == 202
    told = answer.json()
    assert ("hosted_page" in told) == (chosen == "pay")
    own = told["offer_fulfillment"]
    assert {name: own[name] for name in own if name not in {"id", "redirect_url"}} == {
        "personalized_offer_id": offer["id"],
        "option_id": chosen,
        "processing_type": processing,
        "status": "in_progress",
        "created_at": NOON,
    }


def test_retrieve_an_offer_fulfillment(site, headers, offer):
    own = site.accept(offer, "bill")["offer_fulfillment"]
    # This client says on a call without a body, too, of what type it is.
    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    answer = site.http.get(f"/api/v2/offer_fulfillments/{own['id']}", headers=headers | form)
    assert (answer.status_code, answer.json()) == (200, {"offer_fulfillment": own})


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"status": "completed"}, {"status": "completed", "completed_at": NOON}),
        (
            {"status": "failed", "failure_reason": "The plan is sold out"},
            {
                "status": "failed",
                "failed_at": NOON,
                "error": {"code": "external_fulfillment_failed", "message": "The plan is sold out"},
            },
        ),
    ],
)
def test_update_an_offer_fulfillment(site, headers, offer, said, expected):
    own = site.accept(offer, "go")["offer_fulfillment"]
    body = {"id": own["id"], **said}
    answer = site.http.post(f"/api/v2/offer_fulfillments/{own['id']}", json=body, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"offer_fulfillment": {**own, **expected}})


@pytest.mark.parametrize(("type_", "recorded"), [("viewed", "display"), ("dismissed", "dismiss")])
def test_record_an_offer_event(site, headers, offer, type_, recorded):
    body = {"personalized_offer_id": offer["id"], "type": type_}
    answer = site.http.post("/api/v2/offer_events", json=body, headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert [each["proposition"] for each in site.events(recorded)] == [offer["id"]]


def test_a_reused_idempotency_key(site, headers, offer):
    key = headers | {"chargebee-idempotency-key": "a-key-of-mine"}
    body = {"personalized_offer_id": offer["id"], "type": "viewed"}
    assert site.http.post("/api/v2/offer_events", json=body, headers=key).status_code == 204
    answer = site.http.post("/api/v2/offer_events", json={**body, "type": "dismissed"}, headers=key)
    assert answer.status_code == 422
    assert (answer.json()["type"], answer.json()["api_error_code"]) == ("invalid_request", "unable_to_process_request")
