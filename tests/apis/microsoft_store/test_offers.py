"""Targeted offers as a user gets them."""

import json
import uuid
from http.client import HTTPResponse

import pytest

from offerd.apis.microsoft_store.places import asks
from offerd.apis.microsoft_store.problems import failure
from offerd.services.document import read_yaml
from offerd.services.errors import TooMany

PATH = "/v2.0/my/storeoffers/user"


def test_t01_a_token_gets_an_array_of_the_documented_shape(user):
    answer = user("jo", spend=80).get()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    [element] = answer.json()
    assert element.keys() == {"offers", "trackingId"}
    assert element["offers"] == ["100x gold coins", "10x gold coins"]
    assert str(uuid.UUID(element["trackingId"])) == element["trackingId"]


def test_a_client_that_sends_nothing_but_its_token_is_answered(server, user):
    """The published client sends Authorization and Host."""
    token = user("jo", spend=80).headers["authorization"]
    with server.connect() as line:
        line.sendall(f"GET {PATH} HTTP/1.1\r\nAuthorization: {token}\r\nHost: here\r\n\r\n".encode())
        with HTTPResponse(line) as answer:
            answer.begin()
            elements = json.loads(answer.read())
    assert answer.status == 200
    assert [each["offers"] for each in elements] == [["100x gold coins", "10x gold coins"]]


def test_too_many_calls_are_told_when_to_come_again():
    answer = failure(TooMany(7))
    assert (answer.status, ("retry-after", "7") in answer.headers) == (429, True)
    assert b'"code":"TooManyRequests"' in answer.body


def test_t02_a_user_in_no_segment_gets_an_empty_array(user):
    answer = user("jo").get()
    assert (answer.status_code, answer.content) == (200, b"[]")


def test_t03_a_user_in_two_segments_gets_two_elements_the_best_first(both):
    whales, back = both.offers()
    assert whales["offers"] == ["100x gold coins", "10x gold coins"]
    assert back["offers"] == ["10x gold coins", "sword of many names"]
    assert whales["trackingId"] != back["trackingId"]


def test_s1_the_same_is_given_under_the_same_ids_and_nothing_is_counted_again(both, server):
    first = both.offers()
    server.clock.advance(hours=1)
    assert both.offers() == first


def test_s1_after_a_day_the_offers_have_new_ids(both, server):
    first = both.offers()
    server.clock.advance(days=1)
    again = both.offers()
    assert [each["offers"] for each in again] == [each["offers"] for each in first]
    assert not {each["trackingId"] for each in again} & {each["trackingId"] for each in first}


