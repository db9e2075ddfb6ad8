"""`offerd demo replay`, and what the server shows when it has started with the demonstration."""

from __future__ import annotations

import json
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offerd.cli.failure import Failure
from offerd.cli.greeting import greet
from offerd.demo import access

Offerd = Callable[..., Any]

COLUMNS = "activity asked decided capped fallen back same accepted refused agree"


def test_a_replay_opens_the_folder_where_no_server_runs_and_loads_what_is_missing(offerd: Offerd) -> None:
    ended = offerd("demo", "replay", "--limit", "60", "--data", "fresh")
    assert ended.code == 0
    assert COLUMNS in ended.words
    assert "\ndashboard 60 60 " in ended.words
    assert "\nall 180 " in ended.words
    assert "60 situations in" in ended.words
    assert "60/60" in ended.err


def test_a_program_gets_the_table_as_json(offerd: Offerd) -> None:
    done = offerd("demo", "replay", "--limit", "30", "--senders", "2", "--json").json
    assert done["situations"] == 30
    assert set(done["activities"]) == {"dashboard", "phone", "receipt-test"}
    for column in ("asked", "decided", "capped", "fallen_back", "same", "accepted", "refused"):
        assert done["total"][column] == sum(each[column] for each in done["activities"].values())


def test_a_replay_finds_the_server_that_noted_itself_in_the_folder(
    offerd: Offerd, start_server: Callable[..., Any], tmp_path: Path
) -> None:
    live = start_server()
    live.run(greet(live.house, live.url))
    folder = str(live.folder)
    assert offerd("demo", "replay", "--limit", "5", "--data", folder, "--json").json["total"]["asked"] == 15
    assert offerd("demo", "replay", "--limit", "5", "--server", live.url, "--token", live.admin).code == 0
    refused = offerd("demo", "replay", "--limit", "5", "--server", live.url, "--token", "ofd_wrong")
    assert refused.code == 1
    assert "unauthenticated" in refused.err


def test_a_server_that_is_gone_is_not_waited_for(offerd: Offerd, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        gone = f"http://127.0.0.1:{door.getsockname()[1]}"
    (tmp_path / "fresh").mkdir()
    (tmp_path / "fresh" / access.FILE).write_text(json.dumps({"server": gone, "token": "ofd_old"}))
    assert offerd("demo", "replay", "--limit", "2", "--data", "fresh").code == 0


def test_the_greeting_shows_an_address_a_token_and_three_answers(
    start_server: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    live = start_server()
    live.run(greet(live.house, live.url))
    printed = capsys.readouterr().out
    token = access.read(live.folder).token  # type: ignore[union-attr]
    assert f"offerd is ready: {live.url}" in printed
    assert f"Token: {token}" in printed
    assert printed.count("\ncurl -s ") == 3
    assert '"reason": {' in printed
    assert '"type": "accept"' in printed
    assert f"demo replay --data {live.folder}" in printed


def test_the_token_stays_from_start_to_start_and_only_its_owner_can_read_it(start_server: Callable[..., Any]) -> None:
    live = start_server()
    first = live.run(access.grant(live.house, live.folder, live.url))
    assert live.run(access.grant(live.house, live.folder, "http://elsewhere")).token == first.token
    assert access.read(live.folder) == access.Access("http://elsewhere", first.token)
    assert stat.S_IMODE((live.folder / access.FILE).stat().st_mode) == 0o600


def test_a_token_that_was_lost_is_replaced_and_revoked(start_server: Callable[..., Any]) -> None:
    live = start_server()
    first = live.run(access.grant(live.house, live.folder, live.url))
    (live.folder / access.FILE).write_text("not json")
    second = live.run(access.grant(live.house, live.folder, live.url))
    assert live.house.tokens.authenticate(first.token) is None
    assert live.house.tokens.authenticate(second.token) is not None


def test_a_catalogue_that_gives_nothing_is_still_greeted(
    start_server: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    live = start_server()
    with live.client() as client:
        assert client.post("/offerd/v1/placements", json={"id": "other"}).status_code == 201
    live.run(greet(live.house, live.url))
    assert capsys.readouterr().out.count("\ncurl -s ") == 2


def test_a_greeting_that_is_refused_fails(start_server: Callable[..., Any]) -> None:
    live = start_server(body_limit=10)
    with pytest.raises(Failure, match="body-too-large"):
        live.run(greet(live.house, live.url))


def test_a_port_that_is_taken_or_a_folder_that_is_held_is_told(
    offerd: Offerd, start_server: Callable[..., Any]
) -> None:
    live = start_server()
    taken = offerd("serve", "--port", str(live.address()[1]), "--demo")
    assert taken.code == 3
    assert "Another program listens on 127.0.0.1" in taken.err
    held = offerd("serve", "--port", "0", "--data", str(live.folder))
    assert held.code == 3
    assert "one server at a time" in held.err
    Path("file").write_text("")
    assert offerd("serve", "--port", "0", "--data", "file/data").code == 3
