"""`offerd serve`: the server, until it is told to stop."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Annotated

import typer

from offerd.cli.failure import Exit, Failure
from offerd.cli.options import chosen, ending
from offerd.cli.output import Output
from offerd.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(serve)


def serve(
    data: Annotated[str | None, typer.Option("--data", help="The folder that keeps everything.")] = None,
    host: Annotated[str | None, typer.Option("--host", help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="The port; 0 takes any that is free.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Load real data first, and show what to ask it.")] = False,
) -> None:
    """Runs the server until it is told to stop (Ctrl-C, or SIGTERM)."""
    from offerd.cli.folder import UNUSABLE, unusable  # noqa: PLC0415 - other commands need none of the server
    from offerd.cli.greeting import greet  # noqa: PLC0415
    from offerd.demo import site  # noqa: PLC0415
    from offerd.web.serve import serve as run  # noqa: PLC0415

    with ending(Output(machine=False)):
        settings = chosen(data=data, host=host, port=port)
        if demo and settings.log_level == "info":
            # A line for each request would bury what the demonstration shows.
            settings = chosen(data=data, host=host, port=port, log_level="warning")
        try:
            run(Path(settings.data), settings, ready=greet if demo else None, more=[site.api()] if demo else ())
        except UNUSABLE as error:
            if isinstance(error, OSError) and error.filename is None:
                raise _silent(settings, error) from None
            raise unusable(settings.data, error) from None


def _silent(settings: Settings, error: OSError) -> Failure:
    """The failure of a server that cannot listen."""
    where = f"{settings.host}:{settings.port}"
    if error.errno == errno.EADDRINUSE:
        return Failure(f"Another program listens on {where}; choose a port with --port or PORT", Exit.UNREACHABLE)
    return Failure(f"Cannot listen on {where}: {error.strerror or error}", Exit.UNREACHABLE)
