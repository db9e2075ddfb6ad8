"""Artifacts as clients fetch them: where, how often, in which form, and what else is found there."""

import gzip

import pytest

from offerd.apis.target import on_device
from offerd.apis.target.on_device import publishing
from offerd.apis.target.on_device.obfuscation import plain
from offerd.model import json

SITE = {
    "properties": {"web": {"token": "web-token"}, "app": {"token": "app-token"}},
    "placements": {"banner": {}, "order": {}},
    "activities": {
        "everywhere": {
            "status": "live", "placements": ["banner"], "percent": 50,
            "selections": [{"inline": {"a": {"status": "approved", "content": {"banner": {"html": "<b>A</b>"}}}}}],
        },
        "web-only": {
            "status": "live", "placements": ["order"], "properties": ["web"],
            "window": {"from": "2026-01-01T13:00:00Z", "until": "2026-01-01T14:00:00Z"},
            "selections": [{"inline": {"b": {"status": "approved", "content": {"order": {"json": {"b": 1}}}}}}],
        },
    },
}  # fmt: skip
HOUR = 3_600_000_000


@pytest.fixture
def site(api):
    assert api.post("/catalogue/apply", json=SITE).status_code == 200
    return api


@pytest.fixture
def http(server, site):
    with server.client("") as client:
        yield client


@pytest.fixture
def fetch(http, workspace):
    """Fetches something of the workspace's artifacts, without a token."""

    def get(path="rules.json", *, client=workspace, environment="production", method="GET", **more):
        return http.request(method, f"/{client}/{environment}/v1/{path}", **more)

    return get


def test_anybody_may_fetch_it(fetch, workspace):
    answer = fetch()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    artifact = answer.json()
    assert artifact["version"] == "1.0.0"
    assert artifact["meta"] == {
        "clientCode": workspace, "environment": "production", "generatedAt": "2026-01-01T12:00:00.000Z",
    }  # fmt: skip
    assert artifact["globalMbox"] == "target-global-mbox"
    assert artifact["geoTargetingEnabled"] is False
    assert "activity.id" in artifact["responseTokens"]
    assert artifact["localMboxes"] == ["target-global-mbox", "banner", "order"]
    assert artifact["remoteMboxes"] == artifact["remoteViews"] == artifact["localViews"] == []


