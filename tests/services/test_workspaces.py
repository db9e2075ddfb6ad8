from __future__ import annotations

from pathlib import Path

import pytest

from offerd.model.place import Workspace
from offerd.services.clock import ManualClock, instant
from offerd.services.errors import Exists, FolderHeld, InvalidDocument, NotFound
from offerd.services.house import House
from offerd.settings import Settings

pytestmark = pytest.mark.anyio


async def test_the_default_workspace_is_there_from_the_first_start(house: House) -> None:
    assert [(one.id, one.code, one.zone) for one in house.workspaces.list()] == [("default", "default", "UTC")]


async def test_a_workspace_gets_its_code_and_name_from_its_id_and_a_time(house: House) -> None:
    made = await house.workspaces.create(Workspace(id="shop"))
    assert (made.code, made.name, made.created) == ("shop", "shop", instant(house.clock.now()))
    assert house.workspaces.get("shop") == made


async def test_workspaces_are_there_after_a_restart(tmp_path: Path) -> None:
    for known in (["default"], ["default", "shop"]):
        house = await House.open(tmp_path, Settings())
        assert [one.id for one in house.workspaces.list()] == known
        if len(known) == 1:
            await house.workspaces.create(Workspace(id="shop", zone="Europe/Berlin"))
        await house.close()


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        (Workspace(id=""), "/id"),
        (Workspace(id="a b"), "/id"),
        (Workspace(id="a", zone="Mars/Olympus"), "/zone"),
        (Workspace(id="a", zone="../../etc/passwd"), "/zone"),
        (Workspace(id="a", code="default"), "/code"),
    ],
)
async def test_a_wrong_workspace_is_refused(house: House, wrong: Workspace, pointer: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        await house.workspaces.create(wrong)
    assert pointer in [fault.pointer for fault in refused.value.faults]
    assert len(house.workspaces.list()) == 1


async def test_a_workspace_is_made_once_and_changed_only_where_it_is(house: House) -> None:
    with pytest.raises(Exists):
        await house.workspaces.create(Workspace(id="default"))
    with pytest.raises(NotFound):
        await house.workspaces.replace(Workspace(id="nowhere"))
    with pytest.raises(NotFound):
        house.workspaces.get("nowhere")


async def test_a_new_zone_is_the_snapshots_zone_before_the_change_is_answered(house: House, clock: ManualClock) -> None:
    created = house.workspaces.get("default").created
    house.catalogue.snapshot("default")
    clock.advance(hours=1)
    changed = await house.workspaces.replace(Workspace(id="default", code="main", zone="Asia/Tokyo"))
    assert changed.created == created
    assert str(house.catalogue.snapshot("default").zone) == "Asia/Tokyo"
    made = await house.catalogue.create("default", "offers", {"window": {"from": "2026-01-01"}}, author="a")
    assert made.window.from_.isoformat() == "2025-12-31T15:00:00+00:00"  # type: ignore[attr-defined]


async def test_what_a_caller_keeps_is_called_with_the_workspace(house: House) -> None:
    kept: list[object] = []
    made = await house.workspaces.create(Workspace(id="k"), keep=lambda _, result: kept.append(result))
    assert kept == [made]


async def test_without_keys_in_the_settings_every_foreign_key_is_the_default_workspaces(house: House) -> None:
    await house.workspaces.create(Workspace(id="shop", code="shop-code"))
    assert house.workspaces.resolve("some-organisation").id == "default"
    assert house.workspaces.resolve("shop").id == "shop"
    assert house.workspaces.resolve("shop-code").id == "shop"


async def test_the_settings_say_where_a_foreign_key_leads(tmp_path: Path) -> None:
    house = await House.open(tmp_path, Settings(workspace_keys={"org@sandbox": "shop", "default": "shop"}))
    await house.workspaces.create(Workspace(id="shop"))
    assert house.workspaces.resolve("org@sandbox").id == "shop"
    assert house.workspaces.get("org@sandbox").id == "shop"
    with pytest.raises(NotFound):
        house.workspaces.resolve("another")
    await house.close()


async def test_a_second_house_on_the_folder_is_refused_clearly(tmp_path: Path) -> None:
    house = await House.open(tmp_path, Settings())
    with pytest.raises(FolderHeld, match="one server at a time"):
        await House.open(tmp_path, Settings())
    await house.close()
    await (await House.open(tmp_path, Settings())).close()
