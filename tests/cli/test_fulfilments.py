"""`offerd fulfilments`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offerd.model import codec
from offerd.model.interaction import Interaction
from offerd.services.house import House
from offerd.settings import Settings

Offerd = Callable[..., Any]

CATALOGUE = {
    "offers": {
        "gift": {
            "status": "approved",
            "choices": [
                {"id": "send", "fulfil": {"kind": "webhook", "url": "http://127.0.0.1:9/"}},
                {"id": "take"},
                {"id": "write", "fulfil": {"kind": "email", "settings": {"text": "to nobody"}}},
            ],
        }
    }
}


@pytest.fixture
def accepted(offerd: Offerd, tmp_path: Path) -> dict[str, str]:
    """What two accepts set going, by their choices: a webhook that waits, and a mail that is dead."""
    (tmp_path / "shop.json").write_text(json.dumps(CATALOGUE))
    assert offerd("apply", "shop.json").code == 0

    async def accept() -> dict[str, str]:
        house = await House.open(tmp_path / "data" / "offerd", Settings(), sends=False)
        try:
            made = {}
            for choice in ("write", "send"):
                tree = {"type": "accept", "offer": "gift", "choice": choice, "key": choice}
                said = await house.interactions.record("default", [codec.build(Interaction, tree)])
                assert said[0].fulfilment is not None
                made[choice] = said[0].fulfilment.id
                if choice == "write":
                    await house.jobs.drain()
            return made
        finally:
            await house.close()

    return asyncio.run(accept())


def test_fulfilments_are_listed_and_ended(offerd: Offerd, accepted: dict[str, str]) -> None:
    listed = offerd("fulfilments", "list", "--json").json
    assert {each["id"] for each in listed} == set(accepted.values())
    assert f"{accepted['send']} webhook gift in_progress" in offerd("fulfilments", "list", "--kind", "webhook").words
    assert offerd("fulfilments", "list", "--kind", "webhook", "--state", "failed", "--json").json == []
    assert offerd("fulfilments", "complete", accepted["send"]).out == f"{accepted['send']} is completed.\n"
    failed = offerd("fulfilments", "fail", accepted["write"], "--code", "no-stock", "--message", "None is left")
    assert failed.out == f"{accepted['write']} is failed.\n"
    assert "no-stock None is left" in offerd("fulfilments", "list", "--state", "failed").words
    refused = offerd("fulfilments", "fail", accepted["send"])
    assert (refused.code, "The fulfilment is completed already" in refused.err) == (1, True)


def test_what_was_over_at_once_is_listed_too(offerd: Offerd, tmp_path: Path) -> None:
    (tmp_path / "shop.json").write_text(json.dumps(CATALOGUE))
    assert offerd("apply", "shop.json").code == 0

    async def take() -> None:
        house = await House.open(tmp_path / "data" / "offerd", Settings(), sends=False)
        try:
            tree = {"type": "accept", "offer": "gift", "choice": "take"}
            await house.interactions.record("default", [codec.build(Interaction, tree)])
        finally:
            await house.close()

    asyncio.run(take())
    assert "none gift completed" in offerd("fulfilments", "list").words


def test_dead_deliveries_are_listed_and_put_on_the_queue_again(offerd: Offerd, accepted: dict[str, str]) -> None:
    (dead,) = offerd("fulfilments", "deliveries", "--json").json
    assert (dead["id"], dead["error"]) == (accepted["write"], "The mail's to is not one address")
    assert "email" in offerd("fulfilments", "deliveries").words
    assert offerd("fulfilments", "resend", accepted["write"]).out == f"{accepted['write']} is waiting.\n"
    assert offerd("fulfilments", "deliveries", "--json").json == []


def test_a_command_sends_nothing(offerd: Offerd, accepted: dict[str, str]) -> None:
    waiting = offerd("fulfilments", "deliveries", "--state", "waiting", "--json").json
    assert [(each["id"], each.get("attempts", 0)) for each in waiting] == [(accepted["send"], 0)]


def test_a_secret_setting_is_not_shown(offerd: Offerd, tmp_path: Path) -> None:
    (tmp_path / "offerd.toml").write_text('smtp_password = "hunter2"\nsmtp_user = "offerd"\n')
    shown = offerd("settings", "--json")
    assert shown.json["smtp_password"]["value"] == "(not shown)"
    assert (shown.json["smtp_user"]["value"], shown.json["webhook_secret"]["value"]) == ("offerd", "")
    assert "hunter2" not in shown.out + offerd("settings").out
    (tmp_path / "offerd.toml").write_text("smtp_password = 1234567\n")
    assert "1234567" not in offerd("settings").err
