"""Attributes of visitors: one by one, in bulk, read, and at the end of their time."""

import re
from datetime import timedelta

import pytest

from offerd.apis.target.profiles import lifetime


@pytest.fixture
def profiles(server, workspace, site):
    """A client with a token for the profiles of its workspace."""
    with server.client(server.token("profiles", workspace=workspace)) as client:
        client.base_url = server.url
        yield client


@pytest.fixture
def visitor(deliver):
    deliver(id={"tntId": "v", "thirdPartyId": "jo"}, execute={"mboxes": [{"name": "n", "profileParameters": {"a": 1}}]})


def attributes(site, key="tntId:v"):
    return site.get(f"/profiles/{key}").json()["attributes"]


def test_one_visitor_is_updated(profiles, workspace, site, visitor):
    path = f"/m2/{workspace}/profile/update"
    answer = profiles.get(path, params={"mboxPC": "v.28_0", "profile.tier": "gold", "other": "x"})
    assert (answer.status_code, answer.text) == (200, "trueRequest successfully submitted")
    assert answer.headers["content-type"].startswith("text/plain")
    profiles.post(path, params={"mbox3rdPartyId": "jo"}, data={"profile.b": "2"}).raise_for_status()
    assert attributes(site) == {"a": "1", "tier": "gold", "b": "2"}


def test_a_visitor_who_is_not_known_is_not_made(profiles, workspace, site, visitor):
    path = f"/m2/{workspace}/profile/update"
    assert profiles.get(path, params={"mboxPC": "nobody", "profile.a": "1"}).status_code == 200
    assert site.get("/profiles/tntId:nobody").status_code == 404


def test_an_update_makes_nobodys_name_another_visitors(profiles, workspace, site, visitor):
    path = f"/m2/{workspace}/profile/update"
    for names in ({"mboxPC": "v", "mbox3rdPartyId": "bo"}, {"mboxPC": "other", "mbox3rdPartyId": "jo"}):
        profiles.get(path, params={**names, "profile.b": "2"}).raise_for_status()
    known = site.get("/profiles/tntId:v").json()
    assert {each["id"] for each in known["identities"]} == {"v", "jo"}
    assert known["attributes"] == {"a": "1", "b": "2"}


def test_an_update_that_is_wrong_is_told_as_text(profiles, workspace, server):
    path = f"/m2/{workspace}/profile/update"
    assert profiles.get(path).text == "falseThe request names neither mboxPC nor mbox3rdPartyId"
    assert profiles.get(path, params={"mboxPC": "x" * 300}).status_code == 400
    assert profiles.get(path, params={"mboxPC": "x", "profile.a": "x" * 257}).status_code == 400
    assert profiles.post(path, content="ü".encode()).status_code == 400


def test_an_attribute_counts_in_the_next_decision(profiles, workspace, deliver, visitor):
    profiles.get(f"/m2/{workspace}/profile/update", params={"mboxPC": "v", "profile.tier": "gold"})
    mbox = deliver(id={"tntId": "v"}, execute={"mboxes": [{"name": "deal"}]})["execute"]["mboxes"][0]
    assert mbox["options"][0]["content"] == {"discount": 20}


def submitted(profiles, workspace, text, version=""):
    answer = profiles.post(f"/m2/{workspace}/{version}profile/batchUpdate", content=text)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/xml"
    url = re.fullmatch(
        r"<response><success>true</success><batchStatus>(.*)</batchStatus>"
        r"<message>Batch submitted for processing</message></response>", answer.text,
    )[1]  # fmt: skip
    while "<status>incomplete</status>" in (text := profiles.get(url).text):
        pass
    return text, profiles.get(url, params={**dict(re.findall(r"(batchId)=([^&]*)", url)), "showDetails": "true"}).text


BATCH = (
    "batch=pcId,tier,profile.note\r\nv.28_0,gold,a%2Cb%20%C3%BC\nunknown,silver,\n"
    ",x,y\nv,%ff\nv,1,2,3\nw,," + "x" * 257 + "\n"
)


def test_a_file_updates_those_who_are_known(profiles, workspace, site, visitor):
    status, details = submitted(profiles, workspace, BATCH)
    assert re.fullmatch(
        r"<response><batchId>.*</batchId><status>complete</status><batchSize>6</batchSize></response>", status
    )
    assert "<consumedCount>6</consumedCount><successfulUpdates>1</successfulUpdates>" in details
    assert "<profilesNotFound>1</profilesNotFound><failedUpdates>4</failedUpdates>" in details
    assert attributes(site) == {"a": "1", "tier": "gold", "note": "a,b ü"}
    assert site.get("/profiles/tntId:unknown").status_code == 404


def test_the_second_version_makes_those_who_are_not(profiles, workspace, site, visitor):
    _, details = submitted(profiles, workspace, "batch=thirdPartyId,tier\njo,gold\nnew,silver", "v2/")
    assert "<successfulUpdates>2</successfulUpdates><profilesNotFound>0</profilesNotFound>" in details
    assert attributes(site)["tier"] == "gold"
    assert attributes(site, "thirdPartyId:new") == {"tier": "silver"}


def test_rows_that_are_not_utf_8_and_ids_that_are_too_long_fail_alone(profiles, workspace, site, visitor):
    text = b"batch=thirdPartyId,tier\nnew,caf\xe9\n\xe9,gold\n%ED%A0%80,gold\n" + b"x" * 257 + b",gold\njo,gold\n"
    _, details = submitted(profiles, workspace, text, "v2/")
    assert "<successfulUpdates>1</successfulUpdates>" in details
    assert "<failedUpdates>4</failedUpdates>" in details
    assert attributes(site)["tier"] == "gold"


