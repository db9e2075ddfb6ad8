"""`offerd profiles import`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offerd.cli.connection import Api
from offerd.cli.failure import Failure

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


AUDIENCES = "audiences: {vip: {imported: true}, grown: age > 17}\n"
LOST = '{"identities": [{"namespace": "crm", "id": "%s"}], "memberships": [{"audience": "%s"}]}\n'


def test_what_is_stored_and_does_nothing_is_told_after_the_summary(shop: Offerd, tmp_path: Path) -> None:
    (tmp_path / "audiences.yaml").write_text(AUDIENCES)
    assert shop("apply", "audiences.yaml").code == 0
    lines = [LOST % (index, name) for index, name in enumerate(["vipp", "vip", "vipp", "a:smile:[b]\\u001b", "grown"])]
    lines.append('{"identities": [{"namespace": "crm", "id": "x"}], "atributes": {}}\n')
    (tmp_path / "people.ndjson").write_text("".join(lines))
    ended = shop("profiles", "import", "people.ndjson")
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "6 of 6 lines were stored.",
        (
            "Memberships in audiences that are not in the catalogue: "
            "vipp (2 lines; did you mean vip?), 'a:smile:[b]\\x1b' (1 line)"
        ),
        "Memberships in audiences that are rules, which say who is in them: grown (1 line)",
        "Members that are kept and do nothing: atributes (1 line; did you mean attributes?)",
    ]
    report = shop("profiles", "import", "people.ndjson", "--json").json["report"]
    assert report["audiencesUnknown"]["named"] == {"a:smile:[b]\x1b": 1, "grown": 1, "vipp": 2}
    assert report["membersUnknown"] == {"total": 1, "named": {"atributes": 1}}


def test_who_may_not_read_the_catalogue_is_told_what_is_not_in_it(
    shop: Offerd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "audiences.yaml").write_text(AUDIENCES)
    assert shop("apply", "audiences.yaml").code == 0
    call = Api.call

    def refusing(api: Api, method: str, path: str, body: Any = None, **more: Any) -> Any:
        if path == "/audiences":
            raise Failure("needs the scope catalogue:read")
        return call(api, method, path, body, **more)

    monkeypatch.setattr(Api, "call", refusing)
    (tmp_path / "people.ndjson").write_text(LOST % (1, "vipp"))
    ended = shop("profiles", "import", "people.ndjson")
    assert ended.code == 0
    assert ended.out.splitlines()[1:] == ["Memberships in audiences that are not in the catalogue: vipp (1 line)"]


def test_of_many_unknown_names_those_of_most_lines_are_told(shop: Offerd, tmp_path: Path) -> None:
    line = '{"identities": [{"namespace": "crm", "id": "1"}], "m%d": 1, "m11": 1}\n'
    (tmp_path / "people.ndjson").write_text("".join(line % index for index in range(11)))
    ended = shop("profiles", "import", "people.ndjson")
    told = ", ".join(f"{name} (1 line)" for name in ("m0", "m1", "m10", "m2", "m3", "m4", "m5", "m6", "m7"))
    assert ended.out.splitlines()[1] == (
        f"Members that are kept and do nothing: m11 (11 lines), {told}, others (2 lines)"
    )
