"""Tokens of users over HTTP."""

import pytest


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "jo", "scopes": ["user"]}, "/subject"),
        ({"name": "jo", "scopes": ["user", "admin"]}, "/subject"),
        ({"name": "jo", "scopes": ["decide"], "subject": {"namespace": "a", "id": "b"}}, "/scopes"),
        ({"name": "jo", "scopes": ["user", "decide"], "subject": {"namespace": "a", "id": "b"}}, "/scopes"),
        ({"name": "jo", "scopes": ["user"], "subject": {"namespace": "", "id": "b"}}, "/subject/namespace"),
        ({"name": "jo", "scopes": ["user"], "subject": "jo"}, "/subject"),
    ],
)
def test_a_token_of_a_user_has_a_subject_and_no_other_scope(api, body, pointer):
    answer = api.post("/tokens", json=body)
    assert answer.status_code == 422
    assert pointer in {each["pointer"] for each in answer.json()["errors"]}
    assert not any(each["name"] == "jo" for each in api.get("/tokens").json()["items"])


def test_a_users_token_tells_its_subject_and_is_revoked_like_any_other(api, server):
    subject = {"namespace": "subject", "id": "jo"}
    made = api.post("/tokens", json={"name": "jo", "scopes": ["user"], "subject": subject}).json()
    assert made["subject"] == subject
    assert subject in [each.get("subject") for each in api.get("/tokens").json()["items"]]
    path = "/v2.0/my/storeoffers/user"
    with server.client(made["secret"]) as client:
        assert client.get(path).status_code == 200
        api.delete(f"/tokens/{made['id']}").raise_for_status()
        assert client.get(path).status_code == 401
