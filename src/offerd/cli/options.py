"""The options that commands share: whom they speak to, and how they answer."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from offerd import settings
from offerd.cli.connection import Api, to_server
from offerd.cli.failure import Exit, Failure
from offerd.cli.output import Output

Machine = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of text for people.")]
Server = Annotated[
    str | None, typer.Option("--server", help="The address of a running server; OFFERD_SERVER by default.")
]
Token = Annotated[
    str | None,
    typer.Option("--token", envvar="OFFERD_TOKEN", show_envvar=True, help="The token to show that server."),
]
Data = Annotated[
    str | None,
    typer.Option("--data", help="The data folder to open, when no server holds it; the settings' by default."),
]
Workspace = Annotated[
    str | None, typer.Option("--workspace", help="The workspace to work in, for administrators' tokens.")
]


def plain(command: Callable[..., None]) -> Callable[..., None]:
    """Makes a command that speaks to nobody: it takes `out`, and gets the option `--json`."""

    @functools.wraps(command)
    def run(machine: bool = False, **given: Any) -> None:
        with ending(Output(machine)) as out:
            command(out=out, **given)

    return _with(run, command, {"machine": Machine})


def connected(command: Callable[..., None]) -> Callable[..., None]:
    """Makes a command that speaks to a server or a folder: it takes `api` and `out`, and gets their options."""

    @functools.wraps(command)
    def run(
        server: str | None = None,
        token: str | None = None,
        data: str | None = None,
        workspace: str | None = None,
        machine: bool = False,
        **given: Any,
    ) -> None:
        with ending(Output(machine)) as out, connection(out, server, token, data, workspace) as api:
            command(api=api, out=out, **given)

    shared = {"server": Server, "token": Token, "data": Data, "workspace": Workspace, "machine": Machine}
    return _with(run, command, shared)


@contextmanager
def connection(
    out: Output, server: str | None, token: str | None, data: str | None, workspace: str | None = None
) -> Iterator[Api]:
    """The server that was named, else the data folder that was named, else OFFERD_SERVER's, else the settings'."""
    server = named_server(server, data)
    if server is not None:
        with to_server(server, token, workspace) as api:
            yield api
        return
    from offerd.cli.folder import to_folder  # noqa: PLC0415 - only what opens a folder needs the whole server

    values = chosen(data=data)
    new = not Path(values.data).exists()
    with to_folder(values, workspace) as api:
        if new:
            out.note(f"{values.data} is a new data folder: there was none")
        yield api


def named_server(server: str | None, data: str | None) -> str | None:
    """The address of the server to speak to; None where a folder is meant.

    Raises:
        Failure: both were named.
    """
    if server is not None and data is not None:
        raise Failure("--server and --data cannot both be given", Exit.USAGE)
    return server if data is not None else server or os.environ.get("OFFERD_SERVER") or None


def chosen(**given: Any) -> settings.Settings:
    """The settings, with what the command's options say.

    Raises:
        Failure: some are wrong or unknown.
    """
    try:
        return settings.load(given=given)
    except settings.SettingsError as error:
        raise wrong_settings(error) from None


def wrong_settings(error: settings.SettingsError) -> Failure:
    """The failure of a command whose settings are wrong, or do not fit together."""
    return Failure("The settings are wrong:\n  " + "\n  ".join(error.messages), Exit.USAGE)


@contextmanager
def ending(out: Output) -> Iterator[Output]:
    """Turns a failure into its message and exit code."""
    try:
        yield out
    except (Failure, settings.SettingsError) as error:
        failure = wrong_settings(error) if isinstance(error, settings.SettingsError) else error
        out.failure(failure)
        raise typer.Exit(failure.code) from None


def _with(run: Callable[..., None], command: Callable[..., None], shared: dict[str, Any]) -> Callable[..., None]:
    """Gives `run` the parameters of `command`, without those it fills in itself, and the shared options."""
    hints = get_type_hints(command, include_extras=True)
    own = [
        parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(command).parameters.items()
        if name not in {"api", "out"}
    ]
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=_default(kind))
        for name, kind in shared.items()
    ]
    parameters = [*own, *more]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _default(kind: Any) -> bool | None:
    return False if kind is Machine else None
