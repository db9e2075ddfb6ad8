"""Organisation and sandbox headers lead to workspaces, as the settings say."""

from __future__ import annotations

from typing import Any

import pytest

from offerd.apis.journey_optimizer import ids

KEYS = {"SHOP@AdobeOrg": "shop", "SHOP@AdobeOrg:dev": "dev", "OTHER@AdobeOrg": "default"}


@pytest.fixture
def keyed(start_server: Any) -> Any:
    server = start_server(workspace_keys=KEYS)
    with server.client() as client:
        for name in ("shop", "dev"):
            client.post("/offerd/v1/workspaces", json={"id": name}).raise_for_status()
    return server


def headers(organisation: str | None, sandbox: str | None = None) -> dict[str, str]:
    named = {"x-gw-ims-org-id": organisation, "x-sandbox-name": sandbox}
    return {name: value for name, value in named.items() if value is not None}


def test_each_sandbox_has_its_own_objects(keyed: Any) -> None:
    with keyed.client() as client:
        for sandbox in ("prod", "dev"):
            answer = client.post(
                "/data/core/dps/tags", json={"name": sandbox}, headers=headers("SHOP@AdobeOrg", sandbox)
            )
            assert answer.status_code == 201
        for sandbox in ("prod", "dev"):
            seen = client.get("/data/core/dps/tags", headers=headers("SHOP@AdobeOrg", sandbox)).json()
            assert [each["name"] for each in seen["results"]] == [sandbox]


def test_a_key_that_was_used_for_one_sandbox_is_refused_for_another(keyed: Any) -> None:
    with keyed.client() as client:

        def make(sandbox: str) -> Any:
            more = {**headers("SHOP@AdobeOrg", sandbox), "idempotency-key": "k-1"}
            return client.post("/data/core/dps/tags", json={"name": "t"}, headers=more)

        assert [make(each).status_code for each in ("prod", "prod", "dev")] == [201, 201, 422]
        seen = client.get("/data/core/dps/tags", headers=headers("SHOP@AdobeOrg", "dev")).json()
        assert seen["results"] == []


def test_the_home_lists_the_containers_of_the_organisation(keyed: Any) -> None:
    with keyed.client() as client:
        tree = client.get("/data/core/xcore/", headers=headers("SHOP@AdobeOrg")).json()
        found = tree["_embedded"]["https://ns.adobe.com/experience/xcore/container"]
        assert {each["_instance"]["parentName"]: each["instanceId"] for each in found} == {
            "prod": ids.container_id("shop"),
            "dev": ids.container_id("dev"),
        }
        only = client.get(
            "/data/core/xcore/?property=_instance.parentName==dev", headers=headers("SHOP@AdobeOrg")
        ).json()
        assert len(only["_embedded"]["https://ns.adobe.com/experience/xcore/container"]) == 1


@pytest.mark.parametrize("organisation", ["NOBODY@AdobeOrg", "", None])
def test_an_unknown_organisation_is_refused(keyed: Any, organisation: str | None) -> None:
    with keyed.client() as client:
        answer = client.get("/data/core/dps/tags", headers=headers(organisation))
    assert answer.status_code == 403
    assert answer.json()["report"]["additionalContext"]["code"] == "foreign-workspace"


def test_a_token_of_another_workspace_is_refused(keyed: Any) -> None:
    with keyed.client(keyed.token("catalogue:read", workspace="shop")) as client:
        assert client.get("/data/core/dps/tags", headers=headers("SHOP@AdobeOrg")).status_code == 200
        assert client.get("/data/core/dps/tags", headers=headers("SHOP@AdobeOrg", "dev")).status_code == 403
        assert client.get("/data/core/dps/tags", headers=headers("OTHER@AdobeOrg")).status_code == 403
        home = client.get("/data/core/xcore/", headers=headers("SHOP@AdobeOrg")).json()
    assert len(home["_embedded"]["https://ns.adobe.com/experience/xcore/container"]) == 1


def test_a_container_of_another_organisation_is_not_there(keyed: Any) -> None:
    schema = "https://ns.adobe.com/experience/offer-management/tag"
    with keyed.client() as client:
        for workspace, status in (("shop", 200), ("dev", 200), ("default", 404)):
            path = f"/data/core/xcore/{ids.container_id(workspace)}/instances?schema={schema}"
            assert client.get(path, headers=headers("SHOP@AdobeOrg")).status_code == status


def test_without_keys_every_organisation_has_the_token_s_workspace(library: Any) -> None:
    library.send("POST", "/data/core/dps/tags", {"name": "t"}, x_gw_ims_org_id="ANY@AdobeOrg")
    assert library.native("tags")["total"] == 1
