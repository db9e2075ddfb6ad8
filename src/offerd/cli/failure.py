"""How a command ends when it cannot do what it was told."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from http import HTTPStatus
from typing import Any


class Exit(IntEnum):
    """What a command's exit code says; docs/cli.md tells the same."""

    #: It was done.
    OK = 0
    #: It was refused, failed, or found what it was asked to look for.
    REFUSED = 1
    #: The command line or the settings are wrong; nothing was tried.
    USAGE = 2
    #: No server answers, the data folder cannot be used, or the port cannot be.
    UNREACHABLE = 3


class Failure(Exception):
    """A command that could not be done.

    Attributes:
        message: what to tell a person.
        code: what the process ends with.
        problem: the server's own words, RFC 9457, where it refused.
    """

    def __init__(self, message: str, code: Exit = Exit.REFUSED, problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.problem = problem


def refusal(problem: Mapping[str, Any], status: int) -> Failure:
    """The failure of a request that a server refused."""
    # Where the places are listed, the detail would only say them twice.
    words = ("title", "detail") if problem.get("errors") else ("detail", "title")
    message = next((problem[word] for word in words if problem.get(word)), f"The server answered with status {status}")
    cure = "; --token or OFFERD_TOKEN gives one" if status == HTTPStatus.UNAUTHORIZED else ""
    return Failure(f"{message}{cure}", Exit.REFUSED, {"status": status, **problem})
