"""JWTs of an issuer that is trusted: what is taken, and what they may do."""

import json

import pytest

TOKENS = "/offerd/v1/tokens"
OFFERS = "/offerd/v1/offers"
STORE = "/v2.0/my/storeoffers/user"


def status(server, token, path=OFFERS):
    with server.client(token) as client:
        return client.get(path).status_code


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_every_algorithm_of_the_list_is_taken(trusting, issuer, keys, algorithm):
    key = issuer.new("k-2", algorithm)
    keys.gives(issuer.key, key)
    server = trusting()
    assert status(server, issuer.token(key, algorithm, scope="catalogue:read")) == 200


def test_a_jwt_may_do_what_its_scopes_say_and_the_settings_allow(trusting, issuer):
    server = trusting()
    assert status(server, issuer.token(scope="openid catalogue:read")) == 200
    assert status(server, issuer.token(scope=["catalogue:read", 1, "x"])) == 200
    assert status(server, issuer.token(scope="decide")) == 403
    assert status(server, issuer.token(scope={"catalogue:read": True})) == 403
    assert status(server, issuer.token(scope="admin"), TOKENS) == 403
    assert status(server, issuer.token()) == 403


def test_an_operator_may_let_jwts_administer(trusting, issuer):
    server = trusting(jwt_scopes="admin")
    assert status(server, issuer.token(scope="admin"), TOKENS) == 200
    assert status(server, issuer.token(scope="admin"), STORE) == 200


def test_a_jwt_without_any_scope_speaks_for_its_subject(trusting, issuer, keys):
    server = trusting()
    catalogue = {
        "placements": {"store": {"extensions": {"microsoft_store": {}}}},
        "offers": {"hat": {"status": "approved", "ids": {"store": "a hat"}, "eligible": "vip = true"}},
        "activities": {"all": {"status": "live", "placements": ["store"], "selections": [{"offers": ["hat"]}]}},
    }
    with server.client() as boss:
        boss.post("/offerd/v1/catalogue/apply", json=catalogue).raise_for_status()
        boss.put("/offerd/v1/profiles/subject:jo", json={"attributes": {"vip": True}}).raise_for_status()
        with server.client(issuer.token()) as jo:
            [element] = jo.get(STORE).json()
            assert element["offers"] == ["a hat"]
            claimed = jo.post(STORE, json={"storeOffer": element, "receipt": "order-1"})
            assert claimed.status_code == 204
        with server.client(issuer.token(sub="sam")) as sam:
            assert sam.get(STORE).json() == []
            assert sam.post(STORE, json={"storeOffer": element, "receipt": "order-2"}).status_code == 400
        made = boss.get("/offerd/v1/interactions", params={"type": "claim"}).json()["items"]
    assert [each["identities"] for each in made] == [[{"namespace": "subject", "id": "jo"}]]


def test_the_claims_that_say_who_and_where_are_the_operators_to_choose(trusting, issuer):
    server = trusting(
        jwt_subject_claim="oid", jwt_namespace="player", jwt_workspace_claim="azp", jwt_scope_claim="scp",
        workspace_keys={"app-7": "game"},
    )  # fmt: skip
    with server.client() as boss:
        boss.post("/offerd/v1/workspaces", json={"id": "game"}).raise_for_status()
    token = issuer.token(oid="p-1", azp="app-7", scp="decide profiles")
    with server.client(token) as client:
        decided = client.post("/offerd/v1/decisions", json={"asks": [{"placement": "x"}], "identities": {"a": "b"}})
        assert decided.status_code in {200, 404, 422}
        assert client.get(STORE).json() == []
        made = client.get("/offerd/v1/profiles/a:b")
    with server.client(workspace="game") as boss:
        assert (boss.get("/offerd/v1/profiles/a:b").status_code == 200) == (made.status_code == 200)
    assert status(server, issuer.token(oid="p-1", azp="game", scp="profiles"), "/offerd/v1/profiles") == 200
    for claims in ({"azp": "nowhere"}, {"azp": None}, {"azp": 1}, {"azp": ["app-7"]}, {"oid": None}, {"oid": 5}):
        assert status(server, issuer.token(**{"oid": "p-1", "azp": "app-7", "scp": "profiles"} | claims)) == 401


def test_a_jwt_is_its_subjects_name_in_the_history_and_not_in_the_log(trusting, issuer, log):
    server = trusting()
    token = issuer.token(sub="jo.maria@example.com", scope="catalogue:write catalogue:read")
    with server.client(token) as client:
        client.put("/offerd/v1/offers/hat", json={}).raise_for_status()
        assert client.get("/offerd/v1/revisions").json()["items"][0]["author"] == "jo.maria@example.com"
    logged = log.getvalue()
    assert "jwt-" in logged
    assert "maria" not in logged
    assert token not in logged


def test_own_tokens_work_beside_jwts(trusting):
    server = trusting()
    assert status(server, server.token("catalogue:read")) == 200


def test_a_server_that_trusts_nobody_takes_no_jwt_and_asks_nobody(start_server, issuer, keys):
    server = start_server(jwt_keys=keys.url)
    assert status(server, issuer.token(scope="catalogue:read")) == 401
    assert keys.asked == 0


def test_keys_may_be_in_a_file(start_server, issuer, tmp_path):
    path = tmp_path / "our keys.json"
    path.write_text(json.dumps({"keys": [issuer.key.as_dict(private=False)]}))
    server = start_server(jwt_issuer=issuer.name, jwt_audience="offers", jwt_keys=str(path))
    assert status(server, issuer.token(scope="catalogue:read")) == 200
    other = issuer.new("k-2")
    path.write_text(json.dumps({"keys": [other.as_dict(private=False)]}))
    server.clock.advance(minutes=1)
    assert status(server, issuer.token(other, scope="catalogue:read")) == 200


