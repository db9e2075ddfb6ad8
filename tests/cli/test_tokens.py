"""`offerd token` and `offerd workspace`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Offerd = Callable[..., Any]


def test_a_token_is_made_and_its_secret_alone_goes_to_standard_output(offerd: Offerd) -> None:
    ended = offerd("token", "create", "website", "--scope", "decide", "--scope", "interact")
    assert ended.code == 0
    assert ended.out.startswith("ofd_")
    assert len(ended.out.split()) == 1
    assert "decide, interact" in ended.err


def test_tokens_are_listed_without_their_secrets(offerd: Offerd) -> None:
    secret = offerd("token", "create", "website", "--scope", "decide").out.strip()
    ended = offerd("token", "list")
    assert "website decide" in ended.words
    assert secret not in ended.out


def test_a_revoked_token_is_listed_as_such(offerd: Offerd) -> None:
    made = offerd("token", "create", "website", "--scope", "decide", "--json").json
    assert "was revoked" in offerd("token", "revoke", made["id"]).out
    assert offerd("token", "list", "--json").json[0]["revoked"]


def test_a_scope_that_there_is_not_is_refused(offerd: Offerd) -> None:
    ended = offerd("token", "create", "website", "--scope", "everything")
    assert (ended.code, ended.out) == (1, "")
    assert "/scopes/0: 'everything' is no scope" in ended.err


def test_a_token_without_a_scope_is_wrong_usage(offerd: Offerd) -> None:
    assert offerd("token", "create", "website").code == 2


def test_a_token_of_a_user_speaks_for_one_person(offerd: Offerd) -> None:
    made = [
        offerd("token", "create", "jo", "--user", text, "--json").json for text in ("jo", "player=p-1", "player=p=1")
    ]
    assert [each["scopes"] for each in made] == [["user"]] * 3
    assert [each["subject"] for each in made] == [
        {"namespace": "subject", "id": "jo"},
        {"namespace": "player", "id": "p-1"},
        {"namespace": "player", "id": "p=1"},
    ]


def test_a_token_of_a_user_has_no_other_scope(offerd: Offerd) -> None:
    ended = offerd("token", "create", "jo", "--user", "jo", "--scope", "decide")
    assert (ended.code, ended.out) == (1, "")
    assert "/scopes" in ended.err


def test_revoking_what_is_not_there_is_refused(offerd: Offerd) -> None:
    assert offerd("token", "revoke", "nothing/here").code == 1


def test_workspaces_are_made_and_listed(offerd: Offerd) -> None:
    assert offerd("workspace", "create", "test", "--name", "Tests", "--zone", "Europe/Berlin").code == 0
    listed = {each["id"]: each for each in offerd("workspace", "list", "--json").json}
    assert set(listed) == {"default", "test"}
    assert listed["test"]["zone"] == "Europe/Berlin"
    assert "test Tests" in offerd("workspace", "list").words


def test_a_zone_that_there_is_not_is_refused(offerd: Offerd) -> None:
    ended = offerd("workspace", "create", "test", "--zone", "Europe/Nowhere")
    assert ended.code == 1
    assert "zone" in ended.err


def test_another_workspace_has_tokens_of_its_own(offerd: Offerd) -> None:
    offerd("workspace", "create", "test")
    offerd("token", "create", "there", "--scope", "decide", "--workspace", "test")
    assert offerd("token", "list", "--json").json == []
    assert [each["name"] for each in offerd("token", "list", "--workspace", "test", "--json").json] == ["there"]
    assert offerd("token", "list", "--workspace", "nowhere").code == 1
