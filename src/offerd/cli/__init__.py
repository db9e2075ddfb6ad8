"""The `offerd` command: everything that a person or a script does with a server."""


def main() -> None:
    """Runs the command that the process was started with."""
    from offerd.cli.app import app  # noqa: PLC0415 - modules of this room can be used without all the others

    app()