def test_s3_who_leaves_a_segment_loses_its_offers_at_once(both, game):
    _, back = both.offers()
    media = {"content-type": "application/merge-patch+json"}
    game.patch("/profiles/subject:jo", json={"attributes": {"spend": 10}}, headers=media).raise_for_status()
    assert both.offers() == [back]


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ofd_unknown", "Bearer wrong", "Basic dXNlcjpwYXNz", "Digest x", "Bearer ofd_ä"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_t04_and_t11_without_a_known_token_the_answer_is_401(anyone, header, method):
    headers = {} if header is None else {"authorization": header.encode("latin-1")}
    answer = anyone.request(method, PATH, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json().keys() == {"code", "message"}
    assert answer.json()["code"] == "Unauthorized"


@pytest.mark.parametrize("scopes", [["admin"], ["decide", "interact"]])
def test_t04_a_token_of_a_program_speaks_for_no_user(server, anyone, scopes):
    headers = {"authorization": f"Bearer {server.token(*scopes)}"}
    answer = anyone.get(PATH, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "Unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_t05_the_same_user_gets_other_offers_from_another_application(server, both, anyone):
    with server.client() as boss:
        boss.base_url = f"{server.url}/offerd/v1"
        boss.post("/workspaces", json={"id": "other-game"}).raise_for_status()
        boss.headers["offerd-workspace"] = "other-game"
        catalogue = {
            "placements": {"mine": {"count": "all", "extensions": {"microsoft_store": {}}}},
            "offers": {"hat": {"status": "approved", "ids": {"store": "a hat"}}},
            "activities": {"all": {"status": "live", "placements": ["mine"], "selections": [{"offers": ["hat"]}]}},
        }
        boss.post("/catalogue/apply", json=catalogue).raise_for_status()
        subject = {"namespace": "subject", "id": "jo"}
        made = boss.post("/tokens", json={"name": "jo", "scopes": ["user"], "subject": subject}).json()
    headers = {"authorization": f"Bearer {made['secret']}"}
    assert [each["offers"] for each in anyone.get(PATH, headers=headers).json()] == [["a hat"]]
    assert len(both.offers()) == 2
    # A token cannot be talked into another application.
    answer = anyone.get(PATH, headers={**both.headers, "offerd-workspace": "other-game"})
    assert answer.status_code == 401


def test_two_users_never_see_each_others_offers(user, both):
    sam = user("sam", spend=80)
    ids = {each["trackingId"] for each in both.offers()}
    assert not ids & {each["trackingId"] for each in sam.offers()}


def test_a_users_token_opens_nothing_else(server, both, anyone):
    for method, path in (
        ("GET", "/offerd/v1/offers"), ("POST", "/offerd/v1/decisions"), ("POST", "/offerd/v1/interactions"),
        ("GET", "/offerd/v1/profiles"), ("GET", "/offerd/v1/tokens"),
    ):  # fmt: skip
        assert anyone.request(method, path, headers=both.headers, json={}).status_code == 403, path


def test_an_application_without_such_a_placement_has_no_offers(server, api, anyone):
    made = api.post("/tokens", json={"name": "jo", "scopes": ["user"], "subject": {"namespace": "a", "id": "jo"}})
    answer = anyone.get(PATH, headers={"authorization": f"Bearer {made.json()['secret']}"})
    assert (answer.status_code, answer.json()) == (200, [])


def test_a_placement_that_takes_content_answers_nothing_and_lint_says_so(game, both):
    place = game.get("/placements/store").json()
    game.put("/placements/store", json={**place, "content": ["html"]}).raise_for_status()
    assert both.offers() == []
    found = {(each["code"], each["pointer"]) for each in game.get("/catalogue/findings").json()["items"]}
    assert ("store-content", "/placements/store/content") in found
    assert ("store-product", "/activities/whales/selections/0") in found
    assert ("store-product", "/activities/back/selections/0") not in found
    assert not any(code.startswith("store-") and "page" in at for code, at in found)


def test_a_document_is_linted_before_it_is_applied(game):
    document = {"placements": {"store": {"content": ["html"], "extensions": {"microsoft_store": {}}}}}
    found = game.post("/catalogue/lint", json=document).json()["items"]
    assert [each["code"] for each in found] == ["store-content"]


def test_an_offer_without_a_product_id_takes_nobodys_place(game, user):
    document = {
        "placements": {"store": {**game.get("/placements/store").json(), "count": 1}},
        "activities": {
            "whales": {
                "status": "live", "keep": "proposition", "placements": {"store": {"shares": True}},
                "selections": [{"rank": "order", "offers": ["nameless", "ten", "hundred"]}],
            },
        },
    }  # fmt: skip
    game.post("/catalogue/apply", json=document).raise_for_status()
    sam = user("sam")
    first = sam.offers()
    assert [each["offers"] for each in first] == [["10x gold coins"]]
    assert sam.offers() == first
    offer = game.get("/offers/nameless").json()
    game.put("/offers/nameless", json={**offer, "ids": {**offer["ids"], "store": "named now"}}).raise_for_status()
    assert [each["offers"] for each in user("kim").offers()] == [["named now"]]


def test_offers_are_named_to_the_decision_only_where_others_might_take_their_place(game, server, workspace):
    async def named():
        return [each.offers for each in asks(server.house, workspace)]

    assert server.run(named()) == [["hundred", "sword", "ten"]]
    inline = {"gem": {"status": "approved", "ids": {"store": "a gem"}}}
    for name, selections in (
        ("whales", [{"offers": ["hundred", "ten"]}, {"inline": inline}]),
        ("nothing", [{"collection": {"any_tags": ["games"]}}]),
    ):
        activity = game.get(f"/activities/{name}").json()
        game.put(f"/activities/{name}", json={**activity, "selections": selections}).raise_for_status()
    assert server.run(named()) == [None]
    offer = game.get("/offers/nameless").json()
    game.put("/offers/nameless", json={**offer, "tags": ["games"]}).raise_for_status()
    assert server.run(named()) == [["gem", "hundred", "sword", "ten"]]


@pytest.mark.parametrize(
    ("extension", "pointer"),
    [([], ""), ("x", ""), ({"app": 1}, "/app"), ({"app": ""}, "/app"), ({"apps": "x"}, "/apps")],
)
def test_an_extension_that_is_wrong_is_refused(game, extension, pointer):
    answer = game.put("/placements/new", json={"extensions": {"microsoft_store": extension}})
    assert answer.status_code == 422
    assert f"/extensions/microsoft_store{pointer}" in {each["pointer"] for each in answer.json()["errors"]}


@pytest.mark.parametrize("kind", ["offers", "activities", "audiences"])
def test_nothing_but_a_placement_carries_the_extension(game, kind):
    answer = game.put(f"/{kind}/new", json={"extensions": {"microsoft_store": {}}})
    assert answer.status_code == 422


def test_products_of_inline_offers_are_given_and_fallbacks_are_not(game, user):
    document = {
        "fallbacks": {"none": {"ids": {"store": "a fallback"}}},
        "activities": {
            "inline": {
                "status": "live", "placements": {"store": {"shares": True}},
                "selections": [{"inline": {"gem": {"status": "approved", "ids": {"store": "a gem"}}}}],
            },
            "empty": {"status": "live", "placements": {"store": {"shares": True}}, "fallback": "none",
                      "selections": [{"offers": []}]},
        },
    }  # fmt: skip
    game.post("/catalogue/apply", json=document).raise_for_status()
    assert [each["offers"] for each in user("sam").offers()] == [["a gem"]]


def test_more_placements_than_one_request_may_ask_are_all_answered(start_server):
    live = start_server(max_asks=1)
    place = {"count": "all", "extensions": {"microsoft_store": {}}}
    one = {"status": "live", "selections": [{"offers": ["hat"]}]}
    catalogue = {
        "placements": {"a": place, "b": place},
        "offers": {"hat": {"status": "approved", "ids": {"store": "a hat"}}},
        "activities": {"first": {**one, "placements": ["a"]}, "second": {**one, "placements": ["b"]}},
    }
    with live.client() as boss:
        boss.post("/offerd/v1/catalogue/apply", json=catalogue).raise_for_status()
        body = {"name": "jo", "scopes": ["user"], "subject": {"namespace": "a", "id": "jo"}}
        secret = boss.post("/offerd/v1/tokens", json=body).json()["secret"]
    with live.client(secret) as client:
        assert [each["offers"] for each in client.get(PATH).json()] == [["a hat"], ["a hat"]]


@pytest.mark.parametrize(("method", "status"), [("DELETE", 405), ("PUT", 405)])
def test_another_method_is_refused_in_the_formats_own_shape(anyone, both, method, status):
    answer = anyone.request(method, PATH, headers=both.headers)
    assert (answer.status_code, answer.json()["code"]) == (status, "MethodNotAllowed")


def test_a_query_is_refused_and_an_unknown_path_leads_nowhere_in_the_formats_own_shape(anyone, both):
    asked = both.get(params={"market": "US"})
    assert (asked.status_code, asked.json()["code"]) == (400, "InvalidRequest")
    lost = anyone.get("/v2.0/my/storeoffers", headers=both.headers)
    assert (lost.status_code, lost.json()["code"]) == (404, "NotFound")


def test_the_example_is_applied_without_a_finding_and_gives_what_it_says(api, anyone, pytestconfig):
    text = (pytestconfig.rootpath / "examples" / "microsoft_store.yaml").read_text()
    document = read_yaml(text)
    assert api.post("/catalogue/lint", json=document).json()["items"] == []
    api.post("/catalogue/apply", json=document).raise_for_status()
    store = {"spend": 60, "daysAway": 31}
    api.put("/profiles/subject:sam", json={"attributes": {"store": store}}).raise_for_status()
    body = {"name": "sam", "scopes": ["user"], "subject": {"namespace": "subject", "id": "sam"}}
    secret = api.post("/tokens", json=body).json()["secret"]
    answer = anyone.get(PATH, headers={"authorization": f"Bearer {secret}"})
    assert [each["offers"] for each in answer.json()] == [
        ["100x gold coins", "10x gold coins"], ["10x gold coins", "welcome back sword"],
    ]  # fmt: skip
