"""Claims of targeted offers."""

import json
import threading

import pytest

ORDER = "8f1d3c52-0d5e-4a51-9b0e-6a7f3d1e2c44"


def test_t06_a_receipt_in_xml_claims_the_product_that_it_names(both, claims, receipt):
    whales, _ = both.offers()
    answer = both.claim(whales, receipt(("p-1", "10x gold coins")))
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers
    [made] = claims()
    assert (made["offer"], made["activity"], made["proposition"]) == ("ten", "whales", whales["trackingId"])
    assert made["data"]["receipt"] == {
        "verifier": "xml", "purchase": "p-1", "verified": False, "at": "2026-01-01T10:00:00Z",
    }  # fmt: skip


def test_t07_an_order_id_claims_the_first_product(both, claims):
    whales, _ = both.offers()
    assert both.claim(whales, ORDER).status_code == 204
    [made] = claims()
    assert made["offer"] == "hundred"
    assert made["data"]["receipt"] == {"verifier": "order", "purchase": ORDER, "verified": False}


def test_an_order_id_claims_the_product_that_the_client_left_in_its_element(both, claims):
    whales, _ = both.offers()
    assert both.claim({**whales, "offers": ["10x gold coins"]}, ORDER).status_code == 204
    assert [made["offer"] for made in claims()] == ["ten"]


def test_t08_the_older_shape_is_taken_too(both, claims, receipt):
    _, back = both.offers()
    body = {"confirmation": receipt(("p-1", "sword of many names")), "trackingId": back["trackingId"].upper()}
    assert both.post(body).status_code == 204
    assert [made["offer"] for made in claims()] == ["sword"]


@pytest.mark.parametrize("proof", [ORDER, "xml"])
def test_t09_a_repeat_is_answered_alike_and_counts_once(both, claims, receipt, proof):
    proof = receipt(("p-1", "100x gold coins")) if proof == "xml" else proof
    whales, _ = both.offers()
    answers = [both.claim(whales, proof).status_code for _ in range(3)]
    assert answers == [204, 204, 204]
    assert both.post({"confirmation": proof, "trackingId": whales["trackingId"]}).status_code == 204
    assert len(claims()) == 1


def test_s2_two_purchases_of_one_product_count_twice(both, claims, receipt):
    whales, _ = both.offers()
    for name in ("p-1", "p-2"):
        assert both.claim(whales, receipt((name, "10x gold coins"))).status_code == 204
    assert [made["offer"] for made in claims()] == ["ten", "ten"]


def test_claims_at_the_same_moment_count_once(both, claims):
    whales, _ = both.offers()
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(both.claim(whales, ORDER).status_code)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [204] * 8
    assert len(claims()) == 1


def test_a_claimed_offer_is_given_anew_under_another_id(both, receipt):
    whales, back = both.offers()
    both.claim(whales, ORDER)
    again = both.offers()
    assert again[0]["offers"] == whales["offers"]
    assert again[0]["trackingId"] != whales["trackingId"]
    assert again[1] == back


def test_one_purchase_is_not_claimed_for_another_offer_nor_by_somebody_else(both, user, claims):
    whales, back = both.offers()
    assert both.claim(whales, ORDER).status_code == 204
    sam = user("sam", spend=80)
    for who, element in ((both, back), (sam, sam.offers()[0])):
        answer = who.claim(element, ORDER)
        assert (answer.status_code, answer.json()["code"]) == (400, "ReceiptUsed")
    assert len(claims()) == 1


@pytest.mark.parametrize(
    "tracking",
    ["5de5dd29-6dce-4e68-b45e-d8ee6c2cd203", "nothing", "00000000-0000-0000-0000-000000000000", "x" * 5000, "💥"],
)
def test_t10_an_unknown_tracking_id_is_refused(both, claims, tracking):
    answer = both.claim({"offers": [], "trackingId": tracking}, ORDER)
    assert (answer.status_code, answer.json()["code"]) == (400, "UnknownTrackingId")
    assert claims() == []


def test_t10_anothers_tracking_id_is_unknown(both, user, claims):
    sam = user("sam", spend=80)
    stranger = user("kim")
    for who in (sam, stranger):
        answer = who.claim(both.offers()[0], ORDER)
        assert (answer.status_code, answer.json()["code"]) == (400, "UnknownTrackingId")
    assert claims() == []


def test_a_decision_that_was_made_elsewhere_is_no_targeted_offer(game, both, claims):
    body = {"identities": {"subject": "jo"}, "asks": [{"placement": "banner"}]}
    made = game.post("/decisions", json=body).json()["propositions"][0]
    answer = both.claim({"offers": [], "trackingId": made["id"]}, ORDER)
    assert (answer.status_code, answer.json()["code"]) == (400, "UnknownTrackingId")
    assert claims() == []


