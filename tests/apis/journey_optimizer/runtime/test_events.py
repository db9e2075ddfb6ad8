"""Decision events: their shape, as lines and as Parquet, over HTTP and from the command line."""

import json
import subprocess
import sys

import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from offerd.apis.journey_optimizer.ids import container_id
from offerd.cli.app import app

DECISIONING = "https://ns.adobe.com/experience/decisioning/"
CONTENT = "https://ns.adobe.com/experience/offer-management/content-component-html"

CATALOGUE = {
    "placements": {"hero": {"name": "Hero", "channel": "web", "content": ["html"]}},
    "rules": {"anyone": "true"},
    "offers": {
        "tea": {
            "name": "Tea", "status": "approved", "tags": ["all"], "eligible": {"rule": "anyone"},
            "attributes": {"tier": "gold", "boost": 7, "_acme": {"zip": "1"}}, "content": {"hero": {"html": "tea"}},
        },
    },
    "fallbacks": {"plain": {"content": {"hero": {"html": "plain"}}}},
    "activities": {
        "home": {
            "status": "live", "placements": ["hero"], "fallback": "plain",
            "selections": [{"name": "first", "collection": {"any_tags": ["all"]}, "rank": {"formula": "83"}}],
        },
        "empty": {"status": "live", "placements": ["hero"], "fallback": "plain"},
    },
}  # fmt: skip


@pytest.fixture
def server(module_server):
    """A server whose clock nobody else looks at."""
    return module_server


@pytest.fixture
def decided(api, server, workspace):
    """The answers to three requests: of the hub, of the native API, and a dry run, which is no event."""
    api.post("/catalogue/apply", json=CATALOGUE).raise_for_status()
    hub = {
        "xdm:propositionRequests": [{"xdm:activityId": "home", "xdm:placementId": "hero"}],
        "xdm:profiles": [{
            "xdm:identityMap": {"ECID": [{"xdm:id": "334"}], "Email": [{"xdm:id": "jo@example.com"}]},
            "xdm:decisionRequestId": "req-0001"}],
    }  # fmt: skip
    with server.client(workspace=workspace) as client:
        first = client.post("/data/core/ods/decisions", json=hub).raise_for_status().json()["xdm:propositionId"]
        client.post("/data/core/ods/decisions", json={**hub, "xdm:dryRun": True}).raise_for_status()
    server.clock.advance(seconds=1)
    native = {"asks": [{"activity": "empty"}, {"offers": ["tea"]}]}
    second = api.post("/decisions", json=native).raise_for_status().json()["id"]
    return first, second


def ids(api):
    return {one["id"]: one["ids"]["time"] for kind in CATALOGUE for one in api.get(f"/{kind}").json()["items"]}


def lines(api, **query):
    answer = api.get("/decision-events", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.content.splitlines()]


