"""Counts of audiences over HTTP."""

import pytest


def test_an_audience_is_counted_and_its_count_told(api, server):
    api.post("/catalogue/apply", json={"audiences": {"regulars": "orders >= 3"}}).raise_for_status()
    for number in range(4):
        api.put(f"/profiles/crm:{number}", json={"attributes": {"orders": number + 1}}).raise_for_status()
    assert api.get("/audiences/regulars/count").json() == {"audience": "regulars", "imported": False}
    queued = api.post("/audiences/regulars/count")
    assert queued.status_code == 202
    assert queued.headers["location"] == f"/offerd/v1/jobs/{queued.json()['id']}"
    server.run(server.house.jobs.drain())
    assert api.get(f"/jobs/{queued.json()['id']}").json()["state"] == "done"
    found = api.get("/audiences/regulars/count").json()
    assert found["members"] == 2
    assert found["profiles"] == 4
    assert found["age"] >= 0
    assert found["counted"].endswith("Z")


def test_an_imported_audience_is_told_in_the_same_shape(api):
    body = {"join": [{"namespace": "crm", "id": "1"}, {"namespace": "crm", "id": "2"}]}
    api.post("/audiences/news/members", json=body).raise_for_status()
    found = api.get("/audiences/news/count").json()
    assert (found["imported"], found["members"], found["profiles"], found["age"]) == (True, 2, 2, 0)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_audience_that_is_not_there_has_no_count(api, method):
    answer = api.request(method, "/audiences/nobody/count")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:offerd:problem:not-found")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_counting_people_needs_the_scope_for_people(server, workspace, method):
    with server.client(server.token("catalogue:write", "decide", workspace=workspace)) as client:
        assert client.request(method, "/offerd/v1/audiences/a/count").status_code == 403


def test_a_count_under_an_idempotency_key_is_one_job(api):
    api.post("/catalogue/apply", json={"audiences": {"regulars": "orders >= 3"}}).raise_for_status()
    made = [api.post("/audiences/regulars/count", headers={"idempotency-key": "k"}).json()["id"] for _ in range(2)]
    assert made[0] == made[1]
