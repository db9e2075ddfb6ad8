"""Catalogue objects: made, read, stored, patched, removed and listed, at the version that the client means."""

import pytest

HERO = "web%3A%2F%2Fx%2F%23hero"


def patch(api, path, tree, kind="merge-patch", **headers):
    return api.patch(path, json=tree, headers={"content-type": f"application/{kind}+json", **headers})


def test_an_object_is_made_with_its_entity_tag_and_its_address(api):
    answer = api.post("/placements", json={"id": "web://x/#hero", "channel": "web"})
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == f"/offerd/v1/placements/{HERO}"
    assert answer.json()["created_by"] == "test"
    assert api.get(f"/placements/{HERO}").json() == answer.json()


def test_an_object_without_an_id_is_given_one(api):
    made = api.post("/tags", json={"name": "Summer"}).json()
    assert api.get(f"/tags/{made['id']}").json()["name"] == "Summer"


def test_a_short_form_is_taken_and_the_long_one_given(api):
    answer = api.put("/rules/full-cart", json="context.cart.total > 40")
    assert answer.status_code == 201
    assert answer.json()["when"] == "context.cart.total > 40"


def test_what_nothing_knows_comes_back_with_its_numbers_as_they_were_spelled(api):
    body = b'{"id": "mug", "shelf": {"row": 1.50, "big": 1E3}, "attributes": {"price": 9.90}}'
    api.post("/offers", content=body, headers={"content-type": "application/json"}).raise_for_status()
    text = api.get("/offers/mug").text
    assert '"shelf":{"row":1.50,"big":1E3}' in text
    assert '"price":9.90' in text


def test_a_replacement_leaves_out_what_it_does_not_say(api):
    api.post("/offers", json={"id": "mug", "name": "A mug", "priority": 3}).raise_for_status()
    answer = api.put("/offers/mug", json={"name": "A cup"})
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'
    assert "priority" not in answer.json()


def test_a_stale_write_is_refused_with_the_present_version(api):
    api.post("/offers", json={"id": "mug"}).raise_for_status()
    api.put("/offers/mug", json={"name": "A cup"}, headers={"if-match": '"1"'}).raise_for_status()
    for answer in (
        api.put("/offers/mug", json={"name": "A bowl"}, headers={"if-match": '"1"'}),
        patch(api, "/offers/mug", {"name": "A bowl"}, **{"if-match": '"1"'}),
        api.delete("/offers/mug", headers={"if-match": '"1"'}),
    ):
        assert answer.status_code == 412
        assert answer.headers["etag"] == '"2"'
        assert answer.json()["version"] == 2
    assert api.get("/offers/mug").json()["name"] == "A cup"
    assert api.delete("/offers/mug", headers={"if-match": '"2"'}).status_code == 204


@pytest.mark.parametrize("tag", ["3", '"three"', '"1", "2"', '""'])
def test_an_entity_tag_that_is_none_of_ours_is_refused(api, tag):
    answer = api.put("/offers/mug", json={}, headers={"if-match": tag})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"].lower() == "if-match"


def test_a_put_may_be_for_something_new_alone(api):
    only_new = {"if-none-match": "*"}
    assert api.put("/offers/mug", json={}, headers=only_new).status_code == 201
    answer = api.put("/offers/mug", json={"name": "Mine"}, headers=only_new)
    assert answer.json()["type"] == "urn:offerd:problem:exists"
    assert api.put("/offers/mug", json={}, headers={"if-none-match": '"1"'}).status_code == 400


def test_what_has_not_changed_is_not_sent_again(api):
    api.post("/offers", json={"id": "mug"}).raise_for_status()
    for known in ('"1"', 'W/"1"', '"7", "1"', "*"):
        answer = api.get("/offers/mug", headers={"if-none-match": known})
        assert answer.status_code == 304
        assert answer.headers["etag"] == '"1"'
        assert answer.content == b""
    assert api.get("/offers/mug", headers={"if-none-match": '"2"'}).status_code == 200


