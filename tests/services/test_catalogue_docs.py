from __future__ import annotations

import re
from pathlib import Path

import pytest

from offerd.model.kinds import KINDS
from offerd.services.document import read_yaml, write_yaml
from offerd.services.house import House

PAGE = (Path(__file__).parents[2] / "docs" / "catalogue.md").read_text()
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.anyio
async def test_every_catalogue_on_the_page_can_be_applied_and_exported(house: House) -> None:
    assert len(BLOCKS) >= 3
    for block in BLOCKS:
        written = await house.catalogue.apply("default", read_yaml(block), author="docs")
        assert written.changes
        text = write_yaml(await house.catalogue.export("default"))
        assert (await house.catalogue.apply("default", read_yaml(text), author="docs")).changes == []
    assert "price: 1.50" in text
    assert "tags: [NO, on]" not in text  # the last block says nothing of tags, so there are none


@pytest.mark.anyio
async def test_the_first_catalogue_on_the_page_gives_no_reason_to_look_twice(house: House) -> None:
    await house.catalogue.apply("default", read_yaml(BLOCKS[0]), author="docs")
    assert await house.catalogue.lint("default") == []


def test_the_page_lists_the_kinds_in_their_order() -> None:
    listed = PAGE.split("may name others:")[1].split(". What")[0]
    assert re.findall(r"`(\w+)`", listed) == list(KINDS)
