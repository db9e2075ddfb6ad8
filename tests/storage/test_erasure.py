from __future__ import annotations

from offerd.storage.sqlite import erasure, runtime_tables
from offerd.storage.sqlite.metadata import metadata


def test_every_table_that_says_whose_a_row_is_is_erased_and_merged() -> None:
    assert runtime_tables.profiles.name in metadata.tables
    owned = {table.name for table in metadata.tables.values() if "profile" in table.c}
    assert owned == {table.name for table in erasure._OWNED} | {"answer_people"}
