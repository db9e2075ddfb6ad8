"""Batches over the wire: submitted, followed through their states, and the file that they give."""

import asyncio
import time

import pytest
from pyarrow import BufferReader, parquet

from offerd.services.batches import BatchService
from offerd.services.jobs import JobFailed

PATH = "/data/core/dwm/workloads/decisions"
AUDIENCE = "609028e4-e66c-4776-b0d9-c782887e2273"
DECISIONING = "https://ns.adobe.com/experience/decisioning/"
CATALOGUE = {
    "placements": {"hero": {"content": ["html"]}},
    "audiences": {AUDIENCE: {"imported": True}},
    "offers": {"mug": {"status": "approved", "content": {"hero": {"html": "mug"}}},
               "cup": {"status": "approved", "content": {"hero": {"html": "cup"}}}},
    "fallbacks": {"plain": {"content": {"hero": {"html": "plain"}}}},
    "activities": {"home": {"status": "live", "placements": ["hero"], "fallback": "plain",
                            "selections": [{"offers": ["mug", "cup"]}]}},
}  # fmt: skip


@pytest.fixture
def people(api):
    api.post("/catalogue/apply", json=CATALOGUE).raise_for_status()
    names = [{"namespace": "Email", "id": f"{number}@example.com"} for number in range(3)]
    for name in names:
        api.post("/profiles", json={"identities": [name]}).raise_for_status()
    api.post(f"/audiences/{AUDIENCE}/members", json={"join": names}).raise_for_status()
    return [name["id"] for name in names]


@pytest.fixture
def core(server, workspace):
    with server.client(workspace=workspace) as client:
        client.headers["x-request-id"] = "r-1"
        client.headers["x-gw-ims-org-id"] = "ACME@AdobeOrg"
        yield client


def body(**more):
    return {
        "xdm:segmentIds": [AUDIENCE], "xdm:dataSetId": "6196b4a1a63bd118dafe093c",
        "xdm:propositionRequests": [{"xdm:activityId": "home", "xdm:placementId": "hero", "xdm:itemCount": 2}],
        "xdm:includeContent": False, **more,
    }  # fmt: skip


def submit(core, **more):
    answer = core.post(PATH, json=body(**more))
    assert answer.status_code == 200, answer.text
    return answer.json()


def until(core, batch, *states):
    """Asks until the batch is in one of the states."""
    for _ in range(2_000):
        found = core.get(f"{PATH}/{batch}").json()
        if found["ode:status"] in states:
            return found
        time.sleep(0.005)
    raise AssertionError(found)


def events(core, batch):
    answer = core.get(f"{PATH}/{batch}/result")
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    return parquet.read_table(BufferReader(answer.content)).to_pylist(maps_as_pydicts="strict")


def test_a_batch_ends_with_an_event_for_each_person(core, server, people):
    made = submit(core)
    created = server.clock.now() // 1000
    assert made == {
        "@id": made["@id"], "xdm:imsOrgId": "ACME@AdobeOrg", "ode:createDate": created, "ode:status": "QUEUED"
    }  # fmt: skip
    assert until(core, made["@id"], "COMPLETED") == {**made, "ode:status": "COMPLETED"}
    found = events(core, made["@id"])
    assert sorted(row["xdm:identityMap"]["Email"][0]["xdm:id"] for row in found) == people
    for row in found:
        assert row[f"{DECISIONING}batchID"] == made["@id"]
        (proposition,) = row[f"{DECISIONING}propositions"]
        assert len(proposition["xdm:items"]) == 2
        assert {item["xdm:optionContent"]["xdm:content"] for item in proposition["xdm:items"]} == {None}


def test_content_is_there_where_it_is_wanted(core, people):
    batch = submit(core, **{"xdm:includeContent": True})["@id"]
    until(core, batch, "COMPLETED")
    item = events(core, batch)[0][f"{DECISIONING}propositions"][0]["xdm:items"][0]
    assert item["xdm:optionContent"]["xdm:content"] in {"mug", "cup"}


def test_a_batch_goes_through_its_states(core, people, monkeypatch):
    seen = []

    def noting(method, core_state):
        def noted(self, *args):
            seen.append(core_state)
            return method(self, *args)

        return noted

    monkeypatch.setattr(BatchService, "_one", noting(BatchService._one, "PROCESSING"))
    monkeypatch.setattr(BatchService, "_write", noting(BatchService._write, "INGESTING"))
    until(core, submit(core)["@id"], "COMPLETED")
    assert list(dict.fromkeys(seen)) == ["PROCESSING", "INGESTING"]


@pytest.mark.parametrize(("method", "state"), [("_one", "PROCESSING"), ("_write", "INGESTING")])
def test_a_running_batch_says_where_it_is(core, people, monkeypatch, method, state):
    going = []

    async def waiting(self, *args):
        while not going:  # noqa: ASYNC110 - another thread says so
            await asyncio.sleep(0.005)
        return await kept(self, *args)

    kept = getattr(BatchService, method)
    monkeypatch.setattr(BatchService, method, waiting)
    batch = submit(core)["@id"]
    assert until(core, batch, state)["ode:statusDetail"] == f"batchID: {batch}"
    assert core.get(f"{PATH}/{batch}/result").status_code == 404
    going.append(True)
    until(core, batch, "COMPLETED")


def test_a_batch_that_failed_says_why(core, people, monkeypatch):
    async def failing(*_args):
        raise JobFailed("no room")

    monkeypatch.setattr(BatchService, "_write", failing)
    assert until(core, submit(core)["@id"], "ERROR")["ode:statusDetail"] == "no room"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"xdm:segmentIds": []}, 422),
        ({"xdm:segmentIds": [AUDIENCE, AUDIENCE]}, 422),
        ({"xdm:segmentIds": ["nobody"]}, 422),
        ({"xdm:segmentIds": AUDIENCE}, 400),
        ({"xdm:dataSetId": None}, 400),
        ({"xdm:propositionRequests": []}, 400),
        ({"xdm:propositionRequests": [{"xdm:activityId": "nothing"}]}, 422),
        ({"xdm:propositionRequests": [{"xdm:activityId": "home", "xdm:itemCount": 31}]}, 422),
    ],
)
def test_what_cannot_be_queued_is_refused(core, people, change, status):
    answer = core.post(PATH, json=body(**change))
    assert answer.status_code == status, answer.text
    assert answer.json()["type"].startswith("https://ns.adobe.com/aep/errors/DWM-")


def test_a_batch_that_is_not_there_is_not_found(core, api, people):
    assert core.get(f"{PATH}/nothing").status_code == 404
    assert core.get(f"{PATH}/nothing/result").status_code == 404
    assert core.post(PATH, json=[]).status_code == 400
