"""`offerd apply`, `diff`, `export` and `lint`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Offerd = Callable[..., Any]


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[str, str], str]:
    """Writes the shop's catalogue with one text replaced, and names the file."""

    def change(before: str, after: str) -> str:
        text = (tmp_path / "shop.yaml").read_text()
        assert before in text
        (tmp_path / "changed.yaml").write_text(text.replace(before, after))
        return "changed.yaml"

    return change


def test_applying_a_catalogue_makes_it_so(shop: Offerd) -> None:
    assert "Revision 1" in shop("revisions", "show", "1").words
    assert shop("export", "--json").json["offers"]["gift"]["priority"] == 10


def test_applying_it_again_changes_nothing(shop: Offerd) -> None:
    ended = shop("apply", "shop.yaml")
    assert (ended.code, ended.out) == (0, "Nothing changes; revision 1 stays.\n")


def test_a_change_is_told_member_by_member(shop: Offerd, changed: Callable[[str, str], str]) -> None:
    ended = shop("apply", changed("priority: 10", "priority: 20"), "--message", "More gifts")
    assert ended.code == 0
    assert "Revision 2: 1 changed" in ended.words
    assert "changed offers/gift /priority 10 20" in ended.words
    assert "More gifts" in shop("revisions", "list").words


def test_the_difference_is_shown_and_nothing_is_written(shop: Offerd, changed: Callable[[str, str], str]) -> None:
    file = changed("priority: 10", "priority: 20")
    ended = shop("diff", file)
    assert ended.code == 0
    assert "changed offers/gift /priority 10 20" in ended.words
    assert shop("export", "--json").json["offers"]["gift"]["priority"] == 10


def test_a_script_can_ask_whether_there_is_a_difference(shop: Offerd, changed: Callable[[str, str], str]) -> None:
    assert shop("diff", "shop.yaml", "--exit-code").code == 0
    ended = shop("diff", changed("priority: 10", "priority: 20"), "--exit-code", "--json")
    assert ended.code == 1
    assert [(each["kind"], each["id"], each["what"]) for each in ended.json] == [("offers", "gift", "changed")]


def test_what_the_file_does_not_hold_stays_unless_it_is_pruned(shop: Offerd, tmp_path: Path) -> None:
    (tmp_path / "less.yaml").write_text("placements:\n  card: {channel: web}\n")
    assert "1 created" in shop("diff", "less.yaml").words
    assert "1 created, 5 deleted" in shop("diff", "less.yaml", "--prune").words
    assert "1 created, 5 deleted" in shop("apply", "less.yaml", "--prune").words
    assert list(shop("export", "--json").json) == ["placements"]


def test_exporting_applying_and_exporting_gives_the_same_bytes(shop: Offerd, tmp_path: Path) -> None:
    first = shop("export").out
    (tmp_path / "exported.yaml").write_text(first)
    assert "Nothing changes" in shop("apply", "exported.yaml").out
    assert shop("export").out == first


def test_an_export_goes_to_a_file(shop: Offerd, tmp_path: Path) -> None:
    ended = shop("export", "--output", "out.yaml")
    assert (ended.code, ended.out, ended.err) == (0, "", "Written to out.yaml\n")
    assert (tmp_path / "out.yaml").read_text() == shop("export").out
    assert shop("export", "--output", "nowhere/out.yaml").code == 2


def test_an_export_of_an_old_revision_is_as_it_was(shop: Offerd, changed: Callable[[str, str], str]) -> None:
    before = shop("export").out
    shop("apply", changed("priority: 10", "priority: 20"))
    assert shop("export").out != before
    assert shop("export", "--revision", "1").out == before


def test_a_catalogue_is_read_from_standard_input(offerd: Offerd) -> None:
    assert offerd("apply", "-", given="placements:\n  card: {channel: web}\n").code == 0
    ended = offerd("apply", "-", given="placements:\n  card: {count: none}\n")
    assert ended.code == 1
    assert ended.err.startswith("Error: standard input: ")
    assert "standard input:2, /placements/card/count" in ended.err


def test_what_is_not_the_files_fault_does_not_name_the_file(shop: Offerd) -> None:
    ended = shop("apply", "shop.yaml", "--workspace", "nowhere")
    assert (ended.code, ended.err) == (1, "Error: There is no 'nowhere' among the workspaces\n")