def test_nobody_is_sent_what_they_have(fetch, site):
    first = fetch()
    etag = first.headers["etag"]
    assert etag.startswith('"')
    assert first.headers["cache-control"] == "public, max-age=60"
    for known in (etag, f"W/{etag}", f'"other", {etag}', f'"other",W/{etag},', "*"):
        again = fetch(headers={"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
    for other in ('"other"', etag.strip('"'), f'"a{etag[1:]}', '"one,*,two"', "W/*", ""):
        assert fetch(headers={"if-none-match": other}).status_code == 200
    head = fetch(method="HEAD")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)
    path = "/activities/everywhere"
    patch = [{"op": "replace", "path": "/percent", "value": 60}]
    answer = site.patch(path, json=patch, headers={"content-type": "application/json-patch+json"})
    assert answer.status_code == 200, answer.text
    changed = fetch(headers={"if-none-match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


def test_it_is_compressed_for_whoever_takes_it_so(http, workspace):
    def get(coding, **more):
        headers = {"accept-encoding": coding, **more}
        with http.stream("GET", f"/{workspace}/production/v1/rules.json", headers=headers) as answer:
            return answer, b"".join(answer.iter_raw())

    plainly = get("identity")
    assert "content-encoding" not in plainly[0].headers
    for coding in ("gzip", "br, gzip;q=0.5", "*"):
        answer, body = get(coding)
        assert answer.headers["content-encoding"] == "gzip"
        assert len(body) < len(plainly[1])
        assert gzip.decompress(body) == plainly[1]
        assert "accept-encoding" in answer.headers["vary"]
    for coding in ("gzip;q=0", "br", ""):
        answer, body = get(coding)
        assert "content-encoding" not in answer.headers
        assert body == plainly[1]
    answer, body = get("gzip", **{"if-none-match": plainly[0].headers["etag"]})
    assert (answer.status_code, body, answer.headers.get("content-encoding")) == (304, b"", None)


def test_it_is_the_same_until_something_begins_or_is_over(fetch, server):
    seen = []
    start = server.clock.now()
    try:
        for hours in (0, 0.5, 1, 1.5, 2, 3):
            server.clock.set(start + int(hours * HOUR))
            answer = fetch()
            artifact = answer.json()
            conditions = [rule["condition"] for rule in artifact["rules"]["mboxes"]["order"]]
            seen.append((answer.headers["etag"], conditions, artifact["meta"]["generatedAt"]))
    finally:
        server.clock.set(start)
    assert seen[0] == seen[1]
    assert seen[2] == seen[3]
    assert seen[4] == seen[5]
    times = {"since": {"<=": [1_767_272_400_000, {"var": "current_timestamp"}]}}
    times["over"] = {"!": [{"<=": [1_767_276_000_000, {"var": "current_timestamp"}]}]}
    assert [each[1:] for each in seen[::2]] == [
        ([{"and": [times["since"], times["over"]]}], "2026-01-01T12:00:00.000Z"),
        ([times["over"]], "2026-01-01T13:00:00.000Z"),
        ([], "2026-01-01T14:00:00.000Z"),
    ]


def test_pages_of_other_origins_may_read_it(fetch, start_server):
    answer = fetch(headers={"origin": "https://shop.example"})
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert "etag" in answer.headers["access-control-expose-headers"]
    server = start_server(target_origins="https://shop.example")
    with server.client("") as client:
        path = "/default/production/v1/rules.json"
        assert client.get(path, headers={"origin": "https://shop.example"}).status_code == 200
        assert client.get(path, headers={"origin": "https://other.example"}).status_code == 403
        asked = {"origin": "https://shop.example", "access-control-request-method": "GET"}
        options = client.options(path, headers=asked)
        assert options.status_code == 204
        assert "GET" in options.headers["access-control-allow-methods"]


@pytest.mark.parametrize(
    ("path", "environment"),
    [
        ("nobody/rules.json", "production"),
        ("rules.json", "a%20b"),
        ("rules.json", "x" * 65),
        ("other.json", "production"),
    ],
)
def test_what_there_is_not_is_404_in_the_format(fetch, path, environment):
    answer = fetch(path, environment=environment)
    assert answer.status_code == 404
    assert answer.json()["status"] == 404
    assert answer.json()["message"]


def test_other_methods_are_refused(fetch):
    assert fetch(method="POST").status_code == 405


def test_a_client_that_leads_nowhere_is_404(start_server):
    server = start_server(workspace_keys={"shop": "default", "ORG@AdobeOrg": "default"})
    with server.client("") as client:
        assert client.get("/shop/production/v1/rules.json").status_code == 200
        answer = client.get("/stranger/production/v1/rules.json")
        assert (answer.status_code, answer.json()["status"]) == (404, 404)


@pytest.mark.parametrize("name", ["rules.json", "rules.bin", "web-token/rules.json"])
def test_an_operator_may_keep_artifacts_from_everybody(start_server, name):
    server = start_server(target_on_device=False)
    with server.client("") as client:
        answer = client.get(f"/default/production/v1/{name}")
        assert (answer.status_code, answer.json()["status"]) == (403, 403)


def test_the_environment_is_what_the_client_calls_it(fetch):
    answers = {name: fetch(environment=name) for name in ("production", "staging", "my_own.1")}
    assert {name: answer.json()["meta"]["environment"] for name, answer in answers.items()} == {
        name: name for name in answers
    }
    assert len({answer.headers["etag"] for answer in answers.values()}) == 3
    assert len({json.dumps(answer.json()["rules"]) for answer in answers.values()}) == 1


def test_a_property_has_an_artifact_of_its_own(fetch):
    web, app = fetch("web-token/rules.json").json(), fetch("app/rules.json").json()
    assert [rule["propertyTokens"] for rule in web["rules"]["mboxes"]["order"]] == [["web-token", "web"]]
    assert app["rules"]["mboxes"]["order"] == []
    assert len(app["rules"]["mboxes"]["banner"]) == 1


def test_the_obfuscated_form_holds_the_same(fetch, workspace):
    artifact = fetch()
    made = fetch("rules.bin")
    assert made.headers["content-type"] == "application/octet-stream"
    assert made.content[:8] == b"ATOD:001"
    key = made.content[8:40]
    assert key.decode().isalnum()
    secret = workspace.encode() + key
    body = bytes(byte ^ secret[at % len(secret)] for at, byte in enumerate(made.content[40:]))
    assert body == artifact.content
    assert fetch("rules.bin", headers={"if-none-match": made.headers["etag"]}).status_code == 304
    assert plain(fetch("web-token/rules.bin").content, workspace) == fetch("web-token/rules.json").content


def test_the_organisation_is_the_key_that_looks_like_one_or_what_the_query_names(start_server):
    keys = {"shop": "default", "ORG@AdobeOrg": "default", "OTHER@AdobeOrg": "default"}
    server = start_server(workspace_keys=keys)
    with server.client("") as client:
        plainly = client.get("/shop/production/v1/rules.json").content
        path = "/shop/production/v1/rules.bin"
        assert plain(client.get(path).content, "ORG@AdobeOrg") == plainly
        named = client.get(path, params={"imsOrgId": "OTHER@AdobeOrg"})
        assert plain(named.content, "OTHER@AdobeOrg") == plainly
        assert client.get(path, params={"imsOrgId": "STRANGER@AdobeOrg"}).status_code == 404


def test_what_is_no_obfuscated_artifact_is_refused():
    for wrong in (b"", b"ATOD:001", b"{}" * 40):
        with pytest.raises(ValueError, match="no obfuscated artifact"):
            plain(wrong, "org")


def test_a_client_by_another_name_draws_nothing_on_the_device(fetch, start_server):
    assert "banner" in fetch().json()["localMboxes"]  # half of the visitors, by the workspace's code
    server = start_server(workspace_keys={"shop": "default"})
    with server.client() as client:
        assert client.post("/offerd/v1/catalogue/apply", json=SITE).status_code == 200
        artifact = client.get("/shop/production/v1/rules.json").json()
        own = client.get("/default/production/v1/rules.json").json()
    assert artifact["meta"]["clientCode"] == own["meta"]["clientCode"] == "default"
    assert artifact["remoteMboxes"] == ["banner"]
    assert artifact["rules"]["mboxes"]["order"] == own["rules"]["mboxes"]["order"]
    assert own["remoteMboxes"] == []


def test_programs_of_the_server_have_it_too(server, workspace, fetch):
    body, etag = server.run(on_device.artifact(server.house, workspace, "production", None))
    answer = fetch()
    assert (body, etag) == (answer.content, answer.headers["etag"])
    assert server.run(on_device.artifact(server.house, workspace, "production", None)).body is body


def test_the_artifacts_of_many_properties_are_made_once(fetch, site, monkeypatch):
    built = []
    build = publishing._build
    monkeypatch.setattr(publishing, "_build", lambda *about: [built.append(about), build(*about)][1])
    names = [f"p{index}" for index in range(20)]
    assert site.post("/catalogue/apply", json={"properties": {name: {} for name in names}}).status_code == 200
    first = [fetch(f"{name}/rules.json").content for name in names]
    assert [fetch(f"{name}/rules.json").content for name in names] == first
    assert len(built) == len(names)


def test_no_other_route_is_shadowed(http):
    assert http.get("/offerd/v1/nowhere").json()["type"] == "urn:offerd:problem:no-such-route"
    assert http.get("/one/two/three").json()["type"] == "urn:offerd:problem:no-such-route"
    assert http.get("/healthz").status_code in {200, 404}
    assert http.get("/rest/production/v1/rules.json").status_code == 404
