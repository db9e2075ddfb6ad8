"""`offerd profiles import`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Offerd = Callable[..., Any]

GOOD = '{"identities": [{"namespace": "crm", "id": "%s"}], "attributes": {"age": 40}}\n'


def test_profiles_are_imported_from_lines_of_json(shop: Offerd, tmp_path: Path) -> None:
    (tmp_path / "people.ndjson").write_text(GOOD % "1" + GOOD % "2")
    ended = shop("profiles", "import", "people.ndjson")
    assert ended.code == 0
    assert ended.out == "2 of 2 lines were stored.\n"


def test_each_refused_line_is_listed_and_the_others_are_imported(shop: Offerd, tmp_path: Path) -> None:
    (tmp_path / "people.ndjson").write_text(GOOD % "1" + '{"identities": 4}\n' + "{\n" + GOOD % "2")
    ended = shop("profiles", "import", "people.ndjson")
    assert ended.code == 1
    assert "2 of 4 lines were stored, 2 refused:" in ended.words
    assert "\n2 /identities" in ended.words
    assert "\n3 " in ended.words


def test_a_program_gets_the_job(shop: Offerd, tmp_path: Path) -> None:
    (tmp_path / "people.ndjson").write_text(GOOD % "1")
    ended = shop("profiles", "import", "people.ndjson", "--json")
    assert ended.code == 0
    assert ended.json["state"] == "done"


def test_profiles_are_imported_from_a_table(shop: Offerd, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("identity.crm,attributes.age\n1,40\n2,41\n")
    assert shop("profiles", "import", "people.csv").code == 0


def test_a_file_that_is_neither_is_wrong_usage(shop: Offerd, tmp_path: Path) -> None:
    (tmp_path / "people.txt").write_text("")
    assert shop("profiles", "import", "people.txt").code == 2
    assert shop("profiles", "import", "nowhere.csv").code == 2