@pytest.mark.parametrize(
    ("before", "after", "line", "pointer"),
    [
        ("context.cart.total > 40", "context.cart.total >", 7, "/offers/shipping/eligible"),
        ("context.cart.total > 40", "missing(context)", 7, "/offers/shipping/eligible"),
        ("[shipping, gift]", "[shipping, present]", 22, "/activities/checkout/selections/0/offers/1"),
        ("fallback: thanks", "fallback: nothing", 23, "/activities/checkout/fallback"),
        ("status: live", "window: {from: soon}", 19, "/activities/checkout/window/from"),
        ("priority: 10", "priority: ten", 12, "/offers/gift/priority"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_pointer_and_nothing_is_stored(
    shop: Offerd, changed: Callable[[str, str], str], before: str, after: str, *, line: int, pointer: str
) -> None:
    ended = shop("apply", changed(before, after))
    assert (ended.code, ended.out) == (1, "")
    assert f"  changed.yaml:{line}, {pointer}" in ended.err
    assert len(shop("revisions", "list", "--json").json) == 1


def test_a_program_gets_lines_and_pointers_too(shop: Offerd, changed: Callable[[str, str], str]) -> None:
    ended = shop("apply", changed("priority: 10", "priority: ten"), "--json")
    assert '"line": "changed.yaml:12"' in ended.err
    assert '"exit": 1' in ended.err


def test_what_is_not_yaml_is_told_with_its_line(offerd: Offerd, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("offers:\n  a: [1\n")
    ended = offerd("apply", "broken.yaml")
    assert ended.code == 1
    assert "line" in ended.err


def test_a_file_that_is_not_there_is_wrong_usage(shop: Offerd) -> None:
    ended = shop("apply", "nowhere.yaml")
    assert (ended.code, ended.err) == (2, "Error: nowhere.yaml: No such file or directory\n")


def test_lint_finds_nothing_in_a_good_catalogue(shop: Offerd) -> None:
    ended = shop("lint")
    assert (ended.code, ended.out) == (0, "Nothing is wrong or odd.\n")


def test_lint_tells_what_is_odd_in_a_file_and_fails_when_it_is_strict(
    shop: Offerd, changed: Callable[[str, str], str]
) -> None:
    file = changed("[shipping, gift]", "[shipping]")
    ended = shop("lint", file)
    assert ended.code == 0
    assert "/offers/gift" in ended.words
    assert shop("lint", file, "--strict").code == 1
    assert shop("lint", file, "--json").json[0]["pointer"].startswith("/offers/gift")


def test_lint_tells_a_mistyped_member_with_its_line(shop: Offerd, changed: Callable[[str, str], str]) -> None:
    file = changed("priority: 10", "priorty: 10")
    ended = shop("lint", file)
    assert ended.code == 0
    assert "warning 12 /offers/gift/priorty nothing here knows this member; did you mean priority?" in ended.words
    assert shop("lint", file, "--strict").code == 1


def test_applying_warns_of_what_will_not_work_as_it_looks(shop: Offerd, changed: Callable[[str, str], str]) -> None:
    file = changed("priority: 10", "priorty: 10")
    ended = shop("apply", file)
    assert (ended.code, "Revision 2: 1 changed" in ended.words) == (0, True)
    known = "/offers/gift/priorty: nothing here knows this member; did you mean priority?"
    assert f"Warning: {file}:12, {known}" in ended.err
    assert "Warning" in shop("apply", file).err
    assert shop("apply", file, "--json").err == ""


def test_applying_a_good_catalogue_warns_of_nothing(shop: Offerd) -> None:
    assert shop("apply", "shop.yaml").err == ""


def test_applying_very_much_that_is_odd_tells_only_some_of_it(shop: Offerd, tmp_path: Path) -> None:
    offers = {f"o{number}": {"status": "approved", "priorty": number} for number in range(30)}
    (tmp_path / "odd.yaml").write_text(json.dumps({"offers": offers}))
    told = shop("apply", "odd.yaml").err.splitlines()
    assert (len(told), told[-1].split()[0]) == (21, "and")


def test_lint_fails_for_a_file_that_is_wrong(shop: Offerd, changed: Callable[[str, str], str]) -> None:
    assert shop("lint", changed("fallback: thanks", "fallback: nothing")).code == 1
