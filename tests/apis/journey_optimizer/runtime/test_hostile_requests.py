"""Requests of the runtime with one part made into something else: whatever it is, no answer is the server's error."""

import base64
import copy
import json

import pytest

CATALOGUE = {
    "placements": {"hero": {"content": ["html"]}, "web://x/#y": {}},
    "audiences": {"all": "true"},
    "offers": {
        "mug": {
            "status": "approved", "content": {"hero": {"html": "mug"}},
            "caps": [{"id": "own", "limit": 3, "counts": {"type": "custom", "when": "body.ok = 1"}}],
        },
    },
    "activities": {
        "home": {"status": "live", "placements": ["hero", "web://x/#y"], "selections": [{"offers": ["mug"]}]},
    },
}  # fmt: skip

JUNK = (None, True, -1, 2**70, 1.5, "x\u0000", "é" * 2_000, [None], {"a": [1]}, "0001-01-01T00:00:00+23:59")

HUB = {
    "xdm:dryRun": False,
    "xdm:propositionRequests": [{"xdm:activityId": "home", "xdm:placementId": "hero", "xdm:itemCount": 2}],
    "xdm:profiles": [{
        "xdm:identityMap": {"Email": [{"xdm:id": "jo@example.com", "primary": True}]}, "xdm:decisionRequestId": "r",
        "xdm:contextData": [{"@type": "t", "xdm:data": {"xdm:a": [{"xdm:b": 1}]}}]}],
    "xdm:allowDuplicatePropositions": {"xdm:acrossActivities": True, "xdm:acrossPlacements": True},
    "xdm:mergePolicy": {"xdm:id": "m"},
    "xdm:responseFormat": {"xdm:includeContent": True, "xdm:includeMetadata": {
        "xdm:activity": ["name"], "xdm:option": ["name", "characteristics", "priority"], "xdm:placement": ["name"]}},
}  # fmt: skip

FIRST = {
    "xdm:offerActivities": [{"xdm:offerActivity": "home"}],
    "xdm:identityMap": {"Email": [{"xdm:id": "jo@example.com"}]},
}

SCOPE = base64.b64encode(json.dumps({"activityId": "home", "placementId": "hero", "itemCount": 1}).encode()).decode()
EDGE = {
    "meta": {"state": {"entries": [{"key": "kndctr_X_identity", "value": "e30"}]}},
    "events": [
        {
            "query": {"personalization": {"decisionScopes": [SCOPE], "surfaces": ["web://x/#y"]}},
            "xdm": {"identityMap": {"ECID": [{"id": "1", "primary": True}]}, "eventType": "own.thing", "_id": "e",
                    "timestamp": "2026-01-01T00:00:00Z", "body": {"ok": 1}},
            "data": {"__adobe": {"ajo": {"dryRun": False, "allowDuplicateDecisionItems": False}}},
        },
        {"xdm": {"eventType": "decisioning.propositionDisplay", "_experience": {"decisioning": {
            "propositionEventType": {"display": 1}, "propositionAction": {"tokens": ["t"]},
            "propositions": [{"id": "p", "items": [{"id": "i"}]}]}}}},
    ],
}  # fmt: skip

BATCH = {
    "xdm:segmentIds": ["nobody"], "xdm:dataSetId": "d", "xdm:includeContent": False,
    "xdm:propositionRequests": [{"xdm:activityId": "home", "xdm:placementId": "hero", "xdm:itemCount": 1}],
}  # fmt: skip


def places(tree, at=()):
    """The way to every part of a tree."""
    yield at
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from places(value, (*at, key))


def replaced(tree, at, value):
    if not at:
        return value
    made = copy.deepcopy(tree)
    here = made
    for key in at[:-1]:
        here = here[key]
    here[at[-1]] = value
    return made


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/data/core/ods/decisions", HUB),
        ("/data/core/ods/decisions", FIRST),
        ("/ee/v1/interact?configId={workspace}", EDGE),
        ("/ee/v2/collect?dataStreamId={workspace}", EDGE["events"]),
        ("/data/core/dwm/workloads/decisions", BATCH),
    ],
    ids=["hub", "first version", "interact", "collect", "batch"],
)
def test_no_body_is_the_servers_error(api, server, workspace, path, body):
    api.post("/catalogue/apply", json=CATALOGUE).raise_for_status()
    with server.client(workspace=workspace) as client:
        url = path.format(workspace=workspace)
        assert client.post(url, json=body).status_code in {200, 204, 207, 422}
        for at in places(body):
            for junk in JUNK:
                answer = client.post(url, content=json.dumps(replaced(body, at, junk)))
                assert answer.status_code < 500, (at, junk, answer.text)
