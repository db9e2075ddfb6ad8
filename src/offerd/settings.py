"""Every setting: its name, type, limits, default and meaning, and where its value comes from."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

#: The file that settings are read from, in the working folder and in the data folder.
FILE = "offerd.toml"

#: What the name of an environment variable starts with: `OFFERD_PORT` is `port`.
PREFIX = "OFFERD_"

#: Variables of the command line alone, which say how to reach a server.
CLIENT_VARIABLES = ("OFFERD_SERVER", "OFFERD_TOKEN")

Whole = Annotated[int, Meta(ge=1, le=2**53)]


class Settings(msgspec.Struct, kw_only=True, frozen=True):
    """What an operator may decide; this class is the registry that code, documentation and tests read.

    `Settings()` has every default. Each member's description is in its `Meta`.
    """

    data: Annotated[
        str, Meta(min_length=1, pattern=r"^[^\x00]+$", description="The folder that keeps everything.")
    ] = "data/offerd"
    host: Annotated[str, Meta(min_length=1, description="The address to listen on.")] = "127.0.0.1"
    port: Annotated[
        int, Meta(ge=0, le=65_535, description="The port to listen on; 0 takes any that is free.")
    ] = 8080
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least important line to log.")
    ] = "info"
    log_format: Annotated[
        Literal["console", "json"], Meta(description="Log lines for people, or one JSON object a line.")
    ] = "console"
    body_limit: Annotated[Whole, Meta(description="The longest request body, in bytes.")] = 1_048_576
    import_limit: Annotated[Whole, Meta(description="The longest body of a bulk import, in bytes.")] = 67_108_864
    json_depth: Annotated[
        int, Meta(ge=1, le=500, description="How deeply arrays and objects of a body may nest.")
    ] = 100
    pql_size: Annotated[Whole, Meta(description="The longest rule or formula, in characters.")] = 65_536
    pql_depth: Annotated[int, Meta(ge=1, le=200, description="How deeply a rule may nest.")] = 100
    pql_steps: Annotated[
        Whole, Meta(description="How many steps one evaluation of a rule may take; after them it is false.")
    ] = 100_000
    template_size: Annotated[Whole, Meta(description="The longest template, in characters.")] = 65_536
    template_output: Annotated[
        Whole, Meta(description="The longest text that a template may produce, in bytes.")
    ] = 262_144
    template_loops: Annotated[
        Whole, Meta(description="How many turns all loops of one template may take together.")
    ] = 10_000
    idempotency_hours: Annotated[
        Whole, Meta(description="How long an answer is kept for its Idempotency-Key, in hours.")
    ] = 168
    decision_days: Annotated[
        int, Meta(ge=0, le=36_500, description="How long decisions are kept, in days; 0 keeps them for ever.")
    ] = 0
    workspace_keys: Annotated[
        Mapping[str, str],
        Meta(description="Other systems' keys (an organisation, a client code, a site) and their workspaces."),
    ] = MappingProxyType({})
    writer_batch: Annotated[
        Whole, Meta(description="How many waiting writes may share one transaction.")
    ] = 256
    page_limit: Annotated[Whole, Meta(description="The most objects that one page of a list holds.")] = 1_000
    max_asks: Annotated[Whole, Meta(description="The most asks in one request.")] = 100
    target_origins: Annotated[
        str,
        Meta(
            min_length=1,
            description="Origins whose pages may call Target's delivery, with blanks between them; * allows every one.",
        ),
    ] = "*"
    target_tokens: Annotated[
        str, Meta(description="Response tokens in Target's answers, with blanks between their names.")
    ] = "activity.id activity.name experience.id experience.name offer.id offer.name option.id option.name"
    target_profiles_public: Annotated[
        bool,
        Meta(description="Whether Target's profile APIs answer without a token; otherwise they want scope profiles."),
    ] = False
    target_profile_days: Annotated[
        int,
        Meta(
            ge=0, le=36_500, description="Days without a sign of a visitor after which Target's profile ends; 0 never."
        ),
    ] = 14
    metrics_public: Annotated[
        bool, Meta(description="Whether /metrics answers without a token; otherwise it wants scope admin.")
    ] = True
    docs_public: Annotated[
        bool, Meta(description="Whether the API's description and its page answer without a token.")
    ] = True


class Setting(msgspec.Struct, kw_only=True, frozen=True):
    """One entry of the registry.

    Attributes:
        name: its name in `offerd.toml`.
        variable: the environment variable.
        expected: what a value must be, in words.
        default: the value where nothing says another.
        description: what it decides.
        type: its Python type, without limits and description.
    """

    name: str
    variable: str
    expected: str
    default: Any
    description: str
    type: Any


class Origin(msgspec.Struct, frozen=True):
    """Where a value was written.

    Attributes:
        source: a file, or `environment`, or `command line`.
        line: in the file, where it is known.
    """

    source: str
    line: int | None = None

    def __str__(self) -> str:
        """As a message names it."""
        return f"{self.source}, line {self.line}" if self.line else self.source


class SettingsError(ValueError):
    """Settings that are wrong or unknown; `messages` has one sentence for each."""

    def __init__(self, *messages: str) -> None:
        super().__init__("\n".join(messages))
        self.messages = messages


def load(
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    given: Mapping[str, Any] | None = None,
) -> Settings:
    """Gathers the settings; what comes later wins.

    The order is: defaults, `offerd.toml` of the working folder, `offerd.toml` of the data folder, `OFFERD_…`
    variables, options of the command.

    Args:
        environment: the process's where None.
        folder: the working folder; the process's where None.
        given: options of the command, by setting; None means not given.

    Raises:
        SettingsError: with everything that is wrong or unknown.
    """
    return msgspec.structs.replace(
        Settings(), **{name: value for name, (value, _) in gather(environment, folder, given).items()}
    )


def gather(
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    given: Mapping[str, Any] | None = None,
) -> dict[str, tuple[Any, Origin]]:
    """The settings that something says, each with its value and where it was written.

    Raises:
        SettingsError: with everything that is wrong or unknown.
    """
    found: dict[str, tuple[Any, Origin]] = {}
    messages: list[str] = []
    here = folder or Path.cwd()
    variables = list(_environment(os.environ if environment is None else environment, messages))
    options = [(name, value, Origin("command line")) for name, value in (given or {}).items() if value is not None]
    _take(_file(here / FILE, messages), found, messages)
    data = _data_folder(here, found, variables, options)
    if "\0" not in str(data) and data.resolve() != here.resolve():
        _take(_without_data(_file(data / FILE, messages), messages), found, messages)
    _take(variables, found, messages)
    _take(options, found, messages)
    if messages:
        raise SettingsError(*messages)
    return found


_Found = tuple[str, Any, Origin]


def _data_folder(
    here: Path, found: Mapping[str, tuple[Any, Origin]], variables: list[_Found], options: list[_Found]
) -> Path:
    later = [value for name, value, _ in (*variables, *options) if name == "data"]
    name = later[-1] if later else found["data"][0] if "data" in found else Settings().data
    return here / str(name)


def _file(path: Path, messages: list[str]) -> Iterator[_Found]:
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, UnicodeDecodeError) as error:
        messages.append(f"{path}: cannot be read: {error}")
        return
    try:
        members = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        messages.append(f"{path}: is not TOML: {error}")
        return
    for name, value in members.items():
        yield name, value, Origin(str(path), _line(text, name))


def _line(text: str, name: str) -> int | None:
    """The line that gives a top-level member its value; None where it is written in another way."""
    found = re.search(rf"""^[ \t]*(?:\[[ \t]*)?["']?{re.escape(name)}["']?[ \t]*[.=\]]""", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else None


def _without_data(members: Iterator[_Found], messages: list[str]) -> Iterator[_Found]:
    for name, value, origin in members:
        if name == "data":
            messages.append(f"{origin}: data: the data folder's own file cannot say where the data folder is")
        else:
            yield name, value, origin


def _environment(environment: Mapping[str, str], messages: list[str]) -> Iterator[_Found]:
    for variable in sorted(environment):
        if not variable.startswith(PREFIX) or variable in CLIENT_VARIABLES:
            continue
        name = variable.removeprefix(PREFIX).lower()
        setting = BY_NAME.get(name) if variable == variable.upper() else None
        if setting is None:
            messages.append(f"environment: {variable} is not a setting{_suggestion(name, PREFIX)}")
            continue
        yield name, _of_text(environment[variable], setting), Origin(f"environment, {variable}")


def _of_text(text: str, setting: Setting) -> Any:
    """The value that a variable's text means; text that means none stays, and is refused with what was expected."""
    if setting.type is bool:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(
            text.lower(), text
        )
    if setting.type is int:
        return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else text
    if get_origin(setting.type) is not None and get_origin(setting.type) is not Literal:
        pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
        return {k.strip(): v.strip() for k, _, v in pairs} if all(sign for _, sign, _ in pairs) else text
    return text


def _take(members: Any, found: dict[str, tuple[Any, Origin]], messages: list[str]) -> None:
    for name, value, origin in members:
        setting = BY_NAME.get(name)
        if setting is None:
            messages.append(f"{origin}: {name} is not a setting{_suggestion(name)}")
            continue
        try:
            made = msgspec.convert(value, _HINTS[name], strict=True)
        except msgspec.ValidationError:
            messages.append(f"{origin}: {name}: expected {setting.expected}, got {_shown(value)}")
            continue
        found[name] = (MappingProxyType(made) if isinstance(made, dict) else made, origin)


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 60 else f'"{value[:60]}…"'  # noqa: PLR2004 - a line's worth
    return str(value).lower() if isinstance(value, bool) else str(value)


def _suggestion(name: str, prefix: str = "") -> str:
    near = difflib.get_close_matches(name, BY_NAME, n=1)
    if not near:
        return ""
    return f"; did you mean {prefix}{near[0].upper() if prefix else near[0]}?"


def _registry() -> Iterator[Setting]:
    for field in msgspec.structs.fields(Settings):
        bare, metas = _peel(_HINTS[field.name])
        yield Setting(
            name=field.name,
            variable=PREFIX + field.name.upper(),
            expected=_expected(bare, metas),
            default=field.default,
            description=next(meta.description for meta in metas if meta.description),
            type=bare,
        )


def _peel(hint: Any) -> tuple[Any, list[Meta]]:
    """The type under its annotations, and what they say."""
    metas: list[Meta] = []
    while get_origin(hint) is Annotated:
        hint, *more = get_args(hint)
        metas += more
    return hint, metas


def _expected(bare: Any, metas: list[Meta]) -> str:
    if get_origin(bare) is Literal:
        return "one of " + ", ".join(get_args(bare))
    if bare is bool:
        return "true or false"
    if bare is int:
        least = max(meta.ge for meta in metas if meta.ge is not None)
        most = min(meta.le for meta in metas if meta.le is not None)
        return f"a whole number from {least:.0f}" + ("" if most == 2**53 else f" to {most:.0f}")
    return "text" if bare is str else "a table of texts"


_HINTS: dict[str, Any] = get_type_hints(Settings, include_extras=True)

#: Every setting, in the order in which they are documented.
REGISTRY: tuple[Setting, ...] = tuple(_registry())

#: Every setting by its name.
BY_NAME: dict[str, Setting] = {setting.name: setting for setting in REGISTRY}
