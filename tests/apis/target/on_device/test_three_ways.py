"""Over the artifact that is published, the server, offerd's evaluator and Target's SDKs decide alike."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from offerd.apis.target.on_device import evaluator
from offerd.apis.target.on_device.evaluator_loading import load
from offerd.services.clock import ManualClock

#: The site is made anew by each example.
MANY = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # smaller worlds would take minutes to find
)


def _evaluated(artifact, client, requests, times):
    """The chooser that the evaluator is: compiled once, then asked at different times."""
    clock = ManualClock()
    made = evaluator.compile_artifact(artifact, client=client, clock=clock)
    answers = []
    for request, time in zip(requests, times, strict=True):
        clock.set(time)
        answers.append(made.decide(request))
    return answers


@MANY
@given(data=st.data())
def test_the_server_the_evaluator_and_the_sdks_decide_alike(data, worlds, same_as_the_server, device):
    def both(*asked):
        theirs = device(*asked)
        ours = _evaluated(*asked)
        assert [_told(each) for each in ours] == [_told(each) for each in theirs]
        return ours

    same_as_the_server(data.draw(worlds), both)


def _told(response):
    """Everything that a response shows, with all its tokens; an absent member is a null one."""
    execute, prefetch = response.get("execute") or {}, response.get("prefetch") or {}
    places = [*(execute.get("mboxes") or ()), *(prefetch.get("views") or ())]
    if not places and execute:
        places = [execute["pageLoad"]]
    return [
        [
            place.get("name"),
            place.get("index"),
            [_known(each) for each in place.get("options") or ()],
            sorted((_known(each) for each in place.get("metrics") or ()), key=str),
        ]
        for place in places
    ]


def _known(tree):
    if isinstance(tree, dict):
        return {name: _known(each) for name, each in tree.items() if each is not None}
    return [_known(each) for each in tree] if isinstance(tree, list) else tree


def test_the_obfuscated_artifact_is_decided_from_as_the_plain_one(server, workspace, api):
    catalogue = {
        "placements": {"hero": {}},
        "activities": {
            "a": {
                "status": "live", "placements": ["hero"], "audience": 'context.mbox.tier = "gold"',
                "selections": [{"rank": {"traffic": {"x": 50, "y": 50}}, "inline": {
                    "x": {"status": "approved", "content": {"hero": {"html": "X"}}},
                    "y": {"status": "approved", "content": {"hero": {"html": "Y"}}},
                }}],
            },
        },
    }  # fmt: skip
    answer = api.post("/catalogue/apply", json=catalogue)
    assert answer.status_code == 200, answer.text
    with server.client("") as http:
        plain = http.get(f"/{workspace}/production/v1/rules.json").content
        hidden = http.get(f"/{workspace}/production/v1/rules.bin", params={"imsOrgId": workspace}).content
    tree = load(hidden, workspace)
    assert tree == load(plain)
    request = {"execute": {"mboxes": [{"name": "hero", "parameters": {"tier": "gold"}}]}, "id": {"tntId": "v1"}}
    found = evaluator.compile_artifact(tree).decide(request)
    assert found["status"] == 200
    assert found["execute"]["mboxes"][0]["options"][0]["content"] in {"X", "Y"}
    assert found["client"] == workspace
