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

#: Marks a setting whose value is shown to nobody.
_SECRET = {"secret": True}

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
    rate_limit: Annotated[
        int, Meta(ge=0, le=2**31, description="Calls of one caller in a minute, to each wire format; 0 for any number.")
    ] = 0
    rate_limits: Annotated[
        Mapping[str, Annotated[int, Meta(ge=0, le=2**31)]],
        Meta(description="The same for single wire formats by name, instead of rate_limit."),
    ] = MappingProxyType({})
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
    target_on_device: Annotated[
        bool,
        Meta(description="Whether anybody may fetch the on-device artifacts, with the rules and contents in them."),
    ] = True
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
    jwt_issuer: Annotated[
        str,
        Meta(description="The issuers whose JWTs are trusted, with blanks between them; none are where it is empty."),
    ] = ""
    jwt_audience: Annotated[
        str,
        Meta(description="The audience that a JWT must be for: one, or one for each issuer; needed with an issuer."),
    ] = ""
    jwt_keys: Annotated[
        str,
        Meta(
            description="The public keys (JWKS) of each issuer: an https URL, which is fetched when needed, or a file."
        ),
    ] = ""
    jwt_algorithms: Annotated[
        str, Meta(description="Signatures of JWTs that are taken, with blanks between them.")
    ] = "RS256 ES256 EdDSA"
    jwt_subject_claim: Annotated[
        str, Meta(min_length=1, description="The claim of a JWT that says whom it speaks for.")
    ] = "sub"
    jwt_namespace: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=255,
            description="The namespace of identities that JWTs name; one for each issuer.",
        ),
    ] = "subject"
    jwt_workspace_claim: Annotated[
        str,
        Meta(description="The claim of a JWT that leads to a workspace; empty: every JWT is for the default one."),
    ] = ""
    jwt_scope_claim: Annotated[
        str, Meta(min_length=1, description="The claim of a JWT that lists what it may do.")
    ] = "scope"
    jwt_scopes: Annotated[
        str, Meta(description="What JWTs may be allowed at the most, with blanks between the scopes.")
    ] = "decide interact profiles catalogue:read catalogue:write user"
    jwt_skew: Annotated[
        int, Meta(ge=0, le=3_600, description="How far the issuer's clock may be off, in seconds.")
    ] = 60
    jwt_keys_minutes: Annotated[
        Whole, Meta(description="After how many minutes the issuer's keys are looked at again.")
    ] = 60
    jwt_keys_hours: Annotated[
        Whole, Meta(description="How many hours keys are used that could not be looked at again.")
    ] = 24
    store_receipts: Annotated[
        str,
        Meta(description="Who reads receipts of claims, in this order: xml, order, or what packages bring."),
    ] = "xml order"
    store_receipt_certificates: Annotated[
        str,
        Meta(description="A PEM file of certificates that XML receipts must be signed by; empty: none is looked at."),
    ] = ""
    segment_hours: Annotated[
        int, Meta(ge=0, le=8_760, description="How often the members of audiences are counted, in hours; 0 never.")
    ] = 24
    fulfillers: Annotated[
        Mapping[str, str],
        Meta(
            description="What carries out accepted choices, by their kind: hand, webhook, email, what a package brings,"
            " or the URL that is called. By hand where nothing is said, but for the kinds webhook and email."
        ),
    ] = MappingProxyType({})
    fulfilment_pages: Annotated[
        Mapping[str, str],
        Meta(description="By kind of accepted choices, the template of the URL of the page on which they go on."),
    ] = MappingProxyType({})
    fulfilment_days: Annotated[
        int,
        Meta(ge=1, le=3_650, description="Days after which a fulfilment that nobody finished has failed."),
    ] = 7
    delivery_timeout: Annotated[
        int, Meta(ge=1, le=600, description="Seconds that one attempt to call, or to hand over mail, may take.")
    ] = 10
    webhook_secret: Annotated[
        str,
        Meta(
            description="What signs webhooks and calls: base64 after whsec_; several with blanks between them; one with"
            " a workspace's id and a colon before it is that workspace's.",
            extra=_SECRET,
        ),
    ] = ""
    smtp_host: Annotated[
        str, Meta(description="The mail server; without one, mail is laid in the data folder's outbox.")
    ] = ""
    smtp_port: Annotated[int, Meta(ge=1, le=65_535, description="The port of the mail server.")] = 587
    smtp_tls: Annotated[
        Literal["starttls", "tls", "none"], Meta(description="How the way to the mail server is protected.")
    ] = "starttls"
    smtp_user: Annotated[str, Meta(description="Who the mail server takes offerd for; empty: no sign-in.")] = ""
    smtp_password: Annotated[str, Meta(description="The password for it.", extra=_SECRET)] = ""
    smtp_from: Annotated[
        str, Meta(min_length=3, description="Whom mail is from where its choice does not say.")
    ] = "offerd@localhost"
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
        secret: whether its value is shown to nobody.
    """

    name: str
    variable: str
    expected: str
    default: Any
    description: str
    type: Any
    secret: bool = False


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
        return _whole(text)
    if get_origin(setting.type) is not None and get_origin(setting.type) is not Literal:
        pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
        if not all(sign for _, sign, _ in pairs):
            return text
        table = {key.strip(): value.strip() for key, _, value in pairs}
        return table if _values(setting.type) is str else {key: _whole(value) for key, value in table.items()}
    return text


def _whole(text: str) -> int | str:
    """The whole number of a text; the text where it is none."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else text


def _values(table: Any) -> Any:
    """The type of what a table holds."""
    return _peel(get_args(table)[1])[0]


def _take(members: Any, found: dict[str, tuple[Any, Origin]], messages: list[str]) -> None:
    for name, value, origin in members:
        setting = BY_NAME.get(name)
        if setting is None:
            messages.append(f"{origin}: {name} is not a setting{_suggestion(name)}")
            continue
        try:
            made = msgspec.convert(value, _HINTS[name], strict=True)
        except msgspec.ValidationError:
            seen = "something else" if setting.secret else _shown(value)
            messages.append(f"{origin}: {name}: expected {setting.expected}, got {seen}")
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
            secret=any((meta.extra or {}).get("secret", False) for meta in metas),
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
    if bare is str:
        return "text"
    return "a table of texts" if _values(bare) is str else "a table of whole numbers from 0"


_HINTS: dict[str, Any] = get_type_hints(Settings, include_extras=True)

#: Every setting, in the order in which they are documented.
REGISTRY: tuple[Setting, ...] = tuple(_registry())

#: Every setting by its name.
BY_NAME: dict[str, Setting] = {setting.name: setting for setting in REGISTRY}
