"""Profiles over HTTP: stored, found, changed, imported, linked and erased."""

import pytest

JO = "/profiles/email%3Ajo%40example.com"
MERGE = {"content-type": "application/merge-patch+json"}
NDJSON = {"content-type": "application/x-ndjson"}
CSV = {"content-type": "text/csv"}


@pytest.fixture
def jo(api):
    body = {"identities": {"email": "jo@example.com", "crm": "c-17"}, "attributes": {"orders": 4}}
    answer = api.post("/profiles", json=body)
    assert answer.status_code == 201
    return answer.json()


@pytest.fixture
def finished(api, server):
    """Gives a job when it is done."""

    def wait(answer):
        server.run(server.house.jobs.drain())
        return api.get(f"/jobs/{answer.json()['id']}").json()

    return wait


def test_a_profile_is_found_by_its_id_and_by_each_identity(api, jo):
    for key in (jo["id"], "email%3Ajo%40example.com", "crm%3Ac-17"):
        answer = api.get(f"/profiles/{key}")
        assert answer.json() == jo
        assert answer.headers["etag"] == '"1"'
    assert api.get("/profiles/crm:nobody").status_code == 404


def test_storing_under_a_known_identity_changes_that_profile(api, jo):
    answer = api.post("/profiles", json={"identities": {"crm": "c-17"}, "attributes": {"orders": 5}})
    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["attributes"]) == (jo["id"], {"orders": 5})


def test_a_put_by_an_unknown_identity_makes_a_profile(api):
    answer = api.put(JO, json={"attributes": {"orders": 1}}, headers={"if-none-match": "*"})
    assert answer.status_code == 201
    assert answer.json()["identities"] == [{"namespace": "email", "id": "jo@example.com"}]
    assert api.put(JO, json={}, headers={"if-none-match": "*"}).status_code == 412


def test_a_patch_changes_members_at_the_version_that_is_meant(api, jo):
    answer = api.patch(JO, json={"attributes": {"city": "Ulm"}}, headers={**MERGE, "if-match": '"1"'})
    assert answer.json()["attributes"] == {"orders": 4, "city": "Ulm"}
    assert api.patch(JO, json={}, headers={**MERGE, "if-match": '"1"'}).status_code == 412


def test_erasing_removes_everything_of_a_person(shop):
    decision = shop.post(
        "/decisions",
        json={"identities": {"email": "jo@example.com"}, "asks": [{"placement": "checkout-banner"}]},
        headers={"idempotency-key": "k"},
    ).json()
    dry = {"identities": {"email": "jo@example.com"}, "asks": [{"placement": "checkout-banner"}], "dryRun": True}
    first = shop.post("/decisions", json=dry, headers={"idempotency-key": "dry"}).json()
    assert shop.delete(JO).status_code == 204
    assert shop.get(JO).status_code == 404
    assert shop.get(f"/decisions/{decision['id']}").status_code == 404
    again = shop.post("/decisions", json=dry, headers={"idempotency-key": "dry"})
    assert "idempotency-replayed" not in again.headers
    assert first["profile"] == decision["profile"]


def test_profiles_are_listed_page_by_page(api):
    for name in ("a", "b", "c"):
        api.post("/profiles", json={"identities": {"crm": name}}).raise_for_status()
    page = api.get("/profiles", params={"limit": 2}).json()
    rest = api.get("/profiles", params={"limit": 2, "cursor": page["cursor"]}).json()
    names = {each["identities"][0]["id"] for each in page["items"] + rest["items"]}
    assert names == {"a", "b", "c"}


def test_two_profiles_become_one(api, jo):
    other = api.post("/profiles", json={"identities": {"device": "d-1"}, "attributes": {"city": "Ulm"}}).json()
    linked = api.post("/profiles/link", json={"survivor": jo["id"], "absorbed": "device:d-1"}).json()
    assert linked["id"] == jo["id"]
    assert linked["attributes"] == {"city": "Ulm", "orders": 4}
    assert api.get(f"/profiles/{other['id']}").status_code == 404


