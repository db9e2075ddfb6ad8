"""The hard cases of this format on the model: what is kept, whom it is for, and what an accepted offer follows."""

import threading

NOON = 1_767_268_800


def test_c1_an_offer_is_the_same_until_it_expires_whatever_its_caps_say(site):
    caps = [{"id": "seen", "limit": 1, "per": "profile", "counts": "display"}]
    site.apply({"offers": {"pause": {**written(site, "pause"), "caps": caps}}})
    site.apply({"activities": {"save": {**play(site), "selections": [{"offers": ["pause"]}]}}})
    site.customer("c1", atRisk=True)
    first = site.offer("c1")
    site.tell(first, "viewed")
    assert site.offer("c1") == first
    assert len(site.events("display")) == 1
    site.tell(first, "dismissed")
    assert site.offer("c1") is None


def test_c1_an_offer_ends_with_its_play(alone):
    site = alone()
    window = {"until": "2026-01-01T13:00:00Z"}
    site.apply({"activities": {"save": {**play(site), "window": window}}})
    site.customer("c1", atRisk=True)
    told = site.list("c1")
    assert told["expires_at"] == NOON + 3_600
    site.server.clock.advance(hours=1)
    assert site.list("c1") == {"personalized_offers": [], "expires_at": NOON + 3_600 + 86_400}


def test_c1_an_offer_that_changed_is_another(site):
    site.customer("c1", atRisk=True)
    first = site.offer("c1")
    site.apply({"offers": {"disc20": {**written(site, "disc20"), "name": "Another"}}})
    second = site.offer("c1")
    assert second["offer_id"] == first["offer_id"]
    assert second["id"] != first["id"]
    assert site.offer("c1") == second


def test_c1_an_offer_is_kept_only_while_its_play_is_for_the_customer(site):
    site.customer("c1", atRisk=True)
    assert site.offer("c1") is not None
    site.customer("c1", atRisk=False)
    assert site.offer("c1") is None


def test_c1_listing_is_no_view(site):
    site.customer("c1", atRisk=True)
    site.list("c1")
    assert site.events() == []


def test_c3_an_accepted_offer_follows_the_catalogue_that_it_was_given_with(site):
    site.customer("c1", plan="small")
    offer = site.offer("c1")
    choices = [{"id": "new", "label": "New", "fulfil": {"kind": "billing_update"}}]
    site.apply({"offers": {"menu": {**written(site, "menu"), "choices": choices}}})
    own = site.accept(offer, "go")["offer_fulfillment"]
    assert (own["processing_type"], own["redirect_url"]) == ("url_redirect", "https://shop.example/upgrade")
    assert site.update(own, status="completed")["offer_fulfillment"]["status"] == "completed"
    assert [each["id"] for each in site.offer("c1")["options"]] == ["new"]


def test_c3_a_checkout_is_laid_out_as_it_was_when_it_was_given(site):
    site.customer("c1", plan="small")
    offer = site.offer("c1")
    site.apply({"offers": {"menu": {**written(site, "menu"), "choices": []}}})
    assert site.accept(offer, "pay")["hosted_page"]["layout"] == "in_app"


def test_c3_an_offer_that_is_taken_many_times_at_once_is_taken_once(site):
    site.customer("c1", plan="small")
    offer, told = site.offer("c1"), []
    start = threading.Barrier(8)

    def take():
        start.wait()
        told.append(site.accept(offer, "go")["offer_fulfillment"]["id"])

    threads = [threading.Thread(target=take) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(told) == 8
    assert len(set(told)) == 1
    assert len(site.events("accept")) == 1


def written(site, offer):
    return site.native.get("/catalogue").json()["offers"][offer]


def play(site):
    return site.native.get("/catalogue").json()["activities"]["save"]