def test_a_row_counts_whether_or_not_it_changes_anything(profiles, workspace, site, visitor):
    _, details = submitted(profiles, workspace, "batch=pcId,a,b\nv,1,\nv,1,2\nv,1,2")
    assert "<consumedCount>3</consumedCount><successfulUpdates>3</successfulUpdates>" in details
    assert attributes(site) == {"a": "1", "b": "2"}


def test_a_row_that_is_more_than_a_visitor_may_have_fails(profiles, workspace, site, visitor):
    names, many = (",".join(each) for each in ((f"c{index}" for index in range(300)), ["x" * 250] * 300))
    _, details = submitted(profiles, workspace, f"batch=pcId,{names}\nv,{many}")
    assert "<failedUpdates>1</failedUpdates>" in details
    assert attributes(site) == {"a": "1"}


def test_the_address_of_a_status_holds_any_client(start_server):
    live = start_server(target_profiles_public=True)
    with live.client("") as client:
        answer = client.post("/m2/a%20b%26c/profile/batchUpdate", content="batch=pcId,tier\nv,1")
    assert "/m2/a%20b%26c/profile/batchStatus?batchId=" in answer.text


@pytest.mark.parametrize(
    "text",
    [
        b"batch=pcId,\xe9\nv,1", "", "pcId,a\nv,1", "batch=email,a\nv,1", "batch=pcId\nv", "batch=pcId,a",
        "batch=pcId,a,a\nv,1,2", "batch=pcId,\nv",
    ],
)
def test_a_file_without_columns_or_rows_is_refused_as_xml(profiles, workspace, text):
    answer = profiles.post(f"/m2/{workspace}/profile/batchUpdate", content=text)
    assert answer.status_code == 400
    assert answer.text.startswith("<response><success>false</success><message>")


def test_a_batch_that_there_is_not_is_told_as_xml(profiles, workspace):
    answer = profiles.get(f"/m2/{workspace}/profile/batchStatus", params={"batchId": "<x>"})
    assert answer.status_code == 404
    assert "&lt;x&gt;" in answer.text


def test_a_visitor_is_fetched_by_every_name(profiles, workspace, visitor, deliver, server):
    deliver(id={"tntId": "v", "marketingCloudVisitorId": "42"}, notifications=[])
    deliver(id={"tntId": "v", "marketingCloudVisitorId": "42"}, execute={"mboxes": [{"name": "deal"}]})
    for path in ("v.28_0", "thirdPartyId/jo", "marketingCloudVisitorId/42"):
        answer = profiles.get(f"/rest/v1/profiles/{path}", params={"client": workspace})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body.pop("modifiedAt")
        assert body == {
            "client": workspace,
            "visitorId": {"tntId": "v", "thirdPartyId": "jo", "marketingCloudVisitorId": "42"},
            "profileAttributes": {"a": {"value": "1", "modifiedAt": "2026-01-01T12:00:00Z"}},
        }


def test_a_profile_that_there_is_not_is_told(profiles, workspace):
    for path, words in (("x", "mboxPC=x"), ("thirdPartyId/x", "third party id=x")):
        answer = profiles.get(f"/rest/v1/profiles/{path}", params={"client": workspace})
        assert answer.status_code == 404
        assert answer.json() == {"status": 404, "message": f"No profile found for client {workspace} with {words}"}


def test_profiles_want_a_token_unless_a_setting_says_otherwise(server, workspace, start_server, profiles):
    for path in (f"/m2/{workspace}/profile/update", f"/rest/v1/profiles/v?client={workspace}"):
        with server.client("") as client:
            refused = client.get(path)
            assert refused.status_code == 401
            assert "www-authenticate" in refused.headers
        for secret in (server.token("decide", workspace=workspace), server.token("profiles")):
            with server.client(secret) as client:
                assert client.get(path).status_code == 403
    live = start_server(target_profiles_public=True)
    with live.client("") as client:
        assert client.get("/m2/x/profile/update?mboxPC=v").status_code == 200


def test_a_visitor_ends_after_days_without_a_sign(start_server):
    live = start_server(target_profile_days=14)
    day = timedelta(days=1)

    def write(name, **ids):
        body = {"id": ids or {"tntId": name}, "execute": {"pageLoad": {"profileParameters": {"a": "1"}}}}
        client.post("/rest/v1/delivery?client=x", json=body).raise_for_status()

    with live.client() as client:
        catalogue = {
            "placements": {"m": {}},
            "activities": {"a": {"status": "live", "placements": ["m"], "keep": "profile", "selections": [
                {"inline": {"x": {"status": "approved", "content": {"m": {"html": "x"}}}}}]}},
        }  # fmt: skip
        client.post("/offerd/v1/catalogue/apply", json=catalogue).raise_for_status()
        write("idle")
        write("busy")
        write("crm", tntId="crm", customerIds=[
            {"id": "7", "integrationCode": "crm", "authenticatedState": "authenticated"}])  # fmt: skip
        live.clock.advance(14 * day)
        body = {"id": {"tntId": "busy"}, "execute": {"mboxes": [{"name": "m"}]}}
        client.post("/rest/v1/delivery?client=x", json=body).raise_for_status()
        live.clock.advance(timedelta(seconds=1))
        assert live.run(lifetime.lapse(live.house)) == 1
        left = {name: client.get(f"/offerd/v1/profiles/tntId:{name}").status_code for name in ("idle", "busy", "crm")}
        assert left == {"idle": 404, "busy": 200, "crm": 200}
        live.clock.advance(15 * day)
        assert live.run(lifetime.lapse(live.house)) == 1
        assert len(client.get("/offerd/v1/decisions").json()["items"]) == 1, "what was given stays"
    assert live.run(lifetime.lapse(start_server(target_profile_days=0).house)) == 0