def test_an_offer_that_has_expired_is_refused(both, claims, server):
    whales, _ = both.offers()
    server.clock.advance(days=1)
    answer = both.claim(whales, ORDER)
    assert (answer.status_code, answer.json()["code"]) == (400, "ClaimRefused")
    assert "expired" in answer.json()["message"]
    assert claims() == []


def test_a_cap_on_claims_refuses_the_next_one_and_withholds_the_product(both, claims, receipt):
    _, back = both.offers()
    assert both.claim(back, receipt(("p-1", "sword of many names"))).status_code == 204
    answer = both.claim(back, receipt(("p-2", "sword of many names")))
    assert (answer.status_code, answer.json()["code"]) == (400, "ClaimRefused")
    assert len(claims()) == 1
    assert both.offers()[1]["offers"] == ["10x gold coins"]


def test_an_order_id_claims_the_best_product_that_is_still_to_be_had(game, both, claims):
    for name in ("hundred", "ten"):
        offer = game.get(f"/offers/{name}").json()
        cap = {"id": "once", "limit": 1, "per": "profile", "counts": "claim"}
        game.put(f"/offers/{name}", json={**offer, "caps": [cap]}).raise_for_status()
    whales, _ = both.offers()
    answers = [both.claim(whales, order, **{"idempotency-key": order}) for order in ("o-1", "o-2", "o-2", "o-3", "o-3")]
    assert [answer.status_code for answer in answers] == [204, 204, 204, 400, 400]
    assert [both.claim(whales, order).status_code for order in ("o-1", "o-2", "o-3")] == [204, 204, 400]
    assert answers[3].json()["code"] == "ClaimRefused"
    assert [(made["offer"], made["data"]["receipt"]["purchase"]) for made in claims()] == [
        ("hundred", "o-1"), ("ten", "o-2"),
    ]  # fmt: skip


def test_a_requirement_on_the_receipt_is_asked(game, both, claims, receipt):
    offer = game.get("/offers/hundred").json()
    rule = {"code": "receipt", "rule": 'event.data.receipt.verifier = "xml" and context.time.hour >= 0'}
    game.put("/offers/hundred", json={**offer, "requires": [rule]}).raise_for_status()
    whales, _ = both.offers()
    answer = both.claim(whales, ORDER)
    assert (answer.status_code, answer.json()["code"]) == (400, "ClaimRefused")
    assert claims() == []
    assert both.claim(whales, receipt(("p-1", "100x gold coins"))).status_code == 204
    assert [made["offer"] for made in claims()] == ["hundred"]


def test_an_offer_may_ask_for_a_receipt_that_somebody_vouches_for(game, both, claims, receipt):
    offer = game.get("/offers/hundred").json()
    rule = {"code": "receipt", "rule": "event.data.receipt.verified = true"}
    game.put("/offers/hundred", json={**offer, "requires": [rule]}).raise_for_status()
    whales, _ = both.offers()
    for proof in (ORDER, receipt(("p-1", "100x gold coins"))):
        answer = both.claim(whales, proof)
        assert (answer.status_code, answer.json()["code"]) == (400, "ClaimRefused")
    assert both.claim(whales, receipt(("p-2", "10x gold coins"))).status_code == 204
    assert [made["offer"] for made in claims()] == ["ten"]


def test_an_offer_that_is_gone_cannot_be_claimed(game, both, claims):
    whales, _ = both.offers()
    activity = game.get("/activities/whales").json()
    game.put("/activities/whales", json={**activity, "selections": []}).raise_for_status()
    game.delete("/offers/hundred").raise_for_status()
    answer = both.claim(whales, ORDER)
    assert (answer.status_code, answer.json()["code"]) == (400, "UnknownOffer")
    assert claims() == []


@pytest.mark.parametrize("offers", [["no such product"], ["10x gold coins", "no such product"], ["hundred"]])
def test_an_element_with_a_product_that_was_not_given_is_refused(both, claims, offers):
    whales, _ = both.offers()
    answer = both.claim({**whales, "offers": offers}, ORDER)
    assert (answer.status_code, answer.json()["code"]) == (400, "UnknownOffer")
    assert claims() == []


def test_a_receipt_for_another_product_is_refused(both, claims, receipt):
    whales, _ = both.offers()
    for proof in (receipt(("p-1", "sword of many names")), receipt(("p-1", "hundred"))):
        answer = both.claim(whales, proof)
        assert (answer.status_code, answer.json()["code"]) == (400, "ForeignReceipt")
    assert claims() == []