def test_a_clock_that_is_off_a_little_is_borne_with(trusting, issuer):
    server = trusting()
    now = 1_767_268_800
    good = [{"exp": now - 59}, {"nbf": now + 60}, {"iat": now + 60}, {"exp": now + 0.5}, {"exp": 10**12}]
    bad = [{"exp": now - 60}, {"nbf": now + 61}, {"iat": now + 61}, {"exp": 0}, {"exp": -1}]
    for claims in good:
        assert status(server, issuer.token(scope="catalogue:read", **claims)) == 200, claims
    for claims in bad:
        assert status(server, issuer.token(scope="catalogue:read", **claims)) == 401, claims
    server.clock.advance(minutes=6)
    assert status(server, issuer.token(scope="catalogue:read")) == 401


def test_target_takes_jwts_where_it_takes_tokens(trusting, issuer):
    server = trusting()
    path = "/rest/v1/profiles/thirdPartyId/nobody"
    with server.client(issuer.token(scope="profiles")) as client:
        answer = client.get(path, params={"client": "default"})
    assert answer.status_code == 404
    assert status(server, issuer.token(scope="decide"), f"{path}?client=default") == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"jwt_audience": ""}, {"jwt_keys": ""}, {"jwt_keys": "http://issuer.example/keys"}, {"jwt_keys": "ftp://x/y"},
        {"jwt_keys": "https://"}, {"jwt_algorithms": ""}, {"jwt_algorithms": "RS256 none"},
        {"jwt_algorithms": "HS256"}, {"jwt_scopes": "everything"},
    ],
    ids=str,
)  # fmt: skip
def test_settings_that_do_not_fit_stop_the_start(trusting, wrong):
    from offerd.settings import SettingsError  # noqa: PLC0415

    with pytest.raises(SettingsError, match=next(iter(wrong))):
        trusting(**wrong)


@pytest.fixture
def trusting_both(trusting, issuer, other_issuer, keys):
    """Starts servers that trust two issuers."""

    def start(**more):
        own = {
            "jwt_issuer": f"{issuer.name} {other_issuer.name}",
            "jwt_keys": f"{keys.url} {other_issuer.keys}",
            "jwt_namespace": "shop game",
        }
        return trusting(**own | more)

    return start


def test_each_of_several_issuers_signs_with_its_own_keys(trusting_both, issuer, other_issuer, keys):
    server = trusting_both()
    for signer in (other_issuer, issuer):
        assert status(server, signer.token(scope="catalogue:read")) == 200
        stranger = issuer if signer is other_issuer else other_issuer
        assert status(server, signer.token(stranger.key, scope="catalogue:read")) == 401
    assert status(server, issuer.token(scope="catalogue:read", iss="https://third.example")) == 401
    assert status(server, issuer.token(scope="catalogue:read", iss=f"{issuer.name} {other_issuer.name}")) == 401
    assert keys.asked == 1


def test_people_of_two_issuers_are_never_taken_for_each_other(trusting_both, issuer, other_issuer):
    server = trusting_both()
    catalogue = {
        "placements": {"store": {"lasts": "1 day", "extensions": {"microsoft_store": {}}}},
        "offers": {"hat": {"status": "approved", "ids": {"store": "a hat"}}},
        "activities": {
            "all": {
                "status": "live", "keep": "proposition", "placements": ["store"], "selections": [{"offers": ["hat"]}],
            },
        },
    }  # fmt: skip
    with server.client() as boss:
        boss.post("/offerd/v1/catalogue/apply", json=catalogue).raise_for_status()
        with server.client(issuer.token()) as one, server.client(other_issuer.token()) as other:
            (mine,), (theirs,) = one.get(STORE).json(), other.get(STORE).json()
            assert mine["trackingId"] != theirs["trackingId"]
            assert other.post(STORE, json={"storeOffer": mine, "receipt": "order-1"}).status_code == 400
            assert one.post(STORE, json={"storeOffer": mine, "receipt": "order-1"}).status_code == 204
        found = boss.get("/offerd/v1/profiles").json()["items"]
    assert sorted((each["identities"][0]["namespace"], each["identities"][0]["id"]) for each in found) == [
        ("game", "jo"), ("shop", "jo"),
    ]  # fmt: skip


def test_each_issuer_may_have_an_audience_and_a_workspace_of_its_own(trusting_both, issuer, other_issuer):
    keys = {issuer.name: "default", other_issuer.name: "game"}
    server = trusting_both(jwt_audience="offers game", jwt_workspace_claim="iss", workspace_keys=keys)
    with server.client() as boss:
        boss.post("/offerd/v1/workspaces", json={"id": "game"}).raise_for_status()
    with server.client(other_issuer.token(aud="game", scope="catalogue:write catalogue:read")) as client:
        client.put(f"{OFFERS}/hat", json={}).raise_for_status()
    with server.client(issuer.token(scope="catalogue:read")) as client:
        assert client.get(OFFERS).json()["items"] == []
    assert status(server, other_issuer.token(scope="catalogue:read")) == 401
    assert status(server, issuer.token(aud="game", scope="catalogue:read")) == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"jwt_keys": "one.json"}, {"jwt_keys": "one.json two.json three.json"}, {"jwt_namespace": "subject"},
        {"jwt_audience": "a b c"}, {"jwt_issuer": "https://a.example https://a.example"},
    ],
    ids=str,
)  # fmt: skip
def test_settings_that_do_not_fit_several_issuers_stop_the_start(trusting_both, wrong):
    from offerd.settings import SettingsError  # noqa: PLC0415

    with pytest.raises(SettingsError, match=next(iter(wrong))):
        trusting_both(**wrong)