def test_each_decision_is_one_event_in_the_documented_shape(api, decided, workspace):
    first, second = lines(api)
    named = ids(api)
    at = first.pop("xdm:timestamp")
    assert at.endswith("+00:00")
    (made,) = first.pop(f"{DECISIONING}propositions")
    assert first == {
        "@id": f"https://data.adobe.io/entities/propositions/{decided[0]}",
        "xdm:identityMap": {"ECID": [{"xdm:id": "334"}], "Email": [{"xdm:id": "jo@example.com"}]},
        f"{DECISIONING}propositionID": decided[0],
        f"{DECISIONING}decisionRequestID": "req-0001",
        f"{DECISIONING}containerID": container_id(workspace),
        "https://ns.adobe.com/adobecloudplatform/ims/organizationID": workspace,
    }
    assert made["xdm:items"] == [{
        "xdm:id": f"xcore:personalized-offer:{named['tea']}", "repo:etag": "1", "xdm:name": "Tea", "xdm:score": 83.0,
        "xdm:characteristics": {"tier": "gold", "boost": "7"},
        "xdm:optionContent": {"@type": CONTENT, "dc:format": "text/html", "xdm:content": "tea"}}]  # fmt: skip
    details = made["xdm:scopeDetails"]
    assert details["xdm:placement"] == {
        "xdm:id": f"xcore:offer-placement:{named['hero']}", "repo:etag": "1", "xdm:name": "Hero",
        "xdm:channelID": "https://ns.adobe.com/xdm/channel-types/web"}  # fmt: skip
    assert details["xdm:activity"]["xdm:id"] == f"xcore:offer-activity:{named['home']}"
    assert details["xdm:strategies"] == [
        {"xdm:step": "eligibility", "xdm:strategyID": f"xcore:eligibility-rule:{named['anyone']}",
         "xdm:algorithmID": "pql-rule", "xdm:trafficType": "contextual"},
        {"xdm:step": "ranking", "xdm:strategyID": "first", "xdm:algorithmID": "pql-formula",
         "xdm:trafficType": "contextual"}]  # fmt: skip
    fallback, offers = second[f"{DECISIONING}propositions"]
    assert fallback["xdm:items"][0]["xdm:id"] == f"xcore:fallback-offer:{named['plain']}"
    assert "xdm:strategies" not in fallback["xdm:scopeDetails"]
    assert offers["xdm:scopeDetails"].keys() == {"xdm:id", "xdm:strategies"}


def test_since_and_until_bound_the_events(api, decided):
    first, second = (each["xdm:timestamp"] for each in lines(api))
    assert [each["xdm:timestamp"] for each in lines(api, since=second)] == [second]
    assert [each["xdm:timestamp"] for each in lines(api, until=second)] == [first]
    assert api.get("/decision-events", params={"since": "soon"}).status_code == 400
    assert api.get("/decision-events", params={"shape": "none"}).status_code == 404
    assert api.get("/decision-events", params={"format": "csv"}).status_code == 400


def test_what_is_gone_is_named_by_its_own_id(api, decided):
    api.delete("/activities/empty").raise_for_status()
    second = lines(api)[1]
    activity = second[f"{DECISIONING}propositions"][0]["xdm:scopeDetails"]["xdm:activity"]
    assert activity == {"xdm:id": "empty", "repo:etag": "1", "xdm:name": "empty"}


def test_parquet_holds_the_same_events(api, server, decided, tmp_path):
    answer = api.get("/decision-events", params={"format": "parquet"})
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    file = tmp_path / "events.parquet"
    file.write_bytes(answer.content)
    rows = parquet.read_table(file).to_pylist(maps_as_pydicts="strict")
    assert [bare(row) for row in rows] == [bare(event) for event in lines(api)]
    assert list((server.folder / "spool").glob("*.parquet*")) == []


def bare(thing):
    """Without what is absent: a column is there for every row."""
    if isinstance(thing, dict):
        return {name: found for name, each in thing.items() if (found := bare(each)) not in (None, {}, [])}
    return [bare(each) for each in thing] if isinstance(thing, list) else thing


def test_the_command_line_exports_both(server, workspace, decided, tmp_path, api):
    token = server.token("profiles", workspace=workspace)
    runner, reach = CliRunner(), ["--server", server.url, "--token", token]
    command = [sys.executable, "-c", "from offerd.cli import main; main()", "events", "export", *reach]
    printed = subprocess.run(command, capture_output=True, check=True)
    assert [json.loads(line) for line in printed.stdout.splitlines()] == lines(api)
    file = tmp_path / "events.parquet"
    written = runner.invoke(app, ["events", "export", *reach, "--format", "parquet", "-o", str(file), "--json"])
    assert written.exit_code == 0, written.output
    assert json.dumps(str(file)) in written.stdout
    assert parquet.read_table(file).num_rows == 2
    assert runner.invoke(app, ["events", "export", *reach, "--format", "parquet"]).exit_code == 2
    nowhere = str(tmp_path / "no" / "events")
    assert runner.invoke(app, ["events", "export", *reach, "-o", nowhere]).exit_code == 2
    assert runner.invoke(app, ["events", "export", *reach, "--since", "soon"]).exit_code == 1
