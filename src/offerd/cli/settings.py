"""`offerd settings`: what the server would run with, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from offerd import settings
from offerd.cli.options import plain, wrong_settings
from offerd.cli.output import Output, table


def add_to(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("settings")(plain(show))


def show(
    out: Output,
    data: Annotated[str | None, typer.Option("--data", help="The data folder whose file is read too.")] = None,
) -> None:
    """Shows every setting, its value, and where the value comes from."""
    try:
        found = settings.gather(given={"data": data})
    except settings.SettingsError as error:
        raise wrong_settings(error) from None
    rows = []
    for setting in settings.REGISTRY:
        value, origin = found.get(setting.name, (setting.default, "default"))
        shown = "(not shown)" if setting.secret and value else _plain(value)
        rows.append((setting.name, shown, str(origin), setting.description))
    out.result(
        {name: {"value": value, "from": origin} for name, value, origin, _ in rows},
        lambda to: to.print(table(None, ("setting", "value", "from", "what it decides"), rows)),
    )


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value
