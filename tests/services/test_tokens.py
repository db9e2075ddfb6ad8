from __future__ import annotations

from pathlib import Path

import pytest

from offerd.services.errors import InvalidDocument, NotFound
from offerd.services.house import House
from offerd.settings import Settings

pytestmark = pytest.mark.anyio


async def test_a_secret_is_known_until_its_token_is_revoked(house: House) -> None:
    token, secret = await house.tokens.create("default", "till", ["interact", "decide"], "boss")
    assert house.tokens.authenticate(secret) == token
    assert (token.scopes, token.created_by) == (["decide", "interact"], "boss")
    ended = await house.tokens.revoke("default", token.id)
    assert house.tokens.authenticate(secret) is None
    assert (await house.tokens.revoke("default", token.id)).revoked == ended.revoked
    assert house.tokens.list("default") == [ended]


async def test_what_is_no_secret_authenticates_nobody(house: House) -> None:
    token, secret = await house.tokens.create("default", "till", ["decide"])
    for text in ("", "ofd_", token.id, secret[:-1], f"{secret}x"):
        assert house.tokens.authenticate(text) is None


def contents(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.iterdir()]


async def test_tokens_survive_a_restart_and_no_file_holds_a_secret(tmp_path: Path) -> None:
    house = await House.open(tmp_path, Settings())
    token, secret = await house.tokens.create("default", "till", ["admin"])
    gone, lost = await house.tokens.create("default", "old", ["admin"])
    await house.tokens.revoke("default", gone.id)
    await house.close()
    assert not any(secret.encode() in content for content in contents(tmp_path))
    house = await House.open(tmp_path, Settings())
    assert house.tokens.authenticate(secret) == token
    assert house.tokens.authenticate(lost) is None
    await house.close()


async def test_admin_implies_every_scope_and_the_others_only_themselves(house: House) -> None:
    admin, _ = await house.tokens.create("default", "a", ["admin"])
    reader, _ = await house.tokens.create("default", "r", ["catalogue:read"])
    assert admin.allows("decide")
    assert reader.allows("catalogue:read")
    assert not reader.allows("catalogue:write")


async def test_a_token_is_revoked_only_in_its_own_workspace(house: House) -> None:
    token, secret = await house.tokens.create("default", "a", ["admin"])
    with pytest.raises(NotFound):
        await house.tokens.revoke("other", token.id)
    assert house.tokens.authenticate(secret) is not None
    assert house.tokens.list("other") == []


@pytest.mark.parametrize(
    ("name", "scopes", "pointer"),
    [(" ", ["decide"], "/name"), ("a", [], "/scopes"), ("a", ["decide", "everything"], "/scopes/1")],
)
async def test_a_token_needs_a_name_and_scopes_that_there_are(
    house: House, name: str, scopes: list[str], pointer: str
) -> None:
    with pytest.raises(InvalidDocument) as refused:
        await house.tokens.create("default", name, scopes)
    assert [fault.pointer for fault in refused.value.faults] == [pointer]


async def test_what_a_caller_keeps_is_committed_with_the_token(house: House) -> None:
    kept: list[object] = []
    made = await house.tokens.create("default", "a", ["decide"], keep=lambda _, result: kept.append(result))
    assert kept == [made]

    def fail(_: object, __: object) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await house.tokens.create("default", "b", ["decide"], keep=fail)
    assert [token.name for token in house.tokens.list("default")] == ["a"]
