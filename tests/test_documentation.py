"""Pages that are held by tests: every setting, every command, every exit code, and links that lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer

from offerd.cli.app import app
from offerd.cli.failure import Exit
from offerd.model.activity import ActivitySelection, Goal, Rank
from offerd.model.base import Object, Part
from offerd.model.condition import Condition
from offerd.model.kinds import KINDS
from offerd.model.offer import Cap, Choice, Component, Requirement
from offerd.settings import REGISTRY

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def cells(page: str, first: str) -> Iterator[list[str]]:
    """The rows of the page's tables whose first cell looks like `first`."""
    for line in (ROOT / "docs" / page).read_text().splitlines():
        row = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and re.fullmatch(first, row[0]):
            yield row


def written(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if isinstance(value, (int, str)) and value != "" else "none"


def test_every_setting_is_documented_as_it_is_and_no_other_is() -> None:
    documented = list(cells("settings.md", "`[a-z_]+`"))
    assert documented == [
        [f"`{each.name}`", f"`{each.variable}`", each.expected, written(each.default), each.description]
        for each in REGISTRY
    ]


#: The tables of catalogue.md, by heading, and what each of them is of.
MEMBERS: dict[str, type[Part]] = {
    **{name.capitalize(): struct for name, struct in KINDS.items()},
    "Selections": ActivitySelection, "A condition": Condition, "A component": Component, "A choice": Choice,
    "A requirement": Requirement, "A cap": Cap, "A rank": Rank, "A goal": Goal,
}  # fmt: skip

#: What is told in another part of the page, for every object or part.
_EVERYWHERE = {field.name for field in msgspec.structs.fields(Object)}


@pytest.mark.parametrize("heading", MEMBERS)
def test_every_member_of_the_catalogue_is_documented_with_its_words_and_no_other_is(heading: str) -> None:
    text = (ROOT / "docs" / "catalogue.md").read_text()
    section = text.split(f"\n### {heading}\n")[1].split("\n##")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:3] == "| `"]
    documented = {name: row[1] for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    own = _EVERYWHERE if issubclass(MEMBERS[heading], Object) else _EVERYWHERE - {"id"}
    fields = {each.encode_name: each for each in msgspec.structs.fields(MEMBERS[heading]) if each.name not in own}
    assert documented.keys() == fields.keys()
    for name, each in fields.items():
        kind = msgspec.inspect.type_info(each.type)
        words = [str(word) for word in kind.values] if isinstance(kind, msgspec.inspect.LiteralType) else []
        if documented[name] and len(words) > 1 and heading != "Contents":
            told = re.findall(r"\(?`[^`]+`\)?", documented[name])
            assert {word.strip("()`") for word in told} == set(words)
            assert f"(`{each.default}`)" in told, name


def commands(group: Any, name: str) -> Iterator[tuple[str, Any]]:
    for word, command in getattr(group, "commands", {}).items():
        if getattr(command, "commands", None):
            yield from commands(command, f"{name} {word}")
        else:
            yield f"{name} {word}", command


def sections() -> dict[str, str]:
    text = (ROOT / "docs" / "cli.md").read_text()
    parts = re.split(r"^### `(.+)`$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


SHARED = {"--server", "--token", "--data", "--workspace", "--json", "--help"}


def test_every_command_is_documented_and_no_other_is() -> None:
    assert sections().keys() == dict(commands(typer.main.get_command(app), "offerd")).keys()


def test_every_option_of_a_command_is_told_in_its_section() -> None:
    documented = sections()
    for name, command in commands(typer.main.get_command(app), "offerd"):
        options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
        missing = {option for option in options - SHARED if option not in documented[name]}
        assert not missing, f"{name}: {missing}"


def test_every_command_but_the_server_answers_with_json() -> None:
    for name, command in commands(typer.main.get_command(app), "offerd"):
        options = {option for parameter in command.params for option in parameter.opts}
        assert ("--json" in options) == (name != "offerd serve"), name


def test_every_exit_code_is_documented() -> None:
    assert [int(row[0]) for row in cells("cli.md", "[0-9]")] == [int(code) for code in Exit]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_or_a_heading(page: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, heading = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name} links to {target}"
        if heading:
            assert heading in anchors(file), f"{page.name} links to {target}"


def anchors(file: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", file.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_reached_from_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").as_posix()
        assert name == "README.md" or name in index or f"{name.rpartition('/')[0]}/" in index, name


def test_the_makefile_starts_what_the_documentation_says() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert '$(BIN)/offerd serve --demo --data "$${OFFERD_DATA:-data/demo}" --port' in makefile
    assert "data" not in re.search(r"^clean:.*?\n((?:\t.*\n)+)", makefile, re.MULTILINE)[1].replace("pyproject", "")  # type: ignore[index]