def test_an_imported_audience_gains_and_loses_members(api, jo):
    api.put("/audiences/vip", json={"imported": True}).raise_for_status()
    join = {"join": [{"namespace": "email", "id": "jo@example.com"}, {"namespace": "crm", "id": "new"}]}
    assert api.post("/audiences/vip/members", json=join).json()["total"] == 2
    members = api.get("/profiles", params={"audience": "vip"}).json()["items"]
    assert jo["id"] in {each["id"] for each in members}
    leave = {"leave": [{"namespace": "crm", "id": "c-17"}, {"namespace": "crm", "id": "nobody"}]}
    answer = api.post("/audiences/vip/members", json=leave).json()
    assert (answer["left"], answer["unknown"], answer["total"]) == (1, 1, 1)


def test_what_activities_keep_for_a_person_is_listed_and_forgotten(shop):
    shop.patch("/activities/checkout", json={"keep": "profile"}, headers=MERGE).raise_for_status()
    ask = {"identities": {"email": "jo@example.com"}, "asks": [{"activity": "checkout"}]}
    shop.post("/decisions", json=ask).raise_for_status()
    (assignment,) = shop.get("/assignments/email%3Ajo%40example.com").json()["items"]
    assert (assignment["activity"], assignment["offer"]) == ("checkout", "mug")
    path = "/assignments/email%3Ajo%40example.com/checkout"
    assert shop.delete(path).status_code == 204
    assert shop.delete(path).status_code == 404


def test_lines_are_imported_and_each_refused_one_is_reported(api, finished):
    lines = (
        b'{"identities": [{"namespace": "crm", "id": "a"}], "attributes": {"orders": 1}}\n'
        b"not json\n"
        b'{"identities": [{"namespace": "", "id": "b"}]}\n'
        b'{"identities": [{"namespace": "crm", "id": "c"}]}\n'
    )
    answer = api.post("/profiles/import", content=lines, headers=NDJSON)
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/offerd/v1/jobs/{answer.json()['id']}"
    job = finished(answer)
    assert (job["state"], job["done"], job["total"], job["refused"]) == ("done", 4, 4, 2)
    refused = api.get(f"/jobs/{job['id']}/refused").json()["items"]
    assert [(each["line"], each["pointer"]) for each in refused] == [(2, ""), (3, "/identities/0/namespace")]
    assert api.get("/profiles/crm:a").json()["attributes"] == {"orders": 1}
    assert api.get("/profiles/crm:c").status_code == 200


def test_a_table_is_imported(api, finished):
    text = b"identity.crm,attributes.orders,attributes.address.city\na,3,Ulm\nb,,Bonn\n"
    job = finished(api.post("/profiles/import", content=text, headers=CSV))
    assert (job["state"], job["report"]["created"]) == ("done", 2)
    assert api.get("/profiles/crm:a").json()["attributes"] == {"orders": 3, "address": {"city": "Ulm"}}


def test_an_import_with_a_key_is_done_once(api):
    headers = {**NDJSON, "idempotency-key": "import-1"}
    lines = b'{"identities": [{"namespace": "crm", "id": "a"}]}\n'
    first = api.post("/profiles/import", content=lines, headers=headers)
    again = api.post("/profiles/import", content=lines, headers=headers)
    assert again.json()["id"] == first.json()["id"]
    assert api.post("/profiles/import", content=lines * 2, headers=headers).status_code == 422
    assert len(api.get("/jobs").json()["items"]) == 1


def test_jobs_are_listed_by_state_and_kind(api, finished):
    job = finished(api.post("/profiles/import", content=b"", headers=NDJSON))
    assert [each["id"] for each in api.get("/jobs", params={"state": "done"}).json()["items"]] == [job["id"]]
    assert api.get("/jobs", params={"state": "failed"}).json()["items"] == []
    assert api.get("/jobs", params={"state": "lost"}).status_code == 400


def test_refused_lines_are_read_page_by_page(api, finished):
    job = finished(api.post("/profiles/import", content=b"x\n" * 5, headers=NDJSON))
    page = api.get(f"/jobs/{job['id']}/refused", params={"limit": 3}).json()
    rest = api.get(f"/jobs/{job['id']}/refused", params={"limit": 3, "cursor": page["cursor"]}).json()
    assert [each["line"] for each in page["items"] + rest["items"]] == [1, 2, 3, 4, 5]
    assert "cursor" not in rest
    assert api.get(f"/jobs/{job['id']}/refused", params={"cursor": "x"}).status_code == 400


def test_another_workspaces_job_is_not_there(api, finished, server):
    job = finished(api.post("/profiles/import", content=b"", headers=NDJSON))
    with server.client() as client:
        assert client.get(f"/offerd/v1/jobs/{job['id']}").status_code == 404