def test_a_receipt_of_another_application_is_refused(both, claims, receipt):
    whales, _ = both.offers()
    answer = both.claim(whales, receipt(("p-1", "10x gold coins"), app="Other.Game_1"))
    assert (answer.status_code, answer.json()["code"]) == (400, "ForeignReceipt")
    inherited = receipt(("p-1", "10x gold coins"), app="", extra='<AppReceipt Id="a" AppId="Other.Game_1"/>')
    assert both.claim(whales, inherited).json()["code"] == "ForeignReceipt"
    assert claims() == []


def test_where_the_placement_names_no_application_the_settings_say_which_workspace_it_is(start_server, receipt):
    live = start_server(workspace_keys={"Example.Game_abc123": "default", "Other.Game_1": "elsewhere"})
    catalogue = {
        "placements": {"store": {"extensions": {"microsoft_store": {}}}},
        "offers": {"ten": {"status": "approved", "ids": {"store": "10x gold coins"}}},
        "activities": {"all": {"status": "live", "placements": ["store"], "selections": [{"offers": ["ten"]}]}},
    }
    with live.client() as boss:
        boss.post("/offerd/v1/catalogue/apply", json=catalogue).raise_for_status()
        body = {"name": "jo", "scopes": ["user"], "subject": {"namespace": "a", "id": "jo"}}
        secret = boss.post("/offerd/v1/tokens", json=body).json()["secret"]
    path = "/v2.0/my/storeoffers/user"
    with live.client(secret) as client:
        [element] = client.get(path).json()
        for app, status in (("Other.Game_1", 400), ("Unheard.Of_1", 400), ("Example.Game_abc123", 204)):
            proof = receipt(("p-1", "10x gold coins"), app=app)
            answer = client.post(path, json={"storeOffer": element, "receipt": proof})
            assert answer.status_code == status, app


def test_the_latest_purchase_of_an_offered_product_is_the_one_that_counts(both, claims, receipt):
    whales, _ = both.offers()
    proof = receipt(
        ("old", "10x gold coins"),
        ("other", "sword of many names"),
        extra='<ProductReceipt Id="new" ProductId="100x gold coins" PurchaseDate="2026-01-01T11:00:00Z"/>',
    )
    assert both.claim(whales, proof).status_code == 204
    [made] = claims()
    assert (made["offer"], made["data"]["receipt"]["purchase"]) == ("hundred", "new")


