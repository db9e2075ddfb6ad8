"""Customers, their users, their subscriptions, and the brands of those."""

import threading

import pytest

BRANDS = {
    "properties": {
        "b-eu": {"name": "Northern", "extensions": {"chargebee": {"brand": "eu"}}},
        "b-us": {"name": "Western", "extensions": {"chargebee": {}}},
        "website": {"name": "No brand"},
    }
}


def settings(site, **more):
    """Changes what the placement says for this format."""
    own = {"content": ["offer-card"], "lasts": "1 day", "extensions": {"chargebee": more}}
    site.apply({"placements": {"in-app": own}})


def test_an_unknown_customer_is_decided_for_as_a_new_one(site):
    assert site.offer("new") is None
    assert site.native.get("/profiles/chargebee_customer:new").status_code == 200


def test_a_site_that_knows_its_customers_refuses_others(site, refused):
    settings(site, customers="known", fields=["external_user_id"])
    site.customer("c1", atRisk=True, subscriptions=[{"id": "s1"}])
    assert site.offer("c1")["offer_id"] == "FIFTH"
    for more in ({}, {"external_user_id": "u1"}):
        answer = site.post("/personalized_offers", {"customer_id": "new", **more})
        refused(answer, 404, "resource_not_found", "customer_id")
    answer = site.post("/personalized_offers", {"customer_id": "c1", "subscription_id": "s2"})
    refused(answer, 404, "resource_not_found", "subscription_id")
    assert site.native.get("/profiles/chargebee_customer:new").status_code == 404


def test_users_of_a_customer_share_its_data_and_not_its_caps(site):
    parent = site.customer("c1", atRisk=True)
    mine, theirs = (site.offer("c1", external_user_id=user) for user in ("u1", "u2"))
    assert mine["offer_id"] == theirs["offer_id"] == "FIFTH"
    assert mine["id"] != theirs["id"]
    site.tell(mine, "dismissed")
    assert site.offer("c1", external_user_id="u1")["offer_id"] == "pause"
    assert site.offer("c1", external_user_id="u2") == theirs
    assert site.offer("c1")["offer_id"] == "FIFTH"
    user = site.native.get("/profiles/chargebee_user:c1%2Fu1").json()
    assert user["parent"] == parent


def test_users_of_an_unknown_customer_are_made_with_it(site):
    site.list("c1", external_user_id="u1")
    user = site.native.get("/profiles/chargebee_user:c1%2Fu1").json()
    assert user["parent"] == site.native.get("/profiles/chargebee_customer:c1").json()["id"]


def test_names_of_users_do_not_run_into_each_other(site):
    for customer, user in (("a/b", "c"), ("a", "b/c"), ("a%2Fb", "c")):
        site.customer(customer.replace("/", "%2F") if "/" in customer else customer.replace("%", "%25"), atRisk=True)
        site.list(customer, external_user_id=user)
    users = {each["id"] for each in named(site, "chargebee_user")}
    assert users == {"a%2Fb/c", "a/b%2Fc", "a%252Fb/c"}


def named(site, namespace):
    profiles = site.native.get("/profiles", params={"limit": 100}).json()["items"]
    return [name for each in profiles for name in each["identities"] if name["namespace"] == namespace]


def test_a_user_that_is_not_mapped_is_the_customer(site):
    settings(site, fields=[])
    site.customer("c1", atRisk=True)
    assert site.offer("c1", external_user_id="u1") == site.offer("c1")
    assert named(site, "chargebee_user") == []


@pytest.mark.parametrize(
    ("subscriptions", "meant"),
    [
        ([{"id": "only", "status": "cancelled"}], "only"),
        ([{"id": "b", "status": "in_trial"}, {"id": "a", "status": "active"}], "a"),
        ([{"id": "a", "status": "cancelled"}, {"id": "b", "status": "in_trial"}], "b"),
        ([{"id": "a", "status": "active", "started_at": 1}, {"id": "b", "status": "active", "started_at": 2}], "b"),
        ([{"id": "a", "started_at": "2024-01-01"}, {"id": "b", "started_at": "2025-01-01"}], "b"),
        ([{"id": "b", "status": "active"}, {"id": "a", "status": "active"}], "a"),
        ([{"id": "a", "status": "odd"}, {"id": "b", "status": "cancelled"}], "b"),
        (["text", {"no": "id"}, {"id": 5}, {"id": "ok"}], "ok"),
        ("none", ""),
        ([], ""),
    ],
)
def test_which_subscription_is_meant(site, subscriptions, meant):
    site.customer("c1", subscriptions=subscriptions)
    mirror(site, "{{ context.subscription.id }}")
    assert site.offer("c1")["content"]["title"] == meant


