"""The catalogue as a whole: exported, compared, applied, linted, and brought back."""

import pytest

YAML = {"content-type": "application/yaml"}
FILE = "offers:\n  mug: {name: A mug, status: approved, window: {until: 2100-01-01}}\n"


def test_a_yaml_file_is_applied_and_exported_in_one_canonical_form(api):
    answer = api.post("/catalogue/apply", content=FILE, headers=YAML)
    assert answer.status_code == 200
    assert answer.json()["revision"] == 1
    exported = api.get("/catalogue", headers={"accept": "application/yaml"})
    assert exported.headers["content-type"] == "application/yaml; charset=utf-8"
    again = api.post("/catalogue/apply", content=exported.content, headers=YAML)
    assert again.json() == {"revision": 1, "changes": []}
    assert api.get("/catalogue", headers={"accept": "application/yaml"}).text == exported.text


@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/html, application/json;q=0.9", None])
def test_an_export_is_json_unless_yaml_is_asked_for(shop, accept):
    answer = shop.get("/catalogue", headers={} if accept is None else {"accept": accept})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["offers"]["mug"]["eligible"] == "tables.stock.mug.left > 0"


def test_an_export_in_long_form_says_everything(shop):
    mug = shop.get("/catalogue", params={"short": "false"}).json()["offers"]["mug"]
    assert mug["eligible"] == {"pql": "tables.stock.mug.left > 0"}


def test_an_export_that_nobody_can_read_is_refused(api):
    answer = api.get("/catalogue", headers={"accept": "image/png"})
    assert answer.status_code == 406


def test_a_difference_changes_nothing(shop):
    answer = shop.post("/catalogue/diff", json={"tags": {"new": {}}, "rules": {"full-cart": "context.cart.total > 99"}})
    assert {(each["kind"], each["id"], each["what"]) for each in answer.json()["items"]} == {
        ("rules", "full-cart", "changed"),
        ("tags", "new", "created"),
    }
    assert shop.get("/revisions").json()["items"][0]["number"] == 1


def test_pruning_removes_what_the_document_does_not_name(api):
    api.post("/catalogue/apply", json={"tags": {"a": {}, "b": {}}}).raise_for_status()
    gone = api.post("/catalogue/diff", params={"prune": "true"}, json={"tags": {"a": {}}}).json()["items"]
    assert [(each["id"], each["what"]) for each in gone] == [("b", "deleted")]
    api.post("/catalogue/apply", params={"prune": "true"}, json={"tags": {"a": {}}}).raise_for_status()
    assert [tag["id"] for tag in api.get("/tags").json()["items"]] == ["a"]


def test_findings_tell_what_is_odd(shop):
    assert isinstance(shop.get("/catalogue/findings").json()["items"], list)
    found = shop.post("/catalogue/lint", content="offers:\n  mug: {eligible: 'orders >'}\n", headers=YAML).json()[
        "items"
    ]
    assert found[0]["severity"] == "error"
    assert found[0]["pointer"].startswith("/offers/mug/eligible")


def test_revisions_are_listed_read_and_compared(api):
    for priority in (1, 2, 3):
        api.put("/offers/mug", json={"priority": priority}, params={"message": f"try {priority}"}).raise_for_status()
    page = api.get("/revisions", params={"limit": 2}).json()
    assert [each["message"] for each in page["items"]] == ["try 3", "try 2"]
    rest = api.get("/revisions", params={"limit": 2, "cursor": page["cursor"]}).json()
    assert [each["number"] for each in rest["items"]] == [1]
    assert "cursor" not in rest
    changed = api.get("/revisions/2").json()["changes"]
    assert changed == [
        {
            "kind": "offers",
            "id": "mug",
            "what": "changed",
            "changes": [{"pointer": "/priority", "before": 1, "after": 2}],
        }
    ]
    steps = api.get("/revisions/1/diff/3").json()["items"][0]["changes"]
    assert steps == [{"pointer": "/priority", "before": 1, "after": 3}]


def test_going_back_is_a_new_revision(api):
    api.put("/offers/mug", json={"priority": 1}).raise_for_status()
    api.put("/offers/mug", json={"priority": 2}).raise_for_status()
    answer = api.post("/revisions/1/rollback", params={"message": "Too much"})
    assert answer.json()["revision"] == 3
    assert api.get("/offers/mug").json()["priority"] == 1
    assert api.get("/revisions/3").json()["message"] == "Too much"
    assert api.get("/catalogue", params={"revision": 2}).json()["offers"]["mug"]["priority"] == 2


@pytest.mark.parametrize("path", ["/revisions/7", "/revisions/1/diff/7", "/catalogue?revision=7"])
def test_a_revision_that_is_not_there_is_not_found(api, path):
    assert api.get(path).status_code == 404