def test_a_merge_patch_changes_what_it_says_and_null_removes(api):
    api.post("/offers", json={"id": "mug", "name": "A mug", "attributes": {"a": 1, "b": 2}}).raise_for_status()
    made = patch(api, "/offers/mug", {"attributes": {"a": None, "c": 3}, "priority": 5}).json()
    assert made["attributes"] == {"b": 2, "c": 3}
    assert (made["priority"], made["name"], made["version"]) == (5, "A mug", 2)


def test_a_json_patch_is_applied_wholly_or_not_at_all(api):
    api.post("/offers", json={"id": "mug", "name": "A mug"}).raise_for_status()
    steps = [{"op": "replace", "path": "/name", "value": "A cup"}, {"op": "test", "path": "/name", "value": "A mug"}]
    answer = patch(api, "/offers/mug", steps, "json-patch")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/1"
    assert api.get("/offers/mug").json()["name"] == "A mug"


@pytest.mark.parametrize(("kind", "tree"), [("merge-patch", []), ("json-patch", {}), ("json-patch", "null")])
def test_a_patch_is_of_the_form_that_its_type_says(api, kind, tree):
    api.post("/offers", json={"id": "mug"}).raise_for_status()
    assert patch(api, "/offers/mug", tree, kind).status_code == 422


def test_what_others_name_is_not_removed(shop):
    answer = shop.delete("/offers/mug")
    assert answer.status_code == 204
    answer = shop.delete("/collections/at-the-checkout")
    assert answer.status_code == 409
    assert answer.json()["referrers"] == [{"kind": "selections", "id": "checkout-offers", "pointer": "/collection/ref"}]


def test_a_write_is_a_revision_with_its_author_and_message(api):
    api.post("/offers", params={"message": "For the winter"}, json={"id": "mug"}).raise_for_status()
    revision = api.get("/revisions/1").json()
    assert (revision["author"], revision["message"]) == ("test", "For the winter")


@pytest.fixture
def shelf(api):
    offers = {
        "mug": {
            "name": "A blue mug",
            "status": "approved",
            "priority": 2,
            "tags": ["kitchen"],
            "attributes": {"p": 9.5},
        },
        "cup": {"name": "A red cup", "status": "approved", "priority": 2, "attributes": {"p": 4}},
        "rug": {"name": "A blue rug", "priority": 7, "tags": ["floor"]},
    }
    api.post("/catalogue/apply", json={"offers": offers}).raise_for_status()
    return api


def listed(api, **query):
    answer = api.get("/offers", params=query)
    assert answer.status_code == 200, answer.text
    return [offer["id"] for offer in answer.json()["items"]]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, ["cup", "mug", "rug"]),
        ({"filter": "status=approved"}, ["cup", "mug"]),
        ({"filter": ["status=approved", "attributes.p>=5"]}, ["mug"]),
        ({"filter": "tags~floor"}, ["rug"]),
        ({"search": "blue"}, ["mug", "rug"]),
        ({"order": "-priority,name"}, ["rug", "mug", "cup"]),
    ],
)
def test_a_list_is_filtered_searched_and_ordered(shelf, query, ids):
    assert listed(shelf, **query) == ids


def test_a_list_is_read_page_by_page(shelf):
    seen, cursor = [], {}
    while True:
        page = shelf.get("/offers", params={"limit": 1, "order": "-priority", **cursor}).json()
        assert page["total"] == 3
        seen += [offer["id"] for offer in page["items"]]
        if "cursor" not in page:
            break
        cursor = {"cursor": page["cursor"]}
    assert seen == ["rug", "cup", "mug"]


@pytest.mark.parametrize("query", [{"cursor": "nonsense"}, {"filter": "=approved"}])
def test_a_list_that_cannot_be_is_refused(shelf, query):
    assert shelf.get("/offers", params=query).status_code == 422


def test_a_page_holds_at_most_what_the_settings_say(start_server):
    server = start_server(page_limit=2)
    with server.client() as client:
        for name in ("a", "b", "c"):
            client.put(f"/offerd/v1/tags/{name}", json={}).raise_for_status()
        page = client.get("/offerd/v1/tags", params={"limit": 50}).json()
    assert [tag["id"] for tag in page["items"]] == ["a", "b"]
    assert "cursor" in page