@pytest.mark.parametrize(
    "body",
    [
        [], None, "text", 1, True, {}, {"storeOffer": None, "receipt": "r"}, {"storeOffer": [], "receipt": "r"},
        {"storeOffer": {}, "receipt": "r"}, {"storeOffer": {"trackingId": 1}, "receipt": "r"},
        {"storeOffer": {"trackingId": "x", "offers": "y"}, "receipt": "r"},
        {"storeOffer": {"trackingId": "x", "offers": [1]}, "receipt": "r"},
        {"storeOffer": {"trackingId": "x"}}, {"storeOffer": {"trackingId": "x"}, "receipt": ""},
        {"storeOffer": {"trackingId": "x"}, "receipt": {"a": 1}}, {"receipt": "r"}, {"trackingId": "x"},
        {"confirmation": "c"}, {"confirmation": 1, "trackingId": "x"}, {"confirmation": "c", "trackingId": None},
        {"StoreOffer": {"trackingId": "x"}, "receipt": "r"},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_a_body_of_neither_shape_is_refused(both, claims, body):
    answer = both.post(body)
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidRequest")
    assert claims() == []


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[" * 5000, b'{"a": 1}x', b"<xml/>"])
def test_a_body_that_is_no_json_is_refused(both, raw):
    answer = both.post(raw)
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidRequest")


def test_a_body_of_another_type_or_too_long_is_refused_in_the_formats_own_shape(both):
    other = both.post(b"a=1", **{"content-type": "application/x-www-form-urlencoded"})
    assert (other.status_code, other.json()["code"]) == (415, "UnsupportedMediaType")
    long = both.post(b'"' + b"x" * 1_100_000 + b'"')
    assert (long.status_code, long.json()["code"]) == (413, "RequestTooLarge")


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><Receipt>&c;</Receipt>'
)


@pytest.mark.parametrize(
    "proof",
    [
        "   ", "not a receipt", "ö", "a" * 129, "-order", "../../etc/passwd", "<", "<Receipt>", "<a/>",
        "<Receipt/>", "<html><ProductReceipt Id='1' ProductId='10x gold coins'/></html>",
        "<Receipt><ProductReceipt/></Receipt>", "<Receipt><ProductReceipt Id='1'/></Receipt>",
        "<Receipt><ProductReceipt ProductId='10x gold coins'/></Receipt>",
        f"<Receipt><ProductReceipt Id='{'i' * 256}' ProductId='10x gold coins'/></Receipt>",
        "<Receipt><ProductReceipt Id='1' ProductId='10x gold coins' PurchaseDate='yesterday'/></Receipt>",
        "<Receipt><ProductReceipt Id='1' ProductId='ten' PurchaseDate='0001-01-01T00:00:00+14:00'/></Receipt>",
        "<Receipt><deep><ProductReceipt Id='1' ProductId='10x gold coins'/></deep></Receipt>",
        BOMB,
        '<!DOCTYPE r SYSTEM "file:///etc/passwd"><Receipt/>',
        '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hostname">]><Receipt>&e;</Receipt>',
        '<?xml version="1.0" encoding="utf-16"?><Receipt/>', '<?xml version="1.0" encoding="nonsense"?><Receipt/>',
        "<Receipt>\x00</Receipt>", "<Receipt>\ud800</Receipt>", "<a>" * 40_000, "<!-- -->",
        f"<Receipt>{'x' * 262_144}</Receipt>",
        "<Receipt>" + "<ProductReceipt Id='1' ProductId='10x gold coins'/>" * 1001 + "</Receipt>",
    ],
    ids=range(29),
)  # fmt: skip
def test_a_receipt_that_proves_nothing_is_refused(both, claims, proof):
    whales, _ = both.offers()
    answer = both.claim(whales, proof)
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] in {"InvalidReceipt", "InvalidRequest"}
    assert claims() == []


def test_an_idempotency_key_gives_the_same_answer_again(both, user, claims):
    whales, back = both.offers()
    first = both.claim(whales, ORDER, **{"idempotency-key": "k-1"})
    again = both.claim(whales, ORDER, **{"idempotency-key": "k-1"})
    assert (first.status_code, again.status_code) == (204, 204)
    assert again.headers["idempotency-replayed"] == "true"
    used = both.claim(back, ORDER, **{"idempotency-key": "k-2"})
    assert both.claim(back, ORDER, **{"idempotency-key": "k-2"}).json() == used.json()
    assert used.json()["code"] == "ReceiptUsed"
    other = both.claim(back, ORDER, **{"idempotency-key": "k-1"})
    assert (other.status_code, other.json()["code"]) == (400, "InvalidRequest")
    assert len(claims()) == 1


def test_conversions_are_counted_by_metrics(server, both):
    def recorded():
        with server.client() as client:
            text = client.get("/metrics").text
        lines = [line for line in text.splitlines() if 'type="claim"' in line and 'outcome="recorded"' in line]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    before = recorded()
    both.claim(both.offers()[0], ORDER)
    assert recorded() == before + 1


def test_an_offer_that_outlives_its_decision_can_be_claimed_by_whom_it_was_given_to(start_server):
    live = start_server(decision_days=1)
    catalogue = {
        "placements": {"store": {"extensions": {"microsoft_store": {}}, "lasts": "30 days"}},
        "offers": {"ten": {"status": "approved", "ids": {"store": "10x gold coins"}}},
        "activities": {
            "all": {"status": "live", "placements": ["store"], "selections": [{"offers": ["ten"]}],
                    "keep": "proposition"},
        },
    }  # fmt: skip
    secrets = {}
    with live.client() as boss:
        boss.post("/offerd/v1/catalogue/apply", json=catalogue).raise_for_status()
        for name in ("jo", "sam"):
            body = {"name": name, "scopes": ["user"], "subject": {"namespace": "a", "id": name}}
            secrets[name] = boss.post("/offerd/v1/tokens", json=body).json()["secret"]
        path = "/v2.0/my/storeoffers/user"
        with live.client(secrets["jo"]) as jo, live.client(secrets["sam"]) as sam:
            [element] = jo.get(path).json()
            sam.get(path)
            live.clock.advance(days=3)
            live.run(live.house.jobs.drain())
            assert boss.get("/offerd/v1/decisions").json()["items"] == []
            claim = {"storeOffer": element, "receipt": ORDER}
            assert sam.post(path, json=claim).json()["code"] == "UnknownTrackingId"
            assert jo.post(path, json=claim).status_code == 204
            assert jo.post(path, json=claim).status_code == 204
        [made] = boss.get("/offerd/v1/interactions", params={"type": "claim"}).json()["items"]
    assert (made["offer"], made["proposition"]) == ("ten", element["trackingId"])


def test_nobody_who_was_erased_can_claim(game, both):
    whales, _ = both.offers()
    game.delete("/profiles/subject:jo").raise_for_status()
    assert both.claim(whales, ORDER).json()["code"] == "UnknownTrackingId"