def test_the_subscription_that_is_named_counts(site):
    site.customer("c1", subscriptions=[{"id": "s1", "status": "active"}, {"id": "s2", "status": "cancelled", "mrr": 5}])
    mirror(site, "{{ context.subscription.id }} {{ context.subscription.mrr }}")
    assert site.offer("c1", subscription_id="s2")["content"]["title"] == "s2 5"
    assert site.offer("c1", subscription_id="s3")["content"]["title"] == "s3 "
    assert site.warnings() == ["The customer's profile knows no subscription s3"]


def test_an_offer_is_of_one_subscription(site):
    """What is decided for one subscription is neither shown for another nor applied to it."""
    site.customer("c1", subscriptions=[{"id": "s1", "status": "active"}, {"id": "s2", "status": "active"}])
    mirror(site, "{{ context.subscription.id }}", keep="proposition")
    first, second = (site.offer("c1", subscription_id=each) for each in ("s1", "s2"))
    assert [each["content"]["title"] for each in (first, second)] == ["s1", "s2"]
    assert first["id"] != second["id"]
    assert [site.offer("c1", subscription_id=each) for each in ("s2", "s1")] == [second, first]
    for offer, subscription in ((second, "s2"), (first, "s1")):
        made = site.accept(offer, "ok")["offer_fulfillment"]
        assert made["redirect_url"] == f"https://shop.example/ok?s={subscription}"


def mirror(site, wish, **more):
    """Has every customer be shown what a template makes of the context."""
    card = {"offer-card": {"title": wish, "description": "-"}, "template": "liquid"}
    url = "https://shop.example/ok?s={{ context.subscription.id }}"
    option = {"id": "ok", "label": "Ok", "fulfil": {"kind": "redirect", "url": url}}
    offer = {"status": "approved", "content": {"in-app": card}, "choices": [option]}
    play = {"status": "live", "placements": ["in-app"], "selections": [{"offers": ["mirror"]}], "priority": 99}
    play |= more
    site.apply({"offers": {"mirror": offer}, "activities": {"mirror": play}})


def branded(site):
    """Plays of two brands, and one of all."""
    site.apply(BRANDS)

    def play(priority, *properties):
        return {
            "status": "live",
            "keep": "proposition",
            "priority": priority,
            "placements": ["in-app"],
            "properties": list(properties),
            "selections": [{"offers": ["disc20" if "b-eu" in properties else "pause" if properties else "menu"]}],
        }

    plays = {"save": play(9, "b-eu"), "us": play(8, "b-us"), "all": play(1), "grow": {"status": "archived"}}
    site.apply({"activities": plays})


def test_the_brand_is_the_subscription_s(site):
    branded(site)
    site.customer("c1", subscriptions=[{"id": "s1", "brand": "eu"}, {"id": "s2", "brand": "b-us"}, {"id": "s3"}])
    first, second, third = (site.list("c1", subscription_id=each) for each in ("s1", "s2", "s3"))
    assert first["brand"] == {"id": "eu", "name": "Northern"}
    assert first["personalized_offers"][0]["offer_id"] == "FIFTH"
    assert second["brand"] == {"id": "b-us", "name": "Western"}
    assert second["personalized_offers"][0]["offer_id"] == "pause"
    assert "brand" not in third
    assert third["personalized_offers"][0]["offer_id"] == "menu"
    assert site.warnings() == ["The subscription s3 is of no brand that is known"]


def test_a_site_with_one_brand_asks_for_no_subscription(site):
    site.apply({"properties": {"b-eu": BRANDS["properties"]["b-eu"], "website": {"name": "No brand"}}})
    site.customer("c1", atRisk=True)
    assert site.list("c1")["brand"] == {"id": "eu", "name": "Northern"}


def test_a_new_user_who_comes_many_times_at_once_is_one_and_is_given_one_offer(site):
    start, told = threading.Barrier(8), []

    def ask():
        start.wait()
        told.append(site.offer("c1", external_user_id="u1", custom={"viewCount": 6})["id"])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(told) == 8
    assert len(set(told)) == 1
    assert [each["id"] for each in named(site, "chargebee_user")] == ["c1/u1"]
    assert [each["id"] for each in named(site, "chargebee_customer")] == ["c1"]
