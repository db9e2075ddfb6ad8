"""Metrics tell what happened, and the documentation names every one."""

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from offerd.apis.native.examples import CATALOGUE
from offerd.web.metrics import Metrics

DOCS = Path(__file__).parents[2] / "docs" / "data.md"


def rows(section):
    text = DOCS.read_text(encoding="utf-8").partition(f"## {section}\n")[2].partition("\n## ")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| `")
    ]


def families(client):
    return {family.name: family for family in text_string_to_metric_families(client.get("/metrics").text)}


def value(client, name, **labels):
    return sum(
        sample.value
        for sample in families(client)[name].samples
        if sample.name.removesuffix("_total") == name and labels.items() <= sample.labels.items()
    )


@pytest.fixture
def quiet(start_server):
    server = start_server()
    with server.client() as client:
        client.live = server
        client.post("/offerd/v1/catalogue/apply", json=CATALOGUE).raise_for_status()
        yield client


def test_every_metric_is_documented_with_its_kind_and_labels(server):
    metrics = Metrics(server.house)
    documented = {cells[0].strip("`"): (cells[1], set(re.findall(r"`(\w+)`", cells[2]))) for cells in rows("Metrics")}
    collected = {family.name: family for family in metrics.registry.collect()}
    assert documented.keys() == collected.keys()
    for name, family in collected.items():
        kind, labels = documented[name]
        assert kind == family.type
        seen = {label for sample in family.samples for label in sample.labels} - {"le"}
        assert seen <= labels


def test_the_labels_that_are_documented_are_those_that_are_counted(server):
    metrics = Metrics(server.house)
    documented = {cells[0].strip("`"): set(re.findall(r"`(\w+)`", cells[2])) for cells in rows("Metrics")}
    for name, labels in documented.items():
        counted = metrics.registry._names_to_collectors.get(name)
        if name.startswith("offerd_") and hasattr(counted, "_labelnames") and name != "offerd_build":
            assert set(counted._labelnames) == labels


def test_what_is_decided_is_counted_by_what_came_of_it(quiet):
    ask = {"asks": [{"placement": "checkout-banner"}]}
    quiet.post("/offerd/v1/decisions", json={**ask, "context": {"members": {"cart": {"total": 50}}}})
    quiet.post("/offerd/v1/decisions", json={**ask, "dryRun": True})
    assert value(quiet, "offerd_decisions", kind="committed") == 1
    assert value(quiet, "offerd_decisions", kind="dry") == 1
    assert value(quiet, "offerd_propositions", outcome="given") == 1
    quiet.put("/offerd/v1/tables/stock", json={"rows": {"mug": {"left": 0}}}).raise_for_status()
    quiet.post("/offerd/v1/decisions", json=ask)
    assert value(quiet, "offerd_propositions", outcome="fallback") == 1


def test_interactions_are_counted_by_type_and_outcome(quiet):
    click = {"type": "click", "offer": "mug", "key": "k1"}
    for body in (click, click, {"type": "a.kind.of.our.own", "offer": "mug"}):
        quiet.post("/offerd/v1/interactions", json=body).raise_for_status()
    assert value(quiet, "offerd_interactions", type="click", outcome="recorded") == 1
    assert value(quiet, "offerd_interactions", type="click", outcome="repeated") == 1
    assert value(quiet, "offerd_interactions", type="custom", outcome="recorded") == 1


def test_fulfilments_and_what_they_send_are_counted(quiet):
    for choice in ("take", "later"):
        body = {"type": "accept", "offer": "mug", "choice": choice, "key": choice}
        quiet.post("/offerd/v1/interactions", json=body).raise_for_status()
    assert value(quiet, "offerd_fulfilments", state="in_progress") == 2
    quiet.live.run(quiet.live.house.jobs.drain())
    assert value(quiet, "offerd_deliveries", fulfiller="email", outcome="dead") == 1
    listed = quiet.get("/offerd/v1/fulfilments", params={"kind": "checkout"}).json()["items"]
    quiet.post(f"/offerd/v1/fulfilments/{listed[0]['id']}/finish", json={}).raise_for_status()
    assert value(quiet, "offerd_fulfilments", state="completed") == 1
    assert value(quiet, "offerd_fulfilments", state="failed") == 0


def test_requests_are_counted_by_template_whatever_the_client_sends(quiet):
    for name in ("a", "b", "c"):
        quiet.get(f"/offerd/v1/offers/{name}")
        quiet.get(f"/{name}")
        quiet.request("PROPFIND", "/healthz")
    assert value(quiet, "offerd_requests", route="/offerd/v1/offers/{id}", method="GET", status="404") == 3
    assert value(quiet, "offerd_requests", route="none", status="404") == 3
    assert value(quiet, "offerd_requests", route="/healthz", method="other", status="405") == 3


def test_the_state_of_the_house_is_there(quiet):
    assert value(quiet, "offerd_catalogue_revision", workspace="default") == 1
    assert value(quiet, "offerd_jobs", state="failed") == 0
    assert families(quiet)["offerd_writer_batch"].samples
    assert value(quiet, "process_resident_memory_bytes") > 0


def test_metrics_may_need_a_token(start_server):
    server = start_server(metrics_public=False)
    with server.client("") as client:
        assert client.get("/metrics").status_code == 401
    with server.client() as client:
        assert client.get("/metrics").status_code == 200
